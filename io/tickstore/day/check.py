"""Whether a day file is whole: every byte under a checksum, or zero. Asked by verification and by conversions."""

import hashlib
import mmap
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np

from tickstore.day.reader import HEAD, DayFile, map_file, open_day
from tickstore.day.schema import FROM_ORDERS, GROUP_OF
from tickstore.errors import StoreError

UNREADABLE: Final = (StoreError, ValueError, KeyError, TypeError, IndexError)  # what an index that is none brings about


def stated(path: Path) -> tuple[int, str] | None:
    """Return the size and the digest that a day file's index states, None where it has none that can be read."""
    try:
        index = map_file(str(path))[1]
        return index["size"], index["attributes"]["digest"]
    except UNREADABLE:
        return None


def stored_tables(index: dict[str, Any]) -> set[str]:
    """Return the tables whose rows a day file has; quotes made of order rows are made anew each time."""
    tables = {table for table, group in GROUP_OF.items() if index["rows"][group]}
    return tables - {"nbbo"} if index["attributes"].get(FROM_ORDERS) else tables


def sound_day(path: str, given: Collection[str], line: dict[str, Any] | None) -> tuple[DayFile | None, str]:
    """Open a day file that may be built upon, or return what is wrong with one that must be made anew.

    ``line`` is the manifest's about the file.

    StoreError: the file is damaged and the tables ``given`` are not all it had, or nobody knows where it came from.
    """
    if not Path(path).is_file():
        raise StoreError(f"{path}: not a file; remove it")
    message = check_day(Path(path), line)
    if not message and line is None:
        raise StoreError(f"{path}: not in the manifest: `verify --accept` enters it, or remove it")
    if not message:
        return open_day(path), ""
    where = message if message.startswith(path) else f"{path}: {message}"
    try:
        lost = sorted(stored_tables(map_file(path)[1]) - set(given), key=list(GROUP_OF).index)
    except UNREADABLE:
        lost = []  # nobody can tell what it had
    if lost:
        raise StoreError(f"{where}; convert its {', '.join(lost)} again too, all together")
    return None, where


def check_day(path: Path, line: dict[str, Any] | None = None) -> str:
    """Return what is wrong with a day file, "" if nothing. ``line`` is the manifest's about it."""
    try:
        data, index = map_file(str(path))
        message = _check_bytes(data, index)
    except StoreError as error:
        return error.message
    except UNREADABLE:
        return "the offset index is damaged"
    if not message and line is not None:
        start, length, _ = index["metadata"]
        if hashlib.sha256(data[: start + length]).hexdigest() != line["head"]:
            message = "not the file that was stored: its index differs from the manifest's"
    return message


def _check_bytes(data: mmap.mmap, index: dict[str, Any]) -> str:
    """Check that every byte is either under a checksum or zero."""
    _, _, length, _, zero = HEAD.unpack_from(data)
    start, size, crc = index["metadata"]
    if zero or _not_zero(data, HEAD.size + length, start):
        return "bytes beside the offset index are damaged"
    if zlib.crc32(data[start : start + size]) != crc:
        return "the HDF5 structures are damaged"
    position = start + size
    for name, (dtype, count, offset, column_crc) in sorted(index["columns"].items(), key=lambda item: item[1][2]):
        if count == 0:
            continue
        if _not_zero(data, position, offset):
            return f"bytes before column {name} are damaged"
        position = offset + count * int(dtype[-1])
        if zlib.crc32(np.frombuffer(data, np.uint8, position - offset, offset).data) != column_crc:
            return f"column {name} is damaged"
    return "bytes after the last column are damaged" if _not_zero(data, position, len(data)) else ""


def _not_zero(data: mmap.mmap, start: int, stop: int) -> bool:
    return stop < start or any(data[start:stop])
