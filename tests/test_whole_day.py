"""Every order of a partition, from raw CSV to `orders.csv`, equals a second implementation in plain Python.

The second one (tests/oracles/day.py) is written from the rules alone, in exact fractions, and shares
nothing with the engine: not the parser, not the order table, not the kernels.
"""

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.command import darkreplay
from tests.oracles.day import NaiveDay, NaiveOrder

SCENARIOS = ("real", "A", "B", "C")
CHARGES = {"mid": "shortfall_bps", "touch": "shortfall_touch_bps", "zero": "shortfall_zero_bps"}
CHARGES["cleanup"] = "shortfall_cleanup_bps"


def assert_order_equal(row: dict[str, str], order: NaiveOrder) -> None:
    name = f"order {row['order_id']}"
    assert int(row["order_quantity"]) == order.quantity, name
    assert int(row["filled_quantity"]) == order.filled, name
    assert int(row["leaves_quantity"]) == order.leaves, name
    assert int(row["group"]) == order.group, name
    assert row["benchmark"] == order.benchmark, name
    assert row["eligible"] == ("1" if order.window else "0"), name
    for scenario in SCENARIOS[1:]:
        assert int(row[f"{scenario}_filled_quantity"]) == order.scenario_filled[scenario], (name, scenario)
    for charge, column in CHARGES.items():
        for scenario in SCENARIOS:
            text = row[column if scenario == "real" else f"{scenario}_{column}"]
            expected = order.cost_bps.get(charge, {}).get(scenario)
            assert (text == "") == (expected is None), (name, charge, scenario)
            if expected is not None:
                assert float(text) == pytest.approx(float(expected), rel=1e-9, abs=1e-9), (name, charge, scenario)


def compare(results: Path, raw: Path, security: int, day: date) -> int:
    naive = NaiveDay(raw, security, day)
    path = results / f"sec{security}" / day.isoformat() / "orders.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {int(row["order_id"]) for row in rows} == set(naive.orders)
    for row in rows:
        order = naive.orders[int(row["order_id"])]
        naive.measure(order)
        assert_order_equal(row, order)
    return len(rows)


def test_real_day_equals_the_plain_implementation(real_day: Path, tmp_path: Path) -> None:
    files = [f"--{table}={real_day / table}.csv" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("run", *files, "--results=results", "--format=csv", "--order_columns=all", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert compare(tmp_path / "results", real_day, 110621, date(2024, 9, 5)) == 8_319


def test_generated_days_equal_the_plain_implementation(tmp_path: Path) -> None:
    """Two securities on one date: the session of each also depends on the other's (decisions 4)."""
    done = darkreplay(
        "run", "--results=results", "--format=csv", "--order_columns=all", "--date_end=2024-01-02", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    raw = tmp_path / "darkreplay" / "sample" / "raw"
    for day in (1, 2):
        assert compare(tmp_path / "results", raw, 101, date(2024, 1, day)) > 1_000
