"""Every per-order column: name, unit, sign, meaning. README's table and the tests read this one.

Sign ``cost``: positive when the order paid. ``benefit``: positive when it gained. Empty: no direction.
"""

from typing import Final, NamedTuple


class Metric(NamedTuple):
    """One column of the per-order results."""

    name: str
    unit: str
    sign: str
    meaning: str


COST, BENEFIT, NONE = "cost", "benefit", ""
AMOUNT: Final = "half price unit x share"
HALF: Final = "half price unit"
UNIT: Final = "price unit"
METRICS: Final = (
    Metric("order_index", "row", NONE, "row of the day's order table"),
    Metric("order_id", "id", NONE, "the exchange's order number"),
    Metric("participant", "id or code", NONE, "broker"),
    Metric("side", "+1, -1", NONE, "buy, sell"),
    Metric("order_type", "bit mask", NONE, "exchange order type"),
    Metric("arrival_time", "ns UTC", NONE, "first event of the trade date"),
    Metric("end_time", "ns UTC", NONE, "last event observed"),
    Metric("limit_price", UNIT, NONE, "limit in force when the benchmark is taken, 0 market"),
    Metric("order_quantity", "shares", NONE, "Q: largest leaves + matched of the day"),
    Metric("filled_quantity", "shares", NONE, "fills that consumed the order, bookings included"),
    Metric("leaves_quantity", "shares", NONE, "open on the last row observed"),
    Metric("withdrawn_quantity", "shares", NONE, "Q - filled - leaves: taken back by amendment"),
    Metric("matched_quantity", "shares", NONE, "the state's own counter of the day"),
    Metric("group", "code", NONE, "1 fully filled, 2 partially, 3 not executed"),
    Metric("notional", "price unit x share", NONE, "sum of published price x quantity"),
    Metric("first_fill_time", "ns UTC", NONE, "first fill"),
    Metric("last_fill_time", "ns UTC", NONE, "last fill"),
    Metric("fills", "count", NONE, "number of fills"),
    Metric("venue_quantity", "shares", NONE, "by lit, dark, auction, crossing booking"),
    Metric("venue_notional", "price unit x share", NONE, "published price x quantity, by the same venues"),
    Metric("booked_notional2", AMOUNT, NONE, "crossing bookings at exact prices, truncated mids rebuilt"),
    Metric("report_quantity", "shares", NONE, "off-market reports: they consume nothing and count nowhere else"),
    Metric("fills_after_hours", "count", NONE, "fills after the selected hours, in no other column"),
    Metric("benchmark", "code", NONE, "where M0 comes from: none, arrival, open, close"),
    Metric("benchmark_time", "ns UTC", NONE, "the later of arrival and session start"),
    Metric("arrival_bid", UNIT, NONE, "bid of the benchmark quote"),
    Metric("arrival_offer", UNIT, NONE, "offer of the benchmark quote"),
    Metric("mid2", HALF, NONE, "M0: bid + offer of the benchmark quote"),
    Metric("end_mid2", HALF, NONE, "m_T: mid at the end of the order, at most the session's end"),
    Metric("eligible", "0, 1", NONE, "1 if the order lived during the session and its window has a mid"),
    Metric("window_start", "ns UTC", NONE, "the later of arrival and session start"),
    Metric("window_end", "ns UTC", NONE, "the earlier of end and session end"),
    Metric("scenario_filled", "shares", NONE, "filled under each scenario"),
    Metric("scenario_price", UNIT, NONE, "average price under each scenario"),
    Metric("scenario_notional2", AMOUNT, NONE, "sum of exact price x quantity under each scenario"),
    Metric("cost", AMOUNT, COST, "shortfall, unfilled charged at m_T: the headline"),
    Metric("cost_touch", AMOUNT, COST, "shortfall, unfilled charged at the far touch at T"),
    Metric("cost_zero", AMOUNT, COST, "shortfall, unfilled charged nothing"),
    Metric("cost_cleanup", AMOUNT, COST, "shortfall, unfilled charged at the mid cleanup_s after the end"),
    Metric("execution_cost", AMOUNT, COST, "real: s q (P - M0)"),
    Metric("opportunity_cost", AMOUNT, COST, "real: s (Q - q)(m_T - M0)"),
    Metric("shortfall_ex_booking_bps", "bps of M0", COST, "real shortfall of the order without its crossing bookings"),
    Metric("arrival_slippage_bps", "bps of M0", COST, "market fills' average price against M0"),
    Metric("arrival_improvement_bps", "bps of M0", BENEFIT, "the same against the far touch at arrival"),
    Metric("vwap_slippage_bps", "bps of VWAP", COST, "against the market's prints over the order's life, own included"),
    Metric("vwap_slippage_ex_own_bps", "bps of VWAP", COST, "the same without the order's own prints"),
    Metric("close_slippage_bps", "bps of the close", COST, "against the closing auction, else the last print"),
    Metric("market_volume", "shares", NONE, "prints over the order's life; 0 for an order without market fills"),
    Metric("quoted_spread_bps", "bps of the mid", NONE, "time-weighted offer - bid over the window"),
    Metric("fill_quoted_spread_bps", "bps of the mid", NONE, "offer - bid before each market fill"),
    Metric("effective_spread_bps", "bps of the mid", COST, "2 s (p - m) / m, m before each market fill"),
    Metric("realised_spread_bps", "bps of the mid", COST, "2 s (p - m_h) / m for each horizon h"),
    Metric("impact_<h>s_bps", "bps of the mid", COST, "2 s (m_h - m) / m: effective = realised + impact"),
    Metric("adverse_selection_<h>s_bps", "bps of the mid", COST, "s (m - m_h) / m: minus half the impact"),
    Metric(
        "eq_ratio", "ratio", COST, "E/Q: effective over quoted spread of the market fills; none where all were locked"
    ),
    Metric("price_improvement_bps", "bps of the mid", BENEFIT, "against the far touch before each market fill"),
    Metric("markout_bps", "bps of the mid", BENEFIT, "s (m_h - p) / m for each horizon h"),
    Metric("filled_quantity_<h>s", "shares", NONE, "filled within h seconds of arrival, bookings included"),
    Metric("time_to_first_fill", "ns", NONE, "from arrival"),
    Metric("execution_time", "ns", NONE, "volume-weighted time of fills from arrival"),
    Metric("execution_time_all", "ns", NONE, "the same with the unfilled waiting until T, over Q"),
    Metric("parent_id", "id", NONE, "parent order, where the input has it"),
    Metric("decision_time", "ns UTC", NONE, "when the decision was taken, where the input has it"),
    Metric("decision_mid2", HALF, NONE, "Md: mid at the decision"),
    Metric("delay_cost", AMOUNT, COST, "s q (M0 - Md)"),
    Metric("decision_opportunity_cost", AMOUNT, COST, "s (Q - q)(m_T - Md)"),
    Metric("decision_shortfall_bps", "bps of Md", COST, "delay + execution + opportunity"),
    Metric("<scenario>_fees", AMOUNT, COST, "fees, where any are set"),
    Metric("<scenario>_net_shortfall_bps", "bps of M0", COST, "shortfall with fees, where any are set"),
)
