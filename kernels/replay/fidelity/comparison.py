"""How faithful a replay is: the dark matches of a placebo against those that really happened (decisions 23).

In a placebo nobody behaves otherwise than in history, so every difference is an error of the replay or of its data. A
match is found again if the same two orders trade at the same price within a millisecond; what of its quantity is not
found is missed, and what the replay trades beside it is invented. An exact time is not asked for: the quote that lets
two waiting orders trade is often observed some hundred microseconds after their trade.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I64, Array
from kernels.base.compiling import kernel
from kernels.conventions import USUAL_TICKS
from kernels.market.ticks import ticks_by_price
from kernels.replay.fidelity.real_matches import RealMatches, off_quote, real_matches
from kernels.replay.matches import Matches

TOLERANCE_NS: Final = 1_000_000
# Below these a replay of the day says little about what else could have happened on it: the least that decisions 23
# ask of a real day's first counterparties (432 of 472, rounded), and the most of its shares missed and invented.
LEAST_NAMED: Final = 0.90
MOST_WRONG: Final = 0.07


class Fidelity(NamedTuple):
    """Counts of one job; they add over jobs."""

    real_matches: int
    real_shares: int
    placebo_matches: int
    placebo_shares: int
    exact_matches: int  # real ones with the same orders, price, quantity and nanosecond
    missed_matches: int  # real ones of which something is missed
    missed_shares: int
    invented_matches: int  # of the placebo, of which something never happened
    invented_shares: int
    wrong_quantity_matches: int  # real ones found in part
    wrong_price_matches: int  # real ones of which something trades between the same orders at another price
    events: int  # an aggressive order at an instant
    named_events: int  # those whose first counterparty is the real one
    absent_events: int  # those of orders that are not in the order file: without phantoms they are lost
    off_quote_events: int  # those that the quote before them does not allow: with such quotes they are lost
    off_quote_shares: int  # of all real matches that it does not allow
    single_fills: int  # real dark fills without another side: nothing can be compared with them


class Comparison(NamedTuple):
    """What became of every match: the detail behind ``Fidelity``."""

    real: RealMatches
    missed: I64  # (real,) shares
    invented: I64  # (placebo,) shares
    events: I64  # rows of ``real`` that are the first of an aggressive event
    named: Array  # (events,) bool
    answer: I64  # (events,) row of the placebo's match that answers the event, -1 none
    outside: Array  # (real,) bool, at a price that the quote before does not allow
    counts: Fidelity


@kernel
def pair_off(
    group: Array, time: Array, left: Array, placebo_group: Array, placebo_time: Array, placebo_left: Array, within: int
) -> None:
    """Take off both what equal groups have in common ``within`` so many ns, in time order.

    group, time, left : (n,) by (group, time), and the same of the placebo, (m,); the lefts, shares, are changed
    """
    i = j = 0
    while i < len(group) and j < len(placebo_group):
        if group[i] != placebo_group[j]:
            behind = group[i] < placebo_group[j]
        elif abs(time[i] - placebo_time[j]) > within:
            behind = time[i] < placebo_time[j]
        else:
            common = min(left[i], placebo_left[j])
            left[i] -= common
            placebo_left[j] -= common
            behind = left[i] == 0
        if behind:
            i += 1
        else:
            j += 1


@kernel
def first_of_nearest(
    group: Array, time: Array, placebo_group: Array, placebo_time: Array, within: int, out: Array
) -> None:
    """Write, for each event, the first match of the placebo's instant nearest to it in its group, or -1.

    Of two instants equally near the earlier one. group, time, out : (n,) by (group, time); placebo : (m,) likewise
    """
    j = 0
    for i in range(len(group)):
        out[i] = -1
        while j < len(placebo_group) and (
            placebo_group[j] < group[i] or (placebo_group[j] == group[i] and placebo_time[j] < time[i] - within)
        ):
            j += 1
        nearest, k = within + 1, j
        while k < len(placebo_group) and placebo_group[k] == group[i] and placebo_time[k] <= time[i] + within:
            if abs(placebo_time[k] - time[i]) < nearest:
                nearest = abs(placebo_time[k] - time[i])
                out[i] = k
            k += 1


def same_groups(*columns: tuple[Array, Array]) -> tuple[I64, I64]:
    """Return group numbers of real rows and of the placebo's, equal where all columns are, ascending by them.

    columns : pairs, of the real rows and of the placebo's; the first decides first
    """
    whole = [np.concatenate(pair) for pair in columns]
    order = np.lexsort(whole[::-1])
    new = np.zeros(len(order), np.bool_)
    new[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in whole])
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new)
    n = len(columns[0][0])
    return group[:n], group[n:]


def paired_off(groups: tuple[I64, I64], times: tuple[I64, I64], lefts: tuple[I64, I64], within: int) -> tuple[I64, I64]:
    """Return what is left of the shares of real rows and of the placebo's, after ``pair_off``."""
    orders = [np.lexsort((time, group)) for group, time in zip(groups, times, strict=True)]
    left, placebo_left = (column[order] for column, order in zip(lefts, orders, strict=True))
    (group, placebo_group), (time, placebo_time) = (
        [column[order] for column, order in zip(pair, orders, strict=True)] for pair in (groups, times)
    )
    pair_off(group, time, left, placebo_group, placebo_time, placebo_left, within)
    out = np.empty_like(left), np.empty_like(placebo_left)
    out[0][orders[0]], out[1][orders[1]] = left, placebo_left
    return out


