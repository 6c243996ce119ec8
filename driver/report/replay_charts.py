"""The report's charts of a replayed dark book: how faithful it is, R between its bounds, and a limit of time in it."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from driver.report.axes import Entry, percent_scale, places_chart, rows_chart
from driver.report.charts import BAND, SAVING, draw_line
from driver.report.palette import GIVEN_BACK, INK, INVENTED, MISSED, colour, shape
from driver.review.numbers import Row, bps, number
from driver.tables.replay_words import ALL, CENTRAL, CHARGED
from kernels.conventions import BOUNDS

OPTIMISTIC, CONSERVATIVE = BOUNDS
BOUND_SHAPES: Final = {OPTIMISTIC: "triangle", CONSERVATIVE: "down"}
COUNTS: Final = ("real_shares", "missed_shares", "invented_shares", "events", "named_events")
NAMED: Final = "diamond"


def fidelity(rows: Sequence[Row], most: int) -> str:
    """Draw what the placebo gives back, misses and invents of the real dark book, of all and of its largest securities.

    rows : of fidelity.csv
    """
    sums: dict[str, Counter[str]] = {ALL: Counter()}
    for row in rows:
        sums.setdefault(str(row["security_code"]), Counter()).update({name: int(number(row[name])) for name in COUNTS})
    several = len(sums) > 2
    largest = sorted((name for name in sums if name != ALL), key=lambda name: -sums[name]["real_shares"])[:most]
    names = [name for name in sums if name == ALL or (several and name in largest)]
    shares = [_fidelity_shares(sums[name]) for name in names]
    entries = [
        Entry("shares given back", GIVEN_BACK), Entry("missed", MISSED), Entry("invented", INVENTED),
        Entry("first counterparties named", INK, NAMED, True),
    ]  # fmt: skip
    ends = [100 + invented for _, _, invented, _ in shares]
    below = "% of the shares that really traded in the dark; of events"
    chart = rows_chart(names, ends, below, 26, entries, percent_scale)
    told = []
    for n, (given, missed, invented, named) in enumerate(shares):
        start, y = 0.0, chart.middle(n)
        for share, shade in ((given, GIVEN_BACK), (missed, MISSED), (invented, INVENTED)):
            if math.isfinite(share):
                left, right = chart.scale(start), chart.scale(start + share)
                chart.drawing.box(left, y - 8, right - left, 16, shade)
                start += share
        if math.isfinite(named):
            chart.drawing.mark(NAMED, chart.scale(named), y, INK, True)
        known = [f"{share:.2f}" if math.isfinite(share) else "none" for share in (named, missed, invented)]
        told.append(f"{names[n]}: {', '.join(known)}")
    title = "The placebo against the real dark book"
    return chart.drawing.svg(title, f"Per cent of events named, of shares missed, invented. {'; '.join(told)}.")


def _fidelity_shares(sums: Counter[str]) -> tuple[float, float, float, float]:
    """Return shares given back, missed and invented, and events named, in per cent; NaN where there is none."""
    real, events = (100 / sums[name] if sums[name] else math.nan for name in ("real_shares", "events"))
    missed = real * sums["missed_shares"]
    return 100 - missed, missed, real * sums["invented_shares"], events * sums["named_events"]


def bounds(rows: Sequence[Row]) -> str:
    """Draw R's saving between its bounds, a row for each charge of what stays unfilled; rows : of bounds.csv."""
    pairs = [(row, charge) for row in rows for charge in CHARGED]
    labels = [f"{row['security_code']}, {CHARGED[charge].split()[2]}" for row, charge in pairs]
    edges = [(number(row[f"low_{charge}"]), number(row[f"high_{charge}"])) for row, charge in pairs]
    entries = [
        Entry(CENTRAL, colour(CENTRAL), shape(CENTRAL)),
        *(Entry(name.replace("_", " "), colour(CENTRAL), mark, True) for name, mark in BOUND_SHAPES.items()),
    ]
    middles = [number(row[f"{CENTRAL}_{charge}"]) for row, charge in pairs]
    chart = rows_chart(labels, [*middles, *(edge for pair in edges for edge in pair)], SAVING, 24, entries)
    drawing, at, told = chart.drawing, chart.scale, []
    for n, ((row, charge), (low, high)) in enumerate(zip(pairs, edges, strict=True)):
        y, hue = chart.middle(n), colour(CENTRAL)
        if math.isfinite(low):
            drawing.box(at(low), y - 7, max(at(high) - at(low), 1), 14, hue, BAND)
        for name, mark in BOUND_SHAPES.items():
            value = number(row[f"{name}_{charge}"])
            if math.isfinite(value):
                drawing.mark(mark, at(value), y, hue, True)
        if math.isfinite(middles[n]):
            drawing.mark(shape(CENTRAL), at(middles[n]), y, hue)
        told.append(f"{labels[n]}: {bps(middles[n])} ({bps(low)} to {bps(high)})")
    return drawing.svg("Saving of R between its bounds, by the charge for what stays unfilled", f"{'; '.join(told)}.")


def time_limits(rows: Sequence[Row]) -> str:
    """Draw what R saves and fills with at most so many seconds in the dark; rows : of by_time_limit.csv, one group."""
    labels = [_seconds(number(row["dark_seconds"])) for row in rows]
    lines = {charge: [number(row[charge]) for row in rows] for charge in CHARGED}
    filled = [100 * number(row["fill_ratio"]) for row in rows]
    hollow = dict(zip(CHARGED, (False, True), strict=True))
    entries = [Entry(f"R, {how}", colour(CENTRAL), shape(CENTRAL), hollow[charge]) for charge, how in CHARGED.items()]
    names = "saving, bps", "filled, %", "most time in the dark, then as it really was"
    flat = [value for line in lines.values() for value in line]
    chart = places_chart(labels, flat, names, filled, entries, whole=False)
    for charge, line in lines.items():
        draw_line(chart, line, CENTRAL, hollow[charge])
    savings = lines["saving_bps"]
    for n, row in enumerate(rows):
        if row["best"] and math.isfinite(savings[n]):
            chart.drawing.ring(chart.middle(n), chart.scale(savings[n]), INK)
    told = [
        f"{label}: {', '.join(bps(line[n]) for line in lines.values())}, filled {filled[n]:.1f} %"
        for n, label in enumerate(labels)
    ]
    title = "Saving of R with a limit of time in the dark"
    return chart.drawing.svg(title, f"Bps {' and '.join(CHARGED.values())}. {'; '.join(told)}.")


def _seconds(seconds: float) -> str:
    """Return a time as it fits under an axis: whole minutes or hours where it is."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
