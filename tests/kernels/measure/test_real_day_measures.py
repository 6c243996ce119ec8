"""The real day, measured from arrays built in plain Python: the known answers, without the store or the driver."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kernels import mid2, prevailing_quote
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.measure import data_quality, measure
from kernels.measure.result_rows import OrderBlock
from tests.builders import MemoryDay, build_real_day


@pytest.fixture(scope="module")
def day(real_day: Path) -> MemoryDay:
    return build_real_day(real_day)


@pytest.fixture(scope="module")
def session(day: MemoryDay) -> Session:
    """Return the day's session by decisions 4: the opening auction's prints, 16:00 local."""
    start = int(day.fills["timestamp"][day.fills["venue"] == 2].min())
    end = datetime(2024, 9, 5, 16, tzinfo=ZoneInfo("Australia/Sydney"))
    return Session(start, int(end.timestamp()) * 10**9, "inferred")


@pytest.fixture(scope="module")
def participant_69(day: MemoryDay, session: Session) -> OrderBlock:
    selection = Selection(participants=(69,), hour_start=10, hour_end=16)
    (block,) = measure(day, Choices(selection=selection), session)
    return block


def test_participant_69(participant_69: OrderBlock) -> None:
    block = participant_69
    assert len(block) == 70
    assert block.fills.sum() == 60
    assert np.count_nonzero(block.filled_quantity) == 29
    assert block.filled_quantity.sum() == 63_660
    assert block.notional.sum() == 214_010_805
    assert block.venue_quantity.sum(axis=1).tolist() == [23_300, 5_869, 34_491, 0, 0]
    groups = {group: block.group == group for group in (1, 2, 3)}
    assert [int(chosen.sum()) for chosen in groups.values()] == [26, 3, 41]
    assert [int(block.filled_quantity[chosen].sum()) for chosen in groups.values()] == [62_968, 692, 0]
    assert block.leaves_quantity[groups[2]].sum() == 4_608
    assert block.order_quantity[groups[3]].sum() == 81_939


def test_participant_69_costs_by_the_opening_mid(participant_69: OrderBlock) -> None:
    """Decisions 12: -3.5 bp of the notional filled, where the plain rule says -181."""
    block = participant_69
    filled = block.filled_quantity > 0
    paid = block.execution_cost[filled].sum() / (block.mid2 * block.filled_quantity)[filled].sum()
    assert 1e4 * paid == pytest.approx(-3.5, abs=0.05)


def test_every_order_reconciles(day: MemoryDay, session: Session) -> None:
    (block,) = measure(day, Choices(), session)
    assert len(block) == 8_319
    np.testing.assert_array_equal(block.filled_quantity, block.matched_quantity)
    np.testing.assert_array_equal(
        block.filled_quantity + block.leaves_quantity + block.withdrawn_quantity, block.order_quantity
    )
    assert block.withdrawn_quantity.min() >= 0
    counts = data_quality(day, session)
    assert (counts["orders_reconciled"], counts["orders_not_reconciled"]) == (8_319, 0)


def test_population_traded(day: MemoryDay, session: Session) -> None:
    selection = Selection(participants=(69,), hour_start=10, hour_end=16, population=2)
    (block,) = measure(day, Choices(selection=selection), session)
    assert len(block) == 29


def test_dark_matches_print_at_the_mid(day: MemoryDay) -> None:
    """Of 573 dark matches the price is the trade snapshot's mid in 536, the mid strictly before in 533."""
    fills = day.fills
    dark = np.isin(fills["deal_source"], (46, 47, 48)) & (fills["side"] > 0)
    assert dark.sum() == 573
    price2 = 2 * fills["price"][dark]
    snapshot = mid2(fills["national_bid"][dark], fills["national_offer"][dark])
    assert np.count_nonzero(snapshot == price2) == 536
    mids = mid2(day.quotes["bid"], day.quotes["offer"])
    row = prevailing_quote(day.quotes["timestamp"], fills["timestamp"][dark])
    np.testing.assert_array_equal(row, fills["quote"][dark])
    assert np.count_nonzero((row >= 0) & (mids[row] == price2)) == 533
