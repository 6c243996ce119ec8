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
from kernels.buffers import Buffers
from kernels.conventions import NULL, VENUE_AUCTION, VENUE_BOOKED, VENUE_REPORT
from kernels.quotes import NEVER, exact_mid2

Array = NDArray[Any]
I64 = NDArray[np.int64]
# Count in the market's volume, not in its price (R28).
BLOCK_PRICE_FIRST = 50
BLOCK_PRICE_LAST = 51
# Printed at a mid that may have lost its half unit (R7); block prices (50, 51) are what they say.
REBUILT_FIRST = 46
REBUILT_LAST = 48
BATCH = 512
FILL_SCRATCH = (
    r.S_NOTIONAL2,
    r.S_REST_FILLED,
    r.S_REST_NOTIONAL2,
    r.S_MARKET_QUANTITY,
    r.S_MARKET_NOTIONAL2,
    r.S_VWAP_QUANTITY,
    r.S_VWAP_NOTIONAL2,
)


@inlined
def is_print(venue: int, deal_source: int) -> bool:
    """Return whether a fill counts in the market's volume-weighted price (domain.md 4, R28)."""
    return (venue < VENUE_BOOKED) & ((deal_source < BLOCK_PRICE_FIRST) | (deal_source > BLOCK_PRICE_LAST))


@kernel
def write_prices(fills: FillColumns, marks: Array, price2: Array, volume: Array) -> int:
    """Write each fill's exact price in half units, and the volume it adds to the market's prints.

    Return how many prices are no longer the published one.

    The exchange publishes a dark price truncated to its decimals: a mid of 15.5 prints as 15 (R7). The
    half unit is put back where the quote before the fill, or else the fill's own snapshot, has that mid.
    Only deal sources 46 to 48 print mids; ``kernels.price_limits`` takes back what a limit forbids.
    A match has two fills; the buyer's stands for it.
    """
    price, quantity, side = fills.price, fills.quantity, fills.side
    venue, deal_source, quote = fills.venue, fills.deal_source, fills.quote
    bid, offer = fills.national_bid, fills.national_offer
    dark = np.empty(BATCH + 1, np.int64)
    rebuilt = 0
    for start in range(0, len(price), BATCH):
        count = 0
        for i in range(start, min(start + BATCH, len(price))):
            kind = deal_source[i]
            price2[i] = 2 * price[i]
            volume[i] = quantity[i] if (side[i] > 0) & is_print(venue[i], kind) else 0
            dark[count] = i
            count += (kind >= REBUILT_FIRST) & (kind <= REBUILT_LAST)
        for i in dark[:count]:
            value = price2[i]
            mid2 = marks[quote[i], 1] if quote[i] >= 0 else NULL
            if mid2 != value and mid2 != value + 1:
                mid2 = exact_mid2(bid[i], offer[i])
            if mid2 == value + 1:
                price2[i] = mid2
                rebuilt += 1
    return rebuilt


@kernel
def write_prints(by_time: Array, timestamp: Array, price2: Array, volume: Array, prints: Array) -> None:
    """Write time, and volume and notional (half units) before it, of each fill in time order.

    prints : (n + 1, 4) int64; a row of 32 bytes never straddles two cache lines; the last time never comes
    """
    n = len(by_time)
    total = notional2 = 0
    for k in range(n):
        i = by_time[k]
        prints[k, 0] = timestamp[i]
        prints[k, 1] = total
        prints[k, 2] = notional2
        total += volume[i]
        notional2 += volume[i] * price2[i]
    prints[n, 0] = NEVER
    prints[n, 1] = total
    prints[n, 2] = notional2


def market_prints(fills: FillColumns, marks: Array, buffers: Buffers) -> tuple[I64, I64, int]:
    """Return each fill's exact price in half units, the market's prints, and how many prices were rebuilt.

    Prints are running volume and notional, as ``write_prints`` gives them.
    """
    n = len(fills.by_time)
    price2, volume = buffers.take("price2", (n,), np.int64), buffers.take("volume", (n,), np.int64)
    prints = buffers.take("prints", (n + 1, 4), np.int64)
    rebuilt = write_prices(fills, marks, price2, volume)
    write_prints(fills.by_time, fills.timestamp, price2, volume, prints)
    return price2, prints, rebuilt


@kernel
def closing_price2(fills: FillColumns, price2: Array, session_end: int) -> int:
    """Return the day's closing price in half units: the closing auction's, else the last print's; NULL if none."""
    last = NULL
    for k in range(len(fills.by_time) - 1, -1, -1):
        i = fills.by_time[k]
        if fills.venue[i] == VENUE_AUCTION and fills.timestamp[i] >= session_end:
            return int(price2[i])
        if last == NULL and is_print(fills.venue[i], fills.deal_source[i]):
            last = price2[i]
        if last != NULL and fills.timestamp[i] < session_end:
            break
    return int(last)


@inlined
def write_all(column: Array, value: float) -> None:
    """Write ``value`` to every place of ``column``."""
    for k in range(len(column)):
        column[k] = value


