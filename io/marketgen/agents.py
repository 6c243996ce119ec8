"""Who trades and how: the next order, and what later becomes of a resting one.

Makers queue behind or inside the touch, takers cross it, sweeps do either, dark orders wait at the mid or for
a limit; every choice is an integer draw, so the market is the same on any machine.
"""

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import NULL, TYPE_BLOCK, TYPE_CENTRE_POINT, TYPE_DARK, TYPE_SHORT_SELL, TYPE_SWEEP
from marketgen.draws import FAR, LIFE, PERCENT, SIZE, STAY, draw, sampled
from marketgen.exchange import BOUNCE
from marketgen.lit_book import best_bid, best_offer, schedule
from marketgen.market_memory import (
    ACTION,
    AMENDS,
    ANCHOR,
    BOOKED_NOTIONAL,
    BROKER_CELLS,
    BROKERS,
    CARRIED,
    CLOSE_AT,
    CONTINUOUS,
    CROSSING_KEY,
    DUAL_SHARE,
    ENTRY_TIME,
    FILLS,
    FREE,
    FRESH,
    HALF_TICK,
    HEAP_AT,
    ID_BASE,
    IDS,
    IS_SWEEP,
    LAST_PRICE,
    LEAVES,
    LEVEL,
    LEVELS,
    LIT_QUANTITY,
    LIT_SHARE,
    LOWEST,
    MATCHED,
    MID_TICK,
    MINIMUM,
    NEXT,
    NOTIONAL2,
    NOW,
    ORDER_CELLS,
    ORDER_ID,
    PARENT,
    PARTICIPANT,
    PHASE,
    PRE_CLOSE_AT,
    PREFERENCE_CODE,
    PRICE,
    PURGE_AT,
    QUANTITY,
    SHORT,
    SIDE,
    SINGLE_CODE,
    SINGLE_FILL,
    SLOT,
    SPREAD,
    SWEEP_SHARE,
    TICK,
    TYPE,
    VALIDITY,
)

ACT_CANCEL = 1
ACT_AMEND = 2
DAY = 256
CURRENT_MAX = 1_536
EIGHT_DAYS = 1_288


@inlined
def new_record(m: I64) -> int:
    """Take a free order record and clear it; the caller made sure there is one."""
    x = m[FREE]
    if x >= 0:
        m[FREE] = m[x + NEXT]
    else:
        x = m[FRESH]
        m[FRESH] += ORDER_CELLS
        m[x + LEVEL] = -1
        m[x + HEAP_AT] = -1
    m[x + SLOT] = -1
    for column in (MATCHED, CARRIED, PARENT, SHORT, MINIMUM, HALF_TICK, MID_TICK, IS_SWEEP):
        m[x + column] = 0
    for column in range(LIT_QUANTITY, BOOKED_NOTIONAL + 1):
        m[x + column] = 0
    m[x + NOTIONAL2] = 0
    m[x + FILLS] = 0
    m[IDS] += 1 + (draw(m) * 30 >> 31)
    m[x + ORDER_ID] = m[ID_BASE] + m[IDS]
    m[x + ENTRY_TIME] = m[NOW]
    return int(x)


@inlined
def clamped(m: I64, price: int) -> int:
    """Return the price moved onto the grid of levels."""
    top = m[LOWEST] + (m[LEVELS] - 2) * m[TICK]
    return int(max(m[LOWEST] + m[TICK], min(price, top)))


@inlined
def draw_broker(m: I64, x: int) -> None:
    """Draw the broker by its share of orders, and one of its crossing keys."""
    z = draw(m) * 1000 >> 31
    p = 0
    while z >= m[m[BROKERS] + BROKER_CELLS * p + 1]:
        p += 1
    b = m[BROKERS] + BROKER_CELLS * p
    m[x + PARTICIPANT] = p
    m[x + CROSSING_KEY] = m[b + 2] if draw(m) < m[b + 3] * PERCENT else m[b + 4]


