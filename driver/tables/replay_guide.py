"""What the columns on the replayed book mean: of its three tables and of the files of matches.

driver/README.md lists them; a test compares them with what is written.
"""

from typing import Final

from driver.tables.column_guide import BPS, Column, plain
from driver.tables.replay_words import RUNS
from kernels.measure.order_columns import BENEFIT, COST

MATCHES: Final = (
    plain("security_code", "", "security"),
    plain("trade_date", "", "trade date"),
    plain("scenario", "", "whose book: P, R, R_optimistic, R_conservative, D"),
    plain("time", "ns UTC", "of the match; a timestamp in Parquet"),
    plain("buy_order_id", "id", "as the input writes it"),
    plain("sell_order_id", "id", "the same"),
    plain("quantity", "shares", "traded"),
    plain("price", "price unit", "exact: half units end in .5"),
    plain("mid", "price unit", "of the quote in force, exact too"),
    plain("aggressor_side", "1, 2, 0", "the buyer was incoming, the seller, or both rested"),
    plain("rule", "word", "what priced it: mid, dark_limit, block"),
    plain("booked", "0, 1", "1: a crossing booking, no market trade"),
    plain("preferenced", "0, 1", "1: the incoming order met its own broker's first"),
)
FIDELITY: Final = (
    plain("security_code", "", "security; all in the last row"),
    plain("date", "", "trade date; all in the last row"),
    plain("real_matches", "count", "matches of the real dark book"),
    plain("real_shares", "shares", "their shares"),
    plain("placebo_matches", "count", "matches of P, the book replayed with nothing changed"),
    plain("placebo_shares", "shares", "their shares"),
    plain("exact_matches", "count", "real ones that P has with the same orders, price, quantity and nanosecond"),
    plain("missed_matches", "count", "real ones of which P lacks something: same orders and price within 1 ms"),
    plain("missed_shares", "shares", "what it lacks of them"),
    plain("invented_matches", "count", "matches of P of which something never happened"),
    plain("invented_shares", "shares", "what never happened of them"),
    plain("wrong_quantity_matches", "count", "real ones that P has in part"),
    plain("wrong_price_matches", "count", "real ones that P has, in part at least, at another price"),
    plain("events", "count", "instants at which a real order came in and traded in the dark"),
    plain("named_events", "count", "those whose first counterparty P has, at the real price"),
    plain("absent_events", "count", "those of orders that are not in the order files"),
    plain("off_quote_events", "count", "those at a price that the quote before them does not allow"),
    plain("off_quote_shares", "shares", "of all real matches at such prices"),
    plain("single_fills", "count", "real dark fills whose other side is not in the trades"),
    plain("named_share", "share", "named_events over events"),
    plain("exact_share", "share", "exact_matches over real_matches"),
    plain("missed_share", "share", "missed_shares over real_shares"),
    plain("invented_share", "share", "invented_shares over real_shares"),
    plain(
        "trusted",
        "word",
        "yes, or not to be trusted: too little is named, too much missed or invented; empty without events",
    ),
)
FIDELITY_CAUSES: Final = (
    plain("security_code", "", "security; all in the last rows"),
    plain("date", "", "trade date; all in the last rows"),
    plain(
        "by", "word", "rule: how real and P's matches came about; cause: what may explain what P has not or has in vain"
    ),
    plain(
        "name",
        "word",
        "rule: incoming, preferenced (R14), rested (R23), booked (R15), block (R11); cause: the first of off_quote, "
        "hidden_minimum, absent_order, other_price that may be it, else other",
    ),
    plain("missed_shares", "shares", "of real matches, what P lacks"),
    plain("invented_shares", "shares", "of P's matches, what never happened"),
    plain("unnamed_events", "count", "aggressive events whose first counterparty P does not have"),
    plain("real_shares", "shares", "of real matches by this rule"),
    plain("events", "count", "aggressive events by this rule"),
)
ERRS: Final = "what P costs real dark orders less what they really cost, unfilled at the mid of the end, over notional"
BIAS: Final = (
    plain("security_code", "", "security; all in the last row"),
    plain("date", "", "trade date; all in the last row"),
    plain("orders", "count", "all dark order-days with a benchmark and a mid at their end, selected or not"),
    plain("order_quantity", "shares", "what they asked for"),
    plain("filled_quantity", "shares", "of it really filled in the dark"),
    plain("P_filled_quantity", "shares", "filled in P"),
    plain("notional", "price unit", "filled_quantity at the benchmark"),
    Column("error_bps", BPS, COST, ERRS),
    Column("error_often_bps", BPS, COST, "the part for filling more or less often"),
    Column("error_price_bps", BPS, COST, "the part for filling at other prices"),
)
CHARGES: Final = {"saving_bps": "unfilled at the mid of the end", "saving_touch_bps": "unfilled at the touch"}
BOUNDS: Final = (
    plain("security_code", "", "security, or all"),
    plain("date", "", "trade date, or all"),
    plain("orders", "count", "selected order-days"),
    plain("priced_orders", "count", "those with costs"),
    plain("order_quantity", "shares", "asked for"),
    plain("real_fill_ratio", "share", "really filled over asked, of orders that lived in the session"),
    *(plain(f"{run}_fill_ratio", "share", f"the same under {run}") for run in RUNS),
    plain("real_fill_ratio_diluted", "share", "really filled over asked, of all orders"),
    *(plain(f"{run}_fill_ratio_diluted", "share", f"the same under {run}") for run in RUNS),
    plain(
        "asked_orders", "count", "selected order-days that R lets rest in the dark: in the session, not dark themselves"
    ),
    plain("excluded_by_limit", "count", "orders that fill nothing under R since the mid never reached their limit"),
    plain(
        "excluded_by_life",
        "count",
        "others that fill nothing under R and rest for no time; unexecuted.csv has them by another reason",
    ),
    *(
        Column(f"{run}_{charge}", BPS, BENEFIT, f"saving under {run}, {how}")
        for charge, how in CHARGES.items()
        for run in RUNS
    ),
    *(
        Column(f"{end}_{charge}", BPS, BENEFIT, f"{what} of the three, {how}")
        for charge, how in CHARGES.items()
        for end, what in (("low", "smallest"), ("high", "largest"))
    ),
    plain(
        "identified",
        "word",
        "yes where all six savings have the same sign, not identified, or not to be trusted; says nothing of chance",
    ),
    plain("trusted", "word", "yes, or not to be trusted, of the orders' days: see fidelity.csv; empty where not known"),
)
TIME_LIMITS: Final = (
    plain("security_code", "", "security, or all"),
    plain(
        "dark_seconds",
        "seconds",
        "most that an order rests in the dark before it is as it really was; a limit beyond every order's horizon "
        "says the same as the row before it",
    ),
    plain("orders", "count", "selected order-days"),
    plain("order_quantity", "shares", "asked for"),
    plain("priced_orders", "count", "those with costs"),
    plain("filled_quantity", "shares", "filled, in the dark and after it"),
    plain("fill_ratio", "share", "filled over asked, of orders that lived in the session"),
    plain("fill_ratio_diluted", "share", "filled over asked, of all orders"),
    Column("saving_bps", BPS, BENEFIT, f"saving by value, {CHARGES['saving_bps']}"),
    Column("saving_touch_bps", BPS, BENEFIT, f"saving by value, {CHARGES['saving_touch_bps']}"),
    plain("best", "word", "chosen_after_the_fact: of largest saving_bps; what it saves flatters it"),
)
GUIDES: Final = {
    "matches": MATCHES, "fidelity": FIDELITY, "fidelity_causes": FIDELITY_CAUSES, "fidelity_bias": BIAS,
    "bounds": BOUNDS, "by_time_limit": TIME_LIMITS,
}  # fmt: skip
