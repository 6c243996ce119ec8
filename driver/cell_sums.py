"""Summing a block of orders into cells: every sum, moment and histogram of each cell that has an order."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.cells import (
    CHARGES,
    COSTS,
    EXTRA_FILL_METRICS,
    FILL_METRICS,
    FILLED_WITHIN,
    OUTCOMES,
    VENUE_NAMES,
    Cells,
    cell_key,
    local_hour,
    metric_names,
    sum_names,
    too_large,
)
from driver.order_block import F64, I32, I64, OrderBlock
from kernels import histograms, moments
from kernels.conventions import BENCHMARK_NONE, BENCHMARKS, GROUP_FULL, NULL, SIZE_EDGES
from tickstore.errors import UserError


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
            raise UserError(too_large(name, reach))


def cells_of(block: OrderBlock, zone: str) -> Cells:
    """Return one block's orders summed by participant, hour, size and group."""
    participant, code = np.unique(block.participant.astype(np.int64), return_inverse=True)
    time = np.where(block.benchmark_time == NULL, block.arrival_time, block.benchmark_time)
    size = np.searchsorted(np.asarray(SIZE_EDGES, np.int64), block.order_quantity, side="left")
    dense = cell_key(code.astype(np.int64), local_hour(time, zone), size, block.group.astype(np.int64))
    cells = sum_by(block, dense, len(participant) * 768)
    place = cells.key // 768
    cells.key = cells.key + (participant[place] - place) * 768
    return cells


def sum_by(block: OrderBlock, key: I64, size: int) -> Cells:
    """Return one block's orders summed by ``key`` (n,), each in 0 .. size - 1."""
    present, cell = _compact(key, size)
    markouts = block.markout_bps.shape[0]
    within = [column for name, column in block.extra.items() if name.startswith(FILLED_WITHIN)]
    sums = _Sums(sum_names(block.scenarios, markouts, len(within)), cell, len(present))
    _add_shared(sums, block)
    base = _add_charges(sums, block)
    _add_fill_metrics(sums, block, markouts)
    traded = positive_rows(block.filled_quantity)
    for h, column in enumerate(within):
        filled = column.astype(np.int64, copy=False)
        moments.add_positive(traded, sums.cell, filled, sums.at(f"filled_within.{h}", 2))
    _add_scenarios(sums, block, base)
    weight, mean, comoment = _moments_of(block, cell, base[0], len(present))
    entries = _histograms_of(block, cell, base[0], len(present))
    return Cells(block.scenarios, tuple(sums.row), present, sums.out, weight, mean, comoment, *entries)


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

    Prices are those of every other cost, truncated mids rebuilt. Where there is no M0 both are meaningless.
    """
    booked = VENUE_NAMES.index("booked")
    base = block.venue_quantity[booked] * block.mid2
    paid = 2 * block.venue_notional[booked] if block.booked_notional2 is None else block.booked_notional2
    return block.side.astype(np.int64) * (paid - base), base


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
        # Filled by the order's state alone, without a trade that tells the price.
        sums.add(f"{scenario}.unpriced_quantity", np.where(np.isnan(block.scenario_notional2[s]), filled, 0))
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
    histograms.rows_by_cell(cell, start, row)
    measures = 2 * len(block.scenarios) - 1
    room = measures * min(len(cell), cells * histograms.BUCKETS)
    out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    written = histograms.sparse_histograms(start, row, block.cost, base, *out)
    return out[0][:written].copy(), out[1][:written].copy(), out[2][:written].copy()
