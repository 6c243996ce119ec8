"""The partial of a job, a small checked Arrow IPC file: `driver.job.job` writes one, `driver.tables` reads them all.

`pyarrow.ipc.open_file`, or whatever reads Arrow (feather), shows one record batch with a row a table: the four
kinds of cells, marginals of the first kind, histograms of orders and of savings, the largest orders, sums by kind of
order, participants of the market, fill times, then the parents where the input names any, and mixed cells where a run
asks for them. A table has so many ``keys`` and rows of as many integers: the keys themselves, where the histogram
entries of each end if it has any, and sums, as ``names`` calls them (JSON, of the first row). A row is in one of four
lists, of the narrowest type that holds it: ``width`` has the bytes of an integer of each row, 0 for a row of zeros. An
entry of a histogram is its code in the low ``code_bits`` (fill times: ``timed_code_bits``) and its count in the bits
above; where these are all set the count is the next of ``histogram_large``. ``moments`` are the means of cells, then
their co-moments, and the costs of the largest orders by scenario. ``facts`` (of the first row) is JSON with all that is
not an array. The schema's metadata has the version and the CRC-32 of the file without the checksum's digits. Equal
content gives equal bytes.

Nothing is compressed: LZ4 took three times as long as everything else that writing one does.
"""

import json
import os
from collections.abc import Sized
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from isal import isal_zlib

from driver.sums.partial import Partial
from driver.sums.partial_arrays import LISTS, Lists, packed
from driver.sums.partial_tables import facts_of, partial_of, tables_of
from kernels.base.columns import I64, U8, Array
from kernels.base.memory import Buffers
from tickstore.durable.files import atomic_write
from tickstore.errors import StoreError

PARTIAL_NAME = "partial.arrow"
PARTIAL_VERSION = 15
MAGIC = b"ARROW1"
_LISTS: Final = {name: pa.large_list(pa.from_numpy_dtype(kind)) for name, kind in LISTS.items()}
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_LAST: tuple[tuple[str, ...], str] = (), "[]"  # names of sums, and the text of them
_MARK = b"crc32="  # before the digits of the checksum, first in the schema at the start, last in the copy at the end
_DIGITS = 8
_ENDS: Final = 1 << 14  # bytes: the schema is in so many at either end
_READING = pa.ipc.IpcReadOptions(use_threads=False)
_WRITING = pa.ipc.IpcWriteOptions(use_threads=False)
_AGAIN = "run the job again with --resume=false"


def write_partial(partial: Partial, path: Path, buffers: Buffers | None = None) -> int:
    """Write a partial atomically; return its size in bytes. buffers : memory to make it in."""
    data = encode(partial, buffers)
    atomic_write(path, data)
    return len(data)


def encode(partial: Partial, buffers: Buffers | None = None) -> memoryview:
    """Return the content of a partial's file, which is good until ``buffers`` make another."""
    buffers = buffers or Buffers()
    tables, facts = tables_of(partial), _JSON.encode(facts_of(partial))
    lists = packed([*tables.values()], buffers)
    texts = _table_names(tuple(tables)), _first_of(_text_of(partial.marginals.names), tables), _first_of(facts, tables)
    columns = *texts, pa.array(lists.keys, pa.int64()), *map(_list_array, LISTS, lists.ends, lists.values)
    batch = pa.RecordBatch.from_arrays([*columns], schema=_schema(PARTIAL_VERSION))
    size = lists.nbytes + sum(text.nbytes for text in texts) + 2 * _ENDS
    with pa.FixedSizeBufferWriter(pa.py_buffer(buffers.take("partial.file", (size,), np.uint8))) as sink:
        with pa.ipc.new_file(sink, batch.schema, options=_WRITING) as writer:
            writer.write_batch(batch)
        content = buffers.take("partial.file", (sink.tell(),), np.uint8).data
    places = _digit_places(content)
    digits = _checksum(content, places)
    for place in places:
        content[place : place + _DIGITS] = digits
    return content


@lru_cache(maxsize=16)
def _table_names(tables: tuple[str, ...]) -> pa.Array:
    """Return the column of the names of tables."""
    return pa.array(tables)


def _first_of(text: str, tables: Sized) -> pa.Array:
    """Return a column with a text in the first row."""
    return pa.array([text] + [None] * (len(tables) - 1), pa.string())


