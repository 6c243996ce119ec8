"""A day replayed by the kernels and by plain Python under the same choices, both as lists that can be compared."""

from dataclasses import astuple, replace
from fractions import Fraction
from random import Random
from typing import Any

from kernels.dark.records import RULE_BLOCK, RULE_DARK_LIMIT, RULE_MID
from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.replay.collecting import Replayed
from kernels.replay.matches import Matches
from kernels.replay.replay import replay
from kernels.replay.rulebook import SWITCHES
from tests.builders import MemoryDay
from tests.oracles import replay_subjects
from tests.oracles.replay import Run
from tests.oracles.replay_rows import Plain

RULES = {RULE_MID: "mid", RULE_DARK_LIMIT: "dark_limit", RULE_BLOCK: "block"}
SCENARIOS = ("P", "R", "R_optimistic", "R_conservative", "D")
NANOSECONDS = 1_000_000_000
Halts = tuple[tuple[int, int], ...]


def as_tuples(matches: Matches) -> list[tuple[Any, ...]]:
    """Return matches as the plain replay prints them."""
    rows = []
    for time, *ids, quantity, price2, mid2, side, rule, booked, preferenced in zip(*matches, strict=True):
        prices = Fraction(int(price2), 2), Fraction(int(mid2), 2)
        flags = int(side), RULES[int(rule)], bool(booked), bool(preferenced)
        rows.append((int(time), *(int(x) for x in ids), int(quantity), *prices, *flags))
    return rows


def random_choices(rng: Random, selection: Selection | None = None, **chosen: Any) -> Choices:
    """Return choices of a replay at random, but for what is chosen."""
    drawn: dict[str, Any] = {
        "subject_limit": rng.choice(("own", "half_tick", "mid")),
        "horizon": rng.choice(("rest_s", "rest_s", "end", "last_fill", "close")),
        "rest_seconds": rng.choice((0.001, 0.005, 0.02, 300.0)),
        "from_rest": rng.random() < 0.25,
        "subjects_meet": rng.random() < 0.2,
        "minimum": rng.choice((0, 0, 10, 60)),
        "latency_ns": rng.choice((0, 0, 0, 400_000)),
        "without": rng.choice(((), (), (), (3,))),
        "preferencing": rng.choice(("inferred", "inferred", "all", "none")),
        "preferring": rng.choice(((), (), (2,))),
        "block_tier": 200,
        "switches": rng.choice(((), (), tuple(rng.sample(sorted(SWITCHES), 2)))),
    }
    selection = selection or Selection(participants=rng.choice(((), (), (1,), (1, 2))))
    locked, quotes_first = rng.random() < 0.15, rng.random() < 0.15
    simulation = Simulation(scenarios=("P", "R", "D"), allow_locked=locked, quotes_first=quotes_first)
    return Choices(selection, simulation, replay=ReplayChoices(**(drawn | chosen)))


def plain_replay(
    day: MemoryDay,
    choices: Choices,
    start: int,
    end: int,
    subjects: tuple[int, ...],
    most_dark_ns: int | None = None,
    halts: Halts = (),
) -> dict[str, Run]:
    """Return what plain Python makes of the same."""
    wanted, simulation = choices.replay, choices.simulation
    plain = Plain(
        day.events, day.orders, day.fills, day.quotes, start, end, simulation.ticks,
        locked=simulation.allow_locked, quotes_first=simulation.quotes_first,
        tier=wanted.block_tier * wanted.price_unit, preferencing=wanted.preferencing, preferring=wanted.preferring,
        without=wanted.without, subjects=subjects, subject_limit=wanted.subject_limit, horizon=wanted.horizon,
        rest_ns=round(wanted.rest_seconds * NANOSECONDS), from_rest=wanted.from_rest,
        subjects_meet=wanted.subjects_meet, minimum=wanted.minimum, latency=wanted.latency_ns,
        switches=wanted.switches, most_dark_ns=most_dark_ns, halts=halts,
    )  # fmt: skip
    return replay_subjects.replay(plain)


def both(day: MemoryDay, choices: Choices, start: int, end: int, halts: Halts = ()) -> tuple[Replayed, dict[str, Run]]:
    """Return the replay of the kernels and the plain one."""
    found = replay(day, choices, Session(start, end, halts=halts))
    subjects = tuple(int(row) for row in found.subjects.rows)
    return found, plain_replay(day, choices, start, end, subjects, halts=halts)


def random_halts(rng: Random, day: MemoryDay, start: int, end: int) -> Halts:
    """Return one to three halts that begin and end where something happens, or between."""
    times = sorted({int(time) for time in day.events["timestamp"] if start < time < end - 10})
    drawn = sorted(rng.sample(times, min(len(times), 2 * rng.randrange(1, 4))))
    bounds = sorted({time + rng.randrange(4) for time in drawn})
    return tuple(zip(bounds[::2], bounds[1::2], strict=False))


def plain_matches(run: Run) -> list[tuple[Any, ...]]:
    return [astuple(match) for match in run.book.matches]


def with_ticks(choices: Choices, ticks: tuple[tuple[int, int], ...]) -> Choices:
    """Return choices with another table of ticks."""
    return replace(choices, simulation=replace(choices.simulation, ticks=ticks))
