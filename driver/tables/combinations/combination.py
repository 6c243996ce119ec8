"""The sums of one combination of keys while partials go by: a row for each combination of labels that occurs.

Jobs come by security, then date, so rows by both, or by security, are complete long before the last job: what is kept
at a time is what a job, a security or the whole run has, never all that labels could make together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from driver.config.combinations import PARTITION, Keys
from driver.sums.partial_file import Partial
from driver.sums.totals import Totals
from driver.tables.csv_text import Value
from driver.tables.grouping import LEFT_OUT, CodedSums, Dimensions, natural
from kernels.base.columns import I32, I64

DIMENSIONS: Final = {
    "security_code": "security",
    "participant_id": "participant",
    "size_bucket": "size",
}  # if not alike
SOURCES: Final = {  # sums by name, as `Dimensions.of_partial` has them, and the dimensions that they are known by
    "job": (), "hours": ("hour",), "cells": ("participant", "hour", "size", "group"),
    "marketability": ("marketability",), "conditions": ("phase", "spread", "volume_share"),
}  # fmt: skip
JOB, SECURITY, RUN = range(3)  # what a row is complete with


@dataclass(slots=True)
class Combination:
    """Rows by some keys, in the order of their first sums.

    A row is known by its date, 0 where that is no key, and a number for its codes in the dimensions ``by``.
    """

    keys: Keys
    dimensions: Dimensions
    names: tuple[str, ...]  # the keys as dimensions
    by: tuple[str, ...]  # without security and date; a participant first, since these become more
    source: str
    rows_end: int
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    totals: Totals | None = None
    security: int = 0  # of the last job

    @classmethod
    def of(cls, keys: Keys, dimensions: Dimensions) -> Self:
        """Return a combination without rows; its keys can stand together."""
        names = tuple(DIMENSIONS.get(key, key) for key in keys)
        by = (name for key, name in zip(keys, names, strict=True) if key not in PARTITION)
        ordered = tuple(sorted(by, key=lambda name: name != "participant"))
        source = next(source for source, known in SOURCES.items() if set(ordered) <= set(known))
        end = JOB if set(PARTITION) <= set(keys) else SECURITY if "security" in names else RUN
        return cls(keys, dimensions, names, ordered, source, end)

    def add(self, sums: Mapping[str, CodedSums], partial: Partial, job: int) -> None:
        """Add the sums of a job of that number."""
        place, found = self.dimensions.place, sums[self.source]
        self.security = place["security"][partial.security]
        date = place["date"][partial.date] if "date" in self.names else 0
        rows = self._rows_of(found.codes, len(found.sums), date, found.counted)
        apart = found.integers_by(self.by)
        integers = None if apart is None else (apart.sums, self._rows_of(apart.codes, len(apart), date))
        if self.totals is None:
            self.totals = Totals.empty(partial.conditions, 1, quantiles=False)
        self.totals.grow(len(self.rows))
        self.totals.merge(found.sums, rows, self.security, integers)
        self.totals.meet(rows, job, partial.volumes)

    def _rows_of(self, codes: Mapping[str, I64], n: int, date: int, counted: NDArray[np.bool_] | None = None) -> I32:
        """Return the row of each of n sums, a new one where labels meet for the first time."""
        number = np.zeros(n, np.int64)
        for name in self.by:
            number = number * self.dimensions.count((name,)) + codes[name]
        chosen = np.ones(n, np.bool_) if counted is None else counted
        distinct, each = np.unique(number[chosen], return_inverse=True)
        found = [self.rows.setdefault((date, one), len(self.rows)) for one in distinct.tolist()]
        rows = np.full(n, LEFT_OUT, np.int32)
        rows[chosen] = np.array(found, np.int32)[each]
        return rows

    def taken(self) -> Iterator[tuple[list[Value], Totals, int]]:
        """Yield labels, totals and row where there are orders, sorted; after that there are no rows any more."""
        totals, rows, self.totals, self.rows = self.totals, self.rows, None, {}
        if totals is None:
            return
        codes, labels = self._codes(rows), {name: self.dimensions.labels(name) for name in self.names}

        def rank(row: int) -> list[object]:
            others = ((name, codes[name][row]) for name in self.names if name not in ("security", "date"))
            return [codes["date"][row]] + [
                natural(str(labels[name][code])) if name == "participant" else code for name, code in others
            ]

        orders = totals.low[totals.names.index("orders"), : len(rows)]
        for row in sorted(np.flatnonzero(orders).tolist(), key=rank):
            yield [labels[name][codes[name][row]] for name in self.names], totals, row

    def _codes(self, rows: Mapping[tuple[int, int], int]) -> dict[str, list[int]]:
        """Return the codes of rows in every dimension."""
        known = np.array([*rows], np.int64).reshape(-1, 2)  # of a day of trades alone there are none
        codes = {"security": [self.security] * len(rows), "date": known[:, 0].tolist()}
        if self.by:
            shape = [self.dimensions.count((name,)) for name in self.by]
            codes |= zip(self.by, map(np.ndarray.tolist, np.unravel_index(known[:, 1], shape)), strict=True)
        return codes
