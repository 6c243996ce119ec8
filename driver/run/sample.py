"""The built-in sample, files of a synthetic exchange: `runner` takes it where nothing is given, and makes it once."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from driver.config.keys import Config
from tickstore.durable.files import atomic_json, make_folder

FOLDER = Path("darkreplay/sample")
MARKER = "sample.json"  # written last: the files are complete, and of this size
TABLES = ("orders", "trades", "nbbo")


def use_sample(config: Config, results_given: bool) -> Config:
    """Return ``config`` with the sample as input, and a store and results of its own."""
    files: dict[str, Any] = {table: (str(FOLDER / "raw" / f"{table}.csv"),) for table in TABLES}
    results = config.results if results_given else str(FOLDER / "results")
    # The sample's store is ours: another version's sample makes room.
    return replace(config, **files, store=str(FOLDER / "store"), results=results, replace=True)


def ensure_sample(own_store: str, say: Callable[[str], None]) -> None:
    """Generate the sample's files unless an earlier run did, and say that it is the sample that is used."""
    raw = FOLDER / "raw"
    made = is_complete(raw)
    hint = f" (--store={own_store} runs what you converted)" if Path(own_store).is_dir() else ""
    say(f"no input is given: {'using' if made else 'generating'} the built-in sample in {raw}{hint}")
    if not made:
        make_folder(raw, "sample")
        generate_sample(raw)


def is_complete(raw: Path) -> bool:
    """Return whether the sample's files are all there, as they were written."""
    try:
        sizes = json.loads((raw / MARKER).read_text(encoding="utf-8"))
        return bool(sizes == _sizes(raw))
    except (OSError, ValueError):
        return False


def generate_sample(raw: Path) -> None:
    """Write securities 101 and 102 on 2024-01-01..05 into ``raw``."""
    from marketgen import MarketSpec, generate

    (raw / MARKER).unlink(missing_ok=True)
    generate(MarketSpec(), raw)
    atomic_json(raw / MARKER, _sizes(raw))


def _sizes(raw: Path) -> dict[str, int]:
    return {table: (raw / f"{table}.csv").stat().st_size for table in TABLES}
