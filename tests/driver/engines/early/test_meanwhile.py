"""What is imported meanwhile is there later; what cannot be imported troubles nobody, and signals go to the program."""

import os
import subprocess
import sys
from pathlib import Path

from tests.driver.whole_runs import ENVIRONMENT, ROOT

CODE = """
import signal, sys, threading, time
from driver.engines.early.meanwhile import import_meanwhile

before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
import_meanwhile(sys.argv[1:])
assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join(60)
print(*[name for name in sys.argv[1:] if name in sys.modules])
if "first" in sys.modules:
    assert {signal.SIGINT, signal.SIGTERM} <= sys.modules["first"].mask
"""


def test_modules_are_imported_in_turn_until_one_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("import signal\nmask = signal.pthread_sigmask(signal.SIG_BLOCK, ())\n")
    (tmp_path / "broken.py").write_text("raise RuntimeError('broken')\n")
    (tmp_path / "last.py").write_text("")
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "io")])}
    for names in (("first", "last"), ("first", "broken", "last")):
        command = [sys.executable, "-c", CODE, *names]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.split() == list(names[: len(names) if "broken" not in names else 1])
