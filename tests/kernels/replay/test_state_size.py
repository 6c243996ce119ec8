"""What a replay keeps of an order through the day: at most 200 bytes, all runs together (decisions 33, 34)."""

from typing import Any

import numpy as np

from kernels.conventions import BOUNDS
from kernels.measure.choices import Choices, Session, Simulation
from kernels.replay.prepare import prepare_replay
from kernels.replay.scenario_runs import placebo, player
from kernels.replay.subjects import find_subjects
from tests.replay_days import END, START, replay_day


def bytes_by_order(parts: Any, orders: int) -> int:
    """Return how many bytes the arrays take that have a value for each order and that the day file does not hold."""
    arrays = [part for part in parts if isinstance(part, np.ndarray) and part.ndim == 1 and len(part) == orders]
    return sum(array.itemsize for array in arrays if array.base is None or array.base.flags.owndata)


def test_all_runs_together_keep_at_most_200_bytes_an_order() -> None:
    day, choices = replay_day(3), Choices(simulation=Simulation(scenarios=("P", "R", "D")))
    prepared = prepare_replay(day, choices, Session(START, END))
    subjects = find_subjects(day, prepared, choices.replay)
    names = "R", *BOUNDS, "D"
    players = [placebo(prepared, choices), *(player(day, prepared, choices, name, subjects) for name in names)]
    orders = len(day.orders["order_id"])
    shared = [*prepared.seekers, *prepared.facts, *prepared.later]
    kept = bytes_by_order(shared, orders)
    for each in players:
        kept += bytes_by_order([*each.run], orders) + bytes_by_order([each.facts.open_at_end], orders)
    assert 50 < kept <= 200
