"""Cells: what a job sums its orders by, and the sums themselves.

A cell is (participant, local hour of the benchmark time, size bucket, real fill group). All its integer
sums live in one matrix with a name per row, so that merging, storing and adding up need no list of fields.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from driver.order_block import F64, I32, I64, OrderBlock
from kernels import moments
from kernels.conventions import BENCHMARK_NONE, BENCHMARKS, GROUP_FULL, NS_PER_SECOND, NULL, SIZE_EDGES, VENUES
from tickstore.errors import UserError

CHARGES = ("", "_touch", "_zero", "_cleanup")  # the unfilled at the end's mid (the headline), and three others
COSTS = ("cost", "cost_touch", "cost_zero", "cost_cleanup")  # OrderBlock fields, in the order of CHARGES
FILL_METRICS = ("arrival_slippage_bps", "effective_spread_bps", "price_improvement_bps", "vwap_slippage_bps")
# Columns of OrderBlock.extra; a block without them counts as if they were missing in every order.
EXTRA_FILL_METRICS = (
    "fill_quoted_spread_bps", "arrival_improvement_bps", "vwap_slippage_ex_own_bps", "close_slippage_bps",
)  # fmt: skip
ORDER_METRICS = ("quoted_spread_bps", "delay_bps", "decision_shortfall_bps")
HORIZON_METRICS = ("markout_bps", "realised_spread_bps", "impact_bps")
VENUE_NAMES = VENUES[:4]
OUTCOMES = ("fully_filled", "partially_filled", "not_executed")
SCENARIO_SUMS = (
    *OUTCOMES, "filled_quantity", "notional", *(f"cost{charge}" for charge in CHARGES), "fees",
    "better", "equal", "worse",
)  # fmt: skip
QUARTER_HOUR = 900 * NS_PER_SECOND


@dataclass(slots=True)
class Cells:
    """Sums of n cells. ``key`` ascends; every array's cell axis follows it.

    ``sums`` is (columns, n) int64, named by ``names``; moments are laid out as in ``kernels.moments``, and
    ``histogram_*`` are sparse entries sorted by (cell, code).
    """

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    key: I64
    sums: I64
    weight: F64
    mean: F64
    comoment: F64
    histogram_cell: I32
    histogram_code: I32
    histogram_count: I64

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.key)


def cell_key(participant: I64, hour: I64, size: I64, group: I64) -> I64:
    """Return the key of each cell; ``cell_dimensions`` is its inverse."""
    key: I64 = ((participant * 24 + hour) * 8 + size) * 4 + group
    return key


def cell_dimensions(key: I64) -> dict[str, I64]:
    """Return participant, hour, size and group of each cell."""
    return {"participant": key // 768, "hour": key // 32 % 24, "size": key // 4 % 8, "group": key % 4}


def local_hour(time: I64, zone: str) -> I64:
    """Return the exchange-local hour, 0..23, of times in ns UTC, which lie within a few days of each other."""
    if len(time) == 0:
        return np.empty(0, np.int64)
    quarter = time // QUARTER_HOUR  # every zone's offset is a whole number of quarters since 1972
    first = int(quarter.min())
    tz = ZoneInfo(zone)
    table = [datetime.fromtimestamp(q * 900, UTC).astimezone(tz).hour for q in range(first, int(quarter.max()) + 1)]
    return np.asarray(table, np.int64)[quarter - first]


def sum_names(scenarios: Sequence[str], markouts: int) -> tuple[str, ...]:
    """Return the names of the integer sums, in the order of their rows."""
    shared = ["orders", "order_quantity", "leaves_quantity", "withdrawn_quantity", "fills", "fills_after_hours"]
    shared += [f"{venue}_{what}" for what in ("quantity", "notional") for venue in VENUE_NAMES]
    shared += [*(f"benchmark_{name}" for name in BENCHMARKS), "not_eligible"]
    shared += [f"{what}{charge}" for charge in CHARGES for what in ("priced_orders", "base")]
    shared += ["execution_cost", "opportunity_cost", "booked_cost", "booked_base", "first_fill_us", "first_fill_orders"]
    shared += ["execution_share_ms", "execution_shares"]
    shared.append("report_quantity")
    for metric in [*ORDER_METRICS, *metric_names(markouts)]:
        shared += [f"{metric}.sum", f"{metric}.weight", f"{metric}.orders"]
    return tuple(shared + [f"{scenario}.{name}" for scenario in scenarios for name in SCENARIO_SUMS])


def metric_names(markouts: int) -> list[str]:
    """Return the names of the weighted metrics of fills; markout horizons are numbered."""
    numbered = [f"{name}.{h}" for name in HORIZON_METRICS for h in range(markouts)]
    return [*FILL_METRICS, *EXTRA_FILL_METRICS, *numbered]


class _Sums:
    """Writes the rows of one block's sum matrix by name."""

    def __init__(self, names: tuple[str, ...], cell: I32, cells: int) -> None:
        self.row = {name: i for i, name in enumerate(names)}
        self.cell = cell
        self.out = np.zeros((len(names), cells), np.int64)

    def at(self, name: str, rows: int = 1) -> I64:
        """Return the row of ``name``, or it and the ones after it."""
        start = self.row[name]
        return self.out[start] if rows == 1 else self.out[start : start + rows]

    def add(self, name: str, column: NDArray[np.integer[Any]]) -> None:
        """Add an integer column."""
        moments.add_integers(self.cell, column, self.at(name))

    def weigh(self, name: str, value: F64, weight: I64, rows: I32) -> None:
        """Add a weighted metric of the given rows, whose weights are positive."""
        self.check(name, moments.add_weighted(rows, self.cell, value, weight, self.at(f"{name}.sum", 3)))

    def check(self, name: str, reach: float) -> None:
        """Refuse sums that could have left 64 bits."""
        if not reach < moments.FIXED_LIMIT:
            raise UserError(
                f"the sum of {name} of one partition may not fit 64 bits (about {reach:.1e}): a price or quantity is "
                "probably wrong, or price_decimals too large; run `inspect` on the partition"
            )


