"""Why a placebo misses and invents matches, as far as a day's own data can tell: by rule, and by cause.

A *rule* is what made the match: the incoming order's time priority, its own broker first (R14), a change of the quote
(R23), a crossing booking (R15), an any-price block (R11). A *cause* is the first of these that may explain it: a price
that the quote before does not allow, of the match itself or of one that an order of an invented match misses; a minimum
quantity that the file may hide, of one of its orders or of whom the placebo let trade instead; an order that is not in
the order file; the right orders at another price. What is left is other: knock-on of an earlier error, or a wrong rule.
"""

from collections import defaultdict
from typing import Any, Final

import numpy as np

from kernels.base.columns import I64, Array
from kernels.replay.fidelity.comparison import TOLERANCE_NS, Comparison, at_other_prices
from kernels.replay.fidelity.real_matches import BLOCKS, DARK_BOOKING
from kernels.replay.imputed_minimums import by_order, visible_orders, whole_order
from kernels.replay.matches import Matches

RULES: Final = ("incoming", "preferenced", "rested", "booked", "block")
CAUSES: Final = ("off_quote", "hidden_minimum", "absent_order", "other_price", "other")
MEASURES: Final = ("missed_shares", "invented_shares", "unnamed_events")
OF_RULES: Final = ("real_shares", "events")  # a cause is a cause of what is wrong, and nothing else has one
PREFERENCED: Final = 46
RULE_BLOCK: Final = 3  # of kernels.dark.records


def kinds(booked: Array, block: Array, preferenced: Array, rested: Array) -> Array:
    """Return the place in RULES of each match; the first of these that holds."""
    return np.select([booked, block, preferenced, rested], [3, 4, 1, 2], 0)


def real_rules(day: Any, found: Comparison) -> Array:
    """Return the place in RULES of each real match."""
    deal = np.asarray(day.fills["deal_source"])[found.real.buy_fill]
    block = (deal >= BLOCKS[0]) & (deal <= BLOCKS[1])
    return kinds(deal == DARK_BOOKING, block, deal == PREFERENCED, found.real.aggressor_side == 0)


def placebo_rules(placebo: Matches) -> Array:
    """Return the place in RULES of each match of the placebo."""
    block = placebo.rule == RULE_BLOCK
    return kinds(placebo.booked == 1, block, placebo.preferenced == 1, placebo.aggressor_side == 0)


def may_hide(day: Any) -> Array:
    """Return which orders may have had a minimum that their rows do not show, (orders + 1,) bool; the last one has not.

    Orders that traded and show none, and amended ones that show their last; none where the file has a minimum of its
    own at each row, which it has if any order shows two.
    """
    minimum, hides = np.asarray(day.events["minimum_quantity"]), np.zeros(len(day.orders["side"]) + 1, np.bool_)
    rows, _ = grouped = by_order(day)
    index = np.asarray(day.events["order_index"])[rows]
    same = index[1:] == index[:-1]
    asked = minimum[rows]
    if len(rows) == 0 or np.any(same & (asked[1:] != asked[:-1])):
        return hides
    whole = whole_order(day, grouped)
    seen = visible_orders(day, whole)
    amended = np.zeros(len(hides), np.bool_)
    amended[index[1:][same & (whole[rows][1:] != whole[rows][:-1])]] = True
    hides[seen.order] = seen.hidden | ((seen.shown > 0) & amended[seen.order])
    return hides


def instead(found: Comparison, placebo: Matches, hides: Array) -> Array:
    """Return of which missed matches an order trades something invented within a millisecond with one that may hide."""
    traded: dict[int, list[int]] = defaultdict(list)
    for k in np.flatnonzero(found.invented).tolist():
        traded[int(placebo.buy_order_id[k])].append(k)
        traded[int(placebo.sell_order_id[k])].append(k)
    hidden = hides[placebo.buy] | hides[placebo.sell]
    out = np.zeros(len(found.real.time), np.bool_)
    for i in np.flatnonzero(found.missed).tolist():
        orders = int(found.real.buy_order_id[i]), int(found.real.sell_order_id[i])
        near = (k for order in orders for k in traded.get(order, ()))
        out[i] = any(hidden[k] and abs(int(placebo.time[k] - found.real.time[i])) <= TOLERANCE_NS for k in near)
    return out


def missed_causes(day: Any, found: Comparison, placebo: Matches, elsewhere: I64, hides: Array) -> Array:
    """Return the place in CAUSES of each real match, were it missed; elsewhere : missed but for other prices."""
    index = np.asarray(day.fills["order_index"])
    buyer, seller = index[found.real.buy_fill], index[found.real.sell_fill]
    absent = (buyer < 0) | (seller < 0)
    hidden = hides[buyer] | hides[seller] | instead(found, placebo, hides)
    return np.select([found.outside, hidden, absent, elsewhere < found.missed], [0, 1, 2, 3], 4)


def invented_causes(found: Comparison, placebo: Matches, elsewhere: I64, hides: Array) -> Array:
    """Return the place in CAUSES of each match of the placebo, were it invented."""
    absent = (placebo.buy < 0) | (placebo.sell < 0)
    hidden = hides[placebo.buy] | hides[placebo.sell]
    missed = found.outside & (found.missed > 0)
    orders = np.concatenate([found.real.buy_order_id[missed], found.real.sell_order_id[missed]])
    off_quote = np.isin(placebo.buy_order_id, orders) | np.isin(placebo.sell_order_id, orders)
    return np.select([off_quote, hidden, absent, elsewhere < found.invented], [0, 1, 2, 3], 4)


def explanation_row(day: Any, found: Comparison, placebo: Matches) -> dict[str, int]:
    """Return shares and events by rule and by cause, which add over jobs: "rule.rested.missed_shares" and so on.

    Parameters
    ----------
    day : an opened day file, or anything with its tables
    found : of ``compare``, for this placebo
    """
    elsewhere, elsewhere_placebo = at_other_prices(found.real, placebo, found.missed, found.invented)
    hides = may_hide(day)
    real = {"rule": real_rules(day, found), "cause": missed_causes(day, found, placebo, elsewhere, hides)}
    played = {"rule": placebo_rules(placebo), "cause": invented_causes(found, placebo, elsewhere_placebo, hides)}
    row: dict[str, int] = {}
    for by, names in (("rule", RULES), ("cause", CAUSES)):
        for place, name in enumerate(names):
            of_real, of_placebo = real[by] == place, played[by] == place
            first = of_real[found.events]
            wrong = (
                found.missed[of_real].sum(),
                found.invented[of_placebo].sum(),
                np.count_nonzero(first & ~found.named),
            )
            row |= {f"{by}.{name}.{what}": int(value) for what, value in zip(MEASURES, wrong, strict=True)}
            if by == "rule":
                all_of_it = found.real.quantity[of_real].sum(), np.count_nonzero(first)
                row |= {f"{by}.{name}.{what}": int(value) for what, value in zip(OF_RULES, all_of_it, strict=True)}
    return row
