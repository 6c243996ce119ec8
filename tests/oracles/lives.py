"""What an order carried from earlier days, its quantities of a day, what is impossible about it, in plain Python."""

from itertools import pairwise
from typing import Any

Row = dict[str, Any]
REPORTS = (3, 5, 7, 36, 43)
FALLS, ABOVE, BEYOND, EARLY, UNKNOWN, DISORDER = 1, 4, 8, 16, 32, 64
SET_APART = FALLS | ABOVE | BEYOND | DISORDER | 128  # the last one is of prices, see plausible.py


def naive_disorder(life: list[Row]) -> int:
    """Return what the rows cannot be one after the other."""
    found = 0
    for row in life[1:]:
        if any(row.get(name) != life[0].get(name) for name in ("side", "participant")):
            found |= DISORDER
    for a, b in pairwise(life):
        was, reason = (row.get("change_reason", -1) for row in (a, b))
        leaves, matched = (b[name] - a[name] for name in ("leaves_quantity", "matched_quantity"))
        steady = a.get("quantity", 0) == b.get("quantity", 0)
        if steady and leaves + matched > 0:
            found |= ABOVE if reason == 3 or (reason == -1 and matched > 0) else 0
            found |= DISORDER if reason in (1, 9, 24) else 0
        if reason == 6 and (matched or leaves or was in (1, 3, 5, 9, 24)):
            found |= DISORDER
        if reason == 30 and was != -1 and leaves + matched > 0:
            found |= DISORDER
    return found


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
    if any_trades and not filled and first["matched_quantity"] > 0:
        reason, done = first.get("change_reason", -1), first["matched_quantity"]
        most = max(row["leaves_quantity"] + row["matched_quantity"] for row in life)
        open_ = first["leaves_quantity"]
        unknown = reason == 3 or (reason == -1 and done == most and first.get("quantity") == done + open_)
        carried = 0 if unknown else carried
    shown = max(row["leaves_quantity"] + row["matched_quantity"] for row in life) - carried
    fault = naive_disorder(life)
    fault |= FALLS if any(b["matched_quantity"] < a["matched_quantity"] for a, b in pairwise(life)) else 0
    fault |= ABOVE if filled > shown else BEYOND if filled > 0 and filled + last["leaves_quantity"] > shown else 0
    fault |= EARLY if any_trades and sooner > first["matched_quantity"] else 0
    return {
        "parent_quantity": max(shown, filled),
        "matched_quantity": max(last["matched_quantity"] - carried, 0),
        "carried_quantity": carried,
        "fault": fault | (UNKNOWN if unknown else 0),
    }
