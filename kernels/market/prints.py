"""Exact prices of fills, and the market's prints with their running volume and notional."""

import numpy as np

from kernels.base.columns import I64, Array, FillColumns
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL, VENUE_AUCTION, VENUE_BOOKED
from kernels.market.quotes import NEVER, exact_mid2

# Count in the market's volume, not in its price (R28).
BLOCK_PRICE_FIRST = 50
BLOCK_PRICE_LAST = 52
# Printed at a mid that may have lost its half unit (R7); block prices (50 to 52) are what they say.
REBUILT_FIRST = 46
REBUILT_LAST = 49
BATCH = 512
EXTENDED = 10_000  # exact prices are stated in this part of a price unit


@inlined
def is_print(venue: int, deal_source: int) -> bool:
    """Return whether a fill counts in the market's volume-weighted price (domain.md 4, R28)."""
    return (venue < VENUE_BOOKED) & ((deal_source < BLOCK_PRICE_FIRST) | (deal_source > BLOCK_PRICE_LAST))


@inlined
def is_stated(fills: FillColumns, i: int) -> bool:
    """Return whether the file states a fill's exact price: in whole half units, which show as the published price."""
    if len(fills.extended_price) == 0:
        return False
    extended = fills.extended_price[i]
    return bool(extended % (EXTENDED // 2) == 0 and extended // EXTENDED == fills.price[i])


@inlined
def is_rebuilt(fills: FillColumns, i: int) -> bool:
    """Return whether a fill's price may be a truncated mid: a dark one whose exact price nobody states."""
    deal_source = fills.deal_source[i]
    return bool((deal_source >= REBUILT_FIRST) & (deal_source <= REBUILT_LAST)) and not is_stated(fills, i)


@kernel
def write_prices(fills: FillColumns, marks: Array, dark: Array, price2: Array, volume: Array) -> int:
    """Write each fill's exact price in half units, and the volume it adds to the market's prints.

    Return how many prices are no longer the published one.

    The exchange publishes a dark price truncated to its decimals: a mid of 15.5 prints as 15 (R7). The
    half unit is put back where the quote before the fill, or the fill's own snapshot, has that mid.
    Where the file states the exact price, that one stands. Only deal sources 46 to 49 print mids;
    ``kernels.market.rebuilt_prices`` takes back what the two orders forbid. A match has two fills; the buyer's stands
    for it.

    marks : (quotes + 1, 2); dark : (BATCH + 1,) int64, scratch; price2, volume : (fills,) int64, to write
    """
    price, quantity, side = fills.price, fills.quantity, fills.side
    venue, deal_source, quote = fills.venue, fills.deal_source, fills.quote
    bid, offer = fills.national_bid, fills.national_offer
    rebuilt = 0
    for start in range(0, len(price), BATCH):
        count = 0
        for i in range(start, min(start + BATCH, len(price))):
            price2[i] = 2 * fills.extended_price[i] // EXTENDED if is_stated(fills, i) else 2 * price[i]
            volume[i] = quantity[i] if (side[i] > 0) & is_print(venue[i], deal_source[i]) else 0
            dark[count] = i
            count += is_rebuilt(fills, i)
        for i in dark[:count]:
            half = price2[i] + 1
            mid2 = marks[quote[i], 1] if quote[i] >= 0 else NULL
            if mid2 == half or exact_mid2(bid[i], offer[i]) == half:
                price2[i] = half
                rebuilt += 1
    return rebuilt


@kernel
def write_prints(by_time: Array, timestamp: Array, price2: Array, volume: Array, prints: Array) -> None:
    """Write time, and volume and notional (half units) before it, of each fill in time order.

    by_time, timestamp, price2, volume : (n,)
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
    rebuilt = write_prices(fills, marks, np.empty(BATCH + 1, np.int64), price2, volume)
    write_prints(fills.by_time, fills.timestamp, price2, volume, prints)
    return price2, prints, rebuilt


@kernel
def closing_price2(fills: FillColumns, price2: Array, session_end: int) -> int:
    """Return the day's closing price in half units: the closing auction's, else the last print's; NULL if none.

    price2 : (fills,) int64, half price units
    """
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
