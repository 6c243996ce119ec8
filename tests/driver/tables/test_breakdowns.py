"""Tables by hour, size and market condition, from job to CSV, against orders sorted one by one in plain Python."""

import csv
from pathlib import Path

import numpy as np
import pytest

from driver.tables.aggregate import aggregate
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import is_priced
from tests.driver.order_places import PLACES, block_with_quotes
from tests.oracles.moments import naive_rounded

pytestmark = pytest.mark.reduced
TABLES = (
    ("by_time_of_day", "hour"), ("by_order_size", "size_bucket"), ("by_condition", "phase"),
    ("by_condition", "spread"), ("by_condition", "volume_share"), ("by_condition", "volatility"),
    ("by_marketability", "marketability"),
)  # fmt: skip


@pytest.fixture(scope="module")
def blocks() -> list[OrderBlock]:
    rng = np.random.default_rng(9)
    return [block_with_quotes(150, seed, rng) for seed in range(3)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, blocks: list[OrderBlock]) -> Path:
    folder = tmp_path_factory.mktemp("results")
    jobs = [make_job(folder, i, "1", f"2024-01-0{i + 1}", block) for i, block in enumerate(blocks)]
    aggregate(folder, jobs, SETTINGS)
    return folder


@pytest.mark.parametrize(("table", "key"), TABLES)
@pytest.mark.parametrize("s", [0, 3])
def test_breakdown(results: Path, blocks: list[OrderBlock], table: str, key: str, s: int) -> None:
    place = PLACES[key]
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
