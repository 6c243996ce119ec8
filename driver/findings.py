"""What the numbers say, in sentences: with intervals where inference is possible, and plainly where it is not."""

from collections.abc import Mapping, Sequence

from driver.charts import Row, number
from driver.inference import FEW_CLUSTERS

MEANINGS = {
    "real": "what the orders really did",
    "A": "unlimited dark liquidity: the whole order trades at the mid of its window, if its limit allows",
    "B": "limited: the dark share trades at the mid, the rest as it really did",
    "C": "price impact: the dark share trades at the mid, the rest at the mid moved against the order",
    "R": "replay: the order rests in the dark book by the exchange's own rules",
    "P": "placebo: the replay engine with nothing changed; what it differs from reality by is its own error",
}


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a real minus, and thousands separated."""
    return f"{value:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def findings(summary: Sequence[Row], statistics: Sequence[Row]) -> list[str]:
    """Return the sentences of the report's first section, most important first."""
    real = summary[0]
    priced, orders = number(real["priced_orders"]), number(real["orders"])
    if not orders:
        return ["No order was selected: there is nothing to compare."]
    sentences = [_reality(real)]
    if priced:
        clusters = {row["scenario"]: row for row in statistics if row["test"] == "cluster" and _by_value(row)}
        sentences += [_scenario(row, clusters.get(row["scenario"])) for row in summary[1:]]
        sentences += _inference(statistics)
    if priced < orders:
        sentences.append(
            f"{orders - priced:,.0f} of {orders:,.0f} orders have no valid quote to be measured from: "
            "they count in quantities and fill rates, and have no cost anywhere."
        )
    return sentences


def _by_value(row: Row) -> bool:
    return row["weighting"] == "notional"


def _reality(real: Row) -> str:
    text = (
        f"{number(real['orders']):,.0f} orders asked for {number(real['order_quantity']):,.0f} shares and got "
        f"{number(real['filled_quantity']):,.0f} of them ({100 * number(real['fill_ratio']):.1f} %)"
    )
    if real["shortfall_bps"] is None:
        return text + "; without a valid quote there are no costs."
    kind = "cost" if number(real["shortfall_bps"]) >= 0 else "gain"
    return (
        text + f"; measured from the mid at arrival that was a {kind} of {abs(number(real['shortfall_bps'])):.2f} bps."
    )


def _scenario(row: Row, cluster: Row | None) -> str:
    saving = number(row["saving_bps"])
    word = "cost less" if saving >= 0 else "cost more"
    text = (
        f"Under {row['scenario']} the same orders would have {word} by {abs(saving):.2f} bps "
        f"({signed(number(row['saving_value']), 0)} in currency), filling {100 * number(row['fill_ratio']):.1f} %."
    )
    if cluster is None or cluster["ci_low"] is None:
        return text
    low, high = number(cluster["ci_low"]), number(cluster["ci_high"])
    text += f" 95 % interval {signed(low)} to {signed(high)} bps, {str(cluster['note']).split(';')[0]}"
    return text + (": not distinguishable from zero." if low <= 0 <= high else ".")


def _inference(statistics: Sequence[Row]) -> list[str]:
    clusters = [row for row in statistics if row["test"] == "cluster"]
    sentences = []
    if any(row["status"] == "refused" for row in clusters):
        notes = sorted({str(row["note"]) for row in clusters if row["status"] == "refused"})
        sentences.append(f"No inference possible: {'; '.join(notes)}. The figures describe these orders only.")
    sizes = [number(row["df1"]) + 1 for row in clusters if row["df1"] is not None]
    if sizes and min(sizes) < FEW_CLUSTERS:
        sentences.append(
            f"Only {min(sizes):.0f} clusters in the smaller dimension (about {FEW_CLUSTERS} are wanted): "
            "read the intervals as rough."
        )
    algebra = sorted({str(row["scenario"]) for row in clusters if row["status"] == "algebra"})
    if algebra:
        sentences.append(
            f"{' and '.join(algebra)} follow from the same mid as A by arithmetic: their difference from reality "
            "is an assumption worked out, not evidence, so it is not tested."
        )
    return sentences


def meaning(scenario: str) -> str:
    """Return what a scenario is, in a few words."""
    return MEANINGS.get(scenario, "see the documentation")


def parameters(settings: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the settings that decide what scenarios mean, as (name, text), in a fixed order."""
    return [(name, str(value)) for name, value in sorted(settings.items())]
