"""Write day files: HDF5 structures and index in front, columns filled in place. Called by the day builder."""

import hashlib
import mmap
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kernels.base.columns import Array
from tickstore.day.reader import HEAD, MAGIC, dump_json
from tickstore.day.schema import GROUPS, SCHEMA_VERSION
from tickstore.durable.files import sync_handle
from tickstore.errors import StoreError

if TYPE_CHECKING:
    from tickstore.day.hdf5 import FileLayout


_BUFFERED: Final = 48 << 20  # bytes up to which a file is put together in memory
_ATTRIBUTE_ROOM: Final = 60_000  # an HDF5 attribute must be below 64 KiB
_STEP: Final = 2048  # room for attributes is a multiple of it: few files need HDF5 structures of another length


class DayWriter:
    """A day file in the making: its columns are filled in place, then `finish` adds checksums and the index.

    A file of usual size is put together in memory that is used again for the next one and written at once: a fault
    for each page of a map costs more than filling it. A larger one is mapped, its space allocated first, so that a
    full disk is an OSError here and never a crash later.
    """

    def __init__(self, path: Path, columns: list[tuple[str, str, int]], room: int) -> None:
        """Allocate ``columns`` (path, dtype, rows), to be filled whole; ``room`` bytes are for attributes as JSON."""
        from tickstore.day.hdf5 import plan_layout

        room = -(-(room + 512 + 80 * len(columns)) // _STEP) * _STEP
        user_block = 512
        while user_block < HEAD.size + room + 64:
            user_block *= 2
        self.layout = plan_layout(user_block, min(room, _ATTRIBUTE_ROOM), columns)
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
        self.views: dict[str, Array] = {
            place.path: np.frombuffer(self._map, place.dtype, place.rows, place.offset)
            if place.rows
            else np.empty(0, place.dtype)
            for place in self.layout.columns
        }

    def finish(self, security: str, date: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Write checksums, index and HDF5 structures, and return the index. `sync` must follow."""
        places = {
            place.path: [place.dtype, place.rows, place.offset, zlib.crc32(self.views[place.path].data)]
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
        front, facts = _front(self.layout, facts, str(self.path))
        self._map[: len(front)] = front
        if self._buffered:
            self._clear_gaps(len(front))
        self.head = hashlib.sha256(front).hexdigest()
        self.views.clear()
        if self._buffered:
            with memoryview(self._map) as view:
                _write_all(self._handle, view[: self.layout.size], self.path)
        return facts

    def _clear_gaps(self, reached: int) -> None:
        """Write zeros between the columns: the memory may have held another file."""
        for place in self.layout.columns:
            if place.rows:
                self._map[reached : place.offset] = bytes(place.offset - reached)
                reached = place.offset + place.size

    def sync(self) -> None:
        """Make the file durable and let go of it."""
        try:
            sync_handle(self._handle, self.path)
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


def _front(layout: "FileLayout", facts: dict[str, Any], path: str) -> tuple[bytes, dict[str, Any]]:
    """Return the file's bytes before the columns, and the index."""
    from tickstore.day.hdf5 import structures

    copy = dump_json(facts)
    if len(copy) > layout.room:
        copy = dump_json(facts | {"attributes": {}})
    hdf5 = structures(layout, facts["security"], facts["date"], copy)
    facts = facts | {"metadata": [layout.user_block, len(hdf5), zlib.crc32(hdf5)]}
    text = dump_json(facts)
    if HEAD.size + len(text) > layout.user_block:
        raise StoreError(f"{path}: the attributes do not fit the space kept for them")
    head = HEAD.pack(MAGIC, SCHEMA_VERSION, len(text), zlib.crc32(text), 0)
    return (head + text).ljust(layout.user_block, b"\0") + hdf5, facts


_spare: list[mmap.mmap] = []  # memory of finished writers


def _take_buffer(size: int) -> mmap.mmap:
    """Return memory of at least ``size`` bytes, the last writer's, as it left it, if that is large enough."""
    buffer = _spare.pop() if _spare else None
    _spare.clear()
    if buffer is None or len(buffer) < size:
        return mmap.mmap(-1, -(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
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
    groups: Mapping[str, Mapping[str, Array]],
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


def _digest(rows: dict[str, int], places: dict[str, list[Any]]) -> str:
    """Return what names the content: types, lengths and checksums of the columns, not where they are."""
    content = {name: [dtype, count, crc] for name, (dtype, count, _, crc) in places.items()}
    return hashlib.sha256(dump_json([rows, content])).hexdigest()[:32]


def _checked(groups: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """Return columns by path, of the schema's types and in its order, of equal length in a group."""
    checked: dict[str, Array] = {}
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
