"""Summing the orders of a job into cells, block by block: by who and when, by the market met, by volatility.

An order's measures are worked out once and added to its cell of either grouping; cells are sorted once, at the end.
What is kept of an order until then is its two cells and its histogram buckets, 24 bytes. `driver.job.job` hands blocks
over as they are measured; ``kernels.sums`` reads their matrices.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import Cells, check_fits, check_reach, hour_table
from driver.sums.conditions import CONDITION_KEYS, MARKET_KEYS, Market, key_columns, key_rules
from driver.sums.growing_tables import GrowingArrays, GrowingCells, Participants
from driver.sums.volatility import RANGES
from kernels.base.columns import I64, Array
from kernels.base.memory import Buffers
from kernels.conventions import REPLAYED
from kernels.measure.order_columns import DECIDED, FEES
from kernels.measure.result_rows import OrderBlock, Rows, scenario_offsets
from kernels.sums import cell_keys, cell_tables, fill_rows, histograms, moments, order_moments, order_rows
from kernels.sums.order_rows import Asked

LIMIT: Final = int(moments.FIXED_LIMIT)
ENTRIES: Final = {"cell": np.int32, "code": np.int32, "count": np.int64}


class Layout(NamedTuple):
    """Where the sums of cells are."""

    names: tuple[str, ...]
    rows: tuple[list[str], list[str]]  # names of what either row of ``kernels.sums`` has; of the second, in reality
    widths: tuple[int, int]  # of the rows


@lru_cache(maxsize=8)  # the same for every job of a run
def layout(scenarios: tuple[str, ...], markouts: int, within: int) -> Layout:
    """Return the names of the sums, of every order and then of orders with fills, really and under what is replayed."""
    rows = fill_rows.sum_names(scenarios, markouts, within)
    replayed = (f"{scenario}.{name}" for scenario in scenarios if scenario in REPLAYED for name in rows[1])
    return Layout((*rows[0], *rows[1], *replayed), rows, fill_rows.row_widths(scenarios, markouts, within))


def _label(name: str) -> str:
    """Return what a sum is called where it does not fit."""
    scenario, _, what = name.removeprefix("outside_").rpartition(".")
    if what.startswith("base"):
        return "order quantity x mid"
    if what.startswith("cost"):
        return f"{what} of {scenario or 'real'}"
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
    groupings: list[GrowingCells] = field(default_factory=list)  # by who and when, by the market met
    participants: Participants = field(init=False)
    codes: GrowingArrays = field(init=False)  # histogram buckets of every order
    hours: tuple[int, I64] = (0, np.zeros(0, np.int64))  # first quarter of an hour, local hour of each from it on
    tile: Any = None
    orders: int = 0
    bound: int = 0  # on the magnitude of every sum so far

    def __post_init__(self) -> None:
        """Start without orders."""
        self.participants, self.codes = Participants(self.buffers), GrowingArrays("codes", self.buffers)

    def _start(self, block: OrderBlock) -> None:
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        self.asked = Asked(ints, floats, len(block.replayed), int(DECIDED in block.given), int(FEES in block.given))
        self.scenarios = block.scenarios
        self.layout = layout(block.scenarios, len(block.markout_seconds), len(block.fill_seconds))
        self.tile = order_rows.new_tile(self.layout.widths, buffers=self.buffers)
        self.groupings = [GrowingCells(name, self.buffers, widths=self._widths()) for name in ("main", "market")]

    def _widths(self) -> tuple[int, int, int]:
        return cell_tables.table_widths(self.layout.widths, self.asked)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of one block."""
        if not self.scenarios:
            self._start(block)
        n = len(block)
        if n == 0:
            return
        places = zip(self.groupings, self._keys(block), strict=True)
        added = [cells.add(key, room, self.orders) for cells, (key, room) in places]
        code = self._room_for_codes(n)
        (main, main_tables), (market, market_tables) = added
        bits = cell_tables.add_orders(block.rows, self.asked, main, market, main_tables, market_tables, self.tile, code)
        self.orders += n
        self._check(block.rows, int(bits), n)

    def _room_for_codes(self, n: int) -> Array:
        shape = self.orders + n, histograms.code_columns(len(self.scenarios))
        return self.codes.longer("orders", shape, np.int16, self.orders)[self.orders :]

    def _keys(self, block: OrderBlock) -> tuple[tuple[I64, int], tuple[I64, int]]:
        """Return each order's key in either grouping, and how many keys there may be by now."""
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
            self.bound = max(check_reach(table) for cells in self.groupings for table in cells.tables()[:2])

    def _check_block(self, rows: Rows, n: int) -> None:
        """Refuse a block whose values add up to more than 64 bits hold, by the name of the sum."""
        widths = self.layout.widths
        one, other = (cell_tables.empty_tables(1, self._widths()) for _ in range(2))
        cell, code = np.zeros(n, np.int32), np.empty((n, histograms.code_columns(len(self.scenarios))), np.int16)
        tile = order_rows.new_tile(widths, n)
        cell_tables.add_orders(rows, self.asked, cell, cell, one, other, tile, code)
        for names, values in zip(self.layout.rows, (tile.rows, tile.fill_rows), strict=True):
            reach = np.abs(values.astype(np.float64)).sum(axis=0)
            for name, value in sorted(zip(names, reach.tolist(), strict=False), key=lambda item: "base" not in item[0]):
                check_fits(_label(name), value)

    def results(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return the cells by participant, hour, size, group; by the market met; the mid's range; the limit's place."""
        if not self.scenarios:
            raise ValueError("a job sums at least one block, an empty one if it has no orders")
        if self.orders == 0:
            for cells in self.groupings:
                cells.add(np.zeros(0, np.int64), 0, 0)
            self._room_for_codes(0)
        by_whom, by_market = self.groupings
        number, rest = np.divmod(by_whom.keys(), cell_keys.KEYS_OF_PARTICIPANT)
        main = self._cells(by_whom, self.participants.codes()[number] * cell_keys.KEYS_OF_PARTICIPANT + rest)
        market = self._cells(by_market, by_market.keys())
        met, volatility = np.divmod(market.key, RANGES)
        marketability, conditions = np.divmod(met, CONDITION_KEYS)
        met_cells, by_range = self._regrouped(market, conditions), self._regrouped(market, volatility)
        return main, met_cells, by_range, self._regrouped(market, marketability)

    def _cells(self, growing: GrowingCells, keys: I64) -> Cells:
        """Return the cells of a grouping by ascending key."""
        order = np.argsort(keys, kind="stable")
        tables, K, n = growing.tables(), len(self.scenarios), len(growing)
        sums = self.buffers.take(f"{growing.name}.sums", (len(self.layout.names), n), np.int64)
        every, filled = map(len, self.layout.rows)
        cell_tables.columns_of_rows(tables.rows, order, 0, sums[:every])
        for part in range(1 + self.asked.replayed):
            start = every + part * filled
            at = part * self.layout.widths[1]
            cell_tables.columns_of_rows(tables.fill_rows, order, at, sums[start : start + filled])
        spread = np.empty((n, 3)), np.empty((n, 2, K)), np.empty((n, 2, K * (K + 1) // 2))
        order_moments.moments_of_rows(tables.moments, order, *spread)
        return Cells(self.scenarios, self.layout.names, keys[order], sums, *spread, *self._counts(growing, order))

    def _counts(self, growing: GrowingCells, order: NDArray[np.intp]) -> tuple[Array, ...]:
        """Return the histogram entries of the cells of a grouping, which are in the given order."""
        n = len(growing)
        place, start = np.empty(n, np.int32), np.zeros(n + 1, np.int64)
        place[order] = np.arange(n)
        codes = self.codes.taken["orders"]
        by_cell = self.buffers.take("counted", codes.shape, np.int16)
        histograms.codes_by_cell(place[growing.cells()], codes, start, by_cell)
        measures = 2 * len(self.scenarios) - 1
        out = self._entries(measures * min(self.orders, n * histograms.BUCKETS))
        return _copies(out, histograms.sparse_histograms(start, by_cell, measures, *out))

    def _regrouped(self, cells: Cells, key: I64) -> Cells:
        """Return cells summed again by ``key``, which has a value for each of them, histograms too."""
        present, place = np.unique(key, return_inverse=True)
        n, K, index = len(present), len(self.scenarios), place.astype(np.int32)
        sums = np.zeros((len(cells.names), n), np.int64)
        merged = np.zeros((n, 3)), np.zeros((n, 2, K)), np.zeros((n, 2, K * (K + 1) // 2))
        moments.merge_rows(index, cells.sums, sums)
        moments.merge_moments(index, cells.weight, cells.mean, cells.comoment, *merged)
        check_reach(sums)
        entry = np.searchsorted(cells.histogram_cell, np.arange(len(cells) + 1, dtype=np.int32))  # first of each cell
        row = np.argsort(key, kind="stable")
        start = np.searchsorted(key[row], np.append(present, np.iinfo(np.int64).max))
        out = self._entries(len(cells.histogram_cell))
        counts = np.zeros((2 * K - 1) * histograms.BUCKETS, np.int64)
        found = cells.histogram_code, cells.histogram_count
        entries = _copies(out, histograms.regroup_histograms(start, row, entry, *found, counts, *out))
        return Cells(self.scenarios, cells.names, present, sums, *merged, *entries)

    def _entries(self, room: int) -> tuple[Array, ...]:
        """Return memory for histogram entries: cell, code and count."""
        return tuple(self.buffers.take(f"counted.{name}", (room,), kind) for name, kind in ENTRIES.items())


def _copies(entries: tuple[Array, ...], n: int) -> tuple[Array, ...]:
    return tuple(part[:n].copy() for part in entries)
