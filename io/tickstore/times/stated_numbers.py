"""Numbers that count from an epoch the user states, and clocks since local midnight beside a column of dates."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tickstore.errors import UserError
from tickstore.times.reject_error import RejectError
from tickstore.times.trade_dates import DAY_NS
from tickstore.times.written_forms import CLOCK, clock_seconds, fraction_ns
from tickstore.times.written_times import whole_number, why_unread

UNITS: Final = {"ns": 1, "100ns": 100, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "d": DAY_NS}  # in ns
DIGIT_CLOCK: Final = re.compile("hhmmss(f{0,9})")
_NUMBER: Final = re.compile(r"(-?)(\d+)(?:\.(\d*))?", re.ASCII)
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_epoch(text: str) -> int:
    """Return ns UTC of an epoch, a date or a date and a clock; without an offset it is UTC.

    Examples
    --------
    >>> read_epoch("2000-01-01"), read_epoch("1970-01-01T10:00:00+10:00")
    (946684800000000000, 0)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"epoch {text!r} is not a date like 2000-01-01, nor with a clock like 10:00:00+10:00") from None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _UNIX) // timedelta(microseconds=1) * 1_000


def unit_ns(unit: str) -> int:
    """Return the ns of a unit. UserError: it is none."""
    if unit not in UNITS:
        raise UserError(f"unit {unit!r} is not known: use one of {', '.join(UNITS)}, or hhmmss for clocks")
    return UNITS[unit]


def number_time(text: str, unit: str, epoch_ns: int) -> int:
    """Return ns UTC of a number of units since an epoch; what is finer than a ns is cut off. RejectError: no number.

    Examples
    --------
    >>> number_time("778154400.5", "s", read_epoch("2000-01-01")) - number_time("1724839200", "s", 0)
    500000000
    """
    scale = unit_ns(unit)
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise RejectError(why_unread(text))
    sign, whole, fraction = found.groups()
    fraction = (fraction or "")[:30]  # a ns is 1.2e-14 days
    size: int = whole_number(whole) * scale + int(fraction or "0") * scale // 10 ** len(fraction)
    return epoch_ns + (-size if sign else size)


def clock_ns(text: str, unit: str = "s") -> int:
    """Return ns since local midnight of a clock: HH:MM:SS, one digit of hours or AM or PM or not, or a number of units.

    ``hhmmss``: digits that show the clock, 93000 or 093000; three, six or nine digits of a fraction may follow.
    ``hhmmssfff``: with so many digits of a fraction, and the zeros before them may be lacking: 1 is 00:00:00.001.
    RejectError: there is no such clock. A leap second ends an hour, and may be the last of a day.
    """
    digits = DIGIT_CLOCK.fullmatch(unit)
    if ":" in text:
        found = CLOCK.fullmatch(text)
        parts = {} if found is None else found.groupdict()
    elif digits is not None:
        parts = _digit_parts(text, len(digits[1]))
    else:
        ns = number_time(text, unit, 0)
        if not 0 <= ns < DAY_NS + 10**9:
            raise RejectError("clock beyond a day")
        return ns
    try:
        if not parts or (parts["second"] == "60" and parts["minute"] != "59"):
            raise ValueError(text)
        return clock_seconds(parts) * 10**9 + fraction_ns(parts)
    except ValueError:
        raise RejectError(why_unread(text)) from None


def _digit_parts(text: str, places: int) -> dict[str, str | None]:
    """Return hour, minute, second and fraction of a clock in digits; none where they cannot be told."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[1]:
        return {}
    whole, fraction = found[2], found[3]
    if places or fraction is not None:
        whole = whole.zfill(6 + places)
        known = len(whole) == 6 + places and not (places and fraction)
    else:
        whole = whole.zfill(-(-len(whole) // 3) * 3)
        known = len(found[2]) % 3 != 1 and 6 <= len(whole) <= 15
    if not known or len(fraction or "") > 9:
        return {}
    return {"hour": whole[:2], "minute": whole[2:4], "second": whole[4:6], "fraction": whole[6:] + (fraction or "")}
