"""One field of a line that is not just digits, straight from the mapped bytes: a layer of the fast path of parsing.

A plain field is an integer, a decimal, a time in a form that all of its column have, a side, a name that is short or
known, a word that the file uses for a value, or empty; it may stand in quotes with no quote inside, or between blanks.
`fast_lines` calls this for the fields of a line; what is not plain makes the line odd.
"""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined
from kernels.conventions import NULL
from tickstore.input.fields import DATE, NAME, ODD, SIDE, SKIP, TIME
from tickstore.parse.known_names import UNKNOWN_NAME
from tickstore.times.iso_times import LOCAL, NO_TIME, fractional_seconds, iso_time
from tickstore.times.time_patterns import read_pattern

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
SPACE: Final = np.uint8(32)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters
# Rows of a parse plan. One of its columns is a column of the file, as far as there are any.
KIND, SLOT, DEFAULT, LOW, HIGH, SCALE, EMPTY_OK = 0, 1, 2, 3, 4, 5, 6
EASY_LOW, EASY_HIGH = 7, 8  # what digits alone may stand for, told without looking further
DIVISOR, UNSIGNED = 9, 10  # of a decimal; whether numbers of 64 bits without a sign are taken, as their bits
PATTERN, STATED = 11, 12  # of times: where their pattern begins, -1 none; whether they have no other form
WORD_FIRST, WORD_STOP = 13, 14  # columns of the plan, behind those of the file, that hold its words
LEARN: Final = 15  # whether the fast path numbers new names by itself
PATTERNS: Final = 16  # one number of this row a step of a pattern, those of all columns one behind the other
WORD_SIZES: Final = 17  # a bit for each length that words of the column have
PLAN_HEIGHT: Final = 18
WORD_BYTES: Final = 24  # of a word: three numbers, then its length and its value
_PACKED: Final = 7  # letters of a name that fit a number
_BAD: Final = UNKNOWN_NAME  # not a value of any field


@inlined
def _text_value(data: U8, start: int, stop: int, kind: int) -> Any:
    """Return the value of a side or name written in letters, or of a date with dashes, else _BAD.

    Sides are B, S, Buy, Sell, Bid, Ask, Offer in any case. A name, of at most _PACKED bytes, is packed into a number
    below zero if they are all of [A-Za-z0-9._-].
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
    if kind != SIDE and kind != NAME:
        return np.int64(_BAD)
    if kind == SIDE:
        word = np.int64(0)
        for i in range(start, min(stop, start + 6)):
            word = word * 256 + np.int64(data[i] | _SMALL)
        if word in (0x62, 0x627579, 0x626964):
            return np.int64(1)
        return np.int64(-1) if word in (0x73, 0x73656C6C, 0x61736B, 0x6F66666572) else np.int64(_BAD)
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
        if digits > 1 or value < 1 or value > 2 - negative:
            return np.int64(_BAD)
        return -1 if negative else 3 - 2 * value
    if (kind == NAME and (negative or digits == 19)) or (kind == TIME and negative):
        return np.int64(_BAD)
    if negative:
        return -value
    if kind == TIME and value < 100_000_000_000_000_000:  # told from ns by its size: all after 1973, before 2255
        scale = 1_000 if value >= 100_000_000_000_000 else 1_000_000 if value >= 100_000_000_000 else 1_000_000_000
        return value * scale if value < 9_000_000_000_000_000_000 // scale else np.int64(_BAD)  # it would wrap
    return value


@inlined
def _unsigned_value(value: Any, digits: int, first: Any) -> Any:
    """Return the 64 bits of a number of 19 or 20 digits, which wrapped to ``value``; _BAD where it has more bits."""
    fits = digits == 19 or (digits == 20 and first == ZERO + 1 and np.uint64(value) >= np.uint64(10**19))
    return value if fits and value != NULL else np.int64(_BAD)


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
def _word_value(data: U8, start: int, stop: int, plan: I64, column: int) -> Any:
    """Return what a word of the column stands for, _BAD where the text is none of them."""
    first, second, third = np.int64(0), np.int64(0), np.int64(0)
    if stop - start > WORD_BYTES or plan[WORD_SIZES, column] >> (stop - start) & 1 == 0:
        return np.int64(_BAD)
    for i in range(start, stop):
        if i - start < 8:
            first = (first << 8) | np.int64(data[i])
        elif i - start < 16:
            second = (second << 8) | np.int64(data[i])
        else:
            third = (third << 8) | np.int64(data[i])
    for word in range(plan[WORD_FIRST, column], plan[WORD_STOP, column]):
        here = plan[0, word] == first and plan[1, word] == second and plan[2, word] == third
        if here and plan[3, word] == stop - start:
            return plan[4, word]
    return np.int64(_BAD)


@inlined
def _may_be_stored(kind: int, value: Any, plan: I64, column: int) -> bool:
    """Return whether a value is within a field's limits, or a name yet to be looked up."""
    if kind == NAME and value == UNKNOWN_NAME:
        return True
    if plan[UNSIGNED, column] and value > _BAD:
        return True
    below_low = value < plan[LOW, column] and kind != NAME and (kind != TIME or value > LOCAL)
    return not (below_low or value <= _BAD or value > plan[HIGH, column])


