"""Random blocks of orders whose columns agree with each other, for tests of what sums and writes them."""

from typing import Any

import numpy as np

from kernels.base.columns import F64, I64
from kernels.conventions import NULL
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.blocks import block_of
from tests.builders import build_day

SCENARIOS = ("real", "A", "B", "C")
HOUR = 3_600_000_000_000
OPEN = 1_704_067_200_000_000_000 - HOUR  # 2024-01-01 10:00 in Sydney, daylight saving


def empty_block(simulation: Simulation) -> OrderBlock:
    """Return a block without orders, with the columns of one that has some."""
    (block,) = measure(build_day([], [], []), Choices(simulation=simulation), Session(OPEN, OPEN + 6 * HOUR, "file"))
    return block


def random_block(n: int, seed: int, participants: int = 3, markouts: int = 2) -> OrderBlock:
    """Return ``n`` orders: all groups, hours and sizes, some without a benchmark mid, some without an end mid."""
    rng = np.random.default_rng(seed)
    quantity = rng.choice([1, 100, 101, 500, 999, 5_000, 60_000], n) + rng.integers(0, 3, n)
    filled = np.where(rng.random(n) < 0.4, 0, np.minimum(quantity, rng.integers(0, 2 * quantity + 1)))
    withdrawn = np.where(rng.random(n) < 0.1, (quantity - filled) // 2, 0)
    leaves = quantity - filled - withdrawn
    mid2 = np.where(rng.random(n) < 0.1, NULL, 6_700 + rng.integers(-50, 50, n))
    end_mid2 = np.where(rng.random(n) < 0.1, NULL, 6_700 + rng.integers(-60, 60, n))
    venue = _split(filled, rng)
    price = 3_350 + rng.integers(-30, 30, (5, n))
    arrival = OPEN + np.sort(rng.integers(0, 6 * HOUR, n))
    first = np.where(filled > 0, arrival + rng.integers(0, HOUR, n), NULL)
    columns = dict(
        order_index=np.arange(n, dtype=np.int32),
        order_id=(2**62 + rng.permutation(n)).astype(np.int64),
        participant=rng.choice([69, 7, 1_000_000, 12][:participants], n).astype(np.int32),
        side=rng.choice([-1, 1], n).astype(np.int8),
        order_type=rng.choice([0, 64, 2048], n).astype(np.int32),
        arrival_time=arrival,
        end_time=arrival + HOUR,
        limit_price=np.full(n, 3_400),
        order_quantity=quantity,
        filled_quantity=filled,
        leaves_quantity=leaves,
        withdrawn_quantity=withdrawn,
        matched_quantity=filled,
        group=np.where(filled == 0, 3, np.where(leaves == 0, 1, 2)).astype(np.int8),
        notional=(venue * price).sum(axis=0),
        first_fill_time=first,
        last_fill_time=first,
        fills=(filled > 0).astype(np.int32),
        venue_quantity=venue,
        venue_notional=venue * price,
        fills_after_hours=rng.integers(0, 2, n).astype(np.int32),
        benchmark=np.where(mid2 == NULL, 0, rng.integers(1, 4, n)).astype(np.int8),
        benchmark_time=arrival,
        arrival_bid=np.where(mid2 == NULL, NULL, mid2 // 2),
        arrival_offer=np.where(mid2 == NULL, NULL, mid2 - mid2 // 2),
        mid2=mid2,
        end_mid2=end_mid2,
        eligible=(rng.random(n) < 0.95).astype(np.int8),
        window_start=arrival,
        window_end=np.where(rng.random(n) < 0.07, arrival - 1, arrival + HOUR),  # a few never lived in the session
        **_scenario_columns(n, quantity, filled, (venue * price).sum(axis=0), mid2, end_mid2, rng),
        **_fill_columns(n, filled, first - arrival, markouts, rng),
    )
    fills = Simulation().fill_seconds
    within = [np.where(first - arrival <= seconds * 1e9, filled // (4 - k), 0) for k, seconds in enumerate(fills)]
    columns |= {"filled_within": within, "booked_notional2": 2 * venue[3] * price[3]}
    return block_of(n, columns, Simulation().markout_seconds[:markouts], fills)


def is_priced(block: OrderBlock, i: int) -> bool:
    """Return whether tables count the cost of an order: it lived in the session, and has one in every scenario."""
    lived = block.window_start[i] <= block.window_end[i]
    return bool(lived and block.mid2[i] != NULL and np.isfinite(block.cost[:, i]).all())


def _split(filled: I64, rng: np.random.Generator) -> I64:
    """Spread quantities over the venues at random."""
    shares = np.empty((5, len(filled)), np.int64)
    left = filled.copy()
    for v in range(3):
        shares[v] = np.where(rng.random(len(filled)) < 0.5, left, left // 2)
        left = left - shares[v]
    shares[3], shares[4] = left, shares[0] // 3  # the last is unknown deal sources
    shares[0] -= shares[4]
    return shares


def _scenario_columns(
    n: int, quantity: I64, filled: I64, notional: I64, mid2: I64, end_mid2: I64, rng: np.random.Generator
) -> dict[str, Any]:
    fills = np.stack([filled, *(np.where(rng.random(n) < 0.8, quantity // k, 0) for k in (1, 2, 1))])
    price = np.where(fills > 0, 3_350 + rng.normal(0, 5, (4, n)), np.nan)
    price[0] = np.where(filled > 0, notional / np.maximum(filled, 1), np.nan)
    mid = np.where(mid2 == NULL, np.nan, mid2.astype(float))
    end = np.where(end_mid2 == NULL, np.nan, end_mid2.astype(float))
    paid = np.where(fills > 0, fills * (2 * np.nan_to_num(price) - mid), 0.0) + 0.0 * (mid + end)
    unfilled = quantity - fills
    cost = paid + np.where(unfilled > 0, unfilled * (end - mid), 0.0)
    zero = paid + 0.0 * mid
    notional2 = np.where(fills > 0, 2 * fills * np.nan_to_num(price), np.nan)
    notional2[0] = 2.0 * notional
    return {
        "scenario_filled": fills,
        "scenario_price": price,
        "scenario_notional2": notional2,
        "cost": cost,
        "cost_touch": cost + 10.0 * unfilled,
        "cost_zero": zero,
        "cost_cleanup": cost + rng.normal(0, 100, (4, n)),
        "execution_cost": paid[0] + 0.0 * mid,
        "opportunity_cost": cost[0] - paid[0],
    }


def _fill_columns(n: int, filled: I64, delay: I64, markouts: int, rng: np.random.Generator) -> dict[str, Any]:
    def sometimes(*shape: int) -> F64:
        return np.where((filled > 0) & (rng.random((*shape, n)) < 0.8), rng.normal(0, 20, (*shape, n)), np.nan)

    effective, realised, slippage = sometimes(), sometimes(markouts), sometimes()
    return {
        "arrival_slippage_bps": slippage,
        "arrival_improvement_bps": 3.0 - slippage,
        "effective_spread_bps": effective,
        "fill_quoted_spread_bps": 2.0 * np.abs(effective) + 1.0,
        **{name: sometimes() for name in ("quoted_spread_bps", "mid_drift_bps")},
        **{name: np.abs(sometimes()) for name in ("mid_volatility_bps", "spread_volatility_bps")},
        "price_improvement_bps": np.abs(effective) + 0.5 - 0.5 * effective,
        "vwap_slippage_bps": sometimes(),
        "time_to_first_fill": np.where(filled > 0, delay, NULL),
        "execution_time": np.where(filled > 0, delay.astype(float), np.nan),
        "markout_bps": -0.5 * realised,
        "realised_spread_bps": realised,
        "impact_bps": effective - realised,
    }
