"""What every column of the result tables means: name, unit, sign, meaning.

The report lists them, and a test compares them with what is written; driver/README.md lists those of order files.
Sign ``cost``: positive when the orders paid; ``benefit``: positive when they gained; empty: no direction.
Names with ``<h>`` stand for one column per horizon: of ``fill_seconds`` for what is filled, else of
``markout_seconds``. Columns of order files come from the list that measures them, ``kernels.measure.order_columns``,
and so do the weights that averages of them over orders have.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from kernels.measure import order_columns
from kernels.measure.order_columns import BENEFIT, COST, NONE

BPS = "bps"


class Column(NamedTuple):
    """One column of the result tables."""

    name: str
    unit: str
    sign: str
    meaning: str


def plain(name: str, unit: str, meaning: str) -> Column:
    """Return a column without a direction."""
    return Column(name, unit, NONE, meaning)


def header(columns: Iterable[Column]) -> list[str]:
    """Return the names of columns: the header line of their table."""
    return [column.name for column in columns]


def shown(column: order_columns.Column) -> Column:
    """Return what is said of a column of orders in files and tables."""
    return Column(column.shown or column.name, column.unit, column.sign, column.meaning)


def averaged(column: order_columns.Column) -> Column:
    """Return what tables say of a column of orders that they average: with its weight."""
    one = shown(column)
    return one._replace(meaning=f"{one.meaning}; an order counts with the {column.weight}")


def _both(name: str, meaning: str, of_saving: str = "", unit: str = BPS) -> tuple[Column, Column]:
    """Return the columns of a shortfall and of the saving that goes with it."""
    saving = Column(f"saving_{name}", unit, BENEFIT, of_saving or meaning)
    return Column(f"shortfall_{name}", unit, COST, meaning), saving


PERCENTILES: Final = (
    *((f"p{place}", f"{place}th percentile") for place in (5, 10, 25)),
    ("median", "median"),
    *((f"p{place}", f"{place}th percentile") for place in (75, 90, 95)),
)
LESS, CHARGED = "real shortfall less the scenario's", "the saving under that charge"
WEIGHTED: Final = tuple(column for column in order_columns.COLUMNS if column.weight)  # averaged in tables by value
OUTCOMES: Final = (
    Column("scenario", "", NONE, "real, or the scenario the row is about; all rows of a key hold the same orders"),
    Column("orders", "count", NONE, "selected order-days"),
    Column(
        "fully_filled",
        "count",
        NONE,
        "orders that filled all they still wanted, asked less withdrawn, under the row's scenario",
    ),
    Column("partially_filled", "count", NONE, "orders filled in part under the row's scenario"),
    Column("not_executed", "count", NONE, "orders without a fill under the row's scenario"),
    Column(
        "order_quantity",
        "shares",
        NONE,
        "asked for: largest leaves + matched of the day; all quantities are units of 10^-quantity_decimals",
    ),
    Column("filled_quantity", "shares", NONE, "filled under the row's scenario, crossing bookings included"),
    Column("fill_ratio", "share", NONE, "filled over asked"),
    Column(
        "notional",
        "price units",
        NONE,
        "sum of price x quantity of the fills: published prices really, exact ones in scenarios",
    ),
    Column("vwap", "price units", NONE, "notional over filled; empty where securities mix"),
    Column(
        "priced_orders",
        "count",
        NONE,
        "orders that lived in continuous trading, with a mid at benchmark and end: all costs but diluted are theirs",
    ),
    Column(
        "of_market_volume", "ratio", NONE, "filled over what the market traded on the row's security-days, a match once"
    ),
    Column(
        "of_dark_volume", "ratio", NONE, "filled, of real what was so in the dark, over what the dark book traded then"
    ),
    Column("fill_ratio_in_session", "share", NONE, "filled over asked, of orders that lived in continuous trading"),
)
SHORTFALLS: Final = (
    *_both("bps", "cost over value at M0, unfilled charged at the mid of the end: the headline", LESS),
    *_both("diluted_bps", "the same with the orders that never lived in continuous trading: alike in every scenario"),
    *_both("mean_bps", "mean over orders, each counting the same"),
    Column("saving_sd_bps", BPS, NONE, "standard deviation of the saving over orders"),
    *(
        Column(f"{name}_{label}_bps", BPS, sign, f"{what} over orders, to about 6 %")
        for name, sign in (("shortfall", COST), ("saving", BENEFIT))
        for label, what in (PERCENTILES)
    ),
    *_both("touch_bps", "unfilled charged at the far touch of the end", CHARGED),
    *_both("zero_bps", "unfilled charged nothing", CHARGED),
    *_both("cleanup_bps", "unfilled charged at the mid cleanup_s after the end", CHARGED),
    Column("net_shortfall_bps", BPS, COST, "shortfall with fees; only where fees are set"),
    Column("net_saving_bps", BPS, BENEFIT, "saving with fees; only where fees are set"),
    Column("better", "count", NONE, "orders that cost less than in reality"),
    Column("equal", "count", NONE, "orders that cost the same"),
    Column("worse", "count", NONE, "orders that cost more"),
    Column("notional_value", "currency", NONE, "notional in currency"),
    *_both("value", "cost in currency", "saving in currency", "currency"),
    Column("engaged_orders", "count", NONE, "orders with any fill under the scenario; of a replayed one, by its book"),
    Column("engagement_rate", "share", NONE, "the same over orders; of a replayed one, over those in the session"),
    *_both(
        "mean_engaged_bps", "mean over the engaged orders of a simulated scenario, each counting the same: descriptive"
    ),
    *_both("engaged_bps", "the same by value: cost over value at M0"),
)
REALITY: Final = (  # on the rows of ``real``; what is about fills also on those of replayed scenarios
    Column("lit_quantity", "shares", NONE, "filled in the lit book"),
    Column("dark_quantity", "shares", NONE, "filled in the dark book"),
    Column("auction_quantity", "shares", NONE, "filled in auctions"),
    Column("booked_quantity", "shares", NONE, "filled by crossing bookings"),
    Column("other_quantity", "shares", NONE, "filled by a deal source that nobody knows; part of no metric of fills"),
    Column("lit_notional", "price units", NONE, "price x quantity of fills in the lit book, an exact integer"),
    Column("dark_notional", "price units", NONE, "the same in the dark book"),
    Column("auction_notional", "price units", NONE, "the same in auctions"),
    Column("booked_notional", "price units", NONE, "the same of crossing bookings"),
    Column("other_notional", "price units", NONE, "the same of unknown deal sources"),
    Column("report_quantity", "shares", NONE, "off-market reports; part of nothing else"),
    Column("leaves_quantity", "shares", NONE, "left open at the end"),
    Column("withdrawn_quantity", "shares", NONE, "taken back by amendment"),
    Column("fills", "count", NONE, "fills"),
    Column("fills_after_hours", "count", NONE, "fills after the selected hours, in no other column"),
    Column(
        "not_eligible",
        "count",
        NONE,
        "orders that never lived during the session, or without a mid then: A, B and C leave them as they were",
    ),
    Column(
        "never_in_session",
        "count",
        NONE,
        "orders that ended before continuous trading or arrived after it: a phase of their own in by_condition.csv",
    ),
    Column(
        "cleanup_at_end", "count", NONE, "orders whose clean-up is priced at the mid of the end: no later one is valid"
    ),
    Column("benchmark_arrival", "count", NONE, "orders measured from the mid at arrival"),
    Column("benchmark_open", "count", NONE, "orders measured from the opening mid"),
    Column("benchmark_close", "count", NONE, "orders measured from the mid at the session's end"),
    Column("benchmark_none", "count", NONE, "orders without a valid quote to be measured from"),
    Column("execution_bps", BPS, COST, "part of the shortfall paid on fills"),
    Column("opportunity_bps", BPS, COST, "part of the shortfall charged for the unfilled"),
    Column("shortfall_ex_booking_bps", BPS, COST, "shortfall without crossing bookings"),
    *(averaged(column) for column in WEIGHTED),
    Column(
        "adverse_selection_<h>s_bps",
        BPS,
        COST,
        "move of the mid against market fills over h seconds: - impact / 2, of the same orders",
    ),
    Column("eq_ratio", "ratio", COST, "E/Q: effective spread over the spread quoted before the same fills"),
    Column("filled_quantity_<h>s", "shares", NONE, "filled within h seconds of arrival"),
    Column("fill_rate_<h>s", "share", NONE, "the same over shares asked for: F(h)"),
    Column("orders_filled_<h>s", "count", NONE, "orders with a fill within h seconds of arrival"),
    Column("orders_filled_share_<h>s", "share", NONE, "the same over orders"),
    Column("orders_filled_share", "share", NONE, "orders with a fill over orders"),
    Column("time_to_first_fill_s", "seconds", NONE, "mean over orders with a fill, from arrival"),
    Column("execution_time_s", "seconds", NONE, "mean over filled shares, from arrival"),
    Column("average_fill_size", "shares", NONE, "filled over fills"),
    Column("fill_span_s", "seconds", NONE, "mean over orders with a fill, from their first fill to their last"),
    Column("time_between_fills_s", "seconds", NONE, "mean from one fill of an order to its next, over all such pairs"),
)
EXACT: Final = (
    Column("benchmark_notional", "half price units x shares", NONE, "asked x M0 of priced orders, an exact integer"),
    Column("shortfall_cost", "1/65536 half price units x shares", COST, "cost as the exact integer that tables add up"),
)
# How many orders each metric of reality is about: the others lack what it needs, and are not in it.
MEASURED: Final = (*(shown(column).name.removesuffix("_bps") for column in WEIGHTED), "time_to_first_fill", "fill_span")
COUNTED: Final = tuple(Column(f"{name}_orders", "count", NONE, f"orders that {name} is known of") for name in MEASURED)
FEW_ORDERS: Final = plain(
    "few_orders",
    "words",
    "which of the row's figures are of fewer than 5 orders: all, costs, engaged, or metrics by name; else empty",
)
COLUMNS: Final = (*OUTCOMES, *SHORTFALLS, *REALITY, *COUNTED, *EXACT, FEW_ORDERS)
