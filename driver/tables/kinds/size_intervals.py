"""Intervals beside what small and large orders save, in the tables of both, and tests by quarters.

They are those of contrasts.csv, which `aggregate` makes first. By quarters R and D are tested, A, B and C described,
bounds and the placebo printed; the family, of an estimand, is all quarters of R and D: exploratory beside the tests of
all orders, and corrected for among themselves (decisions 37).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from driver.inference.intervals import holm, p_of_t
from driver.inference.rows import Row
from driver.inference.sample import BY_VALUE, PER_ORDER, TESTED, status_of
from driver.tables.column_guide import BPS, Column, plain
from kernels.measure.order_columns import BENEFIT

Found = dict[tuple[str, str], Row]  # by label and scenario
SAVINGS: Final = {BY_VALUE: "saving", PER_ORDER: "saving_mean"}  # columns begin so
SAID: Final = ("standard_error", "ci_low", "ci_high", "df", "effective_clusters", "note")
EXPLORATORY: Final = "exploratory"


def _columns(prefix: str, *more: Column) -> tuple[Column, ...]:
    """Return what is said of an estimand; more : columns before the note."""
    of = f"{prefix}_bps"
    return (
        plain(f"{prefix}_standard_error", BPS, f"of {of}, by whole securities and dates left out"),
        Column(f"{prefix}_ci_low", BPS, BENEFIT, f"95 % interval of {of}: its lower end; empty with one cluster"),
        Column(f"{prefix}_ci_high", BPS, BENEFIT, "its upper end"),
        plain(f"{prefix}_df", "number", "degrees of freedom of Student's t"),
        plain(f"{prefix}_effective_clusters", "number", "clusters of equal size that would say as much"),
        *more,
        plain(f"{prefix}_note", "words", "how it is clustered, or why there is no interval"),
    )


def _tests(prefix: str) -> tuple[Column, Column]:
    return (
        plain(f"{prefix}_p_value", "probability", f"two-sided, that {prefix}_bps is 0; of R and D alone"),
        plain(f"{prefix}_p_holm", "probability", "the same by Holm's correction, over all quarters of R and D"),
    )


CLUSTERS: Final = plain("clusters", "count", "security-days with priced orders of the row; none on the rows of real")
INTERVALS: Final = (CLUSTERS, *(column for prefix in SAVINGS.values() for column in _columns(prefix)))
TESTS: Final = (
    plain("status", "word", "exploratory: tested; algebra: follows from the mid, described; printed: neither"),
    CLUSTERS,
    *(column for prefix in SAVINGS.values() for column in _columns(prefix, *_tests(prefix))),
)
GUIDES: Final = {"by_order_size": INTERVALS}  # beside the columns of every table


def intervals_by(by: str, contrasts: Iterable[Row]) -> Found:
    """Return the intervals of what orders are parted by, by value and scenario as contrasts.csv has them."""
    found: Found = {}
    for row in contrasts:
        if row["by"] == by:
            mine = found.setdefault((str(row["value"]), str(row["scenario"])), {"clusters": row["clusters"]})
            prefix = SAVINGS[str(row["weighting"])]
            mine |= {f"{prefix}_{name}": row[name] for name in SAID}
            if row["scenario"] in TESTED:
                mine[f"{prefix}_p_value"] = _p_value(row)
    return found


def _p_value(row: Row) -> float | None:
    """Return the p-value of a saving; None where it has no interval, or nothing varies."""
    saving, error, df = (row[name] for name in ("saving_bps", "standard_error", "df"))
    if not (isinstance(saving, float) and isinstance(error, float) and isinstance(df, float) and error > 0):
        return None
    return p_of_t(saving / error, df)


def with_tests(intervals: Found, labels: Mapping[str, str], scenarios: Iterable[str]) -> Found:
    """Return intervals and tests by label and scenario, Holm's correction over all that have a p-value.

    labels : label -> value in contrasts.csv
    """
    found: Found = {}
    for scenario in scenarios:
        status = EXPLORATORY if scenario in TESTED else status_of(scenario)
        for label, value in labels.items():
            found[label, scenario] = {"status": status, **intervals.get((value, scenario), {})}
    for prefix in SAVINGS.values():
        family = [(row, p) for row in found.values() if isinstance(p := row.get(f"{prefix}_p_value"), float)]
        for (row, _), adjusted in zip(family, holm([p for _, p in family]), strict=True):
            row[f"{prefix}_p_holm"] = adjusted
    return found
