"""Terciles of the 5-minute mid range: intervals, buckets and orders against a slow second way (decisions 30)."""

import csv
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.plan.jobs import Job
from driver.sums.conditions import Market
from driver.sums.outliers import Outliers
from driver.sums.partial import Partial
from driver.sums.partial_file import write_partial
from driver.sums.volatility import RANGES, TERCILES, UNKNOWN, count_intervals, interval_ranges, tercile_of
from driver.tables.aggregate import aggregate
from kernels.conventions import NULL
from kernels.measure.choices import Session
from tests.driver.job_folders import SETTINGS, market_key, partial_sums_of
from tests.driver.order_blocks import HOUR, OPEN, random_block
from tests.oracles.tables import terciles as naive_terciles

pytestmark = pytest.mark.reduced
MINUTE = 60_000_000_000
Quote = tuple[int, int, int]


def naive_range(quotes: list[Quote], start: int, end: int) -> Fraction | None:
    """Return highest less lowest valid mid of [start, end) over their mean, in bps."""
    before = [(bid, offer) for time, bid, offer in quotes if time < start][-1:]
    inside = [(bid, offer) for time, bid, offer in quotes if start <= time < end]
    mids = [bid + offer for bid, offer in before + inside if 0 < bid <= offer]
    return Fraction(20_000 * (max(mids) - min(mids)), max(mids) + min(mids)) if mids else None


def naive_bucket(bps: Fraction | None) -> int:
    """Return 0 below a quarter of a basis point, then four steps to the octave, each as wide as the others."""
    if bps is None:
        return 65
    bucket, octave = 0, Fraction(1, 4)
    while bucket < 64 and bps >= octave * (1 + Fraction(bucket % 4, 4)):
        bucket += 1
        octave *= 2 if bucket % 4 == 0 else 1
    return bucket


def random_quotes(seed: int, session: Session) -> list[Quote]:
    rng = Random(seed)
    times = sorted(
        rng.choice([rng.randrange(session.start - HOUR, session.end + HOUR), session.start, session.start + 5 * MINUTE])
        for _ in range(rng.randrange(40))
    )
    level, quotes = rng.choice([3, 50, 3_390, 10**9]), []
    for time in times:
        bid = max(level + rng.randint(-2, 2) * rng.choice([1, 10]), 1)
        quotes.append((time, rng.choice([bid, bid, bid, 0, NULL]), bid + rng.choice([-1, 0, 1, 5, 10])))
    return quotes


@given(seed=st.integers(0, 10**9), minutes=st.integers(0, 63))
def test_ranges_of_intervals(seed: int, minutes: int) -> None:
    session = Session(OPEN, OPEN + minutes * MINUTE, "test")
    quotes = random_quotes(seed, session)
    columns = np.array(quotes, np.int64).reshape(-1, 3).T
    found = interval_ranges(dict(zip(("timestamp", "bid", "offer"), columns, strict=True)), session)
    expected = [
        naive_bucket(naive_range(quotes, start, min(start + 5 * MINUTE, session.end)))
        for start in range(session.start, session.end, 5 * MINUTE)
    ]
    assert found.tolist() == expected


@given(st.lists(st.integers(0, UNKNOWN), max_size=40))
def test_terciles_are_as_even_as_equal_ranges_allow(ranges: list[int]) -> None:
    place = tercile_of(count_intervals(np.array(ranges, np.int64)))
    assert len(place) == RANGES
    assert place[UNKNOWN] == 3
    for bucket, name in naive_terciles(ranges).items():
        assert TERCILES[place[bucket]] == name


@pytest.mark.parametrize(
    ("counts", "sizes"),
    [
        ({0: 20, 28: 52}, [20, 52, 0]),  # by ranks a third of 72 ends inside the 52, and all were low
        ({0: 32, 24: 2, 28: 30, 30: 8}, [32, 32, 8]),
        ({5: 9}, [0, 9, 0]),
        ({5: 4, 6: 4}, [4, 0, 4]),
        ({1: 60, 2: 8, 3: 4}, [60, 8, 4]),
        ({1: 24, 2: 24, 3: 24}, [24, 24, 24]),
        ({}, [0, 0, 0]),
    ],
)
def test_sizes_of_terciles_by_hand(counts: dict[int, int], sizes: list[int]) -> None:
    place = tercile_of([counts.get(bucket, 0) for bucket in range(RANGES)])
    assert [sum(n for bucket, n in counts.items() if place[bucket] == group) for group in range(3)] == sizes


def test_terciles_of_nine_intervals_by_hand() -> None:
    place = tercile_of(count_intervals(np.array([0, 0, 0, 4, 4, 9, 20, 20, 65])))
    assert [int(place[bucket]) for bucket in (0, 4, 9, 20, 65)] == [0, 1, 2, 2, 3]


def test_orders_belong_to_the_interval_of_their_benchmark_time() -> None:
    block = random_block(50, 0)
    session = Session(OPEN + HOUR, OPEN + 2 * HOUR, "test")
    ranges = np.arange(12)
    expected = [min(max((int(t) - session.start) // (5 * MINUTE), 0), 11) for t in block.benchmark_time]
    found = [market_key(block, Market(session, ((0, 1),), 1, known)) % RANGES for known in (ranges, ranges[:0])]
    assert found[0].tolist() == expected
    assert set(found[1].tolist()) == {UNKNOWN}


def test_the_table_is_that_of_all_dates_of_a_security(tmp_path: Path) -> None:
    """Terciles are of the security over all its dates: a calm day is low as a whole beside a wild one."""
    rng = np.random.default_rng(5)
    session = Session(OPEN + HOUR, OPEN + 6 * HOUR, "file")
    jobs: list[Job] = []
    expected: dict[str, list[int]] = {name: [0, 0] for name in ("low", "middle", "high", "no valid quote")}
    days = [("9", "1", 0, 20), ("9", "2", 30, 50), ("101", "1", 10, 66), ("101", "2", 10, 12), ("101", "3", 5, 7)]
    pooled: dict[str, list[int]] = {}
    blocks = []
    for index, (security, day, low, high) in enumerate(days):
        date = f"2024-01-0{day}"
        ranges = rng.integers(low, high, 60)
        block = random_block(80, index)
        pooled.setdefault(security, []).extend(ranges.tolist())
        blocks.append((security, block, ranges))
        market = Market(session, SETTINGS.simulation.ticks, 5_000_000, ranges)
        cubes = partial_sums_of(block, market)
        folder = tmp_path / security / date
        folder.mkdir(parents=True)
        partial = Partial(security, date, "print", *cubes, {}, Outliers.none(4), {}, count_intervals(ranges))
        write_partial(partial, folder / "partial.arrow")
        jobs.append(Job(index, security, date, "", str(folder), session, SETTINGS, 1, "print"))
    for security, block, ranges in blocks:
        terciles = naive_terciles(pooled[security])
        for i in range(len(block)):
            bucket = int(ranges[min(max((int(block.benchmark_time[i]) - session.start) // (5 * MINUTE), 0), 59)])
            counted = expected["no valid quote" if bucket == UNKNOWN else terciles[bucket]]
            counted[0] += 1
            counted[1] += int(block.order_quantity[i])
    aggregate(tmp_path, jobs, SETTINGS)
    with (tmp_path / "by_condition.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["condition"] == "volatility" and row["scenario"] == "A"]
    assert {row["value"]: [int(row["orders"]), int(row["order_quantity"])] for row in rows} == expected