@inlined
def _value(data: U8, start: int, stop: int, plain: bool, number: Any, digits: int, plan: I64, column: int) -> Any:
    """Return the value of a text that is no word; ``number`` is what its digits are."""
    kind, negative = plan[KIND, column], data[start] == _MINUS
    if kind == TIME:
        value, stated = np.int64(NO_TIME), plan[STATED, column]
        if not plain and not stated:
            if 9 <= digits <= 10 and data[start + digits] == _DOT:
                value = fractional_seconds(data, start + digits + 1, stop, number)
            else:
                value = iso_time(data, start, stop)
        if value == NO_TIME and plan[PATTERN, column] >= 0:
            value = read_pattern(data, start, stop, plan[PATTERNS], plan[PATTERN, column])
        return _plain_value(kind, number, digits, negative) if value == NO_TIME and plain and not stated else value
    if not plain:
        if kind == NAME and stop - start > _PACKED:
            return np.int64(UNKNOWN_NAME)
        return _text_value(data, start, stop, kind)
    if plan[UNSIGNED, column] and not negative and digits >= 19:
        return _unsigned_value(number, digits, data[start])
    value = _plain_value(kind, number, digits, negative)
    if plan[UNSIGNED, column] and negative and value != NULL:
        return np.int64(_BAD)
    if plan[DIVISOR, column] > 1 and value > 0:
        return value // plan[DIVISOR, column] if value % plan[DIVISOR, column] == 0 else np.int64(_BAD)
    return value


@inlined
def read_field(data: U8, position: int, delim: Any, plan: I64, column: int) -> tuple[Any, int]:
    """Return the value of a field that is not just digits, and where its text ends; -1 if the line is odd.

    The value of a name that is not packed is UNKNOWN_NAME.
    """
    kind, words = plan[KIND, column], plan[WORD_STOP, column] > 0
    blanks = -position
    while data[position] == SPACE:
        position += 1
    blanks += position
    c = data[position]
    quoted = c == QUOTE
    if kind == ODD or (quoted and blanks > 0):
        return np.int64(_BAD), -1
    if quoted:
        position += 1
        c = data[position]
    begin = end = position
    number, digits = np.int64(0), 0
    if kind != SKIP:
        if c == _MINUS:
            position += 1
            c = data[position]
        digits = -position
        while ZERO <= c <= NINE:
            number = number * 10 + (np.int64(c) - 48)
            position += 1
            c = data[position]
        digits += position
        if digits > 0 and (plan[SCALE, column] > 1 or (plan[SCALE, column] == 1 and c == _DOT)):
            number, position = _decimals(data, position, number, digits, plan[SCALE, column])
        end = position
        while data[position] == SPACE:
            position += 1
        c = data[position]
    plain = c in (delim, LF, CR, QUOTE) and (kind != NAME or digits < 2 or data[begin] != ZERO)
    if not plain and (words or kind in (SKIP, SIDE, NAME, DATE, TIME)):
        while c != LF and c != QUOTE and (quoted or (c != delim and c != CR)):
            position += 1
            c = data[position]
        end = position
        while end > begin and data[end - 1] == SPACE:
            end -= 1
    if quoted:
        if c != QUOTE:
            return np.int64(_BAD), -1
        position += 1
    if kind == SKIP:
        return np.int64(0), position
    value = np.int64(_BAD)
    if end == begin:
        value = np.int64(NULL)
    elif words and not (plain and number == NULL):  # the usual null is told by its digits
        value = _word_value(data, begin, end, plan, column)
    if value == _BAD:
        value = _value(data, begin, end, plain, number, digits, plan, column)
    if value == NULL and plan[EMPTY_OK, column] == 1:
        return plan[DEFAULT, column], position
    return value, position if _may_be_stored(kind, value, plan, column) else -1
