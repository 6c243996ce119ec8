"""Inputs that cannot be, through the command line: what is right is in the tables, what is not is counted and said."""

import csv
import json
from collections import Counter
from pathlib import Path

import numba
import pytest

from tests.command import darkreplay_here as darkreplay

CONFIG: object = numba.config
pytestmark = pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="runs are compiled")
ORDERS = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant"
TRADES = "order_id,timestamp,security,price,side,quantity,dealsource"
NBBO = "timestamp,security,bid,offer"
Row = dict[str, str]


class Run:
    """A finished run: what it said and what is in its tables."""

    def __init__(self, folder: Path, *flags: str, **tables: list[str]) -> None:
        headers = {"orders": ORDERS, "trades": TRADES, "nbbo": NBBO}
        for table, lines in tables.items():
            (folder / f"{table}.csv").write_text("\n".join([headers[table], *lines]) + "\n")
        files = [f"--{table}={table}.csv" for table in tables]
        how = (
            "--store=store",
            "--results=results",
            "--mode=sequential",
            "--format=csv",
            "--order_columns=all",
            "--json",
        )
        done = darkreplay("run", *files, *how, *flags, folder=folder)
        assert done.returncode == 0, done.stderr
        self.facts = json.loads(done.stdout)
        self.said = "\n".join([done.stderr, *self.facts["notes"], *self.facts["warnings"]])
        self.results = folder / "results"
        (real,) = [row for row in self.facts["summary"] if row["scenario"] == "real"]
        self.real = real

    def orders(self) -> dict[str, Row]:
        (path,) = self.results.glob("sec*/*/orders.csv")
        with path.open(newline="") as file:
            return {row["order_id"]: row for row in csv.DictReader(file)}

    def counts(self) -> Counter[str]:
        with (self.results / "data_quality.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["security_code"] == "all"]
        return Counter({row["kind"]: int(row["count"]) for row in rows})


def at(clock: str) -> str:
    return f"2024-09-05T{clock}+10:00"


def life(number: int, entered: str, done: str, shares: int) -> list[str]:
    """Return an order that is filled in two halves, and half of them at ``entered``."""
    half = shares // 2
    steps = ((at(entered), shares, 0), (at(entered), shares - half, half), (at(done), 0, shares))
    return [f"{number},{time},101,3350,B,{shares},{left},{filled},69" for time, left, filled in steps]


def test_newest_first_is_the_same_as_oldest_first(tmp_path: Path) -> None:
    rows = [*life(11, "10:30:01", "10:30:05", 1_000), *life(12, "10:30:05", "10:30:09", 500)]
    tables = []
    for name, lines in (("oldest", rows), ("newest", rows[::-1])):
        (tmp_path / name).mkdir()
        run = Run(tmp_path / name, orders=lines)
        tables.append({number: {**row, "order_id": ""} for number, row in run.orders().items()})
        assert (run.real["filled_quantity"], run.real["fill_ratio"]) == (1_500, 1.0)
        assert ("list the newest row first" in run.said) == (name == "newest")
    assert tables[0] == tables[1]


def test_an_id_used_again_is_set_apart_and_not_half_counted(tmp_path: Path) -> None:
    run = Run(tmp_path, orders=[*life(11, "10:30:01", "10:31:00", 1_000), *life(11, "11:00:00", "11:05:00", 200),
                                *life(12, "10:40:00", "10:41:00", 500)])  # fmt: skip
    assert set(run.orders()) == {"12"}
    assert (run.real["orders"], run.real["filled_quantity"]) == (1, 500)
    assert (run.counts()["orders_set_apart"], run.counts()["orders_matched_falls"]) == (1, 1)
    assert "1 orders contradict themselves and are in no table; first: order 11 (orders_matched_falls)" in run.said
    assert "will be in no table: 1; first: security 101 on 2024-09-05, order 11 (orders_matched_falls)" in run.said


def test_a_file_of_last_rows_has_its_fills(tmp_path: Path) -> None:
    orders = [life(number, "10:30:01", "10:31:00", 1_000)[-1] for number in (11, 12)]
    run = Run(tmp_path, orders=orders)
    assert (run.real["fully_filled"], run.real["filled_quantity"], run.counts()["carried_unknown"]) == (2, 2_000, 2)
    assert "2 orders begin with a row that may show an execution" in run.said


def market(*deals: tuple[str, int]) -> list[str]:
    """Return trades of others, as clocks and deal sources."""
    return [f"{900 + k},{at(clock)},101,3350,{'BS'[k % 2]},10,{deal}" for k, (clock, deal) in enumerate(deals)]


def test_a_stated_session_wins_and_else_costs_from_after_the_fills_are_missing(tmp_path: Path) -> None:
    """The market opens at 09:30; by the hints, as by the default, its orders would be measured from 10:00 on."""
    orders = life(11, "09:35:00", "09:35:01", 100)
    trades = [f"11,{at('09:35:00')},101,3351,B,50,1", f"11,{at('09:35:01')},101,3351,B,50,1"]
    trades += market(*[(f"15:0{k}:00", 1) for k in range(6)])
    nbbo = [f"{at('09:31:00')},101,3340,3360", f"{at('09:50:00')},101,3440,3460"]
    costs = []
    for name, flags in (("stated", ("--session=09:30-16:00",)), ("hinted", ()), ("zone", ("--timezone=Asia/Tokyo",))):
        (tmp_path / name).mkdir()
        run = Run(tmp_path / name, *flags, orders=orders, trades=trades, nbbo=nbbo)
        row = run.orders()["11"]
        costs.append(row["shortfall_bps"] and round(float(row["shortfall_bps"]), 2))
        early = run.counts()["orders_filled_before_benchmark"]
        assert (row["benchmark"], early) == (("arrival", 0) if name == "stated" else ("none", 1)), name
        assert (
            "have fills before the time they are measured from, and so no costs; first: order 11" in run.said
        ) == early
        assert (row["filled_quantity"], row["group"]) == ("100", "1")
        assert run.counts()[
            {"stated": "session_from_stated", "hinted": "session_from_activity"}.get(name, "session_from_config")
        ]
        again = darkreplay("aggregate", "--results=results", folder=tmp_path / name)
        assert again.returncode == 0, again.stderr  # the same session, though nobody states it again
    assert costs == [2.99, "", ""]


def test_a_quote_of_ten_thousands_is_no_quote(tmp_path: Path) -> None:
    orders = [*life(11, "10:30:00", "10:31:00", 100), *life(12, "10:40:00", "10:41:00", 100)]
    nbbo = [f"{at('10:20:00')},101,3340,3360", f"{at('10:39:00')},101,3340,87654321", f"{at('10:40:30')},101,3340,3360"]
    trades = [f"{number},{at(clock)},101,3350,B,50,1" for number, clock in ((11, "10:30:00"), (11, "10:31:00"))]
    run = Run(tmp_path, "--session=10:00-16:00", orders=orders, trades=trades, nbbo=nbbo)
    assert (run.counts()["quotes_absurd_spread"], run.counts()["quotes_valid"]) == (1, 2)
    assert {number: row["benchmark"] for number, row in run.orders().items()} == {"11": "arrival", "12": "none"}
    assert abs(float(run.orders()["11"]["shortfall_bps"])) < 1
    assert "quotes with a spread above a fifth of the mid, which count as one-sided: 1; first: security 101" in run.said


@pytest.mark.parametrize("command", ["run", "convert"])
def test_an_input_whose_orders_are_all_set_apart_is_refused(command: str, tmp_path: Path) -> None:
    columns = f"{ORDERS},changereason"
    rows = [f"1,{at('10:05:00')},101,3350,B,{left},{left},0,69,{reason}" for left, reason in ((50, 5), (100, 6))]
    (tmp_path / "orders.csv").write_text("\n".join([columns, *rows]) + "\n")
    where = ("--store=store", "--results=results") if command == "run" else ("--store=store",)
    done = darkreplay(command, "--orders=orders.csv", *where, folder=tmp_path)
    assert done.returncode == 2
    assert (
        "all orders contradict themselves, 1, and would be in no table: nothing was stored; first: security 101 on "
        "2024-09-05, order 1 (orders_rows_out_of_order)" in done.stderr
    )
    assert not list(tmp_path.rglob("*.h5"))


def test_that_all_orders_were_set_apart_by_the_ticks_of_a_run_is_said(tmp_path: Path) -> None:
    """With ticks of 5 the only quote is absurd and contradicts nothing, with ticks of 100 it is a quote."""
    tables = {
        "orders": [ORDERS, *life(1, "10:05:00", "10:06:00", 100)],
        "trades": [TRADES, *(f"1,{at(f'10:0{k}:00')},101,50000,B,50,1" for k in (5, 6))],
        "nbbo": [NBBO, f"{at('10:00:00')},101,3340,4200"],
    }
    for table, lines in tables.items():
        (tmp_path / f"{table}.csv").write_text("\n".join(lines) + "\n")
    flags = [f"--{table}={table}.csv" for table in tables]
    assert darkreplay("convert", *flags, "--store=store", folder=tmp_path).returncode == 0
    done = darkreplay("run", "--store=store", "--results=results", "--ticks=0:100", folder=tmp_path)
    assert done.returncode == 2
    assert "the selection is empty: all orders in the data were set apart: " in done.stderr
    assert "1 orders contradict themselves and are in no table; first: order 1 (orders_price_impl" in done.stderr


@pytest.mark.parametrize(("price", "count"), [(3350, 0), (26_800, 0), (33_500, 1), (419, 0), (400, 1), (0, 1)])
def test_fills_at_prices_that_cannot_be_are_counted(price: int, count: int, tmp_path: Path) -> None:
    trades = [f"1,{at('10:05:00')},101,3350,B,50,1", f"1,{at('10:06:00')},101,{price},B,50,1"]
    quotes = [f"{at('10:00:00')},101,3340,3360"]
    orders = [*life(1, "10:05:00", "10:06:00", 100), *life(2, "10:20:00", "10:21:00", 100)]
    run = Run(tmp_path, orders=orders, trades=trades, nbbo=quotes)
    assert run.counts()["fills_price_implausible"] == count
    assert set(run.orders()) == ({"2"} if count else {"1", "2"})
    assert (run.counts()["orders_price_implausible"], run.real["orders"]) == (count, 2 - count)
    assert (f"{count} fills have no price, or one more than 8 times off the mid; first: {price} " in run.said) == (
        count > 0
    )


def test_what_never_meets_and_is_in_another_unit_or_time_is_counted(tmp_path: Path) -> None:
    """Quotes of 102 are in another unit; 00103 is 103 in the other files; a day is thirty years early."""
    orders = [*life(1, "10:05:00", "10:06:00", 100)]
    orders += [row.replace(",101,", ",102,") for row in life(2, "10:05:00", "10:06:00", 100)]
    orders += [row.replace(",101,", ",x00103,") for row in life(3, "10:05:00", "10:06:00", 100)]
    orders += [row.replace("2024-09-05", "1994-09-05") for row in life(4, "10:05:00", "10:06:00", 100)]
    trades = [f"1,{at(f'10:0{k}:00')},101,3350,B,50,1" for k in (5, 6)]
    nbbo = [
        f"{at('10:00:00')},{security},{price},{price}" for security, price in ((101, 3350), (102, 335_000), ("x103", 9))
    ]
    run = Run(tmp_path, orders=orders, trades=trades, nbbo=nbbo)
    kinds = "prices_in_two_units", "day_without_orders", "day_without_trades", "day_without_quotes", "date_implausible"
    assert [run.counts()[kind] for kind in kinds] == [1, 1, 3, 2, 1]
    assert (
        "1 tables have prices in another unit than the quotes (see --price_format, --price_decimals); first" in run.said
    )
    assert "1 security-days have trades or quotes and no orders" in run.said
    assert "(date_implausible); first: security 101 on 1994-09-05" in run.said
