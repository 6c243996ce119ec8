"""What every column of the order files means: name, unit, sign, meaning. The README and the tests read it.

Names with ``<s>`` stand for one column per scenario (A, B, C; fees also for real), with ``<h>`` for one per
horizon: of ``fill_seconds`` for fill rates, else of ``markout_seconds``. What the engine computes under the same name
is described once, in ``kernels.metrics``.
"""

from typing import Final

from driver.column_guide import BENEFIT, BPS, COST, NONE, Column
from kernels.metrics import METRICS

CHARGED: Final = {
    "touch": "the unfilled charged at the far touch of the end",
    "zero": "the unfilled charged nothing",
    "cleanup": "the unfilled charged at the mid cleanup_s after the end",
}
NAMED: Final = {
    column.name: column
    for column in (
        Column("participant_id", "id", NONE, "broker, as the input names it"),
        Column("side", "1, 2", NONE, "buy, sell, as in the exchange's files"),
        Column("vwap", "price units", NONE, "average price of the real fills"),
        Column("shortfall_bps", BPS, COST, "cost over value at M0, the unfilled charged at the mid of the end"),
        Column("<s>_filled_quantity", "shares", NONE, "filled under the scenario"),
        Column("<s>_price", "price units", NONE, "average price under the scenario"),
        Column("<s>_shortfall_bps", BPS, COST, "shortfall under the scenario"),
        Column("<s>_saving_bps", BPS, BENEFIT, "real shortfall less the scenario's"),
        Column("lit_quantity", "shares", NONE, "really filled in the lit book"),
        Column("dark_quantity", "shares", NONE, "really filled in the dark book"),
        Column("auction_quantity", "shares", NONE, "really filled in auctions"),
        Column("booked_quantity", "shares", NONE, "really filled by crossing bookings"),
        Column("benchmark", "word", NONE, "where M0 comes from: none, arrival, open, close"),
        Column("mid", "price units", NONE, "M0: mid of the benchmark quote"),
        Column("end_mid", "price units", NONE, "m_T: mid at the end of the order, at most the session's end"),
        *(Column(f"shortfall_{name}_bps", BPS, COST, f"shortfall, {how}") for name, how in CHARGED.items()),
        *(Column(f"<s>_shortfall_{name}_bps", BPS, COST, "the same under the scenario") for name in CHARGED),
        Column("execution_bps", BPS, COST, "part of the real shortfall paid on fills"),
        Column("opportunity_bps", BPS, COST, "part of the real shortfall charged for the unfilled"),
        Column("time_to_first_fill_ns", "ns", NONE, "from arrival"),
        Column("execution_time_ns", "ns", NONE, "volume-weighted time of fills from arrival"),
        Column("execution_time_all_ns", "ns", NONE, "the same with the unfilled waiting until the end, over Q"),
        Column("markout_<h>s_bps", BPS, BENEFIT, "mid h seconds after market fills against their price"),
        Column("realised_spread_<h>s_bps", BPS, COST, "twice the distance of fills from the mid h seconds later"),
        Column("fill_ratio", "share", NONE, "filled over asked"),
        Column("fill_rate_<h>s", "share", NONE, "filled within h seconds of arrival, over asked: F(h)"),
        Column("decision_mid", "price units", NONE, "Md: mid at the decision"),
        Column("delay_bps", "bps of Md", COST, "s q (M0 - Md) over Q Md: what waiting cost"),
        Column("decision_opportunity_bps", "bps of Md", COST, "s (Q - q)(m_T - Md) over Q Md"),
        Column("<s>_fees_bps", BPS, COST, "fees over value at M0, where any are set"),
        Column("<s>_net_shortfall_bps", BPS, COST, "shortfall with fees, where any are set"),
    )
}
IN_ORDER: Final = """
order_id participant_id side order_type arrival_time end_time limit_price order_quantity filled_quantity
leaves_quantity group vwap first_fill_time last_fill_time fills arrival_bid arrival_offer shortfall_bps
<s>_filled_quantity <s>_price <s>_shortfall_bps <s>_saving_bps withdrawn_quantity
lit_quantity dark_quantity auction_quantity booked_quantity benchmark benchmark_time eligible window_start window_end
fills_after_hours mid end_mid shortfall_touch_bps <s>_shortfall_touch_bps shortfall_zero_bps <s>_shortfall_zero_bps
shortfall_cleanup_bps <s>_shortfall_cleanup_bps execution_bps opportunity_bps arrival_slippage_bps
effective_spread_bps price_improvement_bps vwap_slippage_bps time_to_first_fill_ns execution_time_ns
markout_<h>s_bps realised_spread_<h>s_bps fill_ratio eq_ratio adverse_selection_<h>s_bps
report_quantity market_volume shortfall_ex_booking_bps quoted_spread_bps fill_quoted_spread_bps
arrival_improvement_bps vwap_slippage_ex_own_bps close_slippage_bps execution_time_all_ns
impact_<h>s_bps fill_rate_<h>s parent_id decision_time decision_mid delay_bps decision_opportunity_bps
decision_shortfall_bps <s>_fees_bps <s>_net_shortfall_bps
"""
ORDER: Final = IN_ORDER.split()
OPTIONAL: Final = tuple(ORDER[ORDER.index("parent_id") :])  # only with columns of the input, or fees, that they need


def _column(name: str) -> Column:
    if name in NAMED:
        return NAMED[name]
    (metric,) = (metric for metric in METRICS if metric.name == name)
    return Column(*metric)


ORDER_COLUMNS: Final = tuple(_column(name) for name in ORDER)


def order_table() -> str:
    """Return the columns as a Markdown table: the part of driver/README.md that a test keeps up to date."""
    lines = ["| column | unit | positive is | meaning |", "|---|---|---|---|"]
    lines += [f"| `{column.name}` | {column.unit} | {column.sign} | {column.meaning} |" for column in ORDER_COLUMNS]
    return "\n".join(lines) + "\n"
