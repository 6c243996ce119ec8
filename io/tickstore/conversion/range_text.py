"""The text of a byte range of an input file, digested and its lines counted as it passes by.

For parse tasks and the table of rejects.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from tickstore.errors import InputError
from tickstore.input.files import Chunk, Source
from tickstore.input.page_digests import count_newlines, page_digest
from tickstore.input.text import PLAIN, Piece, mapped, plain_pieces, stream_pieces
from tickstore.request import Limits

_NEWLINE: Final = 10


class RangeText:
    """The text of a byte range, and what is known of its file and lines once all of it has passed by."""

    def __init__(self, source: Source, chunk: Chunk, limits: Limits) -> None:
        self._source, self._chunk, self._limits = source, chunk, limits
        self.pages = b""  # digests of the file's pages in the range
        self.text_pages = b""  # of a packed file: digests of the pages of its text
        self._rest = b""  # of such a text, less than a page
        self.newlines: list[int] = []

    def pieces(self) -> Iterator[Piece]:
        """Yield the text of the range."""
        source, chunk, piece_bytes = self._source, self._chunk, self._limits.piece_bytes
        with mapped(source.path) as data:
            if len(data) < source.size:
                raise InputError(f"{source.path}: the file became shorter while it was read")
            page = chunk.start
            if source.form == PLAIN:
                for piece in plain_pieces(data, chunk.start, chunk.stop, source.header.data_start, piece_bytes):
                    yield piece
                    page = self._digest_pages(data, page, min(piece[2], chunk.stop))
            else:
                yield from self._unpacked()
            self._digest_pages(data, page, chunk.stop)

    def _unpacked(self) -> Iterator[Piece]:
        """Yield the whole text of a packed file but its header, digested as if it were a plain file."""
        source, step = self._source, self._limits.page_bytes
        for view, start, stop, offset in stream_pieces(
            Path(source.path), source.form, self._limits.piece_bytes, self.newlines
        ):
            text = self._rest + view[start:stop].tobytes()
            whole = len(text) // step * step
            self.text_pages += b"".join(_digest(text, page, page + step) for page in range(0, whole, step))
            self._rest = text[whole:]
            begin = source.header.data_start if offset == 0 else start
            if begin < stop:
                yield view, begin, stop, offset + begin - start
        if self._rest:
            self.text_pages += _digest(self._rest, 0, len(self._rest))
        if source.header.data_start > 0 and source.header.first_line == 2:
            self.newlines.append(-1)  # the header

    def _digest_pages(self, data: Any, page: int, reached: int) -> int:
        """Digest and count lines of the whole pages of the file in [page, reached), the last one when it is reached."""
        stop, step = self._chunk.stop, self._limits.page_bytes
        while page < stop and (page + step <= reached or reached == stop):
            end = min(page + step, stop)
            self.pages += _digest(data, page, end)
            if self._source.form == PLAIN:
                self.newlines.append(_lines(data, page, end, self._source))
            page = end
        return page


def _digest(data: Any, page: int, end: int) -> bytes:
    """Return the digest of data[page:end]."""
    words = (end - page) // 8
    tail = int.from_bytes(data[page + 8 * words : end], "little")
    with np.errstate(over="ignore"):
        return int(page_digest(np.frombuffer(data, np.uint64, words, page), tail)).to_bytes(8, "little")


def _lines(data: Any, start: int, stop: int, source: Source) -> int:
    """Return how many lines of a file's rows end in [start, stop); one without a newline ends with the file."""
    start = max(start, source.header.data_start)
    if start >= stop:
        return 0
    lines = int(count_newlines(np.frombuffer(data, np.uint8, stop - start, start)))
    return lines + (stop == source.size and data[stop - 1] != _NEWLINE)
