"""Quantities that are not whole shares: shown in their unit, worth in currency what they are."""

import csv
import json
from pathlib import Path

from tests.command import darkreplay_here as darkreplay

FLAGS = (
    "--store=store",
    "--mode=sequential",
    "--format=csv",
    "--order_columns=all",
    "--session=10:00-16:00",
    "--quantity_decimals=2",
)
DAY = "2024-09-05T{}+10:00"
TEN, LATER, END = (DAY.format(clock) for clock in ("10:30:00", "10:30:05", "10:30:09"))
ORDERS = f"""order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participant
1,{TEN},700,101000,1,1.25,1.25,0,69
1,{LATER},700,101000,1,1.25,0,1.25,69
"""
TRADES = f"""orderid,tradetime,securitycode,tradeprice,quantity,side,dealsource,matchgroupid
1,{LATER},700,101000,1.25,1,1,5
2,{LATER},700,101000,1.25,2,1,5
"""
NBBO = f"""security_code,timestamp,bidprice,offerprice
700,{DAY.format("10:00:00")},99000,101000
700,{END},99000,101000
"""


def facts_of(results: Path) -> tuple[dict[str, str], list[str]]:
    with (results / "global_summary.csv").open(newline="") as file:
        real = next(csv.DictReader(file))
    return real, json.loads((results / "run.json").read_text())["notes"]


def test_money_is_of_whole_shares(tmp_path: Path) -> None:
    for name, text in (("orders", ORDERS), ("trades", TRADES), ("nbbo", NBBO)):
        (tmp_path / f"{name}.csv").write_text(text)
    files = [f"--{name}={name}.csv" for name in ("orders", "trades", "nbbo")]
    done = darkreplay("run", *files, *FLAGS, "--results=fresh", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    real, notes = facts_of(tmp_path / "fresh")
    assert (real["order_quantity"], real["filled_quantity"]) == ("125", "125")
    assert (float(real["notional_value"]), float(real["shortfall_value"])) == (1.25 * 101, 1.25)
    assert sum("quantities are in units of 10^-2" in note for note in notes) == 1
    with (tmp_path / "fresh" / "outliers.csv").open(newline="") as file:
        assert float(next(csv.DictReader(file))["shortfall_value"]) == 1.25
    # the store says so to a run that is given no files
    again = darkreplay("run", "--store=store", "--results=again", *FLAGS[1:5], folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert facts_of(tmp_path / "again") == (real, notes)
