"""Just enough of the HDF5 format to write day files: groups, attributes, contiguous one-dimensional columns.

Written by hand rather than through the library so that every byte is known beforehand: columns can be filled in
place through a map, a full disk is a plain error, and the file does not depend on the library's version. Anything
that reads HDF5 1.8 reads it. The format: superblock version 2, object headers version 2, compact groups.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels._jit import inlined, kernel

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
ALIGNMENT: Final = 64
_UNDEFINED: Final = b"\xff" * 8
_SUPERBLOCK_SIZE: Final = 48
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
        position = -(-position // ALIGNMENT) * ALIGNMENT
        place = ColumnPlace(path, dtype, rows, position if rows else 0)
        places.append(place)
        position += place.size
    return FileLayout(user_block, metadata_size, tuple(places), position)


def metadata(layout: FileLayout, root: dict[str, bytes | int], units: dict[str, str]) -> bytes:
    """Return the HDF5 structures of a file: superblock, then object headers.

    ``root`` are attributes of the root group, ``units`` those of the columns by path. The length does not depend on
    the layout's offsets, so that a first call with zeros tells how much room the structures take.
    """
    headers: list[bytes] = []
    position = _SUPERBLOCK_SIZE

    def place(header: bytes) -> int:
        nonlocal position
        headers.append(header)
        position += len(header)
        return position - len(header)

    groups: dict[str, list[bytes]] = {}
    for column in layout.columns:
        group, _, name = column.path.partition("/")
        header = _dataset(column, layout.user_block, units.get(column.path, ""))
        groups.setdefault(group, []).append(_link(name, place(header)))
    root_links = [_link(name, place(_group(links, {}))) for name, links in groups.items()]
    root_address = place(_group(root_links, root))
    superblock = SIGNATURE + struct.pack("<BBBBQ", 2, 8, 8, 0, layout.user_block) + _UNDEFINED
    superblock += struct.pack("<QQ", layout.size, root_address)
    return _with_checksum(superblock) + b"".join(headers)


def _group(links: list[bytes], attributes: dict[str, bytes | int]) -> bytes:
    info = _message(_LINK_INFO, b"\0\0" + _UNDEFINED + _UNDEFINED) + _message(_GROUP_INFO, b"\0\0")
    return _object(info + b"".join(links) + b"".join(_attribute(*item) for item in attributes.items()))


def _dataset(column: ColumnPlace, base: int, unit: str) -> bytes:
    where = struct.pack("<Q", column.offset - base) if column.rows else _UNDEFINED
    messages = [
        _message(_DATASPACE, struct.pack("<BBBBQ", 2, 1, 0, 1, column.rows)),
        _message(_DATATYPE, _integer_type(int(column.dtype[-1]))),
        _message(_FILL, b"\x03\x05"),  # version 3; space allocated early, never filled
        _message(_LAYOUT, b"\x03\x01" + where + struct.pack("<Q", column.size)),
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
    padded = np.frombuffer(content + b"\0" * (12 - len(content) % 12), np.uint8)
    with np.errstate(over="ignore"):
        return content + struct.pack("<I", int(lookup3(padded, len(content))))


@inlined
def _word(data: NDArray[np.uint8], i: int) -> np.uint32:
    low = np.uint32(data[i]) | np.uint32(data[i + 1]) << np.uint32(8)
    return np.uint32(low | np.uint32(data[i + 2]) << np.uint32(16) | np.uint32(data[i + 3]) << np.uint32(24))


@inlined
def _rotate(x: np.uint32, k: int) -> np.uint32:
    return np.uint32((x << np.uint32(k)) | (x >> np.uint32(32 - k)))


@kernel
def lookup3(data: NDArray[np.uint8], length: int) -> np.uint32:
    """Return Bob Jenkins' lookup3 hash, HDF5's checksum, of the first ``length`` bytes.

    ``data`` is (m,) uint8, padded with zeros beyond ``length`` to a multiple of 12.
    """
    a = b = c = np.uint32(0xDEADBEEF + length)
    i = 0
    while length - i > 12:
        a = np.uint32(a + _word(data, i))
        b = np.uint32(b + _word(data, i + 4))
        c = np.uint32(c + _word(data, i + 8))
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
        i += 12
    if length == i:
        return c
    a = np.uint32(a + _word(data, i))
    b = np.uint32(b + _word(data, i + 4))
    c = np.uint32(c + _word(data, i + 8))
    c = np.uint32(np.uint32(c ^ b) - _rotate(b, 14))
    a = np.uint32(np.uint32(a ^ c) - _rotate(c, 11))
    b = np.uint32(np.uint32(b ^ a) - _rotate(a, 25))
    c = np.uint32(np.uint32(c ^ b) - _rotate(b, 16))
    a = np.uint32(np.uint32(a ^ c) - _rotate(c, 4))
    b = np.uint32(np.uint32(b ^ a) - _rotate(a, 14))
    return np.uint32(np.uint32(c ^ b) - _rotate(b, 24))
