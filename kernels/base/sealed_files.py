"""Files that end with a checksum of what is before it: a flipped bit in machine code must be found before it is run.

``checked_cache`` writes them; who wants to know what is damaged asks here, without loading a compiler.
"""

import zlib
from pathlib import Path
from typing import Final

SIZE: Final = len(b"crc32:00000000")


def seal(data: bytes) -> bytes:
    """Return the bytes that close a file of ``data``."""
    return b"crc32:%08x" % zlib.crc32(data)


def is_sealed(path: Path) -> bool:
    """Return whether a file is as it was written."""
    content = path.read_bytes()
    return content[-SIZE:] == seal(content[:-SIZE])


def damaged_files(folder: Path) -> list[Path]:
    """Return the files of compiled code at or below ``folder`` that are not as they were written."""
    return [path for path in sorted(folder.rglob("*.nb[ci]")) if not is_sealed(path)]
