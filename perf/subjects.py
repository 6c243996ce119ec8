"""The work that is timed and watched: each piece ready to be called again and again in this process.

`perf.gate` counts what they take; the benchmarks time them beside their floor, which is what the machine itself asks
for the least that the work has to do: read its memory once, scatter it, parse its text or write it.
"""

import io
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

import kernels
import tickstore
from driver.job.order_file import OrderFile
from driver.plan.jobs import Settings
from driver.sums.conditions import Market, market_volumes
from driver.sums.job_sums import JobSums
from driver.sums.outliers import Extremes
from driver.sums.volatility import interval_ranges
from kernels.base.columns import Array
from kernels.base.memory import Buffers
from kernels.measure.choices import Choices
from kernels.measure.measure import measure
from kernels.measure.order_columns import DERIVED
from kernels.measure.result_rows import OrderBlock
from kernels.sums.sparse_counts import sort_codes
from perf.bench_convert import baseline, order_rows
from perf.bench_kernels import BUFFERS, EVERYTHING, NARROW, SESSION, read_columns
from perf.synthetic_day import OPEN, SECOND, SyntheticDay, make_day

KERNELS: Final = "kernels"
NARROW_QUERY: Final = "narrow query"
SUMS: Final = "sums"
ORDER_FILES: Final = "order files"
GZIP_FILES: Final = "gzip order files"
CONVERSION: Final = "conversion"
COMPILING: Final = "compile time"
TO_COMPILE: Final[tuple[Any, ...]] = (sort_codes,)


SCAN, SCATTER, PARSE, WRITE = "memory scan", "scatter", "pyarrow parse", "raw write"


class Subject(NamedTuple):
    """A piece of work: calling it does it once and returns the orders, or rows, that it was done for."""

    work: Callable[[], int]
    expected: int  # what it returns
    floor: str = "none"
    least: Callable[[], object] = int  # the floor's work


class Pieces:
    """What the pieces of work need, made once in a folder that stays until they are done."""

    def __init__(self, folder: Path, events: int) -> None:
        kernels.warm()
        self.folder = folder
        self.day = make_day(folder / "day", events)
        # Blocks that stay: memory is used again from block to block, so each day has one.
        self.days = [make_day(folder / f"part {k}", min(events, 6_000), seed=k) for k in range(max(1, events // 6_000))]
        self.blocks = [block for day in self.days for block in measure(day, EVERYTHING, SESSION, Buffers())]
        assert len(self.blocks) == len(self.days)
        self.table = folder / "orders.csv"
        self.rows = events // 4
        pa.csv.write_csv(order_rows(self.rows, 2, 1), self.table)

    def subjects(self) -> dict[str, Subject]:
        """Return every piece of work by its name."""
        orders = sum(len(block) for block in self.blocks)
        scan = partial(read_columns, [self.day])
        return {
            KERNELS: Subject(lambda: measured(self.day, EVERYTHING), len(self.day.orders["order_id"]), SCAN, scan),
            NARROW_QUERY: Subject(lambda: measured(self.day, NARROW), selected(self.day, NARROW), SCAN, scan),
            SUMS: Subject(lambda: sum(map(summed, self.days, self.blocks)), orders, SCATTER, self.scatter),
            ORDER_FILES: Subject(lambda: written(self.blocks, Settings()), orders, WRITE, self.write),
            GZIP_FILES: Subject(
                lambda: written(self.blocks, Settings(output_format="gzip")), orders, WRITE, self.write
            ),
            CONVERSION: Subject(
                lambda: converted(self.table, self.folder / "store"), self.rows, PARSE, baseline(self.table)
            ),
            COMPILING: Subject(lambda: recompiled(TO_COMPILE), sum(len(each.signatures) for each in TO_COMPILE)),
        }

    def scatter(self) -> None:
        """Add every column of the measured orders up by participant, with nothing else to it."""
        for block in self.blocks:
            for column in stored_columns(block):
                np.bincount(block["participant"], column)

    def write(self) -> None:
        """Write every column of the measured orders to memory as it is."""
        file = io.BytesIO()
        for block in self.blocks:
            for column in stored_columns(block):
                file.write(column.tobytes())


def stored_columns(block: OrderBlock) -> list[Array]:
    """Return the columns that a block of measured orders holds; one for each venue or horizon where there are some."""
    stored = (block[column.name] for column in block.columns() if column.of != DERIVED)
    return [column for table in stored for column in np.atleast_2d(table)]


def selected(day: SyntheticDay, choices: Choices) -> int:
    """Count the orders of some participants with an event in some hours of a session that begins at ten."""
    first, last = choices.selection.hour_start - 10, choices.selection.hour_end - 9
    hours = (day.events["timestamp"] - OPEN) / (3_600 * SECOND)
    seen = np.unique(day.events["order_index"][(first <= hours) & (hours < last)])
    return int(np.isin(day.orders["participant"][seen], choices.selection.participants).sum())


def measured(day: SyntheticDay, choices: Choices) -> int:
    """Measure the orders of a day."""
    return sum(len(block) for block in measure(day, choices, SESSION, BUFFERS))


SUM_BUFFERS: Final = Buffers()  # used again from job to job, as a worker does


def summed(day: SyntheticDay, block: OrderBlock) -> int:
    """Sum a block of measured orders as a job does; return the orders that the cells hold."""
    volume, _ = market_volumes(day.fills["quantity"], day.fills["venue"])
    market = Market(SESSION, EVERYTHING.simulation.ticks, volume, interval_ranges(day.quotes, SESSION))
    sums, outliers = JobSums(market, EVERYTHING.timezone, SUM_BUFFERS), Extremes(100)
    sums.add(block)
    outliers.add(block)
    sums.partial_sums()
    return int(sums.orders)


def written(blocks: list[OrderBlock], settings: Settings) -> int:
    """Write measured orders as an order file in memory; return how many."""
    file = OrderFile(io.BytesIO(), settings, ("1", "2024-09-05"), {})
    for block in blocks:
        file.write(block)
    file.close()
    return sum(map(len, blocks))


def converted(path: Path, store: Path) -> int:
    """Convert a file of orders into a fresh store, in this process; return the rows stored."""
    report = tickstore.convert(tickstore.ConvertRequest(orders=(path,), store=store, workers=1))
    shutil.rmtree(store)
    return report.tables["orders"].stored


def recompiled(functions: Iterable[Any]) -> int:
    """Compile kernels anew, as they are in this process, and forget them; return for how many sets of types."""
    count = 0
    for function in functions:
        anew = type(function)(
            function.py_func,
            targetoptions=dict(function.targetoptions),
            pipeline_class=function._compiler.pipeline_class,
        )
        for types in function.signatures:
            anew.compile(types)
            count += 1
    return count
