"""What a day's rows say to the dark book, one step after the other: decoded once, and played into every book.

A step is a record of int64 fields. What they mean depends on its kind:

========== ========================================= ================================================================
kind       order                                      other fields
========== ========================================= ================================================================
ENTER      who enters                                 price, quantity (leaves), minimum, single, mid_tick, marks;
                                                      contra: what a subject asks of the dark
JOIN       a sweep of before the open                 the same; it keeps its place in the lit book alone
AMEND      whose rows changed                         as of ENTER; quantity: change of the total
FILL       whose fill outside the dark it is          contra: the other order, NONE; quantity; price, minimum: rows of
                                                      the two fills, NONE; marks
LEVEL      the sweep that emptied a lit level         price, quantity: bid and offer at which it looks again
FINISH     whose entry or amendment is over           mid_tick, marks
REST       the subject whose entry is over            as of ENTER, after that instant by history
LEAVE      who is cancelled or expires                quantity: what is withdrawn; marks
ENDED      whom history ended by a fill               marks: what P found, see ``play``
PHANTOM    NONE                                       contra: side, quantity, price: row of a fill, single: participant,
                                                      mid_tick: whether it prefers its own broker's orders
QUOTE      NONE                                       price, quantity: bid and offer, NULL where absent
OPEN       NONE                                       the same: the quote in force when continuous trading begins
CLOSE      NONE
========== ========================================= ================================================================
"""

from typing import Final, NamedTuple

from kernels.base.columns import I8, I32, Array
from kernels.base.compiling import merged
from kernels.conventions import VENUE_DARK, VENUE_REPORT
from kernels.dark.records import fields
from kernels.replay.causes import CAUSE_NONE, ended
from kernels.replay.matches import DEAL_BOOKED

NONE: Final = -1

ENTER: Final = 1
JOIN: Final = 2
AMEND: Final = 3
FILL: Final = 4
LEVEL: Final = 5
FINISH: Final = 6
LEAVE: Final = 7
ENDED: Final = 8
PHANTOM: Final = 9
QUOTE: Final = 10
OPEN: Final = 11
CLOSE: Final = 12
REST: Final = 13


STEP: Final = fields("time kind order contra price quantity minimum single mid_tick marks")

# Marks of ENTER, AMEND and FILL.
BOUNCES: Final = 1  # fill-and-kill: it never rests
LOSES: Final = 2  # an amendment that costs the order its place (R13)
LATE: Final = 4  # the entry of a subject, its latency after the order's own
AT_ENTRY: Final = 8  # at the instant of the order's entry: an amendment, a fill
CONTRA_AT_ENTRY: Final = 16  # of FILL: the same of the other order
IN_THE_DARK: Final = 32  # of FILL: of a subject's entry; a run takes it where that entry is as it really was
# Marks of ENDED, written when P is played.
WAS_OPEN: Final = 1  # P had not filled it either

# What an order does in the dark by itself.
NO_SEEKER: Final = 0
DARK: Final = 1
SWEEP: Final = 2
LIT: Final = 3  # a lit order that is asked about


class Rows(NamedTuple):
    """The columns of a day that steps are decoded from."""

    timestamp: Array  # (events,) int64
    order_index: Array  # (events,) int32
    next_row: Array  # (events,) int32
    price: Array  # (events,) int64
    leaves: Array  # (events,) int64
    matched: Array  # (events,) int64
    minimum: Array  # (events,) int64
    single: Array  # (events,) int8
    mid_tick: Array  # (events,) int8
    reason: Array  # (events,) int16
    status: Array  # (events,) int8
    ranking: Array  # (events,) int64, or empty where the day has none
    carried: Array  # (orders,) int64
    last_row: Array  # (orders,) int32
    first_row: Array  # (orders,) int32
    first_fill: Array  # (orders,) int32
    fill_count: Array  # (orders,) int32


