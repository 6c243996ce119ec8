"""The partial of a job, a small checked Arrow IPC file: `driver.job.job` writes one, `driver.tables` reads them all.

`pyarrow.ipc.open_file`, or whatever reads Arrow (feather), shows one record batch with a row a table: the three
kinds of cells, then the parents where the input names any. Each array of ``driver.sums.cells`` is a flat list of the
narrowest type that holds a column; ``facts`` of the first row is JSON with all that is not an array. The schema's
metadata has the version and the CRC-32 of the file without the checksum's digits. Equal content gives equal bytes.
"""

import json
import zlib
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from driver.sums.cells import Cells
from driver.sums.parents import Parents
from tickstore.durable.files import atomic_write
from tickstore.errors import StoreError

PARTIAL_NAME = "partial.arrow"
PARTIAL_VERSION = 7
MAGIC = b"ARROW1"
_CELLS = ("cells", "conditions", "volatility")
_FACTS = (
    "security",
    "date",
    "fingerprint",
    "quality",
    "outliers",
    "participants",
    "intervals",
    "volumes",
    "parents_shown",
    "fidelity",
    "unfilled",
    "lifeless",
    "asked",
    "time_limits",
    "is_empty",
)
_TYPES: dict[str, Any] = {
    "key": np.int64, "sums": np.int64, "weight": np.float64, "mean": np.float64, "comoment": np.float64,
    "histogram_cell": np.int32, "histogram_code": np.int32, "histogram_count": np.int64,
}  # fmt: skip
_WIDTHS: tuple[Any, ...] = (np.int8, np.int16, np.int32, np.int64)
_MARK = b"crc32="  # before the digits of the checksum, first in the schema at the start, last in the copy at the end
_DIGITS = 8
_READING = pa.ipc.IpcReadOptions(use_threads=False)
# Files are a third larger than with zstd, and read and written in half the time, which is what counts.
_WRITING = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_AGAIN = "run the job again with --resume=false"


@dataclass(slots=True)
class Partial:
    """What one job adds to the tables."""

    security: str
    date: str
    fingerprint: str  # of the job that made it
    cells: Cells
    conditions: Cells  # the same orders by the market they met
    volatility: Cells  # and by the range of the mid around them
    quality: dict[str, int]
    outliers: list[dict[str, Any]]  # the job's most extreme orders, by column name
    participants: dict[str, str]  # code -> text, where participant ids are text; else empty
    intervals: list[int]  # how many intervals of the day have each range of the mid
    volumes: tuple[int, int] = (0, 0)  # shares traded on the market that day, and in the dark
    parents: Parents | None = None  # where the input names parents
    parents_shown: dict[str, str] = field(default_factory=dict)  # number -> id as written, where these differ
    # Where the dark book was replayed: counts of ``kernels.replay.fidelity``; by why they fill nothing under R how many
    # subjects there are, and what they ask for; by seconds in the dark the sums of `driver.tables.replay_tables`.
    fidelity: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, list[int]] = field(default_factory=dict)
    lifeless: int = 0  # subjects that fill nothing under R and rest for no time
    asked: int = 0  # subjects
    time_limits: dict[str, dict[str, int]] = field(default_factory=dict)
    is_empty: bool = False  # no order of the day is asked for: nothing of it counts, not even what is odd in it


def write_partial(partial: Partial, path: Path) -> int:
    """Write a partial atomically; return its size in bytes."""
    data = encode(partial)
    atomic_write(path, data)
    return len(data)


def encode(partial: Partial) -> bytes:
    """Return the content of a partial's file."""
    tables = {table: {name: getattr(getattr(partial, table), name) for name in _TYPES} for table in _CELLS}
    facts = {name: getattr(partial, name) for name in _FACTS}
    facts |= {"scenarios": partial.cells.scenarios, "names": partial.cells.names}
    if partial.parents is not None:
        tables["parents"] = {"sums": partial.parents.sums}
        facts["parents"] = partial.parents.names
    batch = _batch(tables, json.dumps(facts, sort_keys=True, separators=(",", ":")))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema, options=_WRITING) as writer:
        writer.write_batch(batch)
    content = bytearray(sink.getvalue())
    digits = _checksum(content)
    for place in _digit_places(content):
        content[place : place + _DIGITS] = digits
    return bytes(content)