@inlined
def draw_side(m: I64, taker: bool) -> int:
    """Draw +1 or -1; takers lean against a price far from the day's anchor, so that it stays on the grid."""
    lean = 0
    if taker:
        lean = (m[ANCHOR] - m[LAST_PRICE]) // m[TICK]
        lean = max(-35, min(35, lean))
    return 1 if draw(m) < (50 + lean) * PERCENT else -1


@inlined
def passive_price(m: I64, side: int, near: int, far: int) -> int:
    """Return a price at the touch, behind it, or inside a spread wider than usual."""
    tick = m[TICK]
    if side * (far - near) > m[SPREAD] * tick and draw(m) < 45 * PERCENT:
        return int(near + side * tick * (1 + (draw(m) * 2 >> 31) * (m[SPREAD] > 1)))
    return int(near - side * tick * sampled(m, FAR))


@inlined
def draw_dark(m: I64, x: int, side: int, near: int, far: int) -> None:
    """Make ``x`` a Centre Point order: mid-point, half tick, dark limit or block, a few with a minimum (R16)."""
    tick = m[TICK]
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
    m[x + TYPE] = kind
    m[x + MID_TICK] = mid_tick
    m[x + HALF_TICK] = tick if mid_tick in (1, 4, 6) else 0
    bouncing = draw(m) < 98 * PERCENT if kind & TYPE_CENTRE_POINT else draw(m) < 15 * PERCENT
    m[x + VALIDITY] = BOUNCE if bouncing else DAY
    step = draw(m) * 10 >> 31
    m[x + PRICE] = near if step < 2 else far if step < 3 else near - side * tick * (step - 2)
    if wide and mid_tick >= 3:
        m[x + PRICE] = near + side * tick * (draw(m) * 4 >> 31)
    if kind & TYPE_BLOCK and draw(m) < 17 * PERCENT:
        m[x + MINIMUM] = 1 + m[x + LEAVES] * (20 + (draw(m) * 60 >> 31)) // 100
        m[x + SINGLE_FILL] = 1 if draw(m) < 92 * PERCENT else 2


@inlined
def draw_lit(m: I64, x: int, side: int, near: int, far: int, taker: bool, sweep: bool) -> None:
    """Make ``x`` a lit limit order or a sweep, crossing the touch or queueing."""
    m[x + TYPE] = TYPE_SWEEP if sweep else 0
    m[x + IS_SWEEP] = 1 if sweep else 0
    m[x + PRICE] = far if taker else passive_price(m, side, near, far)
    if sweep and not taker and draw(m) < 30 * PERCENT:
        m[x + PRICE] = near
    if taker and draw(m) < 10 * PERCENT:
        m[x + PRICE] = far + side * m[TICK] * (1 + (draw(m) * 2 >> 31))
    m[x + VALIDITY] = DAY
    if taker and draw(m) < 70 * PERCENT:
        m[x + VALIDITY] = BOUNCE
    elif draw(m) < 8_000_000:
        m[x + VALIDITY] = CURRENT_MAX if draw(m) < 80 * PERCENT else EIGHT_DAYS
    if sweep:
        dual = draw(m) < m[DUAL_SHARE]
        m[x + MID_TICK] = 1 if dual else 2
        m[x + HALF_TICK] = m[TICK] if dual else 0
        if side == -1 and draw(m) < 26_000_000:
            m[x + TYPE] |= TYPE_SHORT_SELL
        if draw(m) < 52_000_000:
            m[x + MINIMUM] = 1 + m[x + LEAVES] * (20 + (draw(m) * 60 >> 31)) // 100
            m[x + SINGLE_FILL] = 1 if draw(m) < 92 * PERCENT else 2


