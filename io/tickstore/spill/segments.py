"""Parsed rows on their way to partitions: a byte range of input is one segment of a log, columns in partition order.

Written by parse tasks, read by build tasks. A segment is blocks of narrow columns, then a directory, then a trailer
that says where that is. A column of a block is stored as unsigned integers above its least value, in 0, 1, 2, 4 or 8
bytes an item. The segments of a small conversion stay in memory.
"""

import json
import mmap
import struct
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np

from kernels.base.columns import I32, I64, Array
from tickstore.day.schema import Key
from tickstore.errors import StoreError
from tickstore.input.fields import NOT_COLUMNS
from tickstore.input.packed_names import name_text
from tickstore.spill.logs import Segment
from tickstore.spill.partition_rows import gather_wide, number_partitions, place_rows, scatter_narrow
from tickstore.times.stated_dates import StatedDates
from tickstore.times.trade_dates import TradeCalendar, day_text
from tickstore.times.trade_days import trade_days

BLOCK_ROWS: Final = 1 << 18
_TRAILER: Final = struct.Struct("<16sQQ")
_MAGIC: Final = b"darkreplay spill"
_MOST_KEYS: Final = 1 << 18  # partitions in one byte range


@dataclass(slots=True)
class _Block:
    rows: int
    widths: list[int]
    bases: list[int]
    offsets: list[int]  # of the columns in the segment, in bytes


