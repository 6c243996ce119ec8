"""Day files: plain HDF5 for everyone, and a JSON index in front of it for a reader that maps the file once.

The layer that the store and the driver open day files by.
The user block, bytes [0, user block size), holds: magic (16), schema version (u4), length of the JSON (u4),
its crc32 (u4), zero (u4), the JSON. All little-endian. ``data_layout.md`` has the details.
"""

import json
import mmap
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from kernels.base.columns import Array
from tickstore.day.schema import GROUPS, SCHEMA_VERSION
from tickstore.errors import StoreError

MAGIC: Final = b"darkreplay day\r\n"
HEAD: Final = struct.Struct("<16sIIII")


class Group(Mapping[str, Array]):
    """The columns of one group, as read-only views of the map, made when first asked for."""

    def __init__(self, data: mmap.mmap, columns: dict[str, list[Any]], path: str, name: str) -> None:
        self._data = data
        self._columns = columns
        self._views: dict[str, Array] = {}
        self._path = path
        self._name = name

    def __getitem__(self, name: str) -> Array:
        view = self._views.get(name)
        if view is None:
            if name not in self._columns:
                raise KeyError(f"{self._path}: no column {self._name}/{name}; there are {', '.join(self._columns)}")
            dtype, count, offset, _ = self._columns[name]
            if count:
                view = np.frombuffer(self._data, dtype=dtype, count=count, offset=offset)
            else:
                view = np.empty(0, dtype)
                view.flags.writeable = False
            self._views[name] = view
        return view

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._columns)


class DayFile:
    """One partition, mapped. The map lives as long as an array needs it, whatever becomes of this object."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        data, index = map_file(self.path)
        self.index = index
        self.security: str = index["security"]
        self.date: str = index["date"]
        self.attributes: dict[str, Any] = index["attributes"]
        self.rows: dict[str, int] = index["rows"]
        columns: dict[str, dict[str, list[Any]]] = {group: {} for group in GROUPS}
        for name, place in index["columns"].items():
            group, _, column = name.partition("/")
            columns[group][column] = place
        groups = (Group(data, places, self.path, name) for name, places in columns.items())
        self.events, self.orders, self.fills, self.quotes = groups

    def group(self, name: str) -> Group:
        """Return a group by its name."""
        group: Group = getattr(self, name)
        return group

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop this object's own views; arrays handed out stay valid."""
        for name in GROUPS:
            self.group(name)._views.clear()

    def __reduce__(self) -> tuple[type["DayFile"], tuple[str]]:
        return DayFile, (self.path,)


def open_day(path: Path | str) -> DayFile:
    """Map a day file.

    Raises
    ------
    StoreError
        The file is missing, truncated, damaged, or of another version.
    """
    return DayFile(path)


def map_file(path: str) -> tuple[mmap.mmap, dict[str, Any]]:
    """Return a day file's map and its index."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({os.strerror(error.errno or 0)})") from None
    try:
        status = os.fstat(handle)
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(f"{path}: not a day file, not even a file")
        if size < HEAD.size:
            raise StoreError(f"{path}: not a day file (only {size} bytes)")
        data = mmap.mmap(handle, size, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)
    return data, _parse_index(data, size, path)


def _parse_index(data: mmap.mmap, size: int, path: str) -> dict[str, Any]:
    magic, version, length, crc, _ = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise StoreError(f"{path}: not a day file of darkreplay")
    if version != SCHEMA_VERSION:
        raise StoreError(f"{path}: schema version {version}, this program reads {SCHEMA_VERSION}: convert again")
    text = data[HEAD.size : HEAD.size + length]
    if len(text) != length or zlib.crc32(text) != crc:
        raise StoreError(f"{path}: the offset index is damaged")
    index: dict[str, Any] = json.loads(text)
    if index["size"] != size:
        raise StoreError(f"{path}: {size} bytes long, {index['size']} expected: truncated or damaged")
    return index


def dump_json(value: Any) -> bytes:
    """Return compact JSON with sorted keys: equal values, equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
