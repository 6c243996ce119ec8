"""Counts of what does not add up in a day, in plain Python from the raw rows."""

from typing import Any

from tests.oracles.lives import SET_APART, naive_life

Row = dict[str, Any]
BOOKINGS, REPORTS = (44, 45, 48, 91), (3, 5, 7, 36, 43)
FAULTS = (
    "orders_matched_falls", "orders_negative_quantity", "orders_filled_above_quantity", "orders_filled_beyond_leaves",
    "orders_filled_before_entry", "carried_unknown", "orders_rows_out_of_order",
)  # fmt: skip
KNOWN = (1, 20, 46, 47, 49, 50, 51, 52, 90, *BOOKINGS, *REPORTS)


def naive_quality(events: list[Row], fills: list[Row], quotes: list[Row], session: tuple[int, int]) -> dict[str, int]:
    """Return the counts by kind; a missing quote side is None."""
    orders: dict[int, list[Row]] = {}
    for event in events:
        orders.setdefault(event["order_id"], []).append(event)
    counts = naive_orders(orders, fills, session, naive_opening(quotes, session[0]))
    counts["fills"] = len(fills)
    counts["fills_without_order"] = sum(fill["order_id"] not in orders for fill in fills)
    counts["fills_booked"] = sum(fill["deal_source"] in BOOKINGS for fill in fills)
    counts["fills_off_market"] = sum(fill["deal_source"] in REPORTS for fill in fills)
    counts["fills_unknown_deal_source"] = sum(fill["deal_source"] not in KNOWN for fill in fills)
    counts["fills_before_first_quote"] = sum(
        not any(quote["timestamp"] < fill["timestamp"] for quote in quotes) for fill in fills
    )
    counts["fills_price_implausible"] = sum(
        naive_far(fill["price"], [quote for quote in quotes if quote["timestamp"] < fill["timestamp"]][-1:])
        for fill in fills
        if fill["deal_source"] not in REPORTS
    )
    kinds = [naive_kind(quote["bid"] or 0, quote["offer"] or 0) for quote in quotes]
    counts["quotes"] = len(quotes)
    names = ("valid", "locked", "crossed", "one_sided", "empty", "absurd_spread")
    return counts | {f"quotes_{k}": kinds.count(k) for k in names}


def naive_opening(quotes: list[Row], start: int) -> int:
    """Return when the opening quote is known: the first with a mid in the session's first minute, else its start."""
    minute = [quote for quote in quotes if start <= quote["timestamp"] <= start + 60 * 10**9]
    kinds = [(quote["timestamp"], naive_kind(quote["bid"] or 0, quote["offer"] or 0)) for quote in minute]
    return min((time for time, kind in kinds if kind in ("valid", "locked")), default=start)


def naive_far(price: int, last: list[Row]) -> bool:
    """Return whether a price cannot be, beside the quote before it if there is one."""
    bid, offer = (last[0]["bid"] or 0, last[0]["offer"] or 0) if last else (0, 0)
    if price > 0 and naive_kind(bid, offer) in ("valid", "locked"):
        return not 1 / 8 <= price / ((bid + offer) / 2) <= 8
    return price <= 0


def naive_orders(
    orders: dict[int, list[Row]], fills: list[Row], session: tuple[int, int], opened: int
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
        faults.append(life["fault"])
        if not life["fault"] & SET_APART:
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


def naive_kind(bid: int, offer: int) -> str:
    """Return what kind of quote this is."""
    if bid > 0 and offer > 0:
        tick = 1 if bid < 100 else 5 if bid < 2_000 else 10
        if (offer - bid) / ((bid + offer) / 2) > 0.5 and offer - bid > 20 * tick:
            return "absurd_spread"
        return "valid" if bid < offer else "locked" if bid == offer else "crossed"
    return "one_sided" if bid > 0 or offer > 0 else "empty"
