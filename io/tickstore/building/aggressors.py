"""Which order of a match came to the other, where the trades do not say: the later one of the two.

For the day builder. The exchange's files in capitals have no flag for it. An order's place in the queue dates from its
entry, or from a later change of its price or rise of its open quantity (domain rule R13), or its RankingTime says it.
On a continuous book the order that took its place last is the aggressor. Two resting orders meet in the dark when the
quote moves: an aggressor there took its place at the very time of the trade. Auctions and reports have none.

Of an order that the order file lacks nothing is known but its fills. The other order of the match tells: if that took
its place at the time of the trade it came to the one that is missing, else the missing one came to it. On a real day,
whose trades do say it, this is so for all 26 such matches in the dark, 1,317 on the lit book and 166 crossing bookings;
two orders that rested in the dark, one of them missing, would be taken for one that came. Of two that are missing on
the lit book their numbers and the quotes tell (`unseen_aggressors`); of two in the dark nothing does, nor of one in an
auction's booking.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from kernels.base.columns import I32, I64, Array
from kernels.base.compiling import kernel
from kernels.conventions import NULL, UNKNOWN_CODE, VENUE_AUCTION, VENUE_DARK, VENUE_LIT, VENUE_REPORT
from tickstore.building.unseen_aggressors import later_numbers

PASSIVE, AGGRESSIVE = 0, 1
_NEVER_AGGRESSIVE: Final = (VENUE_AUCTION, VENUE_REPORT)
_CONTINUOUS_BOOKINGS: Final = (44, 48)  # deal sources of crossing bookings on the lit book and in the dark


@kernel
def queueing_rows(price: I64, leaves: I64, next_row: I32, out: I32) -> None:
    """Fill, for each event, the event that gave its order the place in the queue that it has by then.

    Parameters
    ----------
    price, leaves : (n,) int64 of the events in time order
    next_row : (n,) int32, next event of the same order or -1
    out : (n,) int32, filled
    """
    for i in range(out.shape[0]):
        out[i] = i
    for i in range(out.shape[0]):
        j = next_row[i]
        if j >= 0 and price[j] == price[i] and leaves[j] <= leaves[i]:
            out[j] = out[i]


@kernel
def rows_at(time: I64, order_index: I32, first_row: I32, next_row: I32, event_time: I64, out: I32) -> None:
    """Fill, for each fill, the last event of its order that is not after it; -1 if there is none.

    Parameters
    ----------
    time, order_index : (m,) of the fills by (order_index, time), unknown orders (-1) last
    first_row : (k,) int32, first event of each order
    next_row, event_time : (n,) of the events
    out : (m,) int32, filled
    """
    order, row, following = -1, -1, -1
    for f in range(out.shape[0]):
        if order_index[f] < 0:
            out[f] = -1
            continue
        if order_index[f] != order:
            order = order_index[f]
            row, following = -1, first_row[order]
        while following >= 0 and event_time[following] <= time[f]:
            row = following
            following = next_row[row]
        out[f] = row


def derive_aggressors(views: Mapping[str, Array], out: Array) -> bool:
    """Fill the aggressor of every fill whose match tells; return whether any does.

    Parameters
    ----------
    views : columns of events, orders, fills and quotes by path, all but the aggressor filled
    out : (m,) int8, filled: 1 aggressive, 0 passive, -1 unknown
    """
    out[:] = UNKNOWN_CODE
    time, venue = views["fills/timestamp"], views["fills/venue"]
    one, other = _pairs(views["fills/match_id"], views["fills/side"])
    if len(one) == 0:
        return False
    queued, place = _places(views)
    later = (place[one] > place[other]) | ((place[one] == place[other]) & (queued[one] > queued[other]))
    last, first = np.where(later, one, other), np.where(later, other, one)
    quiet = np.isin(venue[last], _NEVER_AGGRESSIVE)
    known = (queued[one] >= 0) & (queued[other] >= 0)
    arrives = known.copy()
    arrives[known] = views["events/timestamp"][queued[last[known]]] == time[last[known]]
    aggressive = known & ~quiet & (arrives | (venue[last] == VENUE_LIT))
    told = known | quiet
    out[first[told]] = PASSIVE
    out[last[told]] = np.where(aggressive[told], AGGRESSIVE, PASSIVE)
    told_by_one = _by_the_one_known(views, one, other, queued, out)
    acting, waiting = later_numbers(views, one, other, out)
    out[acting], out[waiting] = AGGRESSIVE, PASSIVE
    return bool(told.any() or told_by_one)


def _by_the_one_known(views: Mapping[str, Array], one: I64, other: I64, queued: I32, out: Array) -> bool:
    """Fill the aggressor of matches on a continuous book of which the orders lack one; return whether there are any."""
    order, time, venue = views["fills/order_index"], views["fills/timestamp"], views["fills/venue"]
    there, missing = np.where(order[one] >= 0, one, other), np.where(order[one] >= 0, other, one)
    continuous = np.isin(venue, (VENUE_LIT, VENUE_DARK)) | np.isin(views["fills/deal_source"], _CONTINUOUS_BOOKINGS)
    told = (order[missing] < 0) & (queued[there] >= 0) & continuous[there]
    there, missing = there[told], missing[told]
    came = views["events/timestamp"][queued[there]] == time[there]
    out[there] = np.where(came, AGGRESSIVE, PASSIVE)
    out[missing] = np.where(came, PASSIVE, AGGRESSIVE)
    return bool(told.any())


def _pairs(match_id: Array, side: Array) -> tuple[I64, I64]:
    """Return the two fills of each match that has a buyer and a seller and nobody else."""
    order = np.argsort(match_id, kind="stable")
    ordered = match_id[order]
    same = np.r_[False, (ordered[1:] == ordered[:-1]) & (ordered[1:] != NULL), False]
    two = np.flatnonzero(same[1:-1] & ~same[:-2] & ~same[2:])
    one, other = order[two], order[two + 1]
    opposite = side[one] != side[other]
    return one[opposite], other[opposite]


def _places(views: Mapping[str, Array]) -> tuple[I32, I64]:
    """Return, for each fill, the event that gave its order the place it traded from, and the time of that place.

    They are -1 and 0 where the order is not known.
    """
    events = {name: views[f"events/{name}"] for name in ("price", "leaves_quantity", "next_row", "timestamp")}
    since = np.empty(len(events["price"]), np.int32)
    queueing_rows(events["price"], events["leaves_quantity"], events["next_row"], since)
    row = np.empty(len(views["fills/timestamp"]), np.int32)
    rows_at(
        views["fills/timestamp"], views["fills/order_index"], views["orders/first_row"], events["next_row"],
        events["timestamp"], row,
    )  # fmt: skip
    queued, place = np.full(len(row), -1, np.int32), np.zeros(len(row), np.int64)
    known = np.flatnonzero(row >= 0)
    queued[known] = since[row[known]]
    place[known] = events["timestamp"][queued[known]]
    if "events/ranking_time" in views:
        stated = views["events/ranking_time"][row[known]]
        place[known] = np.where(stated > 0, stated, place[known])
    return queued, place
