"""The change of savings between two runs of the same orders, paired by security-day.

A day's metrics.csv says what its orders saved and what they were worth. Of the security-days that both runs have with
the same orders, the difference of each day is a saving like any other, and has an interval by whole clusters: of all
days, of the days of a security, and of a date.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from driver.inference.clusters import SecurityDays, variance_of
from driver.inference.intervals import interval
from driver.review.numbers import number
from driver.review.read_back import Cells, read_table
from driver.tables.replay_words import ALL

WEIGHT_BY_VALUE, WEIGHT_PER_ORDER = "benchmark_notional", "priced_orders"
WAYS = {"notional": ("saving_bps", WEIGHT_BY_VALUE), "equal": ("saving_mean_bps", WEIGHT_PER_ORDER)}
Day = tuple[str, str]
Part = tuple[str, str]  # a security and a date, either of which may be ALL


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a saving changed, with its interval, or why there is none."""

    estimate: float
    low: float | None
    high: float | None
    days: int
    note: str

    @property
    def significant(self) -> bool:
        """Whether the interval excludes no change."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Paired:
    """The changes by (scenario, weighting) of all security-days of both runs, of each security and date; or why not."""

    changes: dict[Part, dict[tuple[str, str], Change]] = field(default_factory=dict)
    why_not: str = ""


def finished_days(results: Path) -> list[Day]:
    """Return the security-days that a run has done, in the order of its jobs."""
    try:
        with (results / "jobs.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    return [(row["security"], row["date"]) for row in rows if row["state"] in ("done", "kept")]


def paired_changes(before: Path, after: Path, days: Iterable[Day]) -> Paired:
    """Return what changed over ``days``, which both runs have done."""
    old, new = (_metrics(results, days) for results in (before, after))
    both = [day for day in old if day in new]
    if not both:
        return Paired(why_not="not paired: no security-day is in both runs")
    for day in both:
        if _orders(old[day]) != _orders(new[day]):
            return Paired(why_not=f"not paired: the runs hold other orders of {' on '.join(day)}")
    securities, dates = (list(dict.fromkeys(day[part] for day in both)) for part in (0, 1))
    parts = [(ALL, ALL), *((security, ALL) for security in securities), *((ALL, date) for date in dates)]
    return Paired({part: _changes(old, new, [day for day in both if _holds(part, day)]) for part in parts})


def _holds(part: Part, day: Day) -> bool:
    return all(mine in (ALL, its) for mine, its in zip(part, day, strict=True))


def _metrics(results: Path, days: Iterable[Day]) -> dict[Day, list[Cells]]:
    """Return the rows of each security-day."""
    paths = {day: results / f"sec{day[0]}" / day[1] / "metrics.csv" for day in days}
    return {day: read_table(path) for day, path in paths.items() if path.exists()}


def _changes(
    old: dict[Day, list[Cells]], new: dict[Day, list[Cells]], days: list[Day]
) -> dict[tuple[str, str], Change]:
    scenarios = list(dict.fromkeys(str(row["scenario"]) for day in days for row in old[day]))
    shared = [name for name in scenarios if name != "real" and all(_of(new[day], name) for day in days)]
    pairs = [(old[day], new[day]) for day in days]
    return {
        (name, weighting): found
        for weighting, (measure, weight) in WAYS.items()
        for name in shared
        if (found := _change(days, pairs, name, measure, weight))
    }


def _of(rows: list[Cells], scenario: str) -> list[Cells]:
    return [row for row in rows if row["scenario"] == scenario]


def _orders(rows: list[Cells]) -> list[tuple[object, ...]]:
    """Return what tells whether two runs hold the same orders of a day: how many, and what they were worth."""
    return [
        tuple(row[name] for name in ("group", "orders", WEIGHT_PER_ORDER, WEIGHT_BY_VALUE)) for row in _of(rows, "real")
    ]


def _change(
    names: list[Day], pairs: list[tuple[list[Cells], list[Cells]]], scenario: str, measure: str, weight: str
) -> Change | None:
    sums = []
    for before, after in ((_of(old, scenario), _of(new, scenario)) for old, new in pairs):
        held = [number(row[weight]) for row in before]
        moved = [number(b[measure]) - number(a[measure]) for a, b in zip(before, after, strict=True)]
        known = [(w * d, w) for w, d in zip(held, moved, strict=True) if w > 0]
        sums.append((sum(amount for amount, _ in known), sum(w for _, w in known)))
    amount, worth = np.array(sums, np.float64).T
    if not worth.sum() > 0 or not np.isfinite(amount).all():
        return None
    codes = [np.unique([day[part] for day in names], return_inverse=True)[1].astype(np.int64) for part in (0, 1)]
    days = SecurityDays.of(amount, worth, *codes)
    variance = variance_of(days)
    if isinstance(variance, str):
        return Change(days.estimate, None, None, len(days.weight), variance.split(":")[0])
    found = interval(days.estimate, math.sqrt(variance.value), variance.df)
    low, high = (number(found[end]) for end in ("ci_low", "ci_high"))
    return Change(days.estimate, low, high, len(days.weight), variance.how)
