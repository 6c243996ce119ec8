"""The forms of a date and a clock in one text, as vendors write them, and the instant that their parts name.

Year, month and day are told apart by their places and lengths or by the month's name. Where only their values could
tell, as in 09/05/2024, nothing is guessed: `AMBIGUOUS`.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final

from tickstore.times.local_clocks import local_offset

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
NAME: Final = "|".join((*_FULL_MONTHS, *MONTHS))
ZONE: Final = r"Z|UTC|GMT|[+-]\d\d(?::?\d\d)?"
_FLAGS: Final = re.ASCII | re.IGNORECASE
_EPOCH: Final = date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2300
_DAY: Final = 86_400

_NUMBERS: Final = r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?:,? |[TD_:])"
_COMPACT: Final = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)[TD _:-]"
_NAMED: Final = (
    rf"(?P<day>\d\d?)(?P<mark>[-/. ]?)(?P<name>{NAME})(?P=mark)(?P<year>\d{{4}})(?:,? |[TD_:])",
    rf"(?P<year>\d{{4}})(?P<mark>[-/. ]?)(?P<name>{NAME})(?P=mark)(?P<day>\d\d?)(?:,? |[TD_:])",
    rf"(?P<name>{NAME})(?P<mark> )(?P<day>\d\d?),? (?P<year>\d{{4}})(?:,? |[T_:])",
)
_FRACTION: Final = r"(?:[.,](?P<fraction>\d{0,9}))?"  # ISO 8601 allows either before it
# Down to the minute at least: a shorter text is a date, or what is left of a time cut short.
_CLOCK: Final = rf"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d){_FRACTION})?(?: ?(?P<half>[AP]M))?"
_COMPACT_CLOCK: Final = rf"(?P<hour>\d\d)(?P<minute>\d\d)(?:(?P<second>\d\d){_FRACTION})?"
CLOCK: Final = re.compile(f"(?:0D)?{_CLOCK}", _FLAGS)  # kdb writes 0D before it
_FORMS: Final = tuple(
    re.compile(rf"{day}{clock}(?: ?(?P<zone>{ZONE}))?", _FLAGS)
    for day, clock in (*product((_NUMBERS, _COMPACT), (_CLOCK, _COMPACT_CLOCK)), *product(_NAMED, (_CLOCK,)))
)
DIGITS: Final = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.?(?P<fraction>\d{1,9}))?",
    _FLAGS,
)
_AMBIGUOUS: Final = re.compile(
    rf"\d\d?[-/. ]\d\d?[-/. ](?:\d{{4}}|\d\d)(?!\d).*|\d\d?[-/. ]?(?:{NAME})[-/. ]?\d\d(?!\d).*", _FLAGS
)


def match_form(text: str) -> re.Match[str] | None:
    """Return the parts of a date with a clock, by their names; None where the text is in none of the forms."""
    return next((found for found in (form.fullmatch(text) for form in _FORMS) if found), None)


def may_be_cut(text: str) -> bool:
    """Return whether a text begins as a clock, with a date or not, but states no seconds: it may be cut short."""
    found = next((found for found in (form.match(text) for form in (*_FORMS, CLOCK)) if found), None)
    return found is not None and found["second"] is None


def is_ambiguous(text: str) -> bool:
    """Return whether a text has a date that may be read in more than one way: 09/05/2024, 05-SEP-24."""
    return _AMBIGUOUS.fullmatch(text) is not None


def clock_seconds(parts: Mapping[str, str | None]) -> int:
    """Return the seconds since midnight that a clock shows; 23:59:60 is the first second of the next day.

    ValueError: no clock shows it.
    """
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    hour += int(parts.get("hour12") or 0)
    half = parts.get("half")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{hour} {half}")
        hour = hour % 12 + 12 * (half.upper() == "PM")
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{hour}:{minute}:{second}")
    return hour * 3_600 + minute * 60 + second


def fraction_ns(parts: Mapping[str, str | None]) -> int:
    """Return the ns that the fraction of a second writes."""
    return int((parts.get("fraction") or "").ljust(9, "0"))


def civil_date(parts: Mapping[str, str | None]) -> date:
    """Return the date that year, month and day name, or year and day of the year. ValueError: there is none."""
    year, short, name, of_year = (parts.get(part) for part in ("year", "short_year", "name", "day_of_year"))
    if year is None:
        year = str(int(short or 0) + (2000 if int(short or 0) < 69 else 1900))  # as POSIX has it
    if of_year is not None:
        day = date(int(year), 1, 1) + timedelta(days=int(of_year) - 1)
        if day.year != int(year):
            raise ValueError(f"day {of_year} of {year}")
        return day
    month = MONTHS.index(name[:3].lower()) + 1 if name else int(parts["month"] or 0)
    return date(int(year), month, int(parts["day"] or 0))


def instant_ns(parts: Mapping[str, str | None], timezone: str) -> int:
    """Return ns UTC of a date and a clock, in ``timezone`` where no offset is stated; -1 for odd years.

    A second 60 is the first of the next minute, as POSIX counts. ValueError: there is no such time. RejectError: the
    local clock skips it, or shows it twice.
    """
    day, clock, zone = civil_date(parts), clock_seconds(parts), parts.get("zone")
    offset = 0 if zone is None else zone_seconds(zone)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:  # zones cannot be asked about the ends of the calendar
        return -1
    leap = int(parts.get("second") or 0) == 60
    if zone is None:
        whole = clock - leap
        moment = datetime(day.year, day.month, day.day, whole // 3_600, whole // 60 % 60, whole % 60)
        offset = local_offset(moment, timezone)
    seconds = (day - _EPOCH).days * _DAY + clock - offset
    if leap and seconds % _DAY and (zone is not None or clock != _DAY):
        raise ValueError("leap seconds end a day")
    return seconds * 10**9 + fraction_ns(parts)


def zone_seconds(zone: str) -> int:
    """Return the seconds that a clock with an offset, Z, UTC or GMT is ahead of UTC. ValueError: none is."""
    if zone[0] not in "+-":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].strip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    return (-1 if zone[0] == "-" else 1) * (hours * 3_600 + minutes * 60)
