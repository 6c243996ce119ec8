"""Columns of text to numbers, for counting: what cannot be read is null, and nothing is refused.

`batches` gives the text; the parser decides for good when files are converted.
"""

import hashlib
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kernels.base.columns import F64, I32, I64
from kernels.conventions import NULL
from tickstore.input.readings import Reading
from tickstore.inspect.batches import Batch, FileHead
from tickstore.parse.odd_lines import LineRules, read_cells
from tickstore.parse.plan import line_rules
from tickstore.times.reject_error import RejectError
from tickstore.times.trade_dates import LATEST_TIME, TradeCalendar
from tickstore.times.trade_days import trade_days
from tickstore.times.written_times import parse_time

U64 = NDArray[np.uint64]
_WHOLE: Final = r"^([+-]?\d{1,18}|[1-8]\d{18})(\.0*)?$"
_ID: Final = r"^\d{1,19}$"
_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
# Epochs by their size, as the parser tells them: (from, below, ns in a unit).
_UNITS: Final = ((0, 9 * 10**9, 10**9), (10**11, 10**14, 10**6), (10**14, 10**17, 10**3), (10**17, 2**63 - 1, 1))
_LARGEST_PRICE: Final = 1e15


def whole_numbers(texts: Any) -> I64:
    """Return whole numbers, NULL where there is none."""
    fits = pc.fill_null(pc.match_substring_regex(texts, _WHOLE), False)
    digits = pc.replace_substring_regex(pc.if_else(fits, texts, None), r"\.0*$", "")
    numbers: I64 = _numpy(pc.fill_null(digits.cast(pa.int64()), NULL), np.int64)
    return numbers


def prices(texts: Any) -> F64:
    """Return prices as they are written, nan where there is none or it is no price that can be."""
    fits = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    values: F64 = _numpy(pc.fill_null(pc.if_else(fits, texts, None).cast(pa.float64()), np.nan), np.float64)
    return np.where(np.abs(values) < _LARGEST_PRICE, values, np.nan)


def times(head: FileHead, batch: Batch, zone: str) -> I64:
    """Return the timestamps of rows in ns UTC, NULL where there is no time a store takes."""
    texts = batch.texts.get("timestamp", pa.nulls(batch.rows, pa.string()))
    reading = head.readings.get("timestamp")
    if head.source is None or reading is None or not (reading.clock or reading.format or reading.unit):
        return usual_times(texts, zone)
    rules = line_rules(head.source, zone)
    dates = batch.texts.get("date of timestamp", pa.array([reading.date] * batch.rows, pa.string()))
    plain = replace(reading, words=(), column=0, date_column=1 if reading.date_column >= 0 else -1)
    known: dict[tuple[str | None, str | None], int] = {}
    found = np.empty(batch.rows, np.int64)
    for n, pair in enumerate(zip(texts.to_pylist(), dates.to_pylist(), strict=True)):
        if pair not in known:
            known[pair] = _stated_time(pair, plain, rules)
        found[n] = known[pair]
    return found


def _stated_time(pair: tuple[str | None, str | None], reading: Reading, rules: LineRules) -> int:
    try:
        return read_cells([text or "" for text in pair], reading, rules, {})
    except RejectError:
        return NULL


def usual_times(texts: Any, zone: str) -> I64:
    """Return ns UTC of times that say themselves what they are, NULL where there is none a store takes."""
    numbers = whole_numbers(texts) if not _has_points(texts) else np.full(len(texts), NULL)
    found = np.full(len(texts), NULL)
    for low, high, unit in _UNITS:
        here = (numbers >= low) & (numbers < high)
        found[here] = numbers[here] * unit
    left = np.flatnonzero((found == NULL) & ~_numpy(pc.is_null(texts), np.bool_))
    if len(left):  # not an epoch of digits alone
        written = texts.take(pa.array(left)).dictionary_encode()
        each = np.array([_time(text, zone) for text in written.dictionary.to_pylist()], np.int64)
        found[left] = each[_numpy(written.indices, np.int64)]
    found[(found < 0) | (found >= LATEST_TIME)] = NULL
    return found


def _has_points(texts: Any) -> bool:
    return bool(pc.any(pc.match_substring(texts, ".")).as_py())


def _time(text: str, zone: str) -> int:
    try:
        return parse_time(text, zone)
    except RejectError:
        return NULL


def dates_of(stamps: I64, calendar: TradeCalendar) -> I32:
    """Return the trade date of each time, days since 1970; the times must be readable."""
    days = np.empty(len(stamps), np.int32)
    trade_days(stamps, calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days)
    return days


def order_keys(ids: Any, securities: I32) -> U64:
    """Return a number for each order of a security, the same for the same texts; a null id gives 0.

    securities : (n,) int32, codes of the securities.
    """
    plain = pc.fill_null(pc.match_substring_regex(ids, _ID), False)
    numbers = _numpy(pc.fill_null(pc.if_else(plain, ids, None).cast(pa.uint64()), 0), np.uint64).copy()
    left = np.flatnonzero(~_numpy(plain, np.bool_) & ~_numpy(pc.is_null(ids), np.bool_))
    if len(left):  # ids that are text
        written = ids.take(pa.array(left)).dictionary_encode()
        each = np.array([_text_number(text) for text in written.dictionary.to_pylist()], np.uint64)
        numbers[left] = each[_numpy(written.indices, np.int64)]
    mixed = _mixed(numbers ^ _mixed(securities.astype(np.uint64) + np.uint64(1)))
    mixed[mixed == 0] = 1
    mixed[_numpy(pc.is_null(ids), np.bool_)] = 0
    return mixed


def groups(keys: NDArray[Any]) -> tuple[I64, I64]:
    """Return where each group of equal neighbours begins and ends, [start, stop)."""
    if len(keys) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return starts, np.append(starts[1:], len(keys))


def _text_number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _mixed(numbers: U64) -> U64:
    """Return numbers whose every bit depends on all bits (the finish of splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _numpy(array: Any, kind: Any) -> Any:
    return array.to_numpy(zero_copy_only=False).astype(kind, copy=False)
