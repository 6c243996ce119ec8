"""What a job asks of the replay: nothing where no scenario needs it, and every option of it."""

import sys
from typing import Any

import numpy as np
import pytest

from driver.job.replayed import Played, limit_sums, play
from driver.plan.jobs import Job, Settings
from driver.sums.conditions import Market
from driver.tables.quality_kinds import KIND_MEANINGS
from kernels.base.memory import Buffers
from kernels.measure.choices import ReplayChoices, Session, Simulation
from tests.builders import MemoryDay, build_day
from tests.random_day import CLOSE, NS, OPEN

SESSION = Session(OPEN, CLOSE, "test")
SWEEP, DARK = 2048, 64
QUOTES = [{"timestamp": OPEN - NS, "sequence": 1, "bid": 3_380, "offer": 3_400}]


def order(number: int, second: int, side: int, quantity: int, kind: int, **more: Any) -> list[dict[str, Any]]:
    """Return an order that enters and is cancelled a minute later, unless ``more`` says when and how it ends."""
    ends = {"timestamp": OPEN + (second + 60) * NS, "leaves_quantity": quantity, "matched_quantity": 0} | more
    first = {
        "order_id": number, "side": side, "participant": number, "order_type": kind, "quantity": quantity,
        "price": 3_400 if side > 0 else 3_380, "mid_tick": 2, "timestamp": OPEN + second * NS,
        "leaves_quantity": quantity, "matched_quantity": 0, "order_status": 1, "change_reason": -1,
    }  # fmt: skip
    return [first, first | {"change_reason": 1, "order_status": 2} | ends]


def a_day(dark_seller: bool = False) -> MemoryDay:
    """Return a day with a dark buy, which a dark sell may meet; a lit sell that traded, and two that did not."""
    filled = {"timestamp": OPEN + 20 * NS, "leaves_quantity": 0, "matched_quantity": 40, "change_reason": 3}
    events = [
        *order(1, 10, 1, 100, DARK, timestamp=OPEN + 3_000 * NS),
        *order(2, 15, -1, 40, 0, **filled),
        *order(3, 16, -1, 30, 0),
        *order(4, 17, 1, 25, 0),
    ]
    fill = {"order_id": 2, "timestamp": OPEN + 20 * NS, "side": -1, "price": 3_380, "quantity": 40, "deal_source": 1}
    fills = [fill | {"aggressor": 1, "match_id": 5}]
    if dark_seller:
        done = {"timestamp": OPEN + 12 * NS, "leaves_quantity": 0, "matched_quantity": 15, "change_reason": 3}
        events += order(5, 12, -1, 15, DARK, **done)
        events[1] |= {"leaves_quantity": 85, "matched_quantity": 15}
        dark = {"timestamp": OPEN + 12 * NS, "price": 3_390, "quantity": 15, "deal_source": 47, "match_id": 6}
        fills = [dark | {"order_id": 5, "side": -1, "aggressor": 1}, dark | {"order_id": 1, "side": 1}, *fills]
    for sequence, row in enumerate(sorted(events, key=lambda row: int(row["timestamp"]))):
        row["sequence"] = sequence
    for sequence, row in enumerate(fills):
        row["sequence"] = 100 + sequence
    return build_day(events, fills, QUOTES)


def a_job(*scenarios: str, **choices: Any) -> Job:
    settings = Settings(simulation=Simulation(scenarios=scenarios), replay=ReplayChoices(**choices))
    return Job(0, "1", "2024-09-05", "", "", SESSION, settings, 1, "print")


def test_a_run_of_algebra_never_loads_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kernels.replay.replay", None)  # an import of it would fail
    played = play(a_day(), a_job("A", "B", "C"), Buffers())
    assert played == Played()


def test_subjects_fill_in_the_dark_and_the_others_say_why_not() -> None:
    played = play(a_day(), a_job("P", "R", "D"), Buffers())
    assert list(played.matches) == list(played.fills) == ["P", "R", "R_optimistic", "R_conservative", "D"]
    assert len(played.matches["P"].time) == 0
    central = played.matches["R"]
    pairs = zip(central.buy_order_id, central.sell_order_id, central.quantity, central.price2, strict=True)
    assert [tuple(map(int, pair)) for pair in pairs] == [(1, 2, 40, 6_780), (1, 3, 30, 6_780)]
    assert [int(played.fills[name].by_book.sum()) for name in ("P", "R", "D")] == [0, 4, 4]  # two matches, both sides
    assert played.unfilled == {"no_contra": [1, 25]}
    assert (played.lifeless, played.asked) == (0, 3)
    assert played.counts["replay_left_open"] == 40
    assert (
        played.counts["replay_displaced_D"] == 0
    )  # what an order filled in the dark before its own lit fill is no loss
    assert set(played.counts) <= set(KIND_MEANINGS)
    assert played.counts["replay_orders_above_optimistic"] == played.counts["replay_orders_below_conservative"] == 0
    assert played.fidelity["real_matches"] == played.fidelity["placebo_matches"] == 0


