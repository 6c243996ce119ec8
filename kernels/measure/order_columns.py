"""The one list of per-order columns. Row numbers, blocks, order files, guides and READMEs are made from it.

A metric is added in three places: here, in the kernel (or in ``derived_columns``) that computes it, in its test.
"""

from typing import Final, NamedTuple

COST, BENEFIT, NONE = "cost", "benefit", ""  # positive when the order paid; when it gained; no direction
AMOUNT: Final = "half price unit x share"
HALF, UNIT, MONEY = "half price unit", "price unit", "price unit x share"
M0, MID, MD = "bps of M0", "bps of the mid", "bps of Md"
# Axes. A column without one is (n,); with one it is (values of the axis, n).
ONE, VENUE, SCENARIO, SIMULATED, MARKOUT, WITHIN = "", "venue", "scenario", "simulated", "markout", "within"
CORE, ALL, NOT = "core", "all", ""  # which order files have it
DERIVED: Final = "derived"  # computed from other columns when it is asked for, by ``derived_columns``
DECIDED, FEES, PARENTS = "decision_time", "fees", "parent_id"  # what an input, or the choices, must have
# What the value of an order's metric counts with where orders are summed.
ASKED, AT_DECISION, TRADED = "Q M0", "Q Md", "value of its market fills"
QUOTED: Final = "value of its market fills, of orders with a valid quote before one"
LATER: Final = "value of its market fills, of orders with realised spread and impact at that horizon"

CHARGED: Final = {  # what the unfilled cost, beside the mid of the end
    "touch": "at the far touch of the end", "zero": "nothing", "cleanup": "at the mid cleanup_s after the end",
}  # fmt: skip


class Column(NamedTuple):
    """One column of the per-order results.

    Attributes
    ----------
    dtype : numpy's code of its type; missing integers are ``NULL``, missing floats NaN
    axis : ONE, or what its rows are: VENUE (lit, dark, auction, booked, other), SCENARIO (real first), SIMULATED
        (without real), MARKOUT or WITHIN (the horizons of ``markout_seconds``, of ``fill_seconds``)
    rule : where its meaning is laid down: a section of domain.md, an entry of decisions.md
    files : CORE, in every order file; ALL, in those with all columns; NOT, in none
    shown : its name where each row stands alone, as in order files; ``<s>`` is a scenario, ``<h>`` a horizon
    of : DERIVED, or the column whose first row it is; "" has rows of its own
    needs : what must be given for it to be there: PARENTS, DECIDED, FEES
    weight : what its value counts with in sums of orders: ASKED, AT_DECISION, TRADED, QUOTED, LATER; "": not averaged
    """

    name: str
    dtype: str
    axis: str
    unit: str
    sign: str
    meaning: str
    rule: str
    files: str = NOT
    shown: str = ""
    of: str = ""
    needs: str = ""
    weight: str = ""


