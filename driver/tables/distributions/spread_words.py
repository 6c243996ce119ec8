"""Which measures distributions.csv and histograms.csv have, in what units, and what their columns mean."""

from typing import Final

from driver.tables.column_guide import plain
from kernels.sums.spread_measures import MEASURES, SHARE, SIZE, SPREAD, TIME

SHORTFALL, SAVING = "shortfall", "saving"
KINDS: Final = {SHORTFALL: SPREAD, SAVING: SPREAD} | MEASURES  # measure -> what its buckets are of
UNITS: Final = {SHARE: ("share", 1.0), SPREAD: ("bps", 1.0), TIME: ("s", 1e-9), SIZE: ("shares", 1.0)}
MEANINGS: Final = {
    SHORTFALL: "cost over value at M0 of priced orders",
    SAVING: "real shortfall less the scenario's, of the same orders",
    "fill_ratio": "filled over asked, of all orders",
    "effective_spread": "of orders with market fills and a valid quote before one",
    "price_improvement": "against the far touch before the fills, of the same orders",
    "vwap_slippage": "of orders with market fills, own fills in the VWAP",
    "time_to_first_fill": "from arrival, of orders with a fill after it",
    "execution_time": "from arrival to the average filled share, of the same orders",
    "fill_span": "from the first fill to the last, of orders with a fill",
    "time_between_fills": "fill_span over fills less one, of orders with two fills or more",
    "fill_size": "filled over fills, of orders with a fill",
    "mid_drift": "the mid's move against the order from M0 to its end, of orders that lived in continuous trading",
    "mid_volatility": "root of the mid's squared steps in an order's life, of orders with a valid quote in it",
    "spread_volatility": "time-weighted standard deviation of offer - bid over the mid, of the same orders",
}
QUANTILES: Final = {
    "p5": 0.05, "p10": 0.1, "p20": 0.2, "p25": 0.25, "p30": 0.3, "p40": 0.4, "median": 0.5, "p60": 0.6, "p70": 0.7,
    "p75": 0.75, "p80": 0.8, "p90": 0.9, "p95": 0.95,
}  # fmt: skip
_MEASURE: Final = (
    plain("measure", "word", "; ".join(f"{name}: {meaning}" for name, meaning in MEANINGS.items())),
    plain(
        "scenario",
        "",
        "real, or the scenario the row is about; of A, B and C no fill is known one by one, and what only depends on "
        "an order's life is in the rows of real",
    ),
    plain("unit", "word", "of the row's values"),
)
DISTRIBUTIONS: Final = (
    plain("security_code", "", "security, or all"),
    *_MEASURE,
    plain("orders", "count", "orders that have the measure; empty where the scenario is not known of every order"),
    *(
        plain(name, "as unit says", f"least value that {share:.0%} of the orders do not exceed, to a bucket's width")
        for name, share in QUANTILES.items()
    ),
)
HISTOGRAMS: Final = (
    *_MEASURE,
    plain("low", "as unit says", "lower edge of the bucket; empty: none"),
    plain("high", "as unit says", "upper edge; the one nearer to 0 is in the bucket, the other not; empty: none"),
    plain("orders", "count", "orders in the bucket; buckets without any are left out"),
)
GUIDES: Final = {"distributions": DISTRIBUTIONS, "histograms": HISTOGRAMS}
