"""The fast path of parsing: plain fields straight from the mapped bytes into integer columns.

A plain field is an integer, a decimal price, an epoch or ISO time, a side, a name that is short or known, or empty;
it may stand in quotes with no quote inside. Lines end in LF or CRLF. Every other line is handed on by its byte offsets,
and ``odd_lines`` decides what it is: this code never guesses.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from tickstore.input.fields import DATE, NAME, SIDE, SKIP, TIME
from tickstore.parse.known_names import UNKNOWN_NAME, find_name
from tickstore.times.iso_times import LOCAL, iso_time

_LF: Final = np.uint8(10)
_CR: Final = np.uint8(13)
_QUOTE: Final = np.uint8(34)
_MINUS: Final = np.uint8(45)
_DOT: Final = np.uint8(46)
_SLASH: Final = np.uint8(47)
_ZERO: Final = np.uint8(48)
_NINE: Final = np.uint8(57)
_T: Final = np.uint8(84)
_UNDERSCORE: Final = np.uint8(95)
_A: Final = np.uint8(97)
_Z: Final = np.uint8(122)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters; a blank
# Rows of a parse plan, one column of it a column of the file.
KIND, SLOT, DEFAULT, LOW, HIGH, SCALE, EMPTY_OK = 0, 1, 2, 3, 4, 5, 6
EASY_LOW, EASY_HIGH = 7, 8  # what digits alone may stand for, told without looking further
PLAN_HEIGHT: Final = 9
# What the kernel counts.
ROWS, ODD, BLANK, NEXT = 0, 1, 2, 3
_PACKED: Final = 7  # letters of a name that fit a number
_BAD: Final = UNKNOWN_NAME  # not a value of any field


@inlined
def _text_value(data: U8, start: int, stop: int, kind: int) -> Any:
    """Return the value of a side or name written in letters, or of a date with dashes or an ISO time, else _BAD.

    Sides are B, S, Buy, Sell in any case. A name, of at most _PACKED bytes, is packed into a number below zero if they
    are all of [A-Za-z0-9._-].
    A date YYYY-MM-DD, whatever follows it, becomes YYYYMMDD.
    """
    if kind == DATE:
        date = np.int64(0)
        if stop - start < 10 or not (_MINUS <= data[start + 4] <= _SLASH and _MINUS <= data[start + 7] <= _SLASH):
            return np.int64(_BAD)
        if stop - start > 10 and data[start + 10] != _SMALL and data[start + 10] != _T:
            return np.int64(_BAD)
        for i in range(start, start + 10):
            if _ZERO <= data[i] <= _NINE:
                date = date * 10 + (np.int64(data[i]) - 48)
        return date
    if kind == TIME:
        return iso_time(data, start, stop)
    if kind != SIDE and kind != NAME:
        return np.int64(_BAD)
    if kind == SIDE:
        word = np.int64(0)
        for i in range(start, min(stop, start + 5)):
            word = word * 256 + np.int64(data[i] | _SMALL)
        if word in (0x62, 0x627579):
            return np.int64(1)
        return np.int64(-1) if word in (0x73, 0x73656C6C) else np.int64(_BAD)
    packed = np.int64(0)
    if data[start] == _MINUS:
        return np.int64(_BAD)
    for i in range(start, stop):
        c = data[i]
        if not (_ZERO <= c <= _NINE or _A <= (c | _SMALL) <= _Z or c == _DOT or c == _UNDERSCORE or c == _MINUS):  # noqa: SIM109
            return np.int64(_BAD)
        packed = packed * 256 + np.int64(c)
    return -1 - packed


@inlined
def _plain_value(kind: int, value: Any, digits: int, negative: bool) -> Any:
    """Return what a run of digits means in a field of a kind; NULL for the files' null; _BAD if it cannot be."""
    if digits == 0 or digits > 19:
        return np.int64(_BAD)
    if value < 0:  # 19 digits beyond int64; Long.MIN_VALUE is the files' null
        return np.int64(NULL) if negative and value == NULL else np.int64(_BAD)
    if kind == SIDE:
        if negative or digits > 1 or value < 1 or value > 2:
            return np.int64(_BAD)
        return 3 - 2 * value
    if (kind == NAME and (negative or digits == 19)) or (kind == TIME and negative):
        return np.int64(_BAD)
    if negative:
        return -value
    if kind == TIME and value < 100_000_000_000_000_000:  # told from ns by its size: all after 1973, before 2255
        scale = 1_000 if value >= 100_000_000_000_000 else 1_000_000 if value >= 100_000_000_000 else 1_000_000_000
        return value * scale if value < 9_000_000_000_000_000_000 // scale else np.int64(_BAD)  # it would wrap
    return value


@inlined
def _decimals(data: U8, position: int, value: Any, digits: int, scale: int) -> tuple[Any, int]:
    """Return a price times ``scale`` and where its text ends; ``position`` is behind the digits of its whole part."""
    if digits > 8:  # it might overflow
        return np.int64(_BAD), position
    c = data[position]
    if c == _DOT:
        position += 1
        c = data[position]
    while scale > 1:
        value *= 10
        if _ZERO <= c <= _NINE:
            value += np.int64(c) - 48
            position += 1
            c = data[position]
        scale //= 10
    while c == _ZERO:
        position += 1
        c = data[position]
    return value, position


