"""The replay of a day: P, R with its bounds, and D, from the same steps. ``replay`` is the way in.

P first: it shows how faithful the book is, and tells the other runs which orders history ended without it.
"""

from typing import Any

from kernels.conventions import BOUNDS, REPLAYED
from kernels.dark.records import Records
from kernels.measure.choices import Choices, Session
from kernels.measure.rules import Day
from kernels.replay.collecting import Replayed, collect
from kernels.replay.driving import drive
from kernels.replay.prepare import prepare_replay
from kernels.replay.scenario_runs import P, R, each_alone, extra_players, placebo, player
from kernels.replay.subjects import by_horizon, find_subjects


def asked_scenarios(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the replayed scenarios among those asked for; R brings its bounds."""
    asked = {*names, *(BOUNDS if R in names else ())}
    return tuple(name for name in REPLAYED if name in asked)


def replay(day: Day, choices: Choices, session: Session, minimums: Any = None) -> Replayed:
    """Replay a day's dark book, and what the selected orders would have done in it.

    Parameters
    ----------
    day : an open day file, or anything with its tables
    choices : ``choices.simulation.scenarios`` says which runs, ``choices.replay`` how they go
    session : continuous trading, ns UTC
    minimums : minimum and single fill of each order row, where those of the file are not the ones to take

    Returns
    -------
    Replayed

    Raises
    ------
    KeyError
        a table lacks a column
    RuntimeError
        a run used more of an order than there was: a fault of this program
    """
    prepared = prepare_replay(day, choices, session, minimums)
    subjects = find_subjects(day, prepared, choices.replay)
    asked = asked_scenarios(choices.simulation.scenarios)
    players = [placebo(prepared, choices)]
    if not choices.replay.alone:
        expiry = by_horizon(subjects)
        players += [player(day, prepared, choices, name, subjects, expiry=expiry) for name in asked if name != P]
        players += extra_players(day, prepared, choices, subjects, asked)
    pieces: list[Records] = []
    keep = (lambda steps, count: pieces.append(steps[:count].copy())) if choices.replay.alone else None
    fed = drive(prepared, players, keep)
    written = {each.name: each.written() for each in players}
    if choices.replay.alone:
        written |= each_alone(day, prepared, choices, subjects, asked, pieces)
    return collect(day, prepared, choices, subjects, asked, players, written, fed)
