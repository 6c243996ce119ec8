"""The sums of one combination of keys while partials go by: a row for each combination of labels that occurs.

Jobs come by security, then date, so rows by both, or by security, are complete long before the last job: what is kept
at a time is what a job, a security or the whole run has, never all that labels could make together. What is low or high
volatility of a security is known with its last job, so until then such rows are kept by ranges of the mid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from driver.config.combinations import PARTITION, Keys
from driver.sums.partial import Partial
from driver.sums.totals import Totals
from driver.sums.volatility import RANGES
from driver.tables.combinations.keyed_totals import KeyedTotals
from driver.tables.csv_text import Value
from driver.tables.grouping import DIMENSIONS, CodedSums, Dimensions, natural
from kernels.base.columns import I32, I64

SOURCES: Final = {  # sums by name, as `Dimensions.of_partial` has them, and the dimensions that they are known by
    "job": (), "hours": ("hour",), "cells": ("participant", "hour", "size", "group"),
    "marketability": ("marketability",), "conditions": ("phase", "spread", "volume_share"), "ranges": ("volatility",),
}  # fmt: skip
MIXED: Final = "mixed"  # those of all other keys together
JOB, SECURITY, RUN = range(3)  # what a row is complete with


@dataclass(slots=True)
class Combination:
    """Rows by some keys, in the order of their first sums."""

    keys: Keys
    dimensions: Dimensions
    names: tuple[str, ...]  # the keys as dimensions
    source: str
    rows_end: int
    rows: KeyedTotals
    ranges: KeyedTotals | None  # of the security whose partials go by, if volatility is a key
    met: list[tuple[I32, int, tuple[int, int]]] = field(default_factory=list)  # rows of these, job and its volumes
    security: int = 0  # of the last job

    @classmethod
    def of(cls, keys: Keys, dimensions: Dimensions) -> Self:
        """Return a combination without rows."""
        names = tuple(DIMENSIONS.get(key, key) for key in keys)
        by = [name for key, name in zip(keys, names, strict=True) if key not in PARTITION]
        source = next((source for source, known in SOURCES.items() if {*by} <= {*known}), MIXED)
        by.sort(key=lambda name: name != "participant")  # first, since these become more
        widths = {name: dimensions.count((name,)) for name in (*by, *(name for name in names if name == "date"))}
        is_ranged = "volatility" in widths
        ranges = KeyedTotals(widths | {"volatility": RANGES}) if is_ranged else None
        end = RUN if "security" not in names else JOB if "date" in names and not is_ranged else SECURITY
        return cls(keys, dimensions, names, source, end, KeyedTotals(widths), ranges)

    def add(self, sums: Mapping[str, CodedSums], partial: Partial, job: int) -> None:
        """Add the sums of a job of that number."""
        place, found = self.dimensions.place, sums[self.source]
        self.security = place["security"][partial.security]
        date = place["date"][partial.date]
        into = self.rows if self.ranges is None else self.ranges
        rows = into.rows_of({"date": np.full(len(found), date), **found.codes}, len(found), found.counted)
        apart = found.integers_by([name for name in into.widths if name != "date"])
        integers = None
        if apart is not None:
            integers = apart.sums, into.rows_of({"date": np.full(len(apart), date), **apart.codes}, len(apart))
        totals = into.merge(found.sums, rows, self.security, partial.conditions, integers)
        if self.ranges is None:
            totals.meet(rows, job, partial.volumes)
        else:
            self.met.append((rows, job, partial.volumes))

    def end_security(self, terciles: I64) -> None:
        """Sum ranges of the mid by their terciles, once all partials of a security have gone by."""
        if self.ranges is None:
            return
        totals, codes = self.ranges.take()
        met, self.met = self.met, []
        if totals is None:
            return
        codes["volatility"] = terciles[codes["volatility"]]
        rows = self.rows.rows_of(codes, len(codes["volatility"]))
        merged = self.rows.merge(totals, rows, self.security, totals, None)
        for ranged, job, volumes in met:
            merged.meet(rows[ranged], job, volumes)

    def taken(self) -> Iterator[tuple[list[Value], Totals, int]]:
        """Yield labels, totals and row where there are orders, sorted; after that there are no rows any more."""
        count = len(self.rows)
        totals, known = self.rows.take()
        if totals is None:
            return
        labels = {name: self.dimensions.labels(name) for name in self.names}
        codes = {name: of.tolist() for name, of in known.items()} | {"security": [self.security] * count}

        def rank(row: int) -> list[object]:
            others = ((name, codes[name][row]) for name in self.names if name not in ("security", "date"))
            return [codes["date"][row] if "date" in codes else 0] + [
                natural(str(labels[name][code])) if name == "participant" else code for name, code in others
            ]

        orders = totals.low[totals.names.index("orders"), :count]
        for row in sorted(np.flatnonzero(orders).tolist(), key=rank):
            yield [labels[name][codes[name][row]] for name in self.names], totals, row
