"""Days whose integrals leave 64 bits in ns: a garbage first quote, six-decimal prices, wide spreads.

Their times are rounded down to multiples of 2^s ns, and means are right to what ``window_mids`` says that this costs.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from kernels.base.memory import Buffers
from kernels.conventions import MID_FIRST_ALLOWED, MID_TIME_WEIGHTED
from kernels.market.quote_book import LARGEST_SHIFT, quote_book, time_shift
from kernels.measure.choices import Choices, Session, Simulation, hour_bounds
from kernels.measure.measure import measure
from tests.builders import build_day
from tests.kernels.measure.test_measures import assert_block_is, plain_rules, with_nulls
from tests.oracles.measures import naive_measures, naive_quoted_spread, naive_window_mid2
from tests.random_day import CLOSE, NS, OPEN, random_day

# As plain Python, too: sums wrap around 2^64 on purpose, which numpy's own integers warn about.
pytestmark = [pytest.mark.reduced, pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")]

Row = dict[str, Any]
HOUR = 3_600 * NS
SESSION = Session(OPEN, CLOSE, "test")
QUOTES = {
    "garbage first": [(-HOUR, 10, 20), (-HOUR // 2, 400_000, 400_010)],
    "garbage at the open": [(-HOUR, 10, 20), (30 * NS, 400_000, 400_010), (5 * HOUR, 400_010, 400_020)],
    "six decimals": [(0, 100_000_000, 100_000_100), (20 * NS, 100_300_000, 100_300_100), (3 * HOUR, 99, 100)],
    "wide spread": [(0, 100_000_000, 104_000_000), (4 * HOUR, 100_000_000, 120_000_000)],
    "late garbage": [(0, 400_000, 400_010), (HOUR, 1, 2), (2 * HOUR, 300_000, 300_010)],
}


def rows_of(quotes: list[tuple[int, int, int]]) -> list[Row]:
    return [{"timestamp": OPEN + t, "bid": bid, "offer": offer} for t, bid, offer in quotes]


def columns_of(quotes: list[Row]) -> tuple[Any, Any, Any]:
    time, bid, offer = (np.array([row[name] for row in quotes]) for name in ("timestamp", "bid", "offer"))
    return time, bid, offer


def shift_of(quotes: list[Row], start: int, end: int) -> int:
    return quote_book(*columns_of(quotes), (start, end), Buffers()).shift


def error_bound(values: list[int], shift: int, length: int) -> float:
    """Return by how much rounding times to 2^shift ns can move the mean of a window in which ``values`` prevail."""
    variation = sum(abs(b - a) for a, b in pairwise(values)) + max(values) - min(values)
    return 2**shift / length * variation if shift else 0.0


def inside(quotes: list[Row], start: int, end: int) -> list[Row]:
    """Return the quotes that prevail at some time of a window."""
    before = [row for row in quotes if row["timestamp"] < start][-1:]
    return before + [row for row in quotes if start <= row["timestamp"] < end]


@pytest.mark.parametrize("name", QUOTES)
def test_windows_of_far_quotes_equal_the_oracle(name: str) -> None:
    quotes = rows_of(QUOTES[name])
    windows = [(OPEN + NS, OPEN + 11 * HOUR // 2), (OPEN + HOUR, OPEN + 2 * HOUR), (OPEN + HOUR, OPEN + HOUR + 1)]
    start, end = zip(*windows, strict=True)
    found = kernels.window_mid2(*columns_of(quotes), start, end)
    shift = shift_of(quotes, OPEN, CLOSE)
    base = {"order_id": 1, "side": 1, "price": 0, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    events = [{**base, "order_id": k, "timestamp": t} for k, window in enumerate(windows) for t in window]
    simulation = Simulation(mid=MID_TIME_WEIGHTED)
    (block,) = measure(build_day(events, [], quotes), Choices(simulation=simulation), SESSION)
    by_id = {int(number): place for place, number in enumerate(block.order_id)}
    for k, window in enumerate(windows):
        place, seen = by_id[k], inside(quotes, *window)
        length = window[1] - window[0]
        mid2 = naive_window_mid2(quotes, *window, None, "time_weighted")
        spread = naive_quoted_spread(quotes, *window, None)
        assert mid2 is not None
        assert spread is not None
        off = error_bound([row["bid"] + row["offer"] for row in seen], shift, length)
        wide = error_bound([row["offer"] - row["bid"] for row in seen], shift, length)
        assert found[k] == pytest.approx(float(mid2), rel=1e-14, abs=off), window
        assert block.scenario_price[1, place] == pytest.approx(float(mid2 / 2), rel=1e-14, abs=off)
        relative = off / float(mid2) + 2e4 * wide / float(mid2) / float(spread)
        assert block["quoted_spread_bps"][place] == pytest.approx(float(spread), rel=1e-12 + relative)


def test_a_whole_mid_stays_whole() -> None:
    """A limit at the mid must compare as equal, however far the day's base is."""
    found = kernels.window_mid2([0, 10, 20 * NS], [5, 9, 9 * 10**8], [5, 9, 9 * 10**8], [5, 20 * NS + 1], [6, 9 * HOUR])
    assert found.tolist() == [10.0, 18 * 10**8]


