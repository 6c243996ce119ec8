"""Sums of one pass over a day's trades, quotes and orders: what the market did, whatever is selected.

`driver.sums.market_panel` names them; all are integers, which add up exactly in any order.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64, Array, QuoteColumns, readonly
from kernels.base.compiling import kernel
from kernels.conventions import BPS, BUY, VENUE_AUCTION, VENUE_BOOKED, VENUE_DARK, VENUES
from kernels.sums.fixed_point import fixed, rest

TRADE_SUMS: Final = 3  # trades, shares, value in half units
# orders, what they ask for; fills on the market, their shares and value, that in the dark; stale fills, what they win
# and lose
PARTICIPANT_SUMS: Final = 9


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


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    whole, row = readonly(np.zeros(0, np.int64)), readonly(np.zeros(0, np.int32))
    narrow, price2 = readonly(np.zeros(0, np.int8)), np.zeros(0, np.int64)
    add_trades(narrow, narrow, whole, price2, 0, np.zeros((len(VENUES), TRADE_SUMS), np.int64), np.zeros(2, np.int64))
    add_participants(row, whole, row, narrow, whole, price2, np.zeros((1, PARTICIPANT_SUMS), np.int64))
    quoted_time(QuoteColumns(whole, whole, whole), (0, 0), (0, 1))
