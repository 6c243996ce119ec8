"""One job: measure the orders of one partition, write its files, sum it into cells."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import tickstore
from driver.block_columns import order_block
from driver.cell_sums import cells_of
from driver.cells import Cells, cell_dimensions, merge_cells
from driver.measure import data_quality, measure
from driver.order_block import OrderBlock
from driver.order_files import EXTENSIONS, OrderFile, open_order_file
from driver.outliers import extreme_orders, merge_extremes
from driver.outputs import atomic_write
from driver.partials import PARTIAL_NAME, Partial, write_partial
from driver.settings import Job, JobReport, Simulation
from driver.tables import TableStyle, totals_csv
from driver.totals import Totals
from kernels.block import empty_rows
from kernels.conventions import GROUPS


def run_job(job: Job) -> JobReport:
    """Run a job and return its report; its folder then holds orders, metrics and the partial, or old files."""
    started = time.perf_counter()
    folder = Path(job.folder)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_other_formats(folder, job)
    with tickstore.open_day(Path(job.day_file)) as day:
        quality = data_quality(day, job.settings, job.session)
        texts = {int(code): str(name) for name, code in (day.attributes.get("participants") or {}).items()}
        cells, outliers = _measure_blocks(job, folder, texts, measure(day, job.settings, job.session))
        events, fills = len(day.events["timestamp"]), len(day.fills["timestamp"])
    atomic_write(folder / "metrics.csv", metrics_csv(cells, TableStyle.of(job.settings)))
    seen = cell_dimensions(cells.key)["participant"].tolist()
    names = {str(code): texts[code] for code in sorted(set(seen)) if code in texts}
    partial = Partial(job.security, job.date, job.fingerprint, cells, quality, outliers, names)
    write_partial(partial, folder / PARTIAL_NAME)
    return JobReport(
        index=job.index,
        events=events,
        orders=int(cells.sums[cells.names.index("orders")].sum()),
        fills=fills,
        bytes_written=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
        seconds=time.perf_counter() - started,
        warnings=_warnings(quality),
    )


def _remove_other_formats(folder: Path, job: Job) -> None:
    """Remove the order file of an earlier run in another format, which would look like this run's."""
    keep = f"orders{EXTENSIONS[job.settings.output_format]}" if job.settings.order_level else ""
    for extension in EXTENSIONS.values():
        if f"orders{extension}" != keep:
            (folder / f"orders{extension}").unlink(missing_ok=True)


def _measure_blocks(
    job: Job, folder: Path, texts: Mapping[int, str], blocks: Iterable[OrderBlock]
) -> tuple[Cells, list[dict[str, Any]]]:
    """Write and sum blocks as they come, so that only one is in memory at a time."""
    parts: list[Cells] = []
    outliers: list[dict[str, Any]] = []
    with ExitStack() as stack:
        file: OrderFile | None = None
        if job.settings.order_level:
            file = stack.enter_context(open_order_file(folder, job.settings, texts))
        for block in _at_least_one(blocks, job):
            if file is not None:
                file.write(block)
            parts.append(cells_of(block, job.settings.timezone))
            outliers = merge_extremes(outliers, extreme_orders(block))
            if len(parts) > 1:
                parts = [merge_cells(parts)]
    return parts[0], outliers


def _at_least_one(blocks: Iterable[OrderBlock], job: Job) -> Iterator[OrderBlock]:
    """Yield the blocks, or an empty one when no order is selected: the columns are the same."""
    count = 0
    for block in blocks:
        count += 1
        yield block
    if count == 0:
        yield empty_block(job.settings.simulation)


def empty_block(simulation: Simulation) -> OrderBlock:
    """Return a block without orders, with the columns of one that has some."""
    seconds = simulation.markout_seconds
    return order_block(empty_rows(0, len(seconds)), simulation.scenarios, seconds)


def metrics_csv(cells: Cells, style: TableStyle) -> bytes:
    """Return metrics.csv: groups 1, 2, 3 even when empty, then 0 = all, by scenario (decisions 8)."""
    totals = Totals.empty(cells, len(GROUPS) + 1)
    group = cell_dimensions(cells.key)["group"].astype(np.int32)
    totals.add(cells, group, 0)
    totals.add(cells, np.zeros_like(group), 0)
    return totals_csv(["group"], (([g], g) for g in (*GROUPS, 0)), totals, style)


def _warnings(quality: dict[str, int]) -> tuple[str, ...]:
    unreconciled = quality.get("orders_not_reconciled", 0)
    return (f"{unreconciled} orders do not agree with their fills",) if unreconciled else ()
