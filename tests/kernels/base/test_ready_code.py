"""Code that is ready is loaded without what only compiling needs, and can be taken in by other code all the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT

CODE = """
import sys
import numpy as np
from kernels.base.compiling import lean_compiler
from kernels.sums.histograms import merge_histogram_rows

out = np.zeros((2, 1), np.int64)
merge_histogram_rows(np.array([1, 1], np.int32), np.array([[2], [3]]), out)
assert out.tolist() == [[0], [5]]
print(lean_compiler() is not None, "numba.np.linalg" in sys.modules)
"""
TAKEN_IN = """
import sys
import numba
import numpy as np
from kernels.base.compiling import inlined, kernel, lean_compiler

@inlined
def smaller(a: int, b: int) -> int:
    return a if a < b else b

@kernel
def least(values):
    found = values[0]
    for value in values:
        found = smaller(found, value)
    return found

values = np.array([5, 3, 4])
assert least(values) == 3
hits = sum(least.stats.cache_hits.values())

@numba.njit
def least_of_two(values, others):
    return smaller(least(values), least(others))

assert least_of_two(values, values - 1) == 2
if hits and lean_compiler():
    from kernels.base.ready_code import ReadyLibrary

    (code,) = least.overloads.values()
    assert isinstance(code.library, ReadyLibrary)
    assert type(code.library.get_llvm_str()) is str  # what Numba's own have, it has
print(hits)
"""
needs_jit = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")


@needs_jit
def test_what_is_ready_needs_no_compiler() -> None:
    for _ in range(2):  # the first may compile
        done = subprocess.run(
            [sys.executable, "-c", CODE], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
    assert done.stdout.split() in (["True", "False"], ["False", "True"])


@needs_jit
def test_what_is_ready_is_taken_in_by_what_is_not(tmp_path: Path) -> None:
    """A function of a user calls a kernel that was compiled by an earlier process, and a helper that never was."""
    (tmp_path / "program.py").write_text(TAKEN_IN)
    environment = ENVIRONMENT | {
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")]),
    }
    said = []
    for _ in range(2):
        command = [sys.executable, str(tmp_path / "program.py")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    assert said == ["0", "1"]
