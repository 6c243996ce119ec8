"""What workers load at birth is what jobs use, and no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.conftest import market as market
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
JOBS = """
import sys
from dataclasses import replace
from pathlib import Path
import driver.engines.preload as preload
import driver.engines.preload_replay as preload_replay
from driver.config.keys import SCENARIO_CHOICES
from driver.config.loading import load_config
from driver.job.job import run_job
from driver.run.planning import plan_store
from numba.core import event

class Listener(event.Listener):
    def on_start(self, event):
        compiled.append(str(event.data["dispatcher"]))

    def on_end(self, event):
        pass

compiled = []
assert preload.ensure_loaded() == preload_replay.ensure_loaded() == ""
event.register("numba:compile", Listener())
config = replace(load_config({}).config, store=sys.argv[1], dark_pool_scenarios=SCENARIO_CHOICES)
jobs = plan_store(config, Path(sys.argv[2]), None, None, False).jobs
assert sum(run_job(job).orders for job in jobs) > 0
print(compiled)
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


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_jobs_compile_nothing_that_was_not_loaded(market: Market, tmp_path: Path) -> None:
    """Each worker would do so by itself, every time: helpers are not kept in the cache."""
    for _ in range(2):  # the first may have to fill the cache
        words = [sys.executable, "-c", JOBS, str(market.store), str(tmp_path / "out")]
        done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_arrow_does_not_import_pandas_and_knows_it_later() -> None:
    words = [sys.executable, "-c", ARRAYS]
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "done"
