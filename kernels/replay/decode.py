"""The walk through a day: rows, fills, quotes and the session as steps for the dark book, in order (decisions 2, 21).

At one instant: orders that history ended a while ago, the session's changes, order rows with what a sweep trades in the
lit book there and then, other fills, quotes; with ``quotes_first`` quotes before the rows. ``row_steps`` has what one
order row says.
"""

from typing import Any

from kernels.base.compiling import kernel, merged
from kernels.conventions import NULL, VENUE_REPORT
from kernels.replay import steps as s
from kernels.replay.row_steps import enters_at, write, write_dark_fill, write_fill, write_row, write_state
from kernels.replay.steps import NONE, Later, Plan, Quotes, Rows, Seekers, Trades, is_dark, left_at

NEVER = 2**63 - 1
AGGRESSIVE = 1
UNSAID = -1


@merged
def write_phantom(rows: Rows, trades: Trades, seekers: Seekers, c: Any, out: Any, k: int) -> None:
    """Write the aggressor of a dark fill, an order that the order file lacks, with all it fills at that instant."""
    first = trades.by_time[k]
    g = trades.mate[first]
    waited = g >= 0 and trades.order_index[g] >= 0
    if waited:
        waited = rows.timestamp[rows.first_row[trades.order_index[g]]] < trades.timestamp[first]
    if trades.aggressor[first] != AGGRESSIVE and not (trades.aggressor[first] == UNSAID and waited):
        return
    quantity = 0
    while k < len(trades.by_time) and trades.timestamp[trades.by_time[k]] == trades.timestamp[first]:
        f = trades.by_time[k]
        if trades.taken[f] == 0 and trades.order_id[f] == trades.order_id[first] and is_dark(trades, f):
            quantity += trades.quantity[f]
            trades.taken[f] = 1
        k += 1
    step = write(c, out, trades.timestamp[first], s.PHANTOM, NONE, quantity)
    step.contra, step.price, step.single = trades.side[first], first, trades.participant[first]
    step.mid_tick = seekers.prefers[first]


@merged
def write_other_fill(rows: Rows, trades: Trades, seekers: Seekers, plan: Plan, c: Any, out: Any) -> None:
    """Write the next fill in time, unless it is part of what is written already, or says nothing to the dark book."""
    f = trades.by_time[c.next_fill]
    if c.opened > 0 and trades.taken[f] == 0 and trades.venue[f] != VENUE_REPORT:
        if not is_dark(trades, f):
            write_fill(rows, trades, seekers, c, out, f)
        elif enters_at(rows, seekers, plan, trades.order_index[f], trades.timestamp[f]):
            write_dark_fill(rows, trades, seekers, c, out, f)
        elif trades.order_index[f] < 0 and plan.phantoms == 1:
            write_phantom(rows, trades, seekers, c, out, c.next_fill)
    c.next_fill += 1


@merged
def write_quote(quotes: Quotes, c: Any, out: Any) -> None:
    """Write the next quote, where it changes what is in force while the market trades."""
    bid, offer, time = quotes.bid[c.next_quote], quotes.offer[c.next_quote], quotes.timestamp[c.next_quote]
    c.next_quote += 1
    if c.halted == 1:
        c.shown_bid, c.shown_offer = bid, offer
        return
    if bid == c.bid and offer == c.offer:
        return
    c.bid, c.offer = bid, offer
    if c.opened == 1:
        write(c, out, time, s.QUOTE, NONE, offer).price = bid


@merged
def halt_or_resume(plan: Plan, c: Any, out: Any) -> None:
    """Write the begin of a halt, from which no quote is in force, or its end, from which the last one shown is (R1)."""
    if c.halted == 0:
        c.shown_bid, c.shown_offer = c.bid, c.offer
        c.bid = c.offer = NULL
    else:
        c.bid, c.offer = c.shown_bid, c.shown_offer
    c.halted = 1 - c.halted
    write(c, out, plan.changes[c.changed - 1], s.QUOTE, NONE, c.offer).price = c.bid


@merged
def open_or_close(quotes: Quotes, plan: Plan, c: Any, out: Any) -> None:
    """Write the beginning or the end of continuous trading (R1); quotes before it are no prices to trade at."""
    c.changed += 1
    if 1 < c.changed < len(plan.changes):
        halt_or_resume(plan, c, out)
        return
    c.opened += 1
    if c.opened == 2:
        c.halted = 0
        write(c, out, plan.session_end, s.CLOSE, NONE, 0)
        return
    q = plan.opening_quote
    known = q >= 0 and quotes.timestamp[q] < plan.session_start
    c.bid, c.offer = (quotes.bid[q], quotes.offer[q]) if known else (NULL, NULL)
    write(c, out, plan.session_start, s.OPEN, NONE, c.offer).price = c.bid
    c.open_row = c.next_row  # orders whose first row is before it came before the open


