"""An order's own fills: quantity, venues, timing, and what the scenarios take of them; stages of ``stages``."""

import numpy as np

from kernels.base.columns import Array, FillColumns, Rules
from kernels.base.compiling import inlined, kernel
from kernels.conventions import FILL_VENUES, NULL, VENUE_BOOKED, VENUE_OTHER, VENUE_REPORT, VENUES
from kernels.market.prints import is_print
from kernels.measure import result_rows as r
from kernels.measure.groups import group_of
from kernels.measure.result_rows import Rows

FILL_SCRATCH = (
    r.S_NOTIONAL2, r.S_REST_FILLED, r.S_REST_NOTIONAL2, r.S_MARKET_QUANTITY, r.S_MARKET_NOTIONAL2, r.S_VWAP_QUANTITY,
    r.S_VWAP_NOTIONAL2,
)  # fmt: skip


OTHER_ROW = FILL_VENUES.index(VENUES[VENUE_OTHER])  # the venues before it are the rows of their own numbers


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
def orders_with_fills(scratch: Array, n: int, traded: Array) -> int:
    """Write the places of the sub-block's orders that have fills, which loops then need not guess; return how many."""
    count = 0
    for k in range(n):
        traded[count] = k
        count += scratch[r.S_FILL_COUNT, k] > 0
    return count


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
        filled = notional = notional2 = rest2 = reported = market = market2 = printed = printed2 = count = after = 0
        booked2 = 0
        rest, delay = ints[r.ORDER_QUANTITY, j] - scratch[r.S_DARK, k], 0.0  # what B leaves to the real fills
        open_rest, arrival, first = rest, ints[r.ARRIVAL_TIME, j], scratch[r.S_FIRST_FILL, k]
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
            count, delay = count + 1, delay + float(shares) * float(t - arrival)
            filled, notional, notional2 = filled + shares, notional + paid, notional2 + paid2
            taken = min(shares, open_rest)
            open_rest, rest2 = open_rest - taken, rest2 + taken * price2[i]
            row = min(venue, OTHER_ROW)
            ints[r.VENUE_QUANTITY + row, j] += shares
            ints[r.VENUE_NOTIONAL + row, j] += paid
            booked2 += paid2 if venue == VENUE_BOOKED else 0
            if venue < VENUE_BOOKED:
                market, market2 = market + shares, market2 + paid2
            if is_print(venue, deal_source[i]):
                printed, printed2 = printed + shares, printed2 + paid2
        ints[r.FILLED_QUANTITY, j], ints[r.NOTIONAL, j] = filled, notional
        ints[r.REPORT_QUANTITY, j], ints[r.BOOKED_NOTIONAL2, j] = reported, booked2
        codes[r.FILLS, j], codes[r.FILLS_AFTER_HOURS, j] = count, after
        rows.floats[r.EXECUTION_TIME, j] = delay  # divided by the filled quantity later
        found = (notional2, rest - open_rest, rest2, market, market2, printed, printed2)
        for m in range(len(FILL_SCRATCH)):
            scratch[FILL_SCRATCH[m], k] = found[m]


@inlined
def withdrawn_block(rules: Rules, rows: Rows, span: tuple[int, int]) -> None:
    """Write what of each order was taken back by amendment, Q - filled - leaves, and its group (decisions 7, 8).

    The group is the real outcome: fills tell it where the state's counter has not seen them.
    """
    ints, groups = rows.ints, rows.flags[r.GROUP]
    for j in range(span[0], span[1]):
        if rules.states_only:  # no trades file: quantities from the states, no prices (decisions 15)
            ints[r.FILLED_QUANTITY, j] = ints[r.MATCHED_QUANTITY, j]
        open_or_filled = ints[r.FILLED_QUANTITY, j] + ints[r.LEAVES_QUANTITY, j]
        ints[r.WITHDRAWN_QUANTITY, j] = ints[r.ORDER_QUANTITY, j] - open_or_filled
        matched = max(ints[r.MATCHED_QUANTITY, j], ints[r.FILLED_QUANTITY, j])
        groups[j] = group_of(matched, ints[r.LEAVES_QUANTITY, j])


@kernel
def broken_order(ints: Array) -> int:
    """Return the first order with a negative quantity, or more filled than asked for in a scenario; -1 if none."""
    for j in range(ints.shape[1]):
        asked = ints[r.ORDER_QUANTITY, j]
        sound = (ints[r.FILLED_QUANTITY, j] >= 0) & (ints[r.LEAVES_QUANTITY, j] >= 0)
        sound &= (ints[r.MATCHED_QUANTITY, j] >= 0) & (ints[r.WITHDRAWN_QUANTITY, j] >= 0)
        for s in range(r.SCENARIO_COUNT):
            filled = ints[r.SCENARIO_FILLED + s, j]
            sound &= (filled == NULL) | ((filled >= 0) & (filled <= asked))
        if not sound:
            return j
    return -1


@inlined
def timing_block(rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Write each order's times in ns from its arrival; bookings are fills here, reports are not.

    Unfilled shares count as waiting until the window's end: that of the life, at most that of trading (domain.md 4).
    This is the last stage that looks at the window: one that ends before it begins is none from here on.
    """
    ints, floats = rows.ints, rows.floats
    for j in range(span[0], span[1]):
        arrival, filled, quantity = ints[r.ARRIVAL_TIME, j], ints[r.FILLED_QUANTITY, j], ints[r.ORDER_QUANTITY, j]
        first = ints[r.FIRST_FILL_TIME, j]
        waited = floats[r.EXECUTION_TIME, j]
        unfilled = float(max(quantity - filled, 0)) * float(max(ints[r.WINDOW_END, j] - arrival, 0))
        timed = first != NULL and first >= arrival  # an order filled before its first row waited no one knows how long
        ints[r.TIME_TO_FIRST_FILL, j] = first - arrival if timed else NULL
        floats[r.EXECUTION_TIME, j] = waited / float(filled) if timed else np.nan
        floats[r.EXECUTION_TIME_ALL, j] = np.nan
        if quantity > 0 and (timed or filled == 0):
            floats[r.EXECUTION_TIME_ALL, j] = (waited + unfilled) / float(quantity)
        if ints[r.WINDOW_START, j] > ints[r.WINDOW_END, j]:  # the session was over, or had not begun: no window
            ints[r.WINDOW_END, j] = NULL
