"""Local clocks: the one place where a time of day in a zone becomes an instant. Whoever reads a clock calls it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def local_instant(zone: str, day: str | date, clock: str | int) -> int:
    """Return the instant at which a clock of ``zone`` shows a time on a date, daylight saving included.

    A time that exists twice is the first of the two.

    Parameters
    ----------
    zone : IANA name
    day : YYYY-MM-DD
    clock : HH:MM[:SS] up to 24:00, or seconds after midnight, 86,400 being the midnight that ends the date

    Returns
    -------
    ns UTC

    Examples
    --------
    >>> local_instant("UTC", "1970-01-02", "00:00:01") == local_instant("UTC", "1970-01-01", 86_401)
    True
    """
    whole = date.fromisoformat(day) if isinstance(day, str) else day
    midnight = datetime.combine(whole, time(), tzinfo=ZoneInfo(zone))
    if isinstance(clock, str):
        if clock == "24:00":
            clock = 86_400
        else:
            shown = time.fromisoformat(clock)
            clock = (shown.hour * 60 + shown.minute) * 60 + shown.second
    return (midnight + timedelta(seconds=clock) - EPOCH) // timedelta(microseconds=1) * 1_000
