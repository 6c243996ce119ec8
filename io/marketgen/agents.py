"""Who trades and how: the next order, and what later becomes of a resting one.

Makers queue behind or inside the touch, takers cross it, sweeps do either, dark orders wait at the mid or for a limit;
every choice is an integer draw, the same on any machine. Above ``lit_book`` and ``draws``; ``simulate`` calls it.
"""

from typing import Final

from kernels.base.compiling import inlined
from kernels.conventions import NULL, TYPE_BLOCK, TYPE_CENTRE_POINT, TYPE_DARK, TYPE_SHORT_SELL, TYPE_SWEEP
from marketgen import codes
from marketgen.draws import FAR, LIFE, PERCENT, SIZE, STAY, draw, sampled
from marketgen.lit_book import best_bid, best_offer, schedule
from marketgen.market import CONTINUOUS, VENUES, Market

ACT_CANCEL: Final = 1
ACT_AMEND: Final = 2


@inlined
def new_record(m: Market) -> int:
    """Take a free order record and clear it; the caller made sure there is one."""
    x = m.state.free
    if x >= 0:
        m.state.free = m.orders[x].next
    else:
        x = m.state.fresh
        m.state.fresh += 1
    order = m.orders[x]
    order.slot = order.level = order.event_at = -1
    order.matched = order.carried = order.parent = order.short = order.notional2 = order.fills = 0
    order.minimum = order.half_tick = order.mid_tick = order.single_fill = order.sweep = 0
    for venue in range(VENUES):
        order.venue_quantity[venue] = order.venue_notional[venue] = 0
    m.state.ids += 1 + (draw(m) * 30 >> 31)
    order.order_id = m.state.id_base + m.state.ids
    order.entry_time = order.ranking = m.state.now
    return int(x)


@inlined
def clamped(m: Market, price: int) -> int:
    """Return the price moved onto the grid of levels."""
    top = m.state.lowest + (m.state.levels - 2) * m.state.tick
    return int(max(m.state.lowest + m.state.tick, min(price, top)))


@inlined
def draw_broker(m: Market, x: int) -> None:
    """Draw the broker by its share of orders, and one of its crossing keys."""
    order = m.orders[x]
    z = draw(m) * 1000 >> 31
    p = 0
    while z >= m.brokers[p].share:
        p += 1
    broker = m.brokers[p]
    order.participant = p
    order.crossing_key = broker.key if draw(m) < broker.percent * PERCENT else broker.other_key


@inlined
def draw_side(m: Market, taker: bool) -> int:
    """Draw +1 or -1; takers lean against a price far from the day's anchor, so that it stays on the grid."""
    away = (m.state.anchor - m.state.last_price) // m.state.tick
    lean = max(-35, min(35, away)) if taker else 0
    return 1 if draw(m) < (50 + lean) * PERCENT else -1


@inlined
def passive_price(m: Market, side: int, near: int, far: int) -> int:
    """Return a price at the touch, behind it, or inside a spread wider than usual."""
    tick = m.state.tick
    if side * (far - near) > m.state.spread * tick and draw(m) < 45 * PERCENT:
        return int(near + side * tick * (1 + (draw(m) * 2 >> 31) * (m.state.spread > 1)))
    return int(near - side * tick * sampled(m, FAR))


@inlined
def draw_minimum(m: Market, x: int) -> None:
    """Draw the least quantity an order trades, mostly in a single fill."""
    order = m.orders[x]
    order.minimum = 1 + order.leaves * (20 + (draw(m) * 60 >> 31)) // 100
    order.single_fill = 1 if draw(m) < 92 * PERCENT else 2


@inlined
def draw_dark(m: Market, x: int, side: int, near: int, far: int) -> None:
    """Make ``x`` a Centre Point order: mid-point, half tick, dark limit or block, a few with a minimum (R16)."""
    order = m.orders[x]
    tick = m.state.tick
    u = draw(m) * 1000 >> 31
    kind, mid_tick = TYPE_BLOCK, 1
    if u < 68:
        kind, mid_tick = TYPE_CENTRE_POINT, 1 if u < 62 else 2 if u < 67 else 3 if u < 68 else 4
    elif u >= 790:
        mid_tick = 2 if u < 910 else 4 if u < 988 else 3 if u < 997 else 5 if u < 999 else 6
    wide = side * (far - near) > 2 * tick  # only then a dark limit can differ from the mid-point (R6)
    if wide and u < 400:
        mid_tick = 3 + (u & 1)
    if side == -1 and draw(m) < 7 * PERCENT:
        kind |= TYPE_SHORT_SELL
    order.type = kind
    order.mid_tick = mid_tick
    order.half_tick = tick if mid_tick in (1, 4, 6) else 0
    bouncing = draw(m) < 98 * PERCENT if kind & TYPE_CENTRE_POINT else draw(m) < 15 * PERCENT
    order.validity = codes.BOUNCE if bouncing else codes.DAY
    step = draw(m) * 10 >> 31
    order.price = near if step < 2 else far if step < 3 else near - side * tick * (step - 2)
    if wide and mid_tick >= 3:
        order.price = near + side * tick * (draw(m) * 4 >> 31)
    if kind & TYPE_BLOCK and draw(m) < 17 * PERCENT:
        draw_minimum(m, x)


