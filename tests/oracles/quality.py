"""Counts of what does not add up in a day, in plain Python from the raw rows."""

from typing import Any

from tests.oracles.lives import SET_APART, naive_life
from tests.oracles.plausible import PRICE, naive_beyond, naive_far, naive_kinds, naive_plausible

Row = dict[str, Any]
BOOKINGS, REPORTS = (44, 45, 48, 91), (3, 5, 7, 36, 43)
FAULTS = (
    "orders_matched_falls", "orders_negative_quantity", "orders_filled_above_quantity", "orders_filled_beyond_leaves",
    "orders_filled_before_entry", "carried_unknown", "orders_rows_out_of_order",
    "orders_price_implausible",
)  # fmt: skip
KNOWN = (1, 20, 46, 47, 49, 50, 51, 52, 90, *BOOKINGS, *REPORTS)


def naive_quality(events: list[Row], fills: list[Row], quotes: list[Row], session: tuple[int, int]) -> dict[str, int]:
    """Return the counts by kind; a missing quote side is None."""
    orders: dict[int, list[Row]] = {}
    for event in events:
        orders.setdefault(event["order_id"], []).append(event)
    plausible = naive_plausible(quotes)
    far = [fill for fill in fills if naive_far(fill, plausible)]
    odd = {fill["order_id"] for fill in far}
    counts = naive_orders(orders, fills, session, naive_opening(plausible, session[0]), odd)
    counts["fills"] = len(fills)
    counts["fills_without_order"] = sum(fill["order_id"] not in orders for fill in fills)
    counts["fills_booked"] = sum(fill["deal_source"] in BOOKINGS for fill in fills)
    counts["fills_off_market"] = sum(fill["deal_source"] in REPORTS for fill in fills)
    counts["fills_unknown_deal_source"] = sum(fill["deal_source"] not in KNOWN for fill in fills)
    counts["fills_before_first_quote"] = sum(
        not any(quote["timestamp"] < fill["timestamp"] for quote in quotes) for fill in fills
    )
    counts["fills_price_implausible"] = len(far)
    counts["fills_beyond_limit"] = sum(naive_beyond(fill, orders.get(fill["order_id"], [])) for fill in fills)
    kinds = naive_kinds(quotes)
    counts["quotes"] = len(quotes)
    names = ("valid", "locked", "crossed", "one_sided", "empty", "absurd_spread", "jumping")
    return counts | {f"quotes_{k}": kinds.count(k) for k in names}


def naive_opening(quotes: list[Row], start: int) -> int:
    """Return when the opening quote is known: the first with a mid in the session's first minute, else its start."""
    minute = [quote for quote in quotes if start <= quote["timestamp"] <= start + 60 * 10**9]
    return min((q["timestamp"] for q in minute if q["bid"] and q["offer"] and q["bid"] <= q["offer"]), default=start)


def naive_orders(
    orders: dict[int, list[Row]], fills: list[Row], session: tuple[int, int], opened: int, odd: set[int]
) -> dict[str, int]:
    """Return the counts of orders whose states and fills agree, of how the others differ, and of the impossible."""
    above = below = carried = early = windowless = 0
    faults = []
    for number, rows in orders.items():
        mine = [fill for fill in fills if fill["order_id"] == number and fill["deal_source"] not in REPORTS]
        life = naive_life(rows, mine, bool(fills))
        filled = sum(fill["quantity"] for fill in mine)
        above += filled > life["matched_quantity"]
        below += filled < life["matched_quantity"]
        carried += life["carried_quantity"] > 0
        fault = life["fault"] | (PRICE if number in odd else 0)
        faults.append(fault)
        if not fault & SET_APART:
            start = max(rows[0]["timestamp"], session[0])
            known = start if rows[0]["timestamp"] > session[0] else opened
            early += any(fill["timestamp"] < known for fill in mine)
            windowless += start > min(rows[-1]["timestamp"], session[1])
    return {
        "orders_reconciled": len(orders) - above - below,
        "orders_not_reconciled": above + below,
        "orders_filled_above_matched": above,
        "orders_filled_below_matched": below,
        "orders_carried_over": carried,
        "orders_filled_before_benchmark": early,
        "orders_without_window": windowless,
        "orders_set_apart": sum(bool(fault & SET_APART) for fault in faults),
    } | {kind: sum(bool(fault & 1 << bit) for fault in faults) for bit, kind in enumerate(FAULTS)}
