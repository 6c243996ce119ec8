"""How orders come into the book: at once or late, at the open, after what their real entry left of them.

``play`` calls these. An entry looks into the dark first (R19); ``finish`` ends it: the order rests, or leaves.
"""

from typing import Any

from kernels.base.compiling import inlined
from kernels.dark import book as dark
from kernels.dark.eligibility import DUAL_POSTED
from kernels.dark.records import LIT_SUBJECT
from kernels.replay import steps as s
from kernels.replay.orders import available, join, look, release, subject_of
from kernels.replay.runs import NONE, TO_COME, Facts, Run


@inlined
def enter(run: Run, facts: Facts, step: Any) -> None:
    """Let an order enter: it looks into the dark at once (R19); ``finish`` lets it rest."""
    state, i = run.state[0], step.order
    subject, kind = subject_of(run, i), facts.kind[i]
    late = step.marks & s.LATE != 0
    if subject == 0 and (late or kind == s.LIT):
        return
    if not late:
        run.leaves[i] = step.quantity
    if subject != 0 and state.latency == 1:
        run.slot[i] = NONE if late else TO_COME
    if subject != 0 and (late != (state.latency == 1) or run.until[i] < step.time):
        return
    looks = kind == s.DARK or (kind == s.SWEEP and state.no_sweeps == 0)
    if subject != 0:
        looks = state.from_rest == 0  # else its entry is history's, and ``begin_rest`` comes after it
    if state.open == 0 or not looks or available(run, facts, i) <= 0:
        return
    look(run, facts, step.time, join(run, facts, i, step, subject))


@inlined
def join_at_open(run: Run, facts: Facts, step: Any) -> None:
    """Note a sweep of before the open, which has no dark side (R24); a subject that waited for it enters now."""
    i, subject = step.order, subject_of(run, step.order)
    if facts.kind[i] == s.LIT and subject == 0:
        return
    run.leaves[i] = step.quantity
    if subject == 0 or run.state[0].open == 0 or run.until[i] < step.time:
        return
    x = join(run, facts, i, step, subject)
    look(run, facts, step.time, x)
    if run.state[0].from_rest == 1:
        run.book.orders[x].subject = LIT_SUBJECT  # its entry is over
    rest_or_leave(run, i, True)


@inlined
def rest_or_leave(run: Run, i: int, rests: bool) -> None:
    """Let an order that has looked into the dark wait there, if something is left of it."""
    x = run.slot[i]
    if x >= 0 and rests and run.book.orders[x].leaves > 0:
        dark.rest(run.book, x)
    else:
        release(run, i)


@inlined
def finish(run: Run, facts: Facts, step: Any) -> None:
    """End an entry or amendment: the order rests, or leaves if it bounces or has no dark side (R20, R25)."""
    state, i = run.state[0], step.order
    x = run.slot[i]
    if x >= 0 and run.book.orders[x].place < 0:
        resting = facts.kind[i] == s.DARK or step.mid_tick == DUAL_POSTED
        rest_or_leave(run, i, subject_of(run, i) != 0 or (resting and step.marks & s.BOUNCES == 0))
    if state.open == 1:
        dark.set_quote(run.book, state.bid, state.offer)


@inlined
def begin_rest(run: Run, facts: Facts, step: Any) -> None:
    """Let a subject rest with what its real entry left of it."""
    state, i = run.state[0], step.order
    if subject_of(run, i) == 0 or state.from_rest == 0:
        return
    run.leaves[i] = step.quantity
    if state.open == 0 or step.quantity <= 0 or run.until[i] < step.time:
        return
    look(run, facts, step.time, join(run, facts, i, step, LIT_SUBJECT))
    rest_or_leave(run, i, True)
