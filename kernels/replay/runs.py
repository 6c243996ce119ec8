"""What one run of the replay keeps: its book, its orders' leaves, the matches it makes.

Runs share the steps and the facts of orders, and nothing else: P, R, its bounds and D go side by side.
"""

from typing import Any, Final, NamedTuple, cast

import numpy as np

from kernels.base.columns import I8, I32, I64, Array
from kernels.dark.records import Book, Records, fields, new_book, records

NONE: Final = -1
TO_COME: Final = -2  # slot of a subject whose entry is delayed
OWN, HALF_TICK, MID = 0, 1, 2  # limits of subjects


RUN: Final = fields(
    "open bid offer expired matches cuts "  # quote in force; subjects whose horizon is over; rows written
    "placebo dual from_rest limit minimum latency mode "  # what kind of run it is
    "no_half no_sweeps no_minimums no_recheck no_amended in_place "  # rules taken away, see ``rulebook``
    "displaced phantoms"  # shares of historical fills that were cut; orders
)
# buy, sell: rows of the order table, or -2 - row of the fill of an order that is not in it.
MATCH: Final = fields("time buy sell quantity price2 mid2 aggressor rule marks")
# Marks of a match. Aside: of a run in which only the other order was asked about.
BOOKED, PREFERENCED, IGNORED, BUY_ASIDE, SELL_ASIDE, LOCKED = 1, 2, 4, 8, 16, 32
CUT: Final = fields("row quantity")  # a historical fill of which only so much was left to take


class Facts(NamedTuple):
    """What is known of orders beside their steps; (orders,) columns, and the ticks."""

    kind: I8  # of ``steps``
    side: Array
    participant: Array
    crossing_key: Array
    prefers: I8  # whether the broker prefers its own orders (R14)
    own_only: I8
    carries: I64  # attributes as bits: an order's own, those of counterparties that it names; empty where none count
    names: I64
    open_at_end: I64  # what nobody wanted; empty but for the conservative run
    ticks: Array


class Run(NamedTuple):
    """One book and what happens in it."""

    state: Records  # (1,) RUN
    book: Book
    slot: I32  # (orders,) place in the book, NONE, TO_COME
    leaves: I64  # (orders,)
    subject: I8  # (orders,) of the dark book; empty: there is none
    until: I64  # (orders,) the horizons of subjects; empty
    expiry: I32  # (subjects,) rows by horizon
    matches: Records  # (n,) MATCH
    cuts: Records  # (n,) CUT


def new_run(orders: int, tick: int, tier: int, locked: bool, capacity: int = 256, rows: int = 4096) -> Run:
    """Return a run with an empty book and nobody to ask about; the caller sets its state.

    Parameters
    ----------
    orders : number of orders of the day
    tick, tier, locked, capacity : of the dark book
    rows : room for matches that have not been taken away
    """
    empty = np.zeros(0, np.int8), np.zeros(0, np.int64), np.zeros(0, np.int32)
    slot, leaves = np.full(orders, NONE, np.int32), np.zeros(orders, np.int64)
    book = new_book(capacity, tick, tier, locked)
    return Run(records(1, RUN), book, slot, leaves, *empty, records(rows, MATCH), records(rows, CUT))


def state_of(run: Run) -> Any:
    """Return a run's state, whose fields can be read and set."""
    return cast(Any, run.state[0])
