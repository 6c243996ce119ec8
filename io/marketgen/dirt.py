"""Damage on demand: what real files suffer, done to generated ones and counted.

A row that a loader must reject is added beside the true one it was made from, so that the truth of every order
stays what it was; what a loader must repair is done to the true rows themselves (decisions 31).
Lowest layer; ``spec``, ``security_week`` and ``files`` call it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

BLOCK: Final = 32_768  # rows shuffled together

Fields = list[bytes]


def _edited(column: dict[str, int], change: Callable[[bytes], bytes]) -> Callable[[str, Fields], Fields | None]:
    """Return an edit of one field, whose place depends on the table; None where the table has no such field."""

    def edit(table: str, fields: Fields) -> Fields | None:
        at = column.get(table)
        return None if at is None else [*fields[:at], change(fields[at]), *fields[at + 1 :]]

    return edit


_TIME: Final = {"orders.csv": 2, "trades.csv": 3, "nbbo.csv": 9}
_QUANTITY: Final = {"orders.csv": 9, "trades.csv": 13, "nbbo.csv": 3}
_ID: Final = {"orders.csv": 0, "trades.csv": 5}
_SIDE: Final = {"orders.csv": 5, "trades.csv": 14}
_OPTIONAL: Final = {"orders.csv": 24, "trades.csv": 10}

# Rows added beside a true one; a loader rejects each of them.
ADDED: Final[dict[str, Callable[[str, Fields], Fields | None]]] = {
    "malformed": _edited(_TIME, lambda text: text[:5] + b"x" + text[6:]),
    "missing": _edited(_TIME, lambda _: b""),
    "extra": lambda _, fields: [*fields, b"7"],
    "short": lambda _, fields: fields[:-3],
    "duplicate": lambda _, fields: fields,
    "big_id": _edited(_ID, lambda _: b"9223372036854775808"),
    "negative": _edited(_QUANTITY, lambda _: b"-5"),
    "side": _edited(_SIDE, lambda _: b"3"),
    "blank": lambda _, fields: [],
}
# Changes of true rows; a loader repairs them.
CHANGED: Final[dict[str, Callable[[str, Fields], Fields | None]]] = {
    "quoted": lambda _, fields: [b'"' + text + b'"' for text in fields],
    "null": _edited(_OPTIONAL, lambda _: b"-9223372036854775808"),
}
# Done to a whole file; the count says whether.
WHOLE: Final = ("shuffled", "bom", "crlf", "truncated")
KINDS: Final = (*ADDED, *CHANGED, *WHOLE)


def parse_dirt(dirt: tuple[str, ...]) -> dict[str, int]:
    """Return kind -> count from texts as ``malformed:3``; raise with the kinds there are."""
    counts = {}
    for text in dirt:
        kind, _, count = text.partition(":")
        if kind not in KINDS:
            raise ValueError(f"dirt = {text!r}: {kind!r} is none of {', '.join(KINDS)}")
        if not count.isdecimal():
            raise ValueError(f"dirt = {text!r} needs a count, as in {kind}:3")
        counts[kind] = int(count)
    return counts


def dirty_piece(path: Path, table: str, rows: int, dirt: dict[str, int], seed: list[int]) -> Counter[str]:
    """Damage the rows of one partition's part of ``table`` in place; return how often each kind was done."""
    rng = np.random.default_rng(seed)
    done: Counter[str] = Counter()
    plan: dict[int, list[str]] = {}
    for kind, count in dirt.items():
        if kind not in WHOLE and rows:
            for at in rng.choice(rows, min(count, rows), replace=False).tolist():
                plan.setdefault(at, []).append(kind)
    end = b"\r\n" if dirt.get("crlf") else b"\n"
    partial = path.with_suffix(".dirty")
    with path.open("rb") as source, partial.open("wb") as out:
        at = 0
        while block := list(islice(source, BLOCK)):
            lines = list(_damaged(block, at, table, plan, done))
            if dirt.get("shuffled"):
                lines = [lines[k] for k in rng.permutation(len(lines))]
                done["shuffled"] += len(block)
            out.writelines(line + end for line in lines)
            at += len(block)
    partial.replace(path)
    return done


def _damaged(
    block: list[bytes], at: int, table: str, plan: dict[int, list[str]], done: Counter[str]
) -> Iterator[bytes]:
    """Yield the lines of a block, changed where planned, and the rows added after them; line ends left off."""
    for k, line in enumerate(block, start=at):
        fields = line.rstrip(b"\n").split(b",")
        added = []
        true = fields
        for kind in plan.get(k, ()):
            made = (ADDED.get(kind) or CHANGED[kind])(table, fields)
            if made is None:
                continue
            done[kind] += 1
            if kind in ADDED:
                added.append(b",".join(made))
            else:
                true = CHANGED[kind](table, true) or true
        yield b",".join(true)
        yield from added


def damaged_header(header: str, dirt: dict[str, int]) -> bytes:
    """Return the header line with the file's byte order mark and line end."""
    mark = b"\xef\xbb\xbf" if dirt.get("bom") else b""
    return mark + header.encode() + (b"\r\n" if dirt.get("crlf") else b"\n")


def truncate_last(path: Path, dirt: dict[str, int]) -> None:
    """End the file in the middle of a row: the last row is repeated, cut off."""
    if not dirt.get("truncated"):
        return
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4_096))
        last = file.read().rstrip(b"\r\n").rsplit(b"\n", 1)[-1].rstrip(b"\r")
        file.seek(size)
        file.write(last[: 2 * len(last) // 3])


def write_counts(path: Path, dirt: dict[str, int], done: dict[str, Counter[str]]) -> None:
    """Write how often each kind was done to each file."""
    whole = {kind: 1 for kind in ("bom", "crlf", "truncated") if dirt.get(kind)}
    counts = {name: dict(sorted((count + Counter(whole)).items())) for name, count in done.items()}
    path.write_text(json.dumps(counts, indent=1) + "\n")
