"""Which order of a match on the lit book came to the other, where the order file has neither of the two.

For the day builder, where the trades do not say it and the orders cannot. An exchange numbers orders as they come. The
later of the two numbers is the aggressor if it came with the trade: if no higher number was there before. Else both
were there before, and one of them was amended: a buyer that trades at the offer in force before, a seller at the bid;
between the two, again the later number.

Numbers need not be in the order of time elsewhere, so the day itself decides whether they tell: the rule must name the
aggressor of at least AGREED of 100 lit matches that the orders do tell, and there must be FEWEST of them. On a real
day, whose trades do say it, it names 2,226 of 2,226 of those, and 810 of the 810 of which the order file has neither
order (702 trades, 108 crossing bookings); the later number alone names 807 of them, the quote alone 794.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64, Array
from kernels.conventions import NULL, VENUE_LIT, VENUE_REPORT

LIT_BOOKING: Final = 44  # deal source of crossing bookings on the lit book
FEWEST: Final = 20
AGREED: Final = 99


def later_numbers(views: Mapping[str, Array], one: I64, other: I64, told: Array) -> tuple[I64, I64]:
    """Return the aggressive and the passive fills of the lit matches that nothing else tells.

    Parameters
    ----------
    views : columns of orders, events, fills and quotes by path
    one, other : the two fills of each match
    told : (m,) int8 of the fills: 1 aggressive, 0 passive, -1 unknown so far
    """
    none = one[:0]
    lit = (views["fills/venue"][one] == VENUE_LIT) | (views["fills/deal_source"][one] == LIT_BOOKING)
    number = views["fills/order_id"]
    lit &= number[one] != number[other]
    one, other = one[lit], other[lit]
    order = views["fills/order_index"]
    unseen = (told[one] < 0) & (order[one] < 0) & (order[other] < 0)
    known = np.flatnonzero((told[one] == 1) | (told[other] == 1))
    if not unseen.any() or len(known) < FEWEST:
        return none, none
    highest = _highest_before(views, views["fills/timestamp"][one])
    first_acts = _first_acts(views, one, other, highest)
    if np.count_nonzero(first_acts[known] == (told[one[known]] == 1)) * 100 < AGREED * len(known):
        return none, none
    one, other, first_acts = one[unseen], other[unseen], first_acts[unseen]
    return np.where(first_acts, one, other), np.where(first_acts, other, one)


def _first_acts(views: Mapping[str, Array], one: I64, other: I64, highest: I64) -> NDArray[np.bool_]:
    """Return whether the first fill of each match is the aggressor's by numbers and quotes."""
    number, quote = views["fills/order_id"], views["fills/quote"][one]
    first_is_later = number[one] > number[other]
    if len(views["quotes/timestamp"]) == 0:
        return first_is_later
    price, before = views["fills/price"][one], np.maximum(quote, 0)
    bid, offer = views["quotes/bid"][before], views["quotes/offer"][before]
    quoted = quote >= 0
    at_offer = quoted & (offer > 0) & (price >= offer)
    at_bid = quoted & (bid > 0) & (price <= bid)
    new = np.maximum(number[one], number[other]) > highest
    by_quote = ~new & (at_offer != at_bid)
    return np.where(by_quote, at_offer == (views["fills/side"][one] > 0), first_is_later)


def _highest_before(views: Mapping[str, Array], time: I64) -> I64:
    """Return, for each time, the highest number of an order that was there before; NULL if there was none."""
    on_book = np.flatnonzero(views["fills/venue"] != VENUE_REPORT)  # reports are numbered apart
    number = np.r_[views["orders/order_id"], views["fills/order_id"][on_book]]
    since = np.r_[views["orders/arrival_time"], views["fills/timestamp"][on_book]]
    turn = np.argsort(since, kind="stable")
    highest: I64 = np.r_[NULL, np.maximum.accumulate(number[turn])][since[turn].searchsorted(time, "left")]
    return highest
