"""Just enough of the HDF5 format to write day files: groups, attributes, contiguous one-dimensional columns.

Written by hand rather than through the library so that every byte is known beforehand: columns can be filled in
place through a map, a full disk is a plain error, and the file does not depend on the library's version. Anything
that reads HDF5 1.8 reads it. The format: superblock version 2, object headers version 2, compact groups.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.compiling import inlined, kernel
from tickstore.schema import COLUMNS

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
ALIGNMENT: Final = 64
_UNDEFINED: Final = b"\xff" * 8
_SUPERBLOCK_SIZE: Final = 48
_ROWS_AT, _ADDRESS_AT = 18, 54  # in the object header of a column; the size follows the address
UNITS: Final = {column.path: column.unit for column in COLUMNS}
_DATASPACE, _LINK_INFO, _DATATYPE, _FILL, _LINK, _LAYOUT, _GROUP_INFO, _ATTRIBUTE = 1, 2, 3, 5, 6, 8, 10, 12


@dataclass(frozen=True, slots=True)
class ColumnPlace:
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
    metadata_size: int  # of the HDF5 structures that follow the user block
    columns: tuple[ColumnPlace, ...]
    size: int  # of the file


def plan_layout(user_block: int, metadata_size: int, columns: list[tuple[str, str, int]]) -> FileLayout:
    """Place columns (path, dtype, rows) one after the other, each on a multiple of 64 bytes."""
    places = []
    position = user_block + metadata_size
    for path, dtype, rows in columns:
        if rows:
            position = -(-position // ALIGNMENT) * ALIGNMENT
        place = ColumnPlace(path, dtype, rows, position if rows else 0)
        places.append(place)
        position += place.size
    return FileLayout(user_block, metadata_size, tuple(places), position)


def metadata(layout: FileLayout, root: dict[str, bytes | int]) -> bytes:
    """Return the HDF5 structures of a file: superblock, then object headers, the root group's last.

    ``root`` are attributes of the root group. The length does not depend on the layout's offsets, so that a first
    call without them tells how much room the structures take.
    """
    fixed, places, links = _skeleton(tuple((c.path, c.dtype, c.rows > 0) for c in layout.columns))
    content = bytearray(fixed)
    for column, place in zip(layout.columns, places[:, 0].tolist(), strict=True):
        if column.rows:
            struct.pack_into("<Q", content, place + _ROWS_AT, column.rows)
            struct.pack_into("<QQ", content, place + _ADDRESS_AT, column.offset - layout.user_block, column.size)
    with np.errstate(over="ignore"):
        write_checksums(np.frombuffer(content, np.uint8), places)
    superblock = SIGNATURE + struct.pack("<BBBBQ", 2, 8, 8, 0, layout.user_block) + _UNDEFINED
    content[:_SUPERBLOCK_SIZE] = _with_checksum(superblock + struct.pack("<QQ", layout.size, len(content)))
    return bytes(content) + _group(links, root)


@lru_cache(maxsize=64)
def _skeleton(columns: tuple[tuple[str, str, bool], ...]) -> tuple[bytes, NDArray[np.int64], tuple[bytes, ...]]:
    """Return what files of equal columns (path, dtype, whether there are rows) have in common.

    That is the structures but the root group's, with zeros where files differ; start and length of each column's
    header; and the root group's links.
    """
    content = bytearray(_SUPERBLOCK_SIZE)
    places = []
    groups: dict[str, list[bytes]] = {}
    for path, dtype, rows in columns:
        group, _, name = path.partition("/")
        header = _dataset(dtype, rows, UNITS[path])
        groups.setdefault(group, []).append(_link(name, len(content)))
        places.append((len(content), len(header) - 4))
        content += header
    links = []
    for name, members in groups.items():
        links.append(_link(name, len(content)))
        content += _group(tuple(members), {})
    return bytes(content), np.array(places, np.int64), tuple(links)


def _group(links: tuple[bytes, ...], attributes: dict[str, bytes | int]) -> bytes:
    info = _message(_LINK_INFO, b"\0\0" + _UNDEFINED + _UNDEFINED) + _message(_GROUP_INFO, b"\0\0")
    return _object(info + b"".join(links) + b"".join(_attribute(*item) for item in attributes.items()))


def _dataset(dtype: str, rows: bool, unit: str) -> bytes:
    """Return a column's object header with zeros for rows, address, size and checksum."""
    messages = [
        _message(_DATASPACE, struct.pack("<BBBBQ", 2, 1, 0, 1, 0)),
        _message(_DATATYPE, _integer_type(int(dtype[-1]))),
        _message(_FILL, b"\x03\x05"),  # version 3; space allocated early, never filled
        _message(_LAYOUT, b"\x03\x01" + (bytes(8) if rows else _UNDEFINED) + bytes(8)),
    ]
    if unit:
        messages.append(_attribute("unit", unit.encode()))
    return _object(b"".join(messages))


