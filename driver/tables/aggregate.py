"""Partials of all jobs -> the tables of a run. Linear in jobs x cells; orders are never read again.

Partials are merged in the order of the plan, so tables do not depend on which worker finished when.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from driver.plan.jobs import Job, Settings
from driver.sums.cells import Cells, cell_dimensions
from driver.sums.conditions import CONDITIONS, PHASES, SHARES, SPREADS, condition_dimensions
from driver.sums.outliers import merge_extremes, robust_z
from driver.sums.partial_file import PARTIAL_NAME, Partial, read_partial
from driver.sums.totals import Totals
from driver.sums.volatility import RANGES, tercile_of
from driver.tables import statistics as inference
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.parent_table import HEADER, parent_lines
from driver.tables.row_measures import TableStyle, measures, totals_csv
from kernels.base.columns import F64, I32, I64
from kernels.conventions import GROUP_NONE, GROUPS, SIZE_EDGES
from tickstore.durable.files import atomic_file, atomic_write
from tickstore.errors import StoreError

CONDITION_START = {"phase": 0, "spread": len(PHASES), "volume_share": len(PHASES) + len(SPREADS)}
FIRST_TERCILE = CONDITION_START["volume_share"] + len(SHARES)
OUTLIERS_KEPT = 100
BY_PARENT = "by_parent"
HOURS = 24
SIZES = len(SIZE_EDGES) + 1
# Rows of the table of unexecuted orders: all of them, by hour, by size.
SKIPPED, ALL, BY_HOUR, BY_SIZE = -1, 0, 1, 1 + HOURS


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What the command line prints after a run: the global row of each scenario, and the statistics."""

    scenarios: tuple[str, ...]
    measures: list[dict[str, Value]]
    statistics: list[dict[str, Value]]
    quality: dict[str, int]
    tables: tuple[str, ...]


@dataclass(slots=True)
class _State:
    """Everything that is summed while partials go by."""

    results: Path
    style: TableStyle
    jobs: Sequence[Job]
    securities: list[str]
    dates: list[str]
    totals: dict[str, Totals] = field(default_factory=dict)
    participants: dict[str, int] = field(default_factory=dict)  # label -> row
    quality: dict[str, int] = field(default_factory=dict)
    quality_rows: list[list[Value]] = field(default_factory=list)
    outliers: list[dict[str, Any]] = field(default_factory=list)
    ranges: Totals | None = None  # of the security whose partials go by, by the range of the mid
    intervals: I64 = field(default_factory=lambda: np.zeros(RANGES, np.int64))  # of all its dates
    by_parent: IO[bytes] | None = None  # open once a partial has parents: they are too many to keep
    cluster_weight: F64 = field(default_factory=lambda: np.zeros((0, 3)))
    cluster_mean: F64 = field(default_factory=lambda: np.zeros((0, 2, 0)))


def aggregate(results: Path | str, jobs: Sequence[Job], settings: Settings) -> Aggregate:
    """Merge the partials of ``jobs`` and write every table of a run into ``results``."""
    jobs = sorted(jobs, key=lambda job: job.index)
    if not jobs:
        raise StoreError("no finished job to aggregate: run the jobs first")
    securities = list(dict.fromkeys(job.security for job in jobs))
    state = _State(Path(results), TableStyle.of(settings), jobs, securities, sorted({job.date for job in jobs}))
    security_row = {security: i for i, security in enumerate(state.securities)}
    date_row = {date: i for i, date in enumerate(state.dates)}
    with ExitStack() as stack:
        for place, job in enumerate(jobs):
            partial = _partial_of(job)
            if not state.totals:
                _start(state, partial.cells)
            _add(state, place, partial, security_row[job.security], date_row[job.date])
            following = jobs[place + 1].security if place + 1 < len(jobs) else None
            if following != job.security:
                _add_terciles(state, security_row[job.security])
            _append_parents(state, partial, stack)
    return _write(state)


def _partial_of(job: Job) -> Partial:
    path = Path(job.folder) / PARTIAL_NAME
    partial = read_partial(path)
    if partial.fingerprint != job.fingerprint:
        raise StoreError(f"{path} belongs to other settings or data; run the job again with --resume=false")
    return partial


def _start(state: _State, cells: Cells) -> None:
    dates, K = len(state.dates), len(cells.scenarios)
    rows = {"global_summary": 1, "by_security": len(state.securities), "by_date": dates, "by_participant": 16}
    rows |= {"by_group": len(GROUPS) + 1, "by_time_of_day": HOURS, "by_order_size": SIZES}
    rows["unexecuted"] = BY_SIZE + SIZES
    rows["by_condition"] = sum(map(len, CONDITIONS.values()))
    state.totals = {name: Totals.empty(cells, count) for name, count in rows.items()}
    state.totals["time_series"] = Totals.empty(cells, dates * HOURS, quantiles=False)
    state.cluster_weight = np.zeros((len(state.jobs), 3))
    state.cluster_mean = np.zeros((len(state.jobs), 2, K))


