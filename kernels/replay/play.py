"""The event loop: steps of a day played into one book (R1, R19, R20, R23; decisions 21, 24, 46).

Dark fills are the book's own; entries, amendments, cancellations and fills elsewhere are history's. P comes first:
where history ended an order by a fill that P did not give either, the order leaves in the other runs too; where P gave
it, and subjects took it away, it stays.
"""

from typing import Any

from kernels.base.compiling import inlined, kernel
from kernels.conventions import NULL
from kernels.dark import book as dark
from kernels.dark.records import CONSERVATIVE, LIT_SUBJECT, REQUIRED
from kernels.replay import steps as s
from kernels.replay.entries import begin_rest, enter, finish, join_at_open
from kernels.replay.orders import available, join, look, release, rematch, subject_of, write_terms
from kernels.replay.runs import TO_COME, Facts, Run

UNKNOWN = -1  # attributes of an order that the file lacks: any


@inlined
def amend(run: Run, facts: Facts, step: Any) -> None:
    """Change an order; one that loses its place looks into the dark again (R13), and ``finish`` lets it rest."""
    state, i = run.state[0], step.order
    subject, x, loses = subject_of(run, i), run.slot[i], step.marks & s.LOSES != 0
    if facts.kind[i] == s.LIT and subject == 0:
        return
    if subject != 0 and state.from_rest == 1 and step.marks & s.AT_ENTRY != 0:
        return  # what history left of it after that instant rests already
    before = available(run, facts, i)
    run.leaves[i] += step.quantity
    change = available(run, facts, i) - before
    if run.leaves[i] <= 0:
        release(run, i)
        return
    if x < 0:
        looks = loses and state.open == 1 and (subject == 0 or (run.until[i] >= step.time and x != TO_COME))
        looks = looks and not (facts.kind[i] == s.SWEEP and subject == 0 and state.no_sweeps == 1)
        if looks and available(run, facts, i) > 0:
            as_subject = LIT_SUBJECT if subject != 0 and state.from_rest == 1 else subject  # its entry is over
            look(run, facts, step.time, join(run, facts, i, step, as_subject))
        return
    order = run.book.orders[x]
    leaves = order.leaves + change
    if leaves <= 0:
        release(run, i)
        return
    if order.place >= 0 and not loses:
        minimum, single = order.minimum, order.single_fill
        price, half_tick, mid_tick = order.price, order.half_tick, order.mid_tick
        write_terms(run, facts, i, x, step, order.subject)
        order.leaves = leaves
        shown = order.minimum if order.minimum <= leaves else 0  # R17: the rest falls away
        terms = minimum != shown or single != order.single_fill
        limit = price != order.price or half_tick != order.half_tick or mid_tick != order.mid_tick
        dark.revise(run.book, x, terms or limit)
        if state.open == 1 and state.in_place == 1 and order.untried == 1:  # another reading of R13
            order.untried = 0
            dark.revise(run.book, x, False)
            look(run, facts, step.time, x)
        return
    dark.withdraw(run.book, x)
    order.leaves = leaves
    write_terms(run, facts, i, x, step, order.subject)
    if state.open == 1 and state.no_amended == 0:
        look(run, facts, step.time, x)
    elif state.open == 1:
        order.untried = 1  # it trades at the next change of the quote


@inlined
def fill_leg(run: Run, facts: Facts, i: int, row: int, quantity: int, at_entry: bool) -> None:
    """Take a historical fill elsewhere off an order, at most what is left of it; a subject's own does not happen.

    at_entry : of the instant of its entry; if subjects rest from then on, such fills stand as they are
    """
    state = run.state[0]
    subject, x = subject_of(run, i), run.slot[i]
    if facts.kind[i] == s.LIT and subject == 0:
        return
    stands = subject != 0 and state.from_rest == 1 and at_entry
    if stands or (subject != 0 and state.dual == 0):
        return
    before, taken = available(run, facts, i), min(quantity, max(run.leaves[i], 0))
    run.leaves[i] -= taken
    if taken < quantity:
        state.displaced += 0 if subject != 0 else quantity - taken  # its own: the dark came first, as it should
        run.cuts[state.cuts].row, run.cuts[state.cuts].quantity = row, taken
        state.cuts += 1
    gone = before - available(run, facts, i)  # less, where only what stays open is on offer
    if x >= 0 and gone > 0:
        rests = run.book.orders[x].place >= 0
        dark.reduce(run.book, x, gone)
        if rests and run.book.orders[x].leaves == 0:
            release(run, i)


@inlined
def fill(run: Run, facts: Facts, step: Any) -> None:
    """Take both fills of a historical match; one of the dark book only where it is part of a subject's real entry."""
    first, second = step.marks & s.AT_ENTRY != 0, step.marks & s.CONTRA_AT_ENTRY != 0
    if step.marks & s.IN_THE_DARK != 0:
        entered = first and subject_of(run, step.order) != 0
        entered = entered or (second and step.contra >= 0 and subject_of(run, step.contra) != 0)
        if run.state[0].from_rest == 0 or not entered:
            return
    fill_leg(run, facts, step.order, step.price, step.quantity, first)
    if step.contra >= 0:
        fill_leg(run, facts, step.contra, step.minimum, step.quantity, second)


