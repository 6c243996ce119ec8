"""A run that has nothing to convert and nothing to do loads no compiler, and leaves none running."""

import subprocess
import sys
from pathlib import Path

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, darkreplay

CODE = """
import sys
from driver.config.loading import load_config
from driver.run.monitor import Monitor
from driver.run.runner import run

done = run(load_config(dict(word.split("=") for word in sys.argv[1:])), Monitor())
print(done.up_to_date, [name for name in ("numba", "pyarrow", "scipy", "h5py", "matplotlib") if name in sys.modules])
"""


def test_a_run_that_is_up_to_date_loads_no_compiler(market: Market, tmp_path: Path) -> None:
    files = [f"{table}={market.raw}/{table}.csv" for table in ("orders", "trades", "nbbo")]
    keys = [*files, "store=s", "results=r", "max_workers=2", "dark_pool_scenarios=A,B,C"]
    first = darkreplay("run", *(f"--{key}" for key in keys), folder=tmp_path)
    assert first.returncode == 0, first.stderr
    words = [sys.executable, "-c", CODE, *keys]
    again = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "True []"
