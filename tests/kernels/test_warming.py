"""After ``kernels.warm()`` a job compiles nothing, whatever its settings and columns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
JOB = """
import sys

import io

import numpy as np

import kernels
from driver.job.order_arrays import order_columns, partition_columns
from driver.job.parquet_orders import ParquetOrders
from tests.blocks import cells_of
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import data_quality, measure
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, OPEN, random_day

def compiled():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("kernels"):
            for what, value in vars(module).items():
                if hasattr(value, "signatures") and value._can_compile and value.targetoptions.get("nogil"):
                    found[name, what] = len(value.signatures)
    return found

kernels.warm()
before = compiled()
session = Session(OPEN, CLOSE, "test")
for level in ((10, 3_390), (3_000_000, 400_000_000)):
    for mid in (0, 1, 2):
        events, fills, quotes = random_day(4, level=level)
        day = build_day(events, with_nulls(fills), with_nulls(quotes))
        day.orders["decision_time"] = day.orders["arrival_time"] - 1
        settings = Choices(simulation=Simulation(mid=mid, fees_bps=(1.0, 1.0, 1.0, 1.0)))
        (block,) = measure(day, settings, session)
        data_quality(day, session)
        cells_of(block, settings.timezone)
        orders = ParquetOrders(io.BytesIO())
        orders.write(partition_columns("BHP", "2024-09-05", len(block)) | order_columns(block))
        orders.close()
after = compiled()
print(sorted(key for key in after if after[key] != before.get(key, 0)))
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_a_job_compiles_nothing_after_warm() -> None:
    done = subprocess.run([sys.executable, "-c", JOB], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stdout + done.stderr
