"""Summing the orders of a job into cells, block by block: by who and when, by the market met, by volatility.

An order's measures are worked out once and added to its cell of either grouping; cells are sorted once, at the end.
What is kept of a priced order until then is its two cells and its shortfall under each scenario, 40 bytes with four.
`driver.job.job` hands blocks over as they are measured; ``kernels.sums`` reads their matrices.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import COUNTED, Cells, Marginals, check_fits, check_reach, hour_table
from driver.sums.conditions import MARKET_KEYS, Market, key_columns, key_rules, market_cuts
from driver.sums.growing_tables import GrowingArrays, GrowingCells, Participants
from driver.sums.regrouped import regrouped, sparse, sparse_by_cell
from kernels.base.columns import F64, I16, I32, I64
from kernels.base.memory import Buffers
from kernels.conventions import REPLAYED
from kernels.measure.order_columns import DECIDED, FEES
from kernels.measure.result_rows import OrderBlock, Rows, scenario_offsets
from kernels.sums import cell_keys, cell_tables, fill_rows, histograms, moments, order_rows
from kernels.sums.cell_tables import CubeTables, Kept
from kernels.sums.order_rows import Asked

LIMIT: Final = int(moments.FIXED_LIMIT)


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
    name = name.removesuffix("_rest").removesuffix(".sum")
    return f"notional of {scenario}" if what == "notional2" and scenario else name


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
    kept: GrowingArrays = field(init=False)  # of priced orders, as ``Kept`` has it
    hours: tuple[int, I64] = (0, np.zeros(0, np.int64))  # first quarter of an hour, local hour of each from it on
    tile: Any = None
    orders: int = 0
    priced: int = 0
    bound: int = 0  # on the magnitude of every sum so far
    reach: int = 0  # on that of the sums of all orders

    def __post_init__(self) -> None:
        """Start without orders."""
        self.participants, self.kept = Participants(self.buffers), GrowingArrays("kept", self.buffers)

    def _start(self, block: OrderBlock) -> None:
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        self.asked = Asked(ints, floats, len(block.replayed), int(DECIDED in block.given), int(FEES in block.given))
        self.scenarios = block.scenarios
        self.layout = layout(block.scenarios, len(block.markout_seconds), len(block.fill_seconds))
        self.tile = order_rows.new_tile(self.layout.widths, buffers=self.buffers)
        self.groupings = [GrowingCells(name, self.buffers, widths=self._widths()) for name in ("main", "market")]

    def _widths(self) -> tuple[int, int]:
        return cell_tables.table_widths(self.layout.widths, self.asked)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of one block."""
        if not self.scenarios:
            self._start(block)
        n = len(block)
        if n == 0:
            return
        places = zip(self.groupings, self._keys(block), strict=True)
        (main, main_tables), (market, market_tables) = [cells.add(key, room) for cells, (key, room) in places]
        kept = self._room(n).part(self.priced, self.priced + n)
        bits, priced = cell_tables.add_orders(
            block.rows, self.asked, main, market, main_tables, market_tables, self.tile, kept
        )
        self.orders += n
        self.priced += int(priced)
        self._check(block.rows, int(bits), n)

    def _room(self, n: int) -> Kept:
        """Return what is kept of priced orders, with room for n more."""
        room, before = self.priced + n, self.priced
        y = self.kept.longer("y", (room, moments.lanes_of(len(self.scenarios))), np.float64, before)
        return Kept(y, *(self.kept.longer(name, (room,), np.int32, before) for name in Kept._fields[1:]))

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
        self.bound, self.reach = self.bound + bound, self.reach + bound
        if self.bound >= LIMIT:
            self.bound = max(check_reach(table) for cells in self.groupings for table in cells.tables()[:2])

    def _check_block(self, rows: Rows, n: int) -> None:
        """Refuse a block whose values add up to more than 64 bits hold, by the name of the sum."""
        widths = self.layout.widths
        one, other = (cell_tables.empty_tables(1, self._widths()) for _ in range(2))
        cell, tile = np.zeros(n, np.int32), order_rows.new_tile(widths, n)
        kept = Kept(np.empty((n, moments.lanes_of(len(self.scenarios)))), cell.copy(), cell.copy())
        cell_tables.add_orders(rows, self.asked, cell, cell, one, other, tile, kept)
        for names, values in zip(self.layout.rows, (tile.rows, tile.fill_rows), strict=True):
            reach = np.abs(values.astype(np.float64)).sum(axis=0)
            for name, value in sorted(zip(names, reach.tolist(), strict=False), key=lambda item: "base" not in item[0]):
                check_fits(_label(name), value)

    def results(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return the cells by participant, hour, size, group; by the market met; the mid's range; the limit's place."""
        main, *others = self._cells()
        main.names, main.sums = self.layout.names, self._columns(self.groupings[0].tables(), self._order(), "main.sums")
        return main, others[0], others[1], others[2]

    def partial_sums(self, whole: bool = False) -> tuple[Cells, Cells, Cells, Cells, Marginals]:
        """Return what a partial keeps: of the first of these cells priced orders are counted, all else in marginals.

        whole : the first cells have all their sums as well
        """
        return *(self.results() if whole else self._cells()), self._marginals()

    def _main_keys(self) -> I64:
        """Return the keys of the first cells, in the order of their first orders."""
        number, rest = np.divmod(self.groupings[0].keys(), cell_keys.KEYS_OF_PARTICIPANT)
        key: I64 = self.participants.codes()[number] * cell_keys.KEYS_OF_PARTICIPANT + rest
        return key

    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self._main_keys())

    def _marginals(self) -> Marginals:
        """Return the integers of the first cells added up over participants, and by participant."""
        number, rest = np.divmod(self.groupings[0].keys(), cell_keys.KEYS_OF_PARTICIPANT)
        tables, codes = self.groupings[0].tables(), self.participants.codes()
        if self.reach >= LIMIT:
            for table in tables:
                check_fits("a column", float(np.abs(table.astype(np.float64)).sum(axis=0).max(initial=0)))
        kinds, kind = np.unique(rest, return_inverse=True)
        found = []
        for name, place, order in (("kind", kind, np.arange(len(kinds))), ("who", number, np.argsort(codes))):
            sums = cell_tables.empty_tables(len(order), self._widths())
            for table, out in zip(tables, sums, strict=True):
                cell_tables.add_rows(table, place.astype(np.int32), out)
            found.append(self._columns(sums, order, f"{name}.sums"))
        return Marginals(self.layout.names, kinds, found[0], np.sort(codes), found[1])

    def _cells(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return all cells; the first have no integers but the number of their priced orders."""
        if not self.scenarios:
            raise ValueError("a job sums at least one block, an empty one if it has no orders")
        if self.orders == 0:
            for cells in self.groupings:
                cells.add(np.zeros(0, np.int64), 0)
        by_market, kept = self.groupings[1], self._room(0)
        key, order = self._main_keys(), self._order()
        cuts = [np.unique(of, return_inverse=True) for of in market_cuts(by_market.keys())]
        above = np.cumsum([0, *(len(labels) for labels, _ in cuts)])
        rows = np.stack([first + of for first, (_, of) in zip(above, cuts, strict=False)]).astype(np.int32)
        codes, dense = self._buckets(kept, rows, int(above[-1]))
        (priced, mean, comoment), of_market = self._moments(kept)
        found = key[order], priced[None, order], mean[order], comoment[order]
        entries = sparse_by_cell(kept.cell, order, codes, histograms.BUCKETS, self.buffers, "histogram")
        main = Cells(self.scenarios, COUNTED, *found, *entries)

        sums = self._columns(by_market.tables(), np.arange(len(by_market)), "market.sums")
        names, (_, mean, comoment) = self.layout.names, of_market
        market = Cells(self.scenarios, names, by_market.keys(), sums, mean, comoment, *sparse(dense[:0]))
        met, ranges, places = (
            regrouped(market, labels, of.astype(np.int32), dense[first : first + len(labels)])
            for first, (labels, of) in zip(above, cuts, strict=False)
        )
        return main, met, ranges, places

    def _columns(self, tables: CubeTables, order: NDArray[np.intp], name: str) -> I64:
        """Return the sums of cells by name and cell, the cells in the given order; name : of the memory."""
        sums = self.buffers.take(name, (len(self.layout.names), len(order)), np.int64)
        every, filled = map(len, self.layout.rows)
        cell_tables.columns_of_rows(tables.rows, order, 0, sums[:every])
        for part in range(1 + self.asked.replayed):
            start = every + part * filled
            at = part * self.layout.widths[1]
            cell_tables.columns_of_rows(tables.fill_rows, order, at, sums[start : start + filled])
        return sums

    def _buckets(self, kept: Kept, rows: I32, groups: int) -> tuple[I16, I32]:
        """Return the buckets of the priced orders, and their histograms by the market met.

        rows : of those of ``groups``, in which each cell of the market met is counted
        """
        measures = 2 * len(self.scenarios) - 1
        codes, value = self.buffers.take("codes", (len(kept.cell), measures), np.int16), np.zeros(measures)
        histograms.write_buckets(kept.y, value, value.view(np.int64), codes)
        dense = np.zeros((groups, measures * histograms.BUCKETS), np.int32)
        histograms.count_buckets(codes, kept.other_cell, rows, dense)
        return codes, dense

    def _moments(self, kept: Kept) -> list[tuple[I64, F64, F64]]:
        """Return the number, means and co-moments of the priced orders of each cell of either cube."""
        S, cells = len(self.scenarios), [len(cube) for cube in self.groupings]
        one, other = (np.zeros((n, S + 1)) for n in cells)
        products, more = (np.zeros((n, S * (S + 1) // 2)) for n in cells)
        moments.cell_moments((kept.cell, kept.other_cell), kept.y, np.zeros(S), (one, other), (products, more))
        sums = zip((one, other), (products, more), strict=True)
        return [(mean[:, S].astype(np.int64), mean[:, :S].copy(), comoment) for mean, comoment in sums]
