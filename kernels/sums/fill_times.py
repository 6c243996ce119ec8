"""When orders fill and how they end, each on a fixed grid of times: what fill curves are counted from.

Times run from the instant at which an order can first trade, its benchmark time, on the clock of continuous trading:
what happens before it opens is at its first instant, what happens after it closes at its last. Each order is looked at
twice, until its first fill and until it is full, really and under each replayed scenario. A look ends once, by a fill
or by what came instead, so counts of how and when they ended say all, and add up over orders exactly.
"""

from typing import Final, NamedTuple

import numpy as np

from kernels.base.columns import F64, I16, I32, I64, Array, readonly
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import (
    GROUPS,
    NULL,
    REASON_TRADED,
    REASONS_CANCELLED,
    REASONS_EXPIRED,
    STATUS_INACTIVE,
    STATUS_NOT_ON_BOOK,
    UNKNOWN_CODE,
)
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.outside_rows import lived

LOOKS: Final = ("first_fill", "full_fill")
# Filled; withdrawn by the trader or the exchange; amended so that nothing was open; over with the session, its validity
# or its horizon; alive when the observation ended, be it with the selected hours, or since no more is said of it.
FATES: Final = ("filled", "cancelled", "amended_away", "ended", "censored")
FILLED, CANCELLED, AMENDED, ENDED, CENSORED = range(len(FATES))
# Upper edges in ns: the instant itself, two a decade from a microsecond, six from a millisecond, up to 100,000 s.
EDGES: Final = np.array(
    [0, *(step * 10**power for power in (2, 3, 4) for step in (10, 30)),
     *(step * 10**power for power in range(5, 13) for step in (10, 15, 20, 30, 45, 60)), 10**14], np.int64,
)  # fmt: skip
BINS: Final = len(EDGES)
UNKNOWN: Final = len(FATES) * BINS  # the code of a look of which it is not known when, or whether, the order filled
CODES: Final = UNKNOWN + 1  # of a look: fate x BINS + bin
SIDES: Final = 2
KEYS_OF_PARTICIPANT: Final = len(GROUPS) * SIDES
# How a scenario ends an order that it does not fill: as history did; where it rests, if it rests in the dark alone; or
# where history ended it, if it is in both books.
AS_IT_WAS, RESTS, BOTH = range(3)
# What a change reason settles, CANCELLED or ENDED; -1: no more than the row does. The last one is no reason.
REASON_FATES: Final = np.full(max(REASONS_CANCELLED + REASONS_EXPIRED) + 2, -1, np.int64)
REASON_FATES[[*REASONS_CANCELLED]], REASON_FATES[[*REASONS_EXPIRED]] = CANCELLED, ENDED
# The top bits of a double number the halves of octaves, from 2 on: the first edge that is not below where each starts.
SHIFT: Final = 52 - 1
FIRST_PLACE: Final = 1024 * 2
STARTS: Final = [2 ** (place // 2) * (2 + place % 2) for place in range(2 * 61)]
LOWEST: Final = np.minimum(np.searchsorted(EDGES, STARTS), BINS - 1)
STEPS: Final = int(np.diff(LOWEST).max())  # as many edges are in one of them
BELOW_LAST: Final = np.append(EDGES[:-1], np.iinfo(np.int64).max)


class Lives(NamedTuple):
    """What of a day says how its orders ended."""

    last_row: Array  # (orders,) int32
    end_time: Array  # (orders,)
    change_reason: Array  # (events,) int16
    order_status: Array  # (events,) int8
    until: Array  # (orders,) last instant in the dark of those that are asked about, NULL of others; empty: of none
    bounces: Array  # (orders,) int8, 1: fill-and-kill, which rests all the same where it is asked about; or empty


class Clock(NamedTuple):
    """When continuous trading of a day ends, and when the observation of its orders; ns UTC."""

    session_end: int
    hours_end: int


class Scenarios(NamedTuple):
    """The scenarios that fills have times in."""

    behind: I64  # (S,) by how many rows of ``ints`` each is behind reality
    ends: I64  # (S,) AS_IT_WAS, RESTS, BOTH


def code_bits(scenarios: int) -> int:
    """Return the bits of the codes of sparse histograms, (scenario, look) x CODES + code."""
    return (scenarios * len(LOOKS) * CODES - 1).bit_length()


@inlined
def bin_of(time: int, value: F64, bits: I64) -> int:
    """Return the first bin whose upper edge is not below a time; value, bits : (1,) of the same memory.

    It always takes as many steps: how many there are to take could not be predicted.
    """
    value[0] = float(max(time, 2))
    b = LOWEST[(bits[0] >> SHIFT) - FIRST_PLACE]
    for _ in range(STEPS):
        b += int(BELOW_LAST[b] < time)
    return int(b) if time > 1 else int(time > 0)


@inlined
def told_fate(reason: int, status: int, leaves: int) -> int:
    """Return how an order ended that no fill did, by its last row; -1 if it is still open."""
    fate = CENSORED if status == UNKNOWN_CODE else -1
    fate = CANCELLED if status == STATUS_NOT_ON_BOOK else fate
    fate = ENDED if status == STATUS_INACTIVE else fate
    fate = AMENDED if leaves == 0 else fate
    by_reason = int(REASON_FATES[min(max(reason, 0), len(REASON_FATES) - 1)])
    return by_reason if by_reason >= 0 else fate


@inlined
def last_end(clock: Clock) -> tuple[int, int]:
    """Return when and how orders end that are open to the last: with the session, unless the hours are over before."""
    if clock.hours_end > clock.session_end:
        return clock.session_end, ENDED
    return clock.hours_end - 1, CENSORED


@inlined
def _last_rows(lives: Lives, index: Array, out: I64) -> None:
    """Write what the last row of each order tells, 256 times its reason more than its status.

    Nothing else is done meanwhile, so that the reads, which are from anywhere in the day, need not wait for each other.
    """
    for j in range(index.shape[0]):
        row = lives.last_row[index[j]]
        out[j] = 256 * np.int64(lives.change_reason[row]) + lives.order_status[row]


@inlined
def own_end(told: int, observed: bool, last: tuple[int, int], ints: Array, j: int) -> tuple[int, int]:
    """Return when and how an order ended by itself: its place in the block.

    told : from ``_last_rows``; observed : whether that row is in the selected hours, else the order lived on after them
    FILLED: by a fill. Who was open at the close, or said nothing after it, ended with the session.
    """
    end, leaves, filled = ints[r.END_TIME, j], ints[r.LEAVES_QUANTITY, j], ints[r.FILLED_QUANTITY, j]
    reason = (told + 128) >> 8
    fate, traded = told_fate(reason, told - 256 * reason, leaves), observed & (reason == REASON_TRADED)
    emptied = (ints[r.WITHDRAWN_QUANTITY, j] > 0) & (not traded) & (end > ints[r.LAST_FILL_TIME, j])
    known = observed & (fate >= 0) & (end <= last[0])
    time, fate = end if known else last[0], fate if known else last[1]
    full = (leaves == 0) & (filled > 0) & (not emptied)
    return end if full else time, FILLED if full else fate


@inlined
def scenario_end(own: tuple[int, int], ends: int, until: int, bounces: bool, last: tuple[int, int]) -> tuple[int, int]:
    """Return when and how an order ends under a scenario that does not fill it before; until : NULL if not asked about.

    What history ended by a fill that the scenario does not have is open until the dark book closes; an order that is in
    both books leaves with history, and a subject in the dark alone at its horizon, or before as history did.

    last : when and how orders end that are open to the last
    """
    time, fate = own
    if ends == RESTS and until != NULL:
        if fate == FILLED or until < time or (bounces and until > time):
            return (until, ENDED) if until < last[0] else last
        return own
    open_on = (fate == FILLED) & (ends != AS_IT_WAS) & (until == NULL)
    time, fate = last[0] if open_on else time, last[1] if open_on else fate
    return time, ENDED if fate == FILLED else fate


@kernel
def write_looks(
    rows: Rows,
    lives: Lives,
    clock: Clock,
    scenarios: Scenarios,
    participant: I32,
    keys: I64,
    codes: I16,
    value: F64,
    bits: I64,
) -> int:
    """Write key and codes of those of n orders that lived in continuous trading; return how many do.

    participant : (n,) numbers that stand for them; keys : (n,), codes : (n, S x looks) to write
    value, bits : (1,) views of the same memory
    """
    ints, count = rows.ints, 0
    last = last_end(clock)
    # An order's place holds this until it is reached: keys are written to places that were.
    _last_rows(lives, rows.codes[r.ORDER_INDEX], keys)
    stop, asked = last[0], lives.until.shape[0] > 0
    for j in range(participant.shape[0]):
        if not lived(rows, j):
            continue
        i, start = rows.codes[r.ORDER_INDEX, j], ints[r.WINDOW_START, j]
        own = own_end(keys[j], lives.end_time[i] <= ints[r.END_TIME, j], last, ints, j)
        until, bounces = lives.until[i] if asked else NULL, asked and lives.bounces[i] == 1
        quantity, wanted = ints[r.ORDER_QUANTITY, j], ints[r.ORDER_QUANTITY, j] - ints[r.WITHDRAWN_QUANTITY, j]
        emptied = ints[r.LEAVES_QUANTITY, j] == 0 and own[1] != FILLED  # what it wanted in the end it did not before
        for s in range(scenarios.behind.shape[0]):
            b = scenarios.behind[s]
            filled, first = ints[r.FILLED_QUANTITY + b, j], ints[r.FIRST_FILL_TIME + b, j]
            if ((filled > 0) & (first == NULL)) | (ints[r.SCENARIO_FILLED + b, j] == NULL):
                codes[count, 2 * s] = codes[count, 2 * s + 1] = UNKNOWN
                continue
            finished = ints[r.LAST_FILL_TIME + b, j]  # read of every order: nothing branches on which one is full
            time, fate = scenario_end(own, scenarios.ends[s], until, bounces, last)
            full = (filled > 0) & ((filled >= quantity) | ((filled >= wanted) & (not emptied)))
            ended, begun = fate * BINS, first if filled > 0 else time
            done = finished if full else time
            codes[count, 2 * s] = (0 if filled > 0 else ended) + bin_of(min(begun, stop) - start, value, bits)
            codes[count, 2 * s + 1] = (0 if full else ended) + bin_of(min(done, stop) - start, value, bits)
        group, side = rows.flags[r.GROUP, j], rows.flags[r.SIDE, j]
        keys[count] = (participant[j] * len(GROUPS) + group - GROUPS[0]) * SIDES + (side < 0)
        count += 1
    return count


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    none = np.zeros(0, np.int64)
    kinds = {"last_row": np.int32, "change_reason": np.int16, "order_status": np.int8, "bounces": np.int8}
    lives = Lives(*(readonly(np.zeros(0, kinds.get(name, np.int64))) for name in Lives._fields))
    rows, value = empty_rows(0, (1, 1), Buffers()), np.zeros(1)
    cell, codes = np.zeros(0, np.int32), np.zeros((0, 2), np.int16)
    write_looks(rows, lives, Clock(0, 0), Scenarios(none, none), cell, none, codes, value, value.view(np.int64))
