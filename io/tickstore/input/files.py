"""Input files: which there are, what each holds, and how it is cut into byte ranges.

Called by `parse.plan`, `conversion` and inspection.
"""

import glob
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import NAME, TEXT_COLUMNS
from tickstore.input.header import Header
from tickstore.input.readings import Reading
from tickstore.input.text import PLAIN

Where = tuple[tuple[int, tuple[str, ...]], ...]  # (file column, what rows have in it that are wanted), ascending
_FINE: Final = 1 << 20  # bytes that small ranges are a multiple of: whole pages of a digest


@dataclass(frozen=True, slots=True)
class Source:
    """One input file, ready to be parsed."""

    table: str
    path: str
    size: int
    modified: int  # ns
    form: str  # plain, gzip, zstd, ..., parquet
    header: Header
    readings: tuple[Reading, ...]  # of the fields found, in the order of the parser's output rows
    price_format: str = "units"  # or decimal
    unit_stated: bool = False  # by the user; else rows that contradict it stop the conversion
    shapes: tuple[tuple[int, str], ...] = ()  # of times on the first line: (file column, shape)
    patterns: tuple[tuple[int, tuple[int, ...]], ...] = ()  # of times: (file column, pattern)
    notes: tuple[str, ...] = ()  # what the user should know of it
    where: Where = ()  # other rows are left out

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the fields found."""
        return tuple(reading.field.name for reading in self.readings)

    @property
    def stored_names(self) -> tuple[str, ...]:
        """Return the names of the columns that its rows have once parsed: ids that are text have their text, too."""
        text = any(r.field.name == "order_id" and r.kind == NAME for r in self.readings)
        return (*self.names, *TEXT_COLUMNS) if text and self.table == "orders" else self.names


@dataclass(frozen=True, slots=True)
class Chunk:
    """A byte range of a plain source: every line that begins in [start, stop). A packed source is one chunk."""

    source: int  # place in the list of sources
    start: int
    stop: int


def expand(patterns: tuple[Path, ...], table: str) -> list[Path]:
    """Return the files that paths and globs name, each once, or raise InputError for a glob that matches none."""
    paths: list[Path] = []
    for pattern in patterns:
        text = os.path.expanduser(str(pattern))  # noqa: PTH111 - a glob is not a path yet
        if glob.has_magic(text) and not Path(text).exists():
            found = sorted(Path(name) for name in glob.glob(text, recursive=True))  # noqa: PTH207
            if not found:
                raise InputError(f"{table}: no file matches {text!r}")
            paths += found
        else:
            paths.append(Path(text))
    unique = {path.resolve(): path for path in paths}
    return list(unique.values())


def check_file(path: Path, table: str) -> os.stat_result:
    """Return a file's status, or raise InputError when it is not a readable file."""
    if path.is_dir():
        raise InputError(f"{table}: {path} is a directory; name a file or a glob such as {path}/*.csv")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its other end
            raise InputError(f"{table}: {path} is not a regular file; write its content to one first")
        with path.open("rb"):
            return status
    except FileNotFoundError:
        raise InputError(f"{table}: file {path} does not exist") from None
    except OSError as error:
        raise InputError(f"{table}: cannot read {path}: {error.strerror}") from None


def cut_chunks(sources: tuple[Source, ...], chunk_bytes: int) -> tuple[Chunk, ...]:
    """Return byte ranges of about ``chunk_bytes`` that cover the rows of every source.

    The last ranges of a source are smaller, so that no worker is left with a large one at the end.
    """
    fine = max(_FINE, chunk_bytes // 4 // _FINE * _FINE)
    chunks = []
    for number, source in enumerate(sources):
        start = 0
        while start < source.size:
            step = chunk_bytes if source.form == PLAIN else source.size
            if step > fine and start and source.size - start < 2 * chunk_bytes:
                step = fine
            stop = min(start + step, source.size)
            chunks.append(Chunk(number, start, stop))
            start = stop
    return tuple(chunks)
