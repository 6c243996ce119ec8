"""From a partition's parsed rows to the columns of its day file: sort, number orders, index fills and quotes."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.conventions import (
    DEAL_AUCTION,
    DEAL_BOOKED,
    DEAL_DARK,
    DEAL_REPORT,
    VENUE_AUCTION,
    VENUE_BOOKED,
    VENUE_DARK,
    VENUE_LIT,
    VENUE_REPORT,
)
from tickstore.fields import FIELDS
from tickstore.indexing import (
    count_before,
    count_before_ends,
    find_orders,
    is_in_order,
    number_orders,
    order_rows,
    place_fills,
)
from tickstore.schema import GROUPS

Columns = dict[str, NDArray[Any]]

_VENUE_OF_DEAL: Final = (
    dict.fromkeys(DEAL_AUCTION, VENUE_AUCTION)
    | dict.fromkeys(DEAL_DARK, VENUE_DARK)
    | dict.fromkeys(DEAL_BOOKED, VENUE_BOOKED)
    | dict.fromkeys(DEAL_REPORT, VENUE_REPORT)
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """The four groups of a day file, and which input rows were left out as duplicates."""

    groups: dict[str, Columns]
    duplicates: dict[str, NDArray[np.int64]]  # table -> positions in the input given


def assemble(tables: dict[str, Columns]) -> Assembled:
    """Build a day file's columns from ``tables`` (orders, trades, nbbo), each in the order of the input.

    A missing table counts as empty; a missing optional field is left out.
    """
    ready: dict[str, Columns] = {}
    duplicates = {}
    for table in FIELDS:
        rows = tables.get(table) or empty_rows(table)
        keep, duplicates[table] = _time_order(rows)
        ready[table] = rows if keep is None else {name: column[keep] for name, column in rows.items()}
    orders, trades, nbbo = ready["orders"], ready["trades"], ready["nbbo"]
    n = len(orders["order_id"])
    order_index = np.empty(n, np.int32)
    ids = np.empty(n, np.int64)
    table_of_ids = np.full(1 << max(4, (2 * n - 1).bit_length()), -1, np.int32)
    with np.errstate(over="ignore"):  # hashing wraps; only heard of where kernels run as plain Python
        count = number_orders(orders["order_id"], table_of_ids, ids, order_index)
    ids = ids[:count].copy()
    quotes = _typed("quotes", nbbo)
    fill_index = np.empty(len(trades["order_id"]), np.int32)
    with np.errstate(over="ignore"):
        find_orders(trades["order_id"], table_of_ids, ids, fill_index)
    fills, offsets = _fills(trades, fill_index, count, quotes)
    events, order_table = _orders(orders, order_index, ids, offsets, trades, quotes)
    return Assembled({"events": events, "orders": order_table, "fills": fills, "quotes": quotes}, duplicates)


def empty_rows(table: str) -> Columns:
    """Return a table of no rows."""
    return {field.name: np.empty(0, field.dtype) for field in FIELDS[table] if field.name not in _OPTIONAL}


_OPTIONAL: Final = ("decision_time", "parent_id")


def _typed(group: str, source: Columns) -> Columns:
    """Return the columns of a group that the source has, contiguous and of the schema's types."""
    return {
        column.name: np.ascontiguousarray(source[column.name], dtype=column.dtype)
        for column in GROUPS[group]
        if column.name in source
    }


def _time_order(rows: Columns) -> tuple[NDArray[np.int64] | None, NDArray[np.int64]]:
    """Return the rows in (timestamp, sequence, place) order without duplicates, or None if they are so already."""
    timestamp = rows["timestamp"].astype(np.int64, copy=False)
    sequence = rows["sequence"].astype(np.int64, copy=False)
    order = None
    if not is_in_order(timestamp, sequence):
        order = np.lexsort((sequence, timestamp))
        timestamp, sequence = timestamp[order], sequence[order]
    tied = np.flatnonzero((timestamp[1:] == timestamp[:-1]) & (sequence[1:] == sequence[:-1]) & (sequence[1:] != 0)) + 1
    if len(tied) == 0:
        return order, np.empty(0, np.int64)
    if order is None:
        order = np.arange(len(timestamp))
    extra = _repeated(rows, order, tied)
    return np.delete(order, extra), order[extra]


