"""The partial of a job: its cells, data-quality counts and outliers in one small checked file.

Layout: magic, length and text of a JSON header, then the arrays the header lists, each on a multiple of
8 bytes: floats as they are, integers compressed together; then the CRC-32 of all before it. Integers are stored
in as few bytes as their largest value needs, sums row by row, and co-moments only of cells that have any.
Equal content gives equal bytes, and nothing in it depends on when, where or by whom the job ran.
"""

import json
import math
import struct
import zlib
from bisect import bisect_left
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from driver.sums.cells import Cells
from driver.sums.parents import Parents
from kernels.base.columns import I64
from tickstore.durable.files import atomic_write
from tickstore.errors import StoreError

PARTIAL_NAME = "partial.bin"
PARTIAL_VERSION = 2
MAGIC = b"DRPARTL\n"
_ARRAYS = tuple(field.name for field in fields(Cells) if field.name not in ("scenarios", "names", "sums"))
_TYPES: dict[str, Any] = {
    "key": np.int64, "histogram_cell": np.int32, "histogram_code": np.int32, "histogram_count": np.int64,
}  # fmt: skip
_STORED = (*_ARRAYS, "spread", *(f"{kind}{w}" for w in range(4) for kind in ("rows", "sums")))
_CUBES = ("cells", "conditions", "volatility")
_CODEC = pa.Codec("zstd", compression_level=1)  # inflates several times faster than zlib, which is what counts
_WIDTHS: tuple[Any, ...] = (np.int8, np.int16, np.int32, np.int64)
_MOST = tuple(int(np.iinfo(kind).max) for kind in _WIDTHS[:-1])  # that each but the widest holds


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
    parents: Parents | None = None  # where the input names parents


def write_partial(partial: Partial, path: Path) -> int:
    """Write a partial atomically; return its size in bytes."""
    data = encode(partial)
    atomic_write(path, data)
    return len(data)


