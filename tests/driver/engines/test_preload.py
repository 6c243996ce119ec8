"""What workers load at birth is what jobs use, and no more."""

import os
import subprocess
import sys

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT

UNUSED = (
    "scipy.linalg",
    "matplotlib",
    "pandas",
    "rich",
    "fire",
    "jinja2",
    "marketgen",
    "kernels.dark.book",
    "kernels.replay.play",
)
CODE = """
import sys
import driver.engines.preload as preload

assert preload.ensure_loaded() == ""
print([name for name in sys.argv[1:] if name in sys.modules])
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="Numba then looks for everything")
def test_workers_load_nothing_that_jobs_do_not_use() -> None:
    words = [sys.executable, "-c", CODE, *UNUSED]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
