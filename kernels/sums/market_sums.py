"""Sums of one pass over a day's trades, quotes and orders: what the market did, whatever is selected.

`driver.sums.market_panel` names them; all are integers, which add up exactly in any order.
"""

from typing import Final

import numpy as np

from kernels.base.columns import DTYPES, F64, I32, I64, Array, FillColumns, QuoteColumns, readonly
from kernels.base.compiling import inlined, kernel
from kernels.conventions import BPS, BUY, NS_PER_SECOND, NULL, VENUE_AUCTION, VENUE_BOOKED, VENUE_DARK, VENUES
from kernels.market.prints import REBUILT_FIRST, REBUILT_LAST
from kernels.sums.fixed_point import fixed, rest

TRADE_SUMS: Final = 3  # trades, shares, value in half units
# orders, what they ask for; fills on the market, their shares and value, that in the dark; stale fills, what they win
# and lose
PARTICIPANT_SUMS: Final = 9
# Dark trades with a mid before them; of those at one that had moved: trades, value, what it moved.
STALE_SUMS: Final = 4
STALE_NS: Final = NS_PER_SECOND  # a mid that was in force so shortly before a dark print is its reference
LOOKED_BACK: Final = 32  # quotes
PARTS: Final = 64  # doubles that do not overlap: of values within 200 decades there are 35


@kernel
def add_trades(venue: Array, side: Array, quantity: Array, price2: I64, least2: int, out: I64, large2: I64) -> None:
    """Add each match, by its buyer's fill, to its venue's row of ``out`` (venues, TRADE_SUMS).

    large2 : (2,) value of the market's trades of at least ``least2``, and of those in the dark
    """
    for i in range(venue.shape[0]):
        if side[i] == BUY:
            of, value2 = venue[i], price2[i] * quantity[i]
            out[of, 0] += 1
            out[of, 1] += quantity[i]
            out[of, 2] += value2
            if (of <= VENUE_AUCTION) & (value2 >= least2):
                large2[0] += value2
                large2[1] += value2 if of == VENUE_DARK else 0


@kernel
def add_participants(
    asking: Array, asked: Array, trading: Array, venue: Array, quantity: Array, price2: I64, out: I64
) -> None:
    """Add what orders ask for, and what fills trade on the market, to the rows of their participants.

    asking, asked : (orders,) row of the participant, shares; trading, venue, quantity, price2 : of the fills
    out : (rows, PARTICIPANT_SUMS)
    """
    for i in range(asking.shape[0]):
        out[asking[i], 0] += 1
        out[asking[i], 1] += asked[i]
    for i in range(trading.shape[0]):
        if venue[i] < VENUE_BOOKED:
            row, value2 = trading[i], price2[i] * quantity[i]
            out[row, 2] += 1
            out[row, 3] += quantity[i]
            out[row, 4] += value2
            out[row, 5] += value2 if venue[i] == VENUE_DARK else 0


@kernel
def quoted_time(quotes: QuoteColumns, rows: tuple[int, int], session: tuple[int, int]) -> tuple[int, int, int]:
    """Return for how long there is a valid quote in a session, and the integral of its spread over that time.

    That is in two integers, bp x ns and their rest. rows : of the first quote in force in it and behind the last;
    session : start and end
    """
    lasted = spread = left = 0
    (first, last), (start, end) = rows, session
    for i in range(first, last):
        bid, offer = quotes.bid[i], quotes.offer[i]
        if (bid > 0) & (offer >= bid):
            following = quotes.timestamp[i + 1] if i + 1 < last else end
            time = min(max(following, start), end) - min(max(quotes.timestamp[i], start), end)
            area = 2.0 * BPS * float(offer - bid) / float(bid + offer) * float(time)
            lasted, spread, left = lasted + time, spread + fixed(area), left + rest(area)
    return lasted, spread, left


