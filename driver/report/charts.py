"""The report's charts of orders and savings: rows of tables in, SVG text out; the same rows give the same bytes.

`figures` chooses what is drawn of a run. Where R is replayed, a band behind its mark spans its three runs.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from driver.report.axes import WIDTH, Entry, Places, percent_scale, places_chart, rows_chart
from driver.report.palette import GRID, INK, OUTCOMES, colour, shape
from driver.report.svg import text_width
from driver.review.numbers import Row, bps, number
from driver.tables.replay_words import CENTRAL, RUNS
from driver.tables.table_style import few
from kernels.conventions import BOUNDS

SAVING: Final = "saving, bps of arrival value (right of 0 is better)"
BAND: Final = 0.25  # opacity
Groups = Sequence[tuple[str, Sequence[Row]]]


def by_scenario(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the rows of a group by scenario."""
    return {str(row["scenario"]): row for row in rows}


def band(rows: Mapping[str, Row], measure: str) -> tuple[float, float] | None:
    """Return the least and the most of the three runs of R, where all are known."""
    values = [number(rows[run][measure]) for run in RUNS if run in rows]
    known = len(values) == len(RUNS) and all(map(math.isfinite, values))
    return (min(values), max(values)) if known else None


def drawn(rows: Sequence[Row]) -> list[str]:
    """Return the scenarios of a group that have marks of their own."""
    return [str(row["scenario"]) for row in rows if row["scenario"] not in BOUNDS]


def legend(names: Iterable[str]) -> list[Entry]:
    """Return the legend of scenarios."""
    return [Entry(name, colour(name), shape(name)) for name in names]


def saving_intervals(rows: Sequence[Row], bands: Mapping[str, tuple[float, float]]) -> str:
    """Draw a line per statistics row: estimate and confidence interval of the saving; bands : by weighting, of R."""
    ways = {"equal": "per order", "notional": "by value"}
    labels = [f"{row['scenario']}, {ways[str(row['weighting'])]}" for row in rows]
    keys = ("saving_bps", "ci_low", "ci_high")
    values = [tuple(number(row[key]) for key in keys) for row in rows]
    flat = [value for of in values for value in of] + [edge for of in bands.values() for edge in of]
    chart = rows_chart(labels, flat, SAVING, 26)
    drawing, at = chart.drawing, chart.scale
    for n, (row, (estimate, low, high)) in enumerate(zip(rows, values, strict=True)):
        name, y, weighting = str(row["scenario"]), chart.middle(n), str(row["weighting"])
        if name == CENTRAL and weighting in bands:
            least, most = map(at, bands[weighting])
            drawing.box(least, y - 8, max(most - least, 1), 16, colour(name), BAND)
        drawing.line((at(low), y), (at(high), y), colour(name), 2)
        for end in (low, high):
            drawing.line((at(end), y - 4.5), (at(end), y + 4.5), colour(name), 2)
        drawing.mark(shape(name), at(estimate), y, colour(name), weighting == "notional")
    told = [
        f"{label}: {bps(value)} ({bps(low)} to {bps(high)})"
        for label, (value, low, high) in zip(labels, values, strict=True)
    ]
    return drawing.svg("Saving of each scenario with its 95 % interval", f"Saving in bps: {'; '.join(told)}.")


def grouped_savings(groups: Groups) -> str:
    """Draw the value-weighted saving of each scenario, a row of marks per group, faint where it has few orders."""
    names = drawn(groups[0][1])[1:]
    found = [(label, by_scenario(rows)) for label, rows in groups]
    bands = [band(rows, "saving_bps") for _, rows in found]
    flat = [number(rows[name]["saving_bps"]) for _, rows in found for name in names]
    edges = [edge for of in bands if of for edge in of]
    labels = [f"{label} ({number(rows['real']['orders']):,.0f})" for label, rows in found]
    chart = rows_chart(labels, flat + edges, SAVING, 12 + 9.0 * len(names), legend(names))
    drawing, at = chart.drawing, chart.scale
    for n, (_, rows) in enumerate(found):
        if n:
            edge = chart.middle(n) - chart.height / 2
            drawing.line((0, edge), (WIDTH, edge), GRID)
        for s, name in enumerate(names):
            y = chart.middle(n) + 9 * (s - (len(names) - 1) / 2)
            value, of = number(rows[name]["saving_bps"]), bands[n]
            if name == CENTRAL and of:
                drawing.box(at(of[0]), y - 3.5, max(at(of[1]) - at(of[0]), 1), 7, colour(name), BAND)
            if math.isfinite(value):
                drawing.line((at(0), y), (at(value), y), colour(name), 1)
                drawing.mark(shape(name), at(value), y, colour(name), faint=few(rows["real"]["priced_orders"]))
    told = []
    for label, rows in found:
        savings = (f"{name} {bps(number(rows[name]['saving_bps']))}" for name in names)
        told.append(f"{label}: {', '.join(savings)}")
    return drawing.svg("Saving of each scenario by group", f"Saving by value in bps. {'; '.join(told)}.")