class Trades(NamedTuple):
    """Its fills, by (order, time); ``by_time`` lists them in time order."""

    timestamp: Array  # (fills,) int64
    by_time: Array  # (fills,) int32
    order_index: Array  # (fills,) int32
    order_id: Array  # (fills,) int64
    price: Array  # (fills,) int64
    quantity: Array  # (fills,) int64
    venue: Array  # (fills,) int8
    deal: Array  # (fills,) int16
    side: Array  # (fills,) int8
    aggressor: Array  # (fills,) int8
    participant: Array  # (fills,) int32
    mate: I32  # (fills,) row of the other fill of the match, NONE
    taken: I8  # (fills,) whether it is in a step already


class Quotes(NamedTuple):
    """Its quotes."""

    timestamp: Array
    bid: Array
    offer: Array


class Seekers(NamedTuple):
    """What the decoder knows of orders beside their rows."""

    kind: I8  # (orders,) NO_SEEKER, DARK, SWEEP, LIT
    subject: I8  # (orders,) 0, or LIT_SUBJECT, SWEEP_SUBJECT of the dark book
    bounces: I8  # (orders,) fill-and-kill
    prefers: I8  # (fills,) whether the broker of a fill prefers its own orders
    before: I32  # (orders,) the order's latest row, or NONE


class Plan(NamedTuple):
    """What decides how rows become steps."""

    session_start: int
    session_end: int
    opening_quote: int
    quotes_first: int
    priority: int  # R13 and its variants, of ``rulebook``
    phantoms: int  # 1: fills of orders that the order file lacks enter as aggressors
    latency: int  # ns, of subjects
    grace: int  # ns that an order stays after history filled it, which is the tolerance of fidelity
    from_rest: int  # 1: subjects enter as they really did
    changes: Array  # (2 + 2 x halts,) int64 ns UTC: the session's start, begin and end of each halt, the session's end


CURSOR: Final = fields(
    "next_row next_fill next_quote opened changed open_row joining "  # where the walk stands
    "steps bid offer "  # steps written; quote in force
    "halted shown_bid shown_offer "  # in a halt: the quote that will be in force after it
    "ended_first ended_last late_first late_last"  # the two queues of what happens later
)


class Later(NamedTuple):
    """What happens a fixed time after its cause, first in, first out."""

    ended: I32  # (orders,) orders that history ended by a fill
    late: I32  # (orders,) subjects whose entry is delayed; empty without latency


@merged
def is_dark(trades: Trades, f: int) -> bool:
    """Tell if a fill is one of the dark book: a market one, or a booking there (R15)."""
    return bool(trades.venue[f] == VENUE_DARK or trades.deal[f] == DEAL_BOOKED)


@merged
def off_book(rows: Rows, row: int) -> bool:
    """Tell if a row takes its order off the book with something open: cancelled, expired, killed."""
    end = ended(rows.next_row[row] < 0, rows.status[row], rows.reason[row], rows.leaves[row])
    return bool(end != CAUSE_NONE)


@merged
def is_at_entry(rows: Rows, i: int, time: int) -> bool:
    """Tell if an instant is that of an order's entry."""
    return bool(rows.timestamp[rows.first_row[i]] == time)


@merged
def first_fill_at(rows: Rows, trades: Trades, i: int, time: int) -> int:
    """Return the row of an order's first fill at or after an instant."""
    low, high = rows.first_fill[i], rows.first_fill[i] + rows.fill_count[i]
    while low < high:
        middle = (low + high) >> 1
        if trades.timestamp[middle] < time:
            low = middle + 1
        else:
            high = middle
    return int(low)


@merged
def filled_before(rows: Rows, trades: Trades, i: int, time: int) -> int:
    """Return what an order's fills before an instant took of it."""
    filled = 0
    for f in range(rows.first_fill[i], first_fill_at(rows, trades, i, time)):
        if trades.venue[f] != VENUE_REPORT:
            filled += trades.quantity[f]
    return filled


@merged
def left_at(rows: Rows, trades: Trades, row: int, time: int) -> int:
    """Return what an order has left by a row of it, less what its fills before an instant took more than rows say."""
    if off_book(rows, row):
        return 0
    i = rows.order_index[row]
    by_fills = rows.leaves[row] + rows.matched[row] - rows.carried[i] - filled_before(rows, trades, i, time)
    return int(max(0, min(rows.leaves[row], by_fills)))
