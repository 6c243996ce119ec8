"""A Parquet file of orders, written block by block: a block is a row group, a column of it one page.

Arrow writes the schema, as in any file of its own. The rows are written here: its writer takes 7 ns a value however it
is told to write, which for the columns of an order is more than measuring it. Integers and times are differences in few
bits, words places in a dictionary; floats stand as they are, packed where that pays. Each page has a checksum.
"""

import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import IO, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from isal import isal_zlib
from pyarrow import parquet, types

from driver.job.order_arrays import Shown
from kernels.base.columns import U8, Array, readonly
from kernels.pages import heads, pages

# Numbers of Parquet's own description, parquet.thrift, and of Thrift's compact form.
INT32, INT64, DOUBLE, BYTES = 1, 2, 5, 6
STORED, LZ4 = 0, 7
INTEGERS, TEXTS, STRUCTURES = 5, 8, 12  # what lists are of
NO_ROWS: Final = b"\x16\x00\x19\x0c"  # of a file's description: no rows, no row groups
PACKER: Final = pa.Codec("lz4_raw")
# Bytes of a column that tell whether it is worth packing: of the first block of a file that has enough to tell by.
SAMPLE, LEAST_SAMPLE = 8 << 10, 1 << 10
WORTH: Final = 0.5  # it is where they shrink to this share: packing what shrinks less takes longer than writing it
NONE: Final = readonly(np.zeros(0, np.uint8))


class Words(NamedTuple):
    """A dictionary as a page, and its words as bytes."""

    of: pa.Array
    page: U8
    plain: list[bytes]


