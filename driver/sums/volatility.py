"""How much the mid moved around an order: terciles of the security's 5-minute mid range (decisions 30).

Continuous trading is cut into intervals of five minutes from its start on. The range of one is its highest
less its lowest valid mid over half their sum: of quotes stamped inside, and of the one in force as it begins.
Ranges are told apart in steps of a quarter of an octave (19 %), so that counts of intervals merge exactly over
the dates of a run. An order belongs to the interval of its benchmark time, so its own trading is part of it.

`driver.job.job` works out the ranges of a day, `driver.tables.grouping` cuts them into terciles.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I32, I64, readonly
from kernels.measure.choices import Session
from kernels.sums import cell_keys
from kernels.sums.cell_keys import INTERVAL

TERCILES = ("low", "middle", "high", "no valid quote")
STEPS_PER_OCTAVE = 4
FIRST_OCTAVE = -2  # a quarter of a basis point
OCTAVES = 16
STILL = 0  # the bucket of a mid that did not move by as much as that
UNKNOWN = STEPS_PER_OCTAVE * OCTAVES + 1  # the bucket of an interval without a valid quote
RANGES = UNKNOWN + 1
# How a double's bits number the steps: exponent and two bits of the fraction, without a logarithm.
FRACTION_SHIFT = 52 - 2
FIRST_STEP = (1023 + FIRST_OCTAVE) * STEPS_PER_OCTAVE


def interval_ranges(quotes: Mapping[str, NDArray[Any]], session: Session) -> I64:
    """Return the bucket of the mid's range in each interval of the session, 0 .. RANGES - 1."""
    edges = np.arange(session.start, session.end, INTERVAL)
    if len(edges) == 0:
        return np.empty(0, np.int64)
    rows = quotes["timestamp"].searchsorted(np.append(edges, session.end))
    lowest, highest = np.empty(len(edges)), np.empty(len(edges))
    cell_keys.mid_extremes(readonly(quotes["bid"]), readonly(quotes["offer"]), rows, lowest, highest)
    return range_buckets(lowest, highest)


def range_buckets(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> I64:
    """Return the bucket of each range, given its lowest and highest mid; without a mid lowest is infinite."""
    known = highest >= lowest
    span, level = np.where(known, highest, 1.0) - np.where(known, lowest, 1.0), np.where(known, highest, 1.0)
    bps = 20_000.0 * span / (level + np.where(known, lowest, 1.0))
    steps = (bps.view(np.int64) >> FRACTION_SHIFT) - FIRST_STEP + 1
    return np.where(known, np.clip(steps, STILL, UNKNOWN - 1), UNKNOWN)


def count_intervals(ranges: I64) -> list[int]:
    """Return how many intervals have each range: what terciles are cut from, over all dates of a security."""
    counts: list[int] = np.bincount(ranges, minlength=RANGES).tolist()
    return counts


def tercile_of(counts: Sequence[int]) -> I32:
    """Return each bucket's place in TERCILES: three groups of intervals as even as can be.

    Equal ranges are never parted, so with many still intervals, or few dates, groups differ in size and one may be
    empty; the sum of their squared sizes is the least there is, then the low and the high group are closest. Where all
    ranges are equal they are all in the middle.
    """
    known = np.asarray(counts[:UNKNOWN], np.int64)
    edges = np.append(np.flatnonzero(known), UNKNOWN)  # the first bucket above each possible cut
    below = np.concatenate([[0], np.cumsum(known)])[edges]
    first, second = np.triu_indices(len(edges))
    low, high = below[first], below[-1] - below[second]
    middle = below[-1] - low - high
    best = np.lexsort((np.abs(low - high), low**2 + middle**2 + high**2))[0]
    place = np.arange(RANGES)
    cuts = place == UNKNOWN, place < edges[first[best]], place < edges[second[best]]
    return np.select(cuts, [3, 0, 1], 2).astype(np.int32)