def _add(state: _State, place: int, partial: Partial, security: int, date: int) -> None:
    """Add one partial to every table."""
    cells = partial.cells
    totals = state.totals
    if cells.names != totals["global_summary"].names:
        raise StoreError(f"the partial of {partial.security} {partial.date} has other columns; run with --resume=false")
    dimensions = cell_dimensions(cells.key)
    hour, size, group = (dimensions[name].astype(np.int32) for name in ("hour", "size", "group"))
    one = np.zeros_like(hour)
    unexecuted = group == GROUP_NONE
    index = [
        ("by_participant", _participant_rows(state, partial, dimensions["participant"])),
        ("by_group", group),
        ("by_order_size", size),
    ]
    rows_of_unexecuted = (one + np.int32(ALL), hour + np.int32(BY_HOUR), size + np.int32(BY_SIZE))
    index += [("unexecuted", np.where(unexecuted, row, np.int32(SKIPPED))) for row in rows_of_unexecuted]
    for name, rows in index:
        totals[name].add(cells, rows, security)
    # The job as a whole and by hour are summed once, then added to each table that has them.
    whole, by_hour = Totals.empty(cells, 1), Totals.empty(cells, HOURS)
    whole.add(cells, one, security)
    by_hour.add(cells, hour, security)
    for name, row in (("global_summary", 0), ("by_security", security), ("by_date", date)):
        totals[name].add_rows(whole, np.array([row], np.int32), security)
    seen = np.where(by_hour.security >= 0, np.arange(HOURS), SKIPPED).astype(np.int32)
    totals["by_time_of_day"].add_rows(by_hour, seen, security)
    totals["time_series"].add_rows(by_hour, np.where(seen >= 0, seen + date * HOURS, seen).astype(np.int32), security)
    for name, places in condition_dimensions(partial.conditions.key).items():
        rows = (places + CONDITION_START[name]).astype(np.int32)
        totals["by_condition"].add(partial.conditions, rows, security)
    if state.ranges is None:
        state.ranges = Totals.empty(partial.volatility, RANGES)
    state.ranges.add(partial.volatility, partial.volatility.key.astype(np.int32), security)
    state.intervals += np.asarray(partial.intervals, np.int64)
    state.cluster_weight[place] = whole.weight[0]
    state.cluster_mean[place] = whole.mean[0]
    where = {"security_code": partial.security, "date": partial.date}
    extremes = [where | row | {"participant_id": _name(partial, row["participant_id"])} for row in partial.outliers]
    state.outliers = merge_extremes(state.outliers, extremes, OUTLIERS_KEPT)
    for kind, count in sorted(partial.quality.items()):
        state.quality[kind] = state.quality.get(kind, 0) + count
        if count:
            state.quality_rows.append([partial.security, partial.date, kind, count])


def _add_terciles(state: _State, security: int) -> None:
    """Add a security's orders to the terciles of its ranges: all its dates, which follow each other, have gone by."""
    if state.ranges is None:
        raise ValueError("a security has at least one partial")
    rows = np.where(state.ranges.security >= 0, FIRST_TERCILE + tercile_of(state.intervals.tolist()), SKIPPED)
    state.totals["by_condition"].add_rows(state.ranges, rows.astype(np.int32), security)
    state.ranges = None
    state.intervals[:] = 0


def _append_parents(state: _State, partial: Partial, stack: ExitStack) -> None:
    """Write the parents of a partial to by_parent.csv, which only data that name parents have."""
    if partial.parents is None:
        return
    if state.by_parent is None:
        state.by_parent = stack.enter_context(atomic_file(state.results / f"{BY_PARENT}.csv"))
        state.by_parent.write(HEADER)
    state.by_parent.write(parent_lines(partial.parents, partial.security, partial.date, state.style))


def _name(partial: Partial, participant: int) -> str:
    """Return a participant as the input named it."""
    return partial.participants.get(str(participant), str(participant))


def _participant_rows(state: _State, partial: Partial, participant: I64) -> I32:
    """Return each cell's row of by_participant; new participants get new rows."""
    rows = np.empty(len(participant), np.int32)
    codes, place = np.unique(participant, return_inverse=True)
    known = [state.participants.setdefault(_name(partial, code), len(state.participants)) for code in codes.tolist()]
    state.totals["by_participant"].grow(len(state.participants))
    rows[:] = np.asarray(known, np.int32)[place]
    return rows


