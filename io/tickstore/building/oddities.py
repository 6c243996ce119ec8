"""What a partition's columns say that cannot be: orders that contradict themselves, absurd quotes, prices of two units.

Found by the build task, told as warnings by the conversion. A run counts prices of two units once more.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import Array
from kernels.conventions import (
    ABSURD_SPREAD,
    ABSURD_TICKS,
    FAR_PRICE,
    FAULT_FILLED_BEYOND,
    FAULT_FILLED_EARLY,
    FAULT_KINDS,
    FAULT_PRICE,
    FAULTS_SET_APART,
    NULL,
    USUAL_TICKS,
    VENUE_REPORT,
)
from tickstore.parse.text_ids import order_name

SET_APART, NO_STATES, ABSURD_QUOTES, OTHER_UNIT = "set apart", "no states", "absurd quotes", "other unit"
CROSSED = "crossed quotes"  # where they are most of a day's
FILLED_EARLY, ONE_SIDED = "fills before the order", "trades of one side"
NO_ORDERS, MET = "fills of no orders", "fills of orders"  # the former only where orders matched without them
APART = "orders and quotes apart"
EMPTIED = "orders emptied"
ORDERS = "orders"  # how many there are
_BLOCK: Final = 1 << 18
_SAMPLE: Final = 1 << 12  # prices that a median is taken of
_FEW: Final = 0.1  # of the fills, and of the shares that matched: where fewer meet, ids may be spelt in two ways
_SHOWN: Final = 3  # ids
_NEARLY_ALL: Final = 0.9
_LONG_NS: Final = 3_600 * 10**9


class Oddity(NamedTuple):
    """Something impossible: what, how often, and the first place or an example, in words."""

    kind: str
    rows: int
    first: str


def find_oddities(views: Mapping[str, Array], price_decimals: int) -> list[Oddity]:
    """Return what is odd about a partition, from its columns by path."""
    usual = usual_mid(views["quotes/bid"], views["quotes/offer"])
    found = [*_orders_set_apart(views, usual), *_without_states(views)]
    found += [*_absurd_quotes(views, price_decimals), *_crossed(views), *_fills_of_no_orders(views), *_one_sided(views)]
    found += [*_apart(views), *_emptied(views)]
    for name, path in (("order", "events/price"), ("trade", "fills/price")):
        found += other_unit(name, views[path], usual, price_decimals)
    return found


def _orders_set_apart(views: Mapping[str, Array], usual: float) -> Iterator[Oddity]:
    """Count the orders, and those that no table will have."""
    fault = views["orders/fault"].astype(np.int16)
    fault[_owners_of_far_fills(views, usual)] |= FAULT_PRICE
    rows = np.flatnonzero(fault & FAULTS_SET_APART)
    yield from [Oddity(ORDERS, len(fault), "")] if len(fault) else []
    if len(rows):
        first, orders = int(rows[0]), {path[7:]: column for path, column in views.items() if path.startswith("orders/")}
        kinds = [kind for bit, kind in FAULT_KINDS.items() if fault[first] & FAULTS_SET_APART & bit]
        yield Oddity(SET_APART, len(rows), f"order {order_name(orders, first)} ({', '.join(kinds)})")
    early = np.flatnonzero(fault & FAULT_FILLED_EARLY)
    if len(early):
        orders = {path[7:]: column for path, column in views.items() if path.startswith("orders/")}
        yield Oddity(FILLED_EARLY, len(early), f"order {order_name(orders, int(early[0]))}")


def _owners_of_far_fills(views: Mapping[str, Array], usual: float) -> Array:
    """Return the orders with fills at prices that cannot be; a run finds them, and asks whether quotes jumped.

    Here a price must be far from the day's ``usual`` mid, too, which a quote that jumped is not.
    """
    price, quote, owner = (views[f"fills/{name}"] for name in ("price", "quote", "order_index"))
    bid, offer = views["quotes/bid"], views["quotes/offer"]
    owners = [np.zeros(0, np.int32)]
    if len(price) == 0 or not (price.min() <= 0 or (usual and _some_far(price, usual))):
        return owners[0]
    for a in range(0, len(price), _BLOCK):
        paid, row = price[a : a + _BLOCK].astype(np.float64), quote[a : a + _BLOCK]
        far = paid <= 0
        if usual:
            mid = np.where(row >= 0, bid[row] / 2 + offer[row] / 2, np.nan)
            sound = (row >= 0) & (bid[row] > 0) & (offer[row] >= bid[row]) & (offer[row] - bid[row] <= 2 * mid / 9)
            far |= sound & _is_far(paid, mid) & _is_far(paid, usual)
        met = far & (owner[a : a + _BLOCK] >= 0) & (views["fills/venue"][a : a + _BLOCK] != VENUE_REPORT)
        owners.append(owner[a : a + _BLOCK][met])
    return np.concatenate(owners)


def _is_far(price: Array, mid: Array | float) -> Array:
    return (price > FAR_PRICE * mid) | (FAR_PRICE * price < mid)


def _some_far(prices: Array, mid: float) -> bool:
    """Return whether any of some prices is far from a mid."""
    return bool(prices.max() > FAR_PRICE * mid or FAR_PRICE * float(prices.min()) < mid)


def _fills_of_no_orders(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Count the fills that have an order, and the others where they hardly can be of other orders alone."""
    met = views["fills/order_index"] >= 0
    count, fills = int(np.count_nonzero(met)), len(met)
    yield from [Oddity(MET, count, "")] if count else []
    if count >= _FEW * fills:
        return
    executed = views["orders/matched_quantity"] + views["orders/carried_quantity"]
    if views["fills/quantity"][met].sum() < _FEW * executed.sum():
        orders = {path[7:]: column for path, column in views.items() if path.startswith("orders/")}
        rows = np.flatnonzero(executed > 0)[:_SHOWN].tolist()
        yield Oddity(NO_ORDERS, fills - count, ", ".join(order_name(orders, row) for row in rows))


