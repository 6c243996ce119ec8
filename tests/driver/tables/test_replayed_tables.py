"""Tables of runs with replayed scenarios, added up a second time from order files, and what stays as it was."""

import csv
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from driver.job.job import metrics_csv
from driver.job.order_file import open_order_file
from driver.plan.jobs import Settings
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from driver.tables.aggregate import aggregate
from driver.tables.table_style import TableStyle
from kernels.base.memory import Buffers
from kernels.conventions import NULL, REPLAYED
from kernels.measure.choices import Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.order_columns import ALL
from kernels.measure.result_rows import OrderBlock
from tests.builders import build_day
from tests.driver.job_folders import make_job
from tests.driver.tables.from_orders import cut, one, read, table_differences
from tests.kernels.measure.test_measures import with_nulls
from tests.kernels.measure.test_simulated import random_fills, simulated
from tests.oracles import tables as oracle
from tests.oracles.raw_market import read_orders
from tests.oracles.tables import Day, Row
from tests.random_day import CLOSE, OPEN, random_day

SETTINGS = Settings(output_format="csv", order_columns=ALL, simulation=Simulation(fees_bps=(1.0, 2.0, 3.0, 4.0)))
STYLE: Row = {
    "decimals": SETTINGS.price_decimals, "markouts": ["1", "60"], "within": ["1", "10", "60", "300"], "fees": True,
}  # fmt: skip
VOLUMES = 10**6, 10**5
SESSION = Session(OPEN, CLOSE, "test")


def one_block(
    seed: int, names: tuple[str, ...], share: float = 0.8, level: tuple[int, int] = (10, 3_390)
) -> OrderBlock:
    """Return the orders of a random day with replayed scenarios; level : its tick and price."""
    events, fills, quotes = random_day(seed, n_orders=150, n_quotes=60, level=level)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    changed = {name: simulated(random_fills(Random(f"{seed}{name}"), day, share)) for name in names}
    (block,) = measure(day, SETTINGS, SESSION, Buffers(), changed)
    return block


def written(folder: Path, block: OrderBlock, number: int = 1, date: str = "2024-09-05") -> Day:
    """Return the orders of a block as its order file has them."""
    folder.mkdir(exist_ok=True)
    with open_order_file(folder, SETTINGS, (str(number), date)) as file:
        file.write(block)
    where: dict[str, Any] = {"security": str(number), "date": date}
    orders = [order | where for order in read_orders(folder / "orders.csv")]
    return Day(**where, orders=orders, volume=VOLUMES[0], dark=VOLUMES[1])


@pytest.mark.parametrize("names", [REPLAYED, ("R",), ("P", "D"), ()])
@pytest.mark.parametrize("seed", range(3))
def test_a_table_says_of_replays_what_their_orders_do(tmp_path: Path, names: tuple[str, ...], seed: int) -> None:
    block = one_block(seed, names)
    day, sums = written(tmp_path, block), JobSums(Market.unknown(), "UTC")
    sums.add(block)
    cells, *_, marginals = sums.partial_sums()
    (tmp_path / "metrics.csv").write_bytes(metrics_csv(cells, marginals, TableStyle.of(SETTINGS), VOLUMES))
    rows = read(tmp_path / "metrics.csv")
    assert [row["scenario"] for row in rows[:4]] == ["real", "A", "B", "C"]
    groups = cut([day], lambda _, order: [("0",), (str(order["group"]),)])
    assert list(table_differences("metrics", rows, 1, groups, STYLE, [day]))[:20] == []
    known = (block.scenario_filled != NULL).all()
    assert known == any(row["scenario"] == "A" and row["filled_quantity"] for row in rows)
    for order, name in product(day.orders, names):
        if order[f"{name}_filled_quantity"] is not None:
            assert 0 <= order[f"{name}_filled_quantity"] <= order["order_quantity"]
            venues = [order[f"{name}_{venue}_quantity"] for venue in oracle.VENUES]
            assert min(venues) >= 0
            assert sum(venues) == order[f"{name}_filled_quantity"]
    for row in rows:
        if row["scenario"] in REPLAYED and row["orders"] != "0" and known:
            assert row["effective_spread_orders"] != ""
            assert row["benchmark_arrival"] == row["leaves_quantity"] == ""
        elif row["scenario"] in ("A", "B", "C"):
            assert row["effective_spread_bps"] == ""


def test_partitions_add_up_with_any_number_of_replays(tmp_path: Path) -> None:
    days, jobs = [], []
    for number, seed in enumerate((0, 3, 5), 1):  # with quotes
        block = one_block(seed, REPLAYED, share=0.3 * number)
        days.append(written(tmp_path / f"orders{number}", block, number))
        jobs.append(make_job(tmp_path, number, str(number), "2024-09-05", block, SETTINGS))
    shown = aggregate(tmp_path, jobs, SETTINGS)
    assert [row["scenario"] for row in shown.measures] == ["real", "A", "B", "C", *REPLAYED]
    for day in days:  # the partials are of a market without volume
        day.volume = day.dark = 0
    for name, keys, labels in (
        ("global_summary", 0, lambda day, order: [()]),
        ("by_security", 1, one(lambda day, order: day.security)),
        ("by_group", 1, one(lambda day, order: order["group"])),
        ("by_order_size", 1, one(lambda day, order: oracle.size(order))),
    ):
        rows = read(tmp_path / f"{name}.csv")
        assert list(table_differences(name, rows, keys, cut(days, labels), STYLE, days))[:20] == []
    with (tmp_path / "statistics.csv").open(newline="") as file:
        status = {(row["test"], row["scenario"]): row for row in csv.DictReader(file)}
    for name in ("P", "R_optimistic", "R_conservative"):
        assert status["paired_t", name]["status"] == "printed"
    for name in ("R", "D"):
        assert status["cluster", name]["status"] == "tested"
        assert status["paired_t", name]["status"] == "descriptive"
    assert ("rm_anova", "real+R+D") in status
