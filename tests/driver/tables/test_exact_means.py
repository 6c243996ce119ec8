"""Means over orders equal those of the orders in the order files to 1e-9, whichever partial is merged first."""

import math
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from driver.tables.aggregate import aggregate
from driver.tables.column_guide import header
from driver.tables.kinds.kind_tables import OF_KIND
from kernels.conventions import REPLAYED
from tests.driver.job_folders import make_job
from tests.driver.tables.from_orders import Labels, cut, one, read
from tests.driver.tables.others_from_orders import KINDS
from tests.driver.tables.test_replayed_tables import SETTINGS, one_block, written
from tests.oracles import tables as oracle
from tests.oracles.tables import Day, Row

SEEDS = {0: 0.3, 3: 0.6, 5: 0.9}  # each a security of its own -> the share of orders that replays fill
MEANS = "shortfall_mean_bps", "saving_mean_bps"
ENGAGED = "shortfall_mean_engaged_bps", "saving_mean_engaged_bps"


def mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return math.fsum(found) / len(found) if found else None


def means(orders: Sequence[Row], scenario: str) -> list[float | None]:
    """Return the means of shortfall and saving over priced orders."""
    own = oracle.column(scenario, "shortfall_bps")
    known = [order for order in orders if oracle.priced(order)]
    return [mean(o[own] for o in known), mean(o["shortfall_bps"] - o[own] for o in known)]


def engaged(orders: Sequence[Row], scenario: str) -> list[Row]:
    return [order for order in orders if order[f"{scenario}_simulated_quantity"] > 0]


def wrong(row: Row, names: Sequence[str], expected: Sequence[float | None]) -> list[str]:
    """Return the columns of a row that are off by more than 1e-9 of what they should be."""
    told = zip(names, expected, strict=True)
    return [
        f"{name}: {row[name]} for {value}"
        for name, value in told
        if (row[name] == "") != (value is None)
        or (value is not None and not math.isclose(float(row[name]), value, rel_tol=1e-9))
    ]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Day], list[Path]]:
    """Return the orders of three security-days, and the folders of their tables, merged in every order."""
    raw = tmp_path_factory.mktemp("raw")
    blocks = [one_block(seed, REPLAYED, share) for seed, share in SEEDS.items()]
    days = [written(raw / str(number), block, number) for number, block in enumerate(blocks)]
    folders = []
    for places in permutations(range(len(blocks))):
        folder = tmp_path_factory.mktemp("results")
        jobs = [
            make_job(folder, place, str(number), "2024-09-05", blocks[number], SETTINGS)
            for place, number in enumerate(places)
        ]
        aggregate(folder, jobs, SETTINGS)
        folders.append(folder)
    return days, folders


@pytest.mark.parametrize("name", KINDS)
def test_means_of_kinds_are_those_of_the_order_files(tables: tuple[list[Day], list[Path]], name: str) -> None:
    days, folders = tables
    groups = cut(days, KINDS[name])
    for folder in folders:
        rows = read(folder / f"{name}.csv")
        assert {row[name.removeprefix("by_")] for row in rows} == {label for (label,) in groups}
        for row in rows:
            orders = groups[(row[name.removeprefix("by_")],)]
            assert int(row["orders"]) == len(orders)
            assert wrong(row, MEANS, means(orders, row["scenario"])) == [], (row["scenario"], folder)


def test_means_over_engaged_orders_are_those_of_the_order_files(tables: tuple[list[Day], list[Path]]) -> None:
    days, folders = tables
    cuts: dict[str, tuple[int, Labels]] = {
        "global_summary": (0, lambda day, order: [()]),
        "by_group": (1, one(lambda day, order: order["group"])),
        "by_security": (1, one(lambda day, order: day.security)),
    }
    for folder in folders:
        for name, (keys, labels) in cuts.items():
            groups, rows = (
                cut(days, labels),
                [row for row in read(folder / f"{name}.csv") if row["scenario"] in REPLAYED],
            )
            assert len(rows) == len(groups) * len(REPLAYED)
            for row in rows:
                orders = engaged(groups[tuple(row.values())[:keys]], row["scenario"])
                assert int(row["engaged_orders"]) >= len([o for o in orders if oracle.priced(o)]) > 0
                assert wrong(row, ENGAGED, means(orders, row["scenario"])) == [], (name, row["scenario"], folder)


def test_the_order_of_merging_moves_no_digit(tables: tuple[list[Day], list[Path]]) -> None:
    """Intervals, which are of means of floats, may differ in their last digits."""
    _, (first, *others) = tables
    columns = {name: header(OF_KIND) for name in KINDS} | {"global_summary": [*ENGAGED]}
    for name, shown in columns.items():
        of_first, *of_others = (
            [[row[column] for column in shown] for row in read(folder / f"{name}.csv")] for folder in (first, *others)
        )
        assert all(rows == of_first for rows in of_others)
