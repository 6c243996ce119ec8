"""Times in one form, straight from the bytes of a line: Python makes a pattern of the form, a kernel reads by it.

A pattern is a row of operations, each of STRIDE numbers: what to read, the fewest and the most digits, the highest
value, the weight of the value in a running total, and a number more. Years, months and days add to the total above
DATE_UNIT, the seconds of the clock below it; a fraction is kept apart. The last operation says what the total means.
What a pattern reads the slow path reads alike; what it does not is left to the slow path.
"""

from typing import Any, Final

import numpy as np

from kernels.base.columns import I64, U8
from kernels.base.compiling import inlined
from tickstore.times.iso_times import NO_TIME, civil_day, offset_minutes
from tickstore.times.written_forms import MONTHS

STRIDE: Final = 6
# A total that is a date and a clock: may an offset follow (NO_ZONE ...), -, -, what the total starts from.
END_DATE: Final = 0
# A total that counts units: the fraction's divisor, its factor, what the total stays below, ns of a unit, ns of 0.
END_NUMBER: Final = 1
LITERAL: Final = 2  # the byte
NUMBER: Final = 3  # the last number: how many bytes are left for what follows; of weight 0: a fraction
HOUR_12: Final = 4  # 12 is 0
FRACTION: Final = 5  # its mark, or a second one, in front; without a mark there is none
WORD: Final = 6  # letters in place of digits; words from, words below; the last number: the value of word 0
NO_ZONE, MAY_ZONE, MUST_ZONE = 0, 1, 2
DATE_UNIT: Final = 100_000  # more than a day has seconds
BILLION: Final = 1_000_000_000
_TENS: Final = tuple(10**power for power in range(10))
_DOT: Final = np.uint8(46)
_COMMA: Final = 44
_ZERO: Final = np.uint8(48)
_NINE: Final = np.uint8(57)
_PLUS: Final = np.uint8(43)
_MINUS: Final = np.uint8(45)
_SMALL: Final = np.uint8(32)  # the bit between capital and small letters; a blank
# Months, AM and PM, and names of UTC: their small letters, a byte each.
WORDS: Final = tuple(int.from_bytes(word.encode(), "big") for word in (*MONTHS, "am", "pm", "z", "utc", "gmt"))
AM_WORD, UTC_WORD = 12, 14


@inlined
def _word(data: U8, start: int, stop: int, first: int, behind: int) -> Any:
    """Return which of the words from ``first`` on, and before ``behind``, stands there in any case; -1 for none."""
    packed = np.int64(0)
    for i in range(start, stop):
        packed = packed * 256 + np.int64(data[i] | _SMALL)
    for k in range(first, behind):
        if WORDS[k] == packed:
            return np.int64(k)
    return np.int64(-1)


@inlined
def _zone_minutes(data: U8, start: int, stop: int) -> Any:
    """Return the minutes that a clock with this offset is ahead of UTC, NO_TIME where it is none."""
    c = data[start]
    if c in (_PLUS, _MINUS):
        minutes = offset_minutes(data, start, stop)
        if minutes < 0:
            return np.int64(NO_TIME)
        return minutes if c == _PLUS else -minutes
    known = stop - start <= 3 and _word(data, start, stop, UTC_WORD, len(WORDS)) >= 0
    return np.int64(0) if known else np.int64(NO_TIME)


@inlined
def _date_time(data: U8, position: int, stop: int, zone: int, total: Any, fraction: Any) -> Any:
    """Return what `read_pattern` does of a date and a clock, whose text ends at ``position`` or in an offset."""
    days = civil_day(total // (DATE_UNIT * 10_000), total // (DATE_UNIT * 100) % 100, total // DATE_UNIT % 100)
    if days < 0:
        return np.int64(NO_TIME)
    ns = (days * 86_400 + total % DATE_UNIT) * BILLION + fraction
    if position == stop:
        return -ns if zone != MUST_ZONE else np.int64(NO_TIME)
    if zone == MAY_ZONE and data[position] == _SMALL:
        position += 1
    if zone == NO_ZONE or position == stop:
        return np.int64(NO_TIME)
    minutes = _zone_minutes(data, position, stop)
    return ns - minutes * 60 * BILLION if minutes != NO_TIME else np.int64(NO_TIME)


@inlined
def read_pattern(data: U8, start: int, stop: int, pattern: I64, begin: int) -> Any:
    """Return the time that data[start:stop] writes in a form, as `iso_time` does; NO_TIME if it is not in the form.

    That is ns UTC, or, without an offset, minus ns of the local clock since 1970. A form of a clock or a number gives
    ns >= 0 since midnight or 1970.

    Parameters
    ----------
    pattern, begin : (n,) int64, operations from ``begin`` on: patterns of several columns may lie in one array
    """
    position, k = start, begin
    total, fraction = np.int64(0), np.int64(0)
    while pattern[k] > END_NUMBER:
        kind = pattern[k]
        if kind == LITERAL:
            if position >= stop or data[position] != pattern[k + 1]:
                return np.int64(NO_TIME)
            position += 1
        elif kind == WORD:
            behind = position + pattern[k + 1]
            if behind > stop:
                return np.int64(NO_TIME)
            word = _word(data, position, behind, pattern[k + 2], pattern[k + 3])
            if word < 0:
                return np.int64(NO_TIME)
            total += (word + pattern[k + 5]) * pattern[k + 4]
            position = behind
        elif kind != FRACTION or (
            position < stop and (data[position] == pattern[k + 4] or data[position] == pattern[k + 5])
        ):
            position += kind == FRACTION
            most = min(position + pattern[k + 2], stop if kind == FRACTION else stop - pattern[k + 5])
            value, digits = np.int64(0), -position
            while position < most and _ZERO <= data[position] <= _NINE:
                value = value * 10 + (np.int64(data[position]) - 48)
                position += 1
            digits += position
            if digits < pattern[k + 1] or value < 0 or value > pattern[k + 3] or (kind == HOUR_12 and value == 0):
                return np.int64(NO_TIME)
            if kind == FRACTION or pattern[k + 4] == 0:
                fraction = value * _TENS[9 - digits] if digits <= 9 else value
            else:
                total += (value % 12 if kind == HOUR_12 else value) * pattern[k + 4]
        k += STRIDE
    if pattern[k] == END_DATE:
        return _date_time(data, position, stop, pattern[k + 1], total + pattern[k + 4], fraction)
    if position != stop or total >= pattern[k + 3]:
        return np.int64(NO_TIME)
    ns = pattern[k + 5] + total * pattern[k + 4] + fraction // pattern[k + 1] * pattern[k + 2]
    return ns if ns >= 0 else np.int64(NO_TIME)
