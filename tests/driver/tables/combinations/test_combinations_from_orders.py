"""Tables by keys of several sets in whole runs, every measure of them added up again from the order files."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from driver.config.combinations import KEYS, Keys, combination_name
from tests.command import darkreplay_here as darkreplay
from tests.driver.tables.from_orders import Label, Labels, cut, read, style_of, table_differences, volatility
from tests.oracles import tables as oracle
from tests.oracles.raw_market import days_of
from tests.oracles.tables import Day, Row

COMBINATIONS: tuple[Keys, ...] = (
    KEYS, ("hour", "spread"), ("phase", "participant_id"), ("group", "marketability", "volatility"), ("volatility",),
    ("volatility", "security_code"), ("date", "volatility"), ("security_code", "date", "volume_share", "size_bucket"),
)  # fmt: skip
ASKED = ",".join("+".join(keys) for keys in COMBINATIONS)
INTEGERS = ("orders", "order_quantity", "filled_quantity", "priced_orders", "benchmark_notional", "shortfall_cost")
PLACES: dict[str, Callable[[Day, Row], str]] = {
    "security_code": lambda day, order: day.security,
    "date": lambda day, order: day.date,
    "participant_id": lambda day, order: str(order["participant_id"]),
    "hour": oracle.hour,
    "size_bucket": lambda day, order: oracle.size(order),
    "group": lambda day, order: str(order["group"]),
    "phase": oracle.phase,
    "spread": oracle.spread,
    "volume_share": oracle.share,
    "marketability": lambda day, order: oracle.marketability(order),
}


def labels_by(keys: Keys, days: list[Day]) -> Labels:
    """Return the row of a combination that an order is in."""
    thirds = volatility(days)

    def third(day: Day, order: Row) -> str:
        ((_, label),) = thirds(day, order)
        return label

    places = PLACES | {"volatility": third}

    def labels(day: Day, order: Row) -> list[Label]:
        return [tuple(places[key](day, order) for key in keys)]

    return labels


def run(folder: Path, lost: str, *flags: str) -> Path:
    """Run two securities over two dates, of which one security lacks a table; return the results."""
    spec = ["--securities=7,8", "--date_start=2024-01-02", "--date_end=2024-01-03", "--orders=120", "--seed=4"]
    made = darkreplay("synth", "--out=raw", *spec, folder=folder)
    assert made.returncode == 0, made.stderr
    if lost:
        path = folder / "raw" / f"{lost}.csv"
        head, *rows = path.read_text().splitlines()
        security = head.split(",").index("orderbookid" if lost == "nbbo" else "securitycode")
        path.write_text("\n".join([head, *(row for row in rows if row.split(",")[security] == "7"), ""]))
    files = [f"--{table}={folder / 'raw' / table}.csv" for table in ("orders", "trades", "nbbo")]
    usual = "--store=store", "--results=results", "--format=csv", "--order_columns=all", f"--aggregate_by={ASKED}"
    done = darkreplay("run", *files, *usual, *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "results"


@pytest.mark.parametrize("lost", ["", "nbbo"])
def test_every_measure_is_that_of_the_order_files(lost: str, tmp_path: Path) -> None:
    results = run(tmp_path, lost)
    days, style = days_of(results, tmp_path / "raw"), style_of(results)
    style["decisions"] = "decision_time" in days[0].orders[0]
    for keys in COMBINATIONS:
        name = combination_name(keys)
        rows, orders = read(results / f"{name}.csv"), cut(days, labels_by(keys, days))
        assert len(orders) > 2
        assert list(table_differences(name, rows, len(keys), orders, style, days))[:20] == []


def test_without_trades_of_a_security_rows_add_up_to_all_orders(tmp_path: Path) -> None:
    results = run(tmp_path, "trades", "--dark_pool_scenarios=A,B")
    with (results / "global_summary.csv").open(newline="") as file:
        (real, *_) = csv.DictReader(file)
    for keys in COMBINATIONS:
        rows = [row for row in read(results / f"{combination_name(keys)}.csv") if row["scenario"] == "real"]
        sums = Counter[str]()
        for row in rows:
            sums.update({name: int(row[name]) for name in INTEGERS})
        assert sums == {name: int(real[name]) for name in INTEGERS}
        assert int(real["orders"]) == 4 * 120
