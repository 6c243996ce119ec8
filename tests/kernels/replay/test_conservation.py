"""Every share is used once: in each run, of every order of the day, selected or not."""

from random import Random
from typing import Any

import numpy as np
import pytest

from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.replay.collecting import check_used
from kernels.replay.driving import drive
from kernels.replay.prepare import prepare_replay
from kernels.replay.replay import replay
from kernels.replay.scenario_runs import placebo, player
from kernels.replay.subjects import find_subjects
from tests.kernels.replay.both_replays import random_choices
from tests.kernels.replay.hand_made import ASKED, DARK, END, LIT, START, day, order, quote
from tests.replay_days import END as LAST
from tests.replay_days import START as FIRST
from tests.replay_days import replay_day


def written_twice(found: Any, quantity: int) -> Any:
    """Return matches with one more of the same."""
    again = np.concatenate([found, found[-1:]]).view(np.recarray)
    again.quantity[-1] = quantity
    return again


@pytest.mark.parametrize("name", ["P", "R"])
def test_a_counterparty_that_nobody_selected_is_audited_too(name: str) -> None:
    """The contra sells 100 once: one share more of it, and the run is refused."""
    contra = order(11, -1, DARK, [(1, 100, 0), (4_000, 100, 0)], 3_380)
    other = order(12, 1, DARK, [(2, 100, 0), (4_000, 100, 0)])
    asked = order(1, 1, LIT, [(3, 500, 0), (4_000, 500, 0)])
    made = day([contra, other, asked], [], [quote(0)])
    simulation = Simulation(scenarios=("P", "R"))
    choices = Choices(Selection(participants=(ASKED,)), simulation, replay=ReplayChoices())
    prepared = prepare_replay(made, choices, Session(START, END))
    subjects = find_subjects(made, prepared, choices.replay)
    players = [placebo(prepared, choices), player(made, prepared, choices, "R", subjects)]
    drive(prepared, players)
    written = {each.name: each.written() for each in players}
    assert check_used(made, prepared, choices.replay, subjects, written) == {"P": 3, "R": 3}
    matches, cuts = written[name]
    with pytest.raises(RuntimeError, match=f"scenario {name} uses 101 of 100 shares of order 1[12]"):
        check_used(made, prepared, choices.replay, subjects, {**written, name: (written_twice(matches, 1), cuts)})


@pytest.mark.reduced
def test_random_days_pass_in_every_run() -> None:
    for seed in range(12):
        made = replay_day(seed)
        choices = random_choices(Random(seed), from_rest=seed % 2 == 0, dark_seconds=(0.004, 0.0040001), minimum=10)
        found = replay(made, choices, Session(FIRST, LAST))
        names = {"P", "R", "R_optimistic", "R_conservative", "D", "0.004 s", "0.0040001 s", "without minimum"}
        assert {name for name, counts in found.counts.items() if counts["audited"] > 0} == names, seed


def test_time_limits_are_kept_to_the_last_digit() -> None:
    made = day([order(1, 1, LIT, [(3, 500, 0), (4_000, 500, 0)])], [], [quote(0)])
    choices = Choices(
        Selection(), Simulation(scenarios=("R",)), replay=ReplayChoices(dark_seconds=(12345.678, 12345.679))
    )
    found = replay(made, choices, Session(START, END))
    assert list(found.time_limits) == [12345.678, 12345.679]
