"""What the error of a replay is made of: how often it fills orders, and at what price.

The cost of an order with Q shares, q of them filled for a notional N, the rest charged at the mid m at its end, is
s (N - q M0 + (Q - q) (m - M0)), s the side. Q, M0 and m are the order's, whatever happens to it, so a replay errs by::

    s ((N' - q' m) - (N - q m)) = s (q' - q) (p - m) + s q (p' - p), with p and q in the middle of both

where p' = N'/q' and p = N/q: the first part is the price of filling more or less often, the second that of filling at
another price. An order that fills on one side only has no second price, and all of its error is the first part.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I8, I64, Array
from kernels.base.memory import Buffers
from kernels.conventions import BPS, NULL, TYPE_DARK
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import measure
from kernels.measure.rules import Day
from kernels.replay.fidelity.real_matches import dark_fills
from kernels.replay.matches import Matches

# Sums of a day's real dark orders, which add over days. Real fills in the dark, and those of the replay; half price
# units x shares but for the shares.
COUNTS: Final = ("orders", "quantity", "filled_quantity", "replayed_quantity")
ERRORS: Final = ("error", "error_often", "error_price")
SUMS: Final = (*COUNTS, "notional2", *ERRORS)


class OrderFills(NamedTuple):
    """What each order fills, (orders,) columns."""

    quantity: I64  # shares
    notional2: I64  # half price units x shares


class BiasSplit(NamedTuple):
    """The error of each order's cost, replayed less real, half price units x shares; the parts add up to it exactly."""

    error: I64
    often: I64  # for filling more or less often; above 0 it costs more than it really did
    price: I64  # for filling at other prices


def fills_by_order(orders: int, order_index: Array, quantity: Array, price2: Array) -> OrderFills:
    """Return what each of so many orders fills; fills of absent orders, -1, are left out."""
    known = np.asarray(order_index) >= 0
    index, shares = np.asarray(order_index)[known], np.asarray(quantity)[known].astype(np.int64)
    out = OrderFills(np.zeros(orders, np.int64), np.zeros(orders, np.int64))
    np.add.at(out.quantity, index, shares)
    np.add.at(out.notional2, index, shares * np.asarray(price2)[known])
    return out


def dark_fills_of(placebo: Matches, orders: int) -> OrderFills:
    """Return what each of so many orders fills in a replay's dark book."""
    index = np.concatenate([placebo.buy, placebo.sell])
    return fills_by_order(orders, index, np.tile(placebo.quantity, 2), np.tile(placebo.price2, 2))


def real_dark_fills(fills: Mapping[str, Any], price2: I64, orders: int) -> OrderFills:
    """Return what each of so many orders really filled in the dark; price2 : (fills,) exact, half price units."""
    rows = dark_fills(fills)
    return fills_by_order(
        orders, np.asarray(fills["order_index"])[rows], np.asarray(fills["quantity"])[rows], price2[rows]
    )


def chosen(fills: OrderFills, rows: Array) -> OrderFills:
    """Return the fills of some orders."""
    return OrderFills(fills.quantity[rows], fills.notional2[rows])


def bias_split(side: I8, end_mid2: I64, real: OrderFills, replayed: OrderFills) -> BiasSplit:
    """Split the error of each order's cost.

    Parameters
    ----------
    side : (n,) int8, 1 buy, -1 sell
    end_mid2 : (n,) int64, mid at which the unfilled is charged, half price units; leave out orders without one
    real, replayed : what the same orders really fill, and what they fill in the replay
    """
    sign = side.astype(np.int64)
    error = sign * ((replayed.notional2 - replayed.quantity * end_mid2) - (real.notional2 - real.quantity * end_mid2))
    fills, really = replayed.quantity > 0, real.quantity > 0
    paid = replayed.notional2 / np.maximum(replayed.quantity, 1)
    paid_really = real.notional2 / np.maximum(real.quantity, 1)
    middle = np.where(fills & really, (paid + paid_really) / 2, np.where(fills, paid, paid_really))
    more = replayed.quantity - real.quantity
    often = np.where(fills & really, np.rint(sign * more * (middle - end_mid2)), error).astype(np.int64)
    return BiasSplit(error, often, error - often)


def bias_row(split: BiasSplit, quantity: I64, mid2: I64, real: OrderFills, replayed: OrderFills) -> dict[str, Any]:
    """Return the sums of a day's orders, which add over days; quantity, mid2 : Q and M0 of each order."""
    filled = real.quantity.sum(), replayed.quantity.sum(), (real.quantity * mid2).sum()
    sums = len(quantity), quantity.sum(), *filled, *(part.sum() for part in split)
    return dict(zip(SUMS, map(int, sums), strict=True))


def bias_bps(sums: Mapping[str, int]) -> dict[str, float]:
    """Return the error and its parts in basis points of what really filled, at M0; cost-signed, 0 if nothing did.

    Not of what the orders asked for, of which some dark orders have a thousand times what they trade.
    """
    notional = max(sums["notional2"], 1)
    return {name: BPS * sums[name] / notional for name in ERRORS}


def dark_bias(
    day: Day, choices: Choices, session: Session, price2: I64, placebo: Matches, buffers: Buffers | None = None
) -> dict[str, int]:
    """Return SUMS of a day's real dark orders in a placebo, of those that have a benchmark and a mid at their end.

    Parameters
    ----------
    choices : how costs are charged; every dark order is looked at, whichever are selected
    price2 : (fills,) exact prices, half price units; ``buffers`` must not hold them
    """
    n, sums = len(day.orders["side"]), Counter(dict.fromkeys(SUMS, 0))
    real, replayed = real_dark_fills(day.fills, price2, n), dark_fills_of(placebo, n)
    everyone = Selection(order_types=(TYPE_DARK,))
    choices = replace(choices, selection=everyone, simulation=replace(choices.simulation, scenarios=()))
    for block in measure(day, choices, session, buffers):
        rows = np.flatnonzero((block.mid2 != NULL) & (block.end_mid2 != NULL))
        both = [chosen(fills, block.order_index[rows]) for fills in (real, replayed)]
        split = bias_split(block.side[rows], block.end_mid2[rows], *both)
        sums.update(bias_row(split, block.order_quantity[rows], block.mid2[rows], *both))
    return dict(sums)
