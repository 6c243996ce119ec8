"""How an order stands in the dark book: its terms, really or as a subject; entering, changing and leaving it.

``play`` calls these, step by step. ``i`` is a row of the order table, ``x`` a slot of the book.
"""

from typing import Any

from kernels.base.compiling import inlined
from kernels.conventions import BUY
from kernels.dark import book as dark
from kernels.dark.eligibility import DUAL_POSTED
from kernels.dark.records import CONSERVATIVE
from kernels.market.ticks import has_half_tick, tick_of
from kernels.replay import steps as s
from kernels.replay.runs import BOOKED, HALF_TICK, IGNORED, LOCKED, MID, NONE, PREFERENCED, Facts, Run

ONE_CONTRA = 1


@inlined
def subject_of(run: Run, i: int) -> int:
    """Return what an order is asked about as in this run: 0 nothing."""
    return int(run.subject[i]) if len(run.subject) > 0 else 0


@inlined
def half_tick_of(run: Run, facts: Facts, i: int, price: int, mid_tick: int) -> int:
    """R5, R20: return what improves an order's limit, in half units; a sweep's only if it is posted in both books."""
    improves = has_half_tick(mid_tick) if facts.kind[i] != s.SWEEP else mid_tick == DUAL_POSTED
    return tick_of(price, facts.ticks) if improves and run.state[0].no_half == 0 else 0


@inlined
def write_terms(run: Run, facts: Facts, i: int, x: int, step: Any, subject: int) -> None:
    """Write an order's limit, minimum and kind as they are after a step; a subject rests at the mid only."""
    state, order = run.state[0], run.book.orders[x]
    order.price, order.subject = step.price, subject
    if subject == 0:
        order.half_tick = half_tick_of(run, facts, i, step.price, step.mid_tick)
        order.mid_tick = step.mid_tick
        order.minimum = 0 if state.no_minimums == 1 else step.minimum
        order.single_fill = ONE_CONTRA if step.single == ONE_CONTRA or state.mode == CONSERVATIVE else 2
        order.sweep = 1 if facts.kind[i] == s.SWEEP else 0
        return
    order.sweep = order.mid_tick = order.half_tick = 0
    order.minimum = 0 if state.no_minimums == 1 else min(state.minimum, step.contra)
    order.single_fill = ONE_CONTRA if state.mode == CONSERVATIVE else 2
    improves = state.limit == HALF_TICK or state.dual == 1 or has_half_tick(step.mid_tick)
    if state.limit == MID:
        order.price = 0
    elif improves and step.price > 0 and state.no_half == 0:
        order.half_tick = tick_of(step.price, facts.ticks)


@inlined
def available(run: Run, facts: Facts, i: int) -> int:
    """Return what an order offers: its leaves; to subjects of the conservative run only what nobody else wanted."""
    if run.state[0].mode == CONSERVATIVE and subject_of(run, i) == 0:
        return int(min(run.leaves[i], facts.open_at_end[i]))
    return int(run.leaves[i])


@inlined
def join(run: Run, facts: Facts, i: int, step: Any, subject: int) -> int:
    """Give an order a slot in the book and return it; ``play`` sees to it that one is free."""
    x = dark.take_slot(run.book)
    order = run.book.orders[x]
    order.side, order.leaves, order.participant = facts.side[i], available(run, facts, i), facts.participant[i]
    order.own_only, order.tag = facts.own_only[i], i
    if len(facts.carries) > 0:
        order.carries, order.names = facts.carries[i], facts.names[i]
    order.prefers_own = facts.prefers[i] if run.state[0].mode != CONSERVATIVE else 0
    write_terms(run, facts, i, x, step, subject)
    run.slot[i] = x
    return x


@inlined
def release(run: Run, i: int) -> None:
    """Take an order out of the book."""
    if run.slot[i] >= 0:
        dark.leave(run.book, run.slot[i])
        run.slot[i] = NONE


@inlined
def note_match(run: Run, facts: Facts, time: int, f: int) -> None:
    """Write down the f-th fill that the book plans (R15: what is booked, R14: what was preferred)."""
    state, fill = run.state[0], run.book.fills[f]
    one, other = run.book.orders[fill.order], run.book.orders[fill.contra]
    match = run.matches[state.matches]
    state.matches += 1
    buy, sell = (one, other) if one.side == BUY else (other, one)
    match.time, match.buy, match.sell = time, buy.tag, sell.tag
    match.quantity, match.price2, match.mid2 = (
        fill.quantity,
        fill.price2,
        run.book.state[0].bid + run.book.state[0].offer,
    )
    match.aggressor, match.rule = (0 if fill.passive == 1 else one.side), fill.rule
    match.marks = (PREFERENCED if fill.preferred == 1 else 0) | (IGNORED if fill.ignored == 1 else 0)
    match.marks |= LOCKED if run.book.state[0].bid == run.book.state[0].offer else 0
    if buy.tag >= 0 and sell.tag >= 0 and buy.participant == sell.participant:
        key = facts.crossing_key[buy.tag]
        match.marks |= BOOKED if key != 0 and key == facts.crossing_key[sell.tag] else 0


@inlined
def settle(run: Run, facts: Facts, time: int, n: int) -> None:
    """Take the n fills that the book plans off their orders; who rested and has nothing left leaves."""
    for f in range(n):
        note_match(run, facts, time, f)
        fill = run.book.fills[f]
        dark.settle(run.book, f)
        for k in range(2):
            order = run.book.orders[fill.order if k == 0 else fill.contra]
            tag = order.tag
            if tag < 0:
                continue
            run.leaves[tag] -= fill.quantity
            if run.state[0].mode == CONSERVATIVE and order.subject == 0:
                facts.open_at_end[tag] -= fill.quantity
            if order.leaves == 0 and (k == 1 or fill.passive == 1):
                release(run, tag)


@inlined
def look(run: Run, facts: Facts, time: int, x: int) -> None:
    """Let an order that enters trade in the dark at the quote in force."""
    settle(run, facts, time, dark.enter(run.book, x))


@inlined
def rematch(run: Run, facts: Facts, time: int, bid: int, offer: int) -> None:
    """R23: change the quote and let those who rest trade at it, the oldest first."""
    if run.state[0].no_recheck == 1:
        dark.set_quote(run.book, bid, offer)
        return
    dark.requote(run.book, bid, offer)
    n = dark.rematch(run.book)
    while n > 0:
        settle(run, facts, time, n)
        n = dark.rematch(run.book)
