"""The manifest: a line for every partition that is finished."""

from pathlib import Path
from typing import Any

from tickstore.durable.json_lines import read_lines
from tickstore.store.paths import MANIFEST_NAME


def manifest_partitions(store: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the last line of the manifest about each partition."""
    lines = (line for line in read_lines(store / MANIFEST_NAME) if is_partition_line(line))
    return {(line["security"], line["date"]): line for line in lines}


def is_partition_line(line: dict[str, Any]) -> bool:
    """Return whether a line of the manifest says all that is to be said of a partition."""
    texts = all(isinstance(line.get(name), str) for name in ("security", "date", "digest", "head"))
    return line.get("kind") == "partition" and texts and isinstance(line.get("size"), int)
