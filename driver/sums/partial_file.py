"""The partial of a job, a small checked Arrow IPC file: `driver.job.job` writes one, `driver.tables` reads them all.

`pyarrow.ipc.open_file`, or whatever reads Arrow (feather), shows one record batch with a row a table: the four
kinds of cells, the marginals of the first kind, histograms of orders and of savings, the largest orders, fill times,
then the parents where the input names any, and mixed cells where a run asks for them. Each array of
``driver.sums.cells`` is a flat list; sums are in one of four lists each, of the narrowest type that holds them all, as
``sum_bytes`` says of each name. ``facts`` of the first row is JSON with all that is not an array. The schema's metadata
has the version and the CRC-32 of the file without the checksum's digits. Equal content gives equal bytes.

Nothing is packed: LZ4 halves the file, and took three times as long as everything else that writing one does.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import fields
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from isal import isal_zlib
from numpy.typing import NDArray

from driver.sums.cells import COUNTED, Cells, Marginals
from driver.sums.mixed.mixed_keys import MixedCells
from driver.sums.orders.fill_times import FillTimes
from driver.sums.orders.histograms import BucketCounts
from driver.sums.outliers import Outliers
from driver.sums.parents import Parents
from driver.sums.partial import Partial
from driver.sums.partial_arrays import SUMS, WIDTHS, Bytes, Room, joined, keyed_sums, narrow_sums, wide_sums
from kernels.base.columns import I64
from tickstore.durable.files import atomic_write
from tickstore.errors import StoreError

PARTIAL_NAME = "partial.arrow"
PARTIAL_VERSION = 14
MAGIC = b"ARROW1"
_CELLS = ("cells", "conditions", "volatility", "marketability")
_COUNTS = ("histograms", "savings")
_BY_KIND, _BY_PARTICIPANT = "marginals_by_kind", "marginals_by_participant"
_FACTS = (
    "security", "date", "fingerprint", "quality", "participants", "intervals", "volumes", "parents_shown", "fidelity",
    "unfilled", "lifeless", "asked", "time_limits", "is_empty", "market", "market_participants", "split", "ranks",
    "kinds", "deals", "contra", "sensitivity",
)  # fmt: skip
_TYPES: Final[dict[str, Any]] = {
    "sum_bytes": np.int8, **dict(zip(SUMS.values(), WIDTHS, strict=True)),
    "key": np.int64, "mean": np.float64, "comoment": np.float64, "cost": np.float64,
    "histogram_start": np.int64, "histogram_code": np.int32, "histogram_count": np.int32,
}  # fmt: skip
_NARROWED: Final = {name for name, kind in _TYPES.items() if kind in WIDTHS and name not in SUMS.values()}
_KINDS: Final = {pa.from_numpy_dtype(kind): np.dtype(kind) for kind in (*WIDTHS, np.float64)}
_ARROW: Final = {kind: arrow for arrow, kind in _KINDS.items()}
_MARK = b"crc32="  # before the digits of the checksum, first in the schema at the start, last in the copy at the end
_DIGITS = 8
_ENDS: Final = 1 << 14  # bytes: the schema is in so many at either end
_READING = pa.ipc.IpcReadOptions(use_threads=False)
_CELL_ARRAYS: Final = tuple(one.name for one in fields(Cells) if one.name in _TYPES)
_TIME_ARRAYS: Final = tuple(one.name for one in fields(FillTimes) if one.name in _TYPES)
_AGAIN = "run the job again with --resume=false"


def write_partial(partial: Partial, path: Path) -> int:
    """Write a partial atomically; return its size in bytes."""
    data = encode(partial)
    atomic_write(path, data)
    return len(data)


def encode(partial: Partial) -> memoryview:
    """Return the content of a partial's file."""
    tables = {table: _arrays(getattr(partial, table)) for table in _CELLS}
    marginals = partial.marginals
    tables[_BY_KIND] = {"key": marginals.kind} | narrow_sums(marginals.kind_sums)
    tables[_BY_PARTICIPANT] = {"key": marginals.participant} | narrow_sums(marginals.participant_sums)
    facts = {name: getattr(partial, name) for name in _FACTS}
    facts |= {"scenarios": partial.cells.scenarios, "names": marginals.names, "outliers": partial.outliers.names}
    for name in _COUNTS:
        counts: BucketCounts = getattr(partial, name)
        tables[name] = {"histogram_code": counts.code, "histogram_count": counts.count}
    tables["outliers"] = narrow_sums(partial.outliers.columns) | {"cost": partial.outliers.cost}
    if (times := partial.fill_times) is not None:
        tables["fill_times"] = {name: getattr(times, name) for name in _TYPES if hasattr(times, name)}
        facts["timed"] = times.scenarios
    if partial.parents is not None:
        tables["parents"] = narrow_sums(partial.parents.sums)
        facts["parents"] = partial.parents.names
    if partial.mixed is not None:
        tables["mixed"] = _arrays(partial.mixed.cells)
        facts["mixed"] = partial.mixed.keys
    batch = _batch(tables, json.dumps(facts, sort_keys=True, separators=(",", ":")))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema, options=pa.ipc.IpcWriteOptions(use_threads=False)) as writer:
        writer.write_batch(batch)
    content = memoryview(sink.getvalue()).cast("B")
    places = _digit_places(content)
    digits = _checksum(content, places)
    for place in places:
        content[place : place + _DIGITS] = digits
    return content


