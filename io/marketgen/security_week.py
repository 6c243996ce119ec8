"""Simulate one chain (a security's week) and write its partitions, and copies of them, as pieces of the files.

Above ``partition`` and ``file_layout``; ``files`` calls it, in worker processes.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from kernels.base.columns import I64
from kernels.base.local_time import local_instant
from kernels.dark.records import Records
from marketgen.csv_text import TextWriter
from marketgen.dirt import dirty_piece, parse_dirt
from marketgen.file_layout import LOG_HEADER, TRUTH_HEADER, log_form, order_form, quote_form, trade_form, truth_form
from marketgen.market import ROWS
from marketgen.partition import id_base, left_over, run_on, start
from marketgen.spec import MarketSpec

NAMES: Final = ("orders.csv", "trades.csv", "nbbo.csv")
WIDTHS: Final = tuple(row.itemsize // 8 for row in ROWS.values())
BLOCK: Final = 32_768  # rows read at a time when copying


@dataclass(frozen=True, slots=True)
class Target:
    """A partition to write: date, security code, and the place of the code among all codes: the block of its ids."""

    day: date
    code: int
    number: int


Counts = dict[tuple[date, int], tuple[int, ...]]  # rows of each table by date and code


class Output:
    """The open files of one partition, written from the rows of a simulated day."""

    def __init__(
        self, spec: MarketSpec, source: date, index: int, target: Target, pieces: Path, truth: Path | None
    ) -> None:
        start = local_instant(spec.timezone, target.day, 0)
        shift = start - local_instant(spec.timezone, source, 0)
        ids = id_base(target.day, target.number) - id_base(source, index)
        day, code = target.day.isoformat(), target.code
        self.writers = [
            TextWriter(order_form(code, ids, shift, spec.exact)),
            TextWriter(trade_form(code, day, ids, shift, spec.exact)),
            TextWriter(quote_form(code, start, shift)),
        ]
        self.target, self.seed, self.dirt = target, spec.seed, parse_dirt(spec.dirt)
        self.paths = [pieces / piece_name(target, name) for name in NAMES]
        self.files: list[BinaryIO] = [path.open("wb") for path in self.paths]
        if truth is not None:
            folder = truth / str(code)
            folder.mkdir(exist_ok=True)
            self._open(folder / f"{day}.orders.csv", TRUTH_HEADER, TextWriter(truth_form(ids, shift)))
            if spec.truth == "full":
                self._open(folder / f"{day}.book.csv", LOG_HEADER, TextWriter(log_form(ids, shift)))
        self.counts = [0] * len(self.files)

    def _open(self, path: Path, header: str, writer: TextWriter) -> None:
        """Add a file with a header."""
        file = path.open("wb")
        file.write(header.encode() + b"\n")
        self.files.append(file)
        self.writers.append(writer)

    def write(self, piece: tuple[I64, ...]) -> None:
        """Append a piece's rows to every file."""
        for k, (file, writer) in enumerate(zip(self.files, self.writers, strict=True)):
            file.writelines(writer.lines(piece[k], self.counts[k] + 1))
            self.counts[k] += len(piece[k])

    def close(self) -> tuple[int, ...]:
        """Close the files and return their rows."""
        for file in self.files:
            file.close()
        if self.dirt:
            for k, (name, path) in enumerate(zip(NAMES, self.paths, strict=True)):
                seed = [self.seed, self.target.number, self.target.day.toordinal(), k, 2]
                done = dirty_piece(path, name, self.counts[k], self.dirt, seed)
                path.with_suffix(".done").write_text(json.dumps(done))
        return tuple(self.counts)


def piece_name(target: Target, name: str) -> str:
    """Return the file name of a partition's part of a table."""
    return f"{target.day}.{target.code}.{name}"


def _raw_path(pieces: Path, index: int, day: date, k: int) -> Path:
    """Return where the rows of table ``k`` of a simulated day wait to be copied."""
    return pieces / f"{day}.{index}.{k}.rows"


def simulate_chain(
    spec: MarketSpec, index: int, days: tuple[date, ...], keep_rows: bool, pieces: Path, truth: Path | None
) -> Counts:
    """Simulate a security's days and write them; ``keep_rows`` leaves the rows themselves for ``write_copies``."""
    counts: Counts = {}
    carried: Records | None = None
    tables = 3 + (0 if truth is None else 2 if spec.truth == "full" else 1)
    for day in days:
        target = Target(day, spec.securities[index], index)
        output = Output(spec, day, index, target, pieces, truth)
        raw = [_raw_path(pieces, index, day, k).open("wb") for k in range(tables)] if keep_rows else []
        m, book = start(spec, index, day, spec.orders_of(index), carried)
        for piece in run_on(m, book):
            output.write(piece)
            for file, rows in zip(raw, piece, strict=False):
                file.write(rows.tobytes())
        carried = left_over(m)
        for file in raw:
            file.close()
        counts[day, target.code] = output.close()
    return counts


def write_copies(
    spec: MarketSpec, index: int, source: date, targets: tuple[Target, ...], pieces: Path, truth: Path | None
) -> Counts:
    """Write a simulated day under other dates, codes and ids."""
    counts: Counts = {}
    for target in targets:
        output = Output(spec, source, index, target, pieces, truth)
        for k, file in enumerate(output.files):
            with _raw_path(pieces, index, source, k).open("rb") as raw:
                while (part := np.fromfile(raw, np.int64, BLOCK * WIDTHS[k]).reshape(-1, WIDTHS[k])).size:
                    file.writelines(output.writers[k].lines(part, output.counts[k] + 1))
                    output.counts[k] += len(part)
        counts[target.day, target.code] = output.close()
    return counts
