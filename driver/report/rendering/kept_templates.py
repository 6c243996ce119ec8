"""Compiled templates, kept from one report to the next in the user's cache folder: compiling them was half of a report.

Each file has a checksum, as those of kernels have: Python does not survive every damage to code that it loads. The
library compares the template itself, and the version of Python, by what it writes in front. Nothing here may fail a
report: what cannot be read or written is compiled again.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from kernels.base.cache_folder import cache_folder
from kernels.base.sealed_files import SIZE, is_sealed, seal

FOLDER: Final = "templates"


class KeptTemplates(BytecodeCache):
    """Reads and writes the bytecode of templates."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its bytecode, if it is kept and sound."""
        with suppress(OSError):
            path = _place(bucket)
            if is_sealed(path):
                bucket.bytecode_from_string(path.read_bytes()[:-SIZE])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the bytecode of a template, whole or not at all: several reports may be made at a time."""
        with suppress(OSError):
            path, code = _place(bucket), bucket.bytecode_to_string()
            temporary = path.with_suffix(f".{os.getpid()}")
            temporary.write_bytes(code + seal(code))
            temporary.replace(path)


def _place(bucket: Bucket) -> Path:
    """Return the file of a template. OSError: there is no folder to keep it in."""
    return cache_folder(FOLDER) / bucket.key
