"""What the dark book stores: orders, the waiting orders of each side, planned fills, the state. Lowest layer.

Everything is an int64 field of a record, read by name: ``book.orders[x].leaves`` is the open quantity of the order in
slot ``x``. Prices of matches, limits and mids are in half price units, so that a mid is a whole number.

The *good* of an order is its limit in half units, half tick included (R5), times its side: whatever the side, the
larger trades more easily, and the order accepts a match at ``price2`` if ``good >= side * price2``.
"""

from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from kernels.conventions import NULL

Records = NDArray[np.void]  # viewed as np.recarray: plain Python reads fields as compiled code does

BIG: Final = 2**62
NEVER: Final = BIG  # a good that no order has
MARKET: Final = BIG - 2  # the good of a market order
NOWHERE: Final = -BIG  # the good of an empty place
NONE: Final = -1  # no slot, no place

# Kinds of an order as bits, so that a summary can say which kinds wait below it. Every broker has one of BROKER_BITS.
DARK_LIMIT: Final = 1  # trades on ticks inside the quote too, not at the mid alone (R9)
BLOCK: Final = 2  # any-price block: trades at or outside the quote too (R11)
SEVERAL: Final = 4  # has a minimum that several fills may supply (R17, R17b)
BROKER_BITS: Final = 56
FIRST_BROKER_BIT: Final = 3
HISTORICAL: Final = 1 << (FIRST_BROKER_BIT + BROKER_BITS)  # really was in the dark
SUBJECT: Final = HISTORICAL << 1  # is asked what it would have done there
# Marks, any of which a search may ask for: the limit, in half ticks modulo LIMIT_MARKS; whether it was not tried as it
# is now; with which brokers it trades, modulo OPEN_MARKS.
LIMIT_MARKS: Final = 30
UNTRIED: Final = 1 << LIMIT_MARKS
FIRST_OPEN_MARK: Final = LIMIT_MARKS + 1
OPEN_MARKS: Final = 32
OPEN_TO_ALL: Final = 2**63 - 2**FIRST_OPEN_MARK
ANY_MARK: Final = 2**63 - 1
STALE: Final = -2  # in a summary's ``order``: it may promise too much, as orders left since

# How orders that really were in the dark and those that are only asked about meet (decisions 24).
CENTRAL: Final = 0  # by the rules
OPTIMISTIC: Final = 1  # subjects are first in the queue, and minimums do not bind against them
CONSERVATIVE: Final = 2  # the others trade with subjects alone
# ``subject`` of an order: 0 really was in the dark; else what it really was.
LIT_SUBJECT: Final = 1
SWEEP_SUBJECT: Final = 2

# What an order says of a counterparty that carries an attribute it names, if anything.
REFUSED: Final = 1  # they do not trade
REQUIRED: Final = 2  # it trades with such orders only

# Rule of a fill.
RULE_MID: Final = 1
RULE_DARK_LIMIT: Final = 2
RULE_BLOCK: Final = 3

# Places of a side's queue, and summaries of as many, and of that many summaries.
NARROW_SHIFT: Final = 5
WIDE_SHIFT: Final = 10
NARROW: Final = 1 << NARROW_SHIFT
WIDE: Final = 1 << WIDE_SHIFT


def fields(names: str) -> np.dtype[np.void]:
    """Return a record of int64 fields."""
    return np.dtype([(name, np.int64) for name in names.split()])


# The caller fills the first line and what it needs of the second before the order enters; 0 means none.
ORDER: Final = fields(
    "side price leaves half_tick mid_tick minimum single_fill participant "  # side +1, -1; price 0: market order
    "own_only prefers_own sweep subject tag "  # R14 is a flag of the order; tag: the caller's name for it
    "carries names "  # attributes as bits: its own, those of counterparties that it names
    "good kinds place rank untried reserved next_free"  # the book's own
)
# A waiting order, or a summary of many: largest good, of all and of those that really were in the dark, least minimum,
# largest and total leaves, all kinds and marks.
WAITING: Final = fields("good historical minimum leaves total kinds marks order")
# ``order`` (older, or the incoming one) trades with ``contra``; passive: both rested.
# ignored: a minimum of one of the two was not asked for.
FILL: Final = fields("order contra quantity price2 rule passive preferred ignored")
STATE: Final = fields(
    "bid offer tick tier locked usable lowest highest "  # the quote in force; prices on a tick strictly inside it (R10)
    "tried_bid tried_offer "  # the last usable quote at which all resting orders had their turn
    "free unused live clock turn places "  # slots, time priority, whose turn it is, length of the queues
    "left fills partners "  # the plan being made: leaves, fills, the kind of who may be met
    "asked mode meet no_help prefers_again "  # subjects are in it, how they meet; R17b off; R14 at quotes too
    "sweeps_on_ticks stops youngest attributes"  # other readings of R9, R17 and R23; what a named attribute means
)
# Of a side: places in use, waiting orders, the goods needed at the mid and on a tick, now and when last tried.
SIDE: Final = fields("used live at_mid on_tick tried_mid tried_tick cursor within lowest kinds marks untried")


class Book(NamedTuple):
    """A dark book; books share nothing, so any number of them can be driven side by side."""

    state: Records  # (1,) STATE
    sides: Records  # (2,) SIDE: buys, sells
    orders: Records  # (capacity,) ORDER by slot
    queue: Records  # (2, places + summaries) WAITING: time-ordered, then the summaries of NARROW, then of WIDE places
    fills: Records  # (capacity,) FILL: what the last plan trades


def records(shape: int | tuple[int, int], dtype: np.dtype[np.void]) -> Records:
    """Return zeroed records whose fields are attributes."""
    made: Any = np.zeros(shape, dtype).view(np.recarray)
    return cast(Records, made)


def new_book(capacity: int, tick: int, tier: int, locked: bool = False) -> Book:
    """Return an empty book.

    Parameters
    ----------
    capacity : int
        Most orders at once, waiting ones and the one that enters. ``grown`` makes more room.
    tick : int
        Price step, price units.
    tier : int
        Least value of an any-price block's trade outside the quote, price units x shares (R11).
    locked : bool
        Match at a locked quote too (R4).

    Returns
    -------
    Book
        Without a quote: nothing trades before ``set_quote`` or ``requote``.
    """
    places = -(-(2 * capacity + 2 * NARROW) // WIDE) * WIDE
    shape = (2, places + places // NARROW + places // WIDE)
    book = Book(
        records(1, STATE), records(2, SIDE), records(capacity, ORDER), records(shape, WAITING), records(capacity, FILL)
    )
    empty_queue(book.queue)
    state, sides = cast(Any, book.state[0]), cast(Any, book.sides)
    state.tick, state.tier, state.locked, state.places = tick, tier, int(locked), places
    state.bid = state.offer = state.tried_bid = state.tried_offer = NULL
    state.free = -1
    for field in ("at_mid", "on_tick", "tried_mid", "tried_tick"):
        sides[field] = BIG
    return book


def empty_queue(queue: Records) -> None:
    """Make every place and summary say that nobody waits there."""
    nobody = np.zeros(1, WAITING)  # copied whole: field by field takes several times as long
    nobody["good"], nobody["historical"], nobody["minimum"], nobody["order"] = -BIG, -BIG, BIG, -1
    queue[:] = nobody
