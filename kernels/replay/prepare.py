"""A day's columns as the replay takes them: what is known of its orders, its fills paired, its session."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I8, I16, I64, readonly
from kernels.base.memory import Buffers
from kernels.conventions import (
    FAULTS_SET_APART,
    NULL,
    REASONS_CANCELLED,
    REASONS_EXPIRED,
    STATUS_INACTIVE,
    STATUS_NOT_ON_BOOK,
    TYPE_DARK,
    TYPE_SWEEP,
    UNKNOWN_CODE,
)
from kernels.market.pairs import mates
from kernels.market.ticks import ticks_by_price
from kernels.measure.choices import Choices, ReplayChoices, Session
from kernels.measure.rules import Day, Inputs, prepare
from kernels.measure.selection import select
from kernels.replay import rulebook
from kernels.replay import steps as s
from kernels.replay.matches import DEAL_PREFERRED
from kernels.replay.runs import Facts
from kernels.replay.steps import CURSOR, Later, Plan, Quotes, Rows, Seekers, Trades

ASKED: Final = "order_type", "arrival_time", "end_time"
GRACE: Final = 1_000_000  # ns: within it a match counts as given back, so an order stays that much longer
OWN_ONLY: Final = 1
ALONE: Final = -1  # a participant that is nobody else's
BOUNCES: Final = 0  # time validity of a fill-and-kill order


class Prepared(NamedTuple):
    """Everything that decides a day's steps, and the facts of its orders."""

    inputs: Inputs
    rows: Rows
    trades: Trades
    quotes: Quotes
    seekers: Seekers
    plan: Plan
    later: Later
    cursor: Any
    facts: Facts
    selected: NDArray[np.int32]
    attributes: rulebook.Attributes


def column(table: Any, name: str, like: NDArray[Any], value: int, kind: str) -> NDArray[Any]:
    """Return a column of a table, or one of a single value where it has none."""
    return readonly(table[name]) if name in table else readonly(np.full(len(like), value, kind))


def prefers_by_fill(day: Day, choices: ReplayChoices) -> tuple[set[int], bool]:
    """R14: return the participants that prefer their own orders, and whether all do."""
    found = {int(code) for code in choices.preferring}
    if choices.preferencing == "inferred":
        printed = day.fills["deal_source"] == DEAL_PREFERRED
        found |= {int(code) for code in np.unique(day.fills["participant"][printed])}
    return found, choices.preferencing == "all"


def prefers(day: Day, choices: ReplayChoices, participant: NDArray[Any]) -> I8:
    """Return whether each of these participants prefers its own broker's orders, (n,) int8."""
    found, everyone = prefers_by_fill(day, choices)
    if everyone:
        return np.ones(len(participant), np.int8)
    return np.isin(participant, np.array(sorted(found), np.int64)).astype(np.int8)


def order_kinds(day: Day, fault: I16, subjects: NDArray[np.int32], without: Sequence[int]) -> tuple[I8, I8]:
    """Return what each order does in the dark by itself, and what it is asked about as; (orders,) int8 both.

    fault : (orders,) bits of what is impossible about each; orders that contradict themselves are not in the book
    """
    order_type = np.asarray(day.orders["order_type"])
    kind = np.where(order_type & TYPE_DARK != 0, s.DARK, np.where(order_type & TYPE_SWEEP != 0, s.SWEEP, 0))
    kind = kind.astype(np.int8)
    kind[fault & FAULTS_SET_APART != 0] = s.NO_SEEKER
    if without:
        own = np.isin(day.orders["participant"], np.array(without, np.int64))
        kind[own & (kind == s.DARK)] = s.NO_SEEKER
    asked = np.zeros(len(kind), np.int8)
    asked[subjects] = 1
    subject = np.where(asked == 1, np.where(kind == s.SWEEP, 2, 1), 0).astype(np.int8)
    kind[(asked == 1) & (kind == s.NO_SEEKER)] = s.LIT
    return kind, subject


def asked_orders(day: Day, selected: NDArray[np.int32], trading: tuple[int, int]) -> NDArray[np.int32]:
    """Return those of the selected orders that were not dark themselves (decisions 20).

    One that never lived in continuous trading keeps its real outcome in every scenario (decisions 13).

    trading : start and end of continuous trading
    """
    order_type, arrival, end = (np.asarray(day.orders[name])[selected] for name in ASKED)
    lived = np.maximum(arrival, trading[0]) <= np.minimum(end, trading[1])
    asked: NDArray[np.int32] = selected[(order_type & TYPE_DARK == 0) & lived]
    return asked


def take_rows(day: Day, minimums: tuple[NDArray[Any], NDArray[Any]] | None) -> Rows:
    """Return the columns that steps are decoded from; minimums : imputed minimum and single fill of each row."""
    events, orders = day.events, day.orders
    minimum, single = minimums or (events["minimum_quantity"], events["single_fill"])
    columns = (
        events["timestamp"], events["order_index"], events["next_row"], events["price"], events["leaves_quantity"],
        events["matched_quantity"], minimum, single, events["mid_tick"], events["change_reason"],
        events["order_status"], events["ranking_time"] if "ranking_time" in events else np.zeros(0, np.int64),
        orders["carried_quantity"], orders["last_row"], orders["first_row"], orders["first_fill"], orders["fill_count"],
    )  # fmt: skip
    return Rows(*(readonly(np.asarray(column)) for column in columns))


def take_trades(day: Day) -> Trades:
    """Return the fills, each with the other one of its match."""
    fills = day.fills
    names = (
        "timestamp", "by_time", "order_index", "order_id", "price", "quantity", "venue", "deal_source", "side",
        "aggressor", "participant",
    )  # fmt: skip
    columns = [readonly(np.asarray(fills[name])) for name in names]
    mate = mates(columns[1], readonly(np.asarray(fills["match_id"])))
    return Trades._make([*columns, mate, np.zeros(len(mate), np.int8)])


