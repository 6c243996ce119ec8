"""Numba is imported without what it only looks at; what it is told by a file of settings, it still knows."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT

CODE = """
import sys
from driver.engines.early.numba_alone import import_numba, import_without_blas

import_numba()
import numba
print(*[name for name in ("scipy", "yaml") if name in sys.modules], numba.config.DEBUG_CACHE)

@numba.njit
def double(value):
    return 2 * value

assert double(4) == 8
"""
AFTER = """
import importlib.util
for name in ("scipy", "yaml"):
    if importlib.util.find_spec(name):
        __import__(name)
import_without_blas()
assert "numba.np.arraymath" in sys.modules
if importlib.util.find_spec("scipy"):
    import scipy.linalg.cython_blas
"""


def said(code: str, folder: Path) -> str:
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


needs_jit = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="Numba then looks for everything")


@needs_jit
def test_what_it_looks_at_is_hidden_and_there_afterwards(tmp_path: Path) -> None:
    assert said(CODE + AFTER, tmp_path) == "0"


@needs_jit
@pytest.mark.skipif(find_spec("yaml") is None, reason="Numba cannot read it")
def test_its_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("debug_cache: 1\n")
    assert said(CODE, tmp_path).splitlines()[0] == "yaml 1"