def cells_of(block: OrderBlock, zone: str) -> Cells:
    """Return the cells of one block of orders."""
    participant, code = np.unique(block.participant.astype(np.int64), return_inverse=True)
    time = np.where(block.benchmark_time == NULL, block.arrival_time, block.benchmark_time)
    size = np.searchsorted(np.asarray(SIZE_EDGES, np.int64), block.order_quantity, side="left")
    dense = cell_key(code.astype(np.int64), local_hour(time, zone), size, block.group.astype(np.int64))
    present, cell = _compact(dense, len(participant) * 768)
    key = present + (participant[present // 768] - present // 768) * 768
    markouts = block.markout_bps.shape[0]
    sums = _Sums(sum_names(block.scenarios, markouts), cell, len(key))
    _add_shared(sums, block)
    base = _add_charges(sums, block)
    _add_fill_metrics(sums, block, markouts)
    _add_scenarios(sums, block, base)
    weight, mean, comoment = _moments_of(block, cell, base[0], len(key))
    entries = _histograms_of(block, cell, base[0], len(key))
    return Cells(block.scenarios, tuple(sums.row), key, sums.out, weight, mean, comoment, *entries)


def positive_rows(weight: I64) -> I32:
    """Return the rows with a positive weight, ascending."""
    rows = np.empty(len(weight), np.int32)
    return rows[: moments.rows_above_zero(weight, rows)]


def _compact(dense: I64, size: int) -> tuple[I64, I32]:
    """Return the values that occur, ascending, and the position of each row's value among them."""
    present = np.flatnonzero(np.bincount(dense, minlength=size))
    place = np.zeros(size, np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    return present, place[dense]


def _add_shared(sums: _Sums, block: OrderBlock) -> None:
    sums.add("orders", np.ones(len(block), np.int64))
    for name in ("order_quantity", "leaves_quantity", "withdrawn_quantity", "fills", "fills_after_hours"):
        sums.add(name, getattr(block, name))
    for v, venue in enumerate(VENUE_NAMES):
        sums.add(f"{venue}_quantity", block.venue_quantity[v])
        sums.add(f"{venue}_notional", block.venue_notional[v])
    moments.count_codes(sums.cell, block.benchmark, BENCHMARK_NONE, sums.at("benchmark_none", len(BENCHMARKS)))
    moments.count_equal(sums.cell, block.eligible, 0, sums.at("not_eligible"))


def _add_charges(sums: _Sums, block: OrderBlock) -> list[I64]:
    """Add priced orders, base and costs of each charge; return the bases, (n,) each."""
    bases = []
    for charge, field in zip(CHARGES, COSTS, strict=True):
        cost = getattr(block, field)
        base = np.empty(len(block), np.int64)
        sums.check("order quantity x mid", moments.priced_base(block.mid2, block.order_quantity, cost, base))
        moments.count_positive(sums.cell, base, sums.at(f"priced_orders{charge}"))
        sums.add(f"base{charge}", base)
        for s, scenario in enumerate(block.scenarios):
            reach = moments.add_fixed_cost(sums.cell, cost[s], base, sums.at(f"{scenario}.cost{charge}"))
            sums.check(f"{field} of {scenario}", reach)
        bases.append(base)
    for name in ("execution_cost", "opportunity_cost"):
        part = getattr(block, name)
        sums.check(name, moments.add_fixed_cost(sums.cell, part, bases[0], sums.at(name)))
    cost, base = booked_part(block)
    priced = bases[0] > 0
    sums.add("booked_cost", np.where(priced, cost, 0))
    sums.add("booked_base", np.where(priced, base, 0))
    return bases


def booked_part(block: OrderBlock) -> tuple[I64, I64]:
    """Return what crossing bookings cost each order, and their value at M0, both exact, in half units x shares.

    Where there is no M0 both are meaningless, as every cost is.
    """
    booked = VENUE_NAMES.index("booked")
    base = block.venue_quantity[booked] * block.mid2
    return block.side.astype(np.int64) * (2 * block.venue_notional[booked] - base), base


def _add_fill_metrics(sums: _Sums, block: OrderBlock, markouts: int) -> None:
    booked = VENUE_NAMES.index("booked")
    weight = 2 * (block.notional - block.venue_notional[booked])  # market fills, half units x shares
    rows = positive_rows(weight)  # few orders trade: the others are passed over once, not for every metric
    missing = np.full(len(block), np.nan)
    impacts = [column for name, column in block.extra.items() if name.startswith("impact_")]
    columns = [getattr(block, name) for name in FILL_METRICS]
    columns += [block.extra.get(name, missing) for name in EXTRA_FILL_METRICS]
    columns += [*block.markout_bps, *block.realised_spread_bps, *(impacts or [missing] * markouts)]
    for name, column in zip(metric_names(markouts), columns, strict=True):
        sums.weigh(name, column, weight, rows)
    filled = block.time_to_first_fill != NULL
    sums.add("first_fill_us", np.where(filled, block.time_to_first_fill // 1_000, 0))
    sums.add("first_fill_orders", filled.astype(np.int64))
    timed = ~np.isnan(block.execution_time)
    shares = np.where(timed, block.filled_quantity, 0)
    delay = np.where(timed, block.execution_time, 0.0) * shares
    sums.check("execution time", moments.add_rounded(sums.cell, delay, 1e-6, sums.at("execution_share_ms")))
    sums.add("execution_shares", shares)
    # The spread quoted while the order lived, weighted by what it asked for at M0.
    base = np.where(block.mid2 == NULL, 0, block.order_quantity * block.mid2)
    quoted = block.extra.get("quoted_spread_bps", missing)
    sums.weigh("quoted_spread_bps", quoted, base, positive_rows(base))
    if "report_quantity" in block.extra:
        sums.add("report_quantity", block.extra["report_quantity"].astype(np.int64, copy=False))
    if "decision_mid2" in block.extra:
        _add_delay(sums, block)


def _add_delay(sums: _Sums, block: OrderBlock) -> None:
    """Add what waiting from decision to arrival cost, and the shortfall against the mid at the decision."""
    mid2 = block.extra["decision_mid2"].astype(np.int64, copy=False)
    base = np.where(mid2 == NULL, 0, block.order_quantity * mid2)
    delay = moments.BPS * block.extra["delay_cost"] / np.where(base > 0, base, 1)
    for name, value in (("delay_bps", delay), ("decision_shortfall_bps", block.extra["decision_shortfall_bps"])):
        sums.weigh(name, value.astype(np.float64), base, positive_rows(base))


def _add_scenarios(sums: _Sums, block: OrderBlock, base: list[I64]) -> None:
    outcome = np.empty(len(block), np.int8)
    for s, scenario in enumerate(block.scenarios):
        filled = block.scenario_filled[s]
        moments.scenario_outcome(block.group, block.filled_quantity, filled, block.order_quantity, outcome)
        moments.count_codes(sums.cell, outcome, GROUP_FULL, sums.at(f"{scenario}.{OUTCOMES[0]}", len(OUTCOMES)))
        sums.add(f"{scenario}.filled_quantity", filled)
        if s == 0:
            sums.add(f"{scenario}.notional", block.notional)
        else:
            notional = block.scenario_notional2[s]
            reach = moments.add_rounded(sums.cell, notional, 0.5, sums.at(f"{scenario}.notional"))
            sums.check(f"notional of {scenario}", reach)
        if f"{scenario}_fees" in block.extra:
            fees = block.extra[f"{scenario}_fees"].astype(np.float64, copy=False)
            sums.check("fees", moments.add_fixed_cost(sums.cell, fees, base[0], sums.at(f"{scenario}.fees")))
        better = sums.at(f"{scenario}.better", 3)
        moments.add_comparison(sums.cell, block.cost[0], block.cost[s], base[0], better)


def _moments_of(block: OrderBlock, cell: I32, base: I64, cells: int) -> tuple[F64, F64, F64]:
    K = len(block.scenarios)
    weight = np.zeros((cells, 3))
    mean = np.zeros((cells, 2, K))
    comoment = np.zeros((cells, 2, K * (K + 1) // 2))
    moments.add_moments(cell, block.cost, base, weight, mean, comoment)
    return weight, mean, comoment


def _histograms_of(block: OrderBlock, cell: I32, base: I64, cells: int) -> tuple[I32, I32, I64]:
    start = np.zeros(cells + 1, np.int64)
    row = np.empty(len(cell), np.int64)
    moments.rows_by_cell(cell, start, row)
    measures = 2 * len(block.scenarios) - 1
    room = measures * min(len(cell), cells * moments.BUCKETS)
    out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    written = moments.sparse_histograms(start, row, block.cost, base, *out)
    return out[0][:written].copy(), out[1][:written].copy(), out[2][:written].copy()


def merge_cells(parts: Iterable[Cells]) -> Cells:
    """Merge cells with equal scenarios and names, in the order given."""
    merged: Cells | None = None
    for part in parts:
        merged = part if merged is None else _merge_two(merged, part)
    if merged is None:
        raise ValueError("no cells to merge: a job yields at least one block, an empty one if it has no orders")
    return merged


def _merge_two(a: Cells, b: Cells) -> Cells:
    key = np.union1d(a.key, b.key)
    K = len(a.scenarios)
    sums = np.zeros((len(a.names), len(key)), np.int64)
    weight, mean = np.zeros((len(key), 3)), np.zeros((len(key), 2, K))
    comoment = np.zeros((len(key), 2, K * (K + 1) // 2))
    cells, codes, counts = [], [], []
    for part in (a, b):
        index = np.searchsorted(key, part.key).astype(np.int32)
        sums[:, index] += part.sums
        moments.merge_moments(index, part.weight, part.mean, part.comoment, weight, mean, comoment)
        cells.append(index[part.histogram_cell])
        codes.append(part.histogram_code)
        counts.append(part.histogram_count)
    width = (2 * K - 1) * moments.BUCKETS
    entry = np.concatenate(cells).astype(np.int64) * width + np.concatenate(codes)
    distinct, place = np.unique(entry, return_inverse=True)
    count = np.zeros(len(distinct), np.int64)
    np.add.at(count, place, np.concatenate(counts))
    cell, code = (distinct // width).astype(np.int32), (distinct % width).astype(np.int32)
    return Cells(a.scenarios, a.names, key, sums, weight, mean, comoment, cell, code, count)
