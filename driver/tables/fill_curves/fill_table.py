"""fill_curves.csv: how orders end over the time they wait, really and under each replayed scenario.

`aggregate` hands over the partials as they go by, those of a security after each other. Rows of all orders have every
edge of the grid and every scenario with times. Rows of parts of them, of which there are many, have two edges a decade,
and neither the placebo nor R's bounds, which judge the replay as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driver.sums.merging import SecurityCounts
from driver.sums.orders.fill_times import FillTimes
from driver.sums.partial import Partial
from driver.tables.column_guide import header
from driver.tables.columns.lines import table_of
from driver.tables.columns.quotients import Column
from driver.tables.csv_text import text
from driver.tables.fill_curves.curve_guide import COLUMNS, NAME
from driver.tables.fill_curves.estimates import CAUSES, curves
from driver.tables.grouping import natural, participant_name
from driver.tables.replay_words import ALL
from kernels.base.columns import I64
from kernels.conventions import BOUNDS, GROUPS, NS_PER_SECOND
from kernels.sums import histograms
from kernels.sums.fill_times import BINS, CODES, EDGES, FATES, KEYS_OF_PARTICIPANT, LOOKS, SIDES, UNKNOWN

SECONDS: Final[list[float]] = (EDGES / NS_PER_SECOND).tolist()
# Of each edge the first one with a 1 or a 3 before its zeros that is not below it.
FEW_EDGES: Final = np.array([b for b, edge in enumerate(EDGES.tolist()) if str(edge).rstrip("0") in ("", "1", "3")])
OF_ALL_ALONE: Final = ("P", *BOUNDS)  # the placebo, and the bounds of R
SIDE_CODES: Final = (1, 2)  # as the exchange's files write them
AT_ONCE: Final = 64  # labels whose curves are worked out together
Counts = tuple[str, str, I64]  # breakdown, value, (width,)


@dataclass(slots=True)
class Growing:
    """Counts by label, a row each, all of one width."""

    width: int
    place: dict[str, int] = field(default_factory=dict)
    rows: I64 = field(init=False)

    def __post_init__(self) -> None:
        """Start with room for a few labels."""
        self.rows = np.zeros((8, self.width), np.int64)

    def places(self, labels: list[str]) -> I64:
        """Return the row of each label."""
        found = np.array([self.place.setdefault(label, len(self.place)) for label in labels], np.int64)
        if len(self.place) > len(self.rows):
            more = np.zeros((2 * len(self.place) - len(self.rows), self.width), np.int64)
            self.rows = np.concatenate([self.rows, more])
        return found

    def items(self) -> Iterator[tuple[str, I64]]:
        """Return labels and their rows, whole numbers first."""
        return ((label, self.rows[self.place[label]]) for label in sorted(self.place, key=natural))


@dataclass(slots=True)
class FillCurveSums:
    """The counts of the jobs of a run: of groups and sides, by date, by participant, by security."""

    scenarios: tuple[str, ...] = ()
    outcomes: I64 = field(default_factory=lambda: np.zeros((0, 0), np.int64))  # (group x side, width)
    dates: Growing = field(init=False)
    participants: Growing = field(init=False)
    securities: SecurityCounts = field(init=False)

    def add(self, partial: Partial) -> None:
        """Add what a job counted."""
        times = partial.fill_times
        if times is None or not len(times.key):
            return
        if not self.scenarios:
            self._start(times)
        participants, outcome = np.divmod(times.key, KEYS_OF_PARTICIPANT)
        names = [participant_name(partial, number) for number in participants.tolist()]
        person = self.participants.places(names)
        date = np.full(len(person), self.dates.places([partial.date])[0])
        into = (
            (outcome, self.outcomes), (person, self.participants.rows), (date, self.dates.rows),
            (np.zeros_like(date), self.securities.of(partial.security)[None, :]),
        )  # fmt: skip
        for row, rows in into:
            histograms.merge_histograms(
                row.astype(np.int32), times.histogram_start, times.histogram_code, times.histogram_count, rows
            )

    def _start(self, times: FillTimes) -> None:
        self.scenarios = times.scenarios
        width = len(times.scenarios) * len(LOOKS) * CODES
        self.outcomes, self.securities = np.zeros((KEYS_OF_PARTICIPANT, width), np.int64), SecurityCounts(width)
        self.dates, self.participants = Growing(width), Growing(width)

    def tables(self) -> dict[str, bytes]:
        """Return the file, by name; none where no order lived in continuous trading."""
        if not self.scenarios:
            return {}
        of_all, *parts = self._counts()
        shown = [s for s, scenario in enumerate(self.scenarios) if scenario not in OF_ALL_ALONE]
        several = (parts[first : first + AT_ONCE] for first in range(0, len(parts), AT_ONCE))
        blocks = [
            _curves([of_all], self.scenarios, range(len(self.scenarios)), None),
            *(_curves(some, self.scenarios, shown, FEW_EDGES) for some in several),
        ]
        before = [text for texts, _ in blocks for text in texts]
        columns = [np.concatenate(of) for of in zip(*(of for _, of in blocks), strict=True)]
        return {NAME: table_of(header(COLUMNS), before, columns)}

    def _counts(self) -> list[Counts]:
        """Return the counts of every label, in the order of their rows."""
        outcomes = self.outcomes.reshape(len(GROUPS), SIDES, -1)
        counts: list[Counts] = [(ALL, ALL, outcomes.sum(axis=(0, 1)))]
        counts += [("group", str(group), of) for group, of in zip(GROUPS, outcomes.sum(axis=1), strict=True)]
        counts += [("side", str(side), of) for side, of in zip(SIDE_CODES, outcomes.sum(axis=0), strict=True)]
        counts += [("security_code", security, of) for security, of in self.securities.items()]
        for name, growing in (("date", self.dates), ("participant_id", self.participants)):
            counts += [(name, label, of) for label, of in growing.items()]
        return counts


def _curves(
    labels: Sequence[Counts], scenarios: Sequence[str], chosen: Sequence[int], edges: NDArray[np.intp] | None
) -> tuple[list[str], list[Column]]:
    """Return what the rows of some labels begin with, and the columns behind that.

    chosen : scenarios to show; edges : the bins to end at. There is a row for each interval in which an order ended.
    """
    shape = len(labels), len(scenarios), len(LOOKS), CODES
    counts = np.stack([of for _, _, of in labels]).reshape(shape)[:, [*chosen]]
    known = counts[..., UNKNOWN] == 0
    events, seconds = counts[known][:, :UNKNOWN].reshape(-1, len(FATES), BINS), np.array(SECONDS)
    if edges is not None:
        events, seconds = np.add.reduceat(events, np.append(0, edges[:-1] + 1), axis=2), seconds[edges]
    found, shown = curves(events), events.sum(axis=1) > 0
    texts = [
        ",".join(map(text, (breakdown, value, scenarios[s], look)))
        for breakdown, value, _ in labels for s in chosen for look in LOOKS
    ]  # fmt: skip
    each = zip(compress(texts, known.ravel().tolist()), shown.sum(axis=1).tolist(), strict=True)
    counted = found.at_risk, *(events[:, fate] for fate in range(len(FATES)))
    rates = *(found.incidence[:, cause] for cause in range(len(CAUSES))), found.filled, found.low, found.high
    columns = [np.broadcast_to(seconds, shown.shape), *counted, *rates]
    return [text for text, rows in each for _ in range(rows)], [column[shown] for column in columns]
