"""Where savings by value and per order have unlike signs: neither speaks for all orders (decisions 37)."""

from collections.abc import Sequence
from pathlib import Path

from driver.review.numbers import Row, number, signed, unlike
from driver.review.read_back import read_tables
from driver.tables.replay_words import ASSERTED

WHY = "large orders and the many small ones fare differently, and neither speaks for both"


def unlike_signs(summary: Sequence[Row]) -> list[str]:
    """Return a sentence on the scenarios whose two savings disagree on the sign; summary : of all orders."""
    told = []
    for row in summary:
        by_value, per_order = (row.get(name) for name in ("saving_bps", "saving_mean_bps"))
        if row["scenario"] in ASSERTED and by_value is not None and per_order is not None:
            value, mean = number(by_value), number(per_order)
            if unlike(value, mean):
                told.append(f"{row['scenario']} {signed(value)} bps by value and {signed(mean)} per order")
    return [f"The signs of savings by value and per order differ: {'; '.join(told)}: {WHY}."] if told else []


def sign_notes(results: Path) -> tuple[str, ...]:
    """Return the same of a results folder, for a terminal."""
    return tuple(unlike_signs(read_tables(results, "global_summary")["global_summary"]))
