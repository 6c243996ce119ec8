"""Extracts of a whole history have the same fills and groups: last rows only, and a file that starts at noon."""

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kernels.measure.groups import classify
from tickstore import ConvertRequest, DayFile, convert, open_day, read_catalog

Rows = list[dict[str, str]]
NOON = 1_725_501_600 * 10**9  # of the real day, 12:00 in Sydney
DAY = 86_400 * 10**9


def last_rows(rows: Rows) -> Rows:
    return list({row["order_id"]: row for row in sorted(rows, key=lambda row: int(row["sequence"]))}.values())


def from_noon(rows: Rows) -> Rows:
    return [row for row in rows if int(row["timestamp"]) >= NOON]


def stored(store: Path, orders: Path, trades: Path) -> dict[tuple[str, str], DayFile]:
    convert(ConvertRequest(orders=(orders,), trades=(trades,), store=store))
    return {(p.security, p.date): open_day(p.path) for p in read_catalog(store).partitions if p.orders}


def extract(orders: Path, to: Path, keep: Callable[[Rows], Rows]) -> Path:
    with orders.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return written(to, keep(rows))


def assert_same_outcome(part: DayFile, whole: DayFile) -> None:
    """Fills, leaves and groups are those of the whole history; the quantity is, unless amendments are out of sight."""
    place = {number: k for k, number in enumerate(whole.orders["order_id"].tolist())}
    rows = np.array([place[number] for number in part.orders["order_id"].tolist()])
    for name in ("matched_quantity", "leaves_quantity", "carried_quantity", "end_time"):
        np.testing.assert_array_equal(part.orders[name], whole.orders[name][rows], err_msg=name)
    groups = (classify(day.orders["matched_quantity"], day.orders["leaves_quantity"]) for day in (part, whole))
    np.testing.assert_array_equal(next(groups), next(groups)[rows])
    assert np.all(part.orders["parent_quantity"] <= whole.orders["parent_quantity"][rows])
    assert np.mean(part.orders["parent_quantity"] == whole.orders["parent_quantity"][rows]) > 0.9
    assert not part.orders["fault"].any()


@pytest.mark.parametrize("keep", [last_rows, from_noon])
def test_extracts_of_the_real_day(keep: Callable[[Rows], Rows], real_day: Path, tmp_path: Path) -> None:
    (whole,) = stored(tmp_path / "whole", real_day / "orders.csv", real_day / "trades.csv").values()
    path = extract(real_day / "orders.csv", tmp_path / "orders.csv", keep)
    (part,) = stored(tmp_path / "part", path, real_day / "trades.csv").values()
    assert_same_outcome(part, whole)
    assert np.count_nonzero(part.orders["matched_quantity"]) > 300


def two_days(rng: Random) -> tuple[Rows, Rows]:
    """Return order and trade rows of orders that are entered, trade on some of two days, and are amended in between."""
    orders, trades = [], []
    for number in range(60):
        leaves, matched = rng.randrange(50, 500), 0
        for day in range(2):
            times = sorted(rng.sample(range(NOON, NOON + 3_600 * 10**9, 10**6), 6))
            if day == 0 or leaves:  # entered, or there again the next morning
                orders.append(state(number, times[0] + day * DAY, leaves, matched))
            for time in times[1 : rng.randrange(1, 6)]:
                shares = rng.randrange(0, leaves + 1)
                if shares:
                    leaves, matched = leaves - shares, matched + shares
                    orders.append(state(number, time + day * DAY, leaves, matched))
                    trades.append(
                        {"order_id": str(number), "timestamp": str(time + day * DAY), "quantity": str(shares)}
                    )
    return orders, [row | {"security": "501", "price": "9", "side": "1"} for row in trades]


def state(number: int, time: int, leaves: int, matched: int) -> dict[str, str]:
    values = {"order_id": number, "timestamp": time, "sequence": time, "leaves": leaves, "matched": matched}
    values |= {"security": 501, "price": 9, "side": 1, "quantity": leaves + matched, "participant": 7}
    return {name: str(value) for name, value in values.items()}


def written(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("seed", range(5))
def test_last_rows_of_days_that_orders_carry_over(seed: int, tmp_path: Path) -> None:
    orders, trades = two_days(Random(seed))
    paths = written(tmp_path / "orders.csv", orders), written(tmp_path / "trades.csv", trades)
    whole = stored(tmp_path / "whole", *paths)
    assert np.count_nonzero(whole["501", "2024-09-06"].orders["carried_quantity"]) > 10
    last = {(row["order_id"], int(row["timestamp"]) // DAY): row for row in orders}
    extracted = written(tmp_path / "last.csv", list(last.values()))
    for key, part in stored(tmp_path / "part", extracted, paths[1]).items():
        assert_same_outcome(part, whole[key])
