"""Rows for the files: order states, fills, quotes, and what the truth keeps.

Above ``lit_book``; ``matching``, ``exchange`` and ``simulate`` call it, ``file_layout`` spells the rows.
"""

from typing import Final

from kernels.base.compiling import inlined
from kernels.conventions import GROUP_FULL, GROUP_NONE, GROUP_PARTIAL, NULL, VENUE_AUCTION, VENUE_BOOKED, VENUE_LIT
from marketgen import codes
from marketgen.draws import draw
from marketgen.lit_book import best_bid, best_offer
from marketgen.market import VENUES, Market

EXTENDED: Final = 5_000  # four decimals more than the printed price, of a price in half units


@inlined
def national_bid(m: Market) -> int:
    """Return the better of the book's and the other market's bid, NULL if neither has one (R3)."""
    return max(best_bid(m), int(m.state.outside_bid))


@inlined
def national_offer(m: Market) -> int:
    """Return the better of the two offers, NULL if there is none."""
    own, outside = best_offer(m), int(m.state.outside_offer)
    if own == NULL or outside == NULL:
        return max(own, outside)
    return min(own, outside)


@inlined
def next_sequence(m: Market) -> int:
    """Return the next message number; other securities take some in between."""
    m.state.sequence += 1 + (draw(m) * 9 >> 31)
    return int(m.state.sequence)


@inlined
def write_log(m: Market, kind: int, x: int, contra: int, price2: int, quantity: int) -> None:
    """Note an event of the book with the quotes after it. ``x``: -1 for none; ``contra``: an order id, a venue or 0."""
    state = m.state
    if state.logging == 0:
        return
    row = m.log_rows[state.log_count]
    state.log_count += 1
    row.event, row.timestamp, row.sequence = kind, state.now, state.sequence
    row.order_id = m.orders[x].order_id if x >= 0 else 0
    row.side = m.orders[x].side if x >= 0 else 0
    row.contra, row.price2, row.quantity = contra, price2, quantity
    row.bid, row.offer = best_bid(m), best_offer(m)
    row.outside_bid, row.outside_offer = state.outside_bid, state.outside_offer
    row.national_bid, row.national_offer = national_bid(m), national_offer(m)


@inlined
def log_outside(m: Market) -> None:
    """Note a new quote of the other market."""
    write_log(m, codes.LOG_OUTSIDE, -1, 0, 0, 0)


@inlined
def write_order(m: Market, x: int, reason: int, status: int) -> None:
    """Write the order's state with the quotes at this moment."""
    order, row = m.orders[x], m.order_rows[m.state.order_count]
    m.state.order_count += 1
    row.order_id, row.timestamp, row.sequence = order.order_id, m.state.now, next_sequence(m)
    row.price, row.side = order.price, 1 if order.side == 1 else 2
    row.reason, row.status = reason, status
    row.quantity, row.leaves, row.type = order.quantity, order.leaves, order.type
    row.national_bid, row.national_offer = national_bid(m), national_offer(m)
    row.bid, row.offer = best_bid(m), best_offer(m)
    row.participant = m.brokers[order.participant].number
    row.preference_code, row.mid_tick, row.single_code = order.preference_code, order.mid_tick, order.single_code
    row.minimum, row.crossing_key = order.minimum, order.crossing_key
    row.matched, row.short, row.validity = order.matched, order.short, order.validity
    row.ranking = order.ranking
    order.end_time = m.state.now
    order.parent = max(order.parent, order.leaves + order.matched - order.carried)


@inlined
def count_fill(m: Market, x: int, quantity: int, price2: int, venue: int) -> None:
    """Add a fill to the order's counters, the file's and the truth's; leaves are the caller's."""
    order = m.orders[x]
    order.matched += quantity
    order.venue_quantity[venue] += quantity
    order.venue_notional[venue] += quantity * (price2 >> 1)  # as printed: truncated (R7)
    order.notional2 += quantity * price2
    if order.fills == 0:
        order.first_fill = m.state.now
    order.last_fill = m.state.now
    order.fills += 1


