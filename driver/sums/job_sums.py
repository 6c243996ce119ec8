"""Summing the orders of a job into cells, block by block: by who and when, by the market met, by volatility.

An order's measures are worked out once and added up by hour, size and group, by participant, and by the market it met;
cells are sorted once, at the end. What is by participant, hour, size and group has moments and histograms alone, unless
all its sums are asked for: there are as many of these cells as orders, nearly, where a partition is small.
What is kept of a priced order until then is its two cells and its shortfall under each scenario, 40 bytes with four; to
sort them takes 36 more.
`driver.job.job` hands blocks over as they are measured; ``kernels.sums`` reads their matrices.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import COUNTED, Cells, Marginals, check_fits, check_reach, hour_table
from driver.sums.conditions import MARKET_KEYS, Market, key_columns, key_rules, market_cuts
from driver.sums.growing_tables import GrowingArrays, GrowingSums, KeyNumbers, Participants
from driver.sums.layout import Layout, label, layout
from driver.sums.regrouped import place_of, regrouped, sparse, sparse_by_run
from driver.sums.shortfalls import sorted_by_cell
from kernels.base.columns import I32, I64
from kernels.base.memory import Buffers
from kernels.measure.order_columns import DECIDED, FEES
from kernels.measure.result_rows import OrderBlock, Rows, scenario_offsets
from kernels.sums import cell_keys, cell_tables, histograms, moments, order_rows
from kernels.sums.cell_keys import KeyRules
from kernels.sums.cell_tables import CubeTables, Kept
from kernels.sums.order_rows import Asked

LIMIT: Final = int(moments.FIXED_LIMIT)


@dataclass(slots=True)
class JobSums:
    """Sums the blocks of one job. With ``buffers``, what it returns is good until they serve another job.

    whole : the first cells, by participant, hour, size and group, have all their sums, not just counts of priced orders
    """

    market: Market
    zone: str
    buffers: Buffers = field(default_factory=Buffers)
    whole: bool = False
    scenarios: tuple[str, ...] = ()
    asked: Asked = field(init=False)
    layout: Layout = field(init=False)
    main: KeyNumbers = field(init=False)  # by participant, hour, size and group
    kinds: KeyNumbers = field(init=False)  # by the last three
    met: KeyNumbers = field(init=False)  # by the market met
    participants: Participants = field(init=False)
    sums: list[GrowingSums] = field(default_factory=list)  # of kinds or all first cells, participants, markets
    kept: GrowingArrays = field(init=False)  # of priced orders, as ``Kept`` has it
    rules: KeyRules | None = None  # what decides the cells of orders, once there are some
    tile: Any = None
    orders: int = 0
    priced: int = 0
    bound: int = 0  # on the magnitude of every sum so far
    reach: int = 0  # on that of the sums of all orders

    def __post_init__(self) -> None:
        """Start without orders."""
        self.participants, self.kept = Participants(self.buffers), GrowingArrays("kept", self.buffers)
        self.main, self.kinds, self.met = (
            KeyNumbers(name, self.buffers) for name in ("cells", "cell kinds", "markets")
        )

    def _start(self, block: OrderBlock) -> None:
        ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
        self.asked = Asked(ints, floats, len(block.replayed), int(DECIDED in block.given), int(FEES in block.given))
        self.scenarios = block.scenarios
        self.layout = layout(block.scenarios, len(block.markout_seconds), len(block.fill_seconds))
        self.tile = order_rows.new_tile(self.layout.widths, buffers=self.buffers)
        names = "cell sums", "participant sums", "market sums"
        self.sums = [GrowingSums(name, self.buffers, widths=self._widths()) for name in names]
        for sums in self.sums:
            sums.of(0)

    def _widths(self) -> tuple[int, int]:
        return cell_tables.table_widths(self.layout.widths, self.asked)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of one block."""
        if not self.scenarios:
            self._start(block)
        n = len(block)
        if n == 0:
            return
        main, kind, who, met = self._numbers(block)
        cells = main if self.whole else kind, who, met
        first, of_who, of_met = self.sums
        tables = first.of(len(self.main if self.whole else self.kinds)), of_who.of(len(self.participants))
        kept = self._room(n).part(self.priced, self.priced + n)
        bits, priced = cell_tables.add_orders(
            block.rows, self.asked, cells, (*tables, of_met.of(len(self.met))), (main, met), self.tile, kept
        )
        self.orders += n
        self.priced += int(priced)
        self._check(block.rows, int(bits), n)

    def _room(self, n: int) -> Kept:
        """Return what is kept of priced orders, with room for n more."""
        room, before = self.priced + n, self.priced
        y = self.kept.longer("y", (room, moments.lanes_of(len(self.scenarios))), np.float64, before)
        return Kept(y, *(self.kept.longer(name, (room,), np.int32, before) for name in Kept._fields[1:]))

    def _numbers(self, block: OrderBlock) -> tuple[I32, I32, I32, I32]:
        """Return each order's cell, its hour, size and group, its participant and the market it met, by number."""
        who, main, kind, met = self._keys(block)
        every = cell_keys.KEYS_OF_PARTICIPANT
        cell = self.main.numbered(main, every * len(self.participants))
        return cell, self.kinds.numbered(kind, every), who, self.met.numbered(met, MARKET_KEYS)

    def _keys(self, block: OrderBlock) -> tuple[I32, I64, I64, I64]:
        """Return the number of each order's participant, and its keys: of the cell, the kind, the market met."""
        columns, n = key_columns(block), len(block)
        who = self.participants.add(columns.participant)
        columns = columns._replace(participant=who)
        first, last = (int(time) // cell_keys.QUARTER_HOUR for time in cell_keys.time_span(columns))
        rules = self.rules
        if rules is None or first < rules.first_quarter or last >= rules.first_quarter + len(rules.hours):
            rules = self.rules = key_rules(self.market, *hour_table(self.zone, first, last))
        main, kind, met = self.buffers.take("keys", (3, n), np.int64)
        cell_keys.order_keys(columns, rules, main, kind, met)
        return who, main, kind, met

    def _check(self, rows: Rows, bits: int, n: int) -> None:
        """Refuse sums that could have left 64 bits; most are known to fit without a look at them."""
        bound = n << bits.bit_length()
        if bound >= LIMIT:
            self._check_block(rows, n)
        self.bound, self.reach = self.bound + bound, self.reach + bound
        if self.bound >= LIMIT:
            self.bound = max(check_reach(table) for sums in self.sums for table in sums.tables())

    def _check_block(self, rows: Rows, n: int) -> None:
        """Refuse a block whose values add up to more than 64 bits hold, by the name of the sum."""
        widths = self.layout.widths
        one, tile, cell = cell_tables.empty_tables(1, self._widths()), order_rows.new_tile(widths, n), np.zeros(n, "i4")
        kept = Kept(np.empty((n, moments.lanes_of(len(self.scenarios)))), cell.copy(), cell.copy())
        cell_tables.add_orders(rows, self.asked, (cell,) * 3, (one,) * 3, (cell,) * 2, tile, kept)
        for names, values in zip(self.layout.rows, (tile.rows, tile.fill_rows), strict=True):
            reach = np.abs(values.astype(np.float64)).sum(axis=0)
            for name, value in sorted(zip(names, reach.tolist(), strict=False), key=lambda item: "base" not in item[0]):
                check_fits(label(name), value)

    def results(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return the cells by participant, hour, size, group; by the market met; the mid's range; the limit's place."""
        main, *others = self._cells()
        if self.whole:
            sums = self._columns(self.sums[0].tables(), self._order(), "main.columns")
            main.names, main.sums = self.layout.names, sums
        return main, others[0], others[1], others[2]

    def partial_sums(self) -> tuple[Cells, Cells, Cells, Cells, Marginals]:
        """Return what a partial keeps: the same, and the sums of the first of these cells in marginals."""
        return *self.results(), self.marginals()

    def _main_keys(self) -> I64:
        """Return the keys of the first cells, in the order of their first orders."""
        number, rest = np.divmod(self.main.keys(), cell_keys.KEYS_OF_PARTICIPANT)
        key: I64 = self.participants.codes()[number] * cell_keys.KEYS_OF_PARTICIPANT + rest
        return key

    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self._main_keys())

    def marginals(self) -> Marginals:
        """Return the sums added up by hour, size and group, and by participant."""
        first, who, _ = self.sums
        kinds, tables, codes = self.kinds.keys(), first.tables(), self.participants.codes()
        if self.whole:
            tables = self._by_kind(tables)
        found = []
        for name, sums, key in (("kind", tables, kinds), ("who", who.tables(), codes)):
            order = np.argsort(key)
            found += [key[order], self._columns(sums, order, f"{name}.columns")]
        return Marginals(self.layout.names, *found)

    def _by_kind(self, tables: CubeTables) -> CubeTables:
        """Return the sums of all first cells by hour, size and group."""
        if self.reach >= LIMIT:
            for table in tables:
                check_fits("a column", float(np.abs(table.astype(np.float64)).sum(axis=0).max(initial=0)))
        place = np.empty(cell_keys.KEYS_OF_PARTICIPANT, np.int32)
        place[self.kinds.keys()] = np.arange(len(self.kinds))
        sums = cell_tables.empty_tables(len(self.kinds), self._widths())
        for table, out in zip(tables, sums, strict=True):
            cell_tables.add_rows(table, place[self.main.keys() % cell_keys.KEYS_OF_PARTICIPANT], out)
        return sums

    def _cells(self) -> tuple[Cells, Cells, Cells, Cells]:
        """Return all cells; the first have no integers but the number of their priced orders."""
        if not self.scenarios:
            raise ValueError("a job sums at least one block, an empty one if it has no orders")
        by_market, kept, S = self.met, self._room(0), len(self.scenarios)
        key = self._main_keys()
        order = np.argsort(key)
        cuts = [np.unique(of, return_inverse=True) for of in market_cuts(by_market.keys())]
        above = np.cumsum([0, *(len(labels) for labels, _ in cuts)])
        rows = np.stack([first + of for first, (_, of) in zip(above, cuts, strict=False)]).astype(np.int32)
        as_met = np.arange(len(by_market), dtype=np.int32)
        by_met = sorted_by_cell(kept.other_cell, as_met, kept.y, kept.cell, self.buffers)
        _, met_mean, met_comoment = by_met.moments(S)

        by_cell = sorted_by_cell(kept.cell, place_of(order), kept.y, kept.other_cell, self.buffers)
        priced, mean, comoment = by_cell.moments(S)
        codes = by_cell.buckets(S, self.buffers)
        dense = np.zeros((int(above[-1]), codes.shape[1] * histograms.BUCKETS), np.int32)
        histograms.count_buckets(codes, by_cell.other, rows, dense)
        entries = sparse_by_run(by_cell.start, codes, histograms.BUCKETS, self.buffers, "histogram")
        main = Cells(self.scenarios, COUNTED, key[order], priced[None], mean, comoment, *entries)

        sums, names = self._columns(self.sums[2].tables(), np.arange(len(by_market)), "met.columns"), self.layout.names
        market = Cells(self.scenarios, names, by_market.keys(), sums, met_mean, met_comoment, *sparse(dense[:0]))
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
