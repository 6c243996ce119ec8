"""Tables by hour, size and market condition, from job to CSV, against orders sorted one by one in plain Python."""

import csv
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from driver.tables.aggregate import aggregate
from kernels.conventions import NULL
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import RANGES_OF_DAY, SETTINGS, make_job
from tests.driver.order_blocks import HOUR, OPEN, is_priced, random_block
from tests.oracles.moments import naive_rounded
from tests.oracles.tables import terciles

pytestmark = pytest.mark.reduced
START, END = OPEN + HOUR, OPEN + 6 * HOUR  # the session of job_folders
VOLUME = 5_000_000
TICKS = ((0, 1), (100, 5), (2_000, 10))
MINUTE = 60 * 10**9
Place = Callable[[OrderBlock, int], str]


def hour(block: OrderBlock, i: int) -> str:
    return str(datetime.fromtimestamp(int(block.benchmark_time[i]) // 10**9, ZoneInfo("Australia/Sydney")).hour)


def size(block: OrderBlock, i: int) -> str:
    quantity, low = int(block.order_quantity[i]), 1
    for high in (100, 500, 1_000, 5_000, 10_000, 50_000):
        if quantity <= high:
            return f"{low}-{high}"
        low = high + 1
    return "50001+"


def phase(block: OrderBlock, i: int) -> str:
    arrival, time = int(block.arrival_time[i]), int(block.benchmark_time[i])
    if time > block.window_end[i]:
        return "never_in_session"
    if block.benchmark[i] == 2 or arrival <= START:
        return "pre-open"
    if block.benchmark[i] == 3 or arrival >= END:
        return "closing"
    if time < START + 30 * MINUTE:
        return "first 30 minutes"
    return "last 30 minutes" if time >= END - 30 * MINUTE else "midday"


def spread(block: OrderBlock, i: int) -> str:
    bid, offer = int(block.arrival_bid[i]), int(block.arrival_offer[i])
    if block.mid2[i] == NULL or block.window_start[i] > block.window_end[i]:
        return "no valid quote"
    tick = [step for price, step in TICKS if bid >= price][-1]
    for name, most in (("locked", 0), ("1 tick", 1), ("2 ticks", 2)):
        if offer - bid <= most * tick:
            return name
    return "3 ticks or more"


def share(block: OrderBlock, i: int) -> str:
    percent = Fraction(100 * int(block.order_quantity[i]), VOLUME)
    names = ("below 0.1%", "0.1% to 0.5%", "0.5% to 1%", "1% to 5%", "5% or more")
    return names[sum(percent >= edge for edge in (Fraction(1, 10), Fraction(1, 2), 1, 5))]


def volatility(block: OrderBlock, i: int) -> str:
    bucket = int(RANGES_OF_DAY[min(max((int(block.benchmark_time[i]) - START) // (5 * MINUTE), 0), 59)])
    known = terciles(RANGES_OF_DAY.tolist())  # every date has the same: so have all together
    return "no valid quote" if bucket == 65 else known[bucket]


def marketability(block: OrderBlock, i: int) -> str:
    """Return where a limit lies against the quote, by a buyer's view: of a seller everything is turned round."""
    if block.mid2[i] == NULL or block.window_end[i] < block.benchmark_time[i]:
        return "no valid quote"
    bid, offer, limit = (
        Fraction(int(column[i])) for column in (block.arrival_bid, block.arrival_offer, block.limit_price)
    )
    if limit == 0:
        return "marketable"
    near, far = bid, offer
    if block.side[i] < 0:
        near, far, limit = -offer, -bid, -limit
    if limit >= far:
        return "marketable"
    if limit < near:
        return "behind the near touch"
    if limit == near:
        return "at the near touch"
    return "inside" if limit > (near + far) / 2 else "mid to near touch"


PLACES: dict[tuple[str, str], Place] = {
    ("by_time_of_day", "hour"): hour,
    ("by_order_size", "size_bucket"): size,
    ("by_condition", "phase"): phase,
    ("by_condition", "spread"): spread,
    ("by_condition", "volume_share"): share,
    ("by_condition", "volatility"): volatility,
    ("by_marketability", "marketability"): marketability,
}


@pytest.fixture(scope="module")
def blocks() -> list[OrderBlock]:
    """Return orders whose quotes are some ticks wide and whose benchmark times are those of their arrivals."""
    made = [random_block(150, seed) for seed in range(3)]
    rng = np.random.default_rng(9)
    for block in made:
        half = np.where(block.mid2 == NULL, 0, rng.choice([0, 2, 5, 10, 15, 30], len(block)))
        block.arrival_bid[:] = np.where(block.mid2 == NULL, NULL, block.arrival_bid - half)
        block.arrival_offer[:] = np.where(block.mid2 == NULL, NULL, block.arrival_offer + half)
        block.order_quantity[::9] = 60_000 * 5
        away = rng.integers(-40, 40, len(block))
        block.limit_price[:] = np.where((block.mid2 == NULL) | (away == 7), 0, block.mid2 // 2 + away)
    return made


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, blocks: list[OrderBlock]) -> Path:
    folder = tmp_path_factory.mktemp("results")
    jobs = [make_job(folder, i, "1", f"2024-01-0{i + 1}", block) for i, block in enumerate(blocks)]
    aggregate(folder, jobs, SETTINGS)
    return folder


@pytest.mark.parametrize(("table", "key"), PLACES)
@pytest.mark.parametrize("s", [0, 3])
def test_breakdown(results: Path, blocks: list[OrderBlock], table: str, key: str, s: int) -> None:
    place = PLACES[table, key]
    expected: dict[str, list[int]] = {}
    for block in blocks:
        for i in range(len(block)):
            priced = is_priced(block, i)
            cost = naive_rounded(float(block.cost[s, i]) * 65_536) if priced else 0
            facts = (1, int(block.order_quantity[i]), int(block.scenario_filled[s, i]), int(priced), cost)
            sums = expected.setdefault(place(block, i), [0] * len(facts))
            for k, value in enumerate(facts):
                sums[k] += value
    with (results / f"{table}.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == block.scenarios[s]]
    if table == "by_condition":
        rows = [row for row in rows if row["condition"] == key]
    names = ("orders", "order_quantity", "filled_quantity", "priced_orders", "shortfall_cost")
    label = "value" if table == "by_condition" else key
    assert {row[label]: [int(row[name]) for name in names] for row in rows} == expected
    assert len(expected) > 2