@inlined
def without_fills(rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write what an order without fills has, column by column; those that traded are written over."""
    ints, codes, start, stop = rows.ints, rows.codes, span[0], span[1]
    for row in range(r.VENUE_QUANTITY, r.VENUE_NOTIONAL + r.VENUE_COUNT):
        write_all(ints[row][start:stop], 0)
    for row in (r.FILLED_QUANTITY, r.NOTIONAL, r.REPORT_QUANTITY, r.BOOKED_NOTIONAL2):
        write_all(ints[row][start:stop], 0)
    for row in (r.FIRST_FILL_TIME, r.LAST_FILL_TIME):
        write_all(ints[row][start:stop], NULL)
    for row in (r.FILLS, r.FILLS_AFTER_HOURS):
        write_all(codes[row][start:stop], 0)
    write_all(rows.floats[r.EXECUTION_TIME][start:stop], 0.0)
    for h in range(len(rows.within)):
        write_all(rows.within[h][start:stop], 0)
    for row in FILL_SCRATCH:
        write_all(scratch[row], 0)


@inlined
def orders_with_fills(scratch: Array, n: int, traded: Array) -> Array:
    """Return the places of the sub-block's orders that have fills: loops over fills then guess less often."""
    count = 0
    for k in range(n):
        traded[count] = k
        count += scratch[r.S_FILL_COUNT, k] > 0
    return traded[:count]


@inlined
def fills_block(
    fills: FillColumns, price2: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], traded: Array
) -> None:
    """Write what each order in ``span`` traded inside the hours, in the market and its prints.

    Shares filled within a horizon of arrival count both instants and crossing bookings (F(h) of domain.md 4).
    """
    timestamp, price, quantity, venues = fills.timestamp, fills.price, fills.quantity, fills.venue
    deal_source, hours_end, fill_ns = fills.deal_source, rules.hours_end, rules.fill_ns
    ints, codes, within = rows.ints, rows.codes, rows.within
    without_fills(rows, scratch, span)
    for k in traded:
        j = span[0] + k
        filled = notional = notional2 = rest2 = reported = market = market2 = printed = printed2 = 0
        count = after = 0
        delay = 0.0
        rest = ints[r.ORDER_QUANTITY, j] - scratch[r.S_DARK, k]  # what scenario B leaves to the real fills
        open_rest, arrival = rest, ints[r.ARRIVAL_TIME, j]
        first = scratch[r.S_FIRST_FILL, k]
        for i in range(first, first + scratch[r.S_FILL_COUNT, k]):
            venue, shares, t = venues[i], quantity[i], timestamp[i]
            if t >= hours_end:
                after += venue != VENUE_REPORT
                continue
            if venue == VENUE_REPORT:
                reported += shares
                continue
            if count == 0:
                ints[r.FIRST_FILL_TIME, j] = t
            ints[r.LAST_FILL_TIME, j] = t
            paid, paid2 = shares * price[i], shares * price2[i]
            for h in range(len(fill_ns)):
                within[h, j] += shares if t - arrival <= fill_ns[h] else 0
            count += 1
            filled += shares
            notional += paid
            notional2 += paid2
            delay += float(shares) * float(t - arrival)
            taken = min(shares, open_rest)
            open_rest -= taken
            rest2 += taken * price2[i]
            ints[r.VENUE_QUANTITY + venue, j] += shares
            ints[r.VENUE_NOTIONAL + venue, j] += paid
            market += shares if venue != VENUE_BOOKED else 0
            market2 += paid2 if venue != VENUE_BOOKED else 0
            counts = is_print(venue, deal_source[i])
            printed += shares if counts else 0
            printed2 += paid2 if counts else 0
        ints[r.FILLED_QUANTITY, j] = filled
        ints[r.NOTIONAL, j] = notional
        ints[r.REPORT_QUANTITY, j] = reported
        ints[r.BOOKED_NOTIONAL2, j] = notional2 - market2
        codes[r.FILLS, j] = count
        codes[r.FILLS_AFTER_HOURS, j] = after
        rows.floats[r.EXECUTION_TIME, j] = delay  # divided by the filled quantity later
        scratch[r.S_NOTIONAL2, k] = notional2
        scratch[r.S_REST_FILLED, k] = rest - open_rest
        scratch[r.S_REST_NOTIONAL2, k] = rest2
        scratch[r.S_MARKET_QUANTITY, k] = market
        scratch[r.S_MARKET_NOTIONAL2, k] = market2
        scratch[r.S_VWAP_QUANTITY, k] = printed
        scratch[r.S_VWAP_NOTIONAL2, k] = printed2


@inlined
def withdrawn_block(rules: Rules, rows: Rows, span: tuple[int, int]) -> None:
    """Write what of each order was taken back by amendment: Q - filled - leaves (decisions 7)."""
    ints = rows.ints
    for j in range(span[0], span[1]):
        if rules.states_only:  # no trades file: quantities from the states, no prices (decisions 15)
            ints[r.FILLED_QUANTITY, j] = ints[r.MATCHED_QUANTITY, j]
        open_or_filled = ints[r.FILLED_QUANTITY, j] + ints[r.LEAVES_QUANTITY, j]
        ints[r.WITHDRAWN_QUANTITY, j] = ints[r.ORDER_QUANTITY, j] - open_or_filled
