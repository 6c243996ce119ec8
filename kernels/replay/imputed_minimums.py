"""Minimum quantities that a file of last states hides, imputed from orders that still show theirs.

Such a file has an order's last minimum on all of its rows. An order that traded to its end shows none (R17: less was
left than it asks for), and an amended one its last. Brokers' programs ask for minimums by a rule, though: none, always
the same, or the whole order. An order that traded and shows none follows the rule that nearly all orders of its kind
follow whose minimum can be seen; which kind is decided by their own rows alone, no broker is named here. Where the kind
asks for the whole order, the earlier rows of an amended one are given what was the whole then.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I8, I64, Array
from kernels.conventions import TYPE_BLOCK, TYPE_SWEEP
from kernels.market.grouping import rows_by_order
from kernels.replay.prepare import bounces

LEAST_ORDERS: Final = 3  # of a kind, whose minimum can be seen
LEAST_SHARE: Final = 0.8  # of them, that follow one rule
# What makes orders of one kind, from the narrowest to the widest.
KINDS: Final = (
    ("participant", "bounces", "size", "crossing_key", "mid_tick"),
    ("participant", "bounces", "size", "crossing_key"),
    ("participant", "bounces", "size"),
)
UNDECIDED: Final = -1


class Imputed(NamedTuple):
    """The minimum in force at each row, imputed where the file hides it."""

    minimum: I64  # (events,) shares
    single_fill: I8  # (events,) 1 one contra must supply it, 2 several may
    orders: int  # that show none and got one
    amended: int  # that show their last and got those of before


class Visible(NamedTuple):
    """What imputation looks at: one value for each order of the block type, in the order of the order table."""

    order: I64  # row of the order table
    shown: I64  # the minimum on its rows
    single: I8
    whole: I64  # what it would be if it were the whole order's
    hidden: Array  # bool: it traded and shows none
    kind: Mapping[str, I64]  # by name, see KINDS


def by_order(day: Any) -> tuple[I64, I64]:
    """Return the rows of events, those of each order together and in time, and where each order's begin."""
    return rows_by_order(np.asarray(day.events["order_index"]), len(day.orders["side"]))


def whole_order(day: Any, grouped: tuple[I64, I64]) -> I64:
    """Return, for each event row, what a minimum of the whole order is then.

    It is the quantity of the entry, and after each decrease what is left then: a broker's program that makes an order
    smaller asks for all of it again, and one that makes it larger does not.

    grouped : as ``by_order`` gives it
    """
    events = day.events
    rows, starts = grouped
    leaves = np.asarray(events["leaves_quantity"])[rows]
    total = leaves + np.asarray(events["matched_quantity"])[rows]
    stated = np.zeros(len(rows), np.bool_)  # rows that state a minimum anew
    stated[1:] = total[1:] < total[:-1]
    stated[starts[:-1][starts[:-1] < starts[1:]]] = True
    latest = np.maximum.accumulate(np.where(stated, np.arange(len(rows)), 0))
    out = np.empty(len(rows), np.int64)
    out[rows] = leaves[latest]
    return out


def visible_orders(day: Any, whole: I64) -> Visible:
    """Return the orders that may have a minimum (R16), and which of them hide it; whole : of ``whole_order``."""
    orders, events = day.orders, day.events
    order_type = np.asarray(orders["order_type"])
    order = np.flatnonzero((order_type & TYPE_BLOCK != 0) & (order_type & TYPE_SWEEP == 0))
    first, last = np.asarray(orders["first_row"])[order], np.asarray(orders["last_row"])[order]
    shown = np.asarray(events["minimum_quantity"])[last]
    size = np.frexp(np.maximum(np.asarray(events["leaves_quantity"])[first], 1).astype(np.float64))[1]
    kind = {
        "participant": np.asarray(orders["participant"])[order].astype(np.int64),
        "bounces": bounces(day)[order].astype(np.int64),
        "size": size.astype(np.int64),  # doubles from one to the next
        "crossing_key": np.asarray(orders["crossing_key"])[order].astype(np.int64),
        "mid_tick": np.asarray(orders["mid_tick"])[order].astype(np.int64),
    }
    single = np.asarray(events["single_fill"])[last].astype(np.int8)
    hidden = (shown == 0) & (np.asarray(orders["matched_quantity"])[order] > 0)
    return Visible(order.astype(np.int64), shown, single, whole[last], hidden, kind)


