"""Fills: what each order traded, where, and the market's prints.

A fill consumes its order unless it is an off-market report; crossing bookings consume but are no market
trade (decisions 9). Prices are in half units, published dark prices that were truncated rebuilt (R7).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import FillColumns, Rows, Rules
from kernels._jit import inlined, kernel
from kernels.conventions import NULL, VENUE_BOOKED, VENUE_DARK, VENUE_REPORT
from kernels.quotes import exact_mid2

Array = NDArray[Any]
BLOCK_PRICE_SOURCES = (50, 51)  # count in the market's volume, not in its price (R28)
BOOKED_DARK = 48


@inlined
def exact_price2(fills: FillColumns, book: Array, i: int) -> int:
    """Return fill ``i``'s price in half units.

    The exchange publishes a dark price truncated to its decimals: a mid of 15.5 prints as 15 (R7). The
    half unit is put back where the quote before the fill, or else the fill's own snapshot, has that mid.
    """
    price2 = 2 * fills.price[i]
    if fills.venue[i] == VENUE_DARK or fills.deal_source[i] == BOOKED_DARK:
        mid2 = NULL
        if fills.quote[i] >= 0:
            mid2 = book[fills.quote[i], r.BOOK_MID2]
        if mid2 != price2 and mid2 != price2 + 1:
            mid2 = exact_mid2(fills.national_bid[i], fills.national_offer[i])
        if mid2 == price2 + 1:
            price2 = mid2
    return int(price2)


@inlined
def is_print(fills: FillColumns, i: int) -> bool:
    """Return whether fill ``i`` counts in the market's volume-weighted price (domain.md 4, R28)."""
    if fills.venue[i] >= VENUE_BOOKED:
        return False
    return bool(fills.deal_source[i] != BLOCK_PRICE_SOURCES[0] and fills.deal_source[i] != BLOCK_PRICE_SOURCES[1])


@kernel
def sum_prints(fills: FillColumns, book: Array, prints: Array) -> None:
    """Write time, volume and notional (half units) before each fill in time order; a match counts once.

    prints : (n + 1, 3) int64
    """
    n = len(fills.by_time)
    volume = notional2 = 0
    for k in range(n):
        i = fills.by_time[k]
        prints[k, 0] = fills.timestamp[i]
        prints[k, 1] = volume
        prints[k, 2] = notional2
        if fills.side[i] > 0 and is_print(fills, i):
            volume += fills.quantity[i]
            notional2 += fills.quantity[i] * exact_price2(fills, book, i)
    prints[n, 0] = NULL
    prints[n, 1] = volume
    prints[n, 2] = notional2


def market_prints(fills: FillColumns, book: Array) -> NDArray[np.int64]:
    """Return running volume and notional of the market's prints, in time order."""
    prints = np.empty((len(fills.by_time) + 1, 3), np.int64)
    sum_prints(fills, book, prints)
    return prints


@inlined
def fill_totals(fills: FillColumns, book: Array, rules: Rules, rows: Rows, s: Array, j: int) -> None:
    """Add up the fills of order ``j`` inside the hours; ``s`` is its scratch row."""
    ints, floats = rows.ints, rows.floats
    for v in range(r.VENUE_COUNT):
        ints[r.VENUE_QUANTITY + v, j] = 0
        ints[r.VENUE_NOTIONAL + v, j] = 0
    first_time = last_time = NULL
    filled = notional = notional2 = rest_notional2 = market = market2 = vwap_quantity = vwap2 = 0
    count = after = 0
    arrival = ints[r.ARRIVAL_TIME, j]
    delay = 0.0
    open_rest = ints[r.ORDER_QUANTITY, j] - s[r.S_DARK]  # what scenario B leaves to the real fills
    first = s[r.S_FIRST_FILL]
    for i in range(first, first + s[r.S_FILL_COUNT]):
        venue = fills.venue[i]
        if venue == VENUE_REPORT:
            continue
        time = fills.timestamp[i]
        if time >= rules.hours_end:
            after += 1
            continue
        quantity = fills.quantity[i]
        price2 = exact_price2(fills, book, i)
        first_time = time if count == 0 else first_time
        last_time = time
        count += 1
        filled += quantity
        notional += quantity * fills.price[i]
        notional2 += quantity * price2
        delay += float(quantity) * float(time - arrival)
        taken = min(quantity, open_rest)
        open_rest -= taken
        rest_notional2 += taken * price2
        ints[r.VENUE_QUANTITY + venue, j] += quantity
        ints[r.VENUE_NOTIONAL + venue, j] += quantity * fills.price[i]
        if venue != VENUE_BOOKED:
            market += quantity
            market2 += quantity * price2
        if is_print(fills, i):
            vwap_quantity += quantity
            vwap2 += quantity * price2
    ints[r.FILLED_QUANTITY, j] = filled
    ints[r.NOTIONAL, j] = notional
    ints[r.FIRST_FILL_TIME, j] = first_time
    ints[r.LAST_FILL_TIME, j] = last_time
    ints[r.TIME_TO_FIRST_FILL, j] = first_time - arrival if count else NULL
    floats[r.EXECUTION_TIME, j] = delay / float(filled) if filled else np.nan
    rows.codes[r.FILLS, j] = count
    rows.codes[r.FILLS_AFTER_HOURS, j] = after
    s[r.S_NOTIONAL2] = notional2
    s[r.S_REST_FILLED] = ints[r.ORDER_QUANTITY, j] - s[r.S_DARK] - open_rest
    s[r.S_REST_NOTIONAL2] = rest_notional2
    s[r.S_MARKET_QUANTITY] = market
    s[r.S_MARKET_NOTIONAL2] = market2
    s[r.S_VWAP_QUANTITY] = vwap_quantity
    s[r.S_VWAP_NOTIONAL2] = vwap2


@inlined
def fills_block(
    fills: FillColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write what each order in ``span`` traded; withdrawn = Q - filled - leaves (decisions 7)."""
    ints = rows.ints
    for j in range(span[0], span[1]):
        fill_totals(fills, book, rules, rows, scratch[j - span[0]], j)
        if rules.states_only:  # no trades file: quantities from the states, no prices (decisions 15)
            ints[r.FILLED_QUANTITY, j] = ints[r.MATCHED_QUANTITY, j]
        ints[r.WITHDRAWN_QUANTITY, j] = (
            ints[r.ORDER_QUANTITY, j] - ints[r.FILLED_QUANTITY, j] - ints[r.LEAVES_QUANTITY, j]
        )
