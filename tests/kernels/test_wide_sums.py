"""Windows whose integrals leave 64 bits: a garbage first quote, six-decimal prices, wide spreads."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from kernels.measure.rules import hour_bounds
from tests.builders import build_day
from tests.kernels.test_measures import assert_block_is, plain_rules, with_nulls
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
    "wide spread": [(0, 100_000_000, 104_000_000), (4 * HOUR, 90_000_000, 190_000_000)],
    "late garbage": [(0, 400_000, 400_010), (HOUR, 1, 2), (2 * HOUR, 400_000, 400_010)],
}


def rows_of(quotes: list[tuple[int, int, int]]) -> list[Row]:
    return [{"timestamp": OPEN + t, "bid": bid, "offer": offer} for t, bid, offer in quotes]


@pytest.mark.parametrize("name", QUOTES)
def test_windows_of_far_quotes_equal_the_oracle(name: str) -> None:
    quotes = rows_of(QUOTES[name])
    windows = [(OPEN + NS, OPEN + 11 * HOUR // 2), (OPEN + HOUR, OPEN + 2 * HOUR), (OPEN + HOUR, OPEN + HOUR + 1)]
    start, end = zip(*windows, strict=True)
    time, bid, offer = ([quote[column] for quote in quotes] for column in ("timestamp", "bid", "offer"))
    found = kernels.window_mid2(time, bid, offer, start, end)
    for k, window in enumerate(windows):
        mid2 = naive_window_mid2(quotes, *window, None, "time_weighted")
        assert mid2 is not None
        assert found[k] == pytest.approx(float(mid2), rel=1e-14), window
    base = {"order_id": 1, "side": 1, "price": 0, "order_type": 64, "leaves_quantity": 100, "matched_quantity": 0}
    events = [{**base, "order_id": k, "timestamp": t} for k, window in enumerate(windows) for t in window]
    (block,) = measure(build_day(events, [], quotes), Choices(), SESSION)
    by_id = {int(number): place for place, number in enumerate(block.order_id)}
    for k, window in enumerate(windows):
        mid2, place = naive_window_mid2(quotes, *window, None, "time_weighted"), by_id[k]
        assert mid2 is not None
        assert block.scenario_price[1, place] == pytest.approx(float(mid2 / 2), rel=1e-14)
        spread = naive_quoted_spread(quotes, *window, None)
        assert spread is not None
        assert block["quoted_spread_bps"][place] == pytest.approx(float(spread), rel=1e-12)


def test_a_whole_mid_stays_whole() -> None:
    """A limit at the mid must compare as equal, however far the day's base is."""
    found = kernels.window_mid2([0, 10, 20 * NS], [5, 9, 9 * 10**8], [5, 9, 9 * 10**8], [5, 20 * NS + 1], [6, 9 * HOUR])
    assert found.tolist() == [10.0, 18 * 10**8]


@given(seed=st.integers(0, 10**9))
def test_days_of_six_decimals_equal_the_oracle(seed: int) -> None:
    events, fills, quotes = random_day(seed, level=(3_000_000, 400_000_000))
    if not fills:
        return
    settings = Choices()
    rules = plain_rules(settings, hour_bounds("2024-09-05", settings.selection, settings.timezone))
    (block,) = measure(build_day(events, with_nulls(fills), with_nulls(quotes)), settings, SESSION)
    expected = naive_measures(events, fills, quotes, rules)
    assert_block_is(block, expected, settings.simulation)


def test_a_price_beyond_every_sum_is_named() -> None:
    with pytest.raises(ValueError, match=r"quote row 1 \(time 10, bid 1, offer 1000000000000000\) is too far"):
        kernels.window_mid2([0, 10], [1, 1], [2, 10**15], [0], [6 * HOUR])
    far = np.array([10**15])
    assert kernels.window_mid2([0], far, far, [10], [6 * HOUR]).tolist() == [2e15]
