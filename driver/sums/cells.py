"""Cells, which a job sums its orders by: every other module of `driver.sums` and the tables work with them.

A cell is (participant, local hour of the benchmark time, size bucket, real fill group). All its integer
sums live in one matrix with a name per row, so that merging, storing and adding up need no list of fields.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from kernels.base.columns import F64, I32, I64
from kernels.conventions import FILL_VENUES
from kernels.measure.order_columns import ASKED, AT_DECISION, weighted
from kernels.sums import moments
from tickstore.errors import UserError

ORDER_METRICS = weighted(ASKED, AT_DECISION)
VENUE_NAMES = FILL_VENUES
OUTCOMES = ("fully_filled", "partially_filled", "not_executed")
COUNTED = ("priced_orders",)  # of cells whose other sums are added up apart, as ``Marginals``
QUARTERS = 96  # of an hour in a day
PARTICIPANT_KEYS = 768  # keys of each participant


@dataclass(slots=True)
class Cells:
    """Sums of n cells. ``key`` ascends; every array's cell axis follows it.

    ``sums`` is (columns, n) int64, named by ``names``; moments of priced orders, each counting the same, are laid out
    as in ``kernels.sums.moments``, and ``histogram_*`` are sparse entries, those of cell c from ``histogram_start[c]``
    to ``histogram_start[c + 1]``, each code once.
    """

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    key: I64
    sums: I64
    mean: F64
    comoment: F64
    histogram_start: I64
    histogram_code: I32
    histogram_count: I32

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.key)

    def priced(self) -> I64:
        """Return how many orders the moments and histograms of each cell are of."""
        count: I64 = self.sums[self.names.index("priced_orders")]
        return count


@dataclass(slots=True)
class Marginals:
    """The integer sums of a job's cells, added up over participants, and over all else but participants.

    Those of the cells themselves, five to fifty times as many, are kept where a combination of keys needs them.
    """

    names: tuple[str, ...]
    kind: I64  # (m,) ascending: hour, size and group, as a cell's key has them
    kind_sums: I64  # (columns, m)
    participant: I64  # (p,) codes, ascending
    participant_sums: I64  # (columns, p)

    def all_sums(self) -> I64:
        """Return both, side by side."""
        return np.concatenate([self.kind_sums, self.participant_sums], axis=1)

    def total(self, name: str) -> int:
        """Return a sum over all orders."""
        return int(self.kind_sums[self.names.index(name)].sum())


def cell_dimensions(key: I64) -> dict[str, I64]:
    """Return participant, hour, size and group of each cell."""
    return {
        "participant": key // PARTICIPANT_KEYS, "hour": key // 32 % 24, "size": key // 4 % 8, "group": groups_of(key),
    }  # fmt: skip


def groups_of(key: I64) -> I64:
    """Return the real fill group of each cell."""
    return key % 4


@lru_cache(maxsize=1024)  # many jobs of a run are of the same date
def _hours_of_day(zone: str, day: int) -> I64:
    """Return the local hour of each quarter of an hour of a UTC day, counted from 1970."""
    tz = ZoneInfo(zone)
    return np.array([datetime.fromtimestamp(day * 86_400 + q * 900, tz).hour for q in range(QUARTERS)])


def hour_table(zone: str, first: int, last: int) -> tuple[int, I64]:
    """Return the local hours of whole UTC days with quarters of an hour first .. last, and the first quarter."""
    days = range(first // QUARTERS, last // QUARTERS + 1)
    return days[0] * QUARTERS, np.concatenate([_hours_of_day(zone, day) for day in days])


def check_fits(name: str, reach: float) -> None:
    """Refuse sums that could leave 64 bits when they are merged with others."""
    if not reach < moments.FIXED_LIMIT:
        raise UserError(
            f"the sum of {name} of one partition may not fit 64 bits (about {reach:.1e}): a price or quantity is "
            "probably wrong, or price_decimals too large; run `inspect` on the partition"
        )


def check_reach(sums: I64) -> int:
    """Return the largest magnitude of any sum; refuse what may not fit."""
    reach = max(int(sums.max()), -int(sums.min())) if sums.size else 0
    check_fits("a column", reach)
    return reach
