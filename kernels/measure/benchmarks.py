"""Benchmark times, quotes and windows of orders, the same in every scenario (decisions 12-14)."""

import numpy as np

from kernels import conventions as v
from kernels.base.columns import Array, QuoteColumns, Rules
from kernels.base.compiling import inlined
from kernels.market import quote_book as q
from kernels.market.allowed_mids import first_allowed
from kernels.market.day_sums import Sums
from kernels.market.quotes import seek, seek_all
from kernels.market.window_mids import mean_mid2, window_sums
from kernels.measure import result_rows as r
from kernels.measure.life.variation import drift_block, volatility_block
from kernels.measure.result_rows import Rows, Work


@inlined
def quotes_act_first(quotes: QuoteColumns, rows: Rows, scratch: Array, span: tuple[int, int]) -> None:
    """Move both quotes of each order on to those stamped at the very instant: there quotes act before events."""
    ints, time = rows.ints, quotes.timestamp
    for j in range(span[0], span[1]):
        k = j - span[0]
        scratch[r.S_START_QUOTE, k] = seek(time, scratch[r.S_START_QUOTE, k], ints[r.ARRIVAL_TIME, j] + 1)
        scratch[r.S_END_QUOTE, k] = seek(time, scratch[r.S_END_QUOTE, k], ints[r.END_TIME, j] + 1)


@inlined
def touch_ends(time: Array, book: Array, scratch: Array, n: int) -> int:
    """Load what the benchmarks read at each order's end, so that the misses of many orders overlap."""
    touched = 0
    if len(time) > 0:
        for k in range(n):
            touched ^= book[max(scratch[r.S_END_QUOTE, k], 0), q.BOOK_MID2]
    return touched


@inlined
def benchmarks_block(
    quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work
) -> None:
    """Write M0, m_T, the window and their quotes for each order in ``span``.

    Up to S the opening quote stands in for the prevailing one: quotes of the pre-open are overlapping
    auction orders, no price anyone could trade at. From E on it is the last quote before E.

    An order that had traded, or ended, before its benchmark was known has none: the opening quote may come up to a
    minute after S, and what came after an order's own fills is no price to judge them by. Under a replayed scenario
    the real fills decide so: M0 is a property of the order.
    """
    ints, flags = rows.ints, rows.flags
    session_start, session_end = rules.session_start, rules.session_end
    opening, closing = rules.opening_quote, rules.closing_quote
    opened = session_start
    if opening >= 0:
        opened = max(opened, quotes.timestamp[opening])
    if rules.quotes_first:
        quotes_act_first(quotes, rows, scratch, span)
    work.touched[0] = touch_ends(quotes.timestamp, book, scratch, span[1] - span[0])
    for j in range(span[0], span[1]):
        k = j - span[0]
        arrival = ints[r.ARRIVAL_TIME, j]
        start = max(arrival, session_start)
        end = min(ints[r.END_TIME, j], session_end)
        first, last, kind = scratch[r.S_START_QUOTE, k], scratch[r.S_END_QUOTE, k], v.BENCHMARK_ARRIVAL
        scratch[r.S_WINDOW_QUOTE, k], known = first, start
        if arrival <= session_start:
            first, kind, known = opening, v.BENCHMARK_OPEN, opened
            scratch[r.S_WINDOW_QUOTE, k] = rules.start_quote
        elif arrival >= session_end:
            first, kind = closing, v.BENCHMARK_CLOSE
        if end <= session_start:
            last = opening
        elif end >= session_end:
            last = closing
        mid2 = bid = offer = v.NULL
        if first >= 0:
            mid2, bid, offer = book[first, q.BOOK_MID2], book[first, q.BOOK_BID], book[first, q.BOOK_OFFER]
        late = ints[r.FIRST_FILL_TIME, j] != v.NULL and ints[r.FIRST_FILL_TIME, j] < known
        late = late or start <= end < known
        if late:
            mid2 = bid = offer = v.NULL
        ints[r.END_MID2, j] = book[last, q.BOOK_MID2] if last >= 0 else v.NULL
        ints[r.WINDOW_START, j] = start
        ints[r.WINDOW_END, j] = end
        scratch[r.S_END_QUOTE, k] = last
        if rules.benchmarks_given:
            continue
        ints[r.ARRIVAL_BID, j] = bid
        ints[r.ARRIVAL_OFFER, j] = offer
        ints[r.MID2, j] = mid2
        flags[r.BENCHMARK, j] = kind if mid2 != v.NULL else v.BENCHMARK_NONE
        flags[r.ELIGIBLE, j] = 1 if start <= end and not late else 0


@inlined
def cleanup_block(
    quotes: QuoteColumns, sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work
) -> None:
    """Find the mid at which each order's unfilled shares are bought back, ``cleanup_ns`` after its end."""
    ints, at, found, marks = rows.ints, work.at, work.rows, sums.marks
    session_start, session_end, n = rules.session_start, rules.session_end, span[1] - span[0]
    opening, closing = rules.opening_quote, rules.closing_quote
    quotes_first, cleanup_ns = rules.quotes_first, rules.cleanup_ns
    for k in range(n):
        at[k] = min(ints[r.END_TIME, span[0] + k] + cleanup_ns, session_end) + quotes_first
    work.touched[0] = seek_all(quotes.timestamp, marks, sums.grid, sums.grid_scale, at, found, n)
    for k in range(n):
        row = found[k]
        t = at[k] - quotes_first
        if t <= session_start:
            row = opening
        elif t >= session_end:
            row = closing
        scratch[r.S_CLEANUP2, k] = marks[row, 1] if row >= 0 else v.NULL


