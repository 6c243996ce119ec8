"""The runs of a replay: P, R and its bounds, D, R with less time, each subject alone; each has a book and rules."""

from inspect import unwrap
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I32, I64
from kernels.conventions import BOUNDS, NULL
from kernels.dark.records import CENTRAL, CONSERVATIVE, OPTIMISTIC, Records
from kernels.market.ticks import tick_of
from kernels.measure.choices import SUBJECT_LIMITS, Choices
from kernels.measure.rules import Day
from kernels.replay.driving import Player
from kernels.replay.prepare import Prepared
from kernels.replay.reasons import WITHOUT_MINIMUM
from kernels.replay.rulebook import reading_of
from kernels.replay.runs import BUY_ASIDE, SELL_ASIDE, Run, new_run, state_of
from kernels.replay.steps import STEP
from kernels.replay.subjects import Subjects, by_horizon, limited, take

P, R, D = "P", "R", "D"
ROOM: Final = 1024  # orders at once where many are asked about; a book that is too small grows, which costs as much
MODES: Final = {R: CENTRAL, BOUNDS[0]: OPTIMISTIC, BOUNDS[1]: CONSERVATIVE, D: CENTRAL}
SWITCH_FIELDS: Final = {
    "no_half_tick": "no_half",
    "no_sweeps": "no_sweeps",
    "no_minimums": "no_minimums",
    "no_recheck": "no_recheck",
    "no_match_at_amendment": "no_amended",
    "match_in_place": "in_place",
}
BOOK_SWITCH_FIELDS: Final = {
    "no_help": "no_help",
    "recheck_prefers": "prefers_again",
    "sweeps_on_ticks": "sweeps_on_ticks",
    "minimum_stops": "stops",
    "recheck_youngest": "youngest",
}


def within(seconds: float) -> str:
    """Return the name of R's run with at most so many seconds in the dark; two numbers never have the same."""
    return f"{seconds!r} s"


def placebo(prepared: Prepared, choices: Choices) -> Player:
    """Return the run in which nobody's behaviour changes."""
    run = empty_run(prepared, choices, locked=False)
    state_of(run).placebo = 1
    return Player(P, run, prepared.facts)


def empty_run(prepared: Prepared, choices: Choices, locked: bool, many: bool = False) -> Run:
    """Return a run with the rules that were chosen and an empty book; many : orders that are asked about."""
    replay, quotes = choices.replay, prepared.quotes
    switches = set(replay.switches)
    locked = locked or choices.simulation.allow_locked or "locked" in switches
    usable = np.flatnonzero((quotes.bid != NULL) & (quotes.bid > 0) & (quotes.offer > quotes.bid))
    inside = quotes.timestamp[usable] >= prepared.plan.session_start
    at = usable[inside | (usable == prepared.plan.opening_quote)]  # the first at which anything can match
    plain_tick_of = unwrap(tick_of)  # to compile it for one call takes as long as a job
    tick = max(1, int(plain_tick_of(int(quotes.bid[at[0]]), prepared.facts.ticks))) if len(at) else 1
    room = {"capacity": ROOM} if many else {}
    run = new_run(len(prepared.facts.kind), tick, replay.block_tier * replay.price_unit, locked, **room)
    state, book = state_of(run), cast(Any, run.book.state[0])
    for record, named in ((state, SWITCH_FIELDS), (book, BOOK_SWITCH_FIELDS)):
        for name, field_name in named.items():
            setattr(record, field_name, int(name in switches))
    state.bid = state.offer = NULL
    book.attributes = reading_of(prepared.attributes, switches)
    return run


def player(
    day: Day,
    prepared: Prepared,
    choices: Choices,
    name: str,
    subjects: Subjects,
    which: str | None = None,
    expiry: I32 | None = None,
) -> Player:
    """Return the run of a scenario with these subjects.

    which : its rules, if they are not those of its name; expiry : of ``by_horizon``, where it is known
    """
    which, replay = which or name, choices.replay
    n, mode = len(prepared.facts.kind), MODES[which]
    run = empty_run(prepared, choices, mode == OPTIMISTIC, len(subjects.rows) > 1)
    state, book = state_of(run), run.book.state[0]
    state.mode, state.dual = mode, int(which == D)
    state.from_rest, state.minimum = int(replay.from_rest), replay.minimum
    state.limit, state.latency = (
        SUBJECT_LIMITS.index(replay.subject_limit),
        int(replay.latency_ns > 0 and not replay.from_rest),
    )
    book_state: Any = book
    book_state.asked, book_state.mode, book_state.meet = 1, mode, int(replay.subjects_meet)
    if mode == CONSERVATIVE:
        book_state.no_help = 1
    subject, until = np.zeros(n, np.int8), np.zeros(n, np.int64)
    subject[subjects.rows], until[subjects.rows] = prepared.seekers.subject[subjects.rows], subjects.until
    expiry = by_horizon(subjects) if expiry is None else expiry
    facts = prepared.facts
    if mode == CONSERVATIVE:
        facts = facts._replace(open_at_end=open_at_end(day))
    return Player(name, run._replace(subject=subject, until=until, expiry=expiry), facts)


