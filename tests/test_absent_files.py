"""Only orders are required (decisions 15): what the other files would tell is missing then, never zero or guessed."""

import csv
from pathlib import Path

import pytest

from tests.command import darkreplay_here as darkreplay


def run(folder: Path, real_day: Path, *tables: str) -> tuple[dict[str, dict[str, str]], Path]:
    """Run the real day from some of its files; return the global row of each scenario and the results folder."""
    files = [f"--{table}={real_day / table}.csv" for table in tables]
    done = darkreplay("run", *files, "--results=results", "--format=csv", "--order_columns=all", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "do not agree" not in done.stdout + done.stderr
    with (folder / "results" / "global_summary.csv").open(newline="", encoding="utf-8") as file:
        return {row["scenario"]: row for row in csv.DictReader(file)}, folder / "results"


def assert_empty(row: dict[str, str]) -> None:
    """A scenario that needs what is absent has no cells of its own: it is no copy of reality (decisions 50)."""
    shown = {name for name, value in row.items() if value}
    assert shown == {"scenario", "orders", "order_quantity", "priced_orders", "benchmark_notional"}


def test_without_trades_quantities_come_from_states_and_prices_are_missing(real_day: Path, tmp_path: Path) -> None:
    rows, results = run(tmp_path, real_day, "orders", "nbbo")
    real = rows["real"]
    assert [int(real[name]) for name in ("orders", "fully_filled", "partially_filled")] == [8_319, 2_174, 211]
    assert int(real["filled_quantity"]) == 2_813_204
    assert real["notional"] == real["vwap"] == real["notional_value"] == ""
    for scenario, row in rows.items():
        for name, value in row.items():
            if name.endswith(("_bps", "_value")) and any(word in name for word in ("shortfall", "saving")):
                assert value == "", (scenario, name)
        assert row["priced_orders"] == "0"
    for name in ("lit_quantity", "dark_quantity", "auction_quantity", "booked_quantity", "report_quantity", "fills"):
        assert real[name] == "", name
    with (results / "statistics.csv").open(newline="", encoding="utf-8") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"refused"}
    assert "no costs and no savings" in (results / "report.html").read_text(encoding="utf-8")
    with next(results.rglob("orders.csv")).open(newline="", encoding="utf-8") as file:
        orders = list(csv.DictReader(file))
    for row in orders:
        assert row["vwap"] == row["shortfall_bps"] == row["A_saving_bps"] == ""
        assert (row["fills"] == row["lit_quantity"] == "") == (row["filled_quantity"] != "0")
        assert (
            row["B_filled_quantity"] == row["B_price"] == ""
        )  # B takes the real fills, of which only the sum is known
    assert_empty(rows["B"])
    assert int(rows["A"]["filled_quantity"]) > int(real["filled_quantity"])


def test_without_quotes_costs_are_missing_and_quantities_stand(real_day: Path, tmp_path: Path) -> None:
    rows, _ = run(tmp_path, real_day, "orders", "trades")
    real = rows["real"]
    assert int(real["filled_quantity"]) == 2_813_204
    assert real["shortfall_bps"] == real["arrival_slippage_bps"] == ""
    assert int(real["priced_orders"]) == 0
    assert float(real["vwap"]) == pytest.approx(3387.69, abs=0.005)
    for scenario in ("A", "B", "C"):
        assert_empty(rows[scenario])


def test_from_orders_alone(real_day: Path, tmp_path: Path) -> None:
    rows, _ = run(tmp_path, real_day, "orders")
    assert int(rows["real"]["not_executed"]) == 5_934
    assert rows["real"]["shortfall_bps"] == rows["real"]["vwap"] == ""
    for scenario in ("A", "B", "C"):
        assert_empty(rows[scenario])
