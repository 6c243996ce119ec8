"""The dimensions that tables are cut by, and where each sum of a partial stands in them. `aggregate` is the caller.

A dimension has labels, and every sum a code: its place among the labels. So a row of any table is told by codes
alone, see `Rows` in `driver.tables.table_list`.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.plan.jobs import Job
from driver.sums.cells import Cells, Marginals, cell_dimensions
from driver.sums.conditions import CONDITIONS, condition_dimensions
from driver.sums.mixed.mixed_keys import MixedCells
from driver.sums.partial import Partial
from driver.sums.totals import NO_SECURITY, Totals
from driver.sums.volatility import RANGES, tercile_of
from driver.tables.csv_text import Value
from kernels.base.columns import I32, I64
from kernels.conventions import GROUP_NONE, GROUPS, SIZE_EDGES

HOURS = 24
DATE_HOUR: Final = "date_hour"  # both in one dimension
DIMENSIONS: Final = {"security_code": "security", "participant_id": "participant", "size_bucket": "size"}
Met = list[tuple[I64 | slice, tuple[int, int]]]  # which sums have orders of a partition, and its volumes
LEFT_OUT = -1  # the row of what a table does not count


@dataclass(frozen=True, slots=True)
class CodedSums:
    """Sums of a partial or a security, each with its code in the dimensions that are known of it.

    ``counted`` says which of them belong here; None: all. ``integers`` has their integer sums where these are kept
    apart, added up over what a table is not cut by.
    """

    sums: Cells | Totals
    codes: Mapping[str, I64]
    counted: NDArray[np.bool_] | None = None
    integers: "tuple[CodedIntegers, ...]" = ()
    entries: "CodedEntries | None" = None  # the histograms of totals that have none

    def __len__(self) -> int:
        """Return how many sums of a column there are."""
        return len(self.sums)

    def integers_by(self, by: Collection[str]) -> "CodedIntegers | None":
        """Return those that are known by all of ``by``; None: they are in the sums. ValueError: there are none."""
        for integers in self.integers:
            if all(name in integers.codes for name in by):
                return integers
        if self.integers:
            raise ValueError(f"no partial has integers by {' and '.join(by)}")
        return None


@dataclass(frozen=True, slots=True)
class CodedEntries:
    """Cells whose histograms alone are of interest, and their codes."""

    cells: Cells
    codes: Mapping[str, I64]

    def __len__(self) -> int:
        """Return how many cells there are."""
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class CodedIntegers:
    """Integer sums and the codes of what they are of."""

    sums: I64  # (columns, m)
    codes: Mapping[str, I64]

    @classmethod
    def of_kinds(cls, marginals: Marginals) -> "CodedIntegers":
        """Return those of all participants together."""
        codes = cell_dimensions(marginals.kind)
        codes |= {"all": np.zeros_like(marginals.kind), "group": codes["group"] - GROUPS[0]}
        del codes["participant"]
        return cls(marginals.kind_sums, codes)

    def unexecuted(self) -> "CodedIntegers":
        """Return those of orders without a fill."""
        chosen = self.codes["group"] == GROUP_NONE - GROUPS[0]
        return CodedIntegers(self.sums[:, chosen].copy(), {name: of[chosen] for name, of in self.codes.items()})

    def __len__(self) -> int:
        """Return how many sums of a column there are."""
        return int(self.sums.shape[1])


@dataclass(frozen=True, slots=True)
class PartialSums:
    """The sums of one job: all its orders in one row, and everything that tables are made of by name."""

    whole: Totals
    coded: Mapping[str, CodedSums]  # by the names that `Rows` has for them


class Dimensions:
    """Labels of every dimension of a run; participants, and hours of dates, are added as partials bring them."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        """Take securities in the order of the jobs, and dates in their own."""
        self.place: dict[str, dict[Value, int]] = {
            "security": _places(job.security for job in jobs),
            "date": _places(sorted({job.date for job in jobs})),
            "participant": {},  # in the order of their first partials
        }
        self._date_hours: dict[tuple[Value, ...], int] = {}  # in that order too: those with orders, a third of all
        self._labels: dict[str, Collection[Any]] = {
            "all": ["all"],
            "hour": range(HOURS),
            DATE_HOUR: self._date_hours,
            "size": size_labels(),
            "group": GROUPS,
            **CONDITIONS,
            **self.place,
        }
        self._ranges: Totals | None = None  # of the security whose partials go by, by the range of the mid
        self._intervals = np.zeros(RANGES, np.int64)  # of all its dates
        self._met = Met()  # by its partials

    def count(self, by: Sequence[str]) -> int:
        """Return how many rows the combinations of the labels of ``by`` are; a dimension that grows stands alone."""
        return math.prod([len(self._labels[name]) for name in by])

    def labels(self, name: str) -> list[Value]:
        """Return the labels of a dimension, each at the place that its code says."""
        return list(self._labels[name])

    def combinations(self, by: Sequence[str]) -> list[tuple[Value, ...]]:
        """Return the labels of those rows."""
        return [*self._date_hours] if by == (DATE_HOUR,) else list(product(*(self._labels[name] for name in by)))

    def integers(self, found: CodedSums, by: Sequence[str], start: int) -> tuple[I64, I32] | None:
        """Return the integer sums of tables cut by ``by``, and the row of each; None: they are in the sums."""
        integers = found.integers_by(by)
        return None if integers is None else (integers.sums, self.rows(integers, by, start))

    def rows(self, found: CodedSums | CodedIntegers | CodedEntries, by: Sequence[str], start: int) -> I32:
        """Return the row of each sum, counted from ``start``; `LEFT_OUT` for what is not counted.

        found : n sums; the result is (n,).
        """
        if not by:
            row = np.full(len(found), start)
        else:
            row = found.codes[by[0]]
            for name in by[1:]:
                row = row * len(self._labels[name]) + found.codes[name]
            row = row + start if start else row
        if isinstance(found, CodedSums) and found.counted is not None:
            row = np.where(found.counted, row, LEFT_OUT)
        return row.astype(np.int32, copy=False)

    def of_partial(self, partial: Partial) -> PartialSums:
        """Return the sums of one job."""
        cells, conditions = partial.cells, partial.conditions
        security, date = self.place["security"][partial.security], self.place["date"][partial.date]
        codes = cell_dimensions(cells.key)
        counted = codes["group"] == GROUP_NONE
        codes |= {"all": np.zeros_like(cells.key), "group": codes["group"] - GROUPS[0]}
        known = self._participant_codes(partial)
        who = {"participant": known}
        codes["participant"] = known[np.searchsorted(partial.marginals.participant, codes["participant"])]
        kinds = CodedIntegers.of_kinds(partial.marginals)
        integers = [kinds, CodedIntegers(partial.marginals.participant_sums, who)]
        if cells.names == partial.marginals.names:
            integers.append(CodedIntegers(cells.sums, codes))
        of_cells = CodedSums(cells, codes, None, tuple(integers))
        # The job as a whole and by hour are summed once, then added to each table that has them: but for histograms by
        # hour, of which most would be 0.
        whole, hours = Totals.empty(conditions, 1), Totals.empty(conditions, HOURS, quantiles=False)
        hours.add(cells, codes["hour"].astype(np.int32), security, self.integers(of_cells, ("hour",), 0))
        none = hours.low[:, :0], np.zeros(0, np.int32)
        whole.add(cells, np.zeros(len(cells), np.int32), security, none)
        whole.low[:, 0], whole.high[:, 0] = hours.low.sum(axis=1), hours.high.sum(axis=1)
        self._keep_ranges(partial, security)
        met, known_hours = hours.security != NO_SECURITY, self._date_hours
        date_hours = [known_hours.setdefault((partial.date, hour), len(known_hours)) if is_met else LEFT_OUT
                      for hour, is_met in enumerate(met.tolist())]  # fmt: skip
        coded = {
            "job": CodedSums(whole, {"security": np.array([security]), "date": np.array([date])}),
            "hours": CodedSums(
                hours,
                {"hour": np.arange(HOURS), DATE_HOUR: np.array(date_hours)},
                met,
                entries=CodedEntries(cells, codes),
            ),
            "cells": of_cells,
            "unexecuted": CodedSums(cells, codes, counted, (kinds.unexecuted(),)),
            "conditions": CodedSums(conditions, condition_dimensions(conditions.key)),
            "marketability": CodedSums(partial.marketability, {"marketability": partial.marketability.key}),
            "ranges": CodedSums(partial.volatility, {"volatility": partial.volatility.key}),
        }
        if partial.mixed is not None:
            coded["mixed"] = CodedSums(partial.mixed.cells, self._mixed_codes(partial.mixed, partial, known))
        return PartialSums(whole, coded)

    def of_security(self) -> tuple[dict[str, CodedSums], Met]:
        """Return the sums of a security whose partials, which follow each other, are all added, and what they met."""
        if self._ranges is None:
            raise ValueError("a security has at least one partial")
        ranges, self._ranges = self._ranges, None
        met, self._met = self._met, Met()
        codes = {"volatility": tercile_of(self._intervals.tolist()).astype(np.int64)}
        self._intervals[:] = 0
        return {"security": CodedSums(ranges, codes, ranges.security != NO_SECURITY)}, met

    def _participant_codes(self, partial: Partial) -> I64:
        """Return the code of each participant of a partial, in the order of its own numbers."""
        names = [participant_name(partial, number) for number in partial.marginals.participant.tolist()]
        known = self.place["participant"]
        return np.array([known.setdefault(name, len(known)) for name in names], np.int64)

    @staticmethod
    def _mixed_codes(mixed: MixedCells, partial: Partial, known: I64) -> dict[str, I64]:
        """Return the codes of mixed cells; known : the code of each of the partial's participants."""
        codes = {DIMENSIONS.get(key, key): of for key, of in mixed.codes().items()}
        if "participant" in codes:
            codes["participant"] = known[np.searchsorted(partial.marginals.participant, codes["participant"])]
        if "group" in codes:
            codes["group"] = codes["group"] - GROUPS[0]
        return codes

    def _keep_ranges(self, partial: Partial, security: int) -> None:
        if self._ranges is None:
            self._ranges = Totals.empty(partial.volatility, RANGES)
        self._ranges.add(partial.volatility, partial.volatility.key.astype(np.int32), security)
        self._intervals += np.asarray(partial.intervals, np.int64)
        self._met.append((partial.volatility.key.copy(), partial.volumes))


def _places(labels: Iterable[Value]) -> dict[Value, int]:
    return {label: place for place, label in enumerate(dict.fromkeys(labels))}


def participant_name(partial: Partial, participant: int) -> str:
    """Return a participant as the input named it."""
    return partial.participants.get(str(participant), str(participant))


def natural(label: str) -> tuple[bool, int, str]:
    """Sort key: whole numbers by value, then text (decisions 27)."""
    return (not label.isdecimal(), int(label) if label.isdecimal() else 0, label)


def size_labels() -> list[str]:
    """Return the names of the order-size buckets: 1-100, 101-500, ..., 50001+."""
    low = [1, *(edge + 1 for edge in SIZE_EDGES)]
    return [f"{a}-{b}" for a, b in zip(low, SIZE_EDGES, strict=False)] + [f"{low[-1]}+"]