@pytest.mark.parametrize("table", ["fills", "quotes"])
def test_without_trades_or_quotes_nothing_is_replayed(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    monkeypatch.setitem(sys.modules, "kernels.replay.replay", None)  # an import of it would fail
    day = a_day()
    getattr(day, table).update({name: column[:0] for name, column in getattr(day, table).items()})
    played = play(day, a_job("A", "R", "D", dark_seconds=(3.0,)), Buffers())
    assert list(played.fills) == ["R", "R_optimistic", "R_conservative", "D"]
    assert not any(len(fills.quantity) + len(fills.orders) for fills in played.fills.values())
    assert (played.matches, played.counts, played.fidelity, played.unfilled) == ({}, {}, {}, {})
    assert list(played.limits) == [3.0]


@pytest.mark.parametrize("asked", [("P",), ("R",), ("D",), ("A", "R")])
def test_what_was_not_asked_for_is_not_there(asked: tuple[str, ...]) -> None:
    played = play(a_day(), a_job(*asked), Buffers())
    bounds = {"R_optimistic", "R_conservative"} if "R" in asked else set()
    assert set(played.fills) == set(played.matches) == ({*asked} - {"A"}) | bounds
    assert played.fidelity  # P is always played
    assert bool(played.unfilled) == ("R" in asked)


@pytest.mark.parametrize(
    "choices", [{"alone": True}, {"impute_minimums": True}, {"latency_ns": 10**12}, {"without": (1,)}]
)
def test_options_reach_the_replay(choices: dict[str, Any]) -> None:
    played = play(a_day(), a_job("R", **choices), Buffers())
    filled = {int(number) for number in played.matches["R"].sell_order_id}
    assert (
        filled
        == {"alone": {2, 3}, "impute_minimums": {2, 3}, "latency_ns": set(), "without": set()}[next(iter(choices))]
    )
    assert ("replay_minimums_imputed" in played.counts) == ("impute_minimums" in choices)
    assert set(played.counts) <= set(KIND_MEANINGS)


def test_the_placebo_has_the_orders_that_are_left_out_elsewhere() -> None:
    """A dark sell meets the dark buy, as it really did; left out, neither does under R."""
    day = a_day(dark_seller=True)
    whole, without = (play(day, a_job("P", "R", without=left_out), Buffers()) for left_out in ((), (1,)))
    for played in (whole, without):
        assert played.matches["P"].quantity.tolist() == [15]
        assert (played.fidelity["events"], played.fidelity["named_events"]) == (1, 1)
    assert 15 in whole.matches["R"].quantity.tolist()
    assert without.matches["R"].quantity.tolist() == []


@pytest.mark.parametrize("alone", [False, True])
def test_dark_orders_that_are_left_out_fill_nothing_but_in_the_placebo(alone: bool) -> None:
    """Subjects fill from the same contras: the real fills of those that are not in the book would be a second use."""
    day = a_day(dark_seller=True)
    played = play(day, a_job("P", "R", "D", without=(1, 5), alone=alone), Buffers())
    rows = np.flatnonzero(np.isin(day.orders["order_id"], (1, 5)))
    assert played.counts["replay_orders_left_out"] == 2
    assert set(played.counts) <= set(KIND_MEANINGS)
    for name, fills in played.fills.items():
        filled = {row: int(fills.quantity[fills.order_index == row].sum()) for row in rows.tolist()}
        assert np.isin(rows, fills.orders).all()
        assert set(filled.values()) == ({15} if name == "P" else {0})


def test_a_limit_of_time_follows_history_after_it() -> None:
    day, job = a_day(), a_job("R", dark_seconds=(3.0, 60.0), latency_ns=4 * NS)
    played = play(day, job, Buffers())
    market = Market(SESSION, job.settings.simulation.ticks, 40, np.zeros(60, np.int64))
    found = limit_sums(day, job, played, market, (Buffers(), Buffers()))
    assert list(found) == ["3", "60"]
    assert {name: sums["orders"] for name, sums in found.items()} == {"3": 4, "60": 4}
    assert found["3"]["order_quantity"] == 195
    assert found["3"]["unknown_orders"] == 0
    assert found["60"]["filled_quantity"] == 140
