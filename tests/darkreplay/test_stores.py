"""Days of a store by name, and the sessions of a run."""

import datetime
import json

import numpy as np
import pytest

import darkreplay
from kernels import Choices, Selection, measure
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay as command
from tickstore.errors import UserError


def test_a_day_and_its_session_give_the_numbers_of_the_run(market: Market) -> None:
    """Three public calls, against the row of the run's own table."""
    day = darkreplay.open_day(market.store, 101, datetime.date(2024, 1, 2))
    session = darkreplay.sessions(market.store)["101", "2024-01-02"]
    blocks = list(measure(day, Choices(Selection()), session))
    orders = darkreplay.read_results(market.folder / "clean").orders
    rows = orders.reader(["security_code", "trade_date", "order_id", "shortfall_bps"]).read_all().to_pylist()
    expected = [r for r in rows if r["security_code"] == "101" and r["trade_date"] == datetime.date(2024, 1, 2)]
    ids = np.concatenate([block.order_id for block in blocks])
    bps = np.concatenate([block["shortfall_bps"] for block in blocks])
    assert ids.tolist() == [row["order_id"] for row in expected]
    shown = [np.nan if row["shortfall_bps"] is None else row["shortfall_bps"] for row in expected]
    np.testing.assert_array_equal(bps, shown)


def test_sessions_are_those_that_a_run_plans(market: Market) -> None:
    planned = json.loads(command("plan", "--store=store", "--json", folder=market.folder).stdout)["jobs"]
    found = darkreplay.sessions(market.store)
    assert {(job["security"], job["date"]): (job["session"]["start"], job["session"]["end"]) for job in planned} == {
        key: (session.start, session.end) for key, session in found.items()
    }
    stated = darkreplay.sessions(market.store, "11:00-15:00")
    assert {session.source for session in stated.values()} == {"stated"}
    assert all(session.end - session.start == 4 * 3600 * 10**9 for session in stated.values())


def test_how_a_day_looks_and_completes(market: Market) -> None:
    day = darkreplay.open_day(str(market.store), "101", "2024-01-02")
    assert day._ipython_key_completions_() == ["events", "orders", "fills", "quotes"]
    assert "order_id" in day["orders"]._ipython_key_completions_()
    assert day["orders"]["order_id"] is day.orders["order_id"]
    assert repr(day).startswith("<security 101 on 2024-01-02: ")
    page = day._repr_html_()
    assert all(f"<td>{name}</td><td>{day.rows[name]:,}</td>" in page for name in day.rows)
    table = day.table("fills")
    assert table.num_rows == day.rows["fills"]
    assert table["price"].to_pylist() == day.fills["price"].tolist()
    with pytest.raises(UserError, match="a day file has no order: it has events"):
        day["order"]


def test_what_a_store_lacks_is_said(market: Market) -> None:
    with pytest.raises(UserError, match=r"no day of security 101 on 2024-02-02: its dates are 2024-01-02, 2024-01-03"):
        darkreplay.open_day(market.store, 101, "2024-02-02")
    with pytest.raises(UserError, match=r"no day of security 7 on 2024-01-02: its securities are 101, 102"):
        darkreplay.open_day(market.store, 7, "2024-01-02")