class Scratch:
    """Where a column of a block of so many rows becomes a page."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.page = np.empty(pages.room_of(rows), np.uint8)
        self.flags = np.empty(rows // 8 + 1, np.uint64)
        self.kept = np.empty(rows, np.int64)
        self.work = np.empty(pages.GROUP, np.int64)


class ParquetOrders:
    """Writes blocks of columns to an open binary file."""

    def __init__(self, handle: IO[Any]) -> None:
        """Start without rows."""
        self._handle = handle
        self._written = self._rows = 0
        self._groups: list[bytes] = []
        self._ends = b"", b""  # of the file's description, what stands before its rows and behind
        self._leads: dict[str, U8] = {}
        self._words: dict[str, Words] = {}
        self._packed: dict[str, bool] = {}  # which columns of floats are
        self._scratch = Scratch(0)
        self._block, self._size = np.empty(1 << 20, np.uint8), 0  # the pages of a block, one behind the other
        self._facts = np.zeros(pages.FACTS, np.int64)
        least, largest = (readonly(self._facts[row : row + 1].view(np.uint8)) for row in (pages.LEAST, pages.LARGEST))
        self._extremes = (least, largest), (least[:4], largest[:4])  # as 64 bits, and as 32
        self._note = np.empty(256, np.uint8)

    def write(self, columns: Mapping[str, Shown]) -> None:
        """Append a block; the first one, which may be empty, fixes the columns."""
        if not self._written:
            self._start(pa.schema({name: shown.kind for name, shown in columns.items()}))
        rows = len(next(iter(columns.values())).values)
        if rows == 0:
            return
        if self._scratch.rows < rows:
            self._scratch = Scratch(rows)
        self._size = 0
        notes, sizes = zip(*(self._column(name, shown) for name, shown in columns.items()), strict=True)
        told = (number(2 * n) for n in (sum(sizes), rows, self._written, self._size))
        self._groups.append(b"\x19%b\x16%b\x16%b\x26%b\x16%b\x00" % (list_of(STRUCTURES, notes), *told))
        self._rows += rows
        self._put(self._block[: self._size].data)

    def close(self) -> None:
        """Finish the stream; the file itself stays open."""
        if self._written:
            before, after = self._ends
            footer = b"%b\x16%b\x19%b%b" % (before, number(2 * self._rows), list_of(STRUCTURES, self._groups), after)
            self._put(footer + struct.pack("<i4s", len(footer), b"PAR1"))

    def _start(self, schema: pa.Schema) -> None:
        self._ends, self._leads = described(schema), {field.name: lead_of(field) for field in schema}
        self._put(b"PAR1")

    def _put(self, data: bytes | memoryview) -> None:
        self._handle.write(data)
        self._written += len(data)

    def _column(self, name: str, shown: Shown) -> tuple[bytes, int]:
        """Add a column to a block; return its description, and its size before packing."""
        if shown.words is not None:
            return self._places(name, shown)
        return self._floats(name, shown) if types.is_floating(shown.kind) else self._integers(name, shown)

    def _floats(self, name: str, shown: Shown) -> tuple[bytes, int]:
        scratch = self._scratch
        pages.float_page(_plain(shown.values, np.float64).view(np.int64), scratch.flags, scratch.page, self._facts)
        first, end, known = self._facts[:3].tolist()
        data = scratch.page[first:end]
        if 8 * known >= LEAST_SAMPLE and name not in self._packed:
            sample = data[len(data) - 8 * known :][:SAMPLE].data
            self._packed[name] = len(PACKER.compress(sample, asbytes=True)) <= WORTH * len(sample)
        if self._packed.get(name):
            return self._add(name, np.frombuffer(PACKER.compress(data.data, asbytes=True), np.uint8), LZ4)
        return self._add(name, data, STORED)

    def _integers(self, name: str, shown: Shown) -> tuple[bytes, int]:
        scratch, narrow = self._scratch, shown.kind.bit_width < 64
        values = _plain(shown.values, np.int64)
        pages.integer_page(values, narrow, scratch.flags, scratch.kept, scratch.work, scratch.page, self._facts)
        first, end = self._facts[:2].tolist()
        return self._add(name, scratch.page[first:end], STORED, *self._extremes[narrow])

    def _places(self, name: str, shown: Shown) -> tuple[bytes, int]:
        words = self._words.get(name)
        if words is None or not words.of.equals(shown.words):
            words = self._words[name] = self._learn(shown.words)
        rows, plain = len(shown.values), words.plain
        is_one = len(plain) == 1
        places = self._scratch.kept[:rows] if is_one else _plain(shown.values, np.int64)  # of one nobody looks at them
        pages.place_page(places, (len(plain) - 1).bit_length(), self._scratch.page, self._facts)
        first, end = self._facts[:2].tolist()
        used = plain if is_one else [plain[place] for place in np.flatnonzero(np.bincount(places)).tolist()]
        least, largest = (np.frombuffer(word, np.uint8) for word in (min(used), max(used)))
        return self._add(name, self._scratch.page[first:end], STORED, least, largest, words.page)

    def _learn(self, words: pa.Array) -> Words:
        if types.is_date(words.type):
            plain = [struct.pack("<i", day) for day in words.cast(pa.int32()).to_pylist()]
            data = b"".join(plain)
        else:
            plain = [word.encode() for word in words.to_pylist()]
            data = b"".join(struct.pack("<i", len(word)) + word for word in plain)
        size = heads.put_dictionary_header(len(data), signed_checksum(data), len(plain), self._note)
        return Words(words, np.frombuffer(self._note[:size].tobytes() + data, np.uint8), plain)

    def _add(
        self, name: str, data: U8, codec: int, least: U8 = NONE, largest: U8 = NONE, dictionary: U8 = NONE
    ) -> tuple[bytes, int]:
        """Add a column to a block, a dictionary and a page; return its description, and its size before packing."""
        start, lead = self._written + self._size, self._leads[name]
        self._reserve(len(dictionary) + heads.HEADER + len(data), len(lead) + len(least) + len(largest))
        at = self._size + len(dictionary)
        self._block[self._size : at] = dictionary
        written, places = (len(data), signed_checksum(data), codec), (start, len(dictionary))
        heads.put_page(self._facts, written, places, lead, least, largest, self._block, at, self._note)
        at, told, raw = self._facts[pages.PLACE :].tolist()
        self._size = at + len(data)
        self._block[at : self._size] = data
        return self._note[:told].tobytes(), raw

    def _reserve(self, size: int, told: int) -> None:
        if self._size + size > len(self._block):
            self._block = np.append(self._block, np.empty(len(self._block) + size, np.uint8))
        if told + heads.DESCRIPTION > len(self._note):
            self._note = np.empty(told + heads.DESCRIPTION, np.uint8)


def _plain(values: Array, kind: type[np.generic]) -> Array:
    """Return values of the one type and layout that kernels are compiled for: as they are where they have it."""
    return values if values.dtype == kind and values.flags.carray else values.astype(kind, order="C")


def signed_checksum(data: bytes | U8) -> int:
    """Return the CRC-32 of data, its highest bit the sign."""
    checksum = isal_zlib.crc32(data)
    return checksum - (checksum >> 31 << 32)


def number(n: int) -> bytes:
    """Return a number without sign, 7 bits a byte."""
    return bytes([n & 127 | 128]) + number(n >> 7) if n > 127 else bytes([n])


def list_of(kind: int, items: Sequence[bytes]) -> bytes:
    """Return a list of Thrift."""
    n = len(items)
    return (bytes([n << 4 | kind]) if n < 15 else bytes([15 << 4 | kind]) + number(n)) + b"".join(items)


@lru_cache(maxsize=8)
def described(schema: pa.Schema) -> tuple[bytes, bytes]:
    """Return how Arrow describes a file without rows: what stands before their number, and behind it and row groups."""
    sink = pa.BufferOutputStream()
    parquet.ParquetWriter(sink, schema).close()
    before, _, after = sink.getvalue().to_pybytes()[4:-8].partition(NO_ROWS)
    if NO_ROWS in after:
        raise RuntimeError(f"columns cannot be described, their names are too strange: {', '.join(schema.names)}")
    return before, after


@cache
def is_known() -> bool:
    """Return whether Arrow describes a file without rows in the way that ``described`` takes apart."""
    _, after = described(pa.schema([("rows", pa.int64())]))
    return bool(after)


@lru_cache(maxsize=1024)
def lead_of(field: pa.Field) -> U8:
    """Return how the description of a column of a row group starts: its type, encodings and name."""
    encodings: tuple[int, ...] = pages.PLAIN, pages.RLE, pages.PLACES
    if types.is_dictionary(field.type) or types.is_date(field.type):
        kind = BYTES if types.is_dictionary(field.type) else INT32
    elif types.is_floating(field.type):
        kind, encodings = DOUBLE, (pages.RLE, pages.PLAIN)
    else:
        kind, encodings = INT64 if field.type.bit_width == 64 else INT32, (pages.RLE, pages.DIFFERENCES)
    name = field.name.encode()
    told = list_of(INTEGERS, [number(2 * encoding) for encoding in encodings])
    path = list_of(TEXTS, [number(len(name)) + name])
    return np.frombuffer(b"\x26\x00\x1c\x15%b\x19%b\x19%b" % (number(2 * kind), told, path), np.uint8)