def answers(real: RealMatches, events: I64, placebo: Matches) -> tuple[Array, I64]:
    """Return which events have their real first counterparty at the real price, and the match that answers each.

    Compared is the first match that the aggressive order has in the placebo at its instant nearest to the event.
    """
    named, answer = np.zeros(len(events), np.bool_), np.full(len(events), -1, np.int64)
    for side in (1, -1):
        mine = np.flatnonzero(real.aggressor_side[events] == side)
        rows = events[mine]
        number, contra = real.buy_order_id[rows], real.sell_order_id[rows]
        their_number, their_contra = placebo.buy_order_id, placebo.sell_order_id
        if side < 0:
            number, contra, their_number, their_contra = contra, number, their_contra, their_number
        group, placebo_group = same_groups((number, their_number))
        order, placebo_order = np.lexsort((real.time[rows], group)), np.lexsort((placebo.time, placebo_group))
        found = np.empty(len(rows), np.int64)
        first_of_nearest(
            group[order],
            real.time[rows][order],
            placebo_group[placebo_order],
            placebo.time[placebo_order],
            TOLERANCE_NS,
            found,
        )
        there = found >= 0
        match = placebo_order[found[there]]
        event = order[there]
        right = (their_contra[match] == contra[event]) & (placebo.price2[match] == real.price2[rows][event])
        named[mine[event]], answer[mine[event]] = right, match
    return named, answer


def first_of_events(real: RealMatches) -> I64:
    """Return the rows that are first of an aggressive order's matches at one instant."""
    rows = np.flatnonzero(real.aggressor_side)
    number = np.where(real.aggressor_side > 0, real.buy_order_id, real.sell_order_id)[rows]
    order = np.lexsort((rows, number, real.time[rows]))
    new = np.ones(len(rows), np.bool_)
    number, time = number[order], real.time[rows][order]
    new[1:] = (number[1:] != number[:-1]) | (time[1:] != time[:-1])
    return rows[order][new]


def exact_matches(real: RealMatches, placebo: Matches) -> int:
    """Return how many real matches the placebo has to the nanosecond, the share and the price."""
    names = ("time", "buy_order_id", "sell_order_id", "price2", "quantity")
    group, placebo_group = same_groups(*((getattr(real, name), getattr(placebo, name)) for name in names))
    n = int(max(group.max(initial=-1), placebo_group.max(initial=-1))) + 1
    return int(np.minimum(np.bincount(group, minlength=n), np.bincount(placebo_group, minlength=n)).sum())