# In the order of order files; columns of one axis that follow each other take turns, row by row.
COLUMNS: Final = (
    Column("order_index", "i4", ONE, "row", NONE, "row of the day's order table", "domain 2.1"),
    Column("order_id", "i8", ONE, "id", NONE, "the exchange's order number", "domain 2.1", CORE),
    Column("participant", "i4", ONE, "id or code", NONE, "broker", "decisions 27", CORE, "participant_id"),
    Column("side", "i1", ONE, "+1, -1", NONE, "buy, sell", "domain 2.2", CORE),
    Column("order_type", "i4", ONE, "bit mask", NONE, "exchange order type", "domain 1.1", CORE),
    Column("arrival_time", "i8", ONE, "ns UTC", NONE, "first event of the trade date", "decisions 5", CORE),
    Column("end_time", "i8", ONE, "ns UTC", NONE, "last event observed", "decisions 13", CORE),
    Column("limit_price", "i8", ONE, UNIT, NONE, "limit in force when the benchmark is taken, 0 market", "decisions 12",
           CORE),
    Column("order_quantity", "i8", ONE, "shares", NONE, "Q: largest leaves + matched of the day", "decisions 7", CORE),
    Column("scenario_filled", "i8", SCENARIO, "shares", NONE, "filled under each scenario", "decisions 19"),
    Column("simulated_quantity", "i8", ONE, "shares", NONE, "filled by the replayed book, without history's fills that "
           "stand; really 0", "decisions 48"),
    Column("filled_quantity", "i8", ONE, "shares", NONE, "fills that consumed the order, bookings included",
           "decisions 9", CORE, of="scenario_filled"),
    Column("leaves_quantity", "i8", ONE, "shares", NONE, "open on the last row observed", "decisions 7", CORE),
    Column("matched_quantity", "i8", ONE, "shares", NONE, "the state's own counter of the day", "decisions 5"),
    Column("group", "i1", ONE, "code", NONE, "1 fully filled, 2 partially, 3 not executed", "decisions 8", CORE),
    Column("notional", "i8", ONE, MONEY, NONE, "sum of published price x quantity", "decisions 9"),
    Column("vwap", "f8", ONE, UNIT, NONE, "average published price of the real fills", "decisions 9", CORE, of=DERIVED),
    Column("first_fill_time", "i8", ONE, "ns UTC", NONE, "first fill", "domain 4", CORE),
    Column("last_fill_time", "i8", ONE, "ns UTC", NONE, "last fill", "domain 4", CORE),
    Column("fills", "i4", ONE, "count", NONE, "number of fills", "decisions 9", CORE),
    Column("venue_quantity", "i8", VENUE, "shares", NONE, "by lit, dark, auction, crossing booking, unknown code",
           "domain 2.4"),
    Column("venue_notional", "i8", VENUE, MONEY, NONE, "published price x quantity, by the same venues", "domain 2.4"),
    Column("booked_notional2", "i8", ONE, AMOUNT, NONE, "crossing bookings at exact prices, truncated mids rebuilt",
           "decisions 45"),
    Column("arrival_bid", "i8", ONE, UNIT, NONE, "bid of the benchmark quote", "decisions 12", CORE),
    Column("arrival_offer", "i8", ONE, UNIT, NONE, "offer of the benchmark quote", "decisions 12", CORE),
    Column("mid2", "i8", ONE, HALF, NONE, "M0: bid + offer of the benchmark quote", "decisions 12"),
    Column("end_mid2", "i8", ONE, HALF, NONE, "m_T: mid at the end of the order, at most the session's end",
           "decisions 13"),
    Column("scenario_price", "f8", SCENARIO, UNIT, NONE, "average price under each scenario", "decisions 19"),
    Column("scenario_notional2", "f8", SCENARIO, AMOUNT, NONE, "sum of exact price x quantity under each scenario",
           "decisions 19"),
    Column("cost", "f8", SCENARIO, AMOUNT, COST, "shortfall, unfilled charged at m_T: the headline", "decisions 17"),
    *(Column(f"cost_{charge}", "f8", SCENARIO, AMOUNT, COST, f"shortfall, unfilled charged {how}", "decisions 17")
      for charge, how in CHARGED.items()),
    Column("execution_cost", "f8", ONE, AMOUNT, COST, "real: s q (P - M0)", "domain 4", of="cost_zero"),
    Column("opportunity_cost", "f8", ONE, AMOUNT, COST, "real: s (Q - q)(m_T - M0)", "domain 4"),
    Column("shortfall_bps", "f8", ONE, M0, COST, "real cost over Q M0, the unfilled charged at m_T", "decisions 17",
           CORE, of=DERIVED),
    Column("simulated_filled", "i8", SIMULATED, "shares", NONE, "filled under the scenario", "decisions 19", CORE,
           "<s>_filled_quantity", DERIVED),
    Column("simulated_price", "f8", SIMULATED, UNIT, NONE, "average price under the scenario", "decisions 19", CORE,
           "<s>_price", DERIVED),
    Column("simulated_shortfall_bps", "f8", SIMULATED, M0, COST, "shortfall under the scenario", "decisions 17", CORE,
           "<s>_shortfall_bps", DERIVED),
    Column("saving_bps", "f8", SIMULATED, M0, BENEFIT, "real shortfall less the scenario's", "decisions 16", CORE,
           "<s>_saving_bps", DERIVED),
    Column("withdrawn_quantity", "i8", ONE, "shares", NONE, "Q - filled - leaves: taken back by amendment",
           "decisions 7", ALL),
    Column("lit_quantity", "i8", ONE, "shares", NONE, "really filled in the lit book", "domain 2.4", ALL, of=DERIVED),
    Column("dark_quantity", "i8", ONE, "shares", NONE, "really filled in the dark book", "domain 2.4", ALL, of=DERIVED),
    Column("auction_quantity", "i8", ONE, "shares", NONE, "really filled in auctions", "domain 2.4", ALL, of=DERIVED),
    Column("booked_quantity", "i8", ONE, "shares", NONE, "really filled by crossing bookings", "domain 2.4", ALL,
           of=DERIVED),
    Column("other_quantity", "i8", ONE, "shares", NONE, "really filled, by a deal source that nobody knows",
           "domain 2.5", ALL, of=DERIVED),
    *(Column(f"{venue}_notional", "i8", ONE, MONEY, NONE, f"published price x quantity of those of {where}",
             "domain 2.4", ALL, of=DERIVED)
      for venue, where in (("lit", "the lit book"), ("dark", "the dark book"), ("auction", "auctions"),
                           ("booked", "crossing bookings"), ("other", "unknown deal sources"))),
    Column("benchmark", "i1", ONE, "code", NONE, "where M0 comes from: none, arrival, open, close", "decisions 12",
           ALL),
    Column("benchmark_time", "i8", ONE, "ns UTC", NONE, "the later of arrival and session start", "decisions 12", ALL,
           of="window_start"),
    Column("eligible", "i1", ONE, "0, 1", NONE, "1 if the order lived during the session and its window has a mid",
           "decisions 13", ALL),
    Column("cleanup_at_end", "i1", ONE, "0, 1", NONE,
           "1 if no mid is valid cleanup_s after the end, where m_T then stands in", "decisions 17", ALL),
    Column("window_start", "i8", ONE, "ns UTC", NONE, "the later of arrival and session start", "decisions 13", ALL),
    Column("window_end", "i8", ONE, "ns UTC", NONE, "the earlier of end and session end; none before its start",
           "decisions 13", ALL),
    Column("fills_after_hours", "i4", ONE, "count", NONE, "fills after the selected hours, in no other column",
           "decisions 6", ALL),
    Column("mid", "f8", ONE, UNIT, NONE, "M0: mid of the benchmark quote", "decisions 12", ALL, of=DERIVED),
    Column("end_mid", "f8", ONE, UNIT, NONE, "m_T: mid at the end of the order, at most the session's end",
           "decisions 13", ALL, of=DERIVED),
    *(
        column
        for charge, how in CHARGED.items()
        for column in (
            Column(f"shortfall_{charge}_bps", "f8", ONE, M0, COST, f"shortfall, the unfilled charged {how}",
                   "decisions 17", ALL, of=DERIVED),
            Column(f"simulated_shortfall_{charge}_bps", "f8", SIMULATED, M0, COST, "the same under the scenario",
                   "decisions 17", ALL, f"<s>_shortfall_{charge}_bps", DERIVED),
        )
    ),
    Column("execution_bps", "f8", ONE, M0, COST, "part of the real shortfall paid on fills", "domain 4", ALL,
           of=DERIVED),
    Column("opportunity_bps", "f8", ONE, M0, COST, "part of the real shortfall charged for the unfilled", "domain 4",
           ALL, of=DERIVED),
    Column("arrival_slippage_bps", "f8", ONE, M0, COST, "market fills' average price against M0", "domain 4", ALL,
           weight=TRADED),
    Column("effective_spread_bps", "f8", ONE, MID, COST, "2 s (p - m) / m, m before each market fill", "domain 4", ALL,
           weight=QUOTED),
    Column("price_improvement_bps", "f8", ONE, MID, BENEFIT, "against the far touch before each market fill",
           "domain 4", ALL, weight=QUOTED),
    Column("vwap_slippage_bps", "f8", ONE, "bps of VWAP", COST,
           "against the market's prints over the order's life, own included", "domain 4", ALL, weight=TRADED),
    Column("time_to_first_fill", "i8", ONE, "ns", NONE, "from arrival", "domain 4", ALL, "time_to_first_fill_ns"),
    Column("execution_time", "f8", ONE, "ns", NONE, "volume-weighted time of fills from arrival", "domain 4", ALL,
           "execution_time_ns"),
    Column("markout_bps", "f8", MARKOUT, MID, BENEFIT, "s (m_h - p) / m, m_h the mid h seconds after market fills",
           "domain 4", ALL, "markout_<h>s_bps", weight=LATER),
    Column("realised_spread_bps", "f8", MARKOUT, MID, COST, "2 s (p - m_h) / m for each horizon h", "domain 4", ALL,
           "realised_spread_<h>s_bps", weight=LATER),
    Column("fill_ratio", "f8", ONE, "share", NONE, "filled over asked", "domain 4", ALL, of=DERIVED),
    Column("eq_ratio", "f8", ONE, "ratio", COST,
           "E/Q: effective over quoted spread of the market fills; none where all were locked", "domain 4", ALL,
           of=DERIVED),
    Column("adverse_selection_bps", "f8", MARKOUT, MID, COST, "s (m - m_h) / m: minus half the impact", "domain 4", ALL,
           "adverse_selection_<h>s_bps", DERIVED),
    Column("report_quantity", "i8", ONE, "shares", NONE,
           "off-market reports: they consume nothing and count nowhere else", "decisions 9", ALL),
    Column("market_volume", "i8", ONE, "shares", NONE,
           "prints over the order's life; 0 for an order without market fills", "domain 4", ALL),
    Column("offside_value", "i8", ONE, MONEY, COST, "value of market fills beyond the far touch at arrival",
           "domain 4", ALL),
    Column("shortfall_ex_booking_bps", "f8", ONE, M0, COST, "real shortfall of the order without its crossing bookings",
           "decisions 9", ALL),
    Column("number_of_spreads", "f8", ONE, "spreads", COST, "real shortfall a share over the spread at arrival",
           "domain 4", ALL, of=DERIVED),
    Column("quoted_spread_bps", "f8", ONE, MID, NONE, "time-weighted offer - bid over the window", "domain 4", ALL,
           weight=ASKED),
    Column("mid_drift_bps", "f8", ONE, M0, COST, "s (m_T - M0) / M0: how far the mid moved against the order",
           "domain 4", ALL, weight=ASKED),
    Column("mid_volatility_bps", "f8", ONE, MID, NONE,
           "root of the sum of squared steps of the mid from M0 on, over the window", "domain 4", ALL, weight=ASKED),
    Column("spread_volatility_bps", "f8", ONE, MID, NONE,
           "time-weighted standard deviation of offer - bid over the window", "domain 4", ALL, weight=ASKED),
    Column("fill_quoted_spread_bps", "f8", ONE, MID, NONE, "offer - bid before each market fill", "domain 4", ALL,
           weight=QUOTED),
    Column("arrival_improvement_bps", "f8", ONE, M0, BENEFIT, "market fills against the far touch at arrival",
           "domain 4", ALL, weight=TRADED),
    Column("vwap_slippage_ex_own_bps", "f8", ONE, "bps of VWAP", COST, "against the same prints less the order's own",
           "domain 4", ALL, weight=TRADED),
    Column("close_slippage_bps", "f8", ONE, "bps of the close", COST,
           "against the closing auction, else the last print", "domain 4", ALL, weight=TRADED),
    Column("execution_time_all", "f8", ONE, "ns", NONE,
           "time of execution, the unfilled waiting until window_end, over Q", "domain 4", ALL,
           "execution_time_all_ns"),
    Column("impact_bps", "f8", MARKOUT, MID, COST, "2 s (m_h - m) / m: effective = realised + impact", "domain 4", ALL,
           "impact_<h>s_bps", weight=LATER),
    Column("filled_within", "i8", WITHIN, "shares", NONE, "filled within h seconds of arrival, bookings included",
           "domain 4", NOT, "filled_quantity_<h>s"),
    Column("fill_rate", "f8", WITHIN, "share", NONE, "filled within h seconds of arrival, over asked: F(h)", "domain 4",
           ALL, "fill_rate_<h>s", DERIVED),
    Column("parent_id", "i8", ONE, "id", NONE, "parent order, where the input has it", "decisions 18", ALL,
           needs=PARENTS),
    Column("decision_time", "i8", ONE, "ns UTC", NONE, "when the decision was taken, where the input has it",
           "decisions 18", ALL, needs=DECIDED),
    Column("decision_mid2", "i8", ONE, HALF, NONE, "Md: mid at the decision", "decisions 18", needs=DECIDED),
    Column("decision_mid", "f8", ONE, UNIT, NONE, "Md: mid at the decision", "decisions 18", ALL, "", DERIVED, DECIDED),
    Column("delay_cost", "f8", ONE, AMOUNT, COST, "s q (M0 - Md)", "domain 4", needs=DECIDED),
    Column("delay_bps", "f8", ONE, MD, COST, "s q (M0 - Md) over Q Md: what waiting cost", "domain 4", ALL, "", DERIVED,
           DECIDED, AT_DECISION),
    Column("decision_opportunity_cost", "f8", ONE, AMOUNT, COST, "s (Q - q)(m_T - Md)", "domain 4", needs=DECIDED),
    Column("decision_opportunity_bps", "f8", ONE, MD, COST, "s (Q - q)(m_T - Md) over Q Md", "domain 4", ALL, "",
           DERIVED, DECIDED),
    Column("decision_shortfall_bps", "f8", ONE, MD, COST, "delay + execution + opportunity", "domain 4", ALL,
           needs=DECIDED, weight=AT_DECISION),
    Column("fees", "f8", SCENARIO, AMOUNT, COST, "fees, where any are set", "decisions 18", NOT, "<s>_fees",
           needs=FEES),
    Column("fees_bps", "f8", SCENARIO, M0, COST, "fees over Q M0, where any are set", "decisions 18", ALL,
           "<s>_fees_bps", DERIVED, FEES),
    Column("net_shortfall_bps", "f8", SCENARIO, M0, COST, "shortfall with fees, where any are set", "decisions 18", ALL,
           "<s>_net_shortfall_bps", needs=FEES),
)  # fmt: skip
BY_NAME: Final = {column.name: column for column in COLUMNS}
# What says how an order fills: a replayed scenario has it too, and order files with all columns show it.
REPLAYED: Final = (
    "simulated_quantity", "first_fill_time", "last_fill_time", "fills",
    *(f"{venue}_{of}" for of in ("quantity", "notional") for venue in ("lit", "dark", "auction", "booked", "other")),
    "execution_bps", "opportunity_bps", "arrival_slippage_bps", "effective_spread_bps", "price_improvement_bps",
    "vwap_slippage_bps", "time_to_first_fill", "execution_time", "markout_bps", "realised_spread_bps", "fill_ratio",
    "eq_ratio", "adverse_selection_bps", "fill_quoted_spread_bps", "arrival_improvement_bps", "close_slippage_bps",
    "execution_time_all", "impact_bps", "fill_rate",
)  # fmt: skip
STORED: Final = tuple(column for column in COLUMNS if not column.of)  # those with rows of their own


def weighted(*weights: str, axis: str = ONE) -> tuple[str, ...]:
    """Return the names of the columns that count with one of ``weights`` in sums and have ``axis``, in order."""
    return tuple(column.name for column in COLUMNS if column.weight in weights and column.axis == axis)


def table(columns: tuple[Column, ...] = COLUMNS) -> str:
    """Return the list as the Markdown table of README."""
    lines = [
        "| column | type | axis | unit | sign | meaning | rule | order files |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for c in columns:
        name = f"`{c.name}`" + (f", `{c.shown}`" if c.shown else "")
        files = c.files + (", replayed" if c.name in REPLAYED else "")
        lines.append(f"| {name} | {c.dtype} | {c.axis} | {c.unit} | {c.sign} | {c.meaning} | {c.rule} | {files} |")
    return "\n".join(lines) + "\n"
