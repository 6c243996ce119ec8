"""What an order carried from earlier days, its quantities of a day, what is impossible about it, in plain Python."""

from itertools import pairwise
from typing import Any

Row = dict[str, Any]
REPORTS = (3, 5, 7, 36, 43)
FALLS, ABOVE, BEYOND, EARLY, UNKNOWN = 1, 4, 8, 16, 32
SET_APART = FALLS | ABOVE | BEYOND


def naive_life(life: list[Row], fills: list[Row], any_trades: bool) -> Row:
    """Return what is known of an order from its rows and its own fills; ``any_trades``: the day has some."""
    first, last = life[0], life[-1]
    opening = [row for row in life if row["timestamp"] == first["timestamp"]][-1]
    fills = [fill for fill in fills if fill["deal_source"] not in REPORTS]
    filled = sum(fill.get("quantity", 0) for fill in fills)
    sooner = sum(fill.get("quantity", 0) for fill in fills if fill["timestamp"] < first["timestamp"])
    by_then = sum(fill.get("quantity", 0) for fill in fills if fill["timestamp"] <= first["timestamp"])
    carried, unknown = first["matched_quantity"], False
    if any_trades and by_then:
        carried = sorted((0, opening["matched_quantity"] - by_then, first["matched_quantity"]))[1]
    if not any_trades and first["matched_quantity"] > 0:
        reason = first.get("change_reason", -1)
        total = first["leaves_quantity"] + first["matched_quantity"]
        unknown = reason == 3 or (reason == -1 and first.get("quantity") == total)
        carried = 0 if unknown else carried
    shown = max(row["leaves_quantity"] + row["matched_quantity"] for row in life) - carried
    fault = FALLS if any(b["matched_quantity"] < a["matched_quantity"] for a, b in pairwise(life)) else 0
    fault |= ABOVE if filled > shown else BEYOND if filled > 0 and filled + last["leaves_quantity"] > shown else 0
    fault |= EARLY if any_trades and sooner > first["matched_quantity"] else 0
    return {
        "parent_quantity": max(shown, filled),
        "matched_quantity": max(last["matched_quantity"] - carried, 0),
        "carried_quantity": carried,
        "fault": fault | (UNKNOWN if unknown else 0),
    }
