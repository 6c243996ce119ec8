"""Code that is ready is loaded without what only compiling needs."""

import os
import subprocess
import sys

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


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_what_is_ready_needs_no_compiler() -> None:
    for _ in range(2):  # the first may compile
        done = subprocess.run(
            [sys.executable, "-c", CODE], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
    assert done.stdout.split() in (["True", "False"], ["False", "True"])
