"""How the quote moves while an order lives: by hand at the edges, against plain Python and numpy at large."""

from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.conventions import NULL
from kernels.market.quote_book import LARGEST_SHIFT
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.order_columns import REPLAYED
from kernels.measure.result_rows import OrderBlock
from kernels.measure.simulated import SimulatedFills
from tests.builders import build_day, build_real_day
from tests.kernels.measure.test_measures import with_nulls
from tests.oracles.quote_moves import root
from tests.random_day import CLOSE, NS, OPEN, random_day

Row = dict[str, Any]
Quotes = list[tuple[int, int | None, int | None]]  # seconds from the open, bid, offer
NAMES = "mid_drift_bps", "mid_volatility_bps", "spread_volatility_bps"
MISSING = (None, None, None)
SESSION = Session(OPEN, CLOSE, "test")


def lived(quotes: Quotes, start: float, end: float, side: int = 1, **chosen: Any) -> tuple[float | None, ...]:
    """Return drift and volatilities of an order that lives for these seconds from the open on."""
    base = {"order_id": 1, "side": side, "price": 0, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    events = [{**base, "timestamp": OPEN + round(second * NS)} for second in (start, end)]
    rows = [{"timestamp": OPEN + second * NS, "bid": bid, "offer": offer} for second, bid, offer in quotes]
    (block,) = measure(build_day(events, [], with_nulls(rows)), Choices(simulation=Simulation(**chosen)), SESSION)
    found = (float(block[name][0]) for name in NAMES)
    return tuple(None if np.isnan(value) else value for value in found)


def expected(mids2: list[int], spreads: list[tuple[int, int]], mean2: float, side: int = 1) -> list[Any]:
    """Return the same by hand: mids in turn, spreads and how long they last, the mean mid."""
    time = sum(lasted for _, lasted in spreads)
    mean = sum(spread * lasted for spread, lasted in spreads) / time
    squares = sum((spread - mean) ** 2 * lasted for spread, lasted in spreads)
    steps = sum((b - a) ** 2 for a, b in pairwise(mids2)) ** 0.5
    drift = side * (mids2[-1] - mids2[0]) / mids2[0]
    return [pytest.approx(1e4 * one, rel=1e-12) for one in (drift, steps / mean2, 2 * (squares / time) ** 0.5 / mean2)]


@pytest.mark.reduced
@pytest.mark.parametrize(
    ("quotes", "start", "end", "found"),
    [
        ([(10, 99, 101)], 20, 30, (0.0, 0.0, 0.0)),
        ([(10, 99, 101), (25, 99, 101)], 20, 30, (0.0, 0.0, 0.0)),
        ([], 20, 30, MISSING),
        ([(10, 99, None), (25, None, 101)], 20, 30, MISSING),
        ([(10, 99, 101)], 20, 20, MISSING),  # no time at all
        ([(-90, 99, 101), (10, 99, 101)], -60, -30, MISSING),  # over before the open
        ([(10, 99, 101), (20_000, 90, 92)], 30_000, 30_010, MISSING),  # came after the close
        ([(10, 99, 101), (15, 99, None), (40, 89, 91)], 20, 30, MISSING),  # all of it in a halt
        ([(40, 99, 101)], 20, 30, MISSING),
        # from a halt on: no M0, and what the mid did before the first quote is not known
        ([(10, 99, 101), (15, 99, None), (25, 89, 91)], 20, 30, (None, 0.0, 0.0)),
        # into one: no mid at the end
        ([(10, 99, 101), (25, 99, None), (40, 89, 91)], 20, 30, (None, 0.0, 0.0)),
    ],
)  # fmt: skip
def test_lives_with_little_to_see(quotes: Quotes, start: int, end: int, found: tuple[float | None, ...]) -> None:
    assert lived(quotes, start, end) == found


@pytest.mark.reduced
def test_steps_are_added_up_and_spreads_are_by_time() -> None:
    quotes: Quotes = [(10, 99, 101), (22, 100, 104), (28, 98, 100), (40, 500, 600)]
    spreads, mean2 = [(2, 2), (4, 6), (2, 2)], (200 * 2 + 204 * 6 + 198 * 2) / 10
    assert list(lived(quotes, 20, 30)) == expected([200, 204, 198], spreads, mean2)
    assert list(lived(quotes, 20, 30, -1)) == expected([200, 204, 198], spreads, mean2, -1)


@pytest.mark.reduced
def test_a_step_across_a_halt_inside_a_life_counts() -> None:
    quotes: Quotes = [(10, 99, 101), (22, None, 101), (23, 105, 101), (26, 101, 105)]
    assert list(lived(quotes, 20, 30)) == expected([200, 206], [(2, 2), (4, 4)], (200 * 2 + 206 * 4) / 6)


@pytest.mark.reduced
def test_a_quote_that_is_replaced_at_its_own_instant_is_none() -> None:
    quotes: Quotes = [(10, 99, 101), (25, 50, 51), (25, None, 80), (25, 100, 102)]
    assert list(lived(quotes, 20, 30)) == expected([200, 202], [(2, 10)], 201)


@pytest.mark.reduced
def test_a_life_from_before_the_open_begins_with_the_opening_quote() -> None:
    """What prevails at the open, of overlapping auction orders, is no part of the mid's path."""
    quotes: Quotes = [(-60, 150, 250), (4, 99, 101), (8, 100, 102)]
    steps = [(100, 4), (2, 4), (2, 2)]
    found = expected([200, 202], steps, (400 * 4 + 200 * 4 + 202 * 2) / 10)
    assert list(lived(quotes, -30, 10)) == found
    assert list(lived(quotes, 0, 10)) == found
    drift, moved, varied = lived(quotes, -30, 3)  # over before it came: no M0, and one quote
    assert (drift, moved, varied) == (None, None, 0.0)


@pytest.mark.reduced
def test_whether_quotes_act_first_decides_on_those_of_the_very_ends() -> None:
    quotes: Quotes = [(10, 99, 101), (20, 100, 102), (30, 103, 105)]
    assert list(lived(quotes, 20, 30)) == expected([200, 202], [(2, 10)], 202)
    assert list(lived(quotes, 20, 30, quotes_first=True)) == expected([202, 208], [(2, 10)], 202)


@pytest.mark.reduced
def test_a_life_is_cut_at_the_close() -> None:
    last = (CLOSE - OPEN) // NS
    quotes: Quotes = [(10, 99, 101), (last - 5, 100, 102), (last + 5, 1, 2)]
    assert list(lived(quotes, last - 10, last + 60)) == expected([200, 202], [(2, 10)], 201)


@pytest.mark.reduced
def test_what_stays_unfilled_costs_the_drift() -> None:
    compared = 0
    for seed in range(60):
        events, fills, quotes = random_day(seed)
        (block,) = measure(build_day(events, with_nulls(fills), with_nulls(quotes)), Choices(), SESSION)
        drift, lost = block["mid_drift_bps"], block["opportunity_bps"]
        known = np.isfinite(drift) & np.isfinite(lost)
        open_now = (block.order_quantity - block.filled_quantity)[known]
        kept = open_now >= 0
        share = open_now[kept] / block.order_quantity[known][kept]
        np.testing.assert_allclose(drift[known][kept] * share, lost[known][kept], rtol=1e-9, atol=1e-9)
        compared += int(kept.sum())
    assert compared > 100


@pytest.mark.reduced
def test_what_a_scenario_fills_changes_none_of_it() -> None:
    assert not {name for name in NAMES if name in REPLAYED}
    events, fills, quotes = random_day(4)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    orders = np.arange(len(day.orders["order_id"]), dtype=np.int32)
    none = np.zeros(0, np.int64)
    narrow = none.astype(np.int8)
    nothing = SimulatedFills(orders, none.astype(np.int32), none, none, none, narrow, none.astype(np.int16), narrow)
    (block,) = measure(day, Choices(), SESSION, None, {"R": nothing})
    for name in NAMES:
        assert np.isfinite(block[name]).any()
        np.testing.assert_array_equal(block[name], block.under("R")[name])


def by_hand(quotes: list[tuple[int, int, int]], start: int, end: int) -> tuple[float | None, float | None]:
    """Return both volatilities of a life from its quotes, in bps: one after the other, without sums."""
    mids, pieces = [], []
    for k, (t, bid, offer) in enumerate(quotes):
        until = quotes[k + 1][0] if k + 1 < len(quotes) else 2**63
        if until > t and t < end and until >= start and 0 < bid <= offer:
            mids.append(bid + offer)  # one that ends as the life starts is M0's
            pieces.append((min(until, end) - max(t, start), offer - bid, bid + offer))
    time = sum(lasted for lasted, _, _ in pieces)
    if not time:
        return None, None
    mean = Fraction(sum(lasted * spread for lasted, spread, _ in pieces), time)
    mean2 = Fraction(sum(lasted * mid2 for lasted, _, mid2 in pieces), time)
    squares = sum((lasted * (spread - mean) ** 2 for lasted, spread, _ in pieces), Fraction(0)) / time
    moved = sum((later - mid2) ** 2 for mid2, later in pairwise(mids))
    return float(10_000 * root(Fraction(moved)) / mean2), float(20_000 * root(squares) / mean2)


def of_lives(quotes: list[tuple[int, int, int]], lives: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return both volatilities of orders, in the order of their lives, which are by start."""
    base = {"side": 1, "price": 0, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    events = [{**base, "order_id": k, "timestamp": t} for k, life in enumerate(lives) for t in life]
    rows = [{"timestamp": t, "bid": bid, "offer": offer} for t, bid, offer in quotes]
    events.sort(key=lambda row: row["timestamp"])
    (block,) = measure(build_day(events, [], rows), Choices(), SESSION)
    place = np.argsort(block.order_id)
    return list(zip(*(block[name][place].tolist() for name in NAMES[1:]), strict=True))


def near(value: float | None) -> Any:
    """Return what a volatility must be near to; one that is 0 is exactly that."""
    return pytest.approx(np.nan if value is None else value, rel=1e-9, abs=0.0, nan_ok=True)


@pytest.mark.reduced
@given(seed=st.integers(0, 10**9), unit=st.sampled_from([1, 30, 1_000]), gap=st.sampled_from([5, 10**6, 10**11]))
def test_lives_among_random_quotes_equal_plain_python(seed: int, unit: int, gap: int) -> None:
    """Of whatever length, and of spreads whose squares by time leave 64 bits."""
    rng = Random(seed)
    quotes, now = [], OPEN + 1
    for _ in range(rng.randint(1, 40)):
        bid = unit * rng.randint(1_000, 1_020)
        offer = bid + unit * rng.choice([1, 1, 2, 5, 100])
        quotes.append((now, *rng.choice([(bid, offer)] * 6 + [(NULL, offer), (bid, NULL), (offer, bid)])))
        now += rng.choice([0, 1, rng.randint(0, gap)])
    starts = sorted(rng.randint(OPEN + 1, now) for _ in range(10))
    lives = [(start, start + rng.choice([1, rng.randint(1, gap), rng.randint(1, 9 * gap)])) for start in starts]
    for found, life in zip(of_lives(quotes, lives), lives, strict=True):
        assert found == tuple(map(near, by_hand(quotes, *life))), life


@pytest.mark.reduced
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # as plain Python, until the unit is known
def test_a_spread_that_stays_has_no_variance_however_long_and_wide() -> None:
    """Between spreads whose squares by time leave 64 bits by far; times are whole units of the sums."""
    start, unit = OPEN >> LARGEST_SHIFT << LARGEST_SHIFT, 2**LARGEST_SHIFT
    hour = 2**41
    spreads = [3_000_000, 777_777, 2_000_000]
    assert spreads[0] ** 2 * hour > 2**63
    quotes = [(start + k * 2 * hour, 10**8, 10**8 + spread) for k, spread in enumerate(spreads, 1)]
    at = [t for t, _, _ in quotes]
    alike = [(at[1], at[2]), (at[1] + unit, at[1] + 2 * unit), (at[1] + 5 * unit, at[1] + hour)]
    mixed = [(at[0], at[2] + hour // 2), (at[1] - unit, at[1] + unit), (at[2] - unit, at[2] + hour // 2)]
    found = of_lives(quotes, sorted(alike + mixed))
    for pair, life in zip(found, sorted(alike + mixed), strict=True):
        assert (pair[1] == 0.0) == (life in alike)
        assert pair == tuple(map(near, by_hand(quotes, *life))), life


def test_real_day(real_day: Path) -> None:
    """Of every twentieth order, from the quotes of its life as numpy has them."""
    day = build_real_day(real_day)
    start = int(day.fills["timestamp"][day.fills["venue"] == 2].min())
    end = int(datetime(2024, 9, 5, 16, tzinfo=ZoneInfo("Australia/Sydney")).timestamp()) * 10**9
    (block,) = measure(day, Choices(), Session(start, end, "inferred"))
    time, bid, offer = (day.quotes[name] for name in ("timestamp", "bid", "offer"))
    compared = sum(agrees(block, j, time, bid, offer) for j in range(0, len(block), 20))
    assert compared > 300


def agrees(block: OrderBlock, j: int, time: Any, bid: Any, offer: Any) -> bool:
    """Compare an order that came in the session; return whether it was one with a whole life of valid quotes."""
    start, end = int(block.window_start[j]), int(block.window_end[j])
    if start >= end or block.benchmark[j] != 1:
        return False
    first, last = time.searchsorted([start, end])
    bids, offers, times = bid[first - 1 : last], offer[first - 1 : last], time[first - 1 : last]
    in_force = np.append(np.diff(times) > 0, True)
    valid = (bids > 0) & (bids <= offers)
    if not (valid | ~in_force).all():
        return False
    bids, offers, times = bids[in_force], offers[in_force], times[in_force]
    lasted = np.diff(np.clip(np.append(times, end), start, None)).astype(float)
    mids2, spreads = (bids + offers).astype(float), (offers - bids).astype(float)
    mean2, mean = np.average(mids2, weights=lasted), np.average(spreads, weights=lasted)
    deviation = np.average((spreads - mean) ** 2, weights=lasted) ** 0.5
    moved = np.sqrt(np.square(np.diff(mids2)).sum())
    drift = float(block.side[j]) * (mids2[-1] - mids2[0]) / mids2[0]
    found = [float(block[name][j]) for name in NAMES]
    assert found == pytest.approx([1e4 * drift, 1e4 * moved / mean2, 2e4 * deviation / mean2], rel=1e-9, abs=1e-9)
    return True
