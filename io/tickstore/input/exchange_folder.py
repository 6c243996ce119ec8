"""A folder of the exchange's files: which of them are orders, trades, quotes, sessions, reference, participants.

Told by names alone, of folders first: ``orders/2024/CBA.csv.gz``. Where no folder says it, by the names of files,
``orders_CBA.csv``, of the outermost that have such: what lies deeper may be anything. The driver asks for ``--input``,
inspection for a folder.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import TABLES, canonical

KINDS: Final = (*TABLES, "sessions", "reference", "participants")
_WORDS: Final = {
    "orders": ("order", "orders"),
    "trades": ("trade", "trades"),
    "nbbo": ("nbbo", "nbbos", "quote", "quotes"),
    "sessions": ("session", "sessions", "sessionchange", "sessionchanges"),
    "reference": ("reference", "references", "orderbook", "orderbooks"),
    "participants": ("participant", "participants"),
}
_KIND_OF: Final = {word: kind for kind, words in _WORDS.items() for word in words}
_KIND_OF_FILE: Final = _KIND_OF | {"par": "participants"}
_ENDINGS: Final = (".csv", ".txt", ".tsv", ".psv", ".dat", ".parquet", ".pq")
_PACKED: Final = (".gz", ".zst", ".bz2", ".lz4")
_OWN_MARK: Final = "manifest.jsonl"  # of stores and results folders, which are no input
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True, slots=True)
class ExchangeFolder:
    """The files of a folder by what they are, each in the order of their paths."""

    path: Path
    files: dict[str, tuple[Path, ...]]  # of all KINDS
    unknown: tuple[Path, ...]  # whose names say nothing, or several things, or which are no tables or lie deeper


def read_folder(folder: Path) -> ExchangeFolder:
    """Return what the files of ``folder`` and of the folders in it are.

    InputError: there is no such folder, or a part of it cannot be read.
    """
    if not folder.is_dir():
        what = "is a file; give a folder" if folder.exists() else "does not exist"
        raise InputError(f"input: {folder} {what}")
    found: dict[str, dict[Path, int]] = {kind: {} for kind in (*KINDS, "")}  # with the depth at which it is told
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        own = _OWN_MARK in names
        folders[:] = [] if real in seen or own else sorted(name for name in folders if not name.startswith("."))
        if real not in seen and not own:
            for name in sorted(names):
                if not name.startswith("."):
                    path = Path(place) / name
                    kind, depth = _kind(path.relative_to(folder)) if path.is_file() else ("", 0)
                    found[kind][path] = depth
        seen.add(real)
    unknown = set(found.pop(""))
    files = {}
    for kind, depths in found.items():
        files[kind] = tuple(sorted(path for path, depth in depths.items() if depth == min(depths.values())))
        unknown |= set(depths) - set(files[kind])
    return ExchangeFolder(folder, files, tuple(sorted(unknown)))


def _refuse(error: OSError) -> None:
    raise InputError(f"input: cannot read {error.filename}: {error.strerror}")


def _kind(path: Path) -> tuple[str, int]:
    """Return what a file is by its path within the folder, "" where that cannot be said.

    And 0 where a folder says it, else how deep the file lies, 1 being the folder itself.
    """
    stem, ending = os.path.splitext(path.name)  # noqa: PTH122 - of a name
    if ending.lower() in _PACKED:
        stem, ending = os.path.splitext(stem)  # noqa: PTH122
    if ending.lower() not in _ENDINGS:
        return "", 0
    said = _said_by(stem)
    for part in reversed(path.parts[:-1]):
        kind = _KIND_OF.get(canonical(part), "")
        if kind == "reference" and said not in ("", *TABLES):  # which may hold the participants, too
            return said, 0
        if kind:
            return kind, 0
    return said, len(path.parts)


def _said_by(stem: str) -> str:
    """Return the one kind that the words of a file's name say.

    Examples
    --------
    >>> [_said_by(name) for name in ("AllTrades_2024", "order book 7", "nbbo8", "orders-and-trades", "border")]
    ['trades', 'reference', 'nbbo', '', '']
    """
    joined = re.sub(r"([Oo]rder|ORDER)[ _-]?([Bb]ook|BOOK)", "orderbook", stem)
    kinds = {_KIND_OF_FILE.get(word.lower(), "") for word in _WORD.findall(joined)} - {""}
    return kinds.pop() if len(kinds) == 1 else ""