def _batch(tables: dict[str, dict[str, NDArray[Any]]], facts: str) -> pa.RecordBatch:
    """Return the record batch of the arrays of each table."""
    columns = {"table": pa.array(list(tables)), "facts": pa.array([facts] + [None] * (len(tables) - 1))}
    for name, kind in _TYPES.items():
        parts = [np.ravel(arrays[name]) if name in arrays else np.empty(0, kind) for arrays in tables.values()]
        ends = np.array([0, *accumulate(map(len, parts))])
        columns[name] = pa.LargeListArray.from_arrays(pa.array(ends), pa.array(_narrow(np.concatenate(parts))))
    batch = pa.RecordBatch.from_pydict(columns)
    checksum = _MARK + b"0" * _DIGITS
    return batch.replace_schema_metadata({"version": str(PARTIAL_VERSION), "checksum": checksum})


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    """Return integers in the narrowest type that holds them all, which packs and unpacks faster; floats as given."""
    if array.dtype.kind != "i" or not array.size:
        return array
    reach = max(int(array.max()), ~int(array.min()))  # a type holds as many numbers below 0 as from 0 on
    return array.astype(next(kind for kind in _WIDTHS if reach <= np.iinfo(kind).max))


def _digit_places(content: bytes | bytearray) -> tuple[int, int]:
    """Return where the digits of the checksum begin, in the schema and in its copy; both the same if there is one."""
    return content.find(_MARK) + len(_MARK), content.rfind(_MARK) + len(_MARK)


def _checksum(content: bytes | bytearray) -> bytes:
    """Return the digits of the checksum of a file, which leaves them out."""
    first, second = _digit_places(content)
    view = memoryview(content)
    crc = zlib.crc32(view[:first])
    crc = zlib.crc32(view[first + _DIGITS : second], crc)
    return b"%08x" % zlib.crc32(view[second + _DIGITS :], crc)


def read_partial(path: Path) -> Partial:
    """Read and check a partial.

    Raises
    ------
    StoreError
        The file is missing, damaged, of another version or not a partial; the message says what to do.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}; {_AGAIN}") from None
    if not data.startswith(MAGIC) or _MARK not in data:
        raise StoreError(f"{path} is not a partial of this program; {_AGAIN}")
    digits = _checksum(data)
    if any(data[place : place + _DIGITS] != digits for place in _digit_places(data)):
        raise StoreError(f"{path} is damaged (checksum differs); {_AGAIN}")
    reader = pa.ipc.open_file(pa.py_buffer(data), options=_READING)
    version = int(reader.schema.metadata[b"version"])
    if version != PARTIAL_VERSION:
        raise StoreError(f"{path} is of version {version}, not {PARTIAL_VERSION}; run with --resume=false")
    return _decode(reader.get_batch(0))


def _lists(column: pa.LargeListArray, kind: Any) -> list[NDArray[Any]]:
    """Return the lists of a column, in writable memory: it is part of the types that kernels are compiled for."""
    whole = np.require(column.values.to_numpy(), kind, "W")
    return [whole[start:end] for start, end in pairwise(column.offsets.to_pylist())]


def _decode(batch: pa.RecordBatch) -> Partial:
    facts = json.loads(batch.column("facts")[0].as_py())
    columns = {name: _lists(batch.column(name), kind) for name, kind in _TYPES.items()}
    scenarios, names = tuple(facts["scenarios"]), tuple(facts["names"])
    cells, conditions, volatility = (
        _cells(scenarios, names, {name: lists[row] for name, lists in columns.items()}) for row in range(len(_CELLS))
    )
    parents = None
    if "parents" in facts:
        of_parents = tuple(facts["parents"])
        parents = Parents(scenarios, of_parents, columns["sums"][len(_CELLS)].reshape(len(of_parents), -1))
    given = {name: facts[name] for name in _FACTS} | {"volumes": tuple(facts["volumes"])}
    return Partial(**given, cells=cells, conditions=conditions, volatility=volatility, parents=parents)


def _cells(scenarios: tuple[str, ...], names: tuple[str, ...], flat: dict[str, NDArray[Any]]) -> Cells:
    """Return the cells of a table whose arrays are flat."""
    n, S = len(flat["key"]), len(scenarios)
    shapes = {"sums": (len(names), n), "weight": (n, 3), "mean": (n, 2, S), "comoment": (n, 2, S * (S + 1) // 2)}
    arrays = flat | {name: flat[name].reshape(shape) for name, shape in shapes.items()}
    return Cells(scenarios=scenarios, names=names, **arrays)
