"""Why an order that would have rested in the dark fills nothing there."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I8, I64, Array, readonly
from kernels.base.compiling import kernel
from kernels.conventions import BOUNDS, NULL
from kernels.market.ticks import limit2
from kernels.measure.choices import Choices
from kernels.measure.rules import Day
from kernels.measure.simulated import SimulatedFills
from kernels.replay import runs
from kernels.replay.prepare import Prepared
from kernels.replay.steps import Quotes
from kernels.replay.subjects import Subjects

REASONS: Final = (
    "filled", "session", "quote_invalid", "limit_away", "no_contra", "contra_minimum", "own_minimum", "competed_away",
    "too_late",
)  # fmt: skip
FILLED, SESSION, QUOTE, LIMIT, NO_CONTRA, CONTRA_MINIMUM, OWN_MINIMUM, COMPETED, TOO_LATE = range(len(REASONS))
WITHOUT_MINIMUM: Final = "without minimum"  # the run of R in which subjects have no minimum of their own


@kernel
def write_reach(
    time: Array, bid: Array, offer: Array, locked: int, side: Array, limit: I64, entry: I64, until: I64, out: I8
) -> None:
    """Write for each order 0 if no quote was usable while it rested, 1 if none was within its limit, 2 if one was.

    time, bid, offer : (quotes,); the others (k,): limits in half units, first and last instant
    """
    for k in range(len(entry)):
        out[k] = 0
        low, high = 0, len(time)
        while low < high:  # quotes stamped before the entry
            middle = (low + high) >> 1
            if time[middle] < entry[k]:
                low = middle + 1
            else:
                high = middle
        row = max(low - 1, 0)
        while row < len(time) and time[row] <= until[k] and out[k] < 2:
            usable = bid[row] > 0 and offer[row] != NULL and bid[row] < offer[row] + locked
            if usable:
                out[k] = 2 if side[k] * (bid[row] + offer[row]) <= side[k] * limit[k] else max(out[k], 1)
            row += 1


def in_force(quotes: Quotes, changes: I64) -> Quotes:
    """Return the quotes at which the book matches: none from the begin of a halt on, after it the last one shown (R1).

    changes : when the book opens, halts, goes on and closes, ns UTC
    """
    begins, ends = changes[1:-1:2], changes[2:-1:2]
    if len(begins) == 0:
        return quotes
    first, after = (np.searchsorted(quotes.timestamp, times) for times in (begins, ends))
    at = np.stack([first, after], axis=1).ravel()
    opened = np.zeros(len(quotes.timestamp) + 1, np.int64)
    np.add.at(opened, at, np.tile([-1, 1], len(begins)))
    halted = np.cumsum(opened)[:-1] < 0
    columns = [np.insert(quotes.timestamp, at, np.stack([begins - 1, ends], axis=1).ravel())]
    for column in (quotes.bid, quotes.offer):
        shown = np.append(NULL, column)[after]
        put = np.stack([np.full(len(begins), NULL), shown], axis=1).ravel()
        columns.append(np.insert(np.where(halted, NULL, column), at, put))
    return Quotes._make(readonly(column) for column in columns)


def subject_limits(day: Day, choices: Choices, rows: NDArray[Any]) -> I64:
    """Return the limits of subjects as they rest, in half price units: the most generous each had in its life."""
    index, orders = np.asarray(day.events["order_index"]), len(day.orders["order_id"])
    asked = np.zeros(orders, bool)
    asked[rows] = True
    mine = np.flatnonzero(asked[index])
    price, flag = (np.asarray(day.events[name])[mine] for name in ("price", "mid_tick"))
    side = np.asarray(day.orders["side"])[index[mine]]
    how = choices.replay.subject_limit
    if how == "mid":
        price = np.zeros_like(price)
    if how == "half_tick":
        flag = np.ones_like(flag)
    if "no_half_tick" in choices.replay.switches:
        flag = np.zeros_like(flag)
    signed = np.full(orders, np.iinfo(np.int64).min, np.int64)
    np.maximum.at(signed, index[mine], side * limit2(price, flag, side, choices.simulation.ticks))
    best: I64 = signed[rows] * np.asarray(day.orders["side"])[rows]
    return best


def filled_rows(fills: SimulatedFills, orders: int) -> NDArray[Any]:
    """Return which orders fill anything, (orders,) bool."""
    filled = np.zeros(orders, bool)
    filled[fills.order_index] = True
    return filled


def why_unfilled(
    day: Day,
    prepared: Prepared,
    choices: Choices,
    subjects: Subjects,
    fills: Mapping[str, SimulatedFills],
    written: Mapping[str, tuple[Any, Any]],
) -> I8:
    """Return why R fills nothing of each subject, (k,) place in REASONS.

    Who fills at the front of the queue, with minimums aside, was kept from it by a minimum or by those before it; who
    does not even then had no contra. Who does so at locked quotes alone, which R does not match at, had no quote.
    """
    n, rows, quotes = len(prepared.facts.kind), subjects.rows, prepared.quotes
    why = np.full(len(rows), NO_CONTRA, np.int8)
    optimistic = written[BOUNDS[0]][0]
    free, bound, locked_out = (np.zeros(n + 1, bool) for _ in range(3))
    ignored = optimistic.marks & runs.IGNORED != 0
    locked = choices.simulation.allow_locked or "locked" in choices.replay.switches
    no_price = np.full(len(ignored), not locked) & (optimistic.marks & runs.LOCKED != 0)
    for tags, aside in ((optimistic.buy, runs.BUY_ASIDE), (optimistic.sell, runs.SELL_ASIDE)):
        own = optimistic.marks & aside == 0
        locked_out[np.maximum(tags[no_price & own], -1)] = True
        bound[np.maximum(tags[ignored & own & ~no_price], -1)] = True
        free[np.maximum(tags[~ignored & own & ~no_price], -1)] = True
    why[locked_out[rows]] = QUOTE
    why[bound[rows]] = CONTRA_MINIMUM
    why[free[rows]] = COMPETED
    if WITHOUT_MINIMUM in written:
        unbound = written[WITHOUT_MINIMUM][0]
        freed = np.zeros(n + 1, bool)
        freed[np.maximum(unbound.buy, -1)] = freed[np.maximum(unbound.sell, -1)] = True
        why[freed[rows]] = OWN_MINIMUM
    reach = np.zeros(len(rows), np.int8)
    side = np.asarray(day.orders["side"])[rows].astype(np.int64)
    limits = subject_limits(day, choices, rows)
    write_reach(
        *in_force(quotes, prepared.plan.changes), int(locked), side, limits, subjects.entry, subjects.until, reach
    )
    none = why == NO_CONTRA
    why[none & (reach == 1)] = LIMIT
    why[none & (reach == 0)] = QUOTE
    never = (subjects.entry > subjects.until) | (subjects.entry >= prepared.plan.session_end)
    why[none & never] = SESSION
    arrival = np.asarray(day.orders["arrival_time"])[rows]
    in_time = (arrival <= subjects.until) & (arrival < prepared.plan.session_end)
    why[none & never & in_time & (arrival < subjects.entry)] = TOO_LATE
    why[filled_rows(fills["R"], n)[rows]] = FILLED
    return why