def encode(partial: Partial) -> bytes:
    """Return the content of a partial's file."""
    arrays = {
        f"{cube}.{name}": array for cube in _CUBES for name, array in _cube_arrays(getattr(partial, cube)).items()
    }
    if partial.parents is not None:
        arrays |= {f"parents.{name}": array for name, array in _narrow_rows(partial.parents.sums).items()}
    arrays = dict(sorted(arrays.items(), key=lambda item: item[1].dtype.kind == "i"))  # floats first
    floats = b"".join(array.tobytes() for array in arrays.values() if array.dtype.kind == "f")
    whole = _together([array for array in arrays.values() if array.dtype.kind == "i"])
    header = {
        "whole": len(whole),
        "version": PARTIAL_VERSION,
        "security": partial.security,
        "date": partial.date,
        "fingerprint": partial.fingerprint,
        "scenarios": partial.cells.scenarios,
        "names": partial.cells.names,
        "quality": partial.quality,
        "outliers": partial.outliers,
        "participants": partial.participants,
        "intervals": partial.intervals,
        "parents": partial.parents.names if partial.parents else None,
        "arrays": [[name, array.dtype.str, array.shape] for name, array in arrays.items()],
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    body = (
        MAGIC + struct.pack("<qq", len(text), len(floats)) + text + floats + _CODEC.compress(whole.data, asbytes=True)
    )
    checked: bytes = body + struct.pack("<q", zlib.crc32(body))
    return checked


def _cube_arrays(cells: Cells) -> dict[str, NDArray[Any]]:
    arrays = {name: _narrow(np.ascontiguousarray(getattr(cells, name))) for name in _ARRAYS}
    spread = np.flatnonzero(cells.weight[:, 0] > 1)  # one order has no spread
    return arrays | _narrow_rows(cells.sums) | {"spread": _narrow(spread), "comoment": cells.comoment[spread]}


def _together(arrays: list[NDArray[Any]]) -> NDArray[np.uint8]:
    """Return the bytes of arrays one behind the other, each on a multiple of 8."""
    whole, place = np.zeros(sum(array.nbytes + -array.nbytes % 8 for array in arrays), np.uint8), 0
    for array in arrays:
        whole[place : place + array.nbytes].view(array.dtype)[:] = array.ravel()
        place += array.nbytes + -array.nbytes % 8
    return whole


def _width(column: NDArray[Any]) -> int:
    """Return which of _WIDTHS holds every value of an integer array."""
    flat = column.reshape(-1)
    low, high = (int(np.minimum.reduce(flat)), int(np.maximum.reduce(flat))) if column.size else (0, 0)
    return bisect_left(_MOST, max(high, ~low))  # a type holds as many numbers below 0 as from 0 on


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(_WIDTHS[_width(array)]) if array.dtype.kind == "i" else array


def _narrow_rows(sums: I64) -> dict[str, NDArray[Any]]:
    """Return the rows of the sums by width: for each width their places and values."""
    low, high = (sums.min(axis=1), sums.max(axis=1)) if sums.size else np.zeros((2, len(sums)), np.int64)
    width = np.searchsorted(_MOST, np.maximum(high, ~low))
    arrays: dict[str, NDArray[Any]] = {}
    for w, kind in enumerate(_WIDTHS):
        rows = (width == w).nonzero()[0]
        arrays |= {f"rows{w}": rows.astype(np.int16), f"sums{w}": sums[rows].astype(kind)}
    return arrays


def read_partial(path: Path) -> Partial:
    """Read and check a partial; a damaged or foreign one is a StoreError that says what to do."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}; run the job again with --resume=false") from None
    if len(data) < len(MAGIC) + 24 or not data.startswith(MAGIC):
        raise StoreError(f"{path} is not a partial of this program; run the job again with --resume=false")
    if zlib.crc32(memoryview(data)[:-8]) != struct.unpack("<q", data[-8:])[0]:
        raise StoreError(f"{path} is damaged (checksum differs); run the job again with --resume=false")
    length, floats = struct.unpack_from("<qq", data, len(MAGIC))
    start = len(MAGIC) + 16
    header = json.loads(data[start : start + length])
    start += length
    if header["version"] != PARTIAL_VERSION:
        raise StoreError(f"{path} is of version {header['version']}, not {PARTIAL_VERSION}; run with --resume=false")
    # Writable memory: it is part of the array types that the kernels are compiled for.
    whole = _CODEC.decompress(data[start + floats : -8], header["whole"], asbytes=True)
    return _decode(header, bytearray(data[start : start + floats]), whole)


def _decode(header: dict[str, Any], floats: bytearray, whole: bytes) -> Partial:
    arrays: dict[str, NDArray[Any]] = {}
    place = {"f": 0, "i": 0}
    for name, code, shape in header["arrays"]:
        dtype = np.dtype(code)
        array = np.frombuffer(floats if dtype.kind == "f" else whole, dtype, math.prod(shape), place[dtype.kind])
        arrays[name] = array.reshape(shape)
        place[dtype.kind] += array.nbytes + -array.nbytes % 8
    cubes = [_cube(header, {name: arrays[f"{cube}.{name}"] for name in _STORED}) for cube in _CUBES]
    return Partial(
        security=header["security"],
        date=header["date"],
        fingerprint=header["fingerprint"],
        cells=cubes[0],
        conditions=cubes[1],
        volatility=cubes[2],
        quality=header["quality"],
        outliers=header["outliers"],
        participants=header["participants"],
        intervals=header["intervals"],
        parents=_parents(header, arrays) if header["parents"] else None,
    )


def _parents(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Parents:
    names = tuple(header["parents"])
    columns = {f"{name}{w}": arrays[f"parents.{name}{w}"] for w in range(len(_WIDTHS)) for name in ("rows", "sums")}
    return Parents(tuple(header["scenarios"]), names, _wide_rows(len(names), columns))


def _wide_rows(rows: int, arrays: dict[str, NDArray[Any]]) -> I64:
    """Return what ``_narrow_rows`` took apart."""
    sums = np.empty((rows, arrays["sums0"].shape[1]), np.int64)
    for w in range(len(_WIDTHS)):
        sums[arrays[f"rows{w}"]] = arrays[f"sums{w}"]
    return sums


def _cube(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Cells:
    sums = _wide_rows(len(header["names"]), arrays)
    comoment = np.zeros((len(arrays["key"]), *arrays["comoment"].shape[1:]))
    comoment[arrays["spread"]] = arrays["comoment"]
    wide = {name: arrays[name].astype(kind) for name, kind in _TYPES.items()} | {"comoment": comoment}
    wide |= {name: arrays[name] for name in ("weight", "mean")}
    return Cells(scenarios=tuple(header["scenarios"]), names=tuple(header["names"]), sums=sums, **wide)
