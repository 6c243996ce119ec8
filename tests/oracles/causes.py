"""Causes and ranking times in plain Python, from one order's rows and fills."""

from itertools import pairwise
from typing import Any

Row = dict[str, Any]
VENUE_NAMES = {1: "lit_fill", 20: "auction_fill", 90: "auction_fill", 44: "crossing_booking", 45: "crossing_booking"}
VENUE_NAMES |= {
    48: "crossing_booking",
    91: "crossing_booking",
    46: "dark_fill",
    47: "dark_fill",
    49: "dark_fill",
    50: "dark_fill",
    51: "dark_fill",
    52: "dark_fill",
    60: "other_fill",
}
CANCELLED, EXPIRED = {1, 4, 9, 15, 19, 20, 21, 23, 27, 100}, {24, 25, 26}


def naive_end(row: Row) -> str:
    """Return how an order's last row ended it, or nothing."""
    if row["leaves_quantity"] <= 0:
        return ""
    reason = row.get("change_reason", -1)
    if reason in EXPIRED or reason in CANCELLED:
        return "expiry" if reason in EXPIRED else "cancel"
    return {4: "expiry", 2: "cancel"}.get(row.get("order_status", 0), "")


def naive_causes(rows: list[Row], fills: list[Row]) -> list[tuple[str, int]]:
    """Return (cause, ranking time) of each row of one order; ``fills`` are its fills in time order."""
    shares = [
        VENUE_NAMES[f["deal_source"]] for f in fills if f["deal_source"] in VENUE_NAMES for _ in range(f["quantity"])
    ]
    out, ranking, start = [("entry", rows[0]["timestamp"])], rows[0]["timestamp"], rows[0]["matched_quantity"]
    for before, row in pairwise(rows):
        total = row["leaves_quantity"] + row["matched_quantity"]
        change = total - before["leaves_quantity"] - before["matched_quantity"]
        moved = row["price"] != before["price"] or row["mid_tick"] != before["mid_tick"]
        if moved or change > 0:
            ranking = row["timestamp"]
        cause = (
            "amendment"
            if moved or change != 0 or row.get("minimum_quantity", 0) != before.get("minimum_quantity", 0)
            else "none"
        )
        if row["matched_quantity"] > before["matched_quantity"]:
            here = row["matched_quantity"] - start  # the last of the order's first `here` shares
            cause = naive_fill_cause(shares, before["matched_quantity"] - start, here)
        if row is rows[-1] and naive_end(row):
            cause = naive_end(row)
        out.append((cause, ranking))
    return out


def naive_fill_cause(shares: list[str], before: int, now: int) -> str:
    """Return the venue of the share that brought the matched quantity to ``now``."""
    if before >= len(shares):
        return "unknown_fill"
    return shares[min(now, len(shares)) - 1]