def open_at_end(day: Day) -> I64:
    """Return what nobody wanted of each order: its leaves at its end, (orders,)."""
    open_shares: I64 = np.maximum(np.asarray(day.orders["leaves_quantity"]), 0).astype(np.int64)
    return open_shares


def extra_players(
    day: Day, prepared: Prepared, choices: Choices, subjects: Subjects, asked: tuple[str, ...]
) -> list[Player]:
    """Return R's further runs: with less time in the dark (decisions 47), and without the subjects' own minimum."""
    if R not in asked:
        return []
    limits = [
        player(day, prepared, choices, within(seconds), limited(subjects, seconds), R)
        for seconds in choices.replay.dark_seconds
    ]
    if choices.replay.minimum:
        free = player(day, prepared, choices, WITHOUT_MINIMUM, subjects, R)
        state_of(free.run).minimum = 0
        limits.append(free)
    return limits


def each_alone(
    day: Day, prepared: Prepared, choices: Choices, subjects: Subjects, asked: tuple[str, ...], pieces: list[Records]
) -> dict[str, tuple[Any, Any]]:
    """Return what each subject does by itself, as if all others had done what they did; its own matches and cuts.

    Until a subject enters nothing differs from a run without it: one such run goes through the day, and each subject
    goes on from a copy of it, as long as it rests.
    """
    names = [(name, name, subjects) for name in asked if name != P]
    if R in asked:
        names += [(within(each), R, limited(subjects, each)) for each in choices.replay.dark_seconds]
    steps = cast(Records, np.concatenate([np.zeros(0, STEP), *pieces]).view(np.recarray))
    starts = entry_steps(steps, subjects.rows)
    return {name: one_by_one(day, prepared, choices, group, which, (steps, starts)) for name, which, group in names}


def entry_steps(steps: Any, rows: NDArray[Any]) -> NDArray[Any]:
    """Return the first step of each of these orders, (k,); as many as there are where it has none."""
    first = np.full(int(rows.max(initial=-1)) + 1, len(steps), np.int64)
    known = np.flatnonzero((steps.order >= 0) & (steps.order < len(first)))[::-1]
    first[steps.order[known]] = known  # the earliest is written last
    found: NDArray[Any] = first[rows]
    return found


def one_by_one(
    day: Day, prepared: Prepared, choices: Choices, group: Subjects, which: str, decoded: tuple[Any, NDArray[Any]]
) -> tuple[Any, Any]:
    """Return the matches and cuts of each subject of a group in a run of its own; decoded : steps, their entries."""
    steps, starts = decoded
    nobody, owner = take(group, slice(0, 0)), np.asarray(day.fills["order_index"])
    before, done = player(day, prepared, choices, which, nobody, which), 0
    ends = np.asarray(day.orders["end_time"])[group.rows] + 2 * prepared.plan.grace
    stops = np.searchsorted(steps.time, np.maximum(group.until, ends), "right")
    matches, cuts = [before.run.matches[:0].copy()], [before.run.cuts[:0].copy()]
    for k in np.argsort(starts, kind="stable"):
        start, row = int(starts[k]), int(group.rows[k])
        before.play(steps[done:start], start - done)
        before.forget()
        done = start
        alone = player(day, prepared, choices, which, take(group, slice(k, k + 1)), which)
        alone.follow(before)
        alone.play(steps[start : stops[k]], max(0, int(stops[k]) - start))
        found, cut = alone.written()
        own = found[(found.buy == row) | (found.sell == row)]
        own.marks |= np.where(own.buy == row, SELL_ASIDE, BUY_ASIDE)
        matches.append(own)
        cuts.append(cut[owner[cut.row] == row])
    together = np.concatenate(matches).view(np.recarray)
    return together[np.argsort(together.time, kind="stable")], np.concatenate(cuts).view(np.recarray)
