"""Sums and counts of jobs, added up as their partials go by. For `driver.tables`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from kernels.sums import moments


def add_lists(whole: dict[str, list[int]], more: Mapping[str, Sequence[int]]) -> None:
    """Add lists of sums to those of the same label; a new label begins with its own."""
    for label, sums in more.items():
        before = whole.get(label)
        if before is not None and len(before) != len(sums):
            raise ValueError(f"{len(sums)} sums cannot be added to {len(before)}")
        whole[label] = list(sums) if before is None else [*map(add, before, sums)]


@dataclass(slots=True)
class KeyedSums:
    """Sums by key, exact beyond 64 bits; grows as keys are met."""

    place: dict[Any, int] = field(default_factory=dict)  # of each key, in the order in which they were met
    low: I64 = field(default_factory=lambda: np.zeros((0, 0), np.int64))  # (sums, room): high x 2^32 + low
    high: I64 = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def add(self, keys: Sequence[Any], sums: I64) -> None:
        """Add sums, (sums, keys), which are as many in every call."""
        rows = np.array([self.place.setdefault(key, len(self.place)) for key in keys], np.int32)
        if (room := self.low.shape[1]) < len(self.place):
            more = (0, 0 if room else len(sums)), (0, max(len(self.place), 2 * room) - room)
            self.low, self.high = np.pad(self.low, more), np.pad(self.high, more)
        if keys and len(sums) != len(self.low):
            raise ValueError(f"{len(sums)} sums cannot be added to {len(self.low)}")
        moments.merge_integers(rows, sums, self.low, self.high)

    def items(self) -> Iterator[tuple[Any, list[int]]]:
        """Return each key and its sums."""
        for key, place in self.place.items():
            pairs = zip(self.low[:, place].tolist(), self.high[:, place].tolist(), strict=True)
            yield key, [(above << moments.LOW_BITS) + below for below, above in pairs]


@dataclass(slots=True)
class SecurityCounts:
    """Counts by security, ``width`` of each: dense while the partials of one follow each other, then those not 0."""

    width: int
    security: str = ""
    found: dict[str, tuple[NDArray[np.intp], I64]] = field(default_factory=dict)  # places and counts
    dense: I64 = field(init=False)

    def __post_init__(self) -> None:
        """Start without counts."""
        self.dense = np.zeros(self.width, np.int64)

    def of(self, security: str) -> I64:
        """Return where counts of a security are added, (width,), until another one is asked for."""
        if security != self.security:
            self._keep()
            self.security = security
        return self.dense

    def items(self) -> Iterator[tuple[str, I64]]:
        """Return the securities that have any, and their counts, (width,)."""
        self._keep()
        for security, (place, count) in self.found.items():
            counts = np.zeros(self.width, np.int64)
            counts[place] = count
            yield security, counts

    def _keep(self) -> None:
        """Keep what was counted last of the counts that are not 0."""
        if self.security in self.found:
            place, count = self.found[self.security]
            self.dense[place] += count
        place = np.flatnonzero(self.dense)
        if len(place):
            self.found[self.security] = place, self.dense[place]
        self.dense[:] = 0
