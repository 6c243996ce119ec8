"""What changed between two runs: first what they were asked, then table by table, then whether it is more than chance.

The command `compare` prints it. Two things say whether a change is more than chance: where both runs hold the same
orders, security-days are paired, and the change of a saving has an interval of its own; else intervals of the two runs
that exclude each other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from driver.config.keys import PATHS
from driver.inference.sample import status_of
from driver.review.numbers import Row, number
from driver.review.paired import Change, paired_changes
from driver.review.read_back import read_table, run_facts
from driver.tables.table_list import TABLES
from tickstore.errors import UserError

MEASURES: Final = ("orders", "fill_ratio", "shortfall_bps", "saving_bps", "saving_mean_bps")
KINDS: Final = ("order_type", "mid_tick", "size_quartile")  # of orders, each with a table of its own
FREE: Final = ("paths", "processing", "output")  # sections of settings that decide no figure
SAVINGS: Final = {"notional": "saving_bps", "equal": "saving_mean_bps"}
SHOWN: Final = 5  # rows of a table with the largest changes


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of a row that both runs have, and that is not the same."""

    key: tuple[str, ...]
    scenario: str
    measure: str
    before: float | None
    after: float | None

    @property
    def size(self) -> float:
        """How far it moved; what one run does not know counts as nothing."""
        moved = abs(number(self.after) - number(self.before))
        return moved if math.isfinite(moved) else 0.0


@dataclass(frozen=True, slots=True)
class TableChange:
    """What changed in a table: rows of one run alone, and measures of rows of both."""

    table: str
    rows: int
    only_before: int
    only_after: int
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The saving of a scenario in both runs, and what intervals say of the change.

    status : tested, algebra or printed: only what is tested in a run is judged between two (decisions 37)
    """

    scenario: str
    status: str
    weighting: str
    before: float | None
    after: float | None
    intervals: str
    paired: Change | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything `compare` says."""

    settings: list[tuple[str, Any, Any]]
    missing: list[str]
    tables: list[TableChange]
    verdicts: list[Verdict]
    why_not_paired: str = field(default="")


def compare(before: Path, after: Path) -> Comparison:
    """Return what is different in the results folder ``after``, as seen from ``before``."""
    facts = [run_facts(results) for results in (before, after)]
    for results, known in zip((before, after), facts, strict=True):
        if not known:
            raise UserError(f"{results} is not a results folder: it has no readable run.json")
    settings = [known.get("config", {}) for known in facts]
    missing = [
        f"{results}: {(known['missing'] or {}).get('note', 'jobs are missing')}"
        for results, known in zip((before, after), facts, strict=True)
        if known.get("missing")
    ]
    pairs = paired_changes(before, after)
    paired, why = (pairs, "") if isinstance(pairs, dict) else ({}, pairs)
    return Comparison(_settings(*settings), missing, _tables(before, after), _verdicts(before, after, paired), why)


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return the settings that decide figures and differ, in the order of the configuration."""
    deciding = [name for path, name in PATHS.items() if not path.startswith(FREE)]
    known = [name for name in deciding if name in before or name in after]
    return [(name, before.get(name), after.get(name)) for name in known if before.get(name) != after.get(name)]


def _tables(before: Path, after: Path) -> list[TableChange]:
    keys = {table.name: table.keys for table in TABLES} | {f"by_{kind}": (kind,) for kind in KINDS}
    names = [name for name in keys if all((results / f"{name}.csv").exists() for results in (before, after))]
    return [_table(name, keys[name], *(_rows(results, name) for results in (before, after))) for name in names]


def _rows(results: Path, name: str) -> list[Row]:
    return [*read_table(results / f"{name}.csv")]


def _table(name: str, keys: Sequence[str], before: Sequence[Row], after: Sequence[Row]) -> TableChange:
    old, new = (
        {(*(str(row[key]) for key in keys), str(row["scenario"])): row for row in rows} for rows in (before, after)
    )
    both = [key for key in old if key in new]
    found = [
        Difference(key[:-1], key[-1], measure, *values)
        for key in both
        for measure in MEASURES
        if (values := _values(old[key], new[key], measure)) and values[0] != values[1]
    ]
    return TableChange(name, len(both), len(old) - len(both), len(new) - len(both), found)


def _values(before: Row, after: Row, measure: str) -> tuple[float | None, float | None]:
    old, new = (None if row.get(measure) is None else number(row[measure]) for row in (before, after))
    return old, new


def _verdicts(before: Path, after: Path, paired: Mapping[tuple[str, str], Change]) -> list[Verdict]:
    """Return a verdict for each scenario that both runs have, by value first."""
    old, new = (_clusters(results) for results in (before, after))
    summaries = [{str(row["scenario"]): row for row in _rows(results, "global_summary")} for results in (before, after)]
    shared = [name for name in summaries[0] if name in summaries[1] and name != "real"]
    return [
        Verdict(
            name,
            status_of(name),
            weighting,
            *_values(summaries[0][name], summaries[1][name], measure),
            _intervals(old.get((name, weighting)), new.get((name, weighting))),
            paired.get((name, weighting)),
        )
        for weighting, measure in SAVINGS.items()
        for name in shared
    ]


def _clusters(results: Path) -> dict[tuple[str, str], Row]:
    rows = [row for row in _rows(results, "statistics") if row["test"] == "cluster"]
    return {(str(row["scenario"]), str(row["weighting"])): row for row in rows}


def _intervals(before: Row | None, after: Row | None) -> str:
    """Return whether the intervals of two runs exclude each other."""
    if before is None or after is None or before["ci_low"] is None or after["ci_low"] is None:
        return "no interval"
    apart = number(before["ci_high"]) < number(after["ci_low"]) or number(after["ci_high"]) < number(before["ci_low"])
    return "intervals exclude each other" if apart else "intervals overlap"


def largest(change: TableChange) -> list[Difference]:
    """Return the largest differences of a table, in basis points where there are any."""
    in_bps = [one for one in change.differences if one.measure.endswith("_bps")]
    return sorted(in_bps or change.differences, key=lambda one: -one.size)[:SHOWN]
