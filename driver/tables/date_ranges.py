"""Dates of a run that can hardly be: times of another epoch or unit make them. `aggregate` counts them."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Final

FIRST_YEAR: Final = 2000  # before it no exchange of this kind traded in the dark
GAP_DAYS: Final = 10 * 365


def implausible_dates(dates: Iterable[str]) -> frozenset[str]:
    """Return those dates, YYYY-MM-DD, that are before the first year, or far from most others.

    Where a gap parts the dates, those of the smaller part are doubted; the earlier ones where both are as many.
    """
    days = sorted({date.fromisoformat(text) for text in dates})
    parts: list[list[date]] = [days[:1]]
    for before, after in pairwise(days):
        if (after - before).days > GAP_DAYS:
            parts.append([])
        parts[-1].append(after)
    usual = max(parts, key=lambda part: (len(part), part[-1:]))
    odd = [day for part in parts for day in part if part is not usual or day.year < FIRST_YEAR]
    return frozenset(day.isoformat() for day in odd)