class SpillWriter:
    """Write blocks of parsed rows as one segment. Buffers are used for every block."""

    def __init__(self, target: BinaryIO, names: tuple[str, ...], calendar: TradeCalendar) -> None:
        """Write to ``target`` the columns ``names`` of every block; all but ``NOT_COLUMNS`` are stored."""
        self._target = target
        self._calendar = calendar
        self._stored = tuple(name for name in names if name not in NOT_COLUMNS)
        self._offset = 0
        self._blocks: list[_Block] = []
        self._entries: list[I64] = []
        self._known = 0
        self._table = np.full(4 * _MOST_KEYS, -1, np.int32)
        self._key_security = np.empty(_MOST_KEYS + BLOCK_ROWS, np.int64)
        self._key_day = np.empty(_MOST_KEYS + BLOCK_ROWS, np.int32)
        self._buffer = np.empty(0, np.uint8)
        self.weekend_rows = 0
        self.dates = StatedDates(calendar)

    def add(self, columns: dict[str, I64]) -> None:
        """Append a block of at most ``BLOCK_ROWS`` rows."""
        rows = len(columns["timestamp"])
        if rows == 0:
            return
        day, number = np.empty(rows, np.int32), np.empty(rows, np.int32)
        calendar = self._calendar
        weekend = trade_days(
            columns["timestamp"], calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, day
        )
        self.weekend_rows += int(weekend)  # kernels run as plain Python return numpy's integers
        if "trade_date" in columns:
            self.dates.compare(columns["trade_date"], day)
        with np.errstate(over="ignore"):
            known = number_partitions(
                columns["security"], day, self._table, self._key_security, self._key_day, self._known, number
            )
        self._known = int(known)
        if self._known > _MOST_KEYS:
            raise StoreError(f"more than {_MOST_KEYS} partitions in one part of the input: use a smaller chunk_size_mb")
        starts = np.empty(self._known + 1, np.int64)
        position = np.empty(rows, np.int32)
        place_rows(number, starts, position)
        present = np.flatnonzero(np.diff(starts))
        block = np.full(len(present), len(self._blocks))
        entries = np.column_stack([present, block, starts[present], starts[present + 1] - starts[present]])
        self._entries.append(entries.astype(np.int64, copy=False))
        self._blocks.append(self._write_block(columns, position, len(present) == 1))

    def _write_block(self, columns: dict[str, I64], position: I32, in_place: bool) -> _Block:
        rows = len(position)
        if (most := (rows + 8) * 8 * len(self._stored)) > len(self._buffer):  # no larger: fresh memory takes time
            self._buffer = np.empty(most, np.uint8)
        block = _Block(rows, [], [], [])
        used = 0
        for name in self._stored:
            values = columns[name]
            least = int(values.min())
            width = _width(int(values.max()) - least)
            block.widths.append(width)
            block.bases.append(least)
            block.offsets.append(self._offset + used)
            if width == 0:
                continue
            out = self._buffer[used : used + rows * width].view(f"u{width}")
            if in_place:
                np.subtract(values, least, out=out.view(f"i{width}"), casting="unsafe")
            else:
                scatter_narrow(values, position, least, out)
            used += -(-rows * width // 8) * 8
        self._write(self._buffer[:used].data)
        self._offset += used
        return block

    def _write(self, content: memoryview) -> None:
        """Write all of it: a disk that is full, if only for a moment, may take a part and call it a success."""
        while content:
            content = content[self._target.write(content) :]

    def finish(self, long_texts: dict[int, str]) -> list[tuple[Key, int]]:
        """Append directory and trailer and return the rows of each key."""
        keys = [
            (name_text(int(self._key_security[k]), long_texts), day_text(self._key_day[k])) for k in range(self._known)
        ]
        entries = np.concatenate(self._entries) if self._entries else np.empty((0, 4), np.int64)
        entries = entries[np.argsort(entries[:, 0], kind="stable")]
        blocks = np.array([[b.rows, *b.widths, *b.bases, *b.offsets] for b in self._blocks], np.int64)
        head = {"columns": self._stored, "keys": keys, "blocks": len(self._blocks), "entries": len(entries)}
        text = json.dumps(head).encode()
        text += b" " * (-len(text) % 8)
        start = self._offset
        self._write(memoryview(text + blocks.tobytes() + entries.tobytes()))
        self._write(memoryview(_TRAILER.pack(_MAGIC, start, len(text))))
        counts = np.bincount(entries[:, 0], entries[:, 3], minlength=len(keys)).astype(np.int64)
        return list(zip(keys, counts.tolist(), strict=True))


def _width(span: int) -> int:
    """Return how many bytes hold numbers from 0 to ``span``."""
    if span == 0:
        return 0
    return 1 if span < 1 << 8 else 2 if span < 1 << 16 else 4 if span < 1 << 32 else 8


@dataclass(slots=True)
class Spill:
    """A finished segment, mapped."""

    columns: tuple[str, ...]
    keys: dict[Key, int]
    _views: tuple[Array, Array, Array, Array]
    _blocks: I64
    _entries: I64
    _first: I64 = field(init=False)
    _last: tuple[Key, I64, I64] | None = None  # the partition read last, its entries and their blocks

    def __post_init__(self) -> None:
        self._first = np.searchsorted(self._entries[:, 0], np.arange(len(self.keys) + 1))

    def read(self, key: Key, name: str, out: I64) -> None:
        """Fill ``out`` with a column of a partition, in the order of the input."""
        column, n = self.columns.index(name), len(self.columns)
        if self._last is None or self._last[0] != key:  # column after column of one partition is read
            entries = self._of(key)
            self._last = key, entries, self._blocks[entries[:, 1]]
        _, entries, blocks = self._last
        width = blocks[:, 1 + column]
        segments = np.empty((len(entries), 4), np.int64)
        segments[:, 0] = blocks[:, 1 + 2 * n + column] // np.maximum(width, 1) + entries[:, 2]
        segments[:, 1], segments[:, 2], segments[:, 3] = width, entries[:, 3], blocks[:, 1 + n + column]
        with np.errstate(over="ignore"):  # a span of 2 ** 63 and more wraps twice
            gather_wide(segments, *self._views, out)

    def locate(self, key: Key, row: int) -> tuple[int, int]:
        """Return the block of a row of a partition, and its number among the block's rows of that partition."""
        for _, block, _, rows in self._of(key).tolist():
            if row < rows:
                return block, row
            row -= rows
        raise IndexError(row)

    def _of(self, key: Key) -> I64:
        number = self.keys[key]
        return self._entries[self._first[number] : self._first[number + 1]]


def open_spill(source: Segment | bytes) -> Spill:
    """Map a segment, or take it from memory.

    StoreError: it is not whole.
    """
    if isinstance(source, bytes):
        data: mmap.mmap | bytes = source
    else:
        with open(source.path, "rb") as file:  # noqa: PTH123 - a str already
            data = mmap.mmap(file.fileno(), source.length, access=mmap.ACCESS_READ, offset=source.offset)
    size = len(data)
    magic, start, length = _TRAILER.unpack_from(data, size - _TRAILER.size)
    if magic != _MAGIC:
        where = source.path if isinstance(source, Segment) else "memory"
        raise StoreError(f"{where}: rows on their way to day files are damaged; run the conversion again")
    head = json.loads(data[start : start + length])
    n = len(head["columns"])
    raw = np.frombuffer(data, np.uint8)
    words = np.frombuffer(data, np.int64, (size - start - length - _TRAILER.size) // 8, start + length)
    split = head["blocks"] * (1 + 3 * n)
    blocks = words[:split].reshape(head["blocks"], 1 + 3 * n)
    entries = words[split : split + 4 * head["entries"]].reshape(-1, 4)
    whole = raw[: size // 8 * 8]
    views = (raw, whole.view(np.uint16), whole.view(np.uint32), whole.view(np.uint64))
    keys = {(security, date): number for number, (security, date) in enumerate(head["keys"])}
    return Spill(tuple(head["columns"]), keys, views, blocks, entries)


def is_whole(segment: Segment) -> bool:
    """Return whether a segment is in its log to the end."""
    try:
        with open(segment.path, "rb") as file:  # noqa: PTH123 - a str already
            file.seek(segment.offset + segment.length - _TRAILER.size)
            trailer = file.read(_TRAILER.size)
            return len(trailer) == _TRAILER.size and trailer.startswith(_MAGIC)
    except OSError:
        return False