def _integer_type(size: int) -> bytes:
    """Return the datatype of a signed little-endian integer of ``size`` bytes."""
    return struct.pack("<BBBBIHH", 0x10, 0x08, 0, 0, size, 0, 8 * size)


def _link(name: str, address: int) -> bytes:
    text = name.encode()
    return _message(_LINK, struct.pack("<BBB", 1, 0, len(text)) + text + struct.pack("<Q", address))


def _attribute(name: str, value: bytes | int) -> bytes:
    if isinstance(value, int):
        datatype, data = _integer_type(8), struct.pack("<q", value)
    else:
        datatype, data = struct.pack("<BBBBI", 0x13, 0x01, 0, 0, max(1, len(value))), value or b"\0"
    text = name.encode() + b"\0"
    dataspace = struct.pack("<BBBB", 2, 0, 0, 0)  # a scalar
    head = struct.pack("<BBHHHB", 3, 0, len(text), len(datatype), len(dataspace), 0)
    return _message(_ATTRIBUTE, head + text + datatype + dataspace + data)


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("<BHB", kind, len(body), 0) + body


def _object(messages: bytes) -> bytes:
    return _with_checksum(b"OHDR\x02\x02" + struct.pack("<I", len(messages)) + messages)


def _with_checksum(content: bytes) -> bytes:
    padded = np.frombuffer(content + bytes(4), np.uint8).copy()
    with np.errstate(over="ignore"):
        write_checksums(padded, np.array([[0, len(content)]], np.int64))
    return padded.tobytes()


@inlined
def _rotate(x: Any, k: int) -> Any:
    return np.uint32((x << np.uint32(k)) | (x >> np.uint32(32 - k)))


@kernel
def write_checksums(data: NDArray[np.uint8], places: NDArray[np.int64]) -> None:
    """Write HDF5's checksum behind each object: Bob Jenkins' lookup3 hash, as 4 little-endian bytes.

    Parameters
    ----------
    data : (m,) uint8, changed in place
    places : (n, 2) int64, start and length of each object; its checksum goes to the 4 bytes that follow
    """
    block = np.zeros(3, np.uint32)
    for p in range(places.shape[0]):
        start, length = places[p, 0], places[p, 1]
        a = b = c = np.uint32(0xDEADBEEF + length)
        done = 0
        while done < length:
            block[:] = 0
            for i in range(min(12, length - done)):
                block[i // 4] |= np.uint32(data[start + done + i]) << np.uint32(8 * (i % 4))
            a = np.uint32(a + block[0])
            b = np.uint32(b + block[1])
            c = np.uint32(c + block[2])
            done += 12
            if done < length:
                a = np.uint32(np.uint32(a - c) ^ _rotate(c, 4))
                c = np.uint32(c + b)
                b = np.uint32(np.uint32(b - a) ^ _rotate(a, 6))
                a = np.uint32(a + c)
                c = np.uint32(np.uint32(c - b) ^ _rotate(b, 8))
                b = np.uint32(b + a)
                a = np.uint32(np.uint32(a - c) ^ _rotate(c, 16))
                c = np.uint32(c + b)
                b = np.uint32(np.uint32(b - a) ^ _rotate(a, 19))
                a = np.uint32(a + c)
                c = np.uint32(np.uint32(c - b) ^ _rotate(b, 4))
                b = np.uint32(b + a)
        c = np.uint32(np.uint32(c ^ b) - _rotate(b, 14))
        a = np.uint32(np.uint32(a ^ c) - _rotate(c, 11))
        b = np.uint32(np.uint32(b ^ a) - _rotate(a, 25))
        c = np.uint32(np.uint32(c ^ b) - _rotate(b, 16))
        a = np.uint32(np.uint32(a ^ c) - _rotate(c, 4))
        b = np.uint32(np.uint32(b ^ a) - _rotate(a, 14))
        c = np.uint32(np.uint32(c ^ b) - _rotate(b, 24))
        for i in range(4):
            data[start + length + i] = np.uint8((c >> np.uint32(8 * i)) & np.uint32(255))
