"""One job: measure the orders of one partition, write its files, sum it into cells. `driver.engines` runs it."""

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

import tickstore
from driver.job.match_file import write_matches
from driver.job.measured import measured
from driver.job.order_file import open_order_file
from driver.job.order_ids import OrderIds
from driver.job.order_sums import OrderSums
from driver.job.quality import count_kinds, judge, note_blocks, warnings_of
from driver.job.replayed import limit_sums, play, write_outside_bounds
from driver.job.sensitivity import sensitivity_sums
from driver.job.table_file import remove_other_formats
from driver.plan.jobs import Job, JobReport
from driver.sums.cells import Cells, Marginals, groups_of
from driver.sums.conditions import Market, market_volumes
from driver.sums.conservation import broken_rule
from driver.sums.market_panel import market_panel
from driver.sums.partial import Partial
from driver.sums.partial_file import PARTIAL_NAME, write_partial
from driver.sums.totals import Totals
from driver.sums.volatility import count_intervals, interval_ranges
from driver.tables.row_measures import measures, totals_csv
from driver.tables.table_style import TableStyle
from kernels.base.memory import Buffers
from kernels.conventions import GROUPS
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, Inputs, prepare
from kernels.measure.selection import asks_for_any
from tickstore.durable.files import atomic_write
from tickstore.errors import UserError

_THREAD: Final = threading.local()
MOST_KEPT: Final = 256 << 20  # bytes: a partition of six million order events or so


class DayWithoutRows:
    """A day of which no order is selected, as if it had no rows: it adds nothing to any table."""

    def __init__(self, day: Day) -> None:
        self.security, self.date = day.security, day.date
        tables = day.events, day.orders, day.fills, day.quotes
        self.events, self.orders, self.fills, self.quotes = (
            {name: column[:0] for name, column in table.items()} for table in tables
        )


def run_job(job: Job) -> JobReport:
    """Run a job and return its report; its folder then holds orders, metrics and the partial, or old files."""
    started = time.perf_counter()
    folder = Path(job.folder)
    folder.mkdir(parents=not job.placed, exist_ok=True)
    remove_other_formats(folder, {"orders": job.settings.output_format if job.settings.order_level else ""})
    with tickstore.open_day(Path(job.day_file)) as opened:
        _check_day(opened.attributes, job)
        matches = asks_for_any(opened, job.settings, _kept_buffers())
        day: Day = opened if matches else DayWithoutRows(opened)
        judged = judge(day, job)
        quality, plausible = count_kinds(day, job, judged, opened.attributes) if matches else {}, judged.plausible
        texts = {int(code): str(name) for name, code in (opened.attributes.get("participants") or {}).items()}
        volumes = market_volumes(day.fills["quantity"], plausible.fills.venue)
        ranges = interval_ranges(plausible.quotes._asdict(), job.session)
        market = Market(job.session, job.settings.simulation.ticks, volumes[0], ranges)
        played = play(day, job, _kept_buffers())
        write_matches(job, day, texts, played.matches if job.settings.order_level else {})
        quality |= played.counts
        kept = _kept_buffers(), _kept_buffers("sums")
        limits = limit_sums(day, job, played, market, kept)
        variants = sensitivity_sums((day, opened), job, played, market, kept)
        inputs = prepare(day, job.settings, job.session, _kept_buffers(), plausible)
        panel = _panel(day, inputs, job)
        blocks = measured(day, job.settings, job.session, _kept_buffers(), played.fills, plausible, inputs)
        sums = OrderSums(job, day, inputs, market, played, _kept_buffers("sums"))
        write_outside_bounds(folder, ids := OrderIds(day.orders), day.orders["order_id"], played.crossed)
        _sum_blocks(job, texts, ids, note_blocks(blocks, quality, judged.first), sums)
        warnings = warnings_of(day, job, quality, judged) if matches else ()
        found = sums.found(ids)
        events, fills = len(day.events["timestamp"]), len(day.fills["timestamp"])
    cells, marginals = found["cells"], found["marginals"]
    if rule := broken_rule(cells.scenarios, marginals.names, marginals.all_sums()):
        raise RuntimeError(f"{job.name}: {rule}: a fault of this program, please report it")
    atomic_write(folder / "metrics.csv", metrics_csv(cells, marginals, TableStyle.of(job.settings), volumes))
    seen = [*marginals.participant.tolist(), *panel["market_participants"].code.tolist()]
    names = {str(code): texts[code] for code in sorted(set(seen)) if code in texts}
    told: dict[str, Any] = {"quality": quality, "participants": names, "volumes": volumes}
    told |= {"intervals": count_intervals(ranges), "sensitivity": variants}
    told |= played.facts() | {"time_limits": limits, "is_empty": not matches} | panel
    partial = Partial(job.security, job.date, job.fingerprint, **found, **told)
    write_partial(partial, folder / PARTIAL_NAME, _kept_buffers("partial"))
    return JobReport(
        index=job.index,
        events=events,
        orders=marginals.total("orders"),
        fills=fills,
        bytes_written=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
        seconds=time.perf_counter() - started,
        warnings=warnings,
    )


