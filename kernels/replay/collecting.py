"""What the runs of a day wrote, as matches, fills by scenario, counts and reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I8, I64
from kernels.conventions import BOUNDS, FAULTS_SET_APART, REPLAYED, TYPE_DARK
from kernels.measure.choices import Choices, ReplayChoices
from kernels.measure.rules import Day
from kernels.measure.simulated import SimulatedFills
from kernels.replay import reasons, runs
from kernels.replay import results as out
from kernels.replay import steps as s
from kernels.replay.driving import Player
from kernels.replay.matches import Matches
from kernels.replay.prepare import Prepared
from kernels.replay.runs import state_of
from kernels.replay.scenario_runs import D, P, R, within
from kernels.replay.subjects import Subjects, limited


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay of a day found. Scenarios are in the order of ``REPLAYED``; P is among them always."""

    matches: dict[str, Matches]
    fills: dict[str, SimulatedFills]  # of the scenarios that were asked for
    counts: dict[str, dict[str, int]]
    subjects: Subjects
    price2: I64  # (fills,) exact prices, half price units
    bounces: I8  # (orders,) fill-and-kill
    unfilled_reason: I8  # (subjects,) of ``reasons.REASONS``, 0 for those that R fills; all 0 without R
    time_limits: dict[float, SimulatedFills] = field(default_factory=dict)  # R with at most so many seconds in the dark
    rows_fed: int = 0

    def in_bounds(self) -> tuple[dict[str, SimulatedFills], out.Crossed | None]:
        """Return the fills with every order of R between its bounds, and those that are not so by themselves."""
        if R not in self.fills:
            return self.fills, None
        return out.within_band(self.fills, (R, *BOUNDS), self.subjects.rows)


def listed_orders(prepared: Prepared, subjects: Subjects, name: str, alone: bool) -> NDArray[Any]:
    """Return the selected orders that a scenario may change: subjects, and those that really seek the dark.

    In the lower bound history's own orders meet subjects only, which says nothing of them: they keep what they had.
    """
    selected = prepared.selected
    kind = prepared.facts.kind[selected]
    if name == P:
        seekers: NDArray[Any] = selected[(kind == s.DARK) | (kind == s.SWEEP)]
        return seekers
    may: NDArray[Any] = subjects.rows if alone or name == BOUNDS[1] else selected[kind != s.NO_SEEKER]
    return may


def left_out_orders(day: Day, prepared: Prepared, without: Sequence[int]) -> NDArray[Any]:
    """Return the selected dark orders of participants that are left out: nothing is filled of what is not in the book.

    If they kept their real fills, subjects would fill from the same shares of their contras once more.
    """
    mine = prepared.selected
    dark = np.asarray(day.orders["order_type"])[mine] & TYPE_DARK != 0
    found: NDArray[Any] = mine[dark & np.isin(day.orders["participant"][mine], np.array(without, np.int64))]
    return found


def keeps_of(day: Day, prepared: Prepared, choices: ReplayChoices, subjects: Subjects, name: str) -> NDArray[Any]:
    """Return which fills of history stand under a scenario, (fills,) bool, of orders that it may change."""
    index, dark = np.asarray(day.fills["order_index"]), out.is_dark(day)
    keeps: NDArray[Any] = out.consumes(day) & ~dark
    if name == P:
        return keeps
    asked = np.zeros(len(prepared.facts.kind) + 1, bool)
    asked[subjects.rows] = True
    of_subject = asked[index]
    if name != D:  # what it traded before the dark book opened, it had traded
        keeps &= ~of_subject | (np.asarray(day.fills["timestamp"]) < prepared.plan.session_start)
    if choices.from_rest:
        entry = np.append(np.asarray(day.orders["arrival_time"]), 0)[index]
        at_entry = of_subject & (np.asarray(day.fills["timestamp"]) == entry)
        if not choices.alone:  # those whom it then met in the dark did so too, unless they are asked otherwise
            mate = prepared.trades.mate
            met = np.append(at_entry, False)[mate] & dark & np.append(dark, False)[mate]
            met &= np.asarray(day.fills["timestamp"]) >= prepared.plan.session_start
            keeps |= met & out.consumes(day) & (~of_subject | (name == D))
        keeps |= at_entry & out.consumes(day)
    return keeps