def _arrays(cells: Cells) -> dict[str, NDArray[Any]]:
    """Return the arrays of a table of cells."""
    return {name: getattr(cells, name) for name in _TYPES if hasattr(cells, name)} | narrow_sums(cells.sums)


def _batch(tables: dict[str, dict[str, NDArray[Any]]], facts: str) -> pa.RecordBatch:
    """Return the record batch of the arrays of each table."""
    columns = {"table": pa.array(list(tables)), "facts": pa.array([facts] + [None] * (len(tables) - 1))}
    for name, kind in _TYPES.items():
        sizes = [arrays[name].size if name in arrays else 0 for arrays in tables.values()]
        values = joined(kind, [arrays[name] for arrays in tables.values() if name in arrays], name in _NARROWED)
        columns[name] = _list_array(np.array([0, *accumulate(sizes)]), values)
    batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    checksum = _MARK + b"0" * _DIGITS
    return batch.replace_schema_metadata({"version": str(PARTIAL_VERSION), "checksum": checksum})


def _list_array(ends: I64, values: NDArray[Any]) -> pa.Array:
    """Return lists of the values, which end where ``ends`` says: of this memory, without a look at it."""
    kind = _ARROW[values.dtype]
    flat = pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
    return pa.Array.from_buffers(pa.large_list(kind), len(ends) - 1, [None, pa.py_buffer(ends)], children=[flat])


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


def read_partial(path: Path, room: Room | None = None) -> Partial:
    """Read and check a partial, into memory of its own; or into ``room``, where it is good until the next is read.

    Raises
    ------
    StoreError
        The file is missing, damaged, of another version or not a partial; the message says what to do.
    """
    try:
        memory = _content(path, room or Room())
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
    return _decode(reader.get_batch(0), memory)


def _content(path: Path, room: Room) -> Bytes:
    """Return the content of a file."""
    with path.open("rb", buffering=0) as file:
        memory = room.of(os.fstat(file.fileno()).st_size)
        return memory[: file.readinto(memory.data)]


def _lists(batch: pa.RecordBatch, memory: Bytes) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the lists of each table of a batch: where they were read to, since Arrow's own cannot be written."""
    tables: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in batch.column("table").to_pylist()}
    first, size = memory.ctypes.data, (len(tables) + 1) * np.dtype(np.int64).itemsize
    for name, column in zip(_TYPES, batch.columns[-len(_TYPES) :], strict=True):
        _, offsets, _, buffer = column.buffers()
        start = offsets.address - first
        ends = memory[start : start + size].view(np.int64).tolist()
        kind = _KINDS[column.type.value_type]
        start = buffer.address - first if ends[-1] else 0
        values = memory[start : start + ends[-1] * kind.itemsize].view(kind)
        for lists, low, high in zip(tables.values(), ends, ends[1:], strict=False):
            lists[name] = values[low:high]
    return tables


def _decode(batch: pa.RecordBatch, memory: Bytes) -> Partial:
    """Return the partial of a batch, which shares its memory."""
    facts, tables = json.loads(batch.column("facts")[0].as_py()), _lists(batch, memory)
    scenarios, names = tuple(facts["scenarios"]), tuple(facts["names"])
    cost = tables["outliers"]["cost"].reshape(len(scenarios), -1)
    largest = Outliers(wide_sums(tables["outliers"]), cost, facts["outliers"])
    counts = {name: BucketCounts(*(tables[name][f"histogram_{of}"] for of in ("code", "count"))) for name in _COUNTS}
    times, parents = None, None
    if "timed" in facts:
        times = FillTimes(tuple(facts["timed"]), *_wide(tables["fill_times"], _TIME_ARRAYS))
    if "parents" in facts:
        parents = Parents(scenarios, tuple(facts["parents"]), wide_sums(tables["parents"]))
    given: dict[str, Any] = {name: facts[name] for name in _FACTS} | {"volumes": tuple(facts["volumes"])}
    named = {name: COUNTED if len(tables[name]["sum_bytes"]) == len(COUNTED) else names for name in _CELLS}
    given |= {name: _cells(scenarios, named[name], tables[name]) for name in _CELLS}
    sums = [part for name in (_BY_KIND, _BY_PARTICIPANT) for part in keyed_sums(tables[name])]
    given |= {"marginals": Marginals(names, *sums), "fill_times": times} | counts
    if "mixed" in facts:
        given["mixed"] = MixedCells(tuple(facts["mixed"]), _cells(scenarios, names, tables["mixed"]))
    return Partial(**given, outliers=largest, parents=parents)


def _wide(lists: dict[str, NDArray[Any]], names: Sequence[str]) -> list[NDArray[Any]]:
    """Return lists by name, each of the type that it was before it was narrowed."""
    return [lists[name].astype(_TYPES[name], copy=False) for name in names]


def _cells(scenarios: tuple[str, ...], names: tuple[str, ...], lists: dict[str, NDArray[Any]]) -> Cells:
    """Return the cells of a table."""
    n, S = len(lists["key"]), len(scenarios)
    key, mean, comoment, *entries = _wide(lists, _CELL_ARRAYS)
    moments = mean.reshape(n, S), comoment.reshape(n, S * (S + 1) // 2)
    return Cells(scenarios, names, key, wide_sums(lists, n), *moments, *entries)
