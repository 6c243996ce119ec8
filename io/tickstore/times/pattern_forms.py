"""The patterns of `time_patterns` for a sample of a column's texts, for a stated format, and for stated units."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from kernels.base.columns import I64
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_formats import Token, stated_format
from tickstore.times.stated_numbers import DIGIT_CLOCK, clock_ns, unit_ns
from tickstore.times.time_patterns import (
    AM_WORD,
    BILLION,
    DATE_UNIT,
    END_DATE,
    END_NUMBER,
    FRACTION,
    HOUR_12,
    LITERAL,
    MAY_ZONE,
    MUST_ZONE,
    NO_ZONE,
    NUMBER,
    WORD,
)
from tickstore.times.trade_dates import DAY_NS
from tickstore.times.written_forms import CLOCK, DIGITS
from tickstore.times.written_times import NULL_TEXT, written_form

Operation = tuple[int, int, int, int, int, int]
_DAY: Final = 86_400
_MOST_SECONDS: Final = 9 * BILLION  # more digits are ms
_MOST: Final = 2**63 - 1
# What a part of a time may be at most, and its weight in the total of a pattern.
_PARTS: Final = {
    "year": (9_999, DATE_UNIT * 10_000),
    "short_year": (68, DATE_UNIT * 10_000),  # from 69 on it is of another century
    "month": (12, DATE_UNIT * 100),
    "day": (31, DATE_UNIT),
    "hour": (23, 3_600),
    "hour12": (12, 3_600),
    "minute": (59, 60),
    "second": (59, 1),  # leap seconds are left to the slow path
}
_WORDS: Final = {
    "name": (WORD, 3, 0, 12, DATE_UNIT * 100, 1),
    "half": (WORD, 2, AM_WORD, AM_WORD + 2, _DAY // 2, -AM_WORD),
}
# What the parser reads without a pattern: ISO times, and ns since 1970.
_READ_ANYWAY: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt _]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d(?::?\d\d)?)?|[1-6]\d{18}", re.ASCII
)
_SECONDS: Final = re.compile(r"\d{9,10}\.\d{1,9}", re.ASCII)


def infer_pattern(texts: Sequence[str]) -> I64:
    """Return the pattern of most of some times as a file writes them; an empty one if ISO times and digits are more."""
    return _most_common(texts, _time_operations)


def infer_clock_pattern(texts: Sequence[str], unit: str = "s") -> I64:
    """Return the pattern of most of some clocks since midnight, see `clock_ns`; an empty one if they have none."""
    return _most_common(texts, lambda text: _clock_operations(text, unit))


def format_pattern(form: str) -> I64:
    """Return the pattern of a stated format, of a clock alone, too; an empty one if only the slow path reads it.

    These are days of the year, an offset that is not the last, and a date alone.
    """
    stated = stated_format(form)
    parts = [token.part for token in stated.tokens]
    zone = MUST_ZONE if "zone" in parts else NO_ZONE
    if "day_of_year" in parts or "zone" in parts[:-1] or not stated.has_clock or (zone and not stated.has_date):
        return np.zeros(0, np.int64)
    century = 2_000 * _PARTS["year"][1] if "short_year" in parts else 0
    end = (END_DATE, zone, 0, 0, century, 0) if stated.has_date else _end_of_number(BILLION, _DAY)
    return _pattern([*_operations(stated.tokens), end])


def number_pattern(unit: str, epoch_ns: int) -> I64:
    """Return the pattern of a number of units since an epoch, see `number_time`; an empty one for those before 1678."""
    scale = unit_ns(unit)
    most = min(_MOST, _MOST - epoch_ns)  # what is counted, and what it becomes, both fit
    return _pattern(_number_operations(scale, most // scale, epoch_ns) if -epoch_ns <= _MOST else ())


def _most_common(texts: Iterable[str], operations: Callable[[str], Sequence[Operation]]) -> I64:
    found = Counter(tuple(operations(text)) for text in texts if text and text != NULL_TEXT)
    return _pattern(found.most_common(1)[0][0] if found else ())


def _pattern(operations: Sequence[Operation]) -> I64:
    return np.array(operations, np.int64).reshape(-1)


def _time_operations(text: str) -> Sequence[Operation]:
    """Return the operations that read a time and others of its form; none where it is left to others."""
    if _READ_ANYWAY.fullmatch(text):
        return ()
    if _SECONDS.fullmatch(text):
        return _number_operations(BILLION, _MOST_SECONDS, 0)
    form = written_form(text)
    tokens = [] if form is None else _form_tokens(text, form)
    if form is None or not tokens:
        return ()
    zone = MAY_ZONE if "zone" in form.re.groupindex else NO_ZONE
    return (*_operations(tokens), (END_DATE, zone, 0, 0, 0, 0))


def _clock_operations(text: str, unit: str) -> Sequence[Operation]:
    """Return the operations that read a clock and others of its form; none where it is left to the slow path."""
    try:
        clock_ns(text, unit)
    except RejectError:
        return ()
    form, digits = CLOCK.fullmatch(text), DIGIT_CLOCK.fullmatch(unit)
    if form is not None:
        return (*_operations(_form_tokens(text, form)), _end_of_number(BILLION, _DAY))
    if digits is None:
        return _number_operations(unit_ns(unit), DAY_NS // unit_ns(unit), 0)
    if not text.isdigit() or len(text) < 5 + len(digits[1]):
        return ()
    places = len(digits[1]) or (len(text) - 5) // 3 * 3
    hour = (NUMBER, 1, 2, *_PARTS["hour"], 4 + places)  # one digit or two: the others' count is known
    tokens = [Token("minute", 2, 2), Token("second", 2, 2), Token("fraction", places, places)]
    return (hour, *_operations(tokens), _end_of_number(BILLION, _DAY))


def _form_tokens(text: str, form: re.Match[str]) -> list[Token]:
    """Return what a stated format would say of a text; nothing where the full name of a month stands in it."""
    tokens: list[Token] = []
    position = 0
    marks = "." if form.re is DIGITS else ".,"
    for part in sorted((p for p in (*_PARTS, *_WORDS) if form.groupdict().get(p)), key=form.start):
        start, end = form.span(part)
        tokens.append(Token("", text=text[position:start]))
        digits = 4 if part == "year" else 2
        alone = not (text[:start][-1:].isdigit() or text[end : end + 1].isdigit())
        fewest = 1 if alone and part in ("month", "day", "hour") else digits
        tokens.append(Token("hour12" if part == "hour" and form.groupdict().get("half") else part, fewest, digits))
        position = end
        if part == "second":
            fraction = form["fraction"] or ""
            count = len(fraction)
            tokens.append(Token("fraction", count, count) if text.isdigit() else Token("fraction", 1, 9, marks))
            position = form.end("fraction") if fraction else end
    return [] if len(form.groupdict().get("name") or "abc") != 3 else tokens


def _operations(tokens: Iterable[Token]) -> Iterator[Operation]:
    for part, least, most, text in tokens:
        if not part:
            yield from ((LITERAL, byte, 0, 0, 0, 0) for byte in text.encode())
        elif part in _WORDS:
            yield _WORDS[part]
        elif part in _PARTS:
            yield (NUMBER if part != "hour12" else HOUR_12, least, most, *_PARTS[part], 0)
        elif part == "fraction" and text:
            yield (FRACTION, least, most, BILLION, ord(text[0]), ord(text[-1]))
        elif part == "fraction":
            yield (NUMBER, least, most, BILLION, 0, 0)


def _number_operations(scale: int, below: int, zero: int) -> Sequence[Operation]:
    point = ord(".")
    return (
        (NUMBER, 1, 19, below - 1, 1, 0),
        (FRACTION, 1, 9, BILLION, point, point),
        _end_of_number(scale, below, zero),
    )


def _end_of_number(scale: int, below: int, zero: int = 0) -> Operation:
    return (END_NUMBER, max(1, BILLION // scale), max(1, scale // BILLION), below, scale, zero)
