"""Modules are loaded while something else is waited for; what fails, and an interrupt, are as they would be without."""

import signal
import sys
import threading
from pathlib import Path

import pytest

from driver.engines.load_ahead import loading_ahead

MODULE = """
import signal, threading
MASK = signal.pthread_sigmask(signal.SIG_BLOCK, ())
THREAD = threading.current_thread()
WARM = []
def warm():
    WARM.append(threading.current_thread())
"""


def test_modules_are_imported_and_warm_when_the_block_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("ahead_one", "ahead_two"):
        (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "ahead_broken.py").write_text("raise ValueError('broken')")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with loading_ahead(["ahead_one", "ahead_broken", "no_such_module", "ahead_two"]):
        pass
    for name in ("ahead_one", "ahead_two"):
        module = sys.modules.pop(name)
        assert module.WARM == [module.THREAD]
        assert module.THREAD is not threading.main_thread()
        assert signal.SIGINT in module.MASK  # it is for who waits
    assert "ahead_broken" not in sys.modules
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_an_error_in_the_block_is_raised() -> None:
    with pytest.raises(ValueError, match="of the block"), loading_ahead(["json"]):
        raise ValueError("of the block")
