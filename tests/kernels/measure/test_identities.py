"""What must hold whatever the day: parts add up, and symmetries and units change nothing they should not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.blocks import copies
from tests.builders import NULL, build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
Tables = tuple[list[Row], list[Row], list[Row]]
TICKS = ((0, 10),)
EVEN = (10, 3_390)  # mids at whole price units: no published price is truncated
SEEDS = st.integers(0, 10**9)


def measured(tables: Tables, **simulation: Any) -> OrderBlock:
    events, rows, quotes = tables
    day = build_day(events, with_nulls(rows), with_nulls(quotes))
    settings = Choices(simulation=Simulation(**{"ticks": TICKS, **simulation}))
    (block,) = measure(day, settings, Session(OPEN, CLOSE, "test"))
    return block


def paired(tables: Tables) -> Tables:
    """Give every fill its counterparty's row, as real files have it."""
    events, rows, quotes = tables
    other = [{**row, "order_id": 17, "side": -row["side"], "sequence": row["sequence"] + 10_000} for row in rows]
    return events, sorted(rows + other, key=lambda row: (row["timestamp"], row["sequence"])), quotes


@given(seed=SEEDS)
def test_parts_add_up(seed: int) -> None:
    block = measured(random_day(seed))
    total = block.filled_quantity + block.leaves_quantity + block.withdrawn_quantity
    np.testing.assert_array_equal(total, block.order_quantity)
    np.testing.assert_array_equal(block.execution_cost + block.opportunity_cost, block.cost[0])
    np.testing.assert_array_equal(block.execution_cost, block.cost_zero[0])
    if block.fills.any():
        np.testing.assert_array_equal(block.venue_quantity.sum(axis=0), block.filled_quantity)
        np.testing.assert_array_equal(block.venue_notional.sum(axis=0), block.notional)
    for k in range(1, 4):
        filled, possible = block.scenario_filled[k], block.eligible == 1
        if np.all(filled == NULL):  # a day that lacks what the scenario needs
            continue
        assert np.all((filled >= 0) & (filled <= block.order_quantity) | ~possible)
        np.testing.assert_array_equal(filled[~possible], block.filled_quantity[~possible])


@given(seed=SEEDS)
def test_effective_is_realised_plus_impact(seed: int) -> None:
    block = measured(random_day(seed), markout_seconds=(0.05, 60.0, 3_600.0))
    for h, name in enumerate(("0.05", "60", "3600")):
        impact = block[f"impact_{name}s_bps"]
        known = np.isfinite(impact)
        np.testing.assert_array_equal(known, np.isfinite(block.realised_spread_bps[h]))
        whole = (block.realised_spread_bps[h] + impact)[known]
        np.testing.assert_allclose(whole, block.effective_spread_bps[known], rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(-2 * block.markout_bps[h], block.realised_spread_bps[h], rtol=1e-12)


@given(seed=SEEDS)
def test_buyers_and_sellers_mirror_each_other(seed: int) -> None:
    """Sides turned round and prices reflected: every amount of money stays what it was."""
    top = 2 * EVEN[1]

    def turned(row: Row) -> Row:
        out = {**row, "side": -row["side"]}
        out["price"] = top - row["price"] if row["price"] else 0
        if "national_bid" in row:
            out["national_bid"], out["national_offer"] = top - row["national_offer"], top - row["national_bid"]
        return out

    events, rows, quotes = paired(random_day(seed, level=EVEN))
    for quote in quotes:
        quote["bid"] = quote["bid"] or None
    mirrored_quotes = [
        {
            **q,
            "bid": None if q["offer"] is None else top - q["offer"],
            "offer": None if q["bid"] is None else top - q["bid"],
        }
        for q in quotes
    ]
    one = measured((events, rows, quotes), price_impact_bps=0.0)
    two = measured(
        ([turned(row) for row in events], [turned(row) for row in rows], mirrored_quotes), price_impact_bps=0.0
    )
    same = (
        "order_quantity",
        "filled_quantity",
        "group",
        "window_end",
        "benchmark",
        "scenario_filled",
        "venue_quantity",
    )
    for name in same:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for name in ("cost", "cost_touch", "cost_zero", "cost_cleanup", "execution_cost", "execution_time"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-9, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(one.side, -two.side)
    both = one.mid2 != NULL
    np.testing.assert_array_equal(one.mid2[both], 2 * top - two.mid2[both])
    for name in ("effective_spread_bps", "price_improvement_bps", "arrival_slippage_bps"):
        np.testing.assert_array_equal(
            np.sign(np.round(getattr(one, name), 9)), np.sign(np.round(getattr(two, name), 9))
        )


@given(seed=SEEDS)
def test_splitting_a_fill_changes_nothing_but_the_number_of_fills(seed: int) -> None:
    events, rows, quotes = random_day(seed)
    split = []
    for row in rows:
        first = row["quantity"] // 2
        parts = [first, row["quantity"] - first] if first else [row["quantity"]]
        split += [{**row, "quantity": part, "sequence": 2 * row["sequence"] + k} for k, part in enumerate(parts)]
    one, two = copies(measured((events, rows, quotes))), copies(measured((events, split, quotes)))
    for name in one.keys() - {"fills", "fills_after_hours"}:
        if one[name].dtype.kind == "f":
            np.testing.assert_allclose(one[name], two[name], rtol=1e-10, atol=1e-7, err_msg=name)
        else:
            np.testing.assert_array_equal(one[name], two[name], err_msg=name)


@given(seed=SEEDS, factor=st.sampled_from([2, 3, 1_000]))
def test_scaling_prices_changes_no_bps(seed: int, factor: int) -> None:
    names = ("price", "national_bid", "national_offer", "bid", "offer")

    def scaled(table: list[Row]) -> list[Row]:
        return [{k: v * factor if k in names and v is not None else v for k, v in row.items()} for row in table]

    tables = random_day(seed, level=EVEN)
    one = measured(tables)
    two = measured(tuple(scaled(table) for table in tables), ticks=((0, 10 * factor),))  # type: ignore[arg-type]
    base = one.mid2.astype(float) * one.order_quantity
    rounding = 1e4 * 2.0**-16 / min(base[base > 0], default=1.0)  # of the amounts of scenarios
    for name, column in copies(one).items():
        if name.endswith("_bps"):
            np.testing.assert_allclose(copies(two)[name], column, rtol=1e-9, atol=rounding, err_msg=name)
    np.testing.assert_allclose(two.cost, one.cost * factor, rtol=1e-9, atol=1e-4 * factor)
    np.testing.assert_array_equal(two.scenario_filled, one.scenario_filled)
