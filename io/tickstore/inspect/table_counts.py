"""Counts over the rows of a table: securities, dates, codes, when trading was continuous. `folder` adds its batches."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kernels.base.columns import I32, I64
from kernels.conventions import DEAL_LIT, NULL
from tickstore.inspect.batches import Batch
from tickstore.inspect.codes import MEANINGS, UNKNOWN
from tickstore.inspect.findings import CodeFinding
from tickstore.inspect.values import dates_of, groups, whole_numbers
from tickstore.times.trade_dates import TradeCalendar

_MOST_CODES: Final = 1000  # of a column; beyond them it is no column of codes
_DAYS: Final = 1 << 20  # more than any day number


class Securities:
    """A number for each security met in any table, in the order in which they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def coded(self, texts: Any) -> I32:
        """Return the number of each row's security, -1 where there is none."""
        written = texts.dictionary_encode()
        each = [self.numbers.setdefault(text, len(self.numbers)) for text in written.dictionary.to_pylist()]
        numbers: I32 = np.array([*each, -1], np.int32)
        places: I32 = pc.fill_null(written.indices, -1).to_numpy(zero_copy_only=False)
        return numbers[places]

    @property
    def names(self) -> list[str]:
        """Return the securities by number."""
        return list(self.numbers)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and when the rows of a batch are."""

    security: I32
    stamp: I64  # ns UTC, NULL where unreadable
    day: I32  # trade date, days since 1970, where the time can be read


@dataclass(slots=True)
class TableCounts:
    """What is counted of one table."""

    table: str
    securities: set[int] = field(default_factory=set)
    days: set[int] = field(default_factory=set)  # security x _DAYS + day
    codes: dict[str, Counter[str]] = field(default_factory=dict)
    unreadable_times: int = 0
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)  # of continuous prints, by security and day

    def add(self, batch: Batch, stamp: I64, securities: Securities, calendar: TradeCalendar) -> Placed:
        """Count a batch and return where its rows are. ``stamp`` : ns UTC, NULL where unreadable."""
        security = securities.coded(batch.texts.get("security", pa.nulls(batch.rows, pa.string())))
        readable = stamp != NULL
        day = np.full(batch.rows, -1, np.int32)
        day[readable] = dates_of(stamp[readable], calendar)
        self.unreadable_times += int((~readable).sum())
        self.securities.update(np.unique(security).tolist())
        placed = readable & (security >= 0)
        self.days.update(np.unique(security[placed].astype(np.int64) * _DAYS + day[placed]).tolist())
        for name in MEANINGS:
            if name in batch.texts:
                self._count(name, batch.texts[name])
        found = Placed(security, stamp, day)
        if self.table == "trades":
            self._add_spans(found, placed, batch)
        return found

    def _count(self, name: str, texts: Any) -> None:
        counted = self.codes.setdefault(name, Counter())
        for pair in pc.value_counts(texts).to_pylist():
            if len(counted) < _MOST_CODES or pair["values"] in counted:
                counted[pair["values"] or ""] += pair["counts"]

    def _add_spans(self, found: Placed, placed: Any, batch: Batch) -> None:
        """Note the first and the last continuous print of each security and day; without deal sources, of any."""
        if "deal_source" in batch.texts:
            placed = placed & np.isin(whole_numbers(batch.texts["deal_source"]), DEAL_LIT)
        keys = found.security[placed].astype(np.int64) * _DAYS + found.day[placed]
        stamps = found.stamp[placed]
        order = np.lexsort((stamps, keys))
        keys, stamps = keys[order], stamps[order]
        first, stop = groups(keys)
        for key, low, high in zip(keys[first].tolist(), stamps[first].tolist(), stamps[stop - 1].tolist(), strict=True):
            known = self.spans.get(key, (low, high))
            self.spans[key] = min(known[0], low), max(known[1], high)

    def code_findings(self, name: str) -> tuple[CodeFinding, ...]:
        """Return the codes of a field, most rows first."""
        counted = self.codes.get(name, Counter())
        return tuple(_finding(name, code, rows) for code, rows in sorted(counted.items(), key=lambda c: (-c[1], c[0])))


def security_and_day(key: int) -> tuple[int, int]:
    """Return what a key of ``days`` and ``spans`` is made of."""
    return divmod(key, _DAYS)


def security_day(security: int, day: int) -> int:
    """Return the key of a security on a day."""
    return security * _DAYS + day


def meets(own: Iterable[int], other: Iterable[int]) -> list[int]:
    """Return the securities of the one that the other lacks, those without a name apart."""
    return sorted(set(own) - set(other) - {-1})


def _finding(name: str, code: str, rows: int) -> CodeFinding:
    if not code:
        return CodeFinding("", rows, "not stated", True)
    try:
        meaning = MEANINGS[name](int(code))
    except ValueError:
        meaning = UNKNOWN
    return CodeFinding(code, rows, meaning, UNKNOWN not in meaning)
