"""What changed in a table from one run to another: rows of one alone, and every cell of rows that both have.

Which columns tell rows apart says `driver.tables.table_list`; all others are compared, figures and words alike.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Self

from driver.review.numbers import Row, near, number
from driver.review.paired import WAYS, Change, Part
from driver.review.read_back import NAMES
from driver.tables.csv_text import Value
from driver.tables.replay_words import ALL
from driver.tables.table_list import row_keys

HEADLINE: Final = ("orders", "fill_ratio", "shortfall_bps", "saving_bps", "saving_mean_bps")  # said before the others
VERDICTS: Final = (
    "trusted",
    "identified",
    "bounds_agree",
    "best",
)  # words that decide what the figures beside them are worth
INTERVALS: Final = {  # of a measure: the columns of its ends; others are named after it
    "saving_bps": ("ci_low", "ci_high"), "saving_value": ("value_low", "value_high"),
    "km_filled": ("km_low", "km_high"),
}  # fmt: skip
CLUSTERED: Final = "cluster"
OF_SECURITY: Final = ("shortfall_z",)  # told by all orders of the row's security, on whatever date
RowKey = tuple[str, ...]
Pairs = Mapping[Part, Mapping[tuple[str, str], Change]]


@dataclass(frozen=True, slots=True)
class OtherDays:
    """The security-days that only one of two runs holds: what sums over them differs for that alone.

    parts : each security and date of them, and all of either: there may be as many rows as days
    """

    parts: frozenset[Part] = frozenset()

    @classmethod
    def of(cls, days: Iterable[Part]) -> Self:
        """Return what is of any of these days."""
        return cls(frozenset(part for one, other in days for part in product((ALL, one), (ALL, other))))

    def counted(self, row: Mapping[str, str]) -> bool:
        """Return whether a row, by its keys, counts any of them."""
        by = row.get("by")  # contrasts.csv names a security or a date so
        security = row["value"] if by == "security" else row.get("security_code", ALL)
        date = row["value"] if by == "date" else row.get("date", ALL)
        return (security, date) in self.parts


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell of a row that both runs have, and that is not the same.

    Attributes
    ----------
    row : the keys of its row; the scenario is among them where there are any
    change : after less before; None where either is a word, or not known
    share : the change as a share of the largest figure of that measure in the table: changes are ranked by it
    same_days : whether the cell counts the same security-days in both runs
    intervals : where both runs have an interval, whether the two exclude each other
    paired : the change of a saving, from the security-days of the row that both runs have
    """

    row: dict[str, str]
    measure: str
    before: Value
    after: Value
    change: float | None
    share: float
    same_days: bool
    intervals: str = ""
    paired: Change | None = None


@dataclass(frozen=True, slots=True)
class TableChange:
    """What changed in a table.

    Attributes
    ----------
    rows : how many both runs have
    other_days : how many of those count security-days of one run alone
    only_before, only_after : keys of the rows that one run has alone
    columns_only_before, columns_only_after : columns likewise; they are not compared
    rounded : figures that differ by no more than rounding, and count as the same
    """

    table: str
    rows: int
    other_days: int
    only_before: list[dict[str, str]]
    only_after: list[dict[str, str]]
    columns_only_before: list[str]
    columns_only_after: list[str]
    rounded: int
    differences: list[Difference]

    @property
    def is_same(self) -> bool:
        """Whether both runs say the same."""
        alone = self.only_before, self.only_after, self.columns_only_before, self.columns_only_after
        return not (self.differences or any(alone))

    @property
    def is_of_other_days(self) -> bool:
        """Whether it has no row that counts the same security-days in both runs."""
        columns = self.columns_only_before, self.columns_only_after
        return not any(columns) and 0 < self.other_days == self.rows


