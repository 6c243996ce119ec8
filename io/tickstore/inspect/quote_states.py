"""How long quotes were two-sided, locked, crossed or one-sided while trading was continuous. `folder` adds batches.

Quotes are taken in the order of the files; one that is earlier than the last of its security is left out.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from kernels.base.columns import F64, I32, I64
from kernels.conventions import NULL
from tickstore.inspect.findings import QuoteFinding
from tickstore.inspect.table_counts import Placed
from tickstore.inspect.values import groups

VALID, LOCKED, CROSSED, ONE_SIDED, ABSENT = range(5)
_STATES: Final = 5
_POOREST: Final = 5
# (security, day) -> start and end of continuous trading, ns UTC, and where that is known from
SessionOf = Callable[[int, int], tuple[int, int, str]]


class QuoteStates:
    """Time spent in each state, by security."""

    def __init__(self, session_of: SessionOf) -> None:
        self._session_of = session_of
        self._last: dict[int, tuple[int, int, int]] = {}  # security -> time, day, state of its last quote
        self._spent: dict[int, F64] = {}  # security -> ns in each state
        self._sessions: dict[tuple[int, int], tuple[int, int]] = {}
        self._sources: dict[str, int] = {}
        self.out_of_order = 0

    def add(self, placed: Placed, bid: F64, offer: F64) -> None:
        """Add quotes."""
        state = quote_states(bid, offer)
        good = (placed.stamp != NULL) & (placed.security >= 0)
        rows = np.flatnonzero(good)
        rows = rows[np.lexsort((rows, placed.stamp[rows], placed.security[rows]))]
        security = placed.security[rows]
        for start, stop in zip(*groups(security), strict=True):
            mine = rows[start:stop]
            self._add_one(int(security[start]), placed.stamp[mine], placed.day[mine], state[mine])

    def _add_one(self, security: int, stamp: I64, day: I32, state: I64) -> None:
        """Add the quotes of one security, in the order of time."""
        before = self._last.get(security)
        if before is not None:
            late = int(np.searchsorted(stamp, before[0]))
            self.out_of_order += late
            stamp, day, state = stamp[late:], day[late:], state[late:]
            stamp = np.append(before[0], stamp)
            day, state = np.append(before[1], day).astype(np.int32), np.append(before[2], state)
        if len(stamp) == 0:
            return
        until = np.append(stamp[1:], stamp[-1])
        spent = self._spent.setdefault(security, np.zeros(_STATES))
        for number in np.unique(day).tolist():
            start, end = self._session(security, number)
            today = np.flatnonzero(day == number)
            to = until[today].copy()
            if today[-1] + 1 < len(day):  # the next quote is another day's: this one holds to the end of its own
                to[-1] = max(end, int(stamp[today[-1]]))
            held = np.clip(to, start, end) - np.clip(stamp[today], start, end)
            spent += np.bincount(state[today], held, _STATES)
            if before is None or number != before[1]:
                spent[ABSENT] += np.clip(stamp[today[0]], start, end) - start
        self._last[security] = int(stamp[-1]), int(day[-1]), int(state[-1])

    def _session(self, security: int, day: int) -> tuple[int, int]:
        known = self._sessions.get((security, day))
        if known is None:
            start, end, source = self._session_of(security, day)
            self._sources[source] = self._sources.get(source, 0) + 1
            known = self._sessions[security, day] = start, max(start, end)
        return known

    def finding(self, names: list[str]) -> QuoteFinding | None:
        """Return the shares; the last quote of a day holds to its end. ``names`` are the securities by number."""
        for security, (stamp, day, state) in self._last.items():
            start, end = self._session(security, day)
            self._spent[security][state] += end - np.clip(stamp, start, end)
        self._last = {}
        total = sum(self._spent.values(), np.zeros(_STATES))
        if not total.sum():
            return None
        valid_share, locked, crossed, one_sided, absent = (float(spent / total.sum()) for spent in total)
        by_security = {
            names[security]: float(spent[VALID] / spent.sum()) for security, spent in self._spent.items() if spent.sum()
        }
        poorest = sorted(by_security.items(), key=lambda one: (one[1], one[0]))[:_POOREST]
        return QuoteFinding(
            len(self._sessions), valid_share, locked, crossed, one_sided, absent, self._sources, self.out_of_order,
            tuple(poorest),
        )  # fmt: skip


def quote_states(bid: F64, offer: F64) -> I64:
    """Return the state of each quote; a price that is missing or not above 0 is none."""
    has_bid, has_offer = bid > 0, offer > 0  # nan is not
    state = np.where(has_bid | has_offer, ONE_SIDED, ABSENT)
    both = has_bid & has_offer
    state[both & (bid < offer)] = VALID
    state[both & (bid == offer)] = LOCKED
    state[both & (bid > offer)] = CROSSED
    return state
