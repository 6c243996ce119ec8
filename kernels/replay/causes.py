"""Why each order event happened, and since when its order ranks: both rebuilt where the file is silent.

The file states a change reason only on an order's last row, and no ranking time at all. Both follow from
the differences between an order's rows and from its fills.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.argument_checks import check_ascending, check_index, check_not_negative, check_table
from kernels.base.columns import Array
from kernels.base.compiling import allocating_kernel, inlined, kernel
from kernels.conventions import REASONS_CANCELLED, REASONS_EXPIRED, STATUS_INACTIVE, STATUS_NOT_ON_BOOK, VENUE_REPORT

CAUSE_NONE: Final = 0  # a row that only repeats the state, as the one after an amendment
CAUSE_ENTRY: Final = 1
CAUSE_AMENDMENT: Final = 2
CAUSE_CANCEL: Final = 3
CAUSE_EXPIRY: Final = 4
CAUSE_FILL: Final = 5  # a lit fill; + venue for dark, auction, crossing booking, another deal source
CAUSE_UNKNOWN_FILL: Final = 9  # matched more, but no fill says where
CAUSES: Final = (
    "none", "entry", "amendment", "cancel", "expiry", "lit_fill", "dark_fill", "auction_fill", "crossing_booking",
    "unknown_fill", "other_fill",
)  # fmt: skip


class Causes(NamedTuple):
    """One value per event row."""

    cause: NDArray[np.int8]
    ranking_time: NDArray[np.int64]  # ns UTC: entry, or the last change that cost the order its place (R13)


class ChangeColumns(NamedTuple):
    """The event columns that causes follow from."""

    timestamp: Array
    order_index: Array
    next_row: Array
    price: Array
    leaves_quantity: Array
    matched_quantity: Array
    minimum_quantity: Array
    change_reason: Array
    order_status: Array
    mid_tick: Array


@inlined
def ended(is_last: bool, status: int, reason: int, leaves: int) -> int:
    """Return CANCEL or EXPIRY for an order's last row with open quantity off the book, else NONE.

    Some change reasons settle the matter; the others say no more than the rows do.
    """
    if not is_last or leaves <= 0:
        return CAUSE_NONE
    for code in REASONS_EXPIRED:
        if reason == code:
            return CAUSE_EXPIRY
    for code in REASONS_CANCELLED:
        if reason == code:
            return CAUSE_CANCEL
    if status == STATUS_INACTIVE:
        return CAUSE_EXPIRY
    return CAUSE_CANCEL if status == STATUS_NOT_ON_BOOK else CAUSE_NONE


@allocating_kernel
def write_fill_causes(
    matched: Array, order_index: Array, first_fill: Array, fill_count: Array, quantity: Array, venue: Array, out: Array
) -> None:
    """Write, for each event whose order has matched more than before, the venue of the fill that brought it there.

    Fills and states count the same shares, so the fill is found by its order's running quantity, not by time.

    matched, order_index, out : (n,) by event; first_fill, fill_count : (orders,); quantity, venue : (fills,)
    """
    n_orders = len(first_fill)
    done = np.zeros(n_orders, np.int64)  # fills of the order already seen
    running = np.zeros(n_orders, np.int64)  # their shares
    before = np.full(n_orders, -1, np.int64)
    latest = np.zeros(n_orders, np.int8)  # venue of the last one
    for row in range(len(matched)):
        i = order_index[row]
        if before[i] < 0:
            before[i] = running[i] = matched[row]  # earlier days' matches have no fills here
        out[row] = CAUSE_NONE
        if matched[row] > before[i]:
            out[row] = CAUSE_FILL + latest[i] if running[i] > before[i] else CAUSE_UNKNOWN_FILL
            while running[i] < matched[row] and done[i] < fill_count[i]:
                f = first_fill[i] + done[i]
                done[i] += 1
                if venue[f] != VENUE_REPORT:
                    running[i] += quantity[f]
                    latest[i] = venue[f]
                    out[row] = CAUSE_FILL + venue[f]
        before[i] = matched[row]


@kernel
def write_causes(events: ChangeColumns, previous: Array, cause: Array, ranking: Array) -> None:
    """Turn fill causes into causes of every row, and write ranking times, (n,); ``previous`` (orders,) is all -1."""
    timestamp, order_index, next_row = events.timestamp, events.order_index, events.next_row
    price, leaves, matched = events.price, events.leaves_quantity, events.matched_quantity
    minimum, reason = events.minimum_quantity, events.change_reason
    status, mid_tick = events.order_status, events.mid_tick
    for row in range(len(timestamp)):
        before = previous[order_index[row]]
        previous[order_index[row]] = row
        ranking[row] = timestamp[row]
        if before < 0:
            cause[row] = CAUSE_ENTRY
            continue
        total, total_before = leaves[row] + matched[row], leaves[before] + matched[before]
        moved = price[row] != price[before] or mid_tick[row] != mid_tick[before]
        if not moved and total <= total_before:
            ranking[row] = ranking[before]
        end = ended(next_row[row] < 0, status[row], reason[row], leaves[row])
        if end != CAUSE_NONE:
            cause[row] = end
        elif cause[row] == CAUSE_NONE and (moved or total != total_before or minimum[row] != minimum[before]):
            cause[row] = CAUSE_AMENDMENT


def check_rows(columns: ChangeColumns, first_fill: Array, fill_count: Array, n_fills: int) -> None:
    """Refuse tables that do not belong together: rows that name orders or fills the others do not have."""
    check_ascending("events['timestamp']", columns.timestamp)
    check_not_negative("events['order_index']", columns.order_index)
    check_index("events['order_index']", columns.order_index, len(first_fill))
    check_index("events['next_row']", columns.next_row, len(columns.timestamp))
    check_not_negative("orders['fill_count']", fill_count)
    check_not_negative("orders['first_fill']", first_fill)
    beyond = np.flatnonzero((fill_count > 0) & (first_fill > n_fills - fill_count.astype(np.int64)))
    if len(beyond):
        row = int(beyond[0])
        raise ValueError(
            f"orders['first_fill']: row {row} has {fill_count[row]} fills from row {first_fill[row]}, "
            f"but there are {n_fills} fills; give the whole tables of one day"
        )


def change_causes(events: Mapping[str, Array], orders: Mapping[str, Array], fills: Mapping[str, Array]) -> Causes:
    """Return why each event happened and the ranking time its order has after it.

    A stated change reason decides between cancel and expiry; without one an order that leaves the book with
    open quantity was cancelled, or expired where its status is inactive. A row after several fills is named
    by the last of them; where a fill-and-kill order fills in part, its one row says cancel. Priority is lost
    by a change of price or mid-tick flag and by a larger total quantity, kept by anything else (R13).

    Parameters
    ----------
    events, orders, fills : tables of a day
        As an opened day file holds them, (n,), (orders,) and (fills,) columns of whole numbers, times in ns UTC:
        events by (timestamp, sequence), fills by (order, time).

    Returns
    -------
    Causes of (n,) columns, one value per event: int8 place in CAUSES, int64 ranking time in ns UTC

    Raises
    ------
    KeyError, TypeError, ValueError
        a table lacks a column; one is not 1-D or not of whole numbers; the tables are not of one day
    """
    columns = ChangeColumns(*check_table("events", events, ChangeColumns._fields))
    first_fill, fill_count = check_table("orders", orders, ("first_fill", "fill_count"))
    quantity, venue = check_table("fills", fills, ("quantity", "venue"))
    check_rows(columns, first_fill, fill_count, len(quantity))
    n = len(columns.timestamp)
    cause, ranking = np.empty(n, np.int8), np.empty(n, np.int64)
    write_fill_causes(columns.matched_quantity, columns.order_index, first_fill, fill_count, quantity, venue, cause)
    write_causes(columns, np.full(len(first_fill), -1, np.int64), cause, ranking)
    return Causes(cause, ranking)
