"""The real day, through the command line, against answers counted independently of any pipeline.

The answers are those of the data folder's own README; only the queue floor, which needs the
dark-book replay, is not here.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import darkreplay

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run_real(real_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that runs the real day with some flags and gives the results folder; one store for all."""
    base = tmp_path_factory.mktemp("real")

    def run(name: str, *flags: str) -> Path:
        results = base / name
        files = [f"--{table}={real_day / table}.csv" for table in ("orders", "trades", "nbbo")]
        done = darkreplay(
            "run",
            *files,
            f"--store={base / 'store'}",
            f"--results={results}",
            "--format=csv",
            "--order_columns=all",
            *flags,
            folder=base,
        )
        assert done.returncode == 0, done.stderr
        return results

    return run


@pytest.fixture(scope="module")
def participant_69(run_real: Callable[..., Path]) -> Path:
    return run_real("p69", "--participant_ids=69", "--hour_start=10", "--hour_end=16")


@pytest.fixture(scope="module")
def everyone(run_real: Callable[..., Path]) -> Path:
    return run_real("all", "--max_workers=2")


def real_row(path: Path, **keys: str) -> Row:
    rows = [row for row in read_rows(path) if row["scenario"] == "real" and keys.items() <= row.items()]
    assert len(rows) == 1, rows
    return rows[0]


def test_participant_69_in_the_global_summary(participant_69: Path) -> None:
    row = real_row(participant_69 / "global_summary.csv")
    counts = [int(row[name]) for name in ("orders", "fully_filled", "partially_filled", "not_executed")]
    assert counts == [70, 26, 3, 41]
    assert int(row["filled_quantity"]) == 63_660
    assert int(row["notional"]) == 214_010_805
    assert float(row["vwap"]) == pytest.approx(3361.7783, abs=5e-5)


def test_participant_69_by_group(participant_69: Path) -> None:
    path = participant_69 / "by_group.csv"
    full, partial, none = (real_row(path, group=group) for group in ("1", "2", "3"))
    assert (int(full["orders"]), int(full["filled_quantity"])) == (26, 62_968)
    assert float(full["vwap"]) == pytest.approx(3361.5706, abs=5e-5)
    assert (int(partial["orders"]), int(partial["filled_quantity"])) == (3, 692)
    assert float(partial["vwap"]) == pytest.approx(3380.6792, abs=5e-5)
    assert (int(none["orders"]), int(none["filled_quantity"]), int(none["order_quantity"])) == (41, 0, 81_939)


def test_participant_69_leaves_fills_and_venues(participant_69: Path) -> None:
    orders = read_rows(next(participant_69.rglob("orders.csv")))
    assert len(orders) == 70
    filled = [row for row in orders if int(row["filled_quantity"]) > 0]
    assert len(filled) == 29
    assert sum(int(row["fills"]) for row in orders) == 60
    assert sum(int(row["leaves_quantity"]) for row in orders if row["group"] == "2") == 4_608
    row = real_row(participant_69 / "global_summary.csv")
    venues = {name: int(row[f"{name}_quantity"]) for name in ("auction", "lit", "dark", "booked")}
    assert venues == {"auction": 34_491, "lit": 23_300, "dark": 5_869, "booked": 0}


def test_population_traded_keeps_orders_with_a_fill(run_real: Callable[..., Path]) -> None:
    results = run_real(
        "traded",
        "--participant_ids=69",
        "--hour_start=10",
        "--hour_end=16",
        "--population=traded",
        "--order_level=false",
    )
    assert real_row(results / "global_summary.csv")["orders"] == "29"


def test_arrival_slippage_uses_the_opening_mid_for_orders_entered_before_the_open(participant_69: Path) -> None:
    """Decisions 12: by the plain rule, with quotes of the pre-open, participant 69 would cost -181 bp."""
    slippage = float(real_row(participant_69 / "global_summary.csv")["arrival_slippage_bps"])
    assert slippage == pytest.approx(-3.5, abs=0.25)


def test_every_order_reconciles_with_its_fills(everyone: Path, real_day: Path) -> None:
    """Last totalmatchedquantity = sum of fills, crossing bookings included, for 8,319 of 8,319 orders."""
    traded: Counter[int] = Counter()
    for row in read_rows(real_day / "trades.csv"):
        if row["dealsource"] != "5":
            traded[int(row["orderid"])] += int(row["quantity"])
    matched = {int(row["order_id"]): int(row["totalmatchedquantity"]) for row in read_rows(real_day / "orders.csv")}
    orders = read_rows(next(everyone.rglob("orders.csv")))
    assert len(orders) == 8_319 == len(matched)
    for row in orders:
        number = int(row["order_id"])
        assert int(row["filled_quantity"]) == traded[number] == matched[number]
    quality = {(row["kind"]): int(row["count"]) for row in read_rows(everyone / "data_quality.csv")}
    assert quality["orders_reconciled"] == 8_319
    assert quality["orders_not_reconciled"] == 0


def test_nothing_of_the_real_day_is_rejected(everyone: Path, real_day: Path) -> None:
    run = json.loads((everyone / "run.json").read_text(encoding="utf-8"))
    assert run["totals"]["rejected_rows"] == 0
