"""Benchmark times, quotes and windows of orders, the same in every scenario (decisions 12-14)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import QuoteColumns, Rows, Rules
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
from kernels.quotes import area_until, mean_mid2, seek, valid_ns_until

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
def quote_near(quotes: QuoteColumns, hint: int, t: int, rules: Rules) -> int:
    """Return the quote that benchmarks use at ``t``: the prevailing one, or the opening one up to S.

    Quotes of the pre-open are overlapping auction orders, no price anyone could trade at.
    """
    if t <= rules.session_start:
        return rules.opening_quote
    if t >= rules.session_end:
        return rules.closing_quote
    return seek(quotes.timestamp, hint, t + rules.quotes_first)


@inlined
def benchmarks_block(
    quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write M0, m_T, the window and their quotes for each order in ``span``."""
    ints, flags = rows.ints, rows.flags
    for j in range(span[0], span[1]):
        s = scratch[j - span[0]]
        arrival = ints[r.ARRIVAL_TIME, j]
        start = max(arrival, rules.session_start)
        end = min(ints[r.END_TIME, j], rules.session_end)
        first = quote_near(quotes, s[r.S_START_QUOTE], arrival, rules)
        last = quote_near(quotes, s[r.S_END_QUOTE], end, rules)
        kind = BENCHMARK_ARRIVAL
        if arrival <= rules.session_start:
            kind = BENCHMARK_OPEN
        elif arrival >= rules.session_end:
            kind = BENCHMARK_CLOSE
        mid2 = NULL
        bid = NULL
        offer = NULL
        if first >= 0:
            mid2 = book[first, r.BOOK_MID2]
            bid = book[first, r.BOOK_BID]
            offer = book[first, r.BOOK_OFFER]
        ints[r.BENCHMARK_TIME, j] = start
        ints[r.ARRIVAL_BID, j] = bid
        ints[r.ARRIVAL_OFFER, j] = offer
        ints[r.MID2, j] = mid2
        ints[r.END_MID2, j] = book[last, r.BOOK_MID2] if last >= 0 else NULL
        ints[r.WINDOW_START, j] = start
        ints[r.WINDOW_END, j] = end
        flags[r.BENCHMARK, j] = kind if mid2 != NULL else BENCHMARK_NONE
        flags[r.ELIGIBLE, j] = 1 if start <= end else 0
        s[r.S_START_QUOTE] = first
        s[r.S_END_QUOTE] = last


@inlined
def window_mid2(quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, s: Array, j: int) -> float:
    """Return the mid of the order's window in half units, NaN if there is none (decisions 14)."""
    mid2 = rows.ints[r.MID2, j]
    start = rows.ints[r.WINDOW_START, j]
    end = rows.ints[r.WINDOW_END, j]
    at_start = float(mid2) if mid2 != NULL else np.nan
    if start >= end or rules.mid_kind == MID_ARRIVAL:
        return at_start
    if rules.mid_kind == MID_SNAPSHOT_MEAN:
        before = seek(quotes.timestamp, s[r.S_START_QUOTE], start)
        until = seek(quotes.timestamp, s[r.S_END_QUOTE], end + 1)
        count = book[until + 1, r.BOOK_COUNT] - book[before + 1, r.BOOK_COUNT]
        if count == 0:
            return at_start
        return mean_mid2(book[until + 1, r.BOOK_TOTAL] - book[before + 1, r.BOOK_TOTAL], count, rules.mid_base)
    # The window's own quotes: an opening or closing benchmark may sit on another row.
    before = seek(quotes.timestamp, s[r.S_START_QUOTE], start)
    until = seek(quotes.timestamp, s[r.S_END_QUOTE], end)
    valid_ns = valid_ns_until(book, until, end) - valid_ns_until(book, before, start)
    if valid_ns <= 0:
        return at_start
    area = area_until(book, until, end, rules.mid_base) - area_until(book, before, start, rules.mid_base)
    return mean_mid2(area, valid_ns, rules.mid_base)
