"""Whether one participant's orders are most of what the headline is about, in a sentence. `findings` says it."""

from collections.abc import Sequence
from typing import Final

from driver.report.findings import ASSERTED
from driver.report.groups import grouped
from driver.review.numbers import Row, number, signed
from kernels.conventions import COST_SCALE

MOST: Final = 0.5  # share of the value at arrival


def dominance(summary: Sequence[Row], participants: Sequence[Row]) -> list[str]:
    """Return who dominates, how much of it was filled, and what scenarios save without it.

    summary : of all orders; participants : rows of by_participant.csv, none where it is not written
    """
    groups = grouped(participants, "participant_id", "participant_name")
    base = number(summary[0]["benchmark_notional"])
    if len(groups) < 2 or not base:
        return []
    name, rows = max(groups, key=lambda group: number(group[1][0]["benchmark_notional"]))
    own = number(rows[0]["benchmark_notional"])
    if own <= MOST * base:
        return []
    filled = 100 * number(rows[0]["fill_ratio"])
    taken_back = "; most was taken back, and counts as often as it was sent again" if filled < 50 else ""
    told = []
    for row, mine in zip(summary[1:], rows[1:], strict=True):
        if row["scenario"] in ASSERTED and row["saving_bps"] is not None and own < base:
            costs = (number(one["shortfall_cost"]) for one in (summary[0], row, rows[0], mine))
            real, under, own_real, own_under = costs
            saved = 10_000 * (real - under - own_real + own_under) / COST_SCALE / (base - own)
            told.append(f"{row['scenario']} {signed(saved)} bps instead of {signed(number(row['saving_bps']))}")
    without = f" Without it scenarios save: {'; '.join(told)}." if told else ""
    return [
        f"Participant {name} stands for {100 * own / base:.0f} % of the value at arrival, {filled:.1f} % of its shares "
        f"filled{taken_back}: figures by value are mostly about it.{without}"
    ]