@inlined
def write_trade(
    m: Market, order_id: int, side: int, participant: int, deal: int, price2: int, quantity: int, aggressive: int
) -> None:
    """Write one side of a match; its sequence follows at the end of the transaction."""
    row = m.trade_rows[m.state.trade_count]
    m.state.trade_count += 1
    row.timestamp, row.order_id, row.deal = m.state.now, order_id, deal
    row.off_market = 1 if deal == codes.DEAL_OFF_MARKET else 0
    row.match = m.state.match_base + m.state.matches
    row.national_bid, row.national_offer = national_bid(m), national_offer(m)
    row.price, row.quantity = price2 >> 1, quantity
    row.extended = EXTENDED * price2
    row.side, row.participant = 1 if side == 1 else 2, m.brokers[participant].number
    row.aggressive = aggressive


@inlined
def is_booking(m: Market, a: int, b: int) -> bool:
    """Tell if a match is a booking: same participant and same crossing key other than 0 (R15)."""
    one, other = m.orders[a], m.orders[b]
    same = one.participant == other.participant and one.crossing_key == other.crossing_key
    return bool(same and one.crossing_key != 0)


@inlined
def write_match(m: Market, a: int, b: int, price2: int, quantity: int, deal: int, venue: int, aggressive: int) -> None:
    """Write both fills of a match between orders ``a`` (the aggressor if ``aggressive``) and ``b``, and count them."""
    m.state.matches += 1 + (draw(m) * 3 >> 31)
    one, other = m.orders[a], m.orders[b]
    if is_booking(m, a, b):
        lit_or_dark = codes.DEAL_LIT_BOOKED if venue == VENUE_LIT else codes.DEAL_DARK_BOOKED
        deal = codes.DEAL_AUCTION_BOOKED if venue == VENUE_AUCTION else lit_or_dark
        venue = VENUE_BOOKED
    count_fill(m, a, quantity, price2, venue)
    count_fill(m, b, quantity, price2, venue)
    write_trade(m, one.order_id, one.side, one.participant, deal, price2, quantity, aggressive)
    write_trade(m, other.order_id, other.side, other.participant, deal, price2, quantity, codes.PASSIVE)
    write_log(m, codes.LOG_FILL, a, other.order_id, price2, quantity)


@inlined
def show_quote(m: Market, bid: int, offer: int) -> None:
    """Let both rows of the last match show the quote that priced it."""
    for k in range(1, 3):
        row = m.trade_rows[m.state.trade_count - k]
        row.national_bid, row.national_offer = bid, offer


@inlined
def publish(m: Market) -> bool:
    """Give the transaction's trades their sequence, after its orders', then show a new national quote."""
    state = m.state
    for i in range(state.pending, state.trade_count):
        m.trade_rows[i].sequence = next_sequence(m)
    state.pending = state.trade_count
    bid, offer = national_bid(m), national_offer(m)
    if bid == state.shown_bid and offer == state.shown_offer:
        return False
    state.shown_bid, state.shown_offer, state.quote_time = bid, offer, state.now
    row = m.quote_rows[state.quote_count]
    state.quote_count += 1
    row.sequence, row.bid, row.offer = next_sequence(m), bid, offer
    row.bid_quantity = m.bids[state.best_bid].total if bid != NULL and bid == best_bid(m) else 0
    row.offer_quantity = m.offers[state.best_offer].total if offer != NULL and offer == best_offer(m) else 0
    if bid != NULL and bid == state.outside_bid:
        row.bid_quantity += state.outside_size
    if offer != NULL and offer == state.outside_offer:
        row.offer_quantity += state.outside_size
    row.created = state.created if state.created != NULL else state.now
    row.timestamp = state.now
    return True


@inlined
def write_truth(m: Market, x: int) -> None:
    """Write what is known of an order-day: group, quantities by venue, notionals, times."""
    order, row = m.orders[x], m.truth_rows[m.state.truth_count]
    m.state.truth_count += 1
    matched = order.matched - order.carried
    row.order_id, row.participant = order.order_id, m.brokers[order.participant].number
    row.side, row.order_type = order.side, order.type
    row.group = GROUP_NONE if matched == 0 else GROUP_FULL if order.leaves == 0 else GROUP_PARTIAL
    row.order_quantity, row.filled_quantity, row.leaves_quantity = order.parent, matched, order.leaves
    row.carried_quantity, row.fills = order.carried, order.fills
    row.arrival_time, row.end_time = order.entry_time, order.end_time
    row.first_fill_time = order.first_fill if order.fills > 0 else NULL
    row.last_fill_time = order.last_fill if order.fills > 0 else NULL
    for venue in range(VENUES):
        row.venue_quantity[venue] = order.venue_quantity[venue]
        row.venue_notional[venue] = order.venue_notional[venue]
    row.exact_notional2 = order.notional2