def test_a_window_shorter_than_the_unit_has_the_mid_at_its_start() -> None:
    quotes = rows_of([(0, 10**8, 10**8), (HOUR, 2, 2), (2 * HOUR, 3 * 10**9, 3 * 10**9), (2 * HOUR + 64, 7, 7)])
    assert shift_of(quotes, OPEN, CLOSE) > 8
    starts, ends = [OPEN + NS, OPEN + 2 * HOUR + 2], [CLOSE, OPEN + 2 * HOUR + 70]
    assert kernels.window_mid2(*columns_of(quotes), starts, ends)[1] == 6 * 10**9


@given(st.integers(0, 2**44), st.integers(0, 2**63 - 1), st.integers(0, 2**46))
def test_the_unit_is_the_smallest_that_fits(reach: int, start: int, length: int) -> None:
    shift, end = time_shift(reach, start, start + length), start + length
    fits = [reach * ((end >> s) - (start >> s)) < 2**62 for s in range(LARGEST_SHIFT + 1)]
    assert shift == (fits.index(True) if any(fits) else LARGEST_SHIFT + 1)


@given(seed=st.integers(0, 10**9), mid=st.sampled_from([MID_TIME_WEIGHTED, MID_FIRST_ALLOWED]))
def test_days_of_six_decimals_equal_the_oracle(seed: int, mid: int) -> None:
    """Times that are whole units lose nothing."""
    events, fills, quotes = random_day(seed, level=(3_000_000, 400_000_000))
    if not fills:
        return
    for table in (events, fills, quotes):
        table.sort(key=lambda row: row["timestamp"])
        for place, row in enumerate(table):
            row["timestamp"], row["sequence"] = row["timestamp"] >> LARGEST_SHIFT << LARGEST_SHIFT, place
    session = Session(OPEN >> LARGEST_SHIFT << LARGEST_SHIFT, CLOSE >> LARGEST_SHIFT << LARGEST_SHIFT, "test")
    settings = Choices(simulation=Simulation(mid=mid))
    rules = plain_rules(settings, hour_bounds("2024-09-05", settings.selection, settings.timezone))
    rules |= {"session_start": session.start, "session_end": session.end}
    (block,) = measure(build_day(events, with_nulls(fills), with_nulls(quotes)), settings, session)
    expected = naive_measures(events, fills, quotes, rules)
    assert_block_is(block, expected, settings.simulation)


def test_a_price_beyond_every_unit_is_named() -> None:
    with pytest.raises(ValueError, match=r"quote row 1 \(time 10, bid 1, offer 1000000000000000\) is too far"):
        kernels.window_mid2([0, 10], [1, 1], [2, 10**15], [0], [6 * HOUR])
    far = np.array([10**15])
    assert kernels.window_mid2([0], far, far, [10], [6 * HOUR]).tolist() == [2e15]