@inlined
def snapshot_means(
    quotes: QuoteColumns, snapshots: Array, rows: Rows, scratch: Array, span: tuple[int, int], work: Work, base: int
) -> None:
    """Write the mean mid of the valid quotes stamped inside each order's window, ends included; NaN if none is."""
    ints, time, mean = rows.ints, quotes.timestamp, work.mid2
    for j in range(span[0], span[1]):
        k = j - span[0]
        start, end = ints[r.WINDOW_START, j], ints[r.WINDOW_END, j]
        before = seek(time, scratch[r.S_WINDOW_QUOTE, k], start) + 1
        until = seek(time, scratch[r.S_END_QUOTE, k], end + 1) + 1
        count = snapshots[until, q.SNAPSHOT_COUNT] - snapshots[before, q.SNAPSHOT_COUNT]
        mean[k] = np.nan
        if start < end and count > 0:
            total = snapshots[until, q.SNAPSHOT_TOTAL] - snapshots[before, q.SNAPSHOT_TOTAL]
            mean[k] = mean_mid2(total, count, base)


@inlined
def time_weighted(sums: Sums, rows: Rows, scratch: Array, span: tuple[int, int], work: Work, base: int) -> None:
    """Write the time-weighted mid over the valid time of each order's window, NaN where there is none.

    The quoted spread is the time-weighted offer - bid over that mid; at one instant, of the benchmark quote. An order
    that never lived in the session met none (decisions 40).
    """
    ints, floats, mean, book, shift = rows.ints, rows.floats, work.mid2, sums.book, sums.shift
    for j in range(span[0], span[1]):
        k = j - span[0]
        start, end = ints[r.WINDOW_START, j], ints[r.WINDOW_END, j]
        before, until = scratch[r.S_WINDOW_QUOTE, k], scratch[r.S_END_QUOTE, k]
        mean[k] = spread = np.nan
        valid = spread_area = 0
        if start < end and until >= 0:
            area, valid, spread_area = window_sums(book, base, shift, before, until, start, end)
            if valid > 0:
                mean[k] = mean_mid2(area, valid, base)
                spread = 2.0 * v.BPS * float(spread_area) / (float(valid) * mean[k])
        mid2 = ints[r.MID2, j]
        if valid <= 0 and mid2 != v.NULL and start <= end:
            spread = 2.0 * v.BPS * float(ints[r.ARRIVAL_OFFER, j] - ints[r.ARRIVAL_BID, j]) / float(mid2)
        floats[r.QUOTED_SPREAD, j] = spread
        scratch[r.S_VALID, k], scratch[r.S_SPREAD_AREA, k] = valid, spread_area


@inlined
def first_mids(sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write the mid at the first instant of each order's window at which its limit allows one, REFUSED if none is.

    At the start that is M0. Up to S the opening quote stands in for the prevailing one, and the search goes on there.
    """
    ints, sides, mean = rows.ints, rows.flags[r.SIDE], work.mid2
    marks, session_start, opening = sums.marks, rules.session_start, rules.opening_quote
    blocks, large = sums.mid_blocks
    for j in range(span[0], span[1]):
        k = j - span[0]
        side, mid2, limit2 = int(sides[j]), ints[r.MID2, j], scratch[r.S_LIMIT2, k]
        if mid2 != v.NULL and side * mid2 <= side * limit2:
            mean[k] = float(mid2)
            continue
        mean[k] = r.REFUSED
        first = opening if ints[r.ARRIVAL_TIME, j] <= session_start else scratch[r.S_START_QUOTE, k]
        if ints[r.WINDOW_START, j] < ints[r.WINDOW_END, j]:
            row = first_allowed(marks, blocks, large, first + 1, scratch[r.S_END_QUOTE, k], side, limit2)
            mean[k] = float(marks[row, 1]) if row >= 0 else r.REFUSED


@inlined
def mids_block(
    quotes: QuoteColumns, sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work
) -> None:
    """Write each order's window mid in half units; M0, the mid at its start, where it has none (decisions 14).

    An order without M0 and without a valid mid in its window has no price to be filled at: it is not eligible, as
    one without a window is not, whichever mid scenarios trade at. NaN: none of the kind that is asked for.
    """
    ints, mean, flags = rows.ints, work.mid2, rows.flags
    time_weighted(sums, rows, scratch, span, work, rules.mid_base)
    volatility_block(sums, rules, rows, scratch, span, work)
    drift_block(rows, span)
    for j in range(span[0], span[1]):
        if np.isnan(mean[j - span[0]]) and ints[r.MID2, j] == v.NULL:
            flags[r.ELIGIBLE, j] = 0
    if rules.mid_kind == v.MID_FIRST_ALLOWED:
        first_mids(sums, rules, rows, scratch, span, work)
        return
    if rules.mid_kind == v.MID_SNAPSHOT_MEAN:
        snapshot_means(quotes, sums.snapshots, rows, scratch, span, work, rules.mid_base)
    elif rules.mid_kind == v.MID_ARRIVAL:
        mean[:] = np.nan
    for j in range(span[0], span[1]):
        if np.isnan(mean[j - span[0]]) and ints[r.MID2, j] != v.NULL:
            mean[j - span[0]] = float(ints[r.MID2, j])