def most_common(group: I64, value: I64, groups: int) -> tuple[I64, I64]:
    """Return each group's most common value above 0, the smallest of equals, and how many of it have it; 0 none."""
    common, count = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    has = value > 0
    if not has.any():
        return common, count
    pairs, times = np.unique(np.stack([group[has], value[has]], axis=1), axis=0, return_counts=True)
    order = np.lexsort((-pairs[:, 1], times, pairs[:, 0]))  # the last of each group is the one
    common[pairs[order, 0]], count[pairs[order, 0]] = pairs[order, 1], times[order]
    return common, count


def rule_of_kind(seen: Visible, names: tuple[str, ...], leave_out: bool) -> tuple[I64, Array]:
    """Return the minimum by the rule that each order's kind follows, UNDECIDED without one, and if it is the whole.

    leave_out : judge each order by the others of its kind, as a test of the rules does
    """
    group = np.unique(np.stack([seen.kind[name] for name in names], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    groups, shows = int(group.max(initial=-1)) + 1, ~seen.hidden
    own = (shows & leave_out).astype(np.int64)
    is_whole = (seen.shown > 0) & (seen.shown == seen.whole)

    def count(what: Array) -> I64:
        return np.asarray(np.bincount(group[shows & what], minlength=groups)[group] - own * what)

    n = count(np.ones(len(group), np.bool_))
    common, times = most_common(group[shows], seen.shown[shows], groups)
    alike = times[group] - own * (seen.shown == common[group])
    enough = n >= LEAST_ORDERS
    none, whole = count(seen.shown == 0) >= LEAST_SHARE * n, count(is_whole) >= LEAST_SHARE * n
    constant = (alike >= LEAST_SHARE * n) & (common[group] > 0)
    decided = np.where(none, 0, np.where(whole, seen.whole, np.where(constant, common[group], UNDECIDED)))
    return np.where(enough, decided, UNDECIDED), enough & whole & ~none


def imputed_rules(seen: Visible, leave_out: bool = False) -> tuple[I64, Array]:
    """Return each order's minimum by the narrowest kind that follows a rule, and whether it is the whole order."""
    minimum, is_whole = np.full(len(seen.order), UNDECIDED, np.int64), np.zeros(len(seen.order), np.bool_)
    for names in KINDS:
        found, whole = rule_of_kind(seen, names, leave_out)
        new = (minimum == UNDECIDED) & (found != UNDECIDED)
        minimum[new], is_whole[new] = found[new], whole[new]
    return minimum, is_whole


def single_fills(seen: Visible) -> Mapping[tuple[int, int], int]:
    """Return whether one contra must supply the minimum, by participant and fill-and-kill: as most visible ones say."""
    has = (~seen.hidden) & (seen.shown > 0)
    votes: dict[tuple[int, int], int] = {}
    pairs = zip(seen.kind["participant"][has], seen.kind["bounces"][has], seen.single[has], strict=True)
    for participant, at_once, single in pairs:
        key = int(participant), int(at_once)
        votes[key] = votes.get(key, 0) + (1 if single == 1 else -1)
    return {key: 1 if vote > 0 else 2 for key, vote in votes.items()}


def imputed_minimums(day: Any) -> Imputed:
    """Return the minimum and single-fill flag of every event row, imputed for orders that traded and show none.

    day : an opened day file, or anything with its tables of events and orders
    """
    minimum = np.array(day.events["minimum_quantity"], np.int64)
    single = np.array(day.events["single_fill"], np.int8)
    rows, starts = grouped = by_order(day)
    whole = whole_order(day, grouped)
    seen = visible_orders(day, whole)
    found, is_whole = imputed_rules(seen)
    flags = single_fills(seen)
    given = seen.hidden & (found > 0)
    restated = ~seen.hidden & is_whole & (seen.shown > 0) & (seen.shown == seen.whole)
    amended = 0
    for k in np.flatnonzero(given | restated):
        own = rows[starts[seen.order[k]] : starts[seen.order[k] + 1]]
        amended += int(restated[k] and np.any(minimum[own] != whole[own]))
        minimum[own] = whole[own] if is_whole[k] else found[k]
        if given[k]:
            single[own] = flags[int(seen.kind["participant"][k]), int(seen.kind["bounces"][k])]
    return Imputed(minimum, single, int(np.count_nonzero(given)), amended)
