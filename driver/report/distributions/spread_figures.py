"""The report's figures of how shortfalls and savings spread over orders, on an axis of octaves on either side of 0.

Made from the counts of histograms.csv, whose buckets are eighths of octaves: here they are added up to octaves. Most
orders often cost next to nothing, or save nothing; how many they are stands in the legend, the others are drawn.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from driver.report.axes import Entry, number_text, places_chart
from driver.report.charts import draw_line
from driver.report.palette import colour, shape
from driver.review.numbers import Row, count, number
from driver.tables.table_style import few

FIRST_OCTAVE: Final = -2  # what is nearer to 0 than a quarter of a basis point is in the middle
MIDDLE: Final = "within \N{VULGAR FRACTION ONE QUARTER} bp of 0"
Octaves = dict[str, Counter[int]]  # by scenario: orders by octave, negative ones below 0


def octaves(rows: Iterable[Row], names: Sequence[str]) -> Octaves:
    """Return the orders of each scenario by octave of what they cost; rows : of histograms.csv, of one measure."""
    found: Octaves = {name: Counter() for name in names}
    for row in rows:
        if row["scenario"] in found:
            found[str(row["scenario"])][_octave(row)] += count(row["orders"])
    return {name: counts for name, counts in found.items() if counts.total()}


def _octave(row: Row) -> int:
    """Return the octave of a bucket, 1 being the first beside the middle; the edge nearer to 0 decides."""
    low, high = number(row["low"]), number(row["high"])
    near = low if low > 0 else high if high < 0 else 0.0
    if abs(near) < 2.0**FIRST_OCTAVE:
        return 0
    place = math.floor(math.log2(abs(near))) - FIRST_OCTAVE + 1
    return place if near > 0 else -place


def _edge(place: int) -> str:
    """Return the edge of an octave that is nearer to 0, as text."""
    value = math.copysign(2.0 ** (abs(place) - 1 + FIRST_OCTAVE), place) if place else 0.0
    return number_text(value, 0 if abs(value) >= 1 or not place else 2)


def spread_figure(found: Octaves, measure: str, told: str) -> str:
    """Draw the share of orders in each octave of a cost or saving, a line for each scenario.

    found : of at least one scenario, the first of which has its orders counted below
    """
    used = sorted({place for counts in found.values() for place in counts} | {-1, 0, 1})
    places = range(used[0], used[-1] + 1)
    totals = {name: counts.total() for name, counts in found.items()}
    shares = {
        name: [100 * counts[place] / totals[name] if place else math.nan for place in places]
        for name, counts in found.items()
    }
    first = next(iter(found))
    bars = [float(found[first][place]) if place else math.nan for place in places]
    legend = [
        Entry(f"{name}: {100 * counts[0] / totals[name]:.0f} % {MIDDLE}", colour(name), shape(name))
        for name, counts in found.items()
    ]
    labels = [_edge(place) for place in places]
    names = "share of orders, %", f"orders of {first}", f"{measure}, bps: each place reaches to twice its number"
    chart = places_chart(labels, [share for line in shares.values() for share in line], names, bars, legend)
    for name, line in shares.items():
        draw_line(chart, line, name, faint=[few(found[name][place]) for place in places])
    data = "; ".join(
        f"{name}: {100 * found[name][0] / totals[name]:.1f} {MIDDLE}, "
        + ", ".join(f"{label}: {share:.1f}" for label, share in zip(labels, line, strict=True) if share > 0)
        for name, line in shares.items()
    )
    return chart.drawing.svg(told, f"Per cent of orders by {measure} in bps, from each number to its double. {data}.")