def at_other_prices(real: RealMatches, placebo: Matches, missed: I64, invented: I64) -> tuple[I64, I64]:
    """Return what of the missed and of the invented is left even where prices do not matter, shares."""
    pair = (real.buy_order_id, placebo.buy_order_id), (real.sell_order_id, placebo.sell_order_id)
    return paired_off(same_groups(*pair), (real.time, placebo.time), (missed, invented), TOLERANCE_NS)


def compare(day: Any, price2: I64, placebo: Matches, ticks: I64 | None = None) -> Comparison:
    """Compare a placebo's matches with the day's own.

    Parameters
    ----------
    day : an opened day file, or anything with its tables of fills and quotes
    price2 : (fills,) int64, exact prices of the day's fills in half price units
    placebo : its matches, in the order in which they happen
    ticks : (2, k) int64, from price and tick; without it the exchange's usual ones
    """
    fills: Mapping[str, Any] = day.fills
    real, single = real_matches(fills, price2)
    pair = (real.buy_order_id, placebo.buy_order_id), (real.sell_order_id, placebo.sell_order_id)
    times, shares = (real.time, placebo.time), (real.quantity, placebo.quantity)
    missed, invented = paired_off(same_groups(*pair, (real.price2, placebo.price2)), times, shares, TOLERANCE_NS)
    elsewhere, _ = at_other_prices(real, placebo, missed, invented)
    events = first_of_events(real)
    named, answer = answers(real, events, placebo)
    outside = off_quote(real, fills, day.quotes, ticks_by_price(USUAL_TICKS) if ticks is None else ticks)
    acting = np.where(real.aggressor_side > 0, real.buy_fill, real.sell_fill)[events]
    counts = Fidelity(
        real_matches=len(real.time),
        real_shares=int(real.quantity.sum()),
        placebo_matches=len(placebo.time),
        placebo_shares=int(placebo.quantity.sum()),
        exact_matches=exact_matches(real, placebo),
        missed_matches=int(np.count_nonzero(missed)),
        missed_shares=int(missed.sum()),
        invented_matches=int(np.count_nonzero(invented)),
        invented_shares=int(invented.sum()),
        wrong_quantity_matches=int(np.count_nonzero((missed > 0) & (missed < real.quantity))),
        wrong_price_matches=int(np.count_nonzero(elsewhere < missed)),
        events=len(events),
        named_events=int(np.count_nonzero(named)),
        absent_events=int(np.count_nonzero(np.asarray(fills["order_index"])[acting] < 0)),
        off_quote_events=int(np.count_nonzero(outside[events])),
        off_quote_shares=int(real.quantity[outside].sum()),
        single_fills=single,
    )
    return Comparison(real, missed, invented, events, named, answer, outside, counts)


def fidelity_row(fidelity: Fidelity) -> dict[str, int]:
    """Return what one job adds to the rows of fidelity.csv."""
    return fidelity._asdict()


def trusted(sums: Mapping[str, int]) -> bool:
    """Tell if a replay with these sums of ``fidelity_row`` may be believed (decisions 23).

    It names at least LEAST_NAMED of the first counterparties, and misses and invents at most MOST_WRONG of the real
    dark shares each. Where nothing really traded in the dark nothing may be invented.
    """
    most = MOST_WRONG * sums["real_shares"]
    named = sums["named_events"] >= LEAST_NAMED * sums["events"]
    return bool(named and sums["missed_shares"] <= most and sums["invented_shares"] <= most)


def warm() -> None:
    """Compile the kernels for the array types that replays use, by calling each on no rows."""
    none = np.zeros(0, np.int64)
    pair_off(none, none, none, none, none, none, 0)
    first_of_nearest(none, none, none, none, 0, none)
