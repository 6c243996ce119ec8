"""The change of savings between two runs of the same orders, paired by security-day.

A day's metrics.csv says what its orders saved and what they were worth. Where the security-days that both runs have
hold the same orders, the difference of each day is a saving like any other, and has an interval by whole clusters: of
all days, of the days of a security, and of a date. One day of other orders, and no day is paired.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from driver.inference.clusters import SecurityDays, variance_of
from driver.inference.intervals import interval
from driver.review.numbers import near, number
from driver.review.read_back import Cells, read_table
from driver.tables.csv_text import Value
from driver.tables.replay_words import ALL
from kernels.base.columns import I64

WEIGHT_BY_VALUE, WEIGHT_PER_ORDER = "benchmark_notional", "priced_orders"
WAYS = {"notional": ("saving_bps", WEIGHT_BY_VALUE), "equal": ("saving_mean_bps", WEIGHT_PER_ORDER)}
REAL = "real"
Day = tuple[str, str]
Metrics = dict[str, list[Cells]]  # rows of a day, by scenario
Sums = dict[tuple[str, str], tuple[float, float]]  # by scenario and weighting
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
    moved = {day: _moved(old[day], new[day]) for day in both}
    parts: dict[Part, list[Day]] = {}
    for security, date in both:
        for part in ((ALL, ALL), (security, ALL), (ALL, date)):
            parts.setdefault(part, []).append((security, date))
    return Paired({part: _changes({day: moved[day] for day in held}) for part, held in parts.items()})


def _metrics(results: Path, days: Iterable[Day]) -> dict[Day, Metrics]:
    """Return the rows of each security-day, by scenario."""
    found: dict[Day, Metrics] = {}
    for security, date in days:
        if (path := results / f"sec{security}" / date / "metrics.csv").exists():
            mine = found.setdefault((security, date), {})
            for row in read_table(path):
                mine.setdefault(str(row["scenario"]), []).append(row)
    return found


def _orders(day: Metrics) -> list[tuple[object, ...]]:
    """Return what tells whether two runs hold the same orders of a day: how many, and what they were worth."""
    names = "group", "orders", WEIGHT_PER_ORDER, WEIGHT_BY_VALUE
    return [tuple(row[name] for name in names) for row in day.get(REAL, [])]


def _moved(before: Metrics, after: Metrics) -> Sums:
    """Return of each scenario that both runs have, and weighting, what a day saves more than before, and its weight."""
    found = {}
    for scenario in before:
        if scenario == REAL or scenario not in after:
            continue
        for weighting, (measure, weight) in WAYS.items():
            rows = zip(before[scenario], after[scenario], strict=True)
            cells = [(number(old[weight]), _change_of(old[measure], new[measure])) for old, new in rows]
            known = [(w * change, w) for w, change in cells if w > 0]
            found[scenario, weighting] = sum(amount for amount, _ in known), sum(w for _, w in known)
    return found


def _change_of(before: Value, after: Value) -> float:
    """Return the change of a cell: rounding, on which days may agree, is none."""
    return 0.0 if near(before, after) else number(after) - number(before)


def _changes(days: dict[Day, Sums]) -> dict[tuple[str, str], Change]:
    """Return the changes over some days, of what all of them have."""
    shared = [way for way in next(iter(days.values())) if all(way in sums for sums in days.values())]
    codes = [np.unique([day[part] for day in days], return_inverse=True)[1].astype(np.int64) for part in (0, 1)]
    found = {way: _change([sums[way] for sums in days.values()], codes) for way in shared}
    return {way: change for way, change in found.items() if change is not None}


def _change(sums: list[tuple[float, float]], codes: list[I64]) -> Change | None:
    amount, worth = np.array(sums, np.float64).T
    if not worth.sum() > 0 or not np.isfinite(amount).all():
        return None
    days = SecurityDays.of(amount, worth, *codes)
    variance = variance_of(days)
    if isinstance(variance, str):
        return Change(days.estimate, None, None, len(days.weight), variance.split(":")[0])
    found = interval(days.estimate, math.sqrt(variance.value), variance.df)
    low, high = (number(found[end]) for end in ("ci_low", "ci_high"))
    return Change(days.estimate, low, high, len(days.weight), variance.how)
