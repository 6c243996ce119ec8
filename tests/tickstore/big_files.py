"""A market in one big file a table, in any order of rows, or in many files, and what a conversion does with it."""

import json
import os
import random
import shutil
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import h5py

import tickstore.conversion.pipeline
from tests.tickstore.conftest import DAY_NS, OPEN, market_rows, write_market
from tickstore.building.build_task import BuildTask, build_partition
from tickstore.conversion.parse_task import ParsedChunk, ParseTask, parse_chunk
from tickstore.request import ConvertProgress
from tickstore.store.commit import BuiltPartition

Lines = dict[str, list[str]]
Range = tuple[str, int, int]  # file name, first byte, byte after the last
Key = tuple[str, str]  # security, date

SECURITY_AT: Final = {"orders": 2, "trades": 2, "nbbo": 3}
TIME_AT: Final = {"orders": 1, "trades": 1, "nbbo": 4}
_notes: list[Path] = []  # where work is written down; workers are forked, so they know it too


def market(rows: int, days: int, securities: Sequence[str], seed: int = 0) -> Lines:
    """Return a market in time order, all securities interleaved; 3, 7, 9 or 11 of them are in all tables."""
    return {
        table: [changed(line, SECURITY_AT[table], securities[int(security_of(table, line)) - 101]) for line in lines]
        for table, lines in _market(rows, days, len(securities), seed).items()
    }


@lru_cache(maxsize=4)
def _market(rows: int, days: int, securities: int, seed: int) -> Lines:
    return market_rows(rows, days, securities, seed)


def changed(line: str, place: int, value: str) -> str:
    """Return a line with another value in one place."""
    cells = line.split(",")
    cells[place] = value
    return ",".join(cells)


def security_of(table: str, line: str) -> str:
    return line.split(",")[SECURITY_AT[table]]


def time_of(table: str, line: str) -> int:
    return int(line.split(",")[TIME_AT[table]])


def day_of(table: str, line: str) -> int:
    return (time_of(table, line) - OPEN) // DAY_NS


def date_text(day: int) -> str:
    """Return the date of a day of the market, counted from 0."""
    return (date(2024, 9, 5) + timedelta(day)).isoformat()


def key_of(table: str, line: str) -> Key:
    return security_of(table, line), date_text(day_of(table, line))


def keys_of(lines: Lines) -> set[Key]:
    return {key_of(table, line) for table, rows in lines.items() for line in rows}


def in_files(folder: Path, days: int, part: Callable[[str, int], str], **changes: Any) -> Path:
    """Write a market of 3 securities in the files that ``part(security, day)`` says."""
    for table, rows in market_rows(rows=400 * days, days=days).items():
        files: dict[str, list[str]] = {}
        for line in rows:
            name = part(security_of(table, line), day_of(table, line))
            files.setdefault(name, []).append(changes.get(table, lambda _, line: line)(name, line))
        for name, rows_of_it in files.items():
            write_market(folder / "parts", {table: rows_of_it})
            (folder / "parts" / f"{table}.csv").rename(folder / f"{table}-{name}.csv")
    shutil.rmtree(folder / "parts")
    return folder


def mixed(security: str, day: int) -> str:
    """Return one of three file names, in each of which all securities and days are."""
    return f"{(int(security) + day) % 3}"


def by_security(lines: Lines, rank: Callable[[str], Any]) -> Lines:
    """Return the lines by security, then time, as they stand where both are equal."""
    return {
        table: sorted(rows, key=lambda line: (rank(security_of(table, line)), time_of(table, line)))
        for table, rows in lines.items()
    }


def without(lines: Lines, table: str, *securities: str) -> Lines:
    """Return the lines less those of some securities in a table."""
    return lines | {table: [line for line in lines[table] if security_of(table, line) not in securities]}


