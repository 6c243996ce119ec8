"""What one order row says to the dark book (decisions 21).

An entry, an amendment, the end; with what a sweep trades in the lit book at that very instant (R19). Rows that only
reflect a fill say nothing: dark fills are the book's own. ``decode`` walks through the day and calls these.
"""

from typing import Any

from kernels.base.compiling import merged
from kernels.conventions import NULL, VENUE_REPORT
from kernels.replay import steps as s
from kernels.replay.rulebook import loses_place
from kernels.replay.steps import (
    NONE,
    Later,
    Plan,
    Quotes,
    Rows,
    Seekers,
    Trades,
    filled_before,
    first_fill_at,
    is_at_entry,
    is_dark,
    left_at,
    off_book,
)

PASSIVE = 0


@merged
def write(c: Any, out: Any, time: int, kind: int, order: int, quantity: int) -> Any:
    """Begin a step and return it."""
    step = out[c.steps]
    c.steps += 1
    step.time, step.kind, step.order, step.quantity = time, kind, order, quantity
    step.contra = NONE
    step.price = step.minimum = step.single = step.mid_tick = step.marks = 0
    return step


@merged
def asked_of(rows: Rows, trades: Trades, plan: Plan, i: int, row: int) -> int:
    """Return what a subject asks of the dark by a row: its total, less what it had filled before it came there."""
    comes = max(rows.timestamp[rows.first_row[i]] + plan.from_rest, plan.session_start)
    return int(rows.leaves[row] + rows.matched[row] - rows.carried[i] - filled_before(rows, trades, i, comes))


@merged
def write_state(
    rows: Rows,
    trades: Trades,
    seekers: Seekers,
    plan: Plan,
    c: Any,
    out: Any,
    place: tuple[int, int, int],
    quantity: int,
) -> Any:
    """Write a step with what a row says of its order; place : time and kind of the step, the row."""
    time, kind, row = place
    i = rows.order_index[row]
    step = write(c, out, time, kind, i, quantity)
    if seekers.subject[i] != 0:
        step.contra = asked_of(rows, trades, plan, i, row)
    step.price, step.minimum = rows.price[row], rows.minimum[row]
    step.single, step.mid_tick = rows.single[row], rows.mid_tick[row]
    step.marks = s.BOUNCES if seekers.bounces[i] == 1 else 0
    return step


@merged
def write_fill(rows: Rows, trades: Trades, seekers: Seekers, c: Any, out: Any, f: int) -> None:
    """Write a non-dark match of which an order seeks the dark, too; both of its fills at once, if none is written."""
    g = trades.mate[f]
    trades.taken[f] = 1
    a, b = trades.order_index[f], NONE
    if g >= 0 and trades.taken[g] == 0:
        trades.taken[g] = 1
        b = trades.order_index[g]
    if b >= 0 and seekers.kind[b] == s.NO_SEEKER:
        b = NONE
    if a < 0 or seekers.kind[a] == s.NO_SEEKER:
        if b < 0:
            return
        a, b, f, g = b, NONE, g, NONE
    step = write(c, out, trades.timestamp[f], s.FILL, a, trades.quantity[f])
    step.contra, step.price, step.minimum = b, f, g
    step.marks = s.AT_ENTRY if is_at_entry(rows, a, step.time) else 0
    step.marks |= s.CONTRA_AT_ENTRY if b >= 0 and is_at_entry(rows, b, step.time) else 0


@merged
def enters_at(rows: Rows, seekers: Seekers, plan: Plan, i: int, time: int) -> bool:
    """Tell if an order is a subject that enters at an instant as it really did."""
    return bool(plan.from_rest == 1 and i >= 0 and seekers.subject[i] != 0 and is_at_entry(rows, i, time))


