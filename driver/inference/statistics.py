"""The rows of statistics.csv: every scenario against reality, of the same orders, by value and per order.

The family of tests is R and D, by value first (decisions 37). A, B and C follow from the mid by arithmetic and are
never tested; bounds and the placebo are printed; of one security-day nothing is tested. Only rows of whole clusters
have p-values: `clustered` says what those rows are, `orders` what orders alone say.
"""

from collections.abc import Sequence

from driver.inference.clustered import cluster_row, heterogeneity_row, joint_row
from driver.inference.intervals import holm
from driver.inference.orders import anova_row, friedman_row, hotelling_row, paired_row, sign_row
from driver.inference.rows import COLUMNS, Row
from driver.inference.sample import FIRST, PER_ORDER, PRINTED, TESTED, Sample, status_of
from driver.inference.signed_ranks import correlation_row, wilcoxon_row


def statistics(sample: Sample) -> list[Row]:
    """Return the rows of statistics.csv."""
    scenarios = range(1, len(sample.scenarios))
    rows = [_headed("cluster", sample, [k], weighting) for weighting in FIRST for k in scenarios]
    for weighting in FIRST:
        _add_holm([row for row in rows if row["weighting"] == weighting])
    family = [k for k in scenarios if sample.scenarios[k] in TESTED]
    if len(family) > 1:
        rows += [_headed("cluster_joint", sample, family, weighting) for weighting in FIRST]
    tests = [f"differs_by_{across}" for across in ("security", "date")]
    rows += [_headed(test, sample, [k], weighting) for test in tests for weighting in FIRST for k in family]
    alone = "paired_t", "sign", "wilcoxon", "correlation"
    rows += [_headed(test, sample, [k], PER_ORDER) for test in alone for k in scenarios]
    compared = [0, *(k for k in scenarios if status_of(sample.scenarios[k]) != PRINTED)]
    for chosen in [[0, *family]] if [0, *family] == compared else [[0, *family], compared]:
        if len(chosen) > 1:
            rows += [_headed(test, sample, chosen, PER_ORDER) for test in ("rm_anova", "hotelling")]
    if family:
        rows.append(_headed("friedman", sample, [0, *family], PER_ORDER))
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def _headed(test: str, sample: Sample, chosen: list[int], weighting: str) -> Row:
    """Return a row of a test: what it is about, then what it finds, or why it finds nothing."""
    row: Row = {"test": test, "scenario": "+".join(sample.scenarios[k] for k in chosen), "weighting": weighting}
    row["status"] = status = _status(test, sample, chosen)
    if unknown := [why for k in chosen if (why := sample.why_not_known(k))]:
        return row | {"status": "refused", "note": unknown[0]}
    return row | _found(test, sample, chosen, weighting, status == "tested")


def _status(test: str, sample: Sample, chosen: list[int]) -> str:
    """Return how a row enters inference; what orders say alone is described."""
    statuses = {status_of(sample.scenarios[k]) for k in chosen if k}
    for status in (PRINTED, "algebra"):
        if status in statuses:
            return status
    return "tested" if test.startswith("cluster") else "exploratory" if test.startswith("differs") else "descriptive"


def _found(test: str, sample: Sample, chosen: list[int], weighting: str, tested: bool) -> Row:
    match test:
        case "cluster":
            return cluster_row(sample, chosen[0], weighting, tested)
        case "cluster_joint":
            return joint_row(sample, chosen, weighting)
        case "paired_t":
            return paired_row(sample, chosen[0])
        case "sign":
            return sign_row(sample, chosen[0])
        case "wilcoxon":
            return wilcoxon_row(sample, chosen[0])
        case "correlation":
            return correlation_row(sample, chosen[0])
        case "rm_anova":
            return anova_row(sample, chosen)
        case "friedman":
            return friedman_row(sample, chosen)
        case "hotelling":
            return hotelling_row(sample, chosen)
    return heterogeneity_row(sample, chosen[0], weighting, test.removeprefix("differs_by_"))


def _add_holm(rows: Sequence[Row]) -> None:
    """Fill ``p_holm`` of the rows that have a p-value."""
    tested = [(row, p) for row in rows if isinstance(p := row.get("p_value"), float)]
    for (row, _), adjusted in zip(tested, holm([p for _, p in tested]), strict=True):
        row["p_holm"] = adjusted