@inlined
def draw_lit(m: Market, x: int, side: int, near: int, far: int, taker: bool, sweep: bool) -> None:
    """Make ``x`` a lit limit order or a sweep, crossing the touch or queueing."""
    order = m.orders[x]
    order.type = TYPE_SWEEP if sweep else 0
    order.sweep = 1 if sweep else 0
    order.price = far if taker else passive_price(m, side, near, far)
    if sweep and not taker and draw(m) < 30 * PERCENT:
        order.price = near
    if taker and draw(m) < 10 * PERCENT:
        order.price = far + side * m.state.tick * (1 + (draw(m) * 2 >> 31))
    order.validity = codes.DAY
    if taker and draw(m) < 70 * PERCENT:
        order.validity = codes.BOUNCE
    elif draw(m) < 8_000_000:
        order.validity = codes.CURRENT_MAX if draw(m) < 80 * PERCENT else codes.EIGHT_DAYS
    if sweep:
        dual = draw(m) < m.state.dual_share
        order.mid_tick = 1 if dual else 2
        order.half_tick = m.state.tick if dual else 0
        if side == -1 and draw(m) < 26_000_000:
            order.type |= TYPE_SHORT_SELL
        if draw(m) < 52_000_000:
            draw_minimum(m, x)


@inlined
def draw_order(m: Market) -> int:
    """Draw the next order and return its record."""
    x = new_record(m)
    kind = draw(m)
    open_ = m.state.phase == CONTINUOUS
    dark = open_ and kind >= m.state.sweep_share
    sweep = not dark and kind >= m.state.lit_share
    taker = open_ and not dark and draw(m) < (17 if sweep else 34) * PERCENT
    side = draw_side(m, taker)
    last, tick = m.state.last_price, m.state.tick
    near, far = (best_bid(m), best_offer(m)) if side == 1 else (best_offer(m), best_bid(m))
    if near == NULL:
        near = last - side * tick
    if far == NULL:
        far = max(near, last) + tick if side == 1 else min(near, last) - tick
    order = m.orders[x]
    order.side = side
    order.leaves = sampled(m, SIZE)
    if not open_:  # a call: prices around the last one, crossing it
        near = far = last + tick * ((draw(m) * 9 >> 31) - 4)
        order.leaves *= 26
    if dark:
        draw_dark(m, x, side, near, far)
    else:
        draw_lit(m, x, side, near, far, taker, sweep)
    order.price = clamped(m, order.price)
    order.quantity = order.parent = order.leaves
    if order.type & TYPE_SHORT_SELL and draw(m) < 77 * PERCENT:
        order.short = order.leaves
    order.single_code = order.single_fill if order.minimum > 0 else (2 if draw(m) < 72 * PERCENT else 0)
    order.preference_code = 2 if draw(m) < 73 * PERCENT else 0
    order.amends = 0
    if order.validity != codes.BOUNCE and draw(m) < 16 * PERCENT:
        order.amends = 1
        while order.amends < 40 and draw(m) < 62 * PERCENT:
            order.amends += 1
    draw_broker(m, x)
    return x


@inlined
def plan_next(m: Market, x: int) -> None:
    """Schedule what a resting order does next: its next amendment, its cancellation, or nothing until the purge."""
    order = m.orders[x]
    now = m.state.now
    delay = (
        1_000 + sampled(m, STAY if order.type == 0 or m.state.phase != CONTINUOUS else LIFE) + (draw(m) * 1_000 >> 31)
    )
    order.action = ACT_CANCEL
    if order.amends > 0:
        order.amends -= 1
        order.action = ACT_AMEND
    if order.type & TYPE_DARK:  # dark orders end with continuous trading (R26)
        last = m.state.pre_close_at - 1 - (draw(m) * 30 >> 31) * 1_000_000_000
        if now + delay > last:
            order.action = ACT_CANCEL
            delay = max(1, min(last, m.state.pre_close_at - 1) - now)
        schedule(m, x, min(now + delay, m.state.pre_close_at - 1))
        return
    if order.validity != codes.DAY or now >= m.state.close_at:
        return
    if now + delay >= m.state.close_at:
        if draw(m) < 3 * PERCENT:
            return
        order.action = ACT_CANCEL
        delay = m.state.close_at - now + (60 + (draw(m) * 1_800 >> 31)) * 1_000_000_000
    schedule(m, x, min(now + delay, m.state.purge_at - 1))


@inlined
def draw_amendment(m: Market, x: int) -> tuple[int, int]:
    """Return the new price and open quantity of a resting order: half reductions, a few price changes."""
    order = m.orders[x]
    price, leaves = order.price, order.leaves
    u = draw(m) * 100 >> 31
    if u < 21:
        step = 1 if draw(m) < 65 * PERCENT else -1
        return clamped(m, price + order.side * step * m.state.tick), int(leaves)
    if u < 48:
        return int(price), int(leaves + 1 + leaves * (5 + (draw(m) * 80 >> 31)) // 100)
    return int(price), int(max(1, leaves * (30 + (draw(m) * 65 >> 31)) // 100))
