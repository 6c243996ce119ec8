"""What a run saves, in sentences: by value and per order, each with its interval, and what the intervals rest on."""

from collections.abc import Sequence
from typing import Any, Final

from driver.inference.sample import BY_VALUE, FIRST, PER_ORDER, status_of
from driver.review.estimands import WHY as UNLIKE
from driver.review.numbers import Row, less_or_more, number, signed, unlike
from driver.tables.replay_words import NOT_TRUSTED
from kernels.conventions import REPLAYED

MEASURES: Final = {BY_VALUE: "saving_bps", PER_ORDER: "saving_mean_bps"}  # of tables
# Tests of single orders, each of one scenario: what of them describes these orders.
OF_ORDERS: Final = ("paired_t", "sign", "wilcoxon", "correlation")
NO_INFERENCE: Final = "No inference"
WORDS: Final = {BY_VALUE: "by value", PER_ORDER: "per order"}


def of_scenario(row: Row, statistics: Sequence[Row], below_floor: bool) -> str:
    """Return what a scenario would have saved; ``row`` is of the global summary."""
    ratio = number(row["fill_ratio_in_session" if row["scenario"] in REPLAYED else "fill_ratio"])
    where = " in the session" if row["scenario"] in REPLAYED else ""
    savings = {weighting: number(row[measure] or 0.0) for weighting, measure in MEASURES.items()}
    value = abs(number(row["saving_value"] or 0.0))
    text = (
        f"Under {row['scenario']} the same orders would have cost {less_or_more(savings[BY_VALUE])} by value "
        f"({value:,.0f} in currency) and {less_or_more(savings[PER_ORDER])} per order, with {100 * ratio:.1f} % of the "
        f"shares{where} filled."
    )
    if unlike(savings[BY_VALUE], savings[PER_ORDER]):
        text += f" The signs differ: {UNLIKE}."
    if below_floor and row["scenario"] in REPLAYED:
        return f"{text} This is {NOT_TRUSTED}: the replay is below its floor."
    said = [_interval(one) for one in _rows_of(row["scenario"], statistics) if one["ci_low"] is not None]
    return f"{text} 95 % interval of the saving: {'; '.join(said)}." if said else text


def _rows_of(scenario: object, statistics: Sequence[Row]) -> list[Row]:
    """Return the rows of whole clusters of a scenario, by value first."""
    found = [row for row in statistics if row["test"] == "cluster" and row["scenario"] == scenario]
    return sorted(found, key=lambda row: FIRST.index(str(row["weighting"])))


def _interval(row: Row) -> str:
    low, high = number(row["ci_low"]), number(row["ci_high"])
    zero = ", which includes zero" if low <= 0 <= high else ""
    return f"{signed(low)} to {signed(high)} bps {WORDS[str(row['weighting'])]}{zero}"


def inference(statistics: Sequence[Row]) -> list[str]:
    """Return what intervals allow for and how much they rest on, or why there are none; and what is not tested."""
    clusters = [row for row in statistics if row["test"] == "cluster"]
    sentences = []
    if refused := {str(row["note"]).split(":")[0] for row in clusters if row["status"] == "refused"}:
        sentences.append(f"{NO_INFERENCE} possible: {'; '.join(sorted(refused))}. The figures describe these orders.")
    if known := [row for row in clusters if row["effective_clusters"] is not None]:
        fewest = min(number(row["effective_clusters"]) for row in known)
        how = sorted({str(row["note"]).split(";")[0] for row in known})
        sentences.append(
            f"Intervals are {', '.join(how)}; the way that has fewest clusters says as much as {fewest:.1f} of equal "
            "size, and the intervals are as wide as that asks for."
        )
    if algebra := sorted({str(row["scenario"]) for row in clusters if status_of(str(row["scenario"])) == "algebra"}):
        *others, last = algebra
        names, verb = (f"{', '.join(others)} and {last}", "follow") if others else (last, "follows")
        sentences.append(
            f"{names} {verb} from a mid by arithmetic: the difference from reality is an assumption worked out, not "
            "evidence, so it is not tested, and it bounds no saving."
        )
    return sentences


def statistics_section(statistics: Sequence[Row]) -> dict[str, Any]:
    """Return what the section of statistics shows: rows of whole clusters, why others are refused, and orders alone.

    A refusal says why, once; its rows would say no more. Tests of orders are by scenario, then those of several.
    """
    alone = [row for row in statistics if row["test"] in OF_ORDERS]
    by_scenario: dict[str, dict[str, Row]] = {}
    for row in alone:
        by_scenario.setdefault(str(row["scenario"]), {})[str(row["test"])] = row
    known = {name: rows for name, rows in by_scenario.items() if any(map(_says, rows.values()))}
    several = [row for row in statistics if row["test"] in ("rm_anova", "hotelling", "friedman")]
    whole = [row for row in statistics if row not in alone and row not in several]
    tested = [row for row in whole if row["status"] != "refused"]
    return {
        "statistics": statistics,
        "refused": list(dict.fromkeys(str(row["note"]) for row in whole if row["status"] == "refused")),
        "tested": tested,
        "notes": list(dict.fromkeys(str(row["note"]) for row in tested if row["note"])),
        "of_orders": known,
        "of_several": [row for row in several if _says(row)],
        "intervals": {
            str(row["scenario"]): row
            for row in tested
            if row["test"] == "cluster" and row["weighting"] == BY_VALUE and row["ci_low"] is not None
        },
    }


def _says(row: Row) -> bool:
    """Return whether a test of orders has a figure."""
    return any(row[name] is not None for name in ("statistic", "saving_bps", "correlation"))