@inlined
def _was_stale(time: int, quote: int, price2: int, marks: I64) -> bool:
    """Return whether a fill is at the mid of a quote that was in force within the second before, and is no more.

    It is not where a quote of the fill's own instant brought it back: a new quote makes resting orders meet.
    """
    step, stale = 1, False
    while (not stale) and step <= min(LOOKED_BACK, quote) and marks[quote - step + 1, 0] > time - STALE_NS:
        stale = marks[quote - step, 1] == price2
        step += 1
    if stale:
        last, row = min(quote + LOOKED_BACK, marks.shape[0] - 2), quote + 1
        while row <= last and marks[row, 0] <= time:
            if marks[row, 1] == price2:
                return False
            row += 1
    return stale


@kernel
def stale_fills(
    fills: FillColumns, price2: I64, marks: I64, session: tuple[int, int], rows: I32, won2: I64, sums: I64
) -> int:
    """Write the dark fills of a session at a mid that had moved, and what each side won by it; return how many.

    price2 : (fills,) exact prices, marks : (quotes + 1, 2) time and mid of quotes, half units
    rows, won2 : (fills,) to write, the latter in half units x shares; sums : (STALE_SUMS,) of trades, by their buyers
    """
    # Nothing branches on which fills are dark, nor on which of them are at the mid: it would be mispredicted.
    dark = count = kept = 0
    for i in range(fills.venue.shape[0]):
        rows[dark] = i
        inside = (fills.timestamp[i] >= session[0]) & (fills.timestamp[i] < session[1])
        dark += int((fills.venue[i] == VENUE_DARK) & (fills.quote[i] >= 0) & inside)
    for k in range(dark):
        i = rows[k]
        now2, source = marks[fills.quote[i], 1], fills.deal_source[i]
        at_mid = (source >= REBUILT_FIRST) & (source <= REBUILT_LAST)
        rows[count] = i
        count += int(at_mid & (now2 != NULL) & (now2 != price2[i]))
        sums[0] += int((fills.side[i] == BUY) & (now2 != NULL))
    for k in range(count):
        i = rows[k]
        time, quote, paid2 = fills.timestamp[i], int(fills.quote[i]), price2[i]
        if _was_stale(time, quote, paid2, marks):
            won, bought = fills.side[i] * (marks[quote, 1] - paid2) * fills.quantity[i], int(fills.side[i] == BUY)
            rows[kept], won2[kept] = i, won
            kept += 1
            sums[1] += bought
            sums[2] += bought * paid2 * fills.quantity[i]
            sums[3] += bought * abs(won)
    return kept


@kernel
def exact_parts(values: F64, parts: F64) -> int:
    """Write a few doubles whose sum is exactly that of many to ``parts``; return how many, -1 where it is too short.

    As ``math.fsum`` finds them: doubles that do not overlap. values : (n,) finite; parts : (PARTS,)
    """
    count = 0
    for i in range(values.shape[0]):
        x, kept = values[i], 0
        for j in range(count):
            y = parts[j]
            large, small = (x, y) if abs(x) >= abs(y) else (y, x)
            x = large + small
            lost = small - (x - large)
            if lost != 0.0:
                parts[kept] = lost
                kept += 1
        if kept == parts.shape[0] - 1:  # there is one place more at most than there were parts
            return -1
        parts[kept] = x
        count = kept + 1
    return count


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    whole, row = readonly(np.zeros(0, np.int64)), readonly(np.zeros(0, np.int32))
    narrow, price2 = readonly(np.zeros(0, np.int8)), np.zeros(0, np.int64)
    add_trades(narrow, narrow, whole, price2, 0, np.zeros((len(VENUES), TRADE_SUMS), np.int64), np.zeros(2, np.int64))
    add_participants(row, whole, row, narrow, whole, price2, np.zeros((1, PARTICIPANT_SUMS), np.int64))
    quoted_time(QuoteColumns(whole, whole, whole), (0, 0), (0, 1))
    kinds = DTYPES[FillColumns]
    fills = FillColumns(*(readonly(np.zeros(0, kinds.get(name, "i8"))) for name in FillColumns._fields))
    sums = np.zeros(STALE_SUMS, np.int64)
    stale_fills(fills, price2, price2.reshape(0, 2), (0, 1), np.zeros(0, np.int32), price2, sums)
    exact_parts(np.zeros(0), np.zeros(PARTS))
