"""Tables of a results folder changed by hand, for tests of what reads them."""

import csv
from collections.abc import Callable
from pathlib import Path

Table = list[dict[str, str]]


def edit_table(path: Path, change: Callable[[Table], Table]) -> None:
    """Change a table."""
    with path.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