def table_change(
    table: str, before: Sequence[Row], after: Sequence[Row], other: OtherDays, pairs: Pairs | None = None
) -> TableChange:
    """Return what changed from the rows of ``before`` to those of ``after``; ``pairs`` are of the tables' savings."""
    columns = [list(rows[0]) if rows else None for rows in (before, after)]
    old_columns, new_columns = (mine or theirs or [] for mine, theirs in (columns, columns[::-1]))  # no row: no header
    shared = [name for name in old_columns if name in new_columns]
    keys = row_keys(f"{table}.csv", [name for name in shared if name not in NAMES])
    old, new = (_keyed(rows, keys) for rows in (before, after))
    both = [key for key in old if key in new]
    others = sum(other.counted(_named(keys, key)) for key in both)
    measures = [name for name in shared if name not in keys]
    found: list[Difference] = []
    rounded = 0
    for measure in measures:
        changed, same = _of_measure(measure, [(key, old[key], new[key]) for key in both], keys, other)
        found += changed
        rounded += same
    if pairs:
        found = [replace(one, paired=_paired(one, pairs)) for one in found]
    only_before, only_after = (
        [_named(keys, key) for key in mine if key not in theirs] for mine, theirs in ((old, new), (new, old))
    )
    return TableChange(
        table, len(both), others, only_before, only_after,
        [name for name in old_columns if name not in new_columns],
        [name for name in new_columns if name not in old_columns], rounded, sorted(found, key=_rank),
    )  # fmt: skip


def _keyed(rows: Sequence[Row], keys: Sequence[str]) -> dict[RowKey, Row]:
    """Return rows by their keys; what still has the same keys as another row is told apart by its place."""
    found: dict[RowKey, Row] = {}
    for row in rows:
        key = tuple("" if row[name] is None else str(row[name]) for name in keys)
        place = 2
        while key in found:
            key, place = (*key[: len(keys)], f"({place})"), place + 1
        found[key] = row
    return found


def _named(keys: Sequence[str], key: RowKey) -> dict[str, str]:
    return dict(zip((*keys, "place"), key, strict=False))


def _of_measure(
    measure: str, rows: Sequence[tuple[RowKey, Row, Row]], keys: Sequence[str], other: OtherDays
) -> tuple[list[Difference], int]:
    """Return the differences in a column, and how many more are no more than rounding."""
    cells = [(key, old, new) for key, old, new in rows if old[measure] != new[measure]]
    apart = [(key, old, new) for key, old, new in cells if not near(old[measure], new[measure])]
    if not apart:
        return [], len(cells)
    held = (abs(number(row[measure])) for _, *two in rows for row in two)
    most = max((one for one in held if math.isfinite(one)), default=0.0)
    found = []
    for key, old, new in apart:
        moved = number(new[measure]) - number(old[measure])
        change = moved if math.isfinite(moved) else None
        share = abs(moved) / most if change is not None and most else 0.0
        intervals = _intervals(measure, old, new)
        row = _named(keys, key)
        same_days = not other.counted({"security_code": row["security_code"]} if measure in OF_SECURITY else row)
        found.append(Difference(row, measure, old[measure], new[measure], change, share, same_days, intervals))
    return found, len(cells) - len(apart)


def _intervals(measure: str, before: Row, after: Row) -> str:
    stem = measure.removesuffix("_bps")
    pairs = (INTERVALS.get(measure, ()), (f"{stem}_ci_low", f"{stem}_ci_high"))
    ends = next((pair for pair in pairs if pair and all(end in row for end in pair for row in (before, after))), None)
    if ends is None:
        return ""
    if before.get("test", CLUSTERED) != CLUSTERED:
        return ""  # as if each order stood for itself: described, and nothing to judge by
    return of_intervals(*((number(row[ends[0]]), number(row[ends[1]])) for row in (before, after)))


def of_intervals(before: tuple[float, float], after: tuple[float, float]) -> str:
    """Return whether the intervals of two runs exclude each other; an end that is not known is NaN."""
    if not all(map(math.isfinite, (*before, *after))):
        return "no interval"
    return "intervals exclude each other" if before[1] < after[0] or after[1] < before[0] else "intervals overlap"


def _paired(one: Difference, pairs: Pairs) -> Change | None:
    if not set(one.row) <= {"security_code", "date", "scenario"}:
        return None  # it counts some of the orders of those days
    weighting = next((name for name, (measure, _) in WAYS.items() if measure == one.measure), "")
    part = one.row.get("security_code", ALL), one.row.get("date", ALL)
    return pairs.get(part, {}).get((one.row.get("scenario", ""), weighting))


def _rank(one: Difference) -> tuple[bool, bool, bool, float]:
    """Say first what counts the same days, then words that decide, then the measures of the headline, by size."""
    return not one.same_days, one.measure not in VERDICTS, one.measure not in HEADLINE, -one.share
