"""What must hold whatever a day holds: no look-ahead, symmetry of sides, shares used once, fills that add up."""

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from kernels.measure.choices import Choices, ReplayChoices, Selection, Session
from kernels.measure.simulated import SimulatedFills
from kernels.replay.replay import replay
from tests.builders import MemoryDay, build_day
from tests.kernels.replay.both_replays import SCENARIOS, as_tuples, both, plain_replay, random_choices, with_ticks
from tests.oracles.replay_fills import OwnFill, own_fills
from tests.oracles.replay_rows import DARK_BOOKING, DARK_DEALS, REPORTS
from tests.oracles.replay_subjects import SubjectRun
from tests.replay_days import END, START, mirrored_day, replay_day

pytestmark = pytest.mark.reduced
SET_APART = 1 | 2 | 4 | 8 | 64  # faults
Fills = list[tuple[Any, ...]]


def fills_by_order(fills: SimulatedFills) -> dict[int, Fills]:
    """Return time, price, quantity and deal source of each order's fills."""
    found: dict[int, Fills] = {int(row): [] for row in fills.orders}
    for order, time, price2, quantity, _, deal in zip(*fills[1:7], strict=True):
        found[int(order)].append((int(time), Fraction(int(price2), 2), int(quantity), int(deal)))
    return found


def open_ended(seed: int) -> Choices:
    """Return choices under which no horizon and no preference depends on what comes later."""
    rng = Random(seed)
    return random_choices(rng, horizon="close", from_rest=False, preferencing="none", preferring=(1, 3))


@pytest.mark.parametrize("first", [0, 20])
def test_nothing_that_comes_later_changes_a_match(first: int) -> None:
    """Rows, fills and quotes stamped after an instant are another day's; matches up to it stay.

    The conservative run alone knows the future: by its meaning it takes what nobody will want.
    """
    compared = 0
    for seed in range(first, first + 20):
        choices, turn = open_ended(seed), START + Random(seed).randrange(2_000_000, 50_000_000)
        day = replay_day(seed)
        other = replay_day(seed, (turn, 1_000 + seed))
        if np.any((day.orders["fault"] & SET_APART) != 0) or np.any((other.orders["fault"] & SET_APART) != 0):
            continue  # an order is set apart for what it shows at any time
        found, again = (replay(each, choices, Session(START, END)) for each in (day, other))
        for name in ("P", "R", "R_optimistic", "D"):
            before, after = (
                [match for match in as_tuples(each.matches[name]) if match[0] <= turn] for each in (found, again)
            )
            assert before == after, (seed, name)
            compared += len(before)
    assert compared > 100


def test_buys_and_sells_are_treated_alike() -> None:
    compared = 0
    for seed in range(20):
        day, mirror, total, tick = mirrored_day(seed)
        choices = with_ticks(random_choices(Random(seed), block_tier=0), ((0, tick),))
        found, turned = (replay(each, choices, Session(START, END)) for each in (day, mirror))
        for name in SCENARIOS:
            wanted = [
                (time, sell, buy, sell_id, buy_id, quantity, total - price, total - mid, -side, *flags)
                for time, buy, sell, buy_id, sell_id, quantity, price, mid, side, *flags in as_tuples(
                    found.matches[name]
                )
            ]
            assert as_tuples(turned.matches[name]) == wanted, (seed, name)
            compared += len(wanted)
    assert compared > 500


@pytest.mark.parametrize("first", [0, 15])
def test_orders_fill_what_plain_python_fills(first: int) -> None:
    """Dark fills of the book, and what stands of history, cut where the book was first."""
    for seed in range(first, first + 15):
        choices = random_choices(Random(seed))
        found, plain = both(replay_day(seed), choices, START, END)
        for name in SCENARIOS:
            for order, fills in fills_by_order(found.fills[name]).items():
                wanted = [(f.time, f.price, f.quantity, f.deal) for f in own_fills(plain[name], order)]
                assert without_truncation(fills, choices) == without_truncation(wanted, choices), (seed, name, order)


def without_truncation(fills: Fills, choices: Choices) -> Fills:
    """Return fills without the prices of dark ones, if real ones stand: the file truncated those (R7)."""
    if not choices.replay.from_rest:
        return fills
    return [(time, deal in DARK_DEALS or price, quantity, deal) for time, price, quantity, deal in fills]


def test_an_order_whose_dark_side_gives_nothing_fills_what_it_really_did_in_the_lit_book() -> None:
    """D: the lit life is history's (decisions 46)."""
    checked = 0
    for seed in range(30):
        day = replay_day(seed)
        found = replay(day, random_choices(Random(seed), from_rest=False), Session(START, END))
        matched = {int(row) for row in (*found.matches["D"].buy, *found.matches["D"].sell)}
        fills = fills_by_order(found.fills["D"])
        for row in (int(row) for row in found.subjects.rows):
            real = [
                (int(time), int(quantity))
                for time, quantity, order, deal in zip(
                    *(day.fills[name] for name in ("timestamp", "quantity", "order_index", "deal_source")), strict=True
                )
                if order == row and deal not in (*DARK_DEALS, DARK_BOOKING, *REPORTS)
            ]
            if row not in matched:
                assert [(time, quantity) for time, _, quantity, _ in fills[row]] == real, (seed, row)
                checked += len(real)
    assert checked > 150