@merged
def write_dark_fill(rows: Rows, trades: Trades, seekers: Seekers, c: Any, out: Any, f: int) -> None:
    """Write a dark match of a subject's real entry: what it took there nobody else can have."""
    g = trades.mate[f]
    b = trades.order_index[g] if g >= 0 and is_dark(trades, g) else NONE
    if b >= 0 and seekers.kind[b] == s.NO_SEEKER:
        b = NONE
    step = write(c, out, trades.timestamp[f], s.FILL, trades.order_index[f], trades.quantity[f])
    step.contra, step.price, step.minimum = b, f, g
    step.marks = s.AT_ENTRY | s.IN_THE_DARK
    trades.taken[f] = 1
    if b >= 0:
        trades.taken[g] = 1
        step.marks |= s.CONTRA_AT_ENTRY if is_at_entry(rows, b, step.time) else 0


@merged
def write_dark_entry(rows: Rows, trades: Trades, seekers: Seekers, c: Any, out: Any, row: int) -> None:
    """Write what a subject traded in the dark as it entered, with those who were there before it."""
    i, time = rows.order_index[row], rows.timestamp[row]
    f, end = first_fill_at(rows, trades, i, time), rows.first_fill[i] + rows.fill_count[i]
    while f < end and trades.timestamp[f] == time:
        g = trades.mate[f]
        there = g < 0 or trades.order_index[g] < 0 or seekers.before[trades.order_index[g]] >= 0
        if is_dark(trades, f) and trades.aggressor[f] != PASSIVE and there and trades.taken[f] == 0:
            write_dark_fill(rows, trades, seekers, c, out, f)
        f += 1


@merged
def next_lit(trades: Trades, f: int, end: int, time: int) -> int:
    """Return the row of an order's next fill elsewhere at an instant, from ``f`` on, in which it acts; or NONE."""
    while f < end and trades.timestamp[f] == time:
        counts = trades.venue[f] != VENUE_REPORT and not is_dark(trades, f)
        if counts and trades.aggressor[f] != PASSIVE and trades.taken[f] == 0:
            return f
        f += 1
    return NONE


@merged
def write_levels(rows: Rows, trades: Trades, quotes: Quotes, seekers: Seekers, c: Any, out: Any, row: int) -> None:
    """R19: write what an entering order trades in the lit book at once, level by level; sweeps look between them.

    Of a lit order, which is here only because it is asked about, no more than its own fill: what others do must not
    depend on who is asked about. The quote after a level: the far side is the next level's price, or what the next
    quote of this instant shows if that is nearer; the near side is the one in force.
    """
    i, time, buy = rows.order_index[row], rows.timestamp[row], NONE
    f, end = first_fill_at(rows, trades, i, time), rows.first_fill[i] + rows.fill_count[i]
    bid, offer = c.bid, c.offer
    if c.next_quote < len(quotes.timestamp) and quotes.timestamp[c.next_quote] == time:
        bid, offer = quotes.bid[c.next_quote], quotes.offer[c.next_quote]
    f = next_lit(trades, f, end, time)
    while f >= 0:
        buy, price = trades.side[f] == 1, trades.price[f]
        if seekers.kind[i] == s.LIT:
            trades.taken[f] = 1
            step = write(c, out, time, s.FILL, i, trades.quantity[f])
            step.price, step.marks = f, s.AT_ENTRY if is_at_entry(rows, i, time) else 0
        else:
            write_fill(rows, trades, seekers, c, out, f)
        f = next_lit(trades, f + 1, end, time)
        if seekers.kind[i] != s.SWEEP or (f >= 0 and trades.price[f] == price):
            continue
        near, far = (c.bid, offer) if buy else (c.offer, bid)
        if f >= 0:
            further = trades.price[f]
            if far == NULL or (buy and further < far) or (not buy and further > far):
                far = further
        step = write(c, out, time, s.LEVEL, i, far if buy else near)
        step.price = near if buy else far


