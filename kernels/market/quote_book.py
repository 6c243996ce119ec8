"""The quote book: a day's quotes as running sums over time, and the mids that open and close the session."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I64, Array, QuoteColumns
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NS_PER_SECOND, NULL
from kernels.market.quotes import NEVER, exact_mid2

# Quote book: one row per quote and one after the last.
BOOK_TIME: Final = 0
BOOK_BID: Final = 1
BOOK_OFFER: Final = 2
BOOK_MID2: Final = 3  # NULL where the quote is not valid for benchmarks
BOOK_AREA: Final = 4  # integral of mid2 - base over valid time before this row
BOOK_VALID: Final = 5  # valid time before this row, in the units of the integrals
BOOK_SPREAD_AREA: Final = 6  # integral of offer - bid over valid time before this row
BOOK_COLUMNS: Final = 8  # one unused: a row is one cache line
# How the quote moves: one row per quote, of float64 that the last column has integers in the memory of.
MOVED: Final = 0  # squared steps of the mid up to and with this quote, half units
MOVED_FIRST: Final = 1  # the same up to the first from this one on that is valid and in force: where a path begins
SPREAD_SQUARES: Final = 2  # integral of squared offer - bid over valid time before this row
SPREAD_SQUARES_LOW: Final = 3  # the same modulo 2^63, an integer
MOVE_COLUMNS: Final = 4
LOW_BITS: Final = 2**63 - 1
# Running sums over quotes, one row per quote and one after the last.
SNAPSHOT_COUNT: Final = 0  # valid quotes before this row
SNAPSHOT_TOTAL: Final = 1  # sum of mid2 - base over them
SNAPSHOT_COLUMNS: Final = 2
OPENING_NS = 60 * NS_PER_SECOND
# Units of time of the integrals.
LARGEST_SHIFT: Final = 22
ROOM: Final = 2**62


def opening_quote(time: Array, mids: Array, session_start: int, quotes_first: int) -> int:
    """Return the first valid quote in [S, S + 60 s], else the one that prevails at S, or -1."""
    start = int(time.searchsorted(session_start, "left"))
    stop = int(time.searchsorted(session_start + OPENING_NS, "right"))
    valid = np.flatnonzero(mids[start:stop] != NULL)
    if len(valid):
        return start + int(valid[0])
    return prevailing_at(time, session_start, quotes_first)


def opening_time(quotes: QuoteColumns, session_start: int) -> int:
    """Return from when on orders of the pre-open have a benchmark: the stamp of the opening quote, at least S.

    quotes : plausible ones
    """
    first, last = quotes.timestamp.searchsorted((session_start, session_start + OPENING_NS + 1)).tolist()
    minute = QuoteColumns(*(column[first:last] for column in quotes))
    row = first_valid(minute.bid, minute.offer, 0)
    return int(minute.timestamp[row]) if row >= 0 else session_start


def prevailing_at(time: Array, t: int, quotes_first: int) -> int:
    """Return the last quote strictly before ``t`` (at or before it if quotes act first), or -1."""
    return int(time.searchsorted(t, "right" if quotes_first else "left")) - 1


@kernel
def first_valid(bid: Array, offer: Array, start: int) -> int:
    """Return the first row of ``bid``, ``offer`` (n,) from ``start`` on with a valid quote, else of all, or -1."""
    n = len(bid)
    for i in range(start, n):
        if exact_mid2(bid[i], offer[i]) != NULL:
            return i
    for i in range(start):
        if exact_mid2(bid[i], offer[i]) != NULL:
            return i
    return -1


@inlined
def fill_moves(book: Array, unit: int, moves: Array, low_bits: Array) -> None:
    """Write running sums of squared steps of the mid, and of squared spreads by time.

    Steps are from one valid quote that is in force for some time to the next, across those that are not: what is
    replaced at its own instant is no price that anyone met.

    book : as ``fill_book`` writes it; moves, low_bits : (n, MOVE_COLUMNS), the same memory as float64 and as int64
    """
    n, first, low, before = len(moves), 0, 0, NULL
    moved = squares = 0.0
    for i in range(n):
        mid2, now = book[i, BOOK_MID2], book[i, BOOK_TIME]
        moves[i, SPREAD_SQUARES] = squares
        low_bits[i, SPREAD_SQUARES_LOW] = low
        after = book[i + 1, BOOK_TIME] if i + 1 < n else now
        if mid2 != NULL and (i + 1 == n or after > now):
            step = float(mid2 - before) if before != NULL else 0.0
            moved, before = moved + step * step, mid2
            for k in range(first, i + 1):
                moves[k, MOVED_FIRST] = moved
            first = i + 1
            spread, lasted = int(book[i, BOOK_OFFER]) - int(book[i, BOOK_BID]), int(after >> unit) - int(now >> unit)
            squares += float(spread) * float(spread) * float(lasted)
            low = (low + spread * spread * lasted) & LOW_BITS
        moves[i, MOVED] = moved
    for k in range(first, n):
        moves[k, MOVED_FIRST] = moved


@kernel
def fill_book(
    time: Array,
    bid: Array,
    offer: Array,
    base: int,
    unit: int,
    inside: tuple[int, int],
    book: Array,
    marks: Array,
    grid: Array,
    scale: tuple[int, int],
    moves: Array,
    low_bits: Array,
) -> int:
    """Write the quote book, the marks and the grid in one pass over the quotes, then how they move.

    Return the row among ``inside`` [first, stop) whose mid lies farthest from ``base`` or whose spread is
    widest, or -1: it decides in which units of time the integrals of the day fit 64 bits.

    time, bid, offer : (n,) int64
    book : (n + 1, BOOK_COLUMNS) int64: every value a benchmark reads of a quote, in one cache line. Prefix
        sums are of mid2 - base so that the integral of a window stays inside int64 (a day of ns times a mid
        of 400 dollars does not). The sums may wrap, differences of them are right all the same. Their time is in
        units of 2^unit ns, see ``kernels.market.window_mids``.
    marks : (n + 1, 2) int64: time and mid, four quotes to a cache line; after the last a time that never comes
    grid, scale : (cells,) int32, (origin, shift): the row of the last quote before each cell of 2^shift ns, or -1
    moves, low_bits : as ``fill_moves`` takes them
    """
    n, cells, filled = len(time), len(grid), 0
    area = valid = spread_area = 0
    reach, widest = -1, -1
    for i in range(n):
        now, low, high = time[i], bid[i], offer[i]
        while filled < cells and scale[0] + (filled << scale[1]) <= now:
            grid[filled] = i - 1
            filled += 1
        mid2 = exact_mid2(low, high)
        book[i, BOOK_TIME] = now
        book[i, BOOK_BID] = low
        book[i, BOOK_OFFER] = high
        book[i, BOOK_MID2] = mid2
        book[i, BOOK_AREA] = area
        book[i, BOOK_VALID] = valid
        book[i, BOOK_SPREAD_AREA] = spread_area
        marks[i, 0] = now
        marks[i, 1] = mid2
        if mid2 != NULL:
            here = max(abs(mid2 - base), high - low)
            if here > reach and inside[0] <= i < inside[1]:
                reach, widest = here, i
            if i + 1 < n:
                lasted = (time[i + 1] >> unit) - (now >> unit)
                valid += lasted
                area += (mid2 - base) * lasted
                spread_area += (high - low) * lasted
    for cell in range(filled, cells):
        grid[cell] = n - 1
    for column in range(4):
        book[n, column] = NULL
    book[n, BOOK_AREA] = area
    book[n, BOOK_VALID] = valid
    book[n, BOOK_SPREAD_AREA] = spread_area
    marks[n, 0] = NEVER
    marks[n, 1] = NULL
    fill_moves(book, unit, moves, low_bits)
    return widest


class QuoteBook(NamedTuple):
    """What is derived from the quotes of a day; arrays as ``fill_book`` writes them."""

    book: I64
    marks: I64
    grid: NDArray[np.int32]
    grid_scale: I64  # (2,) origin, shift
    base: int  # the mid that the sums are relative to
    shift: int  # the sums are over time in units of 2^shift ns
    moves: F64


def quote_book(time: Array, bid: Array, offer: Array, session: tuple[int, int], buffers: Buffers) -> QuoteBook:
    """Return the quote book of a day whose windows lie in ``session`` [start, end].

    The base is the first valid mid from the start on, as quotes of the pre-open may be far off; else the first
    of all. The grid has one or two cells a quote. Raises ValueError naming the quote if its price is so far from
    the others that no unit of time is coarse enough.
    """
    start, end = session
    n = len(time)
    first = int(time.searchsorted(start))
    row = first_valid(bid, offer, first)
    base = int(bid[row] + offer[row]) if row >= 0 else 0
    shift = max(1, (end - start) // max(n, 1)).bit_length() - 1
    book = buffers.take("book", (n + 1, BOOK_COLUMNS), np.int64)
    marks = buffers.take("marks", (n + 1, 2), np.int64)
    grid = buffers.take("grid", (max(0, end - start) // (1 << shift) + 1,), np.int32)
    moves = buffers.take("moves", (n, MOVE_COLUMNS), np.float64)
    inside = max(first - 1, 0), int(time.searchsorted(end))
    unit, made = 0, (book, marks, grid, (start, shift), moves, moves.view(np.int64))
    widest = fill_book(time, bid, offer, base, unit, inside, *made)
    if widest >= 0 and end > start:
        unit = time_shift(reach_of(book, widest, base), start, end)
        if unit > LARGEST_SHIFT:
            raise ValueError(
                f"quote row {widest} (time {time[widest]}, bid {bid[widest]}, offer {offer[widest]}) is too far from "
                "the day's other prices to average over time; check it, or read prices with fewer decimals"
            )
    if unit > 0:
        fill_book(time, bid, offer, base, unit, inside, *made)
    return QuoteBook(book, marks, grid, np.array([start, shift], np.int64), base, unit, moves)


def time_shift(reach: int, start: int, end: int) -> int:
    """Return the smallest shift at which ``reach`` over [start, end] fits; LARGEST_SHIFT + 1 if none does.

    reach : the largest magnitude of what is integrated, in half units
    """
    fits = (shift for shift in range(LARGEST_SHIFT + 1) if reach * ((end >> shift) - (start >> shift)) < ROOM)
    return next(fits, LARGEST_SHIFT + 1)


def reach_of(book: I64, row: int, base: int) -> int:
    """Return the larger of a quote's distance from ``base`` and its spread, in half units."""
    bid, offer = int(book[row, BOOK_BID]), int(book[row, BOOK_OFFER])
    return max(abs(bid + offer - base), offer - bid)


@kernel
def fill_snapshots(book: Array, base: int, out: Array) -> None:
    """Write how many quotes before each row are valid, and the sum of their mid2 - base.

    book : (n + 1, BOOK_COLUMNS), or no rows; out : (n + 1, SNAPSHOT_COLUMNS) int64
    """
    count = total = 0
    for i in range(len(book)):
        out[i, SNAPSHOT_COUNT] = count
        out[i, SNAPSHOT_TOTAL] = total
        if book[i, BOOK_MID2] != NULL:
            count += 1
            total += book[i, BOOK_MID2] - base


def quote_snapshots(book: I64, base: int, buffers: Buffers) -> I64:
    """Return running sums of valid mids for means over snapshots; none where ``base`` is NULL: not asked for."""
    out = buffers.take("snapshots", (0 if base == NULL else len(book), SNAPSHOT_COLUMNS), np.int64)
    fill_snapshots(book[: len(out)], base, out)
    return out
