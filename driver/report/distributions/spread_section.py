"""What the report says of single orders: how shortfalls and savings spread, and quantiles of every measure."""

from collections.abc import Sequence
from typing import Any, Final

from driver.report.distributions.spread_figures import octaves, spread_figure
from driver.review.numbers import Row, count
from driver.tables.distributions.spread_words import KINDS, SAVING, SHORTFALL
from kernels.conventions import ALGEBRA, REPLAY, SCENARIO_TABLE

REAL: Final = "real"
SHOWN_QUANTILES: Final = ("p10", "median", "p90")
TITLES: Final = {SHORTFALL: "How shortfalls spread over orders", SAVING: "How savings spread over orders"}


def compared(scenarios: Sequence[str]) -> list[str]:
    """Return reality and what is shown beside it: the replayed scenarios, or the algebra where none is."""
    for kind in (REPLAY, ALGEBRA):
        chosen = [one.name for one in SCENARIO_TABLE if one.kind == kind and one.chosen and one.name in scenarios]
        if chosen:
            return [REAL, *chosen]
    return [REAL]


def spread_section(
    summary: Sequence[Row], quantiles: Sequence[Row], buckets: Sequence[Row]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the figures by name, and the table.

    summary, quantiles, buckets : rows of global_summary.csv, of distributions.csv of all, and of histograms.csv
    """
    names = compared([str(row["scenario"]) for row in summary])
    drawn = {}
    for measure, title in TITLES.items():
        found = octaves((row for row in buckets if row["measure"] == measure), names)
        if found:
            drawn[f"spread_{measure}"] = spread_figure(found, measure, title)
    rows = {(str(row["measure"]), str(row["scenario"])): row for row in quantiles}
    lines = []
    for measure in KINDS:
        known = [rows.get((measure, name), {}) for name in names]
        if any(count(row.get("orders")) for row in known):
            unit = next(str(row["unit"]) for row in known if row)
            cells = [(row.get(place), row.get("orders")) for row in known for place in SHOWN_QUANTILES]
            lines.append((f"{measure.replace('_', ' ')}, {unit}", cells))
    return drawn, {"names": names, "quantiles": SHOWN_QUANTILES, "lines": lines}