def collect(
    day: Day,
    prepared: Prepared,
    choices: Choices,
    subjects: Subjects,
    asked: tuple[str, ...],
    players: list[Player],
    written: Mapping[str, tuple[Any, Any]],
    fed: int,
) -> Replayed:
    """Return what the runs wrote as matches, fills by scenario, counts and reasons."""
    matches = {name: out.take_matches(day, written[name][0]) for name in (P, *asked) if name in written}
    fills, replay = {}, choices.replay
    index, orders = np.asarray(day.fills["order_index"]), len(prepared.facts.kind)
    limits: dict[float, SimulatedFills] = {}
    names: list[tuple[str, str, float | None]] = [(name, name, None) for name in asked]
    names += [(within(each), R, each) for each in replay.dark_seconds if R in asked]
    for name, which, seconds in names:
        if name not in written:
            continue
        stays = np.zeros(orders + 1, bool)  # the last one: fills of orders that the file lacks
        stays[listed_orders(prepared, subjects, which, replay.alone and which != P)] = True
        gone = left_out_orders(day, prepared, replay.without if which != P else ())
        listed = stays[:-1].copy()
        stays[gone], listed[gone] = False, True
        keeps = keeps_of(day, prepared, replay, subjects, which) & stays[index]
        kept = out.kept_fills(day, keeps, written[name][1])
        found = out.simulated_fills(day, prepared, listed, written[name][0], kept)
        if seconds is None:
            fills[name] = found
        else:
            limits[seconds] = then_history(day, prepared, subjects, found, seconds)
    rows = np.arange(orders)
    for limit, found in limits.items():  # what history adds after so much time, too
        refuse_excess(day, within(limit), out.filled_shares(found, rows), np.asarray(day.orders["parent_quantity"]))
    counts = {each.name: counts_of(each) for each in players}
    counts[P] |= {"attributes_carried": prepared.attributes.carried, "attributes_lacking": prepared.attributes.lacking}
    for name, orders in check_used(day, prepared, replay, subjects, written).items():
        counts.setdefault(name, {})["audited"] = orders
    if R in asked:
        counts.setdefault(R, {})["left_open"] = left_open(day, prepared, subjects, replay)
    why = np.zeros(len(subjects.rows), np.int8)
    if R in fills and BOUNDS[0] in written:
        why = reasons.why_unfilled(day, prepared, choices, subjects, fills, written)
    known = prepared.inputs.sums.price2, prepared.seekers.bounces
    return Replayed(matches, fills, counts, subjects, *known, why, limits, fed)


def then_history(
    day: Day, prepared: Prepared, subjects: Subjects, fills: SimulatedFills, seconds: float
) -> SimulatedFills:
    """Return fills of so many seconds in the dark, and history's own after them for what is left (decisions 47)."""
    n, index = len(prepared.facts.kind), np.asarray(day.fills["order_index"])
    until = np.full(n + 1, np.iinfo(np.int64).max, np.int64)
    until[subjects.rows] = limited(subjects, seconds).until
    later = out.consumes(day) & (np.asarray(day.fills["timestamp"]) > until[index])
    rows = np.flatnonzero(later)
    quantity = np.asarray(day.fills["quantity"]).astype(np.int64)[rows]
    more = (
        index[rows], np.asarray(day.fills["timestamp"])[rows], prepared.inputs.sums.price2[rows], quantity,
        np.asarray(day.fills["venue"])[rows], np.asarray(day.fills["deal_source"])[rows],
        np.zeros(len(rows), np.int8),
    )  # fmt: skip
    own: list[Any] = list(fills[1:])
    columns = [np.concatenate([one, other]).astype(one.dtype) for one, other in zip(own, more, strict=True)]
    both = SimulatedFills._make([fills.orders, *columns])
    both = out.taken(both, np.lexsort((both.timestamp, both.order_index)))
    return out.at_most(both, still_wanted(day, fills))


