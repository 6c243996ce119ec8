"""One field of a line that is not just digits, straight from the mapped bytes: a layer of the fast path of parsing.

A plain field is an integer, a decimal price, an epoch or ISO time, a side, a name that is short or known, or empty;
it may stand in quotes with no quote inside. `fast_lines` calls this for the fields of a line; what is not plain makes
the line odd.
"""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from tickstore.input.fields import DATE, NAME, SIDE, SKIP, TIME
from tickstore.parse.known_names import UNKNOWN_NAME
from tickstore.times.iso_times import LOCAL, iso_time

LF: Final = np.uint8(10)
CR: Final = np.uint8(13)
QUOTE: Final = np.uint8(34)
_MINUS: Final = np.uint8(45)
_DOT: Final = np.uint8(46)
_SLASH: Final = np.uint8(47)
ZERO: Final = np.uint8(48)
NINE: Final = np.uint8(57)
_T: Final = np.uint8(84)
_UNDERSCORE: Final = np.uint8(95)
_A: Final = np.uint8(97)
_Z: Final = np.uint8(122)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters; a blank
# Rows of a parse plan, one column of it a column of the file.
KIND, SLOT, DEFAULT, LOW, HIGH, SCALE, EMPTY_OK = 0, 1, 2, 3, 4, 5, 6
EASY_LOW, EASY_HIGH = 7, 8  # what digits alone may stand for, told without looking further
PLAN_HEIGHT: Final = 9
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
            if ZERO <= data[i] <= NINE:
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
        if not (ZERO <= c <= NINE or _A <= (c | _SMALL) <= _Z or c == _DOT or c == _UNDERSCORE or c == _MINUS):  # noqa: SIM109
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
        if ZERO <= c <= NINE:
            value += np.int64(c) - 48
            position += 1
            c = data[position]
        scale //= 10
    while c == ZERO:
        position += 1
        c = data[position]
    return value, position


@inlined
def _may_be_stored(kind: int, value: Any, plan: I64, column: int) -> bool:
    """Return whether a value is within a field's limits, or a name yet to be looked up."""
    if kind == NAME and value == UNKNOWN_NAME:
        return True
    below_low = value < plan[LOW, column] and kind != NAME and (kind != TIME or value > LOCAL)
    return not (below_low or value <= _BAD or value > plan[HIGH, column])


@inlined
def read_field(data: U8, position: int, delim: Any, plan: I64, column: int) -> tuple[Any, int]:
    """Return the value of a field that is not just digits, and where its text ends; -1 if the line is odd.

    The value of a name that is not packed is UNKNOWN_NAME.
    """
    kind = plan[KIND, column]
    c = data[position]
    quoted = c == QUOTE
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
        while ZERO <= c <= NINE:
            value = value * 10 + (np.int64(c) - 48)
            position += 1
            c = data[position]
        digits += position
        if plan[SCALE, column] > 1 and digits > 0:
            value, position = _decimals(data, position, value, digits, plan[SCALE, column])
            c = data[position]
    plain = c in (delim, LF, CR, QUOTE) and (kind != NAME or digits < 2 or data[begin] != ZERO)
    if not plain and kind in (SKIP, SIDE, NAME, DATE, TIME):
        while c != LF and c != QUOTE and (quoted or (c != delim and c != CR)):
            position += 1
            c = data[position]
    if quoted:
        if c != QUOTE:
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
        return plan[DEFAULT, column], position
    return value, position if _may_be_stored(kind, value, plan, column) else -1