def _text_of(names: tuple[str, ...]) -> str:
    """Return the names of sums as they are written: nearly always those of the last partial, which are kept.

    To look hundreds of names up would take as long as to write them.
    """
    global _LAST
    last, text = _LAST
    if names != last:
        text = _JSON.encode(names)
        _LAST = names, text
    return text


@lru_cache(maxsize=8)  # the same for nearly every partial of a run
def _names_in(text: str) -> tuple[str, ...]:
    """Return the names of sums that were written so."""
    return tuple(json.loads(text))


@lru_cache(maxsize=1)
def _schema(version: int) -> pa.Schema:
    """Return the schema of a partial; its checksum is not known yet."""
    kinds = {"table": pa.string(), "names": pa.string(), "facts": pa.string(), "keys": pa.int64()}
    return pa.schema(kinds | _LISTS, {"version": str(version), "checksum": _MARK + b"0" * _DIGITS})


def _list_array(name: str, ends: I64, values: Array) -> pa.Array:
    """Return lists of the values, which end where ``ends`` says: of this memory, without a look at it."""
    kind = _LISTS[name]
    flat = pa.Array.from_buffers(kind.value_type, len(values), [None, pa.py_buffer(values)])
    return pa.Array.from_buffers(kind, len(ends) - 1, [None, pa.py_buffer(ends)], children=[flat])


def _digit_places(content: memoryview) -> tuple[int, int]:
    """Return where the digits of the checksum begin, in the schema and in its copy; both the same if there is one.

    ValueError: there are none.
    """
    start, end = max(len(content) - _ENDS, 0), len(_MARK)
    return bytes(content[:_ENDS]).index(_MARK) + end, start + bytes(content[start:]).rindex(_MARK) + end


def _checksum(content: memoryview, places: tuple[int, int]) -> bytes:
    """Return the digits of the checksum of a file, which leaves them out."""
    first, second = places
    crc = isal_zlib.crc32(content[:first])
    crc = isal_zlib.crc32(content[first + _DIGITS : second], crc)
    return b"%08x" % isal_zlib.crc32(content[second + _DIGITS :], crc)


def read_partial(path: Path, buffers: Buffers | None = None) -> Partial:
    """Read and check a partial, into memory of its own; or of ``buffers``, where it is good until the next is read.

    Raises
    ------
    StoreError
        The file is missing, damaged, of another version or not a partial; the message says what to do.
    """
    buffers = buffers or Buffers()
    try:
        memory = _content(path, buffers)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}; {_AGAIN}") from None
    data = memory.data
    try:
        places = _digit_places(data if data[: len(MAGIC)] == MAGIC else data[:0])
    except ValueError:
        raise StoreError(f"{path} is not a partial of this program; {_AGAIN}") from None
    digits = _checksum(data, places)
    if any(data[place : place + _DIGITS] != digits for place in places):
        raise StoreError(f"{path} is damaged (checksum differs); {_AGAIN}")
    reader = pa.ipc.open_file(pa.py_buffer(data), options=_READING)
    version = int(reader.schema.metadata[b"version"])
    if version != PARTIAL_VERSION:
        raise StoreError(f"{path} is of version {version}, not {PARTIAL_VERSION}; run with --resume=false")
    batch = reader.get_batch(0)
    facts = json.loads(batch.column("facts")[0].as_py()) | {"names": _names_in(batch.column("names")[0].as_py())}
    return partial_of(facts, batch.column("table").to_pylist(), _lists(batch, memory), buffers)


def _content(path: Path, buffers: Buffers) -> U8:
    """Return the content of a file."""
    with path.open("rb", buffering=0) as file:
        memory = buffers.take("partial.file", (os.fstat(file.fileno()).st_size,), np.uint8)
        return memory[: file.readinto(memory.data)]


def _lists(batch: pa.RecordBatch, memory: U8) -> Lists:
    """Return the lists of a batch: where they were read to, since Arrow's own cannot be written."""
    ends, values = np.empty((len(LISTS), batch.num_rows + 1), np.int64), []
    first, kinds = memory.ctypes.data, [np.dtype(kind) for kind in LISTS.values()]
    for mine, kind, column in zip(ends, kinds, batch.columns[-len(LISTS) :], strict=True):
        _, offsets, _, buffer = column.buffers()
        mine[:] = memory[offsets.address - first :][: mine.nbytes].view(np.int64)
        size = int(mine[-1]) * kind.itemsize
        start = buffer.address - first if size else 0
        values.append(memory[start : start + size].view(kind))
    return Lists(ends, tuple(values), tuple(batch.column("keys").to_pylist()))
