"""Savings of parts of the orders, each with its interval: by security, by date, by size. `page` places them.

A table for each weighting, by value first; where no part has an interval, as of one security-day, there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from driver.inference.sample import FIRST
from driver.report.inferred import MEASURES, WORDS
from driver.review.numbers import Row
from driver.tables.csv_text import Value

HEADINGS: Final = {  # by, as contrasts.csv says it
    "security": "security, clustered by date",
    "date": "date, clustered by security",
    "size_bucket": "order size, shares",
    "size_quartile": "quarter of the day's orders by size, exploratory",
}
QUARTER: Final = "size_quartile"
ENDS: Final = {"4 less 1": "largest less smallest quarter"}


class Saving(NamedTuple):
    """What a scenario saves on a part of the orders; p-values where it is tested."""

    bps: Value
    low: Value
    high: Value
    p: Value = None
    p_holm: Value = None


class Table(NamedTuple):
    """Savings in one weighting: of each heading its lines, a label and a saving for each scenario."""

    weighting: str
    groups: list[tuple[str, list[tuple[str, list[Saving]]]]]


def interval_tables(
    contrasts: Iterable[Row], quarters: Sequence[Row], scenarios: Sequence[str], labels: Mapping[str, Mapping[str, str]]
) -> list[Table]:
    """Return the tables.

    contrasts : rows of contrasts.csv; quarters : of by_size_quartile.csv, for its tests
    scenarios : those that are told of; labels : of securities and dates that are shown, by what they part
    """
    tests = {(str(row[QUARTER]), str(row["scenario"])): row for row in quarters}
    names = {QUARTER: {str(row[QUARTER]): f"{row[QUARTER]} {row['meaning']}" for row in quarters} | ENDS}
    found: dict[str, dict[str, dict[str, dict[str, Saving]]]] = {}
    for row in contrasts:
        by, value, scenario, weighting = (str(row[name]) for name in ("by", "value", "scenario", "weighting"))
        value = value.partition(" of ")[0] if by == QUARTER else value
        shown = {**names, **labels}.get(by)
        if scenario in scenarios and (shown is None or value in shown):
            label = shown[value] if shown else value
            test = _test(tests.get((value, scenario)), weighting) if by == QUARTER else (None, None)
            lines = found.setdefault(weighting, {}).setdefault(by, {})
            lines.setdefault(label, {})[scenario] = Saving(row["saving_bps"], row["ci_low"], row["ci_high"], *test)
    return [
        Table(WORDS[weighting], groups)
        for weighting in FIRST
        if (groups := _groups(found.get(weighting, {}), scenarios))
    ]


def _test(row: Row | None, weighting: str) -> tuple[Value, Value]:
    prefix = MEASURES[weighting].removesuffix("_bps")
    return (None, None) if row is None else (row.get(f"{prefix}_p_value"), row.get(f"{prefix}_p_holm"))


def _groups(
    found: Mapping[str, Mapping[str, Mapping[str, Saving]]], scenarios: Sequence[str]
) -> list[tuple[str, list[tuple[str, list[Saving]]]]]:
    """Return the lines of each way of parting, those left out of which nothing has an interval."""
    unknown = Saving(None, None, None)
    groups = []
    for by, heading in HEADINGS.items():
        lines = found.get(by, {})
        if any(one.low is not None for line in lines.values() for one in line.values()):
            groups.append(
                (heading, [(label, [line.get(name, unknown) for name in scenarios]) for label, line in lines.items()])
            )
    return groups
