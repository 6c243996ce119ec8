"""The exact price of every dark fill, which the files show truncated, comes out as the simulation traded it (R7)."""

import csv
from pathlib import Path

import numba
import pytest

import tickstore
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from marketgen import MarketSpec, generate
from tests.command import darkreplay_here as darkreplay

CONFIG: object = numba.config
SPECS = {  # ticks of one unit, in which half units are lost, and spreads that have ticks beside the mid
    "five ticks": MarketSpec((201, 202), "2024-04-04", "2024-04-09", 2_500, spread=5, price=90, seed=12),
    "five ticks again": MarketSpec((201, 202), "2024-04-04", "2024-04-09", 2_500, spread=5, price=90, seed=11),
    "seven ticks": MarketSpec((201,), "2024-04-04", "2024-04-08", 2_500, spread=7, price=95, seed=8),
    "came while locked": MarketSpec((201,), "2024-04-04", "2024-04-05", 1_200, spread=4, price=95, seed=18),
    "amended from the touch": MarketSpec((201,), "2024-04-04", "2024-04-05", 1_200, spread=4, price=95, seed=20),
    "met at the quote that came": MarketSpec((201,), "2024-04-04", "2024-04-04", 1_500, spread=8, price=80, seed=16),
    "four ticks": MarketSpec((301, 302, 303), "2024-04-04", "2024-04-05", 2_500, spread=4, price=60, seed=21),
    "three ticks": MarketSpec((301, 302, 303), "2024-04-04", "2024-04-05", 2_500, spread=3, price=30, seed=24),
}


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="plain Python is a hundred times slower")
@pytest.mark.parametrize("name", SPECS)
def test_every_order_has_the_exact_notional_of_the_truth(tmp_path: Path, name: str) -> None:
    files = generate(SPECS[name], tmp_path / "raw")
    flags = [f"--{table}={getattr(files, table)}" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("convert", *flags, "--store=store", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    compared = 0
    for path in sorted((tmp_path / "store").rglob("*.h5")):
        with tickstore.open_day(path) as day:
            known = tmp_path / "raw" / "truth" / day.security / f"{day.date}.orders.csv"
            with known.open(newline="") as file:
                truth = {int(row["order_id"]): row for row in csv.DictReader(file)}
            for block in measure(day, Choices(), Session(0, 1)):
                exact = block.scenario_notional2[0].tolist()
                for number, notional2 in zip(block.order_id.tolist(), exact, strict=True):
                    assert notional2 == int(truth[number]["exact_notional2"]), (day.security, day.date, number)
                    compared += int(truth[number]["dark_quantity"]) > 0
    assert compared > (500 if len(SPECS[name].securities) > 1 else 20)