def test_the_conservative_run_takes_no_more_than_stayed_open() -> None:
    taken = 0
    for seed in range(30):
        day, rng = replay_day(seed), Random(seed)
        choices = random_choices(rng, subject_limit="mid", horizon="close", from_rest=False, latency_ns=0, minimum=0)
        found = replay(day, choices, Session(START, END))
        matches, subjects = found.matches["R_conservative"], {int(row) for row in found.subjects.rows}
        used: dict[int, int] = {}
        for buy, sell, quantity in zip(matches.buy, matches.sell, matches.quantity, strict=True):
            assert int(buy) in subjects or int(sell) in subjects
            for row in {int(buy), int(sell)} - subjects:
                used[row] = used.get(row, 0) + int(quantity)
        assert all(row >= 0 and used[row] <= day.orders["leaves_quantity"][row] for row in used), seed
        taken += sum(used.values())
    assert taken > 500


def test_the_placebo_does_not_depend_on_who_is_asked_about() -> None:
    for seed in range(30):
        day = replay_day(seed)
        chosen = [random_choices(Random(seed), Selection(participants=who)) for who in ((), (99,))]
        everybody, nobody = (as_tuples(replay(day, each, Session(START, END)).matches["P"]) for each in chosen)
        assert everybody == nobody, seed


def test_prices_inside_the_quote_are_on_the_ticks_of_the_first_quote_in_force() -> None:
    """Ticks of 5 below 2,000: the quote that holds at the open decides, not one of later on."""
    minutes = 60_000_000_000
    quotes = [
        {"timestamp": START - 1, "bid": 1_980, "offer": 2_000},
        {"timestamp": START + 2 * minutes, "bid": 2_020, "offer": 2_040},
    ]
    orders: list[dict[str, int]] = [
        {
            "order_id": 5 + k, "timestamp": START + k, "sequence": k, "side": side, "price": 1_995, "quantity": 10,
            "leaves_quantity": 10, "matched_quantity": 0, "order_type": 4_096, "mid_tick": 3, "order_status": 1,
            "time_validity": 256,
        }
        for k, side in enumerate((1, -1))
    ]  # fmt: skip
    choices = Choices(Selection(participants=(99,)))
    found = replay(build_day(orders, [], quotes), choices, Session(START, START + 3 * minutes))
    assert [match[5:7] for match in as_tuples(found.matches["P"])] == [(10, Fraction(1_995))]


def test_after_its_time_in_the_dark_an_order_follows_history() -> None:
    """Decisions 47: dark fills until then, later history's own for what is left."""
    checked = 0
    for seed in range(30):
        day, seconds = replay_day(seed), 0.004
        choices = random_choices(Random(seed), dark_seconds=(seconds,), from_rest=False)
        found = replay(day, choices, Session(START, END))
        rows = tuple(int(row) for row in found.subjects.rows)
        plain = plain_replay(day, choices, START, END, rows, most_dark_ns=round(seconds * 1e9))
        run = plain["R"]
        assert isinstance(run, SubjectRun)
        limited = fills_by_order(found.time_limits[seconds])
        for row in rows:
            really = sum(fill.quantity for fill in real_fills(day, row, 0))
            in_dark = sum(fill.quantity for fill in own_fills(run, row))
            still = min(really + int(day.orders["leaves_quantity"][row]), int(day.orders["parent_quantity"][row]))
            wanted, left = [], max(still, in_dark)  # who was amended down wants less in the end than it asked for
            for fill in [*own_fills(run, row), *real_fills(day, row, run.until[row])]:
                quantity = min(left, fill.quantity)
                left -= quantity
                wanted += [(fill.time, quantity, fill.deal)] if quantity else []
            assert [(time, quantity, deal) for time, _, quantity, deal in limited[row]] == wanted, (seed, row)
            checked += len(wanted)
    assert checked > 100


def real_fills(day: MemoryDay, row: int, after: int) -> list[OwnFill]:
    """Return an order's own fills after an instant."""
    fills = []
    for f in range(len(day.fills["order_index"])):
        time, deal = int(day.fills["timestamp"][f]), int(day.fills["deal_source"][f])
        if day.fills["order_index"][f] == row and time > after and deal not in REPORTS:
            fills.append(OwnFill(row, time, Fraction(0), int(day.fills["quantity"][f]), False, deal))
    return fills


def test_each_alone_fills_what_it_does_as_the_only_one_asked_about() -> None:
    """Decisions 20: nobody else's behaviour changes; a match of two subjects' runs is a fill of its own run's alone."""
    compared = 0
    for seed in range(6):
        day, choices = replay_day(seed), random_choices(Random(seed), alone=True)
        found = replay(day, choices, Session(START, END))
        for row in (int(row) for row in found.subjects.rows):
            plain = plain_replay(day, choices, START, END, (row,))
            for name in SCENARIOS[1:]:
                wanted = [(f.time, f.price, f.quantity, f.deal) for f in own_fills(plain[name], row)]
                fills = fills_by_order(found.fills[name])[row]
                assert without_truncation(fills, choices) == without_truncation(wanted, choices), (seed, name, row)
                compared += len(wanted)
    assert compared > 50


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"horizon": "x"}, "horizon: 'x' is none of rest_s, end, last_fill, close"),
        ({"subject_limit": "mids"}, "subject_limit: 'mids' is none of"),
        ({"preferencing": "maybe"}, "preferencing: 'maybe' is none of"),
        ({"minimum": -1}, "minimum: must not be negative"),
        ({"dark_seconds": (30.0, -1.0)}, "dark_seconds: must not be negative"),
        ({"without": ("67",)}, "without: participants are whole numbers"),
        ({"switches": ("no_rules",)}, "switches: 'no_rules' is none of no_half_tick"),
    ],
)
def test_what_no_replay_knows_is_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replay(replay_day(0), Choices(replay=ReplayChoices(**wrong)), Session(START, END))
