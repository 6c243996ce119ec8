"""What changed between two runs: which jobs, what they were asked, then table by table, and if it is more than chance.

The command `compare` prints it. Two things say whether a change is more than chance: where both runs hold the same
orders, security-days are paired, and the change of a saving has an interval of its own; else intervals of the two runs
that exclude each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from driver.config.keys import PATHS
from driver.inference.sample import status_of
from driver.review.numbers import Row, number
from driver.review.paired import WAYS, Change, Day, Paired, finished_days, paired_changes
from driver.review.read_back import read_table, run_facts
from driver.review.table_changes import OtherDays, TableChange, of_intervals, table_change
from driver.tables.replay_words import ALL
from driver.tables.table_list import NO_ROWS, OTHER_FILES, TABLES, is_table
from tickstore.errors import UserError

FREE: Final = ("paths", "processing", "output")  # sections of settings that decide no figure


@dataclass(frozen=True, slots=True)
class Jobs:
    """The security-days that both runs have done, and those that one has alone."""

    both: list[Day]
    only_before: list[Day]
    only_after: list[Day]

    @property
    def other(self) -> OtherDays:
        """Return those of one run alone."""
        return OtherDays.of((*self.only_before, *self.only_after))


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
    """Everything `compare` says.

    Attributes
    ----------
    settings : those that decide figures and differ: name, before, after
    versions : of what computed the figures, likewise
    only_before, only_after : tables of one run alone
    left_out : files that have no rows to compare, and why
    """

    jobs: Jobs
    settings: list[tuple[str, Any, Any]]
    versions: list[tuple[str, Any, Any]]
    missing: list[str]
    verdicts: list[Verdict]
    tables: list[TableChange]
    only_before: list[str]
    only_after: list[str]
    left_out: dict[str, str]
    why_not_paired: str = field(default="")

    @property
    def is_same(self) -> bool:
        """Whether both runs say the same of the same jobs, however they were asked."""
        alone = self.jobs.only_before, self.jobs.only_after, self.only_before, self.only_after
        return not any(alone) and all(one.is_same for one in self.tables)


def compare(before: Path, after: Path) -> Comparison:
    """Return what is different in the results folder ``after``, as seen from ``before``."""
    both = before, after
    facts = [run_facts(results) for results in both]
    for results, known in zip(both, facts, strict=True):
        if not known:
            raise UserError(f"{results} is not a results folder: it has no readable run.json")
    missing = [
        f"{results}: {(known['missing'] or {}).get('note', 'jobs are missing')}"
        for results, known in zip(both, facts, strict=True)
        if known.get("missing")
    ]
    jobs = _jobs(*(finished_days(results) for results in both))
    paired = paired_changes(before, after, jobs.both)
    names = [_table_names(results) for results in both]
    tables = [_table(name, before, after, jobs, paired) for name in names[0] if name in names[1]]
    old, new = ([name for name in mine if name not in theirs] for mine, theirs in (names, names[::-1]))
    settings = _differing(_deciding(), *(known.get("config", {}) for known in facts))
    versions = [known.get("versions", {}) for known in facts]
    return Comparison(
        jobs, settings, _differing((name for name in versions[0] if name != "cores"), *versions), missing,
        _verdicts(before, after, paired), tables, old, new, NO_ROWS, paired.why_not,
    )  # fmt: skip


def _jobs(before: list[Day], after: list[Day]) -> Jobs:
    old, new = frozenset(before), frozenset(after)
    return Jobs([day for day in before if day in new], [day for day in before if day not in new],
                [day for day in after if day not in old])  # fmt: skip


def _deciding() -> list[str]:
    """Return the settings that decide figures, in the order of the configuration."""
    return [name for path, name in PATHS.items() if not path.startswith(FREE)]


def _differing(names: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    known = [name for name in names if name in before or name in after]
    return [(name, before.get(name), after.get(name)) for name in known if before.get(name) != after.get(name)]


def _table_names(results: Path) -> list[str]:
    """Return the tables of a run that have rows, those of the list first, then those of combinations of keys."""
    listed = [*(table.name for table in TABLES), *(name.removesuffix(".csv") for name in OTHER_FILES)]
    there = {path.stem for path in results.glob("*.csv") if path.name not in NO_ROWS}
    more = sorted(name for name in there if is_table(f"{name}.csv") and name not in listed)
    return [name for name in (*listed, *more) if name in there]


def _rows(results: Path, name: str) -> list[Row]:
    return [*read_table(results / f"{name}.csv")]


def _table(name: str, before: Path, after: Path, jobs: Jobs, paired: Paired) -> TableChange:
    return table_change(name, _rows(before, name), _rows(after, name), jobs.other, paired.changes)


def _verdicts(before: Path, after: Path, paired: Paired) -> list[Verdict]:
    """Return a verdict for each scenario that both runs have, by value first."""
    old, new = (_clusters(results) for results in (before, after))
    summaries = [{str(row["scenario"]): row for row in _rows(results, "global_summary")} for results in (before, after)]
    shared = [name for name in summaries[0] if name in summaries[1] and name != "real"]
    changes = paired.changes.get((ALL, ALL), {})
    return [
        Verdict(
            name, status_of(name), weighting,
            _figure(summaries[0][name], measure), _figure(summaries[1][name], measure),
            of_intervals(_ends(old.get((name, weighting))), _ends(new.get((name, weighting)))),
            changes.get((name, weighting)),
        )
        for weighting, (measure, _) in WAYS.items()
        for name in shared
    ]  # fmt: skip


def _figure(row: Row, measure: str) -> float | None:
    return None if row.get(measure) is None else number(row[measure])


def _clusters(results: Path) -> dict[tuple[str, str], Row]:
    rows = [row for row in _rows(results, "statistics") if row["test"] == "cluster"]
    return {(str(row["scenario"]), str(row["weighting"])): row for row in rows}


def _ends(row: Row | None) -> tuple[float, float]:
    """Return the interval of a row; where there is none, what is not known."""
    low, high = (number(None if row is None else row.get(end)) for end in ("ci_low", "ci_high"))
    return low, high
