"""Constants every part shares: sides, sentinels, order-type bits, deal sources, venues, groups, scenarios.

Nothing here computes. Codes are those of the exchange's files where it has one, and small
dense integers where the project needs its own (venues, groups, scenarios).
"""

from typing import Final, NamedTuple

# Sides, as kernels see them. Files write 1 and 2.
BUY: Final = 1
SELL: Final = -1

BPS: Final = 10_000.0  # basis points in one

# "No value" in any int64 column: Long.MIN_VALUE, which the exchange's files use too.
NULL: Final = -(2**63)
# A change reason, session or flag the file does not state.
UNKNOWN_CODE: Final = -1

NS_PER_SECOND: Final = 1_000_000_000

# exchangeOrderType is a bit mask: test bits, never equality.
TYPE_SHORT_SELL: Final = 2
TYPE_CENTRE_POINT: Final = 64
TYPE_CROSSING: Final = 256
TYPE_SWEEP: Final = 2048
TYPE_BLOCK: Final = 4096
TYPE_DARK: Final = TYPE_CENTRE_POINT | TYPE_BLOCK

# Ticks of the exchange: from price and tick, in units of 0.001 (decisions 11).
USUAL_TICKS: Final = ((0, 1), (100, 5), (2000, 10))

# A spread of more than this share of the mid and this many ticks is absurd: one tick of a very cheap share is not.
ABSURD_SPREAD: Final = 0.2
ABSURD_TICKS: Final = 20
# Quotes of a few rows at so many times the level before and after them, or at its part, have jumped.
JUMP: Final = 2
LONGEST_JUMP: Final = 3

# midTick (domain.md 1.2). Half-tick variants improve the limit by half a tick.
MID_TICK_HALF: Final = (1, 4, 6)

STATUS_NOT_ON_BOOK: Final = 2
STATUS_INACTIVE: Final = 4
# Why a row was sent: the trader cancelled, the order traded, was amended, is new, the system cancelled, the order's day
# is over, it is of an earlier day and loaded again.
REASON_CANCELLED: Final = 1
REASON_TRADED: Final = 3
REASON_AMENDED: Final = 5
REASON_NEW: Final = 6
REASON_KILLED: Final = 9
REASON_PURGED: Final = 24
REASON_RELOADED: Final = 30
# All that say that an order was withdrawn, and that its time was over (domain.md 2.2).
REASONS_CANCELLED: Final = (REASON_CANCELLED, 4, REASON_KILLED, 15, 19, 20, 21, 23, 27, 100)
REASONS_EXPIRED: Final = (REASON_PURGED, 25, 26)

# Deal sources by venue (domain.md 2.4, 2.5, R28; decisions 9).
DEAL_LIT: Final = (1,)
DEAL_AUCTION: Final = (20, 90)
DEAL_DARK: Final = (46, 47, 49, 50, 51, 52)
DEAL_BOOKED: Final = (44, 45, 48, 91)
DEAL_REPORT: Final = (3, 5, 7, 36, 43)

# Venue of a fill. Reports never consume an order. A deal source that no list has is no venue that is known: its fills
# consume their order and are part of nothing about the market.
VENUE_LIT: Final = 0
VENUE_DARK: Final = 1
VENUE_AUCTION: Final = 2
VENUE_BOOKED: Final = 3
VENUE_REPORT: Final = 4
VENUE_OTHER: Final = 5
VENUES: Final = ("lit", "dark", "auction", "booked", "report", "other")
FILL_VENUES: Final = ("lit", "dark", "auction", "booked", "other")  # those that consume an order: rows of a venue axis
VENUE_OF_DEAL: Final = {
    deal: venue
    for venue, deals in enumerate((DEAL_LIT, DEAL_DARK, DEAL_AUCTION, DEAL_BOOKED, DEAL_REPORT))
    for deal in deals
}

FAR_PRICE: Final = 8  # times: a fill so far from the mid is at a price that cannot be

