"""Day files: plain HDF5 for everyone, and a JSON index in front of it for a reader that maps the file once.

The user block, bytes [0, user block size), holds: magic (16), schema version (u4), length of the JSON (u4),
its crc32 (u4), zero (u4), the JSON. All little-endian. ``data_layout.md`` has the details.
"""

import hashlib
import json
import mmap
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tickstore.errors import StoreError
from tickstore.schema import GROUPS, SCHEMA_VERSION

MAGIC: Final = b"darkreplay day\r\n"
HEAD: Final = struct.Struct("<16sIIII")
_BUFFERED: Final = 48 << 20  # bytes up to which a file is put together in memory
_ATTRIBUTE_ROOM: Final = 60_000  # an HDF5 attribute must be below 64 KiB


class Group(Mapping[str, NDArray[Any]]):
    """The columns of one group, as read-only views of the map, made when first asked for."""

    def __init__(self, data: mmap.mmap, columns: dict[str, list[Any]], path: str, name: str) -> None:
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


class DayWriter:
    """A day file in the making: its columns are filled in place, then `finish` adds checksums and the index.

    A file of usual size is put together in memory that is used again for the next one and written at once: a fault
    for each page of a map costs more than filling it. A larger one is mapped, its space allocated first, so that a
    full disk is an OSError here and never a crash later.
    """

    def __init__(self, path: Path, columns: list[tuple[str, str, int]], room: int) -> None:
        """Allocate ``columns`` (path, dtype, rows); ``room`` bytes are kept for attributes as JSON."""
        from tickstore.hdf5_layout import metadata, plan_layout

        self._room = room + 512 + 80 * len(columns)
        user_block = 512
        while user_block < HEAD.size + self._room + 64:
            user_block *= 2
        self._copy = min(self._room, _ATTRIBUTE_ROOM)
        self._names = columns[:]
        blank = metadata(plan_layout(user_block, 0, columns), self._root("", "", b""))
        # the security's text is not known yet: leave room for any
        self._metadata_size = -(-(len(blank) + 256) // 64) * 64
        self.layout = plan_layout(user_block, self._metadata_size, columns)
        self.path = path
        self.head = ""  # digest of the index and the structures, once finished
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._buffered = self.layout.size <= _BUFFERED
        try:
            if self._buffered:
                self._map = _take_buffer(self.layout.size)
            else:
                os.posix_fallocate(self._handle, 0, self.layout.size)
                self._map = mmap.mmap(self._handle, self.layout.size)
        except OSError:
            os.close(self._handle)
            path.unlink(missing_ok=True)
            raise
        self.views: dict[str, NDArray[Any]] = {
            place.path: np.frombuffer(self._map, place.dtype, place.rows, place.offset)
            if place.rows
            else np.empty(0, place.dtype)
            for place in self.layout.columns
        }

    def _root(self, security: str, date: str, index: bytes) -> dict[str, bytes | int]:
        text = index.ljust(self._copy)
        return {"index": text, "schema": SCHEMA_VERSION, "security": security.encode(), "date": date.encode()}

    def finish(self, security: str, date: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Write checksums, index and HDF5 structures, and return the index. `sync` must follow."""
        from tickstore.hdf5_layout import metadata

        places = {
            place.path: [place.dtype, place.rows, place.offset, _crc(self.views[place.path])]
            for place in self.layout.columns
        }
        rows = dict.fromkeys(GROUPS, 0) | {place.path.partition("/")[0]: place.rows for place in self.layout.columns}
        facts: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "security": security,
            "date": date,
            "rows": rows,
            "size": self.layout.size,
            "attributes": {"digest": _digest(rows, places)} | dict(attributes),
            "columns": places,
        }
        copy = dump_json(facts)
        if len(copy) > self._copy:
            copy = dump_json(facts | {"attributes": {}})
        structures = metadata(self.layout, self._root(security, date, copy))
        if len(structures) > self._metadata_size:
            raise StoreError(f"security {security!r}: the name is too long")
        facts["metadata"] = [self.layout.user_block, len(structures), zlib.crc32(structures)]
        text = dump_json(facts)
        if HEAD.size + len(text) > self.layout.user_block:
            raise StoreError(f"{self.path}: the attributes do not fit the space kept for them")
        head = HEAD.pack(MAGIC, SCHEMA_VERSION, len(text), zlib.crc32(text), 0)
        self._map[: HEAD.size + len(text)] = head + text
        self._map[self.layout.user_block : self.layout.user_block + len(structures)] = structures
        self.head = hashlib.sha256(self._map[: self.layout.user_block + len(structures)]).hexdigest()
        self.views.clear()
        if self._buffered:
            with memoryview(self._map) as view:
                _write_all(self._handle, view[: self.layout.size], self.path)
        return facts

    def sync(self) -> None:
        """Make the file durable and let go of it."""
        try:
            os.fsync(self._handle)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.views.clear()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            if self._buffered:
                _spare.append(self._map)


_spare: list[mmap.mmap] = []  # memory of finished writers


def _take_buffer(size: int) -> mmap.mmap:
    """Return zeroed memory of at least ``size`` bytes, the last writer's if it is large enough."""
    buffer = _spare.pop() if _spare else None
    _spare.clear()
    if buffer is None or len(buffer) < size:
        return mmap.mmap(-1, -(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
    np.frombuffer(buffer, np.uint8, size)[:] = 0
    return buffer


def forget_buffers() -> None:
    """Let go of memory kept for the next day file."""
    _spare.clear()


def _write_all(handle: int, content: memoryview, path: Path) -> None:
    try:
        while content:
            content = content[os.write(handle, content) :]
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_day(
    path: Path | str,
    security: str,
    date: str,
    groups: Mapping[str, Mapping[str, NDArray[Any]]],
    attributes: Mapping[str, Any] | None = None,
) -> int:
    """Write a day file at ``path``, fsynced, and return its size. Renaming into place is the caller's.

    ``groups`` holds the columns of events, orders, fills and quotes by name, all but optional ones; a group that
    is left out is empty.
    """
    attributes = dict(attributes or {})
    columns = _checked(groups)
    spec = [(name, column.dtype.str.replace("|", "<"), len(column)) for name, column in columns.items()]
    writer = DayWriter(Path(path), spec, len(dump_json(attributes)) + len(security) + 64)
    for name, column in columns.items():
        writer.views[name][:] = column
    index = writer.finish(security, date, attributes)
    writer.sync()
    return int(index["size"])


def dump_json(value: Any) -> bytes:
    """Return compact JSON with sorted keys: equal values, equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _crc(column: NDArray[Any]) -> int:
    return zlib.crc32(column.data) if len(column) else 0


def _digest(rows: dict[str, int], places: dict[str, list[Any]]) -> str:
    """Return what names the content: types, lengths and checksums of the columns, not where they are."""
    content = {name: [dtype, count, crc] for name, (dtype, count, _, crc) in places.items()}
    return hashlib.sha256(dump_json([rows, content])).hexdigest()[:32]


def _checked(groups: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return columns by path, of the schema's types and in its order, of equal length in a group."""
    checked: dict[str, NDArray[Any]] = {}
    for group, schema in GROUPS.items():
        given = groups.get(group, {})
        unknown = set(given) - {column.name for column in schema}
        missing = [c.name for c in schema if c.name not in given and not c.optional and group in groups]
        if unknown or missing:
            raise ValueError(f"{group}: unknown columns {sorted(unknown)}, missing {missing}")
        if len({len(column) for column in given.values()}) > 1:
            raise ValueError(f"{group}: columns differ in length")
        for column in schema:
            if column.name in given or not column.optional:
                values = given.get(column.name, ())
                checked[column.path] = np.ascontiguousarray(values, dtype="<" + column.dtype)
    return checked
