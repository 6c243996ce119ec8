"""Build one partition's day file: order its rows, number its orders, index fills and quotes, column by column.

Called by the build task. Columns go straight from the spill logs into the mapped output, so memory does not grow with
the partition.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from kernels.base.columns import I32, I64, Array
from kernels.conventions import FAULT_OUT_OF_ORDER, UNKNOWN_CODE, VENUE_LIT, VENUE_OF_DEAL, VENUE_OTHER
from tickstore.building.aggressors import derive_aggressors
from tickstore.building.order_chains import chain_parents
from tickstore.building.order_index import count_before, find_orders, hash_orders, number_orders
from tickstore.building.order_lives import Orders, States, Trades, order_rows, settle_orders
from tickstore.building.ordered_tables import BLOCK, SnapshotQuotes, TimeOrdered, put, take
from tickstore.building.repetitions import AUTO, proven_fills
from tickstore.building.row_sources import FROM_FIRST_ROW, RowSource
from tickstore.building.scratch import Scratch
from tickstore.day.reader import dump_json
from tickstore.day.schema import DERIVED_AGGRESSOR, EVENTS, FILLS, GROUPS, ORDERS, QUOTES
from tickstore.day.writer import DayWriter
from tickstore.input.fields import SNAPSHOTS, TABLES
from tickstore.spill.partition_rows import place_rows

_FIRST_TABLE: Final = 1 << 12
# Venue by deal source; one that nobody knows has its own. -1, where the file has no such column, is lit: it is last.
_VENUES: Final = np.full(2**15 + 1, VENUE_OTHER, np.int8)
_VENUES[UNKNOWN_CODE] = VENUE_LIT
_VENUES[list(VENUE_OF_DEAL)] = list(VENUE_OF_DEAL.values())
_LASTING: Final = ("participant", "side")  # an order has one of each, all its life


@dataclass(slots=True)
class BuiltDay:
    """A finished day file, not yet synced."""

    writer: DayWriter
    index: dict[str, Any]
    duplicates: dict[str, list[int]] = field(default_factory=dict)  # table -> places in the input's order
    contradictions: dict[str, int] = field(default_factory=dict)  # column -> rows that differ from their order's first


class DayBuilder:
    """One partition on its way from rows to file."""

    def __init__(self, tables: Mapping[str, RowSource], scratch: Scratch, duplicates: str = AUTO) -> None:
        """``duplicates`` says what becomes of rows that repeat an earlier one: auto, reject or keep."""
        scratch.reset()
        self._scratch = scratch
        self._contradictions: dict[str, int] = {}
        self._orders = TimeOrdered("orders", tables["orders"], scratch, duplicates)
        self._trades = TimeOrdered("trades", tables["trades"], scratch, duplicates, partial(proven_fills, self._orders))
        self._nbbo = TimeOrdered("nbbo", tables["nbbo"], scratch, duplicates)
        if self._nbbo.rows == 0 and any(map(self._orders.has, SNAPSHOTS)):
            self._nbbo = SnapshotQuotes(self._orders, scratch)
        self._number_orders()
        self._fill_starts: I64 = scratch.empty(self._count + 1, "i8")
        self._position: I32 = scratch.empty(self._trades.rows, "i4")
        place_rows(self._fill_order, self._fill_starts, self._position)
        self._parents = self._chains()

    def _number_orders(self) -> None:
        n = self._orders.rows
        order_id: I64 = self._scratch.empty(n, "i8")
        self._orders.read("order_id", order_id)
        self._ids: I64 = self._scratch.empty(n, "i8")
        self._order_index: I32 = self._scratch.empty(n, "i4")
        table: I32 = np.full(_FIRST_TABLE, -1, np.int32)
        row, known = 0, 0
        with np.errstate(over="ignore"):  # hashing wraps; only heard of where kernels run as plain Python
            while True:
                row, known = number_orders(order_id, row, known, table, self._ids, self._order_index)
                if row == n:
                    break
                table = self._scratch.empty(4 * len(table), "i4")
                table[:] = -1
                hash_orders(self._ids, known, table)
            self._count = known
            self._fill_order: I32 = self._scratch.empty(self._trades.rows, "i4")
            fill_id: I64 = self._scratch.empty(self._trades.rows, "i8")
            self._trades.read("order_id", fill_id)
            find_orders(fill_id, table, self._ids, self._fill_order)

    def _chains(self) -> I64 | None:
        """Return the orders' parents where they follow from the orders that they replaced."""
        if self._orders.has("parent_id") or not self._orders.has("previous_order_id"):
            return None
        column: I64 = self._scratch.empty(self._orders.rows, "i8")
        self._orders.read("previous_order_id", column)
        previous = np.empty(self._count, np.int64)
        previous[self._order_index[::-1]] = column[::-1]  # of each order's rows the first is written last
        return chain_parents(self._ids[: self._count], previous)

    def _stores(self, name: str) -> bool:
        """Return whether the day file gets an optional column."""
        if name == "parent_id":
            return self._orders.has(name) or self._parents is not None
        if name == "previous_order_id" and self._orders.has("parent_id"):
            return False  # parents that the input names stand without it; beside it they are those of its chains
        return self._orders.has(name)

    def write(self, path: Path, security: str, date: str, attributes: dict[str, Any], more: Any, room: int) -> BuiltDay:
        """Write the day file. ``more(views)`` adds attributes that depend on the columns, at most ``room`` bytes."""
        counts = self._orders.rows, self._count, self._trades.rows, self._nbbo.rows
        rows = dict(zip(GROUPS, counts, strict=True))
        spec = [
            (c.path, "<" + c.dtype, rows[group])
            for group, schema in GROUPS.items()
            for c in schema
            if not c.optional or (self._trades.has(c.name) if group == "fills" else self._stores(c.name))
        ]
        writer = DayWriter(path, spec, len(dump_json(attributes)) + room)
        try:
            views = writer.views
            for column in QUOTES:
                self._nbbo.read(column.name, views[column.path])
            for column in EVENTS:
                if column.name not in ("order_index", "next_row") and column.path in views:
                    self._orders.read(column.name, views[column.path])
            views["events/order_index"][:] = self._order_index
            trades_crc = self._write_fills(views)
            self._write_orders(views)
            facts = {"trades_crc": trades_crc} | self._tell_aggressors(views)
            index = writer.finish(security, date, attributes | more(views) | facts)
        except BaseException:
            writer.close()
            path.unlink(missing_ok=True)
            raise
        tables = zip(TABLES, (self._orders, self._trades, self._nbbo), strict=True)
        duplicates = {name: table.duplicates for name, table in tables if table.duplicates}
        return BuiltDay(writer, index, duplicates, {name: n for name, n in self._contradictions.items() if n})

    def _write_orders(self, views: dict[str, Array]) -> None:
        order = {c.name: views[c.path] for c in ORDERS if c.path in views}
        event = {c.name: views[c.path] for c in EVENTS if c.path in views}
        first, last, index = order["first_row"], order["last_row"], event["order_index"]
        parts = ("first_row", "last_row", "arrival_time", "leaves_quantity", "parent_quantity", "matched_quantity")
        orders = Orders(*(order[name] for name in (*parts, "carried_quantity", "fault")))
        names = ("timestamp", "quantity", "leaves_quantity", "matched_quantity", "change_reason", "next_row")
        states = States(*(event[name] for name in names))
        order_rows(index, states, orders)
        order["order_id"][:] = self._ids[: self._count]
        for name, source, rows in (
            ("end_time", "timestamp", last),
            ("limit_price", "price", first),
            ("mid_tick", "mid_tick", first),
        ):
            take(event[source], rows, order[name])
        self._settle_orders(states, orders, views)
        column: I64 = self._scratch.empty(self._orders.rows, "i8")
        for name in FROM_FIRST_ROW:
            if name == "parent_id" and self._parents is not None:
                order[name][:] = self._parents
            elif name in order:
                self._orders.read(name, column)
                take(column, first, order[name])
                if name in _LASTING:
                    others = _count_others(column, index, order[name])
                    self._contradictions[name] = others
                    if others:
                        own = order[name][index]
                        known = name == "side" or (np.minimum(column, own) > UNKNOWN_CODE)
                        order["fault"][index[(column != own) & known]] |= FAULT_OUT_OF_ORDER
        order["first_fill"][:] = self._fill_starts[:-1]
        np.subtract(self._fill_starts[1:], self._fill_starts[:-1], out=order["fill_count"], casting="unsafe")
        before = self._scratch.empty(self._orders.rows, "i4")
        for times, at_arrival, at_end, less in (
            (views["quotes/timestamp"], "arrival_quote", "end_quote", 1),
            (self._trades.timestamp, "fills_before_arrival", "fills_before_end", 0),
        ):
            count_before(event["timestamp"], times, before)
            before -= less
            take(before, first, order[at_arrival])
            take(before, last, order[at_end])

    def _settle_orders(self, states: States, orders: Orders, views: dict[str, Array]) -> None:
        """Fill the quantities of the day, and what in each order is impossible."""
        fills = (views[f"fills/{name}"] for name in ("timestamp", "quantity", "venue"))
        settle_orders(states, Trades(self._fill_starts, *fills), orders)
        if self._orders.has("fault"):  # of a stored day, which has sides and participants of first rows only
            column: I64 = self._scratch.empty(self._orders.rows, "i8")
            self._orders.read("fault", column)
            orders.fault[self._order_index[column & FAULT_OUT_OF_ORDER != 0]] |= FAULT_OUT_OF_ORDER

    def _write_fills(self, views: dict[str, Array]) -> int:
        """Fill the fills group and return a checksum of the trades in time order."""
        m = self._trades.rows
        column: I64 = self._scratch.empty(m, "i8")
        crc = 0
        for field_ in FILLS:
            if field_.name in ("order_index", "venue", "quote", "by_time") or field_.path not in views:
                continue
            self._trades.read(field_.name, column)
            crc = zlib.crc32(column.data, crc)
            put(column, self._position, views[field_.path])
            if field_.name == "deal_source":
                for a in range(0, m, BLOCK):
                    views["fills/venue"][self._position[a : a + BLOCK]] = _VENUES[column[a : a + BLOCK]]
        put(self._fill_order, self._position, views["fills/order_index"])
        before: I32 = self._scratch.empty(m, "i4")
        count_before(self._trades.timestamp, views["quotes/timestamp"], before)
        before -= 1
        put(before, self._position, views["fills/quote"])
        views["fills/by_time"][:] = self._position
        return crc

    def _tell_aggressors(self, views: dict[str, Array]) -> dict[str, bool]:
        """Fill the aggressors where the trades do not say, all else being written; return the attribute for it."""
        if self._trades.rows == 0 or self._trades.has("aggressor"):
            return {}
        return {DERIVED_AGGRESSOR: True} if derive_aggressors(views, views["fills/aggressor"]) else {}


