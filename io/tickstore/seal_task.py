"""Name the input files in day files that were built before those were read to their end: work of a conversion.

A day file names each of its sources with the digest of the whole source. One that was built earlier has zeros there,
of the same length, and gets the digests when everything has been read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tickstore.day_writer import rewrite_attributes
from tickstore.errors import StoreError
from tickstore.spill import Key

NOT_YET_KNOWN: Final = "0" * 32  # a source's digest


@dataclass(frozen=True, slots=True)
class SealTask:
    """Day files and the sources that they shall name."""

    files: tuple[tuple[Key, str, list[list[Any]]], ...]  # partition, path, attribute


@dataclass(frozen=True, slots=True)
class Sealed:
    """What became of the files."""

    heads: tuple[tuple[Key, str], ...]  # digest of the file's index and structures; "" where the file is damaged


def seal_days(task: SealTask) -> Sealed:
    """Write the sources into day files. It may be done again, whatever an interruption left of the first time."""
    heads = []
    for key, path, sources in task.files:
        try:
            head = rewrite_attributes(Path(path), {"sources": sources})
        except (StoreError, ValueError, KeyError):
            head = ""  # a process was killed as it wrote: the file is built again
        heads.append((key, head))
    return Sealed(tuple(heads))
