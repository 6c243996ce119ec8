"""The participant that stands for the most value, and in a sentence whether the headline is mostly about it.

The check, the report and the end of a run ask here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from driver.review.numbers import Row, number, signed
from driver.review.read_back import read_tables
from driver.tables.replay_words import ASSERTED
from kernels.conventions import COST_SCALE

MOST: Final = 0.5  # share of the value at arrival: who has more dominates


class Largest(NamedTuple):
    """The participant of largest value: what it is called, its share of the value, its rows by scenario."""

    label: str
    share: float
    rows: Mapping[str, Row]

    @property
    def dominates(self) -> bool:
        """Whether figures by value are mostly about it."""
        return self.share > MOST


def largest_participant(participants: Sequence[Row]) -> Largest | None:
    """Return the participant of largest value at arrival; None where fewer than two have any.

    participants : rows of by_participant.csv
    """
    values = {
        str(row["participant_id"]): value
        for row in participants
        if row["scenario"] == "real" and (value := number(row["benchmark_notional"])) > 0
    }
    if len(values) < 2:
        return None
    name = max(values, key=lambda one: values[one])
    rows = {str(row["scenario"]): row for row in participants if str(row["participant_id"]) == name}
    label = f"{name} {rows['real'].get('participant_name') or ''}".strip()
    return Largest(label, values[name] / sum(values.values()), rows)


def dominance(summary: Sequence[Row], participants: Sequence[Row]) -> list[str]:
    """Return who dominates, how much of it was filled, and what scenarios save without it.

    summary : of all orders; participants : rows of by_participant.csv, none where it is not written
    """
    found = largest_participant(participants)
    if found is None or not found.dominates:
        return []
    filled = 100 * number(found.rows["real"]["fill_ratio"])
    taken_back = "; most was taken back, and counts as often as it was sent again" if filled < 50 else ""
    told = [
        f"{row['scenario']} {signed(saved)} bps instead of {signed(number(row['saving_bps']))}"
        for row in summary[1:]
        if row["scenario"] in ASSERTED and row["saving_bps"] is not None
        if (saved := _without(found, summary[0], row)) is not None
    ]
    without = f" Without it scenarios save: {'; '.join(told)}." if told else ""
    return [
        f"Participant {found.label} stands for {100 * found.share:.0f} % of the value at arrival, {filled:.1f} % of "
        f"its shares filled{taken_back}: figures by value are mostly about it.{without}"
    ]


def _without(found: Largest, real: Row, row: Row) -> float | None:
    """Return what a scenario saves of the orders of all others, in bps; None where there are none."""
    mine = found.rows[str(row["scenario"])]
    costs = (number(one["shortfall_cost"]) for one in (real, row, found.rows["real"], mine))
    whole, under, own, own_under = costs
    left = number(real["benchmark_notional"]) - number(mine["benchmark_notional"])
    return 10_000 * (whole - under - own + own_under) / COST_SCALE / left if left > 0 else None


def dominance_notes(results: Path) -> tuple[str, ...]:
    """Return the same of a results folder, for a terminal."""
    tables = read_tables(results, "global_summary", "by_participant")
    return tuple(dominance(tables["global_summary"], tables["by_participant"]))