def bounces(day: Day) -> I8:
    """R25: return which orders are fill-and-kill; where no validity is stated, those that were over as they came."""
    orders, last = day.orders, np.asarray(day.orders["last_row"])
    validity = column(orders, "time_validity", orders["order_id"], UNKNOWN_CODE, "i4")
    reason = column(day.events, "change_reason", day.events["timestamp"], UNKNOWN_CODE, "i2")[last]
    status = column(day.events, "order_status", day.events["timestamp"], UNKNOWN_CODE, "i1")[last]
    ended = np.isin(reason, REASONS_CANCELLED + REASONS_EXPIRED) | np.isin(
        status, (STATUS_NOT_ON_BOOK, STATUS_INACTIVE)
    )
    over = (np.asarray(orders["leaves_quantity"]) <= 0) | ended
    at_once = np.asarray(orders["arrival_time"]) == orders["end_time"]
    bounce: I8 = ((validity == BOUNCES) | ((validity == UNKNOWN_CODE) & over & at_once)).astype(np.int8)
    return bounce


def changes_of(start: int, end: int, halts: Sequence[tuple[int, int]]) -> I64:
    """Return when the book opens, halts, goes on and closes, ns UTC; halts that meet are one.

    ValueError: a halt does not lie within the session
    """
    times = [start]
    for begin, stop in sorted(halts):
        if not start < begin <= stop < end:
            raise ValueError(f"halts: {begin} to {stop} is not within the session from {start} to {end}")
        if len(times) > 1 and begin <= times[-1]:
            times[-1] = max(times[-1], stop)
        elif begin < stop:
            times += [begin, stop]
    return readonly(np.array([*times, end], np.int64))


def prepare_replay(day: Day, choices: Choices, session: Session, minimums: Any = None) -> Prepared:
    """Return what the steps of a day and its runs are made from."""
    inputs, replay = prepare(day, choices, session, Buffers()), choices.replay
    selected, _ = select(inputs, choices.selection, Buffers())
    selected = selected.copy()
    trading = inputs.rules.session_start, inputs.rules.session_end
    kind, subject = order_kinds(day, inputs.fault, asked_orders(day, selected, trading), replay.without)
    n, rules = len(kind), inputs.rules
    switches = known_switches(replay)
    priority = [value for name, value in rulebook.PRIORITIES.items() if name in switches]
    plan = Plan(
        rules.session_start, rules.session_end, rules.opening_quote, rules.quotes_first,
        priority[0] if priority else rulebook.BY_RULE, int("no_phantoms" not in switches), replay.latency_ns, GRACE,
        int(replay.from_rest), changes_of(rules.session_start, rules.session_end, session.halts),
    )  # fmt: skip
    cursor = np.zeros(1, CURSOR).view(np.recarray)
    cursor[0].bid = cursor[0].offer = NULL
    late = np.zeros(n if replay.latency_ns else 0, np.int32)
    seekers = Seekers(
        kind, subject, bounces(day), prefers(day, replay, np.asarray(day.fills["participant"])),
        np.full(n, -1, np.int32),
    )  # fmt: skip
    shown = inputs.quotes._asdict() if "implausible_quotes" not in switches else day.quotes
    quotes = Quotes._make(readonly(np.asarray(shown[name])) for name in Quotes._fields)
    rows, trades = take_rows(day, minimums), take_trades(day)
    if "preferencing_by_key" in switches:  # fills state no key: an absent aggressor is alone
        trades = trades._replace(participant=readonly(np.full(len(trades.participant), ALONE, np.int32)))
    attributes = rulebook.read_attributes(day, trades)
    facts = make_facts(day, choices, kind, attributes)
    later = Later(np.zeros(n, np.int32), late)
    return Prepared(inputs, rows, trades, quotes, seekers, plan, later, cursor, facts, selected, attributes)


def make_facts(day: Day, choices: Choices, kind: I8, attributes: rulebook.Attributes) -> Facts:
    """Return what is known of orders beside their steps."""
    orders = day.orders
    participant = np.asarray(orders["participant"]).astype(np.int64)
    key = np.asarray(orders["crossing_key"]) if "crossing_key" in orders else np.zeros(len(kind), np.int64)
    prefer = prefers(day, choices.replay, participant)
    if "preferencing_by_key" in choices.replay.switches:
        participant = by_key(participant, key)
    only = np.asarray(day.events["preference_only"])[np.asarray(orders["first_row"])]
    none: I64 = np.zeros(0, np.int64)
    counts = rulebook.reading_of(attributes, choices.replay.switches) != 0
    carries, names = (attributes.carries, attributes.names) if counts else (none, none)
    return Facts(
        kind, readonly(np.asarray(orders["side"])), readonly(participant), readonly(key), prefer,
        (only == OWN_ONLY).astype(np.int8), carries, names, none, ticks_by_price(choices.simulation.ticks),
    )  # fmt: skip


def by_key(participant: I64, key: I64) -> I64:
    """Return a number for each broker and crossing key; an order without a key is alone."""
    pairs = np.stack([participant, key], axis=1)
    number = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    alone = np.arange(len(key), dtype=np.int64) + len(key)
    return np.where(key == 0, alone, number)


def known_switches(choices: ReplayChoices) -> set[str]:
    """Return the rules that are changed, or raise ValueError naming one that nobody knows."""
    for name in choices.switches:
        if name not in rulebook.SWITCHES:
            raise ValueError(f"switches: {name!r} is none of {', '.join(rulebook.SWITCHES)}")
    return set(choices.switches)