@merged
def write_finish(rows: Rows, seekers: Seekers, c: Any, out: Any, row: int) -> None:
    """Write the end of an entry or amendment."""
    step = write(c, out, rows.timestamp[row], s.FINISH, rows.order_index[row], 0)
    step.mid_tick = rows.mid_tick[row]
    step.marks = s.BOUNCES if seekers.bounces[rows.order_index[row]] == 1 else 0


@merged
def write_rest(rows: Rows, trades: Trades, seekers: Seekers, plan: Plan, c: Any, out: Any, row: int) -> None:
    """Write what history had left of a subject after the instant of its entry, and its terms then."""
    last = row
    while rows.next_row[last] >= 0 and rows.timestamp[rows.next_row[last]] == rows.timestamp[row]:
        last = rows.next_row[last]
    left = left_at(rows, trades, last, rows.timestamp[row] + 1)
    write_state(rows, trades, seekers, plan, c, out, (rows.timestamp[row], s.REST, last), left)


@merged
def write_row(
    rows: Rows, trades: Trades, quotes: Quotes, seekers: Seekers, plan: Plan, later: Later, c: Any, out: Any, row: int
) -> None:
    """Write what a row says of an order that seeks the dark, while the market trades."""
    i, time = rows.order_index[row], rows.timestamp[row]
    before = seekers.before[i]
    seekers.before[i] = row
    if before < 0:
        total = rows.leaves[row] + rows.matched[row] - rows.carried[i]
        left = total - filled_before(rows, trades, i, time)
        write_state(rows, trades, seekers, plan, c, out, (time, s.ENTER, row), left)
        if enters_at(rows, seekers, plan, i, time):
            write_dark_entry(rows, trades, seekers, c, out, row)
        write_levels(rows, trades, quotes, seekers, c, out, row)
        write_finish(rows, seekers, c, out, row)
        if seekers.subject[i] != 0:
            write_rest(rows, trades, seekers, plan, c, out, row)
        if plan.latency > 0 and seekers.subject[i] != 0:
            later.late[c.late_last] = i
            c.late_last += 1
    if off_book(rows, row):
        write(c, out, time, s.LEAVE, i, rows.leaves[row]).marks = s.BOUNCES if seekers.bounces[i] == 1 else 0
    elif before >= 0:
        write_amendment(rows, trades, quotes, seekers, plan, c, out, (before, row))
    if rows.next_row[row] < 0 and rows.leaves[row] == 0:
        later.ended[c.ended_last] = i
        c.ended_last += 1


@merged
def write_amendment(
    rows: Rows, trades: Trades, quotes: Quotes, seekers: Seekers, plan: Plan, c: Any, out: Any, pair: tuple[int, int]
) -> None:
    """Write what an order's row changes of the one before it, if anything; a row of a fill changes nothing."""
    before, row = pair
    moved = rows.price[row] != rows.price[before] or rows.mid_tick[row] != rows.mid_tick[before]
    change = rows.leaves[row] + rows.matched[row] - rows.leaves[before] - rows.matched[before]
    other = rows.minimum[row] != rows.minimum[before] or rows.single[row] != rows.single[before]
    other = other and rows.matched[row] == rows.matched[before]
    loses = loses_place(plan.priority, moved, change > 0)
    ranked = len(rows.ranking) > 0 and rows.ranking[row] != NULL and rows.ranking[before] != NULL
    if ranked:
        loses = rows.ranking[row] != rows.ranking[before]
        other = other or (loses and rows.matched[row] == rows.matched[before])
    if not (moved or change != 0 or other):
        return
    step = write_state(rows, trades, seekers, plan, c, out, (rows.timestamp[row], s.AMEND, row), change)
    if is_at_entry(rows, rows.order_index[row], step.time):
        step.marks |= s.AT_ENTRY
    if loses:
        step.marks |= s.LOSES
        write_levels(rows, trades, quotes, seekers, c, out, row)
        write_finish(rows, seekers, c, out, row)
