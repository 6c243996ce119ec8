"""Which of two prices a dark print had: the mid that lost its half unit (R7), or the price on a tick that it shows.

``kernels.market.prints`` puts the half unit back wherever a quote has that mid. Here both orders of the match are
asked, in half units. What the buyer's limit forbids was not paid; what the seller's limit is above was not the price.
Where both limits allow both prices, two dark limits meet at whichever the order that acts comes to first, walking
from the best price for it to its limit (R10): a buyer at the price on a tick, a seller at the mid. Of two that rested
the one acts that the quote that came gave a turn (R23): it was not eligible at the last quote at which orders could
match, at the mid or on a tick, or took its place since; of two such orders the older one. Not told: an incoming buyer
who needs one order for its minimum passes smaller ones by on a tick and may meet them at the mid (2 of some ten
thousand generated matches, which show half a unit too little).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, EventColumns, FillColumns, OrderColumns, QuoteColumns
from kernels.base.compiling import inlined, kernel
from kernels.conventions import TYPE_SWEEP
from kernels.market.prints import is_rebuilt, write_prints
from kernels.market.quotes import exact_mid2
from kernels.market.ticks import has_half_tick, tick_of

PAIRED: Final = ("match_id", "timestamp", "price", "quantity", "deal_source")  # equal on both sides of a match
FIRST_DARK_LIMIT: Final = 3  # mid-tick 3, 4: dark limit; 5, 6: any-price block, a dark limit inside the quote
# What is known of a rebuilt fill, as bits: those of both sides of a match are taken together.
REBUILT: Final = 1
FORBIDDEN: Final = 2  # the buyer's limit is below the mid
NEEDED: Final = 4  # the seller's limit is above the published price
STALE: Final = 8  # the quote before has the published price as its mid, the fill's own snapshot the rebuilt one
DARK_LIMIT: Final = 16  # on the buy side, and twice that on the sell side: it may trade at the published price
RENEWED: Final = 16384  # the quote before has the rebuilt mid, the fill's own snapshot the published price
AGAINST: Final = FORBIDDEN | STALE | RENEWED | DARK_LIMIT | 2 * DARK_LIMIT
BUY: Final = 64  # this side of the match is in the trades; twice that the sell side
AGGRESSIVE: Final = 256  # and twice that of the sell side
NOT_RESTED: Final = 1024  # it did not rest, or nobody says so
TURN: Final = 2048  # the quote that came lets the buyer try (R23), and twice that the seller
LEFT_TOUCH: Final = 8192  # the order was amended away from the touch, which the quote before still shows
NOBODY: Final = 2**31 - 1
FAR: Final = 2**62  # goods that no order has


@kernel
def usable_rows(quotes: QuoteColumns, out: Array) -> None:
    """Write the last row up to each quote at which orders could match, -1 if none, to ``out`` (quotes,) int32."""
    last = -1
    for i in range(len(quotes.bid)):
        if 0 < quotes.bid[i] < quotes.offer[i]:
            last = i
        out[i] = last


@inlined
def quote_says(fills: FillColumns, quotes: QuoteColumns, ticks: Array, i: int) -> tuple[bool, int]:
    """Return whether the published price of a rebuilt fill is on a tick inside the quote with the mid.

    Also STALE and RENEWED, which the quote before says.
    """
    price, row = fills.price[i], fills.quote[i]
    bid = quotes.bid[row] if row >= 0 else 0
    offer = quotes.offer[row] if row >= 0 else 0
    bits, moved = 0, 0  # by how much the mid of the quote before is above the published price
    if bid > 0 and offer > 0:
        moved = bid + offer - 2 * price
        bits |= STALE if moved == 0 and bid < offer else 0
        same = exact_mid2(fills.national_bid[i], fills.national_offer[i]) == 2 * price
        bits |= RENEWED if moved == 1 and same else 0
    if moved != 1:
        bid, offer = fills.national_bid[i], fills.national_offer[i]
    tick = max(tick_of(price, ticks), 1)
    return price % tick == 0 and bid < price < offer, bits


@inlined
def limit_says(limit: int, half: int, sell: bool, price2: int) -> int:
    """Return FORBIDDEN or NEEDED where a limit with its half tick allows one of the two prices alone, else 0."""
    if limit <= 0:
        return 0
    if sell:
        return NEEDED if 2 * limit - half >= price2 else 0
    return FORBIDDEN if 2 * limit + half < price2 else 0


@inlined
def needs2(bid: int, offer: int, sell: bool, tick: int) -> tuple[int, int]:
    """Return the goods that an order needs at the mid, and on the best tick for it strictly inside the quote.

    Goods are limits in half units, negative ones of sellers, so that more is better; FAR where nothing is enough.
    """
    if not 0 < bid < offer:
        return FAR, FAR
    sign = -1 if sell else 1
    lowest, highest = (bid // tick + 1) * tick, (offer - 1) // tick * tick
    return sign * (bid + offer), 2 * sign * (highest if sell else lowest) if lowest <= highest else FAR


@inlined
def has_turn(good: int, dark_limit: bool, old: tuple[int, int], new: tuple[int, int]) -> bool:
    """Return whether an order becomes eligible at a new quote: at the mid, or on a tick (R23)."""
    return new[0] <= good < old[0] or (dark_limit and new[1] <= good < old[1])


@kernel
def judge_rebuilt(
    fills: FillColumns,
    orders: OrderColumns,
    events: EventColumns,
    quotes: QuoteColumns,
    usable: Array,
    ticks: Array,
    price2: Array,
    known: Array,
    rank: Array,
) -> int:
    """Write what is known of each rebuilt fill, and return of how many something speaks against the mid.

    The limit and the flag are those in force at the fill, half a tick added where the flag says so. Of an order that
    is not in the order file neither is known. An order lost its place in the queue where its price or flag changed, or
    its quantity rose. usable : as ``usable_rows`` gives it; known : (fills,) int16; rank : (fills,) int32, the event
    row with which the order took its place, to write
    """
    timestamp, order_index, side = fills.timestamp, fills.order_index, fills.side
    next_row, event_time, price, mid_tick = events.next_row, events.timestamp, events.price, events.mid_tick
    against, order, row, place, shown = 0, -1, 0, 0, 0
    for i in range(len(price2)):
        known[i], rank[i] = 0, NOBODY
        if price2[i] & 1 == 0 or not is_rebuilt(fills, i):
            continue
        sell = side[i] < 0
        inside, bits = quote_says(fills, quotes, ticks, i)
        bits |= REBUILT | (2 * BUY if sell else BUY)
        if order_index[i] >= 0:
            if order_index[i] != order:  # an order's fills are in time order: its rows are walked once for all of them
                order = order_index[i]
                row = place = orders.first_row[order]
                shown = 0  # the price before the instant of the fill, 0 if none
            if event_time[row] < timestamp[i]:
                shown = price[row]
            after = next_row[row]
            while after >= 0 and event_time[after] <= timestamp[i]:
                total = events.leaves_quantity[row] + events.matched_quantity[row]
                grown = events.leaves_quantity[after] + events.matched_quantity[after] > total
                if grown or price[after] != price[row] or mid_tick[after] != mid_tick[row]:
                    place = after
                row = after
                shown = price[row] if event_time[row] < timestamp[i] else shown
                after = next_row[row]
            rank[i] = place
            limit = price[row]
            half = tick_of(limit, ticks) if has_half_tick(mid_tick[row]) else 0
            bits |= limit_says(limit, half, sell, price2[i])
            dark_limit = mid_tick[row] >= FIRST_DARK_LIMIT and orders.order_type[order] & TYPE_SWEEP == 0
            if inside and dark_limit:
                bits |= 2 * DARK_LIMIT if sell else DARK_LIMIT
            before, bid, offer = fills.quote[i], fills.national_bid[i], fills.national_offer[i]
            tried = usable[before] if before >= 0 else -1
            entered_later = tried < before and quotes.timestamp[tried + 1] < event_time[place]
            tick = max(tick_of(fills.price[i], ticks), 1)
            old = needs2(quotes.bid[tried], quotes.offer[tried], sell, tick) if tried >= 0 else (FAR, FAR)
            good = (half - 2 * limit if sell else 2 * limit + half) if limit > 0 else FAR - 1
            if entered_later or has_turn(good, dark_limit, old, needs2(bid, offer, sell, tick)):
                bits |= 2 * TURN if sell else TURN
            if before >= 0 and shown > 0 and price[row] != shown:
                touch = quotes.offer[before] if sell else quotes.bid[before]
                left = exact_mid2(quotes.bid[before], offer) if sell else exact_mid2(bid, quotes.offer[before])
                bits |= LEFT_TOUCH if touch == shown and left == price2[i] else 0
        known[i] = bits
        against += bits & AGAINST != 0
    return against


def undo_forbidden_rebuilds(
    table: Mapping[str, Array],
    columns: tuple[FillColumns, OrderColumns, EventColumns, QuoteColumns],
    ticks: Array,
    price2: Array,
    prints: Array,
) -> int:
    """Take the half unit back from fills whose match had the published price, in ``price2`` and ``prints``.

    Return of how many rebuilt fills both limits allow both prices, and the published one may be it: who acted decides.

    table : the fills with the columns PAIRED and ``aggressor``; ticks : (2, k) from price, tick
    price2, prints : of ``market_prints``
    """
    fills = columns[0]
    known, rank = np.empty(len(price2), np.int16), np.empty(len(price2), np.int32)
    usable = np.empty(len(columns[3].bid), np.int32)
    usable_rows(columns[3], usable)
    if judge_rebuilt(*columns, usable, ticks, price2, known, rank) == 0:
        return 0
    rows = np.flatnonzero(known)
    aggressor, sell = np.asarray(table["aggressor"])[rows], fills.side[rows] < 0
    known[rows] |= np.where(aggressor == 1, np.where(sell, 2 * AGGRESSIVE, AGGRESSIVE), 0).astype(np.int16)
    known[rows] |= np.where(aggressor == 0, 0, NOT_RESTED).astype(np.int16)
    rows, starts = by_match(table, rows)
    whole, ambiguous = as_published(known[rows], rank[rows], fills.side[rows] < 0, starts)
    sizes = np.diff(np.append(starts, len(rows)))
    undone = rows[np.repeat(whole, sizes)]
    price2[undone] -= 1
    volume = np.empty(len(price2), np.int64)
    volume[fills.by_time] = np.diff(prints[:, 1])
    write_prints(fills.by_time, fills.timestamp, price2, volume, prints)
    return int(sizes[ambiguous].sum())


def by_match(table: Mapping[str, Array], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``rows`` with those of each match side by side, and where the rows of each begin."""
    keys = [np.asarray(table[name])[rows] for name in PAIRED]
    order = np.lexsort(keys)
    new = np.ones(len(rows), np.bool_)
    new[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    return rows[order], np.flatnonzero(new)


def as_published(
    known: NDArray[np.int16], rank: NDArray[np.int32], sell: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which matches had the published price, and of which the two limits alone do not tell.

    The others are of their fills; matches begin at ``starts``.
    """
    bits = np.bitwise_or.reduceat(known, starts)
    buyer = np.minimum.reduceat(np.where(sell, NOBODY, rank), starts)
    seller = np.minimum.reduceat(np.where(sell, rank, NOBODY), starts)

    def have(what: int) -> NDArray[np.bool_]:
        return np.asarray(bits & what == what)

    rested = ~have(NOT_RESTED) & have(BUY | 2 * BUY)
    # Of two that rested the one acts that has a turn at the quote that came, the older of two. Where nobody says who
    # was aggressive the later one was.
    turn = np.where(have(TURN | 2 * TURN), buyer < seller, have(TURN))
    acts = np.where(rested & (have(TURN) | have(2 * TURN)), turn, buyer > seller)
    acts = np.where(have(AGGRESSIVE) | have(2 * AGGRESSIVE), ~have(2 * AGGRESSIVE), acts)
    on_tick = have(DARK_LIMIT | 2 * DARK_LIMIT) & acts
    # Two that rested met at a new quote, which only the snapshot shows; so did one that left the touch for its price.
    stale = have(STALE) & ~rested & ~have(LEFT_TOUCH)
    renewed = have(RENEWED) & rested
    both = ~have(FORBIDDEN) & ~have(NEEDED)
    return have(FORBIDDEN) | (both & (on_tick | stale | renewed)), both & (bits & AGAINST != 0)
