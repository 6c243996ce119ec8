"""Files of JSON lines, appended durably; a line torn by a crash is cut off.

Called by the store, its conversions and runs. Plain lines are for the store's manifest, which people and other programs
read; checked lines, each behind its checksum, for records that nobody but this program reads and that must not be
believed when a bit flips.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from tickstore.durable.files import sync_handle


def append_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Append JSON lines durably; a torn last line of an earlier crash is cut off first."""
    content = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines).encode()
    with path.open("ab") as file:
        size = file.tell()
        whole = whole_size(path)
        if whole < size:
            file.truncate(whole)
        file.write(content)
        file.flush()
        sync_handle(file.fileno(), path)


def whole_size(path: Path) -> int:
    """Return how long a file of lines, which may not exist, is without a torn last line."""
    size = path.stat().st_size if path.exists() else 0
    if size == 0:
        return 0
    with path.open("rb") as file:
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return size
        file.seek(0)
        return file.read().rfind(b"\n") + 1


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects, one a line, of a file that may not exist; other and torn lines are left out."""
    for _, value in numbered_lines(path):
        if value is not None:
            yield value


def numbered_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield number and JSON object, None where it is none, of each whole line that is not blank."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n") and line.strip():
                value = None
                with suppress(ValueError):
                    value = json.loads(line)
                yield number, value if isinstance(value, dict) else None


def checked_line(entry: Mapping[str, Any]) -> bytes:
    """Return an entry as a line that begins with the CRC-32 of the rest, eight hexadecimal digits."""
    text = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
    return b"%08x %s\n" % (crc32(text), text)


def checked_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of checked lines of a file that may not exist, up to the first that is torn or damaged."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for line in file:
            checksum, _, text = line.removesuffix(b"\n").partition(b" ")
            if checksum != b"%08x" % crc32(text) or not line.endswith(b"\n"):
                return
            yield json.loads(text)
