"""The built-in sample, files of a synthetic exchange: `runner` takes it where nothing is given, and unpacks it once.

`.ci/pack_sample.py` packs it. It comes with the package, since generating it would mean compiling the generator.
"""

import json
import lzma
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from driver.config.keys import Config
from tickstore.durable.files import atomic_json, atomic_write, make_folder

FOLDER: Final = Path("darkreplay/sample")
PACKED: Final = Path(__file__).with_name("sample_data")
MARKER: Final = "sample.json"  # written last: the files are complete, of this size, and this version's
TABLES: Final = ("orders", "trades", "nbbo")


def use_sample(config: Config, results_given: bool) -> Config:
    """Return ``config`` with the sample as input, and a store and results of its own."""
    files: dict[str, Any] = {table: (str(FOLDER / "raw" / f"{table}.csv"),) for table in TABLES}
    results = config.results if results_given else str(FOLDER / "results")
    # The sample's store is ours: another version's sample makes room.
    return replace(config, **files, store=str(FOLDER / "store"), results=results, replace=True)


def ensure_sample(own_store: str, say: Callable[[str], None]) -> None:
    """Unpack the sample's files unless an earlier run did, and say that it is the sample that is used."""
    raw = FOLDER / "raw"
    made = is_complete(raw)
    hint = f" (--store={own_store} runs what you converted)" if Path(own_store).is_dir() else ""
    say(f"no input is given: {'using' if made else 'unpacking'} the built-in sample in {raw}{hint}")
    if not made:
        make_folder(raw, "sample")
        unpack_sample(raw)


def is_complete(raw: Path) -> bool:
    """Return whether the sample's files are all there, as they were written."""
    try:
        facts = json.loads((raw / MARKER).read_text(encoding="utf-8"))
        return bool(facts == _facts(raw))
    except (OSError, ValueError):
        return False


def unpack_sample(raw: Path) -> None:
    """Write securities 101 and 102 on 2024-01-01..05 into ``raw``."""
    (raw / MARKER).unlink(missing_ok=True)
    for table, text in packed_texts().items():
        atomic_write(raw / f"{table}.csv", text)
    atomic_json(raw / MARKER, _facts(raw))


def packed_texts() -> dict[str, bytes]:
    """Return the content of the sample's files."""
    return {table: lzma.decompress(_packed(table)) for table in TABLES}


def _packed(table: str) -> bytes:
    return (PACKED / f"{table}.csv.xz").read_bytes()


def _facts(raw: Path) -> dict[str, list[int]]:
    """Return the size of each file, and of what it was unpacked from its checksum."""
    return {table: [(raw / f"{table}.csv").stat().st_size, zlib.crc32(_packed(table))] for table in TABLES}
