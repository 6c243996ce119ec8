"""What orders say of their counterparties' attributes (R14): as switched, or as the day's own matches agree on."""

from random import Random
from typing import Any

import numpy as np
import pytest

from kernels.dark.records import REFUSED, REQUIRED
from kernels.measure.choices import Session
from kernels.replay.prepare import prepare_replay
from kernels.replay.replay import replay
from kernels.replay.rulebook import FEW_MATCHES, Attributes, reading_of
from tests.builders import MemoryDay
from tests.kernels.replay.both_replays import SCENARIOS, as_tuples, both, plain_matches, random_choices
from tests.replay_days import END, START, DayMaker, replay_day

pytestmark = pytest.mark.reduced
NO_ORDERS = np.zeros(0, np.int64)


def with_attributes(day: MemoryDay, carries: list[int], names: list[int]) -> MemoryDay:
    """Return a day whose orders carry and name these; rows after the first say something else, which counts nowhere."""
    owner, first = np.asarray(day.events["order_index"]), np.asarray(day.orders["first_row"])
    for name, values in (("participant_attribute", carries), ("counter_attributes", names)):
        column = np.array(values, np.int64)[owner] ^ 1
        column[first] ^= 1
        day.events[name] = column
    return day


def drawn(day: MemoryDay, rng: Random, values: tuple[int, ...]) -> list[int]:
    return [rng.choice(values) for _ in day.orders["order_id"]]


def check(day: MemoryDay, seed: int, **chosen: Any) -> tuple[list[Any], int]:
    """Compare all runs with the plain replay's; return the matches of P, and what naming an attribute meant."""
    choices = random_choices(Random(seed), **chosen)
    found, plain = both(day, choices, START, END)
    for name in SCENARIOS:
        assert as_tuples(found.matches[name]) == plain_matches(plain[name]), (seed, name)
    prepared = prepare_replay(day, choices, Session(START, END))
    return as_tuples(found.matches["P"]), reading_of(prepared.attributes, choices.replay.switches)


@pytest.mark.parametrize("switch", ["attributes_refused", "attributes_required"])
def test_days_with_attributes_print_what_plain_python_prints(switch: str) -> None:
    differ = 0
    for seed in range(16):
        day, rng = replay_day(seed), Random(seed)
        day = with_attributes(day, drawn(day, rng, (0, 0, 1, 2, 3, -(2**63))), drawn(day, rng, (0, 0, 0, 1, 2, 5)))
        matches, _ = check(day, seed, switches=(switch,))
        differ += matches != check(day, seed, switches=("no_attributes",))[0]
    assert differ > 5


def agreeing(seed: int, reading: int) -> MemoryDay:
    """Return a day all of whose orders name an attribute, which those that traded in the dark carry, or never do."""
    day = DayMaker(seed, 150).day()
    dark = np.isin(day.fills["deal_source"], (46, 47, 48, 49, 50, 51, 52))
    traded = set(np.asarray(day.fills["order_index"])[dark].tolist())
    others = drawn(day, Random(seed), (0, 4))
    mine = 4 if reading == REQUIRED else 0
    carries = [mine if order in traded else other for order, other in enumerate(others)]
    return with_attributes(day, carries, [4] * len(carries))


@pytest.mark.parametrize("reading", [REFUSED, REQUIRED])
def test_a_reading_that_all_matches_agree_on_is_followed(reading: int) -> None:
    followed = differ = 0
    for seed in range(7):
        matches, read = check(agreeing(seed, reading), seed, switches=())
        assert read in (0, reading)
        followed += read == reading
        differ += matches != check(agreeing(seed, reading), seed, switches=("no_attributes",))[0]
    assert followed > 3
    assert 0 < differ <= followed


@pytest.mark.parametrize(
    ("carried", "lacking", "told", "switches", "reading"),
    [
        (0, FEW_MATCHES, FEW_MATCHES, (), REFUSED),
        (FEW_MATCHES, 0, FEW_MATCHES, (), REQUIRED),
        (1, FEW_MATCHES, FEW_MATCHES + 1, (), 0),
        (FEW_MATCHES, 1, FEW_MATCHES, (), 0),
        (0, FEW_MATCHES - 1, FEW_MATCHES - 1, (), 0),
        (0, 0, 0, (), 0),
        (FEW_MATCHES, 0, FEW_MATCHES, ("no_attributes",), 0),
        (FEW_MATCHES, 0, FEW_MATCHES, ("attributes_refused",), REFUSED),
        (0, 0, 0, ("attributes_required",), REQUIRED),
    ],
)
def test_which_reading_is_followed(
    carried: int, lacking: int, told: int, switches: tuple[str, ...], reading: int
) -> None:
    assert reading_of(Attributes(NO_ORDERS, NO_ORDERS, carried, lacking, told), switches) == reading


def test_a_match_speaks_against_one_reading() -> None:
    """All whose orders are known are counted once, though both orders name attributes."""
    for seed in range(8):
        day = agreeing(seed, REQUIRED)
        counts = replay(day, random_choices(Random(seed)), Session(START, END)).counts["P"]
        f = day.fills
        dark = np.isin(f["deal_source"], (46, 47, 48, 49, 50, 51, 52)) & (f["order_index"] >= 0) & (f["match_id"] != 0)
        _, sides = np.unique(f["match_id"][dark], return_counts=True)
        assert counts["attributes_carried"] == np.count_nonzero(sides == 2)
        assert counts["attributes_lacking"] == 0
