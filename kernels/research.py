"""Functions for notebooks: plain arrays or memory maps in, columns out, every argument checked by name; costs: ``bps``.

Batch jobs use the block kernels instead; the definitions, and for exact arithmetic the helpers, are the same.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.base.argument_checks import (
    check_ascending,
    check_choice,
    check_column,
    check_index,
    check_integers,
    check_not_negative,
    check_same_length,
    check_whole,
    whole_columns,
)
from kernels.base.columns import F64, I64, Array
from kernels.base.compiling import kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL, UNKNOWN_CODE, VENUE_LIT, VENUE_OF_DEAL, VENUE_OTHER, VENUE_REPORT, VENUES
from kernels.market.quote_book import BOOK_MID2, quote_book
from kernels.market.quotes import seek
from kernels.market.window_mids import mean_mid2, window_sums

SUM_LIMIT = 2.0**62


class OrderStates(NamedTuple):
    """One value per order, in order of first appearance; int64, -1 and 0 for an index that never appears."""

    first_row: I64
    last_row: I64
    arrival_time: I64
    end_time: I64
    parent_quantity: I64
    leaves_quantity: I64
    matched_quantity: I64  # of the day


class FillTotals(NamedTuple):
    """One value per order; fills that consumed it, off-market reports left out."""

    quantity: I64
    notional: I64
    fills: I64
    first_row: I64  # row of the first fill given, -1 none
    last_row: I64


@kernel
def _order_states(order_index: Array, leaves: Array, matched: Array, out: Array) -> None:
    # Columns are (n,), out (6, orders).
    for row in range(len(order_index)):
        i = order_index[row]
        if out[0, i] < 0:
            out[0, i] = row
            out[5, i] = matched[row]
        out[1, i] = row
        out[2, i] = max(out[2, i], leaves[row] + matched[row] - out[5, i])
        out[3, i] = leaves[row]
        out[4, i] = matched[row] - out[5, i]


def order_states(
    order_index: ArrayLike,
    timestamp: ArrayLike,
    leaves_quantity: ArrayLike,
    matched_quantity: ArrayLike,
    until: int | None = None,
) -> OrderStates:
    """Return each order's life and state from its events alone, as of ``until``.

    Parameters
    ----------
    order_index : (n,) whole numbers, dense index of the event's order, 0..N-1; one beyond n is taken for an id, refused
    timestamp : (n,) int64, ns UTC, ascending
    leaves_quantity, matched_quantity : (n,) int64, shares; matched is cumulative over the order's whole life
    until : ns UTC; events at or after it are not looked at. None looks at all.

    Returns
    -------
    OrderStates of (N,) int64 columns: first and last event row, -1 for an order without one; arrival and end, ns UTC;
    parent, leaves and matched quantity, shares

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, times do not ascend, or an index is an id
    """
    times = check_ascending("timestamp", check_column("timestamp", timestamp, np.int64))
    index = check_not_negative("order_index", check_integers("order_index", order_index))
    leaves, matched = whole_columns(leaves_quantity=leaves_quantity, matched_quantity=matched_quantity)
    check_same_length(order_index=index, timestamp=times, leaves_quantity=leaves)
    stop = len(times) if until is None else int(np.searchsorted(times, check_whole("until", until)))
    ids = np.flatnonzero(index >= len(index))
    if len(ids):
        row = int(ids[0])
        raise ValueError(f"order_index: row {row} is {index[row]}, with {len(index)} rows; give dense indices, not ids")
    n_orders = int(index.max()) + 1 if len(index) else 0
    out = np.zeros((6, n_orders), np.int64)
    out[:2] = -1
    _order_states(index[:stop], leaves[:stop], matched[:stop], out)
    seen = out[0] >= 0
    arrival, end = np.zeros(n_orders, np.int64), np.zeros(n_orders, np.int64)
    arrival[seen], end[seen] = times[out[0, seen]], times[out[1, seen]]
    return OrderStates(out[0], out[1], arrival, end, out[2], out[3], out[4])


def venue_of(deal_source: ArrayLike) -> NDArray[np.int8]:
    """Return the venue of each fill: 0 lit, 1 dark, 2 auction, 3 crossing booking, 4 off-market report, 5 another.

    A code that is no deal source of the exchange has the venue 5; -1, where nobody says, counts as lit.

    Parameters
    ----------
    deal_source : (n,) whole numbers, the exchange's codes

    Returns
    -------
    (n,) int8

    Raises
    ------
    TypeError, ValueError
        codes are not whole numbers, or below -1
    """
    codes = check_integers("deal_source", deal_source)
    check_not_negative("deal_source", codes + (codes == UNKNOWN_CODE))
    table = np.full(max(VENUE_OF_DEAL) + 2, VENUE_OTHER, np.int8)
    table[list(VENUE_OF_DEAL)] = list(VENUE_OF_DEAL.values())
    return np.where(codes == UNKNOWN_CODE, np.int8(VENUE_LIT), table[np.minimum(codes, len(table) - 1)])


@kernel
def _fill_totals(index: Array, price: Array, quantity: Array, venue: Array, out: Array) -> None:
    # Columns are (n,), out (5, orders).
    for row in range(len(index)):
        i = index[row]
        if i < 0 or venue[row] == VENUE_REPORT:
            continue
        out[0, i] += quantity[row]
        out[1, i] += quantity[row] * price[row]
        out[2, i] += 1
        if out[3, i] < 0:
            out[3, i] = row
        out[4, i] = row


def fill_totals(
    order_index: ArrayLike, n_orders: int, price: ArrayLike, quantity: ArrayLike, venue: ArrayLike
) -> FillTotals:
    """Return what each of ``n_orders`` orders traded.

    Parameters
    ----------
    order_index : (n,) whole numbers, order of each fill, -1 for an order that is not in the order file
    n_orders : number of orders
    price, quantity : (n,) int64, price units and shares
    venue : (n,) whole numbers, as ``venue_of`` gives

    Returns
    -------
    FillTotals of (n_orders,) int64 columns: shares, price units x shares, a count, and rows or -1

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, an index is out of range, or a sum does not fit
    """
    if check_whole("n_orders", n_orders) < 0:
        raise ValueError(f"n_orders: must not be negative, got {n_orders}")
    index = check_index("order_index", check_integers("order_index", order_index), n_orders)
    prices = check_column("price", price, np.int64)
    shares = check_not_negative("quantity", check_column("quantity", quantity, np.int64))
    venues = check_choice("venue", check_integers("venue", venue), tuple(range(len(VENUES))))
    check_same_length(order_index=index, price=prices, quantity=shares, venue=venues)
    traded = (index >= 0) & (venues != VENUE_REPORT)
    if np.sum(np.abs(prices[traded].astype(np.float64)) * shares[traded]) >= SUM_LIMIT:
        raise ValueError("price, quantity: price x quantity adds up to more than 64 bits hold; sum fewer fills at once")
    out = np.zeros((5, n_orders), np.int64)
    out[3:] = -1
    _fill_totals(index, prices, shares, venues, out)
    return FillTotals(*out)


@kernel
def _window_mid2(time: Array, book: Array, base: int, shift: int, start: Array, end: Array, out: Array) -> None:
    # time is (n,), book (n + 1, BOOK_COLUMNS), the others (m,).
    before = -1
    for k in range(len(start)):
        before = seek(time, before, start[k])
        out[k] = np.nan
        if before >= 0 and book[before, BOOK_MID2] != NULL:
            out[k] = float(book[before, BOOK_MID2])
        until = seek(time, before, end[k])
        if start[k] < end[k] and until >= 0:
            area, valid, _ = window_sums(book, base, shift, before, until, start[k], end[k])
            if valid > 0:
                out[k] = mean_mid2(area, valid, base)


def window_mid2(quote_time: ArrayLike, bid: ArrayLike, offer: ArrayLike, start: ArrayLike, end: ArrayLike) -> F64:
    """Return the time-weighted mid of each window in half price units, over its valid time only.

    A window without valid time, or of no length, has the mid that prevails strictly before its start; NaN
    where that is not valid either.

    Parameters
    ----------
    quote_time : (n,) int64, ns UTC, ascending
    bid, offer : (n,) int64, price units, NULL where absent
    start, end : (m,) int64, ns UTC

    Returns
    -------
    (m,) float64, half price units

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, quote times do not ascend, or a window ends before it starts
    """
    times, bids, offers = whole_columns(quote_time=quote_time, bid=bid, offer=offer)
    check_ascending("quote_time", times)
    starts, ends = whole_columns(start=start, end=end)
    backwards = np.flatnonzero(starts > ends)
    if len(backwards):
        row = int(backwards[0])
        raise ValueError(f"end: row {row} is {ends[row]}, before its start {starts[row]}")
    first, last = (int(starts.min()), int(ends.max())) if len(starts) else (0, 0)
    derived = quote_book(times, bids, offers, (first, last), Buffers())
    out = np.empty(len(starts))
    _window_mid2(times, derived.book, derived.base, derived.shift, starts, ends, out)
    return out
