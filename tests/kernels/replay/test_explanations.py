"""Why a placebo misses and invents: one small day for each rule and cause, and the real day's sums."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.measure.choices import Choices, Simulation
from kernels.replay.fidelity import compare
from kernels.replay.fidelity.explanations import CAUSES, MEASURES, RULES, explanation_row, may_hide
from kernels.replay.replay import replay
from tests.builders import MemoryDay, build_day
from tests.inferred_day import open_real_day, real_session
from tests.kernels.replay.played_matches import T, day_of, match, matches_of, played, with_rows

Row = dict[str, Any]
KNOWN = (1, 2, 3, 4)


def explained(day: MemoryDay, *rows: tuple[int, int, int, int, int]) -> dict[str, int]:
    """Return what is not 0 of the explanation of a placebo with these matches."""
    placebo = with_rows(played(*rows), day)
    row = explanation_row(day, compare(day, 2 * day.fills["price"], placebo), placebo)
    return {name: value for name, value in row.items() if value}


def hiding(day: MemoryDay, number: int) -> MemoryDay:
    """Return the day with an order of the block type that traded and shows no minimum."""
    own = day.orders["order_id"] == number
    day.orders["order_type"] = np.where(own, 4_096, day.orders["order_type"]).astype(np.int32)
    day.orders["matched_quantity"] = np.where(own, 50, 0)
    return day


@pytest.mark.parametrize(
    ("acts", "deal", "rule"),
    [(1, 47, "incoming"), (-1, 46, "preferenced"), (0, 47, "rested"), (0, 48, "booked"), (1, 51, "block")],
)
def test_rules_of_what_is_missed(acts: int, deal: int, rule: str) -> None:
    found = explained(day_of(match(T, 1, 2, 50, 105, acts, deal_source=deal), known=KNOWN))
    expected = {f"rule.{rule}.missed_shares": 50, f"rule.{rule}.real_shares": 50, "cause.other.missed_shares": 50}
    if acts:
        expected |= {f"rule.{rule}.{name}": 1 for name in ("events", "unnamed_events")}
        expected |= {"cause.other.unnamed_events": 1}
    assert found == expected


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "incoming"),
        ({"preferenced": 1}, "preferenced"),
        ({"aggressor_side": 0}, "rested"),
        ({"booked": 1}, "booked"),
        ({"rule": 3}, "block"),
    ],
)
def test_rules_of_what_is_invented(changes: Row, rule: str) -> None:
    day = day_of(known=KNOWN)
    usual = {"time": T, "buy": 0, "sell": 1, "buy_order_id": 1, "sell_order_id": 2, "quantity": 50, "price2": 210}
    usual |= {"mid2": 210, "aggressor_side": 1, "rule": 1, "booked": 0, "preferenced": 0}
    placebo = matches_of([usual | changes])
    row = explanation_row(day, compare(day, 2 * day.fills["price"], placebo), placebo)
    expected = {f"rule.{rule}.invented_shares": 50, "cause.other.invented_shares": 50}
    assert {name: value for name, value in row.items() if value} == expected


def causes(found: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in found.items() if name.startswith("cause.") and "unnamed" not in name}


def test_a_price_that_the_quote_does_not_allow_and_what_its_orders_do_instead() -> None:
    day = day_of(match(T, 1, 2, 50, 120), known=KNOWN)
    found = causes(explained(day, (2 * T, 3, 2, 50, 210), (2 * T, 3, 4, 7, 210)))
    assert found == {
        "cause.off_quote.missed_shares": 50, "cause.off_quote.invented_shares": 50, "cause.other.invented_shares": 7,
    }  # fmt: skip


def test_a_minimum_that_may_be_hidden() -> None:
    """Of an order of the match itself, or of whom an order of it meets instead; not of one that it meets much later."""
    day = day_of(match(T, 1, 2, 50, 105), known=KNOWN)
    assert causes(explained(hiding(day, 2))) == {"cause.hidden_minimum.missed_shares": 50}
    day = hiding(day_of(match(T, 1, 2, 50, 105), known=KNOWN), 4)
    expected = {"cause.hidden_minimum.missed_shares": 50, "cause.hidden_minimum.invented_shares": 50}
    assert causes(explained(day, (T, 1, 4, 50, 210))) == expected
    found = causes(explained(day, (2 * T, 1, 4, 50, 210)))
    assert found == {"cause.other.missed_shares": 50, "cause.hidden_minimum.invented_shares": 50}


def test_an_order_that_the_order_file_lacks() -> None:
    day = day_of(match(T, 1, 2, 50, 105), known=(1, 3))
    found = causes(explained(day, (T, 3, 2, 50, 210)))
    assert found == {"cause.absent_order.missed_shares": 50, "cause.absent_order.invented_shares": 50}


def test_the_right_orders_at_another_price() -> None:
    found = causes(explained(day_of(match(T, 1, 2, 50, 105), known=KNOWN), (T, 1, 2, 50, 212)))
    assert found == {"cause.other_price.missed_shares": 50, "cause.other_price.invented_shares": 50}


def hides(*states: tuple[int, int, int], order_type: int = 4_096) -> list[bool]:
    """Return which of one order with these (leaves, matched, minimum) may hide a minimum, and the entry for none."""
    rows = [
        {"order_id": 1, "timestamp": place, "sequence": place, "price": 10, "side": 1, "order_type": order_type,
         "leaves_quantity": leaves, "matched_quantity": matched, "minimum_quantity": minimum}
        for place, (leaves, matched, minimum) in enumerate(states)
    ]  # fmt: skip
    day = build_day(rows, [], [])
    day.orders["matched_quantity"] = np.array([states[-1][1]], np.int64)
    found: list[bool] = may_hide(day).tolist()
    return found


def test_who_may_hide_a_minimum() -> None:
    assert hides((50, 0, 0), (0, 50, 0)) == [True, False]
    assert hides((50, 0, 0), (0, 50, 0), order_type=64) == [False, False]
    assert hides((50, 0, 0), (50, 0, 0)) == [False, False]
    assert hides((50, 0, 9), (40, 0, 9)) == [True, False]  # amended: it showed something else before
    assert hides((50, 0, 9), (0, 50, 9)) == [False, False]
    assert hides((50, 0, 50), (40, 0, 40)) == [False, False]  # the file has one at each row
    assert may_hide(build_day([], [], [])).tolist() == [False]


@pytest.mark.parametrize(("repaired", "hidden"), [(False, 20), (True, 0)])
def test_real_day(real_day: Path, tmp_path: Path, repaired: bool, hidden: int) -> None:
    """Most of what the plain file costs is hidden minimums; every share missed or invented has a rule and a cause."""
    day = open_real_day(real_day, tmp_path, minimums=repaired)
    session, choices = real_session(day), Choices(simulation=Simulation(scenarios=("P",)))
    placebo = replay(day, choices, session).matches["P"]
    found = compare(day, 2 * np.asarray(day.fills["price"]), placebo)
    row, counts = explanation_row(day, found, placebo), found.counts
    totals = counts.missed_shares, counts.invented_shares, counts.events - counts.named_events
    for by, names in (("rule", RULES), ("cause", CAUSES)):
        assert tuple(sum(row[f"{by}.{name}.{what}"] for name in names) for what in MEASURES) == totals
    assert sum(row[f"rule.{name}.real_shares"] for name in RULES) == 249_085
    assert (row["rule.preferenced.events"], row["rule.booked.events"]) == (83, 24)
    assert row["cause.off_quote.unnamed_events"] == 6
    assert row["cause.hidden_minimum.unnamed_events"] >= hidden
    assert (row["cause.hidden_minimum.missed_shares"] == 0) == repaired
