"""Every per-order measure equals the plain-Python oracle, which works from raw rows alone.

The measured side reads the order table and patches it at the end of the hours; the oracle has no order
table, so equality also shows that the fast path is only a fast path.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.conventions import POPULATION_TRADED
from kernels.measure.choices import Choices, Selection, Session, Simulation, hour_bounds
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.blocks import cells_of
from tests.builders import NULL, MemoryDay, build_day
from tests.oracles.measures import naive_measures
from tests.random_day import CLOSE, NS, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
EXACT = (
    "order_id",
    "side",
    "arrival_time",
    "end_time",
    "order_quantity",
    "filled_quantity",
    "leaves_quantity",
    "withdrawn_quantity",
    "matched_quantity",
    "group",
    "notional",
    "fills",
    "fills_after_hours",
    "first_fill_time",
    "last_fill_time",
    "limit_price",
    "arrival_bid",
    "arrival_offer",
    "mid2",
    "end_mid2",
    "benchmark",
    "window_start",
    "window_end",
    "eligible",
    "time_to_first_fill",
)
EXTRA_EXACT = ("cleanup_at_end", "report_quantity", "market_volume", "offside_value")
CLOSE_TO = (
    "execution_time",
    "arrival_slippage_bps",
    "vwap_slippage_bps",
    "effective_spread_bps",
    "price_improvement_bps",
)
EXTRA_CLOSE_TO = (
    "execution_time_all",
    "shortfall_ex_booking_bps",
    "number_of_spreads",
    "quoted_spread_bps",
    "mid_drift_bps",
    "mid_volatility_bps",
    "spread_volatility_bps",
    "fill_quoted_spread_bps",
    "arrival_improvement_bps",
    "vwap_slippage_ex_own_bps",
    "close_slippage_bps",
)
COSTS = ("cost", "cost_touch", "cost_zero", "cost_cleanup")


def with_nulls(rows: list[Row]) -> list[Row]:
    return [{name: NULL if value is None else value for name, value in row.items()} for row in rows]


def plain_rules(settings: Choices, hours: tuple[int, int]) -> Row:
    simulation = settings.simulation
    return {
        "hours_start": hours[0],
        "hours_end": hours[1],
        "session_start": OPEN,
        "session_end": CLOSE,
        "quotes_first": simulation.quotes_first,
        "mid": ("time_weighted", "snapshot_mean", "arrival", "first_allowed")[simulation.mid],
        "dark_share_ppm": simulation.dark_share_ppm,
        "impact": Fraction(simulation.price_impact_bps) / 10_000,
        "ticks": list(simulation.ticks),
        "horizons_ns": [round(seconds * NS) for seconds in simulation.markout_seconds],
        "fill_ns": [round(seconds * NS) for seconds in simulation.fill_seconds],
        "cleanup_ns": round(simulation.cleanup_seconds * NS),
    }


def assert_exact(name: str, measured: Any, expected: list[Any]) -> None:
    clean = [NULL if value is None else value for value in expected]
    np.testing.assert_array_equal(np.asarray(measured, np.int64), np.array(clean, np.int64), err_msg=name)


def assert_close(name: str, measured: Any, expected: list[Fraction | None], scale: float = 0.0) -> None:
    clean = np.array([np.nan if value is None else float(value) for value in expected])
    np.testing.assert_allclose(measured, clean, rtol=1e-9, atol=max(1e-7, scale), err_msg=name)


def assert_block_is(block: OrderBlock, expected: list[Row], simulation: Simulation) -> None:
    assert len(block) == len(expected)
    for name in EXACT:
        assert_exact(name, getattr(block, name), [row[name] for row in expected])
    for name in EXTRA_EXACT:
        assert_exact(name, block[name], [row[name] for row in expected])
    for name in CLOSE_TO:
        assert_close(name, getattr(block, name), [row[name] for row in expected])
    for name in EXTRA_CLOSE_TO:
        assert_close(name, block[name], [row[name] for row in expected])
    for venue in range(5):
        assert_exact("venue", block.venue_quantity[venue], [row["venues"][venue] for row in expected])
    rounding = 4 * np.finfo(float).eps * np.nanmax(np.abs(block.scenario_notional2), initial=0.0)
    for k in range(4):
        assert_exact("filled", block.scenario_filled[k], [row["scenarios"][k][0] for row in expected])
        assert_close("notional2", block.scenario_notional2[k], [row["scenarios"][k][1] for row in expected])
        for name in COSTS:
            assert_close(name, getattr(block, name)[k], [row[name][k] for row in expected], max(1e-4, rounding))
    assert_close("eq_ratio", block.eq_ratio, [row["eq_ratio"] for row in expected])
    for h, seconds in enumerate(simulation.fill_seconds):
        name = f"filled_quantity_{seconds:g}s"
        assert_exact(name, block[name], [row[f"within_{h}"] for row in expected])
    for h, seconds in enumerate(simulation.markout_seconds):
        impact, adverse = block[f"impact_{seconds:g}s_bps"], block.adverse_selection_bps[h]
        assert_close("impact", impact, [row[f"impact_{h}"] for row in expected])
        assert_close("adverse selection", adverse, [row[f"adverse_{h}"] for row in expected])
        assert_close("markout", block.markout_bps[h], [row[f"markout_{h}"] for row in expected])
        assert_close("realised", block.realised_spread_bps[h], [row[f"realised_{h}"] for row in expected])


def measured(day: MemoryDay, settings: Choices) -> OrderBlock | None:
    (block,) = measure(day, settings, Session(OPEN, CLOSE, "test"))
    return block if len(block) else None


def check(seed: int, settings: Choices, n_orders: int = 12, without: str = "") -> None:
    events, fills, quotes = random_day(seed, n_orders)
    fills, quotes = [] if without == "trades" else fills, [] if without == "nbbo" else quotes
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    hours = hour_bounds("2024-09-05", settings.selection, settings.timezone)
    rules = plain_rules(settings, hours)
    expected = naive_measures(events, fills, quotes, rules)
    if settings.selection.population == POPULATION_TRADED:
        expected = [row for row in expected if row["filled_quantity"] > 0]
    block = measured(day, settings)
    if block is None:
        assert expected == []
        return
    assert_block_is(block, expected, settings.simulation)


@given(seed=st.integers(0, 10**9), mid=st.sampled_from([0, 1, 2, 3]))
def test_whole_day(seed: int, mid: int) -> None:
    check(seed, Choices(simulation=Simulation(mid=mid)))


@given(seed=st.integers(0, 10**9), start=st.integers(0, 17), length=st.integers(0, 8))
def test_selected_hours(seed: int, start: int, length: int) -> None:
    selection = Selection(hour_start=start, hour_end=min(start + length, 23))
    check(seed, Choices(selection=selection))


@given(seed=st.integers(0, 10**9), share=st.integers(0, 1_000_000), impact=st.sampled_from([0.0, 5.0, 300.0]))
def test_other_settings(seed: int, share: int, impact: float) -> None:
    simulation = Simulation(
        dark_share_ppm=share,
        price_impact_bps=impact,
        markout_seconds=(0.0, 0.05, 60.0, 3_600.0),
        fill_seconds=(0.0, 30.0, 7_200.0),
        cleanup_seconds=0.0,
        quotes_first=True,
    )
    check(seed, Choices(simulation=simulation))


@given(seed=st.integers(0, 10**9), without=st.sampled_from(["trades", "nbbo"]))
def test_days_with_one_table_missing(seed: int, without: str) -> None:
    """Without trades, quantities come from the states, and B is not known; without quotes, no scenario is."""
    check(seed, Choices(), without=without)


@given(seed=st.integers(0, 10**9), without=st.sampled_from(["trades", ""]), end=st.sampled_from([11, 23]))
def test_traded_orders(seed: int, without: str, end: int) -> None:
    """Without trades, an order traded if its states say so."""
    check(seed, Choices(selection=Selection(hour_end=end, population=POPULATION_TRADED)), without=without)


def test_without_quotes_no_scenario_is_known() -> None:
    """Nor is it what really happened (decisions 50)."""
    order = {"order_id": 1, "side": 1, "price": 60, "order_type": 64}
    events = [{**order, "timestamp": OPEN + k, "leaves_quantity": 9 - 9 * k, "matched_quantity": 9 * k} for k in (0, 1)]
    fills = [{"order_id": 1, "side": 1, "timestamp": OPEN + 1, "price": 60, "quantity": 9, "deal_source": 1}]
    block = measured(build_day(events, fills, []), Choices())
    assert block is not None
    assert block.scenario_filled.tolist() == [[9], [NULL], [NULL], [NULL]]
    assert np.isnan(block.scenario_price[1:]).all()
    assert block.eligible.tolist() == [0]


def test_bookings_cost_the_same_in_orders_and_tables() -> None:
    """A mid of 15.5 prints as 15; block prices (50, 51) are what they say (R7)."""
    order = {"order_id": 1, "side": 1, "price": 20, "order_type": 64}
    events = [
        {**order, "timestamp": OPEN + 1 + k, "leaves_quantity": 9 - 9 * k, "matched_quantity": 9 * k} for k in (0, 1)
    ]
    fill = {"order_id": 1, "side": 1, "timestamp": OPEN + 2, "price": 15, "quantity": 3}
    fills = [{**fill, "sequence": deal, "deal_source": deal} for deal in (47, 48, 50)]
    block = measured(build_day(events, fills, [{"timestamp": OPEN, "bid": 15, "offer": 16}]), Choices())
    assert block is not None
    assert block.scenario_notional2[0].tolist() == [3 * (31 + 31 + 30)]
    cells = cells_of(block, "UTC")
    cost, base = (cells.sums[cells.names.index(name)] for name in ("booked_cost", "booked_base"))
    assert (cost.tolist(), base.tolist()) == ([0], [3 * 31])
    per_order = (block.cost[0, 0] - cost[0]) / (block.mid2[0] * block.order_quantity[0] - base[0])
    assert block["shortfall_ex_booking_bps"][0] == pytest.approx(10_000 * per_order)


def test_more_orders_than_one_sub_block() -> None:
    check(5, Choices(), n_orders=1_100)


def test_no_rows_at_all() -> None:
    empty = build_day([], [], [])
    assert measured(empty, Choices()) is None
