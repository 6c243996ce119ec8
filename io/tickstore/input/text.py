"""The text of an input file, in pieces that end at line ends: from a map, a decompressor, or Parquet made into CSV.

The layer between files and the parser: parse tasks, `parse.plan` and inspection call it.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np

from kernels.base.columns import U8
from tickstore.errors import InputError

_HEAD_PIECE: Final = 16 << 20  # bytes of a packed file that are looked at as its beginning
PLAIN: Final = "plain"
PARQUET: Final = "parquet"
_MAGICS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PAR1", PARQUET),
)
_REFUSED: Final = (
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\xfd7zXZ", "an xz file; unpack it first"),
    (b"\x89HDF", "an HDF5 file; export it as CSV or Parquet first"),
    (b"darkrepl", "a file of a store, converted already; `plan` and `run` read it"),
)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
# (data, start, stop, offset): text data[start:stop] begins at byte ``offset`` of the whole text
Piece = tuple[U8, int, int, int]


def sniff_form(path: Path) -> str:
    """Return how a file is packed, by its first bytes, whatever its name says."""
    with path.open("rb") as file:
        head = file.read(8)
    for magic, form in _MAGICS:
        if head.startswith(magic):
            return form
    for magic, what in _REFUSED:
        if head.startswith(magic):
            raise InputError(f"{path}: {what}")
    if head.startswith(_UTF16):
        raise InputError(f"{path}: UTF-16 text; convert it to UTF-8 first")
    return PLAIN


def read_head(path: Path, form: str, size: int) -> bytes:
    """Return about the first ``size`` bytes of a file's text."""
    if form == PLAIN:
        with path.open("rb") as file:
            return file.read(size)
    head = b""
    for data, start, stop, _ in stream_pieces(path, form, _HEAD_PIECE):
        head += data[start:stop].tobytes()
        if len(head) >= size:
            break
    return head


def read_text(path: Path) -> bytes:
    """Return the whole text of a small file, packed or not."""
    form = sniff_form(path)
    if form == PLAIN:
        return path.read_bytes()
    return b"".join(data[start:stop].tobytes() for data, start, stop, _ in stream_pieces(path, form, _HEAD_PIECE))


@contextmanager
def mapped(path: str) -> Iterator[mmap.mmap]:
    """Map a file for reading once, front to back."""
    with open(path, "rb") as file:  # noqa: PTH123 - a str from a plan, not a Path
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield data
    finally:
        with suppress(BufferError):  # an array still looks at it: the map goes with the last one
            data.close()


def plain_pieces(data: mmap.mmap, start: int, stop: int, data_start: int, piece_bytes: int) -> Iterator[Piece]:
    """Yield the lines that begin in [start, stop) of a mapped file, in pieces; pages are let go once used."""
    position = next_line(data, start, data_start)
    stop = next_line(data, stop, data_start)
    view = np.frombuffer(data, np.uint8)
    while position < stop:
        end = stop
        if stop - position > piece_bytes:
            end = data.rfind(b"\n", position, position + piece_bytes) + 1
            if end <= position:  # one line longer than a piece
                end = data.find(b"\n", position, stop) + 1 or stop
        yield view, position, end, position
        first = position // mmap.PAGESIZE * mmap.PAGESIZE
        data.madvise(mmap.MADV_DONTNEED, first, end - first)  # else memory would seem to hold the whole input
        position = end


def next_line(data: mmap.mmap, position: int, data_start: int) -> int:
    """Return where the first line at or after ``position`` begins."""
    if position <= data_start:
        return data_start
    if position >= len(data):
        return len(data)
    return data.find(b"\n", position - 1) + 1 or len(data)


def stream_pieces(path: Path, form: str, piece_bytes: int, newlines: list[int] | None = None) -> Iterator[Piece]:
    """Yield the whole text of a packed file, header included, cut at line ends; lines are counted before the cut."""
    rest = b""
    offset = 0
    for part in _unpacked(path, form, piece_bytes):
        if newlines is not None:
            newlines.append(part.count(b"\n"))
        text = rest + part
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        if cut:
            yield np.frombuffer(text, np.uint8), 0, cut, offset
            offset += cut
    if rest:
        if newlines is not None:
            newlines.append(1)
        yield np.frombuffer(rest, np.uint8), 0, len(rest), offset


def _unpacked(path: Path, form: str, piece_bytes: int) -> Iterator[bytes]:
    """Yield a packed file's text; what it takes is loaded for such files alone."""
    if form == PARQUET:
        from tickstore.input.parquet import parquet_text

        yield from parquet_text(path)
        return
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression=form) as stream:
            while part := stream.read(piece_bytes):
                yield part
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: the {form} data is truncated or damaged ({error})") from None