def _panel(day: Day, inputs: Inputs, job: Job) -> dict[str, Any]:
    """Return the quality of the market on the job's day, as the partial keeps it."""
    tier = job.settings.replay.block_tier * TableStyle.of(job.settings).unit
    sums, participants = market_panel(day, inputs, job.session, tier, _kept_buffers())
    return {"market": sums, "market_participants": participants}


def _kept_buffers(purpose: str = "blocks") -> Buffers:
    """Return this thread's buffers for blocks, for sums or for a partial's bytes, used again from job to job.

    Those of a very large partition are let go.
    """
    if not hasattr(_THREAD, purpose) or getattr(_THREAD, purpose).bytes_of() > MOST_KEPT:
        setattr(_THREAD, purpose, Buffers())
    kept: Buffers = getattr(_THREAD, purpose)
    return kept


def _check_day(attributes: Mapping[str, Any], job: Job) -> None:
    """Refuse a day file that changed since the run was planned, or has another zone or unit than it is read with."""
    settings = job.settings
    for name, usual in (("timezone", None), ("price_decimals", None), ("quantity_decimals", 0)):
        stored, wanted = attributes.get(name, usual), getattr(settings, name)
        if stored is not None and stored != wanted:
            raise UserError(f"the day file was converted with {name} {stored}, the others with {wanted}")
    if job.content and attributes.get("digest") != job.content:
        raise tickstore.StoreError(f"{job.day_file}: changed since this run was planned; run again")


def _sum_blocks(
    job: Job, texts: Mapping[int, str], ids: OrderIds, blocks: Iterable[OrderBlock], sums: OrderSums
) -> None:
    """Sum and write blocks as they come, so that only one is in memory at a time."""
    with ExitStack() as stack:
        file = None
        if job.settings.order_level:
            where = Path(job.folder), job.settings, (job.security, job.date)
            file = stack.enter_context(open_order_file(*where, texts, ids))
        for block in blocks:
            sums.add(block)  # first, while much of it is in the cache: writing it drives that out
            if file is not None:
                file.write(block)


def metrics_csv(cells: Cells, marginals: Marginals, style: TableStyle, volumes: tuple[int, int] = (0, 0)) -> bytes:
    """Return metrics.csv: groups 1, 2, 3 even when empty, then 0 = all, by scenario (decisions 8)."""
    totals = Totals.empty(cells, len(GROUPS) + 1, names=marginals.names)
    group, kinds = (groups_of(key).astype(np.int32) for key in (cells.key, marginals.kind))
    totals.add(cells, group, 0, (marginals.kind_sums, kinds))
    totals.add_again(cells, 0, 0, slice(GROUPS[0], GROUPS[-1] + 1))
    totals.meet(np.array([*set(kinds.tolist()), 0], np.int32), 0, volumes)
    return totals_csv(["group"], [([group], group) for group in (*GROUPS, 0)], measures(totals, style))
