"""Which measures of single orders ``order_histograms`` counts, and of what their buckets are; no compiler is loaded."""

from typing import Final

SHARE, SPREAD, TIME, SIZE = "share", "bps", "ns", "shares"  # what the buckets of a measure are of
MEASURES: Final = {
    "fill_ratio": SHARE,
    "effective_spread": SPREAD,
    "price_improvement": SPREAD,
    "vwap_slippage": SPREAD,
    "time_to_first_fill": TIME,
    "execution_time": TIME,
    "fill_span": TIME,  # from the first fill to the last
    "time_between_fills": TIME,  # of an order, on average
    "fill_size": SIZE,  # of an order, on average
    "mid_drift": SPREAD,
    "mid_volatility": SPREAD,
    "spread_volatility": SPREAD,
}
OF_LIFE: Final = "mid_drift", "mid_volatility", "spread_volatility"  # the same in every scenario: of reality alone