# What is wrong with an order of a day: bits of ``orders/fault``.
FAULT_MATCHED_FALLS: Final = 1  # the matched counter falls between two rows
FAULT_NEGATIVE: Final = 2  # a row with negative leaves or matched
FAULT_FILLED_ABOVE: Final = 4  # fills exceed the quantity that the rows show, or an execution raises it
FAULT_FILLED_BEYOND: Final = 8  # fills and the leaves of the last row together exceed it
FAULT_FILLED_EARLY: Final = 16  # fills before the first row exceed what that row has matched
FAULT_CARRIED_UNKNOWN: Final = (
    32  # without trades of it: whether the first row's matched is of earlier days cannot be told
)
FAULT_OUT_OF_ORDER: Final = 64  # an entry after other rows, or another side or participant than before
FAULT_PRICE: Final = 128  # a fill at a price that cannot be; never stored: the ticks of a run decide on quotes
# The names of the bits in data_quality.csv, and those with which an order is set apart: conservation does not hold,
# or a price cannot be.
FAULT_KINDS: Final = {
    FAULT_MATCHED_FALLS: "orders_matched_falls",
    FAULT_NEGATIVE: "orders_negative_quantity",
    FAULT_FILLED_ABOVE: "orders_filled_above_quantity",
    FAULT_FILLED_BEYOND: "orders_filled_beyond_leaves",
    FAULT_FILLED_EARLY: "orders_filled_before_entry",
    FAULT_CARRIED_UNKNOWN: "carried_unknown",
    FAULT_OUT_OF_ORDER: "orders_rows_out_of_order",
    FAULT_PRICE: "orders_price_implausible",
}
FAULTS_SET_APART: Final = (
    FAULT_MATCHED_FALLS | FAULT_NEGATIVE | FAULT_FILLED_ABOVE | FAULT_FILLED_BEYOND | FAULT_OUT_OF_ORDER | FAULT_PRICE
)

# Fill groups by the final real state (design 5).
GROUP_FULL: Final = 1
GROUP_PARTIAL: Final = 2
GROUP_NONE: Final = 3
GROUPS: Final = (GROUP_FULL, GROUP_PARTIAL, GROUP_NONE)

# What a scenario is: arithmetic on an order's own data, a replay of the dark book, or a check of the replay itself.
REALITY, ALGEBRA, REPLAY, PLACEBO = "reality", "algebra", "replay", "placebo"


class Scenario(NamedTuple):
    """A way in which the same orders could have traded."""

    name: str
    kind: str
    chosen: bool  # whether it is asked for by its own name; a bound comes with the scenario that it bounds
    meaning: str


SCENARIO_TABLE: Final = (
    Scenario("real", REALITY, True, "what really happened"),
    Scenario("A", ALGEBRA, True, "unlimited dark liquidity"),
    Scenario("B", ALGEBRA, True, "limited dark liquidity"),
    Scenario("C", ALGEBRA, True, "price impact"),
    Scenario("P", PLACEBO, True, "the placebo: the dark book replayed with nobody's behaviour changed"),
    Scenario("R", REPLAY, True, "resting in the dark book alone"),
    Scenario("R_optimistic", REPLAY, False, "the same at the front of the queue, minimums ignored"),
    Scenario("R_conservative", REPLAY, False, "the same with quantity that nobody else wanted"),
    Scenario("D", REPLAY, True, "resting in the dark and in the lit book at once"),
)
# Those of an order's own data, whose number kernels are compiled for, and those replayed, in the order of every table.
SCENARIOS: Final = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.kind in (REALITY, ALGEBRA))
REPLAYED: Final = tuple(scenario.name for scenario in SCENARIO_TABLE if scenario.kind in (REPLAY, PLACEBO))
BOUNDS: Final = ("R_optimistic", "R_conservative")  # of R, the central run

# Which mid a scenario trades at (decisions 14).
MID_TIME_WEIGHTED: Final = 0
MID_SNAPSHOT_MEAN: Final = 1
MID_ARRIVAL: Final = 2
MID_FIRST_ALLOWED: Final = 3
MID_KINDS: Final = ("time_weighted", "snapshot_mean", "arrival", "first_allowed")

POPULATION_ALL: Final = 0
POPULATION_SWEEP: Final = 1
POPULATION_TRADED: Final = 2
POPULATION_RESTED: Final = 3
POPULATIONS: Final = ("all", "sweep", "traded", "rested")

LIT_ORDERS: Final = 0  # among the order types selected: orders without any of these bits
TYPE_NOT_LIT: Final = TYPE_DARK | TYPE_CROSSING | TYPE_SWEEP

# Where the benchmark mid M0 of an order comes from (decisions 12).
BENCHMARK_NONE: Final = 0
BENCHMARK_ARRIVAL: Final = 1
BENCHMARK_OPEN: Final = 2
BENCHMARK_CLOSE: Final = 3
BENCHMARKS: Final = ("none", "arrival", "open", "close")

# Upper edges, inclusive, of the order-size buckets in shares; the last bucket is open (decisions 30).
SIZE_EDGES: Final = (100, 500, 1_000, 5_000, 10_000, 50_000)

# Sums of cost are kept as integers in 1/COST_SCALE of (half price unit x share), so that tables
# add up exactly and do not depend on the order of merging.
COST_SCALE: Final = 65_536
# Shortfalls of single orders in bps, each counting the same, add up in two integers: whole ones in
# 1/COST_SCALE, and what rounding to those leaves in 1/2^REST_BITS of that. Their means are as exact as a double.
REST_BITS: Final = 32
MEAN_SCALE: Final = COST_SCALE << REST_BITS
