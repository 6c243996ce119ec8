"""A job's blocks share memory: what is kept of one must not change when the next is measured."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import driver.job.job
from driver.job.job import run_job
from driver.plan.jobs import Job, Settings
from kernels.base.memory import Buffers
from kernels.measure import measure as measuring
from kernels.measure.choices import Session, Simulation
from kernels.measure.result_rows import OrderBlock
from tests.builders import build_day
from tests.driver.job.test_job import CLOSE, OPEN, content, market
from tickstore.day.writer import write_day

pytestmark = pytest.mark.reduced
ROWS = ("ints", "floats", "codes", "flags", "horizons", "within")  # the result matrices of a block
GARBAGE = 0x5A


class Poisoned(Buffers):
    """Buffers whose memory can be overwritten."""

    def poison(self, *names: str) -> int:
        """Fill the memory kept under ``names``, or all, with garbage; return how many bytes that is."""
        kept = [memory for name, memory in self._kept.items() if name in names or not names]
        for memory in kept:
            memory[:] = GARBAGE
        return sum(map(len, kept))


def make_job(folder: Path, output_format: str, trades: bool) -> Job:
    events, fills, quotes = market(orders=90)
    day = build_day(events, fills if trades else [], quotes)
    orders = {**day.orders, "parent_id": day.orders["order_id"] // 4}
    orders["decision_time"] = orders["arrival_time"] - 10**9
    path = folder / "day.h5"
    groups = {"events": day.events, "orders": orders, "fills": day.fills, "quotes": day.quotes}
    write_day(path, "101", "2024-09-05", groups, {"participants": {"Alpha": 7, "Beta": 12}})
    simulation = Simulation(markout_seconds=(0.0, 1.0, 60.0), fees_bps=(1.0, 0.5, 0.25, 0.125))
    settings = Settings(output_format=output_format, order_columns="all", simulation=simulation)
    session = Session(OPEN, CLOSE, "file")
    return Job(0, "101", "2024-09-05", str(path), str(folder / "whole"), session, settings, 180, "print")


@pytest.mark.parametrize("output_format", ["csv", "gzip", "parquet"])
@pytest.mark.parametrize("trades", [True, False])
def test_nothing_is_kept_of_a_block_but_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output_format: str, trades: bool
) -> None:
    """Every file is the same, byte for byte, if a block turns to garbage as soon as the next one is asked for."""
    monkeypatch.setattr(measuring, "BLOCK_ORDERS", 8)
    job, buffers, poisoned = make_job(tmp_path, output_format, trades), Poisoned(), []
    measure = measuring.measure

    def poisoning(*arguments: Any) -> Iterator[OrderBlock]:
        for block in measure(*arguments):
            yield block
            poisoned.append(buffers.poison(*ROWS))
        buffers.poison()

    run_job(job)
    kept = {"blocks": buffers, "sums": Buffers(), "partial": Buffers()}
    monkeypatch.setattr(driver.job.job, "_kept_buffers", lambda purpose="blocks": kept[purpose])
    monkeypatch.setattr("driver.job.measured.measure", poisoning)
    other = replace(job, folder=str(tmp_path / "poisoned"))
    run_job(other)
    assert len(poisoned) == 12
    assert all(poisoned)
    assert content(job) == content(other)


def test_poison_reaches_what_a_block_shows() -> None:
    """A column seen after the next block is asked for is garbage: the test above would notice."""
    buffers = Poisoned()
    day = build_day(*market(orders=3))
    (block,) = measuring.measure(day, Settings(), Session(OPEN, CLOSE, "file"), buffers)
    before = block.order_id.copy()
    buffers.poison(*ROWS)
    assert np.all(before > 0)
    assert np.all(block.order_id == int.from_bytes(bytes([GARBAGE] * 8), "little"))


def test_memory_of_a_very_large_partition_is_let_go() -> None:
    """The same buffers serve job after job, until one partition needed more than is worth keeping."""
    kept = driver.job.job._kept_buffers()
    kept.take("book", (1_000,), np.int64)
    assert driver.job.job._kept_buffers() is kept
    kept.take("book", (driver.job.job.MOST_KEPT // 8 + 1,), np.int64)
    fresh = driver.job.job._kept_buffers()
    assert fresh is not kept
    assert fresh.bytes_of() == 0
