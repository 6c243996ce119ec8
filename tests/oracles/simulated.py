"""What an order measures under a scenario with other fills, in plain Python, from the definitions (domain.md 4).

An order is a row of ``tests.oracles.measures``: its real measures, of which only what is a property of the order is
taken (who it is, Q, M0, m_T, its window). Fills are dictionaries with ``timestamp``, ``price2``, ``quantity`` and
``deal_source``. Money is exact: Fractions in half price units.
"""

from fractions import Fraction
from typing import Any

from tests.oracles.measures import BOOKED, OTHER, naive_mid2, naive_quote_at, naive_slippages, naive_spreads, venue_of

Row = dict[str, Any]
PROPERTIES = (
    "order_id", "side", "arrival_time", "end_time", "order_quantity", "mid2", "end_mid2", "arrival_bid",
    "arrival_offer", "window_start", "window_end",
)  # fmt: skip


def simulated_order(order: Row, fills: list[Row], prints: list[Row], quotes: list[Row], rules: Row) -> Row:
    """Return the measures of an order that fills ``fills``, by time, and nothing else; ``prints`` are the market's."""
    out = {name: order[name] for name in PROPERTIES}
    asked, side, arrival = order["order_quantity"], order["side"], order["arrival_time"]
    shares = [fill["quantity"] for fill in fills]
    filled = sum(shares)
    paid2 = sum(fill["quantity"] * fill["price2"] for fill in fills)
    out["filled"], out["notional2"] = filled, paid2
    out["price"] = Fraction(paid2, 2 * filled) if filled else None
    out |= _costs(order, filled, paid2, quotes, rules)
    out["fills"] = len(fills)
    out["first_fill_time"] = min((fill["timestamp"] for fill in fills), default=None)
    out["last_fill_time"] = max((fill["timestamp"] for fill in fills), default=None)
    waits = [fill["timestamp"] - arrival for fill in fills]
    timed = bool(waits) and min(waits) >= 0
    waited = sum(t * q for t, q in zip(waits, shares, strict=True))
    out["time_to_first_fill"] = min(waits) if timed else None
    out["execution_time"] = Fraction(waited, filled) if timed else None
    lasted = max(min(order["end_time"], rules["session_end"]) - arrival, 0)
    out["execution_time_all"] = Fraction(waited + (asked - filled) * lasted, asked) if timed or not fills else None
    for h, horizon in enumerate(rules["fill_ns"]):
        out[f"within_{h}"] = sum(q for t, q in zip(waits, shares, strict=True) if t <= horizon)
    venues = [venue_of(fill) for fill in fills]
    out["venues"] = [sum(q for q, v in zip(shares, venues, strict=True) if v == venue) for venue in (0, 1, 2, 3, 5)]
    shown = [{**fill, "price": fill["price2"] // 2, "half": fill["price2"] % 2, "side": side} for fill in fills]
    market = [fill for fill in shown if venue_of(fill) not in (BOOKED, OTHER)]
    as_real = order | {"market": market}
    return out | naive_spreads(as_real, quotes, rules) | naive_slippages(as_real, prints, quotes, rules)


def _costs(order: Row, filled: int, paid2: int, quotes: list[Row], rules: Row) -> Row:
    """Return the shortfall's parts and the cost under each charge for the unfilled, or None without M0 or m_T.

    Shortfall is what was paid above M0, plus what the unfilled costs above M0 when it is dealt with: at m_T, at the
    far touch of the end (of an order that lived in the session), not at all, or at the mid some time after the end.
    """
    names = "cost", "cost_touch", "cost_zero", "cost_cleanup", "execution_cost", "opportunity_cost"
    mid2, end2, side = order["mid2"], order["end_mid2"], order["side"]
    if mid2 is None or end2 is None:
        return dict.fromkeys(names)
    unfilled = order["order_quantity"] - filled
    lived = order["window_end"] is not None and order["window_start"] <= order["window_end"]
    last = naive_quote_at(quotes, min(order["end_time"], rules["session_end"]), rules)
    assert last is not None
    touch2 = 2 * (last["offer"] if side > 0 else last["bid"]) if lived else end2
    late = min(order["end_time"] + rules["cleanup_ns"], rules["session_end"])
    later2 = naive_mid2(naive_quote_at(quotes, late, rules))
    execution = side * (paid2 - filled * mid2)
    ends = end2, touch2, mid2, end2 if later2 is None else later2
    costs = [Fraction(execution + side * unfilled * (price2 - mid2)) for price2 in ends]
    return dict(zip(names, (*costs, Fraction(execution), costs[0] - execution), strict=True))
