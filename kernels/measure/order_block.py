"""The per-order results that measuring hands to whoever writes or sums them, as columns.

A block holds some thousands of orders, in arrival order; its columns are views of memory that the next block
may use again. Missing integers are ``NULL``, missing floats NaN. Arrays with a leading scenario axis follow
``scenarios``. Costs are positive when paid (decisions 16).
"""

from dataclasses import dataclass

from kernels.base.columns import F64, I8, I32, I64


@dataclass(slots=True)
class OrderBlock:
    """Columns of n selected orders; S scenarios, V venues (lit, dark, auction, booked), H markout horizons."""

    scenarios: tuple[str, ...]  # ("real", "A", "B", "C"): real first
    order_index: I32  # (n,) row of the day file's orders table
    order_id: I64
    participant: I32
    side: I8  # +1, -1
    order_type: I32
    arrival_time: I64  # ns UTC
    end_time: I64  # last event of the life observed
    limit_price: I64  # in force at the benchmark time, price units, 0 market
    order_quantity: I64  # Q
    filled_quantity: I64  # real fills, bookings included
    leaves_quantity: I64  # open or unfilled at the end of the life observed
    withdrawn_quantity: I64  # taken back by amendment: Q - filled - leaves
    matched_quantity: I64  # the state's own counter of the day; classifies, reconciles
    group: I8  # 1, 2, 3
    notional: I64  # sum of price x quantity of real fills as published, price units
    first_fill_time: I64
    last_fill_time: I64
    fills: I32  # number of real fills
    venue_quantity: I64  # (V, n)
    venue_notional: I64  # (V, n), as published
    fills_after_hours: I32  # fills of the order after the selected hours, not in any other column
    benchmark: I8  # BENCHMARK_*
    benchmark_time: I64  # b0 = max(arrival, S)
    arrival_bid: I64  # of the benchmark quote
    arrival_offer: I64
    mid2: I64  # M0 in half units, NULL without a valid quote: then no cost anywhere
    end_mid2: I64  # m_T in half units, NULL if invalid
    eligible: I8  # 1 if the order has a window and a mid in it (decisions 13)
    window_start: I64
    window_end: I64
    # Per scenario, (S, n). cost is in half price units x shares: divide by (mid2 x Q) and times 1e4 for bps.
    scenario_filled: I64
    scenario_price: F64  # average price, price units, NaN when nothing filled
    scenario_notional2: F64  # sum of price x quantity in half units (exact for real)
    cost: F64  # unfilled marked at m_T (the headline)
    cost_touch: F64  # unfilled at the far touch at T
    cost_zero: F64  # unfilled at no charge
    cost_cleanup: F64  # unfilled at the mid cleanup_seconds after the end
    # Parts of the real shortfall, half units x shares; they add to cost[0].
    execution_cost: F64
    opportunity_cost: F64
    # Real fills on the market (bookings and reports left out).
    arrival_slippage_bps: F64  # filled part only
    effective_spread_bps: F64  # quantity-weighted, 2 s (p - m) / m, m strictly before each fill
    price_improvement_bps: F64  # benefit-signed, against the far touch before each fill
    time_to_first_fill: I64  # ns from arrival, NULL if none
    execution_time: F64  # volume-weighted ns from arrival over filled quantity, NaN if none
    vwap_slippage_bps: F64  # against market VWAP over [arrival, end], own prints included
    markout_bps: F64  # (H, n) benefit-signed, quantity-weighted
    realised_spread_bps: F64  # (H, n)
    extra: dict[str, F64 | I64]  # named per-order columns added by later metrics, each (n,)
    # Crossing bookings at exact prices in half units, truncated mids rebuilt as in every cost; None: as published.
    booked_notional2: I64 | None = None

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self.order_id)
