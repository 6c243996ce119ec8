"""Random days: every match of every run, in order, is the one that plain Python makes, whatever is chosen."""

from random import Random

import numpy as np
import pytest

from kernels.measure.choices import Selection
from kernels.replay import driving, scenario_runs
from kernels.replay.runs import Run, new_run
from tests.kernels.replay.both_replays import SCENARIOS, as_tuples, both, plain_matches, random_choices, random_halts
from tests.replay_days import END, START, replay_day

pytestmark = pytest.mark.reduced
DAYS = 25  # a test
MANY = 400


def check_day(seed: int, halted: bool = False) -> int:
    """Compare all runs of a day; return how many matches there were."""
    day, choices = replay_day(seed), random_choices(Random(seed))
    halts = random_halts(Random(seed), day, START, END) if halted else ()
    found, plain = both(day, choices, START, END, halts)
    matches = 0
    for name in SCENARIOS:
        wanted = plain_matches(plain[name])
        assert as_tuples(found.matches[name]) == wanted, (seed, name)
        assert not any(begin <= match[0] < end for match in wanted for begin, end in halts)
        matches += len(wanted)
    return matches


@pytest.mark.parametrize("first", range(0, 8 * DAYS, DAYS))
def test_all_runs_print_what_plain_python_prints(first: int) -> None:
    assert sum(check_day(seed) for seed in range(first, first + DAYS)) > 10 * DAYS


def test_halted_days_print_what_plain_python_prints() -> None:
    """R1: and of the matches that there are without halts some are not made, or later."""
    halted, free = (sum(check_day(seed, halted) for seed in range(60)) for halted in (True, False))
    assert 120 < halted < free
    assert check_day(3_000_352, halted=True) > 0  # an order that history ended a while ago leaves as a halt ends


def test_small_pieces_and_books_that_grow_print_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def small_run(orders: int, tick: int, tier: int, locked: bool, **_: int) -> Run:
        return new_run(orders, tick, tier, locked, capacity=3, rows=8)

    monkeypatch.setattr(driving, "PIECE", 1)
    monkeypatch.setattr(scenario_runs, "new_run", small_run)
    assert sum(check_day(seed, halted=seed % 2 == 0) for seed in range(20)) > 100


def test_before_the_open_a_row_states_its_order_whole() -> None:
    """This day has an order that got its minimum in a row of a booking, before anybody could trade."""
    assert check_day(700_821) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 1_000 + 12 * MANY, MANY))
def test_all_runs_of_many_days_print_what_plain_python_prints(first: int) -> None:
    assert sum(check_day(seed) for seed in range(first, first + MANY)) > 10 * MANY


def test_without_subjects_all_runs_are_the_placebo() -> None:
    nobody = Selection(participants=(99,))
    for seed in range(40):
        choices = random_choices(Random(seed), nobody)
        found, plain = both(replay_day(seed), choices, START, END)
        assert not len(found.subjects.rows)
        assert as_tuples(found.matches["P"]) == plain_matches(plain["P"])
        assert as_tuples(found.matches["R"]) == as_tuples(found.matches["P"]) == as_tuples(found.matches["D"])
        assert not as_tuples(found.matches["R_conservative"])


def test_quotes_that_cannot_be_are_one_sided_to_the_book_or_taken_as_they_are() -> None:
    changed = 0
    for seed in range(30):
        day, rng, placebos = replay_day(seed), Random(seed), []
        bid, offer = (np.array(day.quotes[name]) for name in ("bid", "offer"))
        wide = np.array([rng.random() < 0.1 for _ in bid], bool) & (bid > 0) & (offer > 0)
        offer[wide] = 2 * bid[wide] + 500
        day.quotes["offer"] = offer
        for switches in ((), ("implausible_quotes",)):
            found, plain = both(day, random_choices(Random(seed), switches=switches), START, END)
            for name in SCENARIOS:
                assert as_tuples(found.matches[name]) == plain_matches(plain[name]), (seed, name)
            placebos.append(as_tuples(found.matches["P"]))
        changed += placebos[0] != placebos[1]
    assert changed > 2