@inlined
def draw_order(m: I64) -> int:
    """Draw the next order and return its record."""
    x = new_record(m)
    kind = draw(m)
    open_ = m[PHASE] == CONTINUOUS
    dark = open_ and kind >= m[SWEEP_SHARE]
    sweep = not dark and kind >= m[LIT_SHARE]
    taker = open_ and not dark and draw(m) < (17 if sweep else 34) * PERCENT
    side = draw_side(m, taker)
    near, far = (best_bid(m), best_offer(m)) if side == 1 else (best_offer(m), best_bid(m))
    if near == NULL:
        near = m[LAST_PRICE] - side * m[TICK]
    if far == NULL:
        far = max(near, m[LAST_PRICE]) + m[TICK] if side == 1 else min(near, m[LAST_PRICE]) - m[TICK]
    m[x + SIDE] = side
    m[x + LEAVES] = sampled(m, SIZE)
    m[x + SINGLE_FILL] = 0
    if not open_:  # a call: prices around the last one, crossing it
        near = m[LAST_PRICE] + m[TICK] * ((draw(m) * 9 >> 31) - 4)
        far = near
        m[x + LEAVES] *= 20
    if dark:
        draw_dark(m, x, side, near, far)
    else:
        draw_lit(m, x, side, near, far, taker, sweep)
    m[x + PRICE] = clamped(m, m[x + PRICE])
    m[x + QUANTITY] = m[x + LEAVES]
    m[x + PARENT] = m[x + LEAVES]
    if m[x + TYPE] & TYPE_SHORT_SELL and draw(m) < 77 * PERCENT:
        m[x + SHORT] = m[x + LEAVES]
    m[x + SINGLE_CODE] = m[x + SINGLE_FILL] if m[x + MINIMUM] > 0 else (2 if draw(m) < 72 * PERCENT else 0)
    m[x + PREFERENCE_CODE] = 2 if draw(m) < 73 * PERCENT else 0
    m[x + AMENDS] = 0
    if m[x + VALIDITY] != BOUNCE and draw(m) < 16 * PERCENT:
        m[x + AMENDS] = 1
        while m[x + AMENDS] < 40 and draw(m) < 62 * PERCENT:
            m[x + AMENDS] += 1
    draw_broker(m, x)
    return x


@inlined
def plan_next(m: I64, x: int) -> None:
    """Schedule what a resting order does next: its next amendment, its cancellation, or nothing until the purge."""
    now = m[NOW]
    delay = 1_000 + sampled(m, STAY if m[x + TYPE] == 0 or m[PHASE] != CONTINUOUS else LIFE) + (draw(m) * 1_000 >> 31)
    m[x + ACTION] = ACT_CANCEL
    if m[x + AMENDS] > 0:
        m[x + AMENDS] -= 1
        m[x + ACTION] = ACT_AMEND
    if m[x + TYPE] & TYPE_DARK:  # dark orders end with continuous trading (R26)
        last = m[PRE_CLOSE_AT] - 1 - (draw(m) * 30 >> 31) * 1_000_000_000
        if now + delay > last:
            m[x + ACTION] = ACT_CANCEL
            delay = max(1, min(last, m[PRE_CLOSE_AT] - 1) - now)
        schedule(m, x, min(now + delay, m[PRE_CLOSE_AT] - 1))
        return
    if m[x + VALIDITY] != DAY or now >= m[CLOSE_AT]:
        return
    if now + delay >= m[CLOSE_AT]:
        if draw(m) < 3 * PERCENT:
            return
        m[x + ACTION] = ACT_CANCEL
        delay = m[CLOSE_AT] - now + (60 + (draw(m) * 1_800 >> 31)) * 1_000_000_000
    schedule(m, x, min(now + delay, m[PURGE_AT] - 1))


@inlined
def draw_amendment(m: I64, x: int) -> tuple[int, int]:
    """Return the new price and open quantity of a resting order: half reductions, a few price changes."""
    price, leaves = m[x + PRICE], m[x + LEAVES]
    u = draw(m) * 100 >> 31
    if u < 21:
        step = 1 if draw(m) < 65 * PERCENT else -1
        return clamped(m, price + m[x + SIDE] * step * m[TICK]), int(leaves)
    if u < 48:
        return int(price), int(leaves + 1 + leaves * (5 + (draw(m) * 80 >> 31)) // 100)
    return int(price), int(max(1, leaves * (30 + (draw(m) * 65 >> 31)) // 100))
