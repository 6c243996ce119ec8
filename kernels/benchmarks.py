"""Benchmark times, quotes and windows of orders, the same in every scenario (decisions 12-14)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import QuoteColumns, Rows, Rules, Sums, Work
from kernels._jit import inlined
from kernels.conventions import (
    BENCHMARK_ARRIVAL,
    BENCHMARK_CLOSE,
    BENCHMARK_NONE,
    BENCHMARK_OPEN,
    MID_ARRIVAL,
    MID_SNAPSHOT_MEAN,
    NS_PER_SECOND,
    NULL,
)
from kernels.quotes import area_until, mean_mid2, seek, seek_all, valid_ns_until

Array = NDArray[Any]
OPENING_NS = 60 * NS_PER_SECOND


def opening_quote(book: Array, session_start: int, quotes_first: int) -> int:
    """Return the first valid quote in [S, S + 60 s], else the one that prevails at S, or -1."""
    times = book[:-1, r.BOOK_TIME]
    start = int(np.searchsorted(times, session_start, "left"))
    stop = int(np.searchsorted(times, session_start + OPENING_NS, "right"))
    valid = np.flatnonzero(book[start:stop, r.BOOK_MID2] != NULL)
    if len(valid):
        return start + int(valid[0])
    return prevailing_at(book, session_start, quotes_first)


def prevailing_at(book: Array, time: int, quotes_first: int) -> int:
    """Return the last quote strictly before ``time`` (at or before it if quotes act first), or -1."""
    return int(np.searchsorted(book[:-1, r.BOOK_TIME], time, "right" if quotes_first else "left")) - 1


@inlined
def quote_near(time: Array, hint: int, t: int, bounds: tuple[int, int, int, int, int]) -> int:
    """Return the quote that benchmarks use at ``t``: the prevailing one, or the opening one up to S.

    Quotes of the pre-open are overlapping auction orders, no price anyone could trade at.

    bounds : (session_start, session_end, opening_quote, closing_quote, quotes_first)
    """
    if t <= bounds[0]:
        return bounds[2]
    if t >= bounds[1]:
        return bounds[3]
    return seek(time, hint, t + bounds[4])


@inlined
def bounds_of(rules: Rules) -> tuple[int, int, int, int, int]:
    """Return what ``quote_near`` needs of the rules."""
    return rules.session_start, rules.session_end, rules.opening_quote, rules.closing_quote, rules.quotes_first


@inlined
def touch_ends(time: Array, book: Array, scratch: Array, n: int) -> int:
    """Load what the benchmarks read at each order's end, so that the misses of many orders overlap."""
    touched = 0
    for k in range(n):
        row = max(scratch[k, r.S_END_QUOTE], 0)
        if row < len(time):
            touched += book[row, r.BOOK_MID2] + time[row]
    return touched


@inlined
def benchmarks_block(
    quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write M0, m_T, the window and their quotes for each order in ``span``."""
    ints, flags = rows.ints, rows.flags
    time, bounds = quotes.timestamp, bounds_of(rules)
    session_start, session_end = rules.session_start, rules.session_end
    scratch[0, r.S_CLEANUP2] = touch_ends(time, book, scratch, span[1] - span[0])
    for j in range(span[0], span[1]):
        k = j - span[0]
        arrival = ints[r.ARRIVAL_TIME, j]
        start = max(arrival, session_start)
        end = min(ints[r.END_TIME, j], session_end)
        first = quote_near(time, scratch[k, r.S_START_QUOTE], arrival, bounds)
        last = quote_near(time, scratch[k, r.S_END_QUOTE], end, bounds)
        kind = BENCHMARK_ARRIVAL
        if arrival <= session_start:
            kind = BENCHMARK_OPEN
        elif arrival >= session_end:
            kind = BENCHMARK_CLOSE
        mid2 = bid = offer = NULL
        if first >= 0:
            mid2, bid, offer = book[first, r.BOOK_MID2], book[first, r.BOOK_BID], book[first, r.BOOK_OFFER]
        ints[r.BENCHMARK_TIME, j] = start
        ints[r.ARRIVAL_BID, j] = bid
        ints[r.ARRIVAL_OFFER, j] = offer
        ints[r.MID2, j] = mid2
        ints[r.END_MID2, j] = book[last, r.BOOK_MID2] if last >= 0 else NULL
        ints[r.WINDOW_START, j] = start
        ints[r.WINDOW_END, j] = end
        flags[r.BENCHMARK, j] = kind if mid2 != NULL else BENCHMARK_NONE
        flags[r.ELIGIBLE, j] = 1 if start <= end else 0
        scratch[k, r.S_START_QUOTE] = first
        scratch[k, r.S_END_QUOTE] = last


@inlined
def cleanup_block(
    quotes: QuoteColumns, sums: Sums, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work
) -> None:
    """Find the mid at which each order's unfilled shares are bought back, ``cleanup_ns`` after its end."""
    ints, at, found, mids = rows.ints, work.at, work.rows, sums.mids
    session_start, session_end, n = rules.session_start, rules.session_end, span[1] - span[0]
    for k in range(n):
        at[k] = min(ints[r.END_TIME, span[0] + k] + rules.cleanup_ns, session_end) + rules.quotes_first
    work.touched[0] = seek_all(quotes.timestamp, sums.grid, sums.grid_scale, at, found, n)
    for k in range(n):
        row = found[k]
        t = at[k] - rules.quotes_first
        if t <= session_start:
            row = rules.opening_quote
        elif t >= session_end:
            row = rules.closing_quote
        scratch[k, r.S_CLEANUP2] = mids[row] if row >= 0 else NULL


@inlined
def snapshot_mean(time: Array, book: Array, window: tuple[int, int], hints: tuple[int, int], base: int) -> float:
    """Return the mean mid of the valid quotes stamped inside [start, end], NaN if none is."""
    before = seek(time, hints[0], window[0]) + 1
    until = seek(time, hints[1], window[1] + 1) + 1
    count = book[until, r.BOOK_COUNT] - book[before, r.BOOK_COUNT]
    if count == 0:
        return float(np.nan)
    return mean_mid2(book[until, r.BOOK_TOTAL] - book[before, r.BOOK_TOTAL], count, base)


@inlined
def time_weighted(time: Array, book: Array, window: tuple[int, int], hints: tuple[int, int], base: int) -> float:
    """Return the time-weighted mid over the valid time of [start, end), NaN if there is none."""
    start, end = window
    before = seek(time, hints[0], start)  # an opening benchmark may sit on a later row
    until = seek(time, hints[1], end)
    if before == until and before >= 0 and book[before, r.BOOK_MID2] != NULL:
        return float(book[before, r.BOOK_MID2])
    valid_ns = valid_ns_until(book, until, end) - valid_ns_until(book, before, start)
    if valid_ns <= 0:
        return float(np.nan)
    return mean_mid2(area_until(book, until, end, base) - area_until(book, before, start, base), valid_ns, base)


@inlined
def window_mid2(
    time: Array, book: Array, window: tuple[int, int], hints: tuple[int, int], mid2: int, kind: int, base: int
) -> float:
    """Return the mid of the order's window in half units, NaN if there is none (decisions 14).

    mid2 : M0, the mid at the window's start, which stands in where the window has no valid quote of its own
    """
    mean = np.nan
    if window[0] < window[1] and kind != MID_ARRIVAL:
        if kind == MID_SNAPSHOT_MEAN:
            mean = snapshot_mean(time, book, window, hints, base)
        else:
            mean = time_weighted(time, book, window, hints, base)
    if np.isnan(mean) and mid2 != NULL:
        mean = float(mid2)
    return mean