@merged
def join(rows: Rows, trades: Trades, seekers: Seekers, plan: Plan, c: Any, out: Any, i: int) -> None:
    """Write an order that came before the open and still lives: a dark order enters, others join (R24)."""
    row = seekers.before[i]
    left = left_at(rows, trades, row, plan.session_start)
    if seekers.kind[i] == s.NO_SEEKER or left == 0:
        return
    dark = seekers.kind[i] == s.DARK
    place = plan.session_start, s.ENTER if dark else s.JOIN, row
    write_state(rows, trades, seekers, plan, c, out, place, left)
    if dark:
        step = write(c, out, plan.session_start, s.FINISH, i, 0)
        step.mid_tick, step.marks = rows.mid_tick[row], s.BOUNCES if seekers.bounces[i] == 1 else 0


@merged
def enter_late(rows: Rows, trades: Trades, seekers: Seekers, plan: Plan, later: Later, c: Any, out: Any) -> None:
    """Write the delayed entry of a subject, in the state it has by then."""
    i = later.late[c.late_first]
    c.late_first += 1
    row, time = seekers.before[i], rows.timestamp[rows.first_row[i]] + plan.latency
    write_state(rows, trades, seekers, plan, c, out, (time, s.ENTER, row), rows.leaves[row]).marks |= s.LATE
    step = write(c, out, time, s.FINISH, i, 0)
    step.mid_tick, step.marks = rows.mid_tick[row], s.LATE


@kernel
def decode(
    rows: Rows, trades: Trades, quotes: Quotes, seekers: Seekers, plan: Plan, later: Later, cursor: Any, out: Any
) -> int:
    """Write the next steps of a day.

    Parameters
    ----------
    cursor : (1,) CURSOR
        Where the walk stands; zeros at first, with bid and offer NULL.
    out : (n,) STEP
        n is more than twice the fills of any order.

    Returns
    -------
    int
        The number of steps, in ``out``; 0 once the day is over.
    """
    c = cursor[0]
    c.steps = 0
    # Read here and not in helpers: handing on all columns for every row took most of the time.
    rows_at, fills_at, quotes_at, by_time = rows.timestamp, trades.timestamp, quotes.timestamp, trades.by_time
    last_row, first_row, order_index, changes = rows.last_row, rows.first_row, rows.order_index, plan.changes
    while True:
        if c.opened == 1 and c.joining < len(first_row) and first_row[c.joining] < c.open_row:
            if c.steps + 4 > len(out):
                break
            if seekers.before[c.joining] >= 0:
                join(rows, trades, seekers, plan, c, out, c.joining)
            c.joining += 1
            continue
        row = rows_at[c.next_row] if c.next_row < len(rows_at) else NEVER
        fill = fills_at[by_time[c.next_fill]] if c.next_fill < len(by_time) else NEVER
        quote = quotes_at[c.next_quote] if c.next_quote < len(quotes_at) else NEVER
        session = changes[c.changed] if c.changed < len(changes) else NEVER
        ended = late = NEVER
        if c.ended_first < c.ended_last:
            ended = rows_at[last_row[later.ended[c.ended_first]]] + plan.grace
        if c.late_first < c.late_last:
            late = rows_at[first_row[later.late[c.late_first]]] + plan.latency
        time = min(row, fill, quote, session, ended, late)
        if time == NEVER:
            break
        room = 4 + 2 * rows.fill_count[order_index[c.next_row]] if time == row else 4
        if c.steps + room > len(out):
            break
        if time == ended:
            write(c, out, time, s.ENDED, later.ended[c.ended_first], 0)
            c.ended_first += 1
        elif time == session:
            open_or_close(quotes, plan, c, out)
        elif plan.quotes_first == 1 and time == quote:
            write_quote(quotes, c, out)
        elif time == row:
            here, i = c.next_row, order_index[c.next_row]
            c.next_row += 1
            if (
                seekers.kind[i] == s.NO_SEEKER or c.opened == 0
            ):  # most rows: handing on all columns costs ten times this
                seekers.before[i] = here
            else:
                write_row(rows, trades, quotes, seekers, plan, later, c, out, here)
        elif time == late:
            enter_late(rows, trades, seekers, plan, later, c, out)
        elif time == fill:
            write_other_fill(rows, trades, seekers, plan, c, out)
        else:
            write_quote(quotes, c, out)
    return int(c.steps)