@inlined
def _field(data: U8, position: int, delim: Any, plan: I64, column: int) -> tuple[Any, int]:
    """Return the value of a field that is not just digits, and where its text ends; -1 if the line is odd.

    The value of a name that is not packed is UNKNOWN_NAME.
    """
    kind = plan[KIND, column]
    c = data[position]
    quoted = c == _QUOTE
    if quoted:
        position += 1
        c = data[position]
    begin = position
    value, digits, negative = np.int64(0), 0, False
    if kind != SKIP:
        negative = c == _MINUS
        if negative:
            position += 1
            c = data[position]
        digits = -position
        while _ZERO <= c <= _NINE:
            value = value * 10 + (np.int64(c) - 48)
            position += 1
            c = data[position]
        digits += position
        if plan[SCALE, column] > 1 and digits > 0:
            value, position = _decimals(data, position, value, digits, plan[SCALE, column])
            c = data[position]
    plain = c in (delim, _LF, _CR, _QUOTE) and (kind != NAME or digits < 2 or data[begin] != _ZERO)
    if not plain and kind in (SKIP, SIDE, NAME, DATE, TIME):
        while c != _LF and c != _QUOTE and (quoted or (c != delim and c != _CR)):
            position += 1
            c = data[position]
    if quoted:
        if c != _QUOTE:
            return np.int64(_BAD), -1
        position += 1
    if kind == SKIP:
        return value, position
    if position - quoted == begin:
        value = np.int64(NULL)
    elif plain:
        value = _plain_value(kind, value, digits, negative)
    elif kind == NAME and position - quoted - begin > _PACKED:
        value = np.int64(UNKNOWN_NAME)
    else:
        value = _text_value(data, begin, position - quoted, kind)
    if value == NULL and plan[EMPTY_OK, column] == 1:
        value = plan[DEFAULT, column]
    elif kind != NAME or value != UNKNOWN_NAME:
        below_low = value < plan[LOW, column] and kind != NAME and (kind != TIME or value > LOCAL)
        if below_low or value <= _BAD or value > plan[HIGH, column]:
            return value, -1
    return value, position


@inlined
def _parse_rows(
    data: U8,
    position: int,
    stop: int,
    delim: Any,
    plan: I64,
    out: I64,
    line_start: I64,
    row: int,
    book: NDArray[np.uint64],
) -> tuple[int, int]:
    """Parse lines until one is odd or blank, or ``out`` is full; return the next row and where it stopped.

    Most fields are just digits, and are read here: counting references to an array that is passed on takes longer
    than parsing a field.
    """
    last = plan.shape[1] - 1
    while position < stop and row < out.shape[1]:
        line = position
        c = data[position]
        for column in range(last + 1):
            kind = plan[KIND, column]
            first, begin = c, position
            value = np.int64(0)
            while _ZERO <= c <= _NINE:
                value = value * 10 + (np.int64(c) - 48)
                position += 1
                c = data[position]
            digits = position - begin
            easy = 0 < digits < 20 and plan[EASY_LOW, column] <= value <= plan[EASY_HIGH, column]
            if (
                not easy
                or c != (delim if column < last else _LF)
                or (kind in (NAME, SIDE) and digits > 1 and first == _ZERO)
            ):
                value, position = _field(data, begin, delim, plan, column)
                if position < 0:
                    return row, line
                if value == UNKNOWN_NAME and kind == NAME:
                    quoted = first == _QUOTE
                    value = find_name(data, begin + quoted, position - quoted, book)
                    if value == UNKNOWN_NAME:
                        return row, line
                c = data[position]
            elif kind == SIDE:
                value = 3 - 2 * value
            if kind != SKIP:
                out[plan[SLOT, column], row] = value
            if column < last:
                if c != delim:
                    return row, line
                position += 1
                c = data[position]
        position += c == _CR
        if data[position] != _LF:
            return row, line
        line_start[row] = line
        row += 1
        position += 1
    return row, position


@kernel
def parse_lines(
    data: U8,
    stop: int,
    delimiter: int,
    plan: I64,
    out: I64,
    line_start: I64,
    odd: I64,
    counts: I64,
    book: NDArray[np.uint64],
) -> None:
    """Parse the whole lines of data[counts[NEXT]:stop] until these, the rows or the odd lines are full.

    Parameters
    ----------
    data : (size,) uint8, the mapped file
    stop : data[stop - 1] is LF
    delimiter : the delimiter's byte
    plan : (9, file columns) int64: kind, row of ``out``, default, low, high, price scale, 1 if empty is allowed,
        least and greatest value of digits that need no further look
    out : (fields, capacity) int64; local times as `iso_times` writes them
    line_start : (capacity,) int64, byte offset of each parsed row's line
    odd : (odd capacity, 2) int64, [start, stop) of each line handed on, without its LF
    counts : (4,) int64, rows, odd lines, blank lines so far, position reached: carried on
    book : (n,) uint64, the names known, as `long_names` keeps them
    """
    delim = np.uint8(delimiter)
    rows, odds, blanks, position = counts[ROWS], counts[ODD], counts[BLANK], counts[NEXT]
    while position < stop and rows < out.shape[1] and odds < odd.shape[0]:
        c = data[position]
        if c == _LF or (c == _CR and data[position + 1] == _LF):
            blanks += 1
            position += 1 if c == _LF else 2
            continue
        rows, position = _parse_rows(data, position, stop, delim, plan, out, line_start, rows, book)
        if position >= stop or rows == out.shape[1]:
            break
        if data[position] == _LF or (data[position] == _CR and data[position + 1] == _LF):
            continue
        odd[odds, 0] = position
        while data[position] != _LF:
            position += 1
        odd[odds, 1] = position
        odds += 1
        position += 1
    counts[ROWS] = rows
    counts[ODD] = odds
    counts[BLANK] = blanks
    counts[NEXT] = position