def _one_sided(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Find that matches have no buyer's row beside the seller's: more shares than not stand alone at their time."""
    rows = views["fills/by_time"][:_BLOCK]
    rows = rows[(views["fills/venue"][rows] != VENUE_REPORT) & (views["fills/match_id"][rows] != NULL)]
    if len(rows) == 0:
        return
    time, shares = views["fills/timestamp"][rows], views["fills/quantity"][rows]
    starts = np.flatnonzero(np.r_[True, time[1:] != time[:-1]])
    alone = np.abs(np.add.reduceat(shares * views["fills/side"][rows], starts)).sum()
    if 2 * alone > shares.sum():
        yield Oddity(ONE_SIDED, 1, f"{alone} of {shares.sum()} shares")


def _without_states(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Find that nearly all orders that traded have no row after their entry that would show it."""
    if not np.any(views["orders/fault"] & FAULT_FILLED_BEYOND):
        return
    traded = np.flatnonzero(views["orders/fill_count"])
    entries = views["orders/first_row"][traded] == views["orders/last_row"][traded]
    beyond = int(np.count_nonzero(entries & (views["orders/fault"][traded] & FAULT_FILLED_BEYOND != 0)))
    if beyond > _NEARLY_ALL * len(traded):
        yield Oddity(NO_STATES, 1, f"{beyond} of {len(traded)} orders that traded")


def _absurd_quotes(views: Mapping[str, Array], price_decimals: int) -> Iterator[Oddity]:
    bids, offers = views["quotes/bid"], views["quotes/offer"]
    starts, ticks = np.array(sorted(USUAL_TICKS)).T
    count, first = 0, ""
    for a in range(0, len(bids), _BLOCK):
        bid, offer = bids[a : a + _BLOCK], offers[a : a + _BLOCK]
        two_sided = np.flatnonzero((bid > 0) & (offer > bid))
        low, spread = bid[two_sided], offer[two_sided] - bid[two_sided]
        wide = spread > ABSURD_SPREAD * (low + spread / 2)
        wide &= spread > ABSURD_TICKS * ticks[np.searchsorted(starts, low, "right") - 1]
        rows = two_sided[wide]
        if len(rows) and not count:
            texts = [money(int(side[rows[0]]), price_decimals) for side in (bid, offer)]
            first = f"{texts[0]} to {texts[1]} at {np.datetime64(int(views['quotes/timestamp'][a + rows[0]]), 'ns')}Z"
        count += len(rows)
    if count:
        yield Oddity(ABSURD_QUOTES, count, first)


def _crossed(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Find that bids are above offers more often than not: one may stand for the other."""
    bid, offer = views["quotes/bid"], views["quotes/offer"]
    two_sided = (bid > 0) & (offer > 0)
    crossed, quotes = int(np.count_nonzero(two_sided & (bid > offer))), int(np.count_nonzero(two_sided))
    if 2 * crossed > quotes:
        yield Oddity(CROSSED, crossed, f"{crossed} of {quotes} quotes")


def _apart(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Find that all quotes are long before the first order, or after the last: clocks may be of two zones."""
    orders, quotes = views["events/timestamp"], views["quotes/timestamp"]
    if len(orders) and len(quotes) and max(orders[0] - quotes[-1], quotes[0] - orders[-1]) > _LONG_NS:
        ends = (np.array([times[0], times[-1]]) // 10**9 for times in (orders, quotes))
        of_orders, of_quotes = (" to ".join(f"{end}Z" for end in pair.astype("M8[s]")) for pair in ends)
        yield Oddity(APART, 1, f"quotes from {of_quotes}, orders from {of_orders}")


def _emptied(views: Mapping[str, Array]) -> Iterator[Oddity]:
    """Find orders that end with nothing left and less executed than they still ask for, which no amendment explains."""
    orders = {path[7:]: column for path, column in views.items() if path.startswith("orders/")}
    partly = np.flatnonzero(
        (orders["leaves_quantity"] == 0)
        & (orders["matched_quantity"] > 0)
        & (orders["matched_quantity"] < orders["parent_quantity"])
        & (orders["fault"].astype(np.int16) & FAULTS_SET_APART == 0)
    )
    quantity = views["events/quantity"]
    rows = partly[quantity[orders["last_row"][partly]] == orders["parent_quantity"][partly]]
    if len(rows):
        yield Oddity(EMPTIED, len(rows), f"order {order_name(orders, int(rows[0]))}")


def other_unit(name: str, prices: Array, mid: float, price_decimals: int) -> Iterator[Oddity]:
    """Find prices that are so far from the quotes, of which ``mid`` is usual, that a file must be in another unit."""
    price = prices[:: max(1, len(prices) // _SAMPLE)]
    price = price[price > 0]
    if len(price) and mid and _some_far(price, mid) and _is_far(usual := np.median(price), mid):
        texts = (money(round(float(value)), price_decimals) for value in (usual, mid))
        yield Oddity(OTHER_UNIT, 1, "the median {} price is {} and the median mid {}".format(name, *texts))


def usual_mid(bid: Array, offer: Array) -> float:
    """Return the median mid of a sample of the quotes, 0 where there is none."""
    step = max(1, len(bid) // _SAMPLE)
    bid, offer = bid[::step], offer[::step]
    quoted = (bid > 0) & (offer >= bid) & (offer / 2 - bid / 2 <= bid * ABSURD_SPREAD)
    return float(np.median(bid[quoted] / 2 + offer[quoted] / 2)) if quoted.any() else 0.0


def money(price: int, decimals: int) -> str:
    """Return a price in currency."""
    return f"{price / 10**decimals:.{decimals}f}"
