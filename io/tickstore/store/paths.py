"""Names and places inside a store, and the order of its partitions.

The lowest layer of the store: whoever reads or writes one goes by it, the driver too.
"""

from pathlib import Path
from typing import Final
from urllib.parse import quote

CATALOG_NAME: Final = "catalog.json"
_OWN_ENDINGS: Final = (".", ".json", ".jsonl", ".csv", ".tmp")  # .tmp: of the first versions
REJECTS_NAME: Final = "rejects.csv"
NAMES_NAME: Final = "names.json"
MANIFEST_NAME: Final = "manifest.jsonl"
CONVERT_FOLDER: Final = ".convert"
FINISHED_FOLDER: Final = ".finished"
DECISION_NAME: Final = "decision.json"


def partition_order(security: str, date: str) -> tuple[bool, int, str, str]:
    """Return the key that sorts partitions (decisions 27)."""
    number = security.isascii() and security.isdigit()
    return not number, int(security) if number else 0, security, date


def day_path(store: Path, security: str, date: str) -> Path:
    """Return where a partition's day file is; what is not [A-Za-z0-9._-] is percent-encoded.

    So are the dots of a name that could be a file's of the store itself.
    """
    name = quote(security, safe="")
    if name.startswith(".") or name.endswith(_OWN_ENDINGS):
        name = name.replace(".", "%2E")
    return store / name.replace("~", "%7E") / f"{date}.h5"


def is_decided(store: Path) -> bool:
    """Return whether a conversion's decision waits to be carried out: then nothing of it may be removed."""
    return (store / CONVERT_FOLDER / DECISION_NAME).exists()