@inlined
def level(run: Run, facts: Facts, step: Any) -> None:
    """R19: let a sweep that emptied a lit level look into the dark again, at the quote that this leaves."""
    x = run.slot[step.order]
    if x < 0 or run.book.orders[x].leaves <= 0 or run.state[0].open == 0:
        return
    subject = run.book.orders[x].subject
    if subject != 0 and run.state[0].dual == 0:
        return
    dark.set_quote(run.book, step.price, step.quantity)
    look(run, facts, step.time, x)


@inlined
def phantom(run: Run, facts: Facts, step: Any) -> None:
    """Let an aggressor that the order file lacks look into the dark at any price, and leave."""
    state = run.state[0]
    if state.open == 0 or state.no_sweeps == 1 or state.mode == CONSERVATIVE:
        return
    state.phantoms += 1
    x, book_state = dark.take_slot(run.book), run.book.state[0]
    order = run.book.orders[x]
    order.side, order.leaves, order.participant, order.sweep = step.contra, step.quantity, step.single, 1
    order.prefers_own, order.tag = step.mid_tick, -2 - step.price
    order.carries = UNKNOWN if book_state.attributes == REQUIRED else 0  # nobody turns it down for what is not known
    look(run, facts, step.time, x)
    dark.leave(run.book, x)


@inlined
def end(run: Run, facts: Facts, step: Any) -> None:
    """Let an order leave that history ended by a fill, unless subjects took that fill away from it."""
    state, i = run.state[0], step.order
    if facts.kind[i] == s.LIT and subject_of(run, i) == 0:
        return
    if state.placebo == 1:
        step.marks = s.WAS_OPEN if run.leaves[i] > 0 else 0
    leaves = state.placebo == 1 or step.marks & s.WAS_OPEN != 0
    if subject_of(run, i) != 0:
        leaves = state.dual == 1
    if leaves:
        release(run, i)
        run.leaves[i] = 0


@inlined
def leave(run: Run, step: Any) -> None:
    """Let an order leave that was cancelled or expired; a subject that was fill-and-kill rests until its horizon."""
    i = step.order
    if subject_of(run, i) != 0 and step.marks & s.BOUNCES != 0 and run.state[0].dual == 0:
        return
    release(run, i)
    run.leaves[i] -= step.quantity  # a fill of this very instant may still come
    if subject_of(run, i) != 0 and run.state[0].dual == 0:
        run.leaves[i] = 0


@inlined
def expire(run: Run, time: int) -> None:
    """Take subjects out whose horizon is over before an instant."""
    state = run.state[0]
    while state.expired < len(run.expiry) and run.until[run.expiry[state.expired]] < time:
        release(run, run.expiry[state.expired])
        state.expired += 1


@inlined
def requote(run: Run, facts: Facts, step: Any) -> None:
    """Change the quote in force; while the market trades, those who rest may trade at it."""
    state = run.state[0]
    if step.kind == s.OPEN:
        state.open = 1
    if step.kind == s.CLOSE:
        state.open, state.bid, state.offer = 0, NULL, NULL
        dark.set_quote(run.book, NULL, NULL)
        return
    state.bid, state.offer = step.price, step.quantity
    rematch(run, facts, step.time, step.price, step.quantity)


@kernel
def play(played: Any, first: int, stop: int, run: Run, facts: Facts) -> int:
    """Play steps into one book.

    Parameters
    ----------
    played : (n,) STEP; P writes to it what the other runs need to know
    first, stop : which of them

    Returns
    -------
    int
        ``stop``, or the step that needs more room first: in the book, or for matches and cuts.
    """
    state, book = run.state[0], run.book
    for k in range(first, stop):
        step, live = played[k], book.state[0].live
        if live + 2 > len(book.orders) or state.matches + live + 2 > len(run.matches) or state.cuts + 2 > len(run.cuts):
            return k
        expire(run, step.time)
        kind = step.kind
        if kind == s.ENTER:
            enter(run, facts, step)
        elif kind == s.FINISH:
            finish(run, facts, step)
        elif kind == s.REST:
            begin_rest(run, facts, step)
        elif kind == s.FILL:
            fill(run, facts, step)
        elif kind == s.AMEND:
            amend(run, facts, step)
        elif kind == s.LEAVE:
            leave(run, step)
        elif kind == s.ENDED:
            end(run, facts, step)
        elif kind == s.LEVEL:
            level(run, facts, step)
        elif kind == s.PHANTOM:
            phantom(run, facts, step)
        elif kind == s.JOIN:
            join_at_open(run, facts, step)
        else:
            requote(run, facts, step)
    return stop
