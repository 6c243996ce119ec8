"""Each subject by itself: as a whole run that asks about nobody else, and between its bounds (decisions 24)."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from kernels.measure.choices import Choices, Session
from kernels.measure.simulated import SimulatedFills
from kernels.replay.driving import drive
from kernels.replay.prepare import prepare_replay
from kernels.replay.replay import replay
from kernels.replay.scenario_runs import placebo, player
from kernels.replay.subjects import find_subjects, take
from tests.builders import MemoryDay
from tests.kernels.replay.both_replays import random_choices
from tests.kernels.replay.generated_days import made
from tests.replay_days import END, START, replay_day
from tickstore import open_day

SESSION = Session(START, END)
NAMES = ("R", "R_optimistic", "R_conservative", "D")


def own_matches(written: Any, row: int) -> list[tuple[int, ...]]:
    """Return time, quantity and price of an order's matches among those written."""
    own = written[(written.buy == row) | (written.sell == row)]
    return [(int(x.time), int(x.quantity), int(x.price2)) for x in own]


def whole_run(day: MemoryDay, choices: Choices, k: int, name: str) -> list[tuple[int, ...]]:
    """Return the matches of the k-th subject in a run through the whole day that asks about it alone."""
    prepared = prepare_replay(day, choices, SESSION)
    one = take(find_subjects(day, prepared, choices.replay), slice(k, k + 1))
    players = [placebo(prepared, choices), player(day, prepared, choices, name, one)]
    drive(prepared, players)
    return own_matches(players[1].written()[0], int(one.rows[0]))


@pytest.mark.parametrize("seed", range(12))
def test_a_subject_alone_is_a_run_that_asks_about_it_alone(seed: int) -> None:
    day, choices = replay_day(seed), random_choices(Random(seed), alone=True, switches=())
    found = replay(day, choices, SESSION)
    for name in NAMES:
        matches = found.matches[name]
        for k, row in enumerate(found.subjects.rows.tolist()):
            wanted = whole_run(day, choices, k, name)
            both = [
                (int(time), int(quantity), int(price2))
                for time, quantity, price2, buy, sell in zip(
                    matches.time, matches.quantity, matches.price2, matches.buy, matches.sell, strict=True
                )
                if row in (buy, sell)
            ]
            assert all(match in both for match in wanted), (seed, name, row)
            entering = choices.replay.from_rest
            total = sum(quantity for _, quantity, _ in wanted)
            fills = found.fills[name]
            dark = fills.quantity[(fills.order_index == row) & np.isin(fills.deal_source, (46, 47, 48, 50))]
            assert entering or int(dark.sum()) == total, (seed, name, row)


def filled(fills: SimulatedFills, rows: Any) -> Any:
    """Return what each of these orders fills."""
    return np.array([fills.quantity[fills.order_index == row].sum() for row in rows])


@pytest.mark.parametrize("seed", [3, 4])
def test_bounds_hold_for_orders_run_alone(seed: int, tmp_path: Path) -> None:
    """U >= C >= L on a market that keeps the rules, with few exceptions.

    A fill now can keep an order from a larger one later, in which case more is less (decisions 24).
    """
    market = made(seed, tmp_path, orders=800)
    simulation = replace(market.choices.simulation, scenarios=("R",))
    chosen = replace(market.choices.replay, alone=True, horizon="close", subject_limit="half_tick")
    with open_day(market.path) as day:
        found = replay(day, replace(market.choices, simulation=simulation, replay=chosen), market.session)
    central, high, low = (filled(found.fills[name], found.subjects.rows) for name in NAMES[:3])
    assert np.count_nonzero(central) > 100
    outside = np.count_nonzero((high < central) | (central < low))
    assert outside <= len(central) // 100, f"{outside} of {len(central)} orders"