def _repeated(rows: Columns, order: NDArray[np.int64], tied: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places in ``order`` of rows equal in every field to an earlier one of the same time and sequence."""
    columns = [rows[name] for name in sorted(rows)]
    seen: set[tuple[int, ...]] = set()
    last = -2
    extra = []
    for place in tied.tolist():
        if place != last + 1:
            seen = {tuple(int(column[order[place - 1]]) for column in columns)}
        row = tuple(int(column[order[place]]) for column in columns)
        if row in seen:
            extra.append(place)
        seen.add(row)
        last = place
    return np.array(extra, dtype=np.int64)


def _fills(
    trades: Columns, order_index: NDArray[np.int32], orders: int, quotes: Columns
) -> tuple[Columns, NDArray[np.int64]]:
    """Return the fills group, and the row of each order's first fill."""
    m = len(order_index)
    offsets = np.empty(orders + 1, np.int64)
    position = np.empty(m, np.int32)
    place_fills(order_index, offsets, position)
    before = np.empty(m, np.int32)
    count_before(trades["timestamp"], quotes["timestamp"], before)
    by_time: Columns = trades | {
        "order_index": order_index,
        "venue": _venues(trades["deal_source"]),
        "quote": before - 1,
    }
    by_row = np.empty(m, np.int32)
    by_row[position] = np.arange(m, dtype=np.int32)
    ordered = {name: column[by_row] for name, column in by_time.items()} | {"by_time": position}
    return _typed("fills", ordered), offsets


def _venues(deal_source: NDArray[Any]) -> NDArray[np.int8]:
    """Return the venue of each fill; a deal source nobody knows counts as lit."""
    venue = np.full(len(deal_source), VENUE_LIT, np.int8)
    for code in np.unique(deal_source).tolist():
        venue[deal_source == code] = _VENUE_OF_DEAL.get(code, VENUE_LIT)
    return venue


def _orders(
    rows: Columns,
    order_index: NDArray[np.int32],
    ids: NDArray[np.int64],
    fill_offsets: NDArray[np.int64],
    trades: Columns,
    quotes: Columns,
) -> tuple[Columns, Columns]:
    """Return the events and the orders group."""
    n, k = len(order_index), len(ids)
    next_row = np.empty(n, np.int32)
    first, last, parent = np.empty(k, np.int32), np.empty(k, np.int32), np.empty(k, np.int64)
    leaves, matched = rows["leaves_quantity"].astype(np.int64), rows["matched_quantity"].astype(np.int64)
    order_rows(order_index, leaves, matched, first, last, parent, next_row)
    timestamp = rows["timestamp"].astype(np.int64, copy=False)
    carried = matched[first]
    arrival = timestamp[first]
    table: Columns = {
        "order_id": ids,
        "first_row": first,
        "last_row": last,
        "arrival_time": arrival,
        "end_time": timestamp[last],
        "limit_price": rows["price"][first],
        "parent_quantity": parent - carried,
        "leaves_quantity": leaves[last],
        "matched_quantity": matched[last] - carried,
        "carried_quantity": carried,
        "first_fill": fill_offsets[:-1],
        "fill_count": np.diff(fill_offsets),
    }
    for name in ("participant", "side", "order_type", "time_validity", "crossing_key", "mid_tick", *_OPTIONAL):
        if name in rows:
            table[name] = rows[name][first]
    for others, at_arrival, at_end, less in (
        (quotes["timestamp"], "arrival_quote", "end_quote", 1),
        (trades["timestamp"], "fills_before_arrival", "fills_before_end", 0),
    ):
        before, before_end = np.empty(k, np.int32), np.empty(k, np.int32)
        count_before(arrival, others, before)
        count_before_ends(timestamp, next_row, order_index, others, before_end)
        table[at_arrival], table[at_end] = before - less, before_end - less
    events = rows | {"order_index": order_index, "next_row": next_row}
    return _typed("events", events), _typed("orders", table)
