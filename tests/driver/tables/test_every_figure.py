"""Every figure of a table that orders decide is that of the order files to 1e-9, whichever partial is merged first.

The orders are of shares that cost a few units, many of one share, some filled as they arrive; mids of windows are
fractions, C moves them, fees are set, and all scenarios are replayed.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from driver.tables.aggregate import aggregate
from kernels.conventions import REPLAYED
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import make_job
from tests.driver.tables.from_orders import ORDER, PLACES, TABLES, cut, read, table_differences
from tests.driver.tables.others_from_orders import other_differences
from tests.driver.tables.test_replayed_tables import SETTINGS, STYLE, one_block, written
from tests.oracles.tables import Day

PARTITIONS = (  # security, date, seed of a day with quotes, tick and price
    (1, "2024-09-05", 0, (1, 9)), (1, "2024-09-06", 3, (1, 11)), (2, "2024-09-05", 5, (5, 400)),
    (3, "2024-09-06", 3, (10, 3_390)),
)  # fmt: skip
NOT_EXACT = tuple(f"_{place}_bps" for place in PLACES)
Orders = tuple[list[Day], list[OrderBlock]]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Orders:
    """Return what the order files of each partition say, and the blocks they were written from."""
    raw, days, blocks = tmp_path_factory.mktemp("raw"), [], []
    for place, (security, date, seed, level) in enumerate(PARTITIONS):
        blocks.append(one_block(seed, REPLAYED, 0.3 + 0.2 * place, level))
        day = written(raw / str(place), blocks[-1], security, date)
        day.volume = day.dark = 0  # the partials are of a market without volume
        days.append(day)
    return days, blocks


def merged(folder: Path, blocks: Sequence[OrderBlock], places: Sequence[int]) -> Path:
    """Return the results of the partitions, merged in the order of ``places``."""
    jobs = []
    for number, place in enumerate(places):
        security, date, *_ = PARTITIONS[place]
        jobs.append(make_job(folder, number, str(security), date, blocks[place], SETTINGS))
    aggregate(folder, jobs, SETTINGS)
    return folder


@pytest.mark.parametrize("seed", range(2))
def test_tables_are_what_order_files_say(orders: Orders, tmp_path: Path, seed: int) -> None:
    days, blocks = orders
    places = list(range(len(PARTITIONS)))
    Random(seed).shuffle(places)
    results, style = merged(tmp_path, blocks, places), STYLE | {"scenarios": ORDER}
    for name, (keys, labels) in TABLES.items():
        if name != "by_condition":  # which is by a market that these partials do not have
            groups, rows = cut(days, labels), read(results / f"{name}.csv")
            assert list(table_differences(name, rows, keys, groups, style, days))[:20] == []
    assert list(other_differences(results, [days[place] for place in places], style))[:20] == []


def test_the_orders_are_those_that_rounding_would_show(orders: Orders) -> None:
    """Of one share, at a few units; filled as they arrive; at fractions of half a unit; with fees."""
    every = [order for day in orders[0] for order in day.orders]
    assert sum(o["order_quantity"] == 1 for o in every) > 20
    assert sum(0 < (o["mid"] or 0) < 20 for o in every) > 100
    assert any(o["time_to_first_fill_ns"] in (0, 1) for o in every)
    assert any(o["A_price"] and (4 * o["A_price"]) % 1 for o in every)
    assert any(o["C_fees_bps"] for o in every)


def test_a_figure_that_is_off_by_a_hundred_millionth_is_found(orders: Orders, tmp_path: Path) -> None:
    days, blocks = orders
    results, style = merged(tmp_path, blocks, range(len(PARTITIONS))), STYLE | {"scenarios": ORDER}
    rows, groups = read(results / "global_summary.csv"), cut(days, TABLES["global_summary"][1])
    means = [name for name, text in rows[0].items() if "." in text and not name.endswith(NOT_EXACT)]
    assert len(means) > 30
    for name in means:
        if float(rows[0][name]):
            other = [rows[0] | {name: repr(float(rows[0][name]) * (1 + 1e-8))}]
            (found,) = table_differences("global_summary", other, 0, groups, style, days)
            assert f" {name}: " in found