def _write(state: _State) -> Aggregate:
    """Write the tables and return what the summary needs."""
    style = state.style
    written = {name: totals_csv(*_labelled(state, name), state.totals[name], style) for name in state.totals}
    statistics = inference.statistics(_sample(state))
    written["statistics"] = csv_bytes(inference.COLUMNS, ([*row.values()] for row in statistics))
    total_rows: list[list[Value]] = [["all", "all", kind, count] for kind, count in sorted(state.quality.items())]
    written["data_quality"] = csv_bytes(("security_code", "date", "kind", "count"), total_rows + state.quality_rows)
    written["outliers"] = _outliers_csv(state, style)
    for name, data in written.items():
        atomic_write(state.results / f"{name}.csv", data)
    totals = state.totals["global_summary"]
    names = tuple(f"{name}.csv" for name in (*written, *([BY_PARENT] if state.by_parent else [])))
    return Aggregate(totals.scenarios, measures(totals, 0, style), statistics, state.quality, names)


def _labelled(state: _State, name: str) -> tuple[list[str], list[tuple[list[Value], int]]]:
    """Return key columns and (label, row) of a table, rows without orders left out."""
    keys, labels = _labels(state, name)
    totals = state.totals[name]
    orders = totals.low[totals.names.index("orders")]
    always = name in ("global_summary", "by_group")
    return keys, [(label, row) for label, row in labels if always or orders[row]]


def _labels(state: _State, name: str) -> tuple[list[str], list[tuple[list[Value], int]]]:
    hours: list[tuple[list[Value], int]] = [([h], h) for h in range(HOURS)]
    sizes: list[tuple[list[Value], int]] = [([label], i) for i, label in enumerate(size_labels())]
    if name == "global_summary":
        return [], [([], 0)]
    if name == "by_security":
        return ["security_code"], [([security], i) for i, security in enumerate(state.securities)]
    if name == "by_date":
        return ["date"], [([date], i) for i, date in enumerate(state.dates)]
    if name == "by_participant":
        return ["participant_id"], [([p], state.participants[p]) for p in sorted(state.participants, key=natural)]
    if name == "by_group":
        return ["group"], [([g], g) for g in GROUPS]
    if name == "by_time_of_day":
        return ["hour"], hours
    if name == "by_order_size":
        return ["size_bucket"], sizes
    if name == "by_condition":
        named = [(kind, value) for kind, values in CONDITIONS.items() for value in values]
        return ["condition", "value"], [([*pair], row) for row, pair in enumerate(named)]
    if name == "time_series":
        return ["date", "hour"], [([d, h], i * HOURS + h) for i, d in enumerate(state.dates) for h in range(HOURS)]
    rows: list[tuple[list[Value], int]] = [(["all", "all"], ALL)]
    rows += [(["hour", *label], BY_HOUR + row) for label, row in hours]
    return ["breakdown", "value"], rows + [(["size_bucket", *label], BY_SIZE + row) for label, row in sizes]


def natural(label: str) -> tuple[bool, int, str]:
    """Sort key: whole numbers by value, then text (decisions 27)."""
    return (not label.isdecimal(), int(label) if label.isdecimal() else 0, label)


def size_labels() -> list[str]:
    """Return the names of the order-size buckets: 1-100, 101-500, ..., 50001+."""
    low = [1, *(edge + 1 for edge in SIZE_EDGES)]
    return [f"{a}-{b}" for a, b in zip(low, SIZE_EDGES, strict=False)] + [f"{low[-1]}+"]


def _sample(state: _State) -> inference.Sample:
    totals = state.totals["global_summary"]
    security_row = {security: i for i, security in enumerate(state.securities)}
    date_row = {date: i for i, date in enumerate(state.dates)}
    return inference.Sample(
        scenarios=totals.scenarios,
        orders=int(totals.weight[0, 0]),
        mean=totals.mean[0, 0],
        comoment=totals.comoment_matrix(0),
        cluster_weight=state.cluster_weight[:, :2],
        cluster_mean=state.cluster_mean,
        security=np.array([security_row[job.security] for job in state.jobs], np.int64),
        date=np.array([date_row[job.date] for job in state.jobs], np.int64),
    )


def _outliers_csv(state: _State, style: TableStyle) -> bytes:
    """Return the most extreme orders of the run, cost in currency."""
    savings = [f"{scenario}_saving_bps" for scenario in state.totals["global_summary"].scenarios[1:]]
    names = ["security_code", "date", "order_id", "participant_id", "side", "order_quantity", "filled_quantity"]
    names.append("group")
    unit = 2.0 * 10**style.price_decimals
    place = {security: i for i, security in enumerate(state.securities)}
    usual = {
        s: state.totals["by_security"].spread(place[s], 0) for s in {row["security_code"] for row in state.outliers}
    }
    rows = [
        [
            *(row[n] for n in names),
            row["cost"] / unit,
            row["shortfall_bps"],
            *(row[n] for n in savings),
            robust_z(row["shortfall_bps"], usual[row["security_code"]]),
        ]
        for row in state.outliers
    ]
    return csv_bytes([*names, "shortfall_value", "shortfall_bps", *savings, "shortfall_z"], rows)
