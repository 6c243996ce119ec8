"""What a run leaves: its matches with the orders' numbers, and what each order fills under its scenario."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from kernels.conventions import VENUE_BOOKED, VENUE_DARK, VENUE_REPORT
from kernels.market.grouping import rows_by_order
from kernels.measure.rules import Day
from kernels.measure.simulated import SimulatedFills
from kernels.replay import runs
from kernels.replay.matches import DEAL_BOOKED, Matches, deal_sources
from kernels.replay.prepare import Prepared


def order_ids(day: Day, tags: NDArray[Any]) -> I64:
    """Return the numbers of orders by what the book calls them: a row, or -2 - row of a fill."""
    ids = np.asarray(day.orders["order_id"]).astype(np.int64)
    known = np.append(ids, 0)[np.where(tags >= 0, tags, -1)]
    absent = np.append(np.asarray(day.fills["order_id"]).astype(np.int64), 0)[np.where(tags < 0, -2 - tags, -1)]
    return np.where(tags >= 0, known, absent)


def take_matches(day: Day, written: Any) -> Matches:
    """Return matches as they are given to others; written : (n,) MATCH."""
    buy, sell, marks = written.buy, written.sell, written.marks
    return Matches(
        time=written.time.copy(),
        buy=np.maximum(buy, -1).astype(np.int32),
        sell=np.maximum(sell, -1).astype(np.int32),
        buy_order_id=order_ids(day, buy),
        sell_order_id=order_ids(day, sell),
        quantity=written.quantity.copy(),
        price2=written.price2.copy(),
        mid2=written.mid2.copy(),
        aggressor_side=written.aggressor.astype(np.int8),
        rule=written.rule.astype(np.int8),
        booked=(marks & runs.BOOKED != 0).astype(np.int8),
        preferenced=(marks & (runs.PREFERENCED | runs.BOOKED) == runs.PREFERENCED).astype(np.int8),
    )


class Kept(NamedTuple):
    """Which fills an order keeps of history, (fills,) bool, and how much of each."""

    rows: NDArray[Any]
    quantity: I64


def kept_fills(day: Day, keeps: NDArray[Any], cuts: Any) -> Kept:
    """Return the historical fills that stand; of those that were cut, what the book had left of them."""
    quantity = np.asarray(day.fills["quantity"]).astype(np.int64)
    if len(cuts):
        quantity[cuts.row] = cuts.quantity
    rows = np.flatnonzero(keeps & (quantity > 0))
    return Kept(rows, quantity[rows])


def simulated_fills(
    day: Day, prepared: Prepared, listed: NDArray[np.bool_], written: Any, kept: Kept
) -> SimulatedFills:
    """Return what orders fill under a scenario: dark fills of the book, and what they keep of history.

    Parameters
    ----------
    listed : (orders,) whether the scenario changes each order
    written : (n,) MATCH
    kept : their fills that stand
    """
    wanted = np.append(listed, False)
    parts = []
    marks = written.marks
    deals = deal_sources(marks & runs.BOOKED, marks & runs.PREFERENCED, written.rule)
    for tags, aside in ((written.buy, runs.BUY_ASIDE), (written.sell, runs.SELL_ASIDE)):
        rows = np.flatnonzero(wanted[np.maximum(tags, -1)] & (written.marks & aside == 0))
        venue = np.where(deals[rows] == DEAL_BOOKED, VENUE_BOOKED, VENUE_DARK)
        traded = tags[rows], written.time[rows], written.price2[rows], written.quantity[rows]
        parts.append((*traded, venue, deals[rows], np.ones(len(rows), np.int8)))
    rows, fills = kept.rows, day.fills
    price2 = prepared.inputs.sums.price2[rows]
    stands = np.asarray(fills["order_index"])[rows], np.asarray(fills["timestamp"])[rows], price2, kept.quantity
    of_history = np.zeros(len(rows), np.int8)
    parts.append((*stands, np.asarray(fills["venue"])[rows], np.asarray(fills["deal_source"])[rows], of_history))
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    order, time, price2, quantity, venue, deal, by_book = columns
    place = by_order_and_time(order, time, len(listed))
    return SimulatedFills(
        np.flatnonzero(listed).astype(np.int32), order[place].astype(np.int32), time[place], price2[place],
        quantity[place], venue[place].astype(np.int8), deal[place].astype(np.int16), by_book[place],
    )  # fmt: skip


def by_order_and_time(order: NDArray[Any], time: I64, orders: int) -> I64:
    """Return the rows of fills by order and time, those of one instant as they stand; order : (n,) of ``orders``."""
    in_time = np.argsort(time, kind="stable")
    rows: I64 = in_time[rows_by_order(order[in_time], orders)[0]]
    return rows


def at_most(fills: SimulatedFills, most: I64) -> SimulatedFills:
    """Return fills in time order until an order has ``most``, (orders,) shares; the last one is cut."""
    quantity = fills.quantity
    before = np.cumsum(quantity) - quantity
    first = np.searchsorted(fills.order_index, fills.order_index, "left")
    before -= before[first] if len(before) else 0
    left = np.clip(most[fills.order_index] - before, 0, quantity)
    return taken(fills._replace(quantity=left), np.flatnonzero(left > 0))


def taken(fills: SimulatedFills, rows: NDArray[Any]) -> SimulatedFills:
    """Return some of the fills, in the order of ``rows``."""
    return SimulatedFills._make([fills.orders, *(column[rows] for column in fills[1:])])


def consumes(day: Day) -> NDArray[Any]:
    """Return which fills consumed an order of the day, (fills,) bool."""
    known = np.asarray(day.fills["order_index"]) >= 0
    return np.asarray(known & (np.asarray(day.fills["venue"]) != VENUE_REPORT))


def is_dark(day: Day) -> NDArray[Any]:
    """Return which fills are of the dark book, its bookings among them, (fills,) bool."""
    venue, deal = np.asarray(day.fills["venue"]), np.asarray(day.fills["deal_source"])
    return np.asarray((venue == VENUE_DARK) | (deal == DEAL_BOOKED))


class Crossed(NamedTuple):
    """Orders that fill more in the central run than in its upper bound, or less than in its lower one, (k,) each."""

    rows: NDArray[Any]  # of the order table
    central: I64  # shares
    optimistic: I64
    conservative: I64


def filled_shares(fills: SimulatedFills, rows: NDArray[Any]) -> I64:
    """Return what each of these orders fills, (k,) shares."""
    last = max(int(rows.max(initial=-1)), int(fills.order_index.max(initial=-1)))
    shares = np.zeros(last + 1, np.int64)
    np.add.at(shares, fills.order_index, fills.quantity)
    filled: I64 = shares[rows]
    return filled


def with_fills_of(fills: SimulatedFills, other: SimulatedFills, rows: NDArray[Any]) -> SimulatedFills:
    """Return fills in which these orders have their fills of another scenario."""
    if not len(rows):
        return fills
    orders = max(int(each.max(initial=-1)) for each in (rows, fills.order_index, other.order_index)) + 1
    theirs = np.zeros(orders, bool)
    theirs[rows] = True
    mine, others = np.flatnonzero(~theirs[fills.order_index]), np.flatnonzero(theirs[other.order_index])
    columns: list[Any] = list(fills[1:])
    more: list[Any] = list(other[1:])
    both = [np.concatenate([a[mine], b[others]]) for a, b in zip(columns, more, strict=True)]
    mixed = SimulatedFills._make([fills.orders, *both])
    return taken(mixed, by_order_and_time(mixed.order_index, mixed.timestamp, orders))


def within_band(
    fills: dict[str, SimulatedFills], names: tuple[str, ...], rows: NDArray[Any]
) -> tuple[dict[str, SimulatedFills], Crossed]:
    """Return fills in which every order's quantity lies between its bounds, and the orders for which that was not so.

    Where orders compete, or a fill keeps one from a larger fill later, a bound may be crossed: that order has the
    central run's fills in the bound (decisions 24). names : of the central run, the upper and the lower bound
    """
    central, high, low = (filled_shares(fills[name], rows) for name in names)
    above, below = central > high, central < low
    clipped = fills | {
        names[1]: with_fills_of(fills[names[1]], fills[names[0]], rows[above]),
        names[2]: with_fills_of(fills[names[2]], fills[names[0]], rows[below]),
    }
    crossed = np.flatnonzero(above | below)
    return clipped, Crossed(rows[crossed], central[crossed], high[crossed], low[crossed])
