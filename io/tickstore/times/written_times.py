"""Times as files write them: epochs in any unit, ISO 8601, the forms of vendors. For the slow path and session files.

`written_forms` holds the forms of a date and a clock, this module what is told by the size of a number.
"""

import re
from decimal import Decimal
from typing import Final

from kernels.conventions import NULL
from tickstore.times.reject_error import RejectError
from tickstore.times.written_forms import DIGITS, instant_ns, is_ambiguous, match_form, may_be_cut

NULL_TEXT: Final = str(NULL)
AMBIGUOUS: Final = "ambiguous date: set time_format"
ROUNDED: Final = "time in scientific notation"  # 1.725e+09: what it does not show is lost
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", re.ASCII)
_EPOCHS: Final = range(315 * 10**15, 7_258 * 10**15)  # 1980 to 2199: digits that count to none of these write a date
_MOST_DIGITS: Final = 40  # more than any field takes; int() refuses thousands


def whole_number(digits: str) -> int:
    """Return the value of digits however many they are; of too many for any field, a value too large for all."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def describe_forms() -> str:
    """Return the forms that are read, for the message about one that is not."""
    return (
        "times are read as 2024-09-05T10:00:00.123Z, 2024-09-05 10:00:00, 2024/09/05 10:00:00, "
        "2024.09.05D10:00:00.123456789, 20240905-10:00:00.123, 20240905100000123, 5 Sep 2024 10:00:00, each with an "
        "offset, Z, UTC or GMT or as local time, and as epoch seconds, ms, us or ns; anything else by time_format"
    )


def parse_time(text: str, timezone: str) -> int:
    """Return ns UTC of an epoch, of an ISO time, or of a date and a clock in another clear form; -1 out of every range.

    RejectError: it is not a time.
    """
    form, ns = _form_or_number(text)
    try:
        if form is not None:
            return instant_ns(form.groupdict(), timezone)
    except ValueError:  # there is no such date
        pass
    if ns is None:
        raise RejectError(AMBIGUOUS if is_ambiguous(text) else why_unread(text))
    return ns


def why_unread(text: str) -> str:
    """Return the reason for a text that is no time.

    Examples
    --------
    >>> why_unread("1.725e+09"), why_unread("noon")
    ('time in scientific notation', 'malformed time')
    """
    return ROUNDED if _SCIENTIFIC.fullmatch(text) else "malformed time"


def written_form(text: str) -> re.Match[str] | None:
    """Return the parts of a time written as a date and a clock, None for an epoch time and for all else."""
    return _form_or_number(text)[0]


def time_shape(text: str) -> str:
    """Return what the times of a file have in common: the digits of an epoch time, the offset of an ISO time.

    Examples
    --------
    >>> time_shape("1725494400"), time_shape("1725494400.25"), time_shape("2024-09-05T10:00:00.1+10:00")
    ('10', '10.', '+99:99')
    """
    whole, point, rest = text.partition(".")
    if whole.isdigit() and not rest.strip("0123456789"):
        return f"{len(whole)}{point}"
    behind = text if ":" in text[1:3] else text[11:]  # a clock, or what follows a date
    offset = re.search(r"(?:[A-Za-z]+|[+-][\d:]+)$", behind)
    shape = re.sub(r"\d", "9", offset[0]) if offset else ""
    return "AM" if shape.upper() in ("AM", "PM") else shape


def looks_whole(text: str, shape: str | None) -> bool:
    """Return whether a time may be all that was written, going by a time of the same file."""
    if not text or text == NULL_TEXT:
        return True
    ours = time_shape(text)
    return shape in (None, ours) and (ours[:1].isdigit() or not may_be_cut(text))


def _form_or_number(text: str) -> tuple[re.Match[str] | None, int | None]:
    """Return the parts of a date and a clock; and ns of an epoch time, which digits may be, too."""
    digits = text.removeprefix("-")
    plain = digits.replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit()):
        return match_form(text), None
    ns = _number_ns(digits) if digits == text else -1
    return None if ns in _EPOCHS else DIGITS.fullmatch(text), ns


def _number_ns(digits: str) -> int:
    """Return ns of an epoch time, with a fraction or not; -1 where it is out of every range."""
    if digits.isdigit():
        return -1 if whole_number(digits) >= 2**63 else _epoch_ns(whole_number(digits))
    whole, fraction = digits.split(".")
    unit = _epoch_ns(whole_number(whole) or 1) // (whole_number(whole) or 1)
    return -1 if len(fraction) > 9 else int(Decimal(f"{whole_number(whole)}.{fraction}") * unit)


def _epoch_ns(value: int) -> int:
    """Return an epoch time in ns, told from s, ms and us by its size, as the fast path does; -1 for none."""
    if value >= 10**17:
        return value
    if value >= 10**14:
        return value * 10**3
    if value >= 10**11:
        return value * 10**6
    return value * 10**9 if 0 <= value < 9 * 10**9 else -1
