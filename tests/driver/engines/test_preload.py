"""What workers load at birth is what jobs use, and no more."""

import os
import subprocess
import sys

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT

UNUSED = (
    "scipy",
    "yaml",
    "numba.np.arraymath",
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
ARRAYS = """
import sys
from importlib.util import find_spec
import numpy as np
import pyarrow as pa
from driver.engines.without_pandas import settle_arrow, without_pandas

settle_arrow()
pa.array(np.zeros(3))
with without_pandas():
    pa.chunked_array([np.arange(3)])
assert "pandas" not in sys.modules
if find_spec("pandas"):
    import pandas
    assert pa.array(pandas.Series([1, 2])).to_pylist() == [1, 2]
    assert pa.table({"a": [1.5]}).to_pandas()["a"][0] == 1.5
print("done")
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="Numba then looks for everything")
def test_workers_load_nothing_that_jobs_do_not_use() -> None:
    words = [sys.executable, "-c", CODE, *UNUSED]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrow_does_not_import_pandas_and_knows_it_later() -> None:
    words = [sys.executable, "-c", ARRAYS]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "done"
