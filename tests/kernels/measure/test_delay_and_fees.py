"""Delay, parents and fees: columns that only some inputs or settings give (decisions 18)."""

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.measure.choices import Choices, Session, Simulation, hour_bounds
from kernels.measure.measure import data_quality, measure
from tests.builders import NULL, build_day
from tests.kernels.measure.test_measures import plain_rules, with_nulls
from tests.oracles.measures import naive_measures, naive_mid2, naive_price2, naive_quote_at, venue_of
from tests.random_day import CLOSE, OPEN, random_day, random_time

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
SESSION = Session(OPEN, CLOSE, "test", date_start=OPEN - 15 * 3_600 * 10**9)
DELAYS = ("decision_mid2", "delay_cost", "decision_opportunity_cost", "decision_shortfall_bps")
FEES = (1.5, 0.5, 0.25, 0.75)  # lit, dark, auction, booking


@given(seed=st.integers(0, 10**9))
def test_delay_adds_to_the_shortfall_from_the_decision(seed: int) -> None:
    events, fills, quotes = random_day(seed)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    rng, n = Random(seed), len(day.orders["order_id"])
    arrival = day.orders["arrival_time"].tolist()
    decided = [rng.choice([NULL, t, min(t, random_time(rng))]) for t in arrival]
    day.orders |= {"decision_time": np.array(decided, np.int64), "parent_id": np.arange(n) + 2**62}
    settings = Choices()
    rules = plain_rules(settings, hour_bounds(day.date, settings.selection, settings.timezone))
    (block,) = measure(day, settings, SESSION)
    number = {order: place for place, order in enumerate(day.orders["order_id"].tolist())}
    np.testing.assert_array_equal(block["parent_id"], [number[order] + 2**62 for order in block.order_id.tolist()])
    if not fills:
        return
    expected = naive_measures(events, fills, quotes, rules)
    assert [order["order_id"] for order in expected] == block.order_id.tolist()
    for place, order in enumerate(expected):
        time = decided[number[order["order_id"]]]
        same = time == order["arrival_time"]
        mid2 = order["mid2"] if same else naive_mid2(naive_quote_at(quotes, time, rules))
        mid2 = None if time == NULL else mid2
        unfilled = max(order["order_quantity"] - order["filled_quantity"], 0)
        found = {name: block[name][place] for name in DELAYS}
        assert found["decision_mid2"] == (NULL if mid2 is None else mid2)
        if mid2 is None or order["mid2"] is None or order["end_mid2"] is None:
            assert np.isnan(found["decision_shortfall_bps"])
            continue
        paid = sum(f["quantity"] * (naive_price2(f, quotes) - mid2) for f in order["consumed"])
        total = order["side"] * (paid + (unfilled * (order["end_mid2"] - mid2) if unfilled else 0))
        parts = found["delay_cost"] + block.execution_cost[place] + found["decision_opportunity_cost"]
        assert parts == total
        bps = Fraction(10_000 * total, order["order_quantity"] * mid2)
        np.testing.assert_allclose(found["decision_shortfall_bps"], float(bps), rtol=1e-12, atol=1e-9)


def test_decisions_that_cannot_be_are_missing_and_counted() -> None:
    """After the arrival, or on an earlier trade date: no mid of this day is the one decided at."""
    hour = 3_600 * 10**9
    base = {"side": 1, "price": 0, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    events = [{**base, "order_id": k, "timestamp": OPEN + hour + k} for k in range(5)]
    day = build_day(events, [], [{"timestamp": OPEN, "bid": 3_380, "offer": 3_390}])
    decided = [OPEN + 2 * hour, OPEN - 72 * hour, OPEN - 14 * hour, OPEN + hour - 1, NULL]
    day.orders["decision_time"] = np.array(decided)
    (block,) = measure(day, Choices(), SESSION)
    assert block["decision_time"].tolist() == decided  # an empty one is missing, not the arrival (decisions 44)
    assert block["decision_mid2"].tolist() == [NULL, NULL, 6_770, 6_770, NULL]
    assert np.isnan(block["delay_cost"]).tolist() == [True, True, False, False, True]
    assert np.isnan(block["decision_shortfall_bps"]).tolist() == [True, True, False, False, True]
    counts = data_quality(day, SESSION)
    kinds = "decisions_after_arrival", "decisions_on_an_earlier_date", "decisions_missing"
    assert [counts[kind] for kind in kinds] == [1, 1, 1]


def naive_fees(order: Row, quotes: list[Row], share_ppm: int, scenario: int) -> Fraction:
    """Return the fees of one order under one scenario in half units x shares, before they are rounded."""
    rates = [Fraction(fee) / 10_000 for fee in (*FEES, 0, 0)]  # an unknown deal source costs nothing
    left = order["order_quantity"]
    dark = left * share_ppm // 1_000_000
    if scenario == 2 and order["eligible"]:
        left -= dark
    real = Fraction(0)
    for fill in order["consumed"]:
        part = min(fill["quantity"], left)
        left -= part
        real += part * naive_price2(fill, quotes) * rates[venue_of(fill)]
    if scenario == 0 or not order["eligible"]:
        return real
    filled, notional2 = order["scenarios"][1]
    dark2 = notional2 * dark / filled if filled else Fraction(0)
    if scenario == 1:
        return Fraction(notional2 * rates[1])
    if scenario == 2:
        return real + dark2 * rates[1]
    return Fraction(dark2 * rates[1] + (order["scenarios"][3][1] - dark2) * rates[0])


@given(seed=st.integers(0, 10**9))
def test_fees_by_venue_and_scenario(seed: int) -> None:
    events, fills, quotes = random_day(seed)
    if not fills:
        return
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    settings = Choices(simulation=Simulation(fees_bps=FEES))
    rules = plain_rules(settings, hour_bounds(day.date, settings.selection, settings.timezone))
    (block,) = measure(day, settings, SESSION)
    orders = naive_measures(events, fills, quotes, rules)
    for k, name in enumerate(block.scenarios):
        fees = [naive_fees(order, quotes, rules["dark_share_ppm"], k) for order in orders]
        found = block[f"{name}_fees"]
        np.testing.assert_allclose(found, list(map(float, fees)), rtol=1e-12, atol=0.51 / 65_536)
        np.testing.assert_array_equal(found * 65_536, np.rint(found * 65_536))
        net = block.cost[k] + block[f"{name}_fees"]
        bps = 1e4 * net / (block.mid2.astype(float) * block.order_quantity)
        np.testing.assert_allclose(block[f"{name}_net_shortfall_bps"], np.where(block.mid2 == NULL, np.nan, bps))


def test_no_fees_no_columns() -> None:
    events, fills, quotes = random_day(1)
    (block,) = measure(build_day(events, with_nulls(fills), with_nulls(quotes)), Choices(), SESSION)
    assert not {"fees", "fees_bps", "net_shortfall_bps"} & set(block.names)
    assert not {"delay_cost", "decision_mid", "parent_id"} & set(block.names)