def _count_others(values: I64, index: I32, of_order: Array) -> int:
    """Return how many rows have another value than their order."""
    blocks = (slice(a, a + BLOCK) for a in range(0, len(index), BLOCK))
    return sum(int(np.count_nonzero(values[block] != of_order[index[block]])) for block in blocks)


def orders_digest(index: dict[str, Any], snapshots: bool) -> list[int]:
    """Return the checksums of all columns that the order rows alone decide, with or without the quotes beside them."""
    left_out = () if snapshots else tuple(f"events/{name}" for name in SNAPSHOTS)
    fixed = {c.name for c in ORDERS} - {
        "arrival_quote", "end_quote", "first_fill", "fill_count", "fills_before_arrival", "fills_before_end",
        "parent_quantity", "matched_quantity", "carried_quantity", "fault",
    }  # fmt: skip
    columns = index["columns"]
    return [
        columns[path][3]
        for path in sorted(columns)
        if (path.startswith("events/") and path not in left_out) or (path.startswith("orders/") and path[7:] in fixed)
    ]


def table_digests(index: dict[str, Any], snapshots: bool) -> dict[str, Any]:
    """Return what tells whether each input table of a partition is the same as before."""
    quotes = [index["columns"][path][3] for path in sorted(index["columns"]) if path.startswith("quotes/")]
    return {"orders": orders_digest(index, snapshots), "trades": index["attributes"]["trades_crc"], "nbbo": quotes}
