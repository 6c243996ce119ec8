"""Counts of what does not add up in a day, in plain Python from the raw rows."""

from typing import Any

Row = dict[str, Any]
BOOKINGS, REPORTS = (44, 45, 48, 91), (3, 5, 7, 36, 43)
KNOWN = (1, 20, 46, 47, 49, 50, 51, 52, 90, *BOOKINGS, *REPORTS)


def naive_quality(events: list[Row], fills: list[Row], quotes: list[Row]) -> dict[str, int]:
    """Return the counts by kind; a missing quote side is None."""
    orders: dict[int, list[Row]] = {}
    for event in events:
        orders.setdefault(event["order_id"], []).append(event)
    counts = naive_orders(orders, fills)
    counts["fills"] = len(fills)
    counts["fills_without_order"] = sum(fill["order_id"] not in orders for fill in fills)
    counts["fills_booked"] = sum(fill["deal_source"] in BOOKINGS for fill in fills)
    counts["fills_off_market"] = sum(fill["deal_source"] in REPORTS for fill in fills)
    counts["fills_unknown_deal_source"] = sum(fill["deal_source"] not in KNOWN for fill in fills)
    counts["fills_before_first_quote"] = sum(
        not any(quote["timestamp"] < fill["timestamp"] for quote in quotes) for fill in fills
    )
    kinds = [naive_kind(quote["bid"] or 0, quote["offer"] or 0) for quote in quotes]
    counts["quotes"] = len(quotes)
    return counts | {f"quotes_{k}": kinds.count(k) for k in ("valid", "locked", "crossed", "one_sided", "empty")}


def naive_orders(orders: dict[int, list[Row]], fills: list[Row]) -> dict[str, int]:
    """Return the counts of orders whose states and fills agree, and of how the others differ."""
    above = below = beyond = carried = 0
    for number, rows in orders.items():
        before = rows[0]["matched_quantity"]
        filled = sum(f["quantity"] for f in fills if f["order_id"] == number and f["deal_source"] not in REPORTS)
        matched = rows[-1]["matched_quantity"] - before
        above += filled > matched
        below += filled < matched
        beyond += filled > max(row["leaves_quantity"] + row["matched_quantity"] - before for row in rows)
        carried += before > 0
    return {
        "orders_reconciled": len(orders) - above - below,
        "orders_not_reconciled": above + below,
        "orders_filled_above_matched": above,
        "orders_filled_below_matched": below,
        "orders_filled_above_parent": beyond,
        "orders_carried_over": carried,
    }


def naive_kind(bid: int, offer: int) -> str:
    """Return what kind of quote this is."""
    if bid > 0 and offer > 0:
        return "valid" if bid < offer else "locked" if bid == offer else "crossed"
    return "one_sided" if bid > 0 or offer > 0 else "empty"
