"""Summing the orders of a job into its cubes, block by block: by who and when, by the market met, by volatility.

An order's measures are worked out once and added to its cell of either cube; cells are sorted once, at the end.
What is kept of an order until then is its cell in either cube and its histogram buckets, 24 bytes. A job hands blocks
over as they are measured; ``kernels.sums`` reads their matrices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import (
    ORDER_METRICS,
    SCENARIO_SUMS,
    VENUE_NAMES,
    Cells,
    check_reach,
    hour_table,
    regroup,
    too_large,
)
from driver.sums.conditions import MARKET_KEYS, Market, key_columns, key_rules
from driver.sums.growing_tables import Arrays, Cube, Participants
from driver.sums.volatility import RANGES
from kernels.base.columns import I32, I64
from kernels.base.memory import Buffers
from kernels.conventions import BENCHMARKS, SCENARIOS
from kernels.measure.derived_columns import CHARGES
from kernels.measure.order_columns import DECIDED, FEES
from kernels.measure.result_rows import OrderBlock, Rows
from kernels.sums import cell_keys, cell_tables, fill_rows, histograms, moments, order_rows
from kernels.sums.order_rows import Asked
from tickstore.errors import UserError

LIMIT: Final = int(moments.FIXED_LIMIT)
ENTRIES: Final = {"cell": np.int32, "code": np.int32, "count": np.int64}


class Layout(NamedTuple):
    """Where the sums of cells are."""

    names: tuple[str, ...]
    rows: tuple[list[str], list[str]]  # names of what either row of ``kernels.sums`` has
    widths: tuple[int, int]  # of the rows


def row_names(scenarios: tuple[str, ...], markouts: int, within: int) -> tuple[list[str], list[str]]:
    """Return the names of the sums in the order of either row of ``kernels.sums``."""
    every = ["orders", "order_quantity", "leaves_quantity", "withdrawn_quantity", "fills_after_hours"]
    every += [*(f"benchmark_{name}" for name in BENCHMARKS), "not_eligible"]
    every += [f"{what}{charge}" for charge in CHARGES for what in ("priced_orders", "base")]
    every += ["execution_cost", "opportunity_cost"]
    every += _weighted(ORDER_METRICS)
    every += [f"{scenario}.{name}" for scenario in scenarios for name in SCENARIO_SUMS]
    filled = ["fills", *(f"{venue}_{what}" for what in ("quantity", "notional") for venue in VENUE_NAMES)]
    filled += ["booked_cost", "booked_base", "first_fill_us", "first_fill_orders", "execution_share_ms"]
    filled += ["execution_shares", "report_quantity"]
    filled += [f"{what}.{h}" for h in range(within) for what in ("filled_within", "orders_within")]
    numbered = [f"{name}.{h}" for name in fill_rows.HORIZON_METRICS for h in range(markouts)]
    return every, filled + _weighted([*fill_rows.FILL_METRICS, *numbered])


@lru_cache(maxsize=8)  # the same for every job of a run
def layout(scenarios: tuple[str, ...], markouts: int, within: int) -> Layout:
    """Return the names of the sums, of every order and then of orders with fills."""
    rows = row_names(scenarios, markouts, within)
    return Layout((*rows[0], *rows[1]), rows, fill_rows.row_widths(len(scenarios), markouts, within))


def _weighted(metrics: Sequence[str]) -> list[str]:
    return [f"{metric}.{part}" for metric in metrics for part in ("sum", "weight", "orders")]


def _label(name: str) -> str:
    """Return what a sum is called where it does not fit."""
    scenario, _, what = name.rpartition(".")
    if name.startswith("base"):
        return "order quantity x mid"
    if what.startswith("cost"):
        return f"{what} of {scenario}"
    return f"notional of {scenario}" if what == "notional" and scenario else name.removesuffix(".sum")


@dataclass(slots=True)
class JobSums:
    """Sums the blocks of one job. With ``buffers``, what it returns is good until they serve another job."""

    market: Market
    zone: str
    buffers: Buffers = field(default_factory=Buffers)
    scenarios: tuple[str, ...] = ()
    asked: Asked = field(init=False)
    layout: Layout = field(init=False)
    cubes: list[Cube] = field(default_factory=list)
    participants: Participants = field(init=False)
    codes: Arrays = field(init=False)  # histogram buckets of every order
    hours: tuple[int, I64] = (0, np.zeros(0, np.int64))  # first quarter of an hour, local hour of each from it on
    tile: Any = None
    orders: int = 0
    bound: int = 0  # on the magnitude of every sum so far

    def __post_init__(self) -> None:
        """Start without orders."""
        self.participants, self.codes = Participants(self.buffers), Arrays("codes", self.buffers)

    def _start(self, block: OrderBlock) -> None:
        places = np.array([SCENARIOS.index(name) for name in block.scenarios])
        self.asked = Asked(places, int(DECIDED in block.given), int(FEES in block.given))
        self.scenarios = block.scenarios
        self.layout = layout(block.scenarios, len(block.markout_seconds), len(block.fill_seconds))
        self.tile = order_rows.new_tile(self.layout.widths, buffers=self.buffers)
        self.cubes = [Cube(name, self.buffers, self.layout.widths) for name in ("main", "market")]

    def add(self, block: OrderBlock) -> None:
        """Add the orders of one block."""
        if not self.scenarios:
            self._start(block)
        n = len(block)
        if n == 0:
            return
        places = zip(self.cubes, self._keys(block), strict=True)
        added = [cube.add(key, room, self.orders) for cube, (key, room) in places]
        codes = self.codes.longer("orders", (self.orders + n, histograms.CODE_COLUMNS), np.int16, self.orders)
        rows, code = block.rows, codes[self.orders :]
        (main, main_tables), (market, market_tables) = added
        bits = cell_tables.add_orders(rows, self.asked, main, market, main_tables, market_tables, self.tile, code)
        self.orders += n
        self._check(rows, int(bits), n)

    def _keys(self, block: OrderBlock) -> tuple[tuple[I64, int], tuple[I64, int]]:
        """Return each order's key in either cube, and how many keys there may be by now."""
        columns, n = key_columns(block), len(block)
        columns = columns._replace(participant=self.participants.add(columns.participant))
        span = [int(time) // cell_keys.QUARTER_HOUR for time in cell_keys.time_span(columns)]
        first, hours = self.hours
        if span[0] < first or span[1] >= first + len(hours):
            self.hours = hour_table(self.zone, *span)
        keys = self.buffers.take("keys.main", (n,), np.int64), self.buffers.take("keys.market", (n,), np.int64)
        cell_keys.order_keys(columns, key_rules(self.market, *self.hours), *keys)
        return (keys[0], cell_keys.KEYS_OF_PARTICIPANT * len(self.participants)), (keys[1], MARKET_KEYS)

    def _check(self, rows: Rows, bits: int, n: int) -> None:
        """Refuse sums that could have left 64 bits; most are known to fit without a look at them."""
        bound = n << bits.bit_length()
        if bound >= LIMIT:
            self._check_block(rows, n)
        self.bound += bound
        if self.bound >= LIMIT:
            tables = [table for cube in self.cubes for table in cube.tables()[:2]]
            self.bound = max(check_reach(table) for table in tables)

    def _check_block(self, rows: Rows, n: int) -> None:
        """Refuse a block whose values add up to more than 64 bits hold, by the name of the sum."""
        widths = self.layout.widths
        one, other = cell_tables.empty_tables(1, widths), cell_tables.empty_tables(1, widths)
        cell = np.zeros(n, np.int32)
        tile = order_rows.new_tile(widths, n)
        code = np.empty((n, histograms.CODE_COLUMNS), np.int16)
        cell_tables.add_orders(rows, self.asked, cell, cell, one, other, tile, code)
        for names, values in zip(self.layout.rows, (tile.rows, tile.fill_rows), strict=True):
            reach = np.abs(values.astype(np.float64)).sum(axis=0)
            for name, value in sorted(zip(names, reach.tolist(), strict=False), key=lambda item: "base" not in item[0]):
                if value >= LIMIT:
                    raise UserError(too_large(_label(name), value))

    def results(self) -> tuple[Cells, Cells, Cells]:
        """Return the cells by participant, hour, size and group, by the market met, and by the mid's range."""
        if not self.scenarios:
            raise ValueError("a job sums at least one block, an empty one if it has no orders")
        if self.orders == 0:
            for cube in self.cubes:
                cube.add(np.zeros(0, np.int64), 0, 0)
            self.codes.longer("orders", (0, histograms.CODE_COLUMNS), np.int16, 0)
        keys = self._participant_keys(), self.cubes[1].keys()
        orders = [np.argsort(key, kind="stable") for key in keys]
        main, market = (self._cells(*cube) for cube in zip(self.cubes, keys, orders, strict=True))
        for cells, cube, order in zip((main, market), self.cubes, orders, strict=True):
            self._count(cells, cube, order)
        entry = np.searchsorted(market.histogram_cell, np.arange(len(market) + 1, dtype=np.int32))
        conditions, volatility = market.key // RANGES, market.key % RANGES
        return main, self._regrouped(market, conditions, entry), self._regrouped(market, volatility, entry)

    def _participant_keys(self) -> I64:
        """Return the keys of the main cube's cells, participants by code instead of number."""
        number, rest = np.divmod(self.cubes[0].keys(), cell_keys.KEYS_OF_PARTICIPANT)
        keys: I64 = self.participants.codes()[number] * cell_keys.KEYS_OF_PARTICIPANT + rest
        return keys

    def _cells(self, cube: Cube, keys: I64, order: I64) -> Cells:
        """Return the cells of a cube by ascending key, their histograms left out."""
        tables, K = cube.tables(), len(self.scenarios)
        sums = cast(I64, self.buffers.take(f"{cube.name}.sums", (len(self.layout.names), len(cube)), np.int64))
        every = len(self.layout.rows[0])
        for table, columns in ((tables.rows, sums[:every]), (tables.fill_rows, sums[every:])):
            cell_tables.columns_of_rows(table, order, columns)
        moments = np.empty((len(cube), 3)), np.empty((len(cube), 2, K)), np.empty((len(cube), 2, K * (K + 1) // 2))
        cell_tables.moments_of_rows(tables.moments, order, *moments)
        return Cells(self.scenarios, self.layout.names, keys[order], sums, *moments)

    def _count(self, cells: Cells, cube: Cube, order: I64) -> None:
        """Give the cells of a cube, which are in the given order, their histograms."""
        place = np.empty(len(cube), np.int32)
        place[order] = np.arange(len(cube))
        codes, start = cast(Any, self.codes.taken["orders"]), np.zeros(len(cells) + 1, np.int64)
        by_cell = cast(Any, self.buffers.take("counted", codes.shape, np.int16))
        histograms.codes_by_cell(place[cube.cells()], codes, start, by_cell)
        measures = 2 * len(self.scenarios) - 1
        out = self._entries(measures * min(self.orders, len(cells) * histograms.BUCKETS))
        n = histograms.sparse_histograms(start, by_cell, measures, *out)
        cells.histogram_cell, cells.histogram_code, cells.histogram_count = _copies(out, n)

    def _regrouped(self, cells: Cells, key: I64, entry: NDArray[np.intp]) -> Cells:
        """Return cells summed again by ``key``, which has a value for each of them, histograms too.

        entry : (cells + 1,) first histogram entry of each cell
        """
        new = regroup(cells, key)
        row = np.argsort(key, kind="stable")
        start = np.searchsorted(key[row], np.append(new.key, np.iinfo(np.int64).max))
        out = self._entries(len(cells.histogram_cell))
        counts = np.zeros((2 * len(self.scenarios) - 1) * histograms.BUCKETS, np.int64)
        n = histograms.regroup_histograms(start, row, entry, cells.histogram_code, cells.histogram_count, counts, *out)
        new.histogram_cell, new.histogram_code, new.histogram_count = _copies(out, n)
        return new

    def _entries(self, room: int) -> tuple[I32, I32, I64]:
        """Return memory for histogram entries: cell, code and count."""
        out = [self.buffers.take(f"counted.{name}", (room,), kind) for name, kind in ENTRIES.items()]
        return cast(I32, out[0]), cast(I32, out[1]), cast(I64, out[2])


def _copies(entries: tuple[I32, I32, I64], n: int) -> tuple[I32, I32, I64]:
    cell, code, count = entries
    return cell[:n].copy(), code[:n].copy(), count[:n].copy()