def unnumbered(lines: Lines, coarse_ns: int = 600 * 10**9) -> Lines:
    """Return orders and quotes without sequence and with many equal times: their place in the input decides."""

    def orders(line: str) -> str:
        cells = line.split(",")
        return ",".join([cells[0], str(int(cells[1]) // coarse_ns * coarse_ns), *cells[2:9], "0"])

    def nbbo(line: str) -> str:
        cells = line.split(",")
        return ",".join(["0", *cells[1:4], str(int(cells[4]) // coarse_ns * coarse_ns)])

    return lines | {"orders": [*map(orders, lines["orders"])], "nbbo": [*map(nbbo, lines["nbbo"])]}


def shuffled(rows: list[str], start: float = 0, stop: float = 1) -> list[str]:
    """Return the rows with a part of them, from ``start`` to ``stop`` of their number, in random order."""
    first, last = int(start * len(rows)), int(stop * len(rows))
    part = rows[first:last]
    random.Random(len(rows)).shuffle(part)
    return rows[:first] + part + rows[last:]


def late_row(table: str, row: int, lines: Lines) -> Lines:
    """Return the lines with one of them at the end of its table."""
    rows = list(lines[table])
    return lines | {table: [*rows[:row], *rows[row + 1 :], rows[row]]}


def late_copy(lines: Lines) -> Lines:
    return lines | {table: [*rows, rows[len(rows) // 5]] for table, rows in lines.items()}


def early_row(lines: Lines) -> Lines:
    return lines | {"orders": [lines["orders"][-3], *lines["orders"][:-3], *lines["orders"][-2:]]}


def only_late_quotes(lines: Lines) -> Lines:
    """Return the lines and a partition that nobody has heard of before the last of them."""
    return lines | {"nbbo": [*lines["nbbo"], changed(lines["nbbo"][100], 3, "777")]}


def evenings(lines: Lines) -> Lines:
    """Return the lines with a part of each day after the cutoff: it belongs to the next business day."""
    moved = [
        changed(x, 1, str(time_of("orders", x) + 9 * 3600 * 10**9)) if i % 3 == 0 else x
        for i, x in enumerate(lines["orders"])
    ]
    return lines | {"orders": sorted(moved, key=partial(time_of, "orders"))}


def halves(lines: Lines) -> Lines:
    return {table: rows[len(rows) // 2 :] + rows[: len(rows) // 2] for table, rows in lines.items()}


def astray(rows: list[str]) -> list[str]:
    """Return the rows, one of 100 of them in the place of another."""
    rows = list(rows)
    numbers = random.Random(1).sample(range(len(rows)), len(rows) // 50)
    for one, other in zip(numbers[::2], numbers[1::2], strict=False):
        rows[one], rows[other] = rows[other], rows[one]
    return rows


def every(change: Callable[[list[str]], list[str]]) -> Callable[[Lines], Lines]:
    return lambda lines: {table: change(rows) for table, rows in lines.items()}


DISORDER: Final[dict[str, Callable[[Lines], Lines]]] = {
    "late order": partial(late_row, "orders", 1500),
    "late trade": partial(late_row, "trades", 300),
    "late quote": partial(late_row, "nbbo", 10),
    "late copies": late_copy,
    "early row": early_row,
    "new at the end": only_late_quotes,
    "evenings": evenings,
    "halves": halves,
    "descending": every(lambda rows: rows[::-1]),
    "trades by security": lambda lines: lines | {"trades": by_security(lines, int)["trades"]},
    "some rows astray": every(astray),
    "shuffled middle": every(lambda rows: shuffled(rows, 0.3, 0.7)),
    "shuffled": every(shuffled),
}


@dataclass(frozen=True, slots=True)
class Work:
    """What the workers of conversions did, in the order they began it."""

    path: Path

    def steps(self) -> list[list[Any]]:
        """Return ["parse", file, first byte, byte after the last] and ["build", security, date]."""
        return [step for step in self._lines() if step[0] != "end"]

    def _lines(self) -> list[list[Any]]:
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]  # the last may be half written yet

    def settle(self, _: ConvertProgress | None = None) -> None:
        """Wait until every worker has done what it was at: as a progress callback, no worker runs ahead of others."""
        deadline = time.monotonic() + 20
        while 2 * len(self.steps()) > len(self._lines()) and time.monotonic() < deadline:
            time.sleep(0.001)

    def parsed(self) -> Counter[Range]:
        return Counter((step[1], step[2], step[3]) for step in self.steps() if step[0] == "parse")

    def built(self) -> Counter[Key]:
        return Counter((step[1], step[2]) for step in self.steps() if step[0] == "build")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def note_work(path: Path, put: Callable[[Any, str, Any], None]) -> Work:
    """Have every range that is parsed and every partition that is built written down, by whatever process."""
    _notes[:] = [path]
    put(tickstore.conversion.pipeline, "parse_chunk", parse_noted)
    put(tickstore.conversion.pipeline, "build_partition", build_noted)
    return Work(path)


def parse_noted(task: ParseTask) -> ParsedChunk:
    _note("parse", Path(task.source.path).name, task.chunk.start, task.chunk.stop)
    try:
        return parse_chunk(task)
    finally:
        _note("end")


def build_noted(task: BuildTask) -> BuiltPartition:
    _note("build", *task.key)
    try:
        return build_partition(task)
    finally:
        _note("end")


def _note(*what: object) -> None:
    handle = os.open(_notes[0], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
    os.write(handle, json.dumps(what).encode() + b"\n")
    os.close(handle)


class LogWatch:
    """Looks at the logs at every progress report, when no worker is at anything."""

    def __init__(self, logs: Path, work: Work) -> None:
        self._logs = logs
        self._work = work
        self.most_files = 0
        self.peak = 0  # bytes that they took on disk

    def __call__(self, _: ConvertProgress) -> None:
        self._work.settle()
        self.most_files = max(self.most_files, sum(1 for _ in self._logs.glob("*.log")))
        self.peak = max(self.peak, self._bytes())

    def _bytes(self) -> int:
        total = 0
        for path in self._logs.glob("*"):
            try:
                total += path.stat().st_blocks * 512
            except FileNotFoundError:  # removed meanwhile
                continue
        return total


def user_block(path: Path) -> dict[str, Any]:
    """Return the index in front of a day file, whose checksum must be right."""
    data = path.read_bytes()
    _, length, crc = struct.unpack_from("<III", data, 16)
    assert zlib.crc32(data[32 : 32 + length]) == crc, path
    index: dict[str, Any] = json.loads(data[32 : 32 + length])
    return index


def root_attribute(path: Path) -> dict[str, Any]:
    """Return the copy of the index that HDF5 readers see."""
    with h5py.File(path) as file:
        index: dict[str, Any] = json.loads(file.attrs["index"])
    return index
