"""The fast path of parsing: plain fields straight from the mapped bytes into integer columns.

A plain field is an integer, a decimal price, an epoch time, a side, a short name, or empty; it may stand in
quotes with no quote inside. Lines end in LF or CRLF. Every other line is handed on by its byte offsets, and
``odd_lines`` decides what it is: this code never guesses.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined, kernel
from tickstore.fields import NAME, SIDE, SKIP, TIME

_LF: Final = np.uint8(10)
_CR: Final = np.uint8(13)
_QUOTE: Final = np.uint8(34)
_MINUS: Final = np.uint8(45)
_DOT: Final = np.uint8(46)
_ZERO: Final = np.uint8(48)
_NINE: Final = np.uint8(57)
_A: Final = np.uint8(97)
_Z: Final = np.uint8(122)
_UNDERSCORE: Final = np.uint8(95)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters
_LARGEST: Final = np.uint64(2**63 - 1)

# Columns of a parse plan.
KIND, SLOT, DEFAULT, LOW, HIGH, SCALE, EMPTY_OK = 0, 1, 2, 3, 4, 5, 6
PLAN_WIDTH: Final = 7
# What the kernel counts.
ROWS, ODD, BLANK, NEXT = 0, 1, 2, 3
# What became of a field.
_EMPTY, _VALUE, _BAD = 0, 1, 2


@inlined
def _line_end(data: NDArray[np.uint8], position: int) -> int:
    """Return the position of the LF at or after ``position``; the caller knows there is one."""
    while data[position] != _LF:
        position += 1
    return position


@inlined
def _is_line_end(data: NDArray[np.uint8], position: int) -> bool:
    end: bool = data[position] == _LF or (data[position] == _CR and data[position + 1] == _LF)
    return end


@inlined
def _text_end(data: NDArray[np.uint8], position: int, quoted: bool, delimiter: np.uint8) -> int:
    """Return where the text of a field that starts at ``position`` ends, at the latest at the LF."""
    c = data[position]
    if quoted:
        while c != _QUOTE and c != _LF:
            position += 1
            c = data[position]
    else:
        while c != delimiter and c != _LF and c != _CR and c != _QUOTE:
            position += 1
            c = data[position]
    return position


@inlined
def epoch_ns(value: int) -> int:
    """Return an epoch time in ns, told from seconds, ms and us by its size (all after 1973 and before 2255)."""
    if value >= 100_000_000_000_000_000:
        return value
    if value >= 100_000_000_000_000:
        return value * 1_000
    if value >= 100_000_000_000:
        return value * 1_000_000
    return value * 1_000_000_000 if 0 <= value < 9_000_000_000 else -1


@inlined
def _side(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """Return +1 or -1 for 1, 2, B, S, Buy, Sell in any case, else 0."""
    c = data[start]
    first = c | _SMALL
    if stop - start == 1:
        if c == np.uint8(49) or first == np.uint8(98):
            return 1
        return -1 if c == np.uint8(50) or first == np.uint8(115) else 0
    second = data[start + 1] | _SMALL
    third = data[start + 2] | _SMALL
    if stop - start == 3 and first == np.uint8(98) and second == np.uint8(117) and third == np.uint8(121):
        return 1
    if stop - start == 4 and first == np.uint8(115) and second == np.uint8(101) and third == np.uint8(108):
        return -1 if data[start + 3] | _SMALL == np.uint8(108) else 0
    return 0


@inlined
def _name(data: NDArray[np.uint8], start: int, stop: int) -> tuple[int, Any]:
    """Return (status, value) of an id: a canonical integer, or up to 7 of [A-Za-z0-9._-] packed below zero."""
    if stop == start:
        return _EMPTY, 0
    number = np.int64(0)
    packed = np.int64(0)
    digits = 0
    for i in range(start, min(stop, start + 19)):
        c = data[i]
        if _ZERO <= c <= _NINE:
            number = number * 10 + np.int64(c - _ZERO)
            digits += 1
        elif not (_A <= (c | _SMALL) <= _Z or c in (_DOT, _UNDERSCORE) or (c == _MINUS and i > start)):
            return _BAD, 0
        packed = packed * 256 + np.int64(c)
    if digits == stop - start and digits < 19 and (digits == 1 or data[start] != _ZERO):
        return _VALUE, number
    return (_VALUE, -1 - packed) if stop - start <= 7 else (_BAD, 0)


@inlined
def _number(data: NDArray[np.uint8], position: int, scale: int) -> tuple[int, Any, int]:
    """Return (status, value, end) of an integer, or of a decimal times ``scale`` where scale > 1."""
    begin = position
    c = data[position]
    negative = c == _MINUS
    if negative:
        position += 1
        c = data[position]
    number = np.uint64(0)
    first = position
    while _ZERO <= c <= _NINE:
        number = number * np.uint64(10) + np.uint64(c - _ZERO)
        position += 1
        c = data[position]
    digits = position - first
    if digits == 0:
        return (_BAD if negative else _EMPTY), 0, begin
    if scale > 1:
        if c == _DOT:
            position += 1
            c = data[position]
            while scale > 1 and _ZERO <= c <= _NINE:
                number = number * np.uint64(10) + np.uint64(c - _ZERO)
                scale //= 10
                digits += 1
                position += 1
                c = data[position]
            while c == _ZERO:
                position += 1
                c = data[position]
        while scale > 1:
            number *= np.uint64(10)
            scale //= 10
            digits += 1
    if digits > 19 or number > _LARGEST:
        # Long.MIN_VALUE is the files' null; every other number of that size is out of range
        null = negative and digits == 19 and number == _LARGEST + np.uint64(1)
        return (_EMPTY if null else _BAD), 0, position
    return _VALUE, (-np.int64(number) if negative else np.int64(number)), position


@inlined
def _field(
    data: NDArray[np.uint8], position: int, delimiter: np.uint8, plan: NDArray[np.int64], column: int
) -> tuple[int, Any, int]:
    """Return (status, value, position of the delimiter or line end) of one field."""
    kind = plan[column, KIND]
    quoted = data[position] == _QUOTE
    if quoted:
        position += 1
    begin = position
    status, value = _VALUE, 0
    if kind == SKIP:
        position = _text_end(data, position, quoted, delimiter)
    elif kind == SIDE:
        position = _text_end(data, position, quoted, delimiter)
        if position == begin:
            status = _EMPTY
        else:
            value = _side(data, begin, position)
            status = _VALUE if value != 0 else _BAD
    elif kind == NAME:
        position = _text_end(data, position, quoted, delimiter)
        status, value = _name(data, begin, position)
    else:
        status, value, position = _number(data, position, plan[column, SCALE])
        if kind == TIME and status == _VALUE:
            value = epoch_ns(value)
    if quoted:
        if data[position] != _QUOTE:
            return _BAD, 0, position
        position += 1
    return status, value, position


@kernel
def parse_lines(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    delimiter: int,
    plan: NDArray[np.int64],
    out: NDArray[np.int64],
    line_start: NDArray[np.int64],
    odd: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Parse the whole lines of data[start:stop] until these, the rows or the odd lines are full.

    Parameters
    ----------
    data : (size,) uint8, the mapped file
    start, stop : [start, stop), whole lines: data[stop - 1] is LF
    delimiter : the delimiter's byte
    plan : (file columns, 7) int64: kind, row of ``out``, default, low, high, price scale, 1 if empty is allowed
    out : (fields, capacity) int64
    line_start : (capacity,) int64, byte offset of each parsed row's line
    odd : (odd capacity, 2) int64, [start, stop) of each line handed on, without its LF
    counts : (4,) int64, filled: rows, odd lines, blank lines, position reached
    """
    delim = np.uint8(delimiter)
    columns = plan.shape[0]
    rows, odds, blanks = 0, 0, 0
    position = start
    while position < stop and rows < out.shape[1] and odds < odd.shape[0]:
        line = position
        if _is_line_end(data, position):
            blanks += 1
            position = _line_end(data, position) + 1
            continue
        good = False
        for column in range(columns):
            status, value, position = _field(data, position, delim, plan, column)
            slot = plan[column, SLOT]
            if status == _VALUE and slot >= 0:
                if value > plan[column, HIGH] or (value < plan[column, LOW] and plan[column, KIND] != NAME):
                    break
                out[slot, rows] = value
            elif status == _EMPTY and plan[column, EMPTY_OK] == 1:
                out[slot, rows] = plan[column, DEFAULT]
            elif status != _VALUE:
                break
            if _is_line_end(data, position):
                good = column == columns - 1
                break
            if data[position] != delim:
                break
            position += 1
        if good:
            line_start[rows] = line
            rows += 1
            position = _line_end(data, position) + 1
        else:
            stop_of_line = _line_end(data, line)
            odd[odds, 0] = line
            odd[odds, 1] = stop_of_line
            odds += 1
            position = stop_of_line + 1
    counts[ROWS] = rows
    counts[ODD] = odds
    counts[BLANK] = blanks
    counts[NEXT] = position
