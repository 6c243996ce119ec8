"""The one digest of source code: whoever keeps something that code made asks here whether it is still that code.

Called by the kernel cache, the resume of a conversion and the resume of a run.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

SOURCES: Final = frozenset({".py", ".toml", ".html"})


def package_root(source: Path) -> Path:
    """Return the outermost package that ``source``, a file or a folder, lies in; its own folder where it is in none."""
    folder = source if source.is_dir() else source.parent
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder


def is_source(path: Path) -> bool:
    """Return whether ``path`` is a file that decides what code does: Python, or the settings and pages beside it."""
    return path.suffix in SOURCES and path.is_file()


def source_files(package: Path) -> list[Path]:
    """Return every source of ``package``, a folder or one module, those of its sub-folders too, in order."""
    return [package] if package.is_file() else sorted(path for path in package.rglob("*") if is_source(path))


@cache
def source_digest(*packages: Path) -> str:
    """Return 16 hexadecimal digits that change with any source at or below ``packages``: its place or its text.

    Sources are read once in the life of the process: what runs is the code that was loaded, not what was edited since.
    """
    digest = hashlib.sha256()
    for package in packages:
        for source in source_files(package):
            digest.update(f"{source.relative_to(package.parent)}\0".encode())
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]
