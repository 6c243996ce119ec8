"""The change of savings between two runs of the same orders, paired by security-day.

A day's metrics.csv says what its orders saved and what they were worth. Where both runs have the same security-days
with the same orders, the difference of each day is a saving like any other, and has an interval by whole clusters.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driver.inference.clusters import SecurityDays, variance_of
from driver.inference.intervals import interval
from driver.review.numbers import number
from driver.review.read_back import Cells, read_table

WEIGHT_BY_VALUE, WEIGHT_PER_ORDER = "benchmark_notional", "priced_orders"
WAYS = {"notional": ("saving_bps", WEIGHT_BY_VALUE), "equal": ("saving_mean_bps", WEIGHT_PER_ORDER)}
Day = tuple[str, str]


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


def paired_changes(before: Path, after: Path) -> dict[tuple[str, str], Change] | str:
    """Return the change by (scenario, weighting), or why runs cannot be paired."""
    old, new = (_days(results) for results in (before, after))
    if not old or old.keys() != new.keys():
        return "not paired: the runs are of other security-days"
    for day in old:
        if _orders(old[day]) != _orders(new[day]):
            return f"not paired: the runs hold other orders of {' on '.join(day)}"
    scenarios = list(dict.fromkeys(str(row["scenario"]) for rows in old.values() for row in rows))
    shared = [name for name in scenarios if name != "real" and all(_of(rows, name) for rows in new.values())]
    return {
        (name, weighting): found
        for weighting, (measure, weight) in WAYS.items()
        for name in shared
        if (found := _change(old, new, name, measure, weight))
    }


def _days(results: Path) -> dict[Day, list[Cells]]:
    """Return the rows of each finished security-day."""
    with (results / "jobs.csv").open(newline="", encoding="utf-8") as file:
        done = [(row["security"], row["date"]) for row in csv.DictReader(file) if row["state"] in ("done", "kept")]
    paths = {day: results / f"sec{day[0]}" / day[1] / "metrics.csv" for day in done}
    return {day: read_table(path) for day, path in paths.items() if path.exists()}


def _of(rows: list[Cells], scenario: str) -> list[Cells]:
    return [row for row in rows if row["scenario"] == scenario]


def _orders(rows: list[Cells]) -> list[tuple[object, ...]]:
    """Return what tells whether two runs hold the same orders of a day: how many, and what they were worth."""
    return [
        tuple(row[name] for name in ("group", "orders", WEIGHT_PER_ORDER, WEIGHT_BY_VALUE)) for row in _of(rows, "real")
    ]


def _change(
    old: dict[Day, list[Cells]], new: dict[Day, list[Cells]], scenario: str, measure: str, weight: str
) -> Change | None:
    sums = []
    for day in old:
        before, after = _of(old[day], scenario), _of(new[day], scenario)
        held = [number(row[weight]) for row in before]
        moved = [number(b[measure]) - number(a[measure]) for a, b in zip(before, after, strict=True)]
        known = [(w * d, w) for w, d in zip(held, moved, strict=True) if w > 0]
        sums.append((sum(amount for amount, _ in known), sum(w for _, w in known)))
    amount, worth = np.array(sums, np.float64).T
    if not worth.sum() > 0 or not np.isfinite(amount).all():
        return None
    codes = [np.unique([day[part] for day in old], return_inverse=True)[1].astype(np.int64) for part in (0, 1)]
    days = SecurityDays.of(amount, worth, *codes)
    variance = variance_of(days)
    if isinstance(variance, str):
        return Change(days.estimate, None, None, len(days.weight), variance.split(":")[0])
    found = interval(days.estimate, math.sqrt(variance.value), variance.df)
    low, high = (number(found[end]) for end in ("ci_low", "ci_high"))
    return Change(days.estimate, low, high, len(days.weight), variance.how)
