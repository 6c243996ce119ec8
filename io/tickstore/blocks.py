"""Parse one byte range of a CSV into blocks of typed columns; no row is lost: each is a row, a reject or blank."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tickstore.line_parser import BLANK, NEXT, ODD, ROWS, parse_lines
from tickstore.odd_lines import LineRules, RejectError, read_line
from tickstore.sources import Chunk, Source

BLOCK_BYTES: Final = 16 << 20
_SHORTEST_ROW: Final = 24  # bytes; shorter rows only mean that a block takes more than one call
_ODD_ROWS: Final = 65_536
_RAW_KEPT: Final = 300  # bytes of a bad line that are shown


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is not stored. ``offset`` counts bytes of (uncompressed) text; the line number comes later."""

    offset: int
    column: str
    reason: str
    raw: str


@dataclass(slots=True)
class Block:
    """Parsed rows in the order of the file."""

    columns: dict[str, NDArray[np.int64]]
    line_start: NDArray[np.int64]  # byte offset of each row's line
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    lines: int = 0  # newlines passed, counted apart from parsing
    stop: int = 0  # byte offset reached


def read_blocks(source: Source, chunk: Chunk, timezone: str, long_names: dict[str, int]) -> Iterator[Block]:
    """Yield the blocks of a chunk of a plain file. Lines belong to the chunk in which they begin."""
    if source.size <= source.header.data_start:
        return
    with open(source.path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:  # noqa: PTH123
        start = _next_line(mapped, chunk.start, source.header.data_start)
        stop = _next_line(mapped, chunk.stop, source.header.data_start)
        parser = BlockParser(source, timezone, long_names)
        while start < stop:
            end = stop if stop - start <= BLOCK_BYTES else mapped.rfind(b"\n", start, start + BLOCK_BYTES) + 1
            if end <= start:  # one line longer than a block
                end = mapped.find(b"\n", start, stop) + 1 or stop
            data = np.frombuffer(mapped, np.uint8)
            yield from parser.parse(data, start, end)
            del data  # or the map could not be closed
            start = end


def _next_line(mapped: mmap.mmap, position: int, data_start: int) -> int:
    """Return where the first line at or after ``position`` begins."""
    if position <= data_start:
        return data_start
    if position >= len(mapped):
        return len(mapped)
    return mapped.find(b"\n", position - 1) + 1 or len(mapped)


class BlockParser:
    """Fast path, slow path and bookkeeping for lines of one source."""

    def __init__(self, source: Source, timezone: str, long_names: dict[str, int]) -> None:
        self._names = source.names
        self._plan = source.plan()
        self._delimiter = ord(source.header.delimiter)
        self._rules: LineRules = source.rules(timezone)
        self._long_names = long_names

    def parse(self, data: NDArray[np.uint8], start: int, stop: int) -> Iterator[Block]:
        """Yield blocks of the lines in data[start:stop]; only the last line may lack its newline."""
        whole = stop if data[stop - 1] == 10 else start + _last_newline(data[start:stop])
        while start < whole:
            block = self._parse_some(data, start, whole)
            start = block.stop
            yield block
        if whole < stop:
            reject = Reject(whole, "", "truncated last line", _shown(bytes(data[whole:stop])))
            yield Block(
                {name: np.empty(0, np.int64) for name in self._names}, np.empty(0, np.int64), [reject], 0, 1, stop
            )

    def _parse_some(self, data: NDArray[np.uint8], start: int, stop: int) -> Block:
        capacity = (stop - start) // _SHORTEST_ROW + 16
        out = np.empty((len(self._names), capacity), np.int64)
        line_start = np.empty(capacity, np.int64)
        odd = np.empty((_ODD_ROWS, 2), np.int64)
        counts = np.zeros(4, np.int64)
        with np.errstate(over="ignore"):  # a number of 20 digits wraps, and is told by its digits
            parse_lines(data, start, stop, self._delimiter, self._plan, out, line_start, odd, counts)
        rows = int(counts[ROWS])
        reached = int(counts[NEXT])
        block = Block({}, line_start[:rows], [], int(counts[BLANK]), count_newlines(data[start:reached]), reached)
        values = out[:, :rows]
        if counts[ODD]:
            values = self._read_odd(data, odd[: counts[ODD]], values, block)
        block.columns = dict(zip(self._names, values, strict=True))
        return block

    def _read_odd(
        self, data: NDArray[np.uint8], odd: NDArray[np.int64], values: NDArray[np.int64], block: Block
    ) -> NDArray[np.int64]:
        """Put the odd lines that turn out to be rows in their places among the others."""
        extra: list[list[int]] = []
        starts: list[int] = []
        for start, stop in odd.tolist():
            text = bytes(data[start:stop])
            try:
                row = read_line(text, self._rules, self._long_names)
            except RejectError as error:
                block.rejects.append(Reject(start, error.column, error.reason, _shown(text)))
                continue
            if row is None:
                block.blank += 1
            else:
                extra.append(row)
                starts.append(start)
        if not extra:
            return values
        line_start = np.concatenate([block.line_start, np.array(starts, np.int64)])
        order = np.argsort(line_start, kind="stable")
        block.line_start = line_start[order]
        return np.concatenate([values, np.array(extra, np.int64).T], axis=1)[:, order]


def count_newlines(data: NDArray[np.uint8]) -> int:
    """Return the number of LF bytes, by other code than the parser's."""
    return int(np.count_nonzero(data == 10))


def _last_newline(data: NDArray[np.uint8]) -> int:
    """Return the offset behind the last LF, 0 if there is none."""
    return bytes(data).rfind(b"\n") + 1


def _shown(raw: bytes) -> str:
    return raw[:_RAW_KEPT].decode("utf-8", "backslashreplace").rstrip("\r")
