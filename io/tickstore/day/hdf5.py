"""The HDF5 structures of day files: groups, attributes, contiguous one-dimensional columns. Called by the writer alone.

h5py writes them once for each set of columns, into memory, with marks where files differ. For each file only rows,
sizes, addresses and texts are put in place of the marks, so that columns can be filled in place through a map and a
full disk is a plain error. The oldest form of the format is asked for: it has no checksums that would have to follow
what is put in. Which bytes h5py writes depends on the version of the HDF5 library.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import h5py
import numpy as np

from kernels.base.columns import I64
from tickstore.day.schema import COLUMNS, SCHEMA_VERSION
from tickstore.errors import StoreError

ALIGNMENT: Final = 64
_UNITS: Final = {column.path: column.unit for column in COLUMNS}
_BASE_AT, _END_AT = 24, 40  # addresses in a superblock of version 0: of the structures, and of the end of the file
_MARK: Final = 0xDA7A5 << 36  # rows of the first column of a template, one more for each that follows
_NOWHERE: Final = 2**64 - 1  # the address of a column that has no storage
_SECURITY, _DATE, _INDEX = b"\1", b"\2", b"\3"  # what texts of a template are filled with
_SECURITY_ROOM, _DATE_ROOM = 256, 16


class ColumnPlace(NamedTuple):
    """Where a column is: ``offset`` counts from the start of the file, 0 for a column without rows."""

    path: str
    dtype: str  # numpy's, such as <i8
    rows: int
    offset: int

    @property
    def size(self) -> int:
        """Return the column's bytes."""
        return self.rows * int(self.dtype[-1])


@dataclass(frozen=True, slots=True)
class FileLayout:
    """A file before its columns are filled: what goes where."""

    user_block: int
    room: int  # bytes for the copy of the index
    columns: tuple[ColumnPlace, ...]
    size: int  # of the file


@dataclass(frozen=True, slots=True)
class _Template:
    """The structures of files of equal columns, and where they differ."""

    content: bytes
    numbers: I64  # (columns, 4, 8): the bytes of rows, rows again, address and size
    texts: tuple[int, int, int]  # where security, date and index begin


def plan_layout(user_block: int, room: int, columns: list[tuple[str, str, int]]) -> FileLayout:
    """Place columns (path, dtype, rows) one after the other, each on a multiple of 64 bytes."""
    places = []
    position = user_block + len(_template(tuple((path, dtype) for path, dtype, _ in columns), room).content)
    for path, dtype, rows in columns:
        if rows:
            position = -(-position // ALIGNMENT) * ALIGNMENT
        place = ColumnPlace(path, dtype, rows, position if rows else 0)
        places.append(place)
        position += place.size
    return FileLayout(user_block, room, tuple(places), position)


def structures(layout: FileLayout, security: str, date: str, index: bytes) -> bytes:
    """Return a file's HDF5 structures, which follow its user block. ``index`` is the copy for readers of HDF5.

    StoreError: the security's name is longer than 256 bytes, or the date's than 16.
    """
    template = _template(tuple((place.path, place.dtype) for place in layout.columns), layout.room)
    numbers = [(c.rows, c.rows, c.offset - layout.user_block if c.rows else _NOWHERE, c.size) for c in layout.columns]
    content = bytearray(template.content)
    struct.pack_into("<Q", content, _BASE_AT, layout.user_block)
    struct.pack_into("<Q", content, _END_AT, layout.size)
    np.frombuffer(content, np.uint8)[template.numbers] = np.array(numbers, "<u8").view(np.uint8).reshape(-1, 4, 8)
    texts = security.encode().ljust(_SECURITY_ROOM, b"\0"), date.encode().ljust(_DATE_ROOM, b"\0"), index
    if len(texts[0]) > _SECURITY_ROOM or len(texts[1]) > _DATE_ROOM:
        raise StoreError(f"security {security!r}, date {date!r}: the name is too long")
    assert len(index) <= layout.room
    for position, text in zip(template.texts, (*texts[:2], index.ljust(layout.room)), strict=True):
        content[position : position + len(text)] = text
    return bytes(content)


@lru_cache(maxsize=64)
def _template(columns: tuple[tuple[str, str], ...], room: int) -> _Template:
    """Return the structures of files whose columns are these (path, dtype), and where the marks are in them."""
    content = _written(columns, room)
    numbers = []
    for number, (_, dtype) in enumerate(columns):
        rows, most_rows, *others = _found(content, _MARK + number)
        (size,) = others or _found(content, (_MARK + number) * int(dtype[-1]))
        numbers.append((rows, most_rows, size - 8, size))
    places = np.array(numbers, np.int64)[:, :, None] + np.arange(8)
    security, date, index = (
        content.index(fill * length)
        for fill, length in ((_SECURITY, _SECURITY_ROOM), (_DATE, _DATE_ROOM), (_INDEX, room))
    )
    return _Template(content, places, (security, date, index))


def _written(columns: tuple[tuple[str, str], ...], room: int) -> bytes:
    """Return an HDF5 file whose columns have no storage."""
    with h5py.File("template", "w", driver="core", backing_store=False, libver="earliest") as file:
        file.attrs["schema"] = SCHEMA_VERSION
        file.attrs["security"] = np.bytes_(_SECURITY * _SECURITY_ROOM)
        file.attrs["date"] = np.bytes_(_DATE * _DATE_ROOM)
        file.attrs["index"] = np.bytes_(_INDEX * room)
        for number, (path, dtype) in enumerate(columns):
            column = file.create_dataset(path, shape=(_MARK + number,), dtype=dtype)
            if _UNITS[path]:
                column.attrs["unit"] = np.bytes_(_UNITS[path])
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def _found(content: bytes, number: int) -> list[int]:
    """Return every place of a number of 8 bytes."""
    mark = struct.pack("<Q", number)
    places = [content.find(mark)]
    while places[-1] >= 0:
        places.append(content.find(mark, places[-1] + 1))
    return places[:-1]