def outcome_bars(rows: Sequence[Row]) -> str:
    """Draw, for each scenario, the share of orders filled fully, partially and not at all."""
    kinds = ("fully_filled", "partially_filled", "not_executed")
    entries = [Entry(kind.replace("_", " "), shade) for kind, shade in zip(kinds, OUTCOMES, strict=True)]
    names = drawn(rows)
    found = by_scenario(rows)
    chart = rows_chart(names, (), "share of orders, %", 28, entries, percent_scale)
    told = []
    for n, row in enumerate(found[name] for name in names):
        shares = [100 * number(row[kind]) / max(number(row["orders"]), 1.0) for kind in kinds]
        if not all(map(math.isfinite, shares)):
            told.append(f"{names[n]}: not known")
            continue
        start = 0.0
        for share, shade in zip(shares, OUTCOMES, strict=True):
            left, right = chart.scale(start), chart.scale(start + share)
            chart.drawing.box(left, chart.middle(n) - 9, right - left, 18, shade)
            if right - left > text_width("100%"):
                ink = "#ffffff" if shade == OUTCOMES[0] else INK
                chart.drawing.text((left + right) / 2, chart.middle(n) + 4.2, f"{share:.0f}%", "middle", ink)
            start += share
        told.append(f"{names[n]}: {', '.join(f'{share:.1f}' for share in shares)}")
    title = "What became of the orders under each scenario"
    return chart.drawing.svg(title, f"Per cent fully filled, partially filled, not executed. {'; '.join(told)}.")


def series(groups: Groups, measure: str, label: str, axis_label: str) -> str:
    """Draw a measure of each scenario along ordered groups (hours, sizes, dates), and the orders below."""
    saving = measure.startswith("saving")
    names = drawn(groups[0][1])[1 if saving else 0 :]
    found = [by_scenario(rows) for _, rows in groups]
    lines = {name: [number(rows[name][measure]) for rows in found] for name in names}
    bands = [band(rows, measure) for rows in found]
    flat = [value for line in lines.values() for value in line] + [edge for of in bands if of for edge in of]
    orders = [number(rows["real"]["orders"]) for rows in found]
    labels = [label for label, _ in groups]
    chart = places_chart(labels, flat, (label, "orders", axis_label), orders, legend(names))
    half = min(5.0, 0.3 * chart.slot)
    for n, of in enumerate(bands):
        if of:
            top, bottom = chart.scale(of[1]), chart.scale(of[0])
            chart.drawing.box(chart.middle(n) - half, top, 2 * half, max(bottom - top, 1), colour(CENTRAL), BAND)
    behind = "priced_orders" if saving else "orders"
    faint = [few(rows["real"][behind]) for rows in found]
    for name, line in lines.items():
        draw_line(chart, line, name, faint=faint)
    told = (f"{name}: {', '.join(map(bps, line))}" for name, line in lines.items())
    counted = ", ".join(f"{count:,.0f}" for count in orders)
    data = f"Along {axis_label}: {', '.join(labels)}. {'; '.join(told)}; orders: {counted}."
    return chart.drawing.svg(f"{label[:1].upper()}{label[1:]} by {axis_label}", data)


def curve(seconds: Sequence[str], rows: Sequence[Row], pattern: str, behind: str, label: str) -> str:
    """Draw a measure of each scenario that has it along horizons, and below how many orders of reality it is of.

    pattern, behind : columns of the measure and of its orders, with {} for the horizon
    """
    known = [row for row in rows if row["scenario"] not in BOUNDS]
    found = [row for row in known if any(row.get(pattern.format(second)) is not None for second in seconds)]
    lines = {str(row["scenario"]): [number(row[pattern.format(second)]) for second in seconds] for row in found}
    counts = {str(row["scenario"]): [row.get(behind.format(second)) for second in seconds] for row in found}
    orders = [number(held) for held in next(iter(counts.values()))]
    flat = [value for line in lines.values() for value in line]
    chart = places_chart(
        [f"{second} s" for second in seconds], flat, (label, "orders", "horizon"), orders, legend(lines)
    )
    for name, line in lines.items():
        draw_line(chart, line, name, faint=[few(held) for held in counts[name]])
    told = (f"{name}: {', '.join(map(bps, line))}" for name, line in lines.items())
    data = f"After {', '.join(seconds)} s. {'; '.join(told)}."
    return chart.drawing.svg(f"{label[:1].upper()}{label[1:]} along horizons", data)


def draw_line(
    chart: Places, values: Sequence[float], name: str, dashed: bool = False, faint: Sequence[bool] = ()
) -> None:
    """Draw a scenario's values along places: a line where neighbours are known, and a mark at each."""
    points = [(chart.middle(n), chart.scale(value)) for n, value in enumerate(values)]
    run: list[tuple[float, float]] = []
    for point in [*points, (math.nan, math.nan)]:
        if math.isfinite(point[1]):
            run.append(point)
            continue
        chart.drawing.lines(run, colour(name), dashed)
        run = []
    if chart.slot > 8:
        for n, (x, y) in enumerate(points):
            if math.isfinite(y):
                chart.drawing.mark(shape(name), x, y, colour(name), dashed, bool(faint) and faint[n])
