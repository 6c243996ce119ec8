"""Shortfall and its parts against an independent package, slippage-tca, on generated days and the real day."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from slippage import DelayBasis, Side, shortfall_from_totals

from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from tests.builders import NULL, build_day, build_real_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, OPEN, random_day


def assert_agrees(block: OrderBlock) -> int:
    """Compare every order that has all it takes; return how many."""
    decided = block.decision_mid2 if "decision_mid2" in block.names else block.mid2
    compared = 0
    for j in range(len(block)):
        fits = 0 <= block.filled_quantity[j] <= block.order_quantity[j] and block.order_quantity[j] > 0
        if NULL in (block.mid2[j], block.end_mid2[j], decided[j]) or not fits:
            continue
        theirs = shortfall_from_totals(
            side=Side.BUY if block.side[j] > 0 else Side.SELL,
            quantity=float(block.order_quantity[j]),
            filled_quantity=float(block.filled_quantity[j]),
            executed_notional=float(block.scenario_notional2[0, j]) / 2,
            decision_price=float(decided[j]) / 2,
            arrival_price=float(block.mid2[j]) / 2,
            final_price=float(block.end_mid2[j]) / 2,
            delay_basis=DelayBasis.EXECUTED,
        )
        base = float(decided[j]) * float(block.order_quantity[j])
        ours = {"trading": block.execution_cost[j], "opportunity": block.opportunity_cost[j], "delay": 0.0}
        if "delay_cost" in block.names:
            ours["delay"] = block["delay_cost"][j]
            ours["opportunity"] = block["decision_opportunity_cost"][j]
        for name, cost in ours.items():
            assert 1e4 * cost / base == pytest.approx(theirs.bps(getattr(theirs, name)), rel=1e-9, abs=1e-7), name
        assert 1e4 * sum(ours.values()) / base == pytest.approx(theirs.total_bps, rel=1e-9, abs=1e-7)
        compared += 1
    return compared


def test_generated_days() -> None:
    compared = 0
    for seed in range(40):
        events, fills, quotes = random_day(seed)
        day = build_day(events, with_nulls(fills), with_nulls(quotes))
        if not fills:
            continue
        if seed % 2:
            day.orders["decision_time"] = day.orders["arrival_time"] - 60 * 10**9 * (seed % 5)
        (block,) = measure(day, Choices(), Session(OPEN, CLOSE, "test"))
        compared += assert_agrees(block)
    assert compared > 100


def test_real_day(real_day: Path) -> None:
    day = build_real_day(real_day)
    start = int(day.fills["timestamp"][day.fills["venue"] == 2].min())
    end = int(datetime(2024, 9, 5, 16, tzinfo=ZoneInfo("Australia/Sydney")).timestamp()) * 10**9
    day.orders["decision_time"] = np.maximum(day.orders["arrival_time"] - 5 * 10**9, 0)
    (block,) = measure(day, Choices(), Session(start, end, "inferred"))
    assert assert_agrees(block) > 8_000
