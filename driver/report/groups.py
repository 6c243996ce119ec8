"""Rows of tables in groups, as the report draws and lists them."""

from collections.abc import Sequence
from typing import Final

from driver.review.numbers import Row, number

SHOWN: Final = 20  # groups drawn or listed; the CSV has all of them


def grouped(rows: Sequence[Row], key: str, name: str = "") -> list[tuple[str, list[Row]]]:
    """Return consecutive rows with equal ``key`` together, as (label, one row per scenario).

    The label is the key and, where the rows have that column and it is not empty, ``name``.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{row[key]} {row.get(name) or ''}".strip(), []).append(row)
    return list(groups.items())


def largest(groups: list[tuple[str, list[Row]]]) -> list[tuple[str, list[Row]]]:
    """Return the SHOWN groups with the largest value at arrival, in table order."""
    ranked = sorted(range(len(groups)), key=lambda i: -number(groups[i][1][0]["benchmark_notional"]))
    return [groups[i] for i in sorted(ranked[:SHOWN])]
