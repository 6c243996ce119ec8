"""Day files: plain HDF5 for everyone, and a JSON index in front of it for a reader that maps the file once.

The user block, bytes [0, userblock size), holds: magic (16), schema version (u4), length of the JSON (u4),
its crc32 (u4), zero (u4), the JSON. All little-endian. ``data_layout.md`` has the details.
"""

import hashlib
import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from tickstore.errors import StoreError
from tickstore.schema import GROUPS, SCHEMA_VERSION

MAGIC: Final = b"darkreplay day\r\n"
HEAD: Final = struct.Struct("<16sIIII")
ALIGNMENT: Final = 64


class Group(Mapping[str, NDArray[Any]]):
    """The columns of one group, as read-only views of the map, made when first asked for."""

    def __init__(self, data: mmap.mmap | bytes, columns: dict[str, list[Any]], path: str, name: str) -> None:
        self._data = data
        self._columns = columns
        self._views: dict[str, NDArray[Any]] = {}
        self._path = path
        self._name = name

    def __getitem__(self, name: str) -> NDArray[Any]:
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


class DayFile:
    """One partition, mapped. Closing is left to the last view: the map lives as long as an array needs it."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        data, index = _map_file(self.path)
        self.index = index
        self.security: str = index["security"]
        self.date: str = index["date"]
        self.attributes: dict[str, Any] = index["attributes"]
        self.rows: dict[str, int] = index["rows"]
        columns: dict[str, dict[str, list[Any]]] = {group: {} for group in GROUPS}
        for name, place in index["columns"].items():
            group, _, column = name.partition("/")
            columns[group][column] = place
        self.events = Group(data, columns["events"], self.path, "events")
        self.orders = Group(data, columns["orders"], self.path, "orders")
        self.fills = Group(data, columns["fills"], self.path, "fills")
        self.quotes = Group(data, columns["quotes"], self.path, "quotes")

    def group(self, name: str) -> Group:
        """Return a group by its name."""
        group: Group = getattr(self, name)
        return group

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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


def _map_file(path: str) -> tuple[mmap.mmap, dict[str, Any]]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({os.strerror(error.errno or 0)})") from None
    try:
        size = os.fstat(handle).st_size
        if size < HEAD.size:
            raise StoreError(f"{path}: not a day file (only {size} bytes)")
        data = mmap.mmap(handle, size, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)
    return data, parse_index(data, size, path)


def parse_index(data: mmap.mmap | bytes, size: int, path: str) -> dict[str, Any]:
    """Return the JSON index at the start of a day file of ``size`` bytes.

    Raises
    ------
    StoreError
        It is not a day file, or not whole.
    """
    magic, version, length, crc, _ = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise StoreError(f"{path}: not a day file of darkreplay")
    if version != SCHEMA_VERSION:
        raise StoreError(f"{path}: schema version {version}, this program reads {SCHEMA_VERSION}: convert again")
    text = data[HEAD.size : HEAD.size + length]
    if len(text) != length or zlib.crc32(text) != crc:
        raise StoreError(f"{path}: the offset index is damaged: convert again with --replace")
    index: dict[str, Any] = json.loads(text)
    if index["size"] != size:
        raise StoreError(f"{path}: {size} bytes long, {index['size']} expected: truncated or damaged")
    return index


def write_day(
    path: Path | str,
    security: str,
    date: str,
    groups: Mapping[str, Mapping[str, NDArray[Any]]],
    attributes: Mapping[str, Any] | None = None,
) -> int:
    """Write a day file at ``path``, fsynced, and return its size. It replaces nothing: the caller renames.

    ``groups`` holds the columns of events, orders, fills and quotes by name, all but optional ones.
    """
    path = Path(path)
    columns = _checked(groups)
    facts: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "security": security,
        "date": date,
        "rows": {name: len(next(iter(columns[name].values()))) for name in GROUPS},
        "attributes": {"digest": "0" * 32} | dict(attributes or {}),
    }
    room = HEAD.size + len(_dump(facts)) + 96 * sum(len(group) for group in columns.values()) + 512
    user_block = 512
    while user_block < room:
        user_block *= 2
    with h5py.File(
        path, "w", userblock_size=user_block, libver="earliest", alignment_threshold=1, alignment_interval=ALIGNMENT
    ) as file:
        places = _write_columns(file, columns)
        facts["attributes"]["digest"] = hashlib.sha256(_dump([facts["rows"], _contents(places)])).hexdigest()[:32]
        file.attrs["index"] = np.bytes_(_dump(facts | {"columns": places}))
        for name in ("schema", "security", "date"):
            file.attrs[name] = facts[name]
    size = path.stat().st_size
    text = _dump(facts | {"columns": places, "size": size})
    with path.open("r+b") as raw:
        raw.write(HEAD.pack(MAGIC, SCHEMA_VERSION, len(text), zlib.crc32(text), 0) + text)
        raw.flush()
        os.fsync(raw.fileno())
    return size


def _contents(places: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return what the digest of a day covers: types, lengths and checksums, not where they are."""
    return {name: [dtype, count, crc] for name, (dtype, count, _, crc) in places.items()}


def _dump(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _checked(groups: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, dict[str, NDArray[Any]]]:
    """Return contiguous columns of the schema's types in its order, of equal length in a group."""
    checked: dict[str, dict[str, NDArray[Any]]] = {}
    for group, schema in GROUPS.items():
        given = groups.get(group, {})
        unknown = set(given) - {column.name for column in schema}
        missing = [c.name for c in schema if c.name not in given and not c.optional and group in groups]
        if unknown or missing:
            raise ValueError(f"{group}: unknown columns {sorted(unknown)}, missing {missing}")
        checked[group] = {
            c.name: np.ascontiguousarray(given.get(c.name, ()), dtype="<" + c.dtype)
            for c in schema
            if c.name in given or not c.optional
        }
        if len({len(column) for column in checked[group].values()}) > 1:
            raise ValueError(f"{group}: columns differ in length")
    return checked


def _write_columns(file: h5py.File, columns: dict[str, dict[str, NDArray[Any]]]) -> dict[str, list[Any]]:
    """Write every column and return path -> [dtype, count, byte offset, crc32]; offset 0 for an empty column."""
    units = {(c.group, c.name): c for schema in GROUPS.values() for c in schema}
    places: dict[str, list[Any]] = {}
    for group, members in columns.items():
        folder = file.create_group(group)
        for name, column in members.items():
            dataset = folder.create_dataset(name, data=column)
            if units[group, name].unit:
                dataset.attrs["unit"] = np.bytes_(units[group, name].unit.encode())
            crc = zlib.crc32(column.data) if len(column) else 0
            places[f"{group}/{name}"] = [column.dtype.str, len(column), dataset.id.get_offset() or 0, crc]
    return places