def still_wanted(day: Day, fills: SimulatedFills) -> NDArray[Any]:
    """Return what each order wants in the end, (orders,) shares: less than it asked for if amended down.

    What it had in the dark before the amendment stays: fills are of the dark alone.
    """
    wanted = np.asarray(day.orders["leaves_quantity"]).astype(np.int64)
    real = np.flatnonzero(out.consumes(day))
    np.add.at(wanted, np.asarray(day.fills["order_index"])[real], np.asarray(day.fills["quantity"])[real])
    in_dark = out.filled_shares(fills, np.arange(len(wanted)))
    most: NDArray[Any] = np.maximum(np.minimum(wanted, day.orders["parent_quantity"]), in_dark)
    return most


def left_open(day: Day, prepared: Prepared, subjects: Subjects, choices: ReplayChoices) -> int:
    """Return the shares of subjects' real fills that do not happen in R: their counterparties are left open."""
    asked = np.zeros(len(day.orders["order_id"]) + 1, bool)
    asked[subjects.rows] = True
    index = np.asarray(day.fills["order_index"])
    gone = out.consumes(day) & asked[index] & (np.asarray(day.fills["timestamp"]) >= prepared.plan.session_start)
    if choices.from_rest:
        gone &= np.asarray(day.fills["timestamp"]) != np.append(np.asarray(day.orders["arrival_time"]), 0)[index]
    return int(np.asarray(day.fills["quantity"])[gone].sum())


def counts_of(each: Player) -> dict[str, int]:
    """Return what a run counted."""
    state = state_of(each.run)
    return {name: int(getattr(state, name)) for name in ("displaced", "phantoms")}


def stands(day: Day, prepared: Prepared, choices: ReplayChoices, subjects: Subjects, which: str) -> NDArray[Any]:
    """Return which fills of history stand in a run, (fills,) bool, of all orders.

    As ``keeps_of`` says; what was filled before the open stands, and all of orders that are not in the book or, in the
    lower bound, not asked about.
    """
    index = np.asarray(day.fills["order_index"])
    free: NDArray[Any] = np.append(prepared.facts.kind == s.NO_SEEKER, False)
    if which == BOUNDS[1]:
        free[:-1] = True
        free[subjects.rows] = False
    early = np.asarray(day.fills["timestamp"]) < prepared.plan.session_start
    kept: NDArray[Any] = keeps_of(day, prepared, choices, subjects, which) | (out.consumes(day) & (early | free[index]))
    return kept


def check_used(
    day: Day, prepared: Prepared, choices: ReplayChoices, subjects: Subjects, written: Mapping[str, tuple[Any, Any]]
) -> dict[str, int]:
    """Raise if a run used more of an order than it had: every share can be used once.

    What an order uses is its matches in the book and the fills of history that stand. All orders are looked at but
    those set apart for faults, whose numbers contradict themselves; where each subject is alone, the subjects.

    Returns
    -------
    dict
        How many orders were looked at in each run.
    """
    n, index, audited = len(prepared.facts.kind), np.asarray(day.fills["order_index"]), {}
    had = np.asarray(day.orders["parent_quantity"]).astype(np.int64)
    for name, (found, cuts) in written.items():
        which = name if name in REPLAYED else R
        looked = np.asarray(prepared.inputs.fault & FAULTS_SET_APART == 0)
        if choices.alone and name != P:
            looked &= np.isin(np.arange(n), subjects.rows)
        kept = out.kept_fills(day, stands(day, prepared, choices, subjects, which), cuts)
        used = np.zeros(n + 1, np.int64)
        np.add.at(used, index[kept.rows], kept.quantity)
        for tags, aside in ((found.buy, runs.BUY_ASIDE), (found.sell, runs.SELL_ASIDE)):
            own = np.flatnonzero(found.marks & aside == 0)
            np.add.at(used, np.maximum(tags[own], -1), found.quantity[own])
        refuse_excess(day, name, np.where(looked, used[:n], 0), had)
        audited[name] = int(np.count_nonzero(looked))
    return audited


def refuse_excess(day: Day, name: str, used: NDArray[Any], had: NDArray[Any]) -> None:
    """Raise if more of an order is used than there is; used, had : (orders,) shares."""
    over = np.flatnonzero(used > had)
    if len(over):
        row = int(over[0])
        number = int(day.orders["order_id"][row])
        raise RuntimeError(f"scenario {name} uses {used[row]} of {had[row]} shares of order {number}")
