"""Row numbers of the result matrices of a block, of the quote book, and of the scratch between stages."""

from typing import Final, NamedTuple

from kernels.base.columns import Array
from kernels.conventions import SCENARIOS, VENUE_REPORT

FILLED_WITHIN = "filled_quantity_"  # of the columns of shares filled within so many seconds of arrival
SCENARIO_COUNT: Final = len(SCENARIOS)
VENUE_COUNT: Final = VENUE_REPORT  # lit, dark, auction, booked
# int64
ORDER_ID: Final = 0
ARRIVAL_TIME: Final = 1
END_TIME: Final = 2
LIMIT_PRICE: Final = 3
ORDER_QUANTITY: Final = 4
LEAVES_QUANTITY: Final = 5
WITHDRAWN_QUANTITY: Final = 6
MATCHED_QUANTITY: Final = 7
NOTIONAL: Final = 8
FIRST_FILL_TIME: Final = 9
LAST_FILL_TIME: Final = 10
ARRIVAL_BID: Final = 11
ARRIVAL_OFFER: Final = 12
MID2: Final = 13
END_MID2: Final = 14
WINDOW_START: Final = 15  # also the benchmark's time
WINDOW_END: Final = 16
TIME_TO_FIRST_FILL: Final = 17
REPORT_QUANTITY: Final = 18  # off-market reports, which consume nothing
MARKET_VOLUME: Final = 19  # prints of the market over the order's life
VENUE_QUANTITY: Final = 20  # and the next VENUE_COUNT rows
VENUE_NOTIONAL: Final = VENUE_QUANTITY + VENUE_COUNT
SCENARIO_FILLED: Final = VENUE_NOTIONAL + VENUE_COUNT
FILLED_QUANTITY: Final = SCENARIO_FILLED  # the first scenario is what really happened
BOOKED_NOTIONAL2: Final = SCENARIO_FILLED + SCENARIO_COUNT  # crossing bookings, half units, rebuilt
INT_ROWS: Final = BOOKED_NOTIONAL2 + 1
# float64
SCENARIO_PRICE: Final = 0
SCENARIO_NOTIONAL2: Final = SCENARIO_PRICE + SCENARIO_COUNT
COST: Final = SCENARIO_NOTIONAL2 + SCENARIO_COUNT
COST_TOUCH: Final = COST + SCENARIO_COUNT
COST_ZERO: Final = COST_TOUCH + SCENARIO_COUNT
EXECUTION_COST: Final = COST_ZERO  # what the real fills cost is what is left without a charge
COST_CLEANUP: Final = COST_ZERO + SCENARIO_COUNT
OPPORTUNITY_COST: Final = COST_CLEANUP + SCENARIO_COUNT
EX_BOOKING: Final = OPPORTUNITY_COST + 1
LAST_COST: Final = EX_BOOKING
ARRIVAL_SLIPPAGE: Final = LAST_COST + 1
EFFECTIVE_SPREAD: Final = LAST_COST + 2
PRICE_IMPROVEMENT: Final = LAST_COST + 3
EXECUTION_TIME: Final = LAST_COST + 4
VWAP_SLIPPAGE: Final = LAST_COST + 5
VWAP_EX_OWN: Final = LAST_COST + 6
CLOSE_SLIPPAGE: Final = LAST_COST + 7
ARRIVAL_IMPROVEMENT: Final = LAST_COST + 8
QUOTED_SPREAD: Final = LAST_COST + 9
FILL_QUOTED_SPREAD: Final = LAST_COST + 10
EXECUTION_TIME_ALL: Final = LAST_COST + 11
FLOAT_ROWS: Final = LAST_COST + 12
# int32
ORDER_INDEX: Final = 0
PARTICIPANT: Final = 1
ORDER_TYPE: Final = 2
FILLS: Final = 3
FILLS_AFTER_HOURS: Final = 4
CODE_ROWS: Final = 5
# int8
SIDE: Final = 0
GROUP: Final = 1
BENCHMARK: Final = 2
ELIGIBLE: Final = 3
FLAG_ROWS: Final = 4
# float64, one row per horizon each
MARKOUT: Final = 0
REALISED: Final = 1
IMPACT: Final = 2
HORIZON_KINDS: Final = 3
# Scratch of one sub-block, int64, one column per order.
S_LIMIT2: Final = 0  # limit with its half tick in half units; of a market order a bound that never binds
S_DARK: Final = 1  # d = floor(Q x dark_share)
S_NOTIONAL2: Final = 2  # real fills, half units, truncated dark prices rebuilt
S_REST_FILLED: Final = 3  # real fills taken in time order up to Q - d
S_REST_NOTIONAL2: Final = 4
S_MARKET_QUANTITY: Final = 5  # real fills without bookings
S_MARKET_NOTIONAL2: Final = 6
S_START_QUOTE: Final = 7  # benchmark quote
S_END_QUOTE: Final = 8  # quote at min(end, session_end)
S_FIRST_FILL: Final = 9
S_FILL_COUNT: Final = 10  # all of the order's fills: reports, and those after the hours, too
S_FIRST_PRINT: Final = 11  # prints before the arrival
S_LAST_PRINT: Final = 12  # prints before the end
S_VWAP_QUANTITY: Final = 13  # own fills that count in the market's VWAP
S_VWAP_NOTIONAL2: Final = 14
S_CLEANUP2: Final = 15  # mid cleanup_ns after the end
S_WINDOW_QUOTE: Final = 16  # quote that prevails at the window's start
SCRATCH_ROWS: Final = 17
NO_LIMIT: Final = 2**61


class Work(NamedTuple):
    """Scratch of one sub-block, inside stages and between them."""

    at: Array  # (SUB_BLOCK,) int64 times
    rows: Array  # (SUB_BLOCK,) int64 quote rows
    traded: Array  # (SUB_BLOCK + 1,) int64: places of orders with fills
    mid2: Array  # (SUB_BLOCK,) float64: window mids in half units
    charges: Array  # (C_COUNT, SUB_BLOCK) float64: side, M0, and what an unfilled share costs
    touched: Array  # (1,) int64: a sink for loads


class Rows(NamedTuple):
    """Result columns of a block of n orders, as rows of a few matrices; row numbers are in ``_rows``."""

    ints: Array  # (INT_ROWS, n) int64
    floats: Array  # (FLOAT_ROWS, n) float64
    codes: Array  # (CODE_ROWS, n) int32
    flags: Array  # (FLAG_ROWS, n) int8
    horizons: Array  # (HORIZON_KINDS * H, n) float64
    within: Array  # (F, n) int64
