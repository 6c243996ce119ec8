"""What a run says at its end about impossible rows, who dominates, unlike signs, and the replay. For `runner`."""

import csv
from collections import Counter
from pathlib import Path
from typing import Final

from driver.config.keys import Config
from driver.review.dominance import dominance_notes
from driver.review.estimands import sign_notes
from driver.tables.replay_words import replay_notes

ALL: Final = "all"
LEFT_OUT: Final = "replay_orders_left_out"
_DAYS: Final = {
    "date_implausible": "are dated before 2000 or 10 years from most others: check --epoch, --time_unit",
    "day_without_orders": "have trades or quotes and no orders: check how securities and dates are written",
}


def said_of(results: Path, config: Config) -> tuple[str, ...]:
    """Return what the tables of a finished run say of its data and of its replay."""
    of_savings = *dominance_notes(results), *sign_notes(results)
    return *quality_notes(results), *of_savings, *replay_notes(results, config.from_rest)


def quality_notes(results: Path) -> tuple[str, ...]:
    """Return a sentence on orders set apart, on fills of unknown orders if most are, on orders outside the session."""
    counts, first = Counter[str](), dict[str, str]()
    with (results / "data_quality.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["security_code"] == ALL == row["date"]:
                counts[row["kind"]] = int(row["count"])
            else:
                first.setdefault(row["kind"], f"security {row['security_code']} on {row['date']}")
    notes = []
    for kind, when in (("orders_set_apart", ""), ("orders_set_apart_in_hours", " at the end of the hours")):
        if counts[kind]:
            notes.append(
                f"{counts[kind]:,} orders contradict themselves{when} and are in no table; first: {first[kind]}"
            )
    for kind, what in _DAYS.items():
        if counts[kind]:
            notes.append(f"{counts[kind]:,} security-days {what} ({kind}); first: {first[kind]}")
    unknown, fills = counts["fills_without_order"], counts["fills"]
    if 2 * unknown > fills:
        notes.append(f"{unknown:,} of {fills:,} fills are of orders that the order files lack (fills_without_order)")
    outside, orders = counts["orders_without_window"], counts["orders_reconciled"] + counts["orders_not_reconciled"]
    if 10 * outside > orders:
        what = "ended before the session or arrived after it (orders_without_window): check --session and --timezone"
        notes.append(f"{outside:,} of {orders:,} orders {what}")
    if counts.get(LEFT_OUT) == 0:
        notes.append("no dark order is of the brokers of --without_participants: nothing was left out of the book")
    return tuple(notes)
