"""market.csv and market_participants.csv: quotients of panels that add up, by the columns that are described."""

import csv
import io
import re
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from driver.plan.jobs import Settings
from driver.tables.market_tables import GUIDES, MarketSums
from driver.tables.named_keys import NamedKeys
from driver.tables.table_style import TableStyle
from tests.builders import build_day
from tests.driver.sums.test_market_panel import SESSION, market_day, panel_of
from tickstore.store.names import StoredNames

STYLE = TableStyle.of(Settings())
DATES = "2024-09-05", "2024-09-06", "2024-09-07"


def partials() -> list[Any]:
    found = []
    for seed, date in enumerate(DATES):
        panel = panel_of(build_day(*market_day(seed, [3, 69])), SESSION)
        told = {"security": "1", "date": date, "participants": {"3": "Alpha"}}
        found.append(SimpleNamespace(**told, market=panel.sums, market_participants=panel.participants))
    return found


def tables_of(days: list[Any], names: dict[str, str] | None = None) -> dict[str, list[dict[str, str]]]:
    sums = MarketSums(STYLE, names or {})
    for day in days:
        sums.add(day)
    files = {name: b"".join(parts) for name, parts in sums.by_day().items()}
    files |= sums.by_participant(NamedKeys(StoredNames()))
    return {name: list(csv.DictReader(io.StringIO(data.decode()))) for name, data in files.items()}


@pytest.mark.parametrize("name", GUIDES)
def test_what_is_written_is_described(name: str) -> None:
    header = list(tables_of(partials())[f"{name}.csv"][0])
    described = [re.sub(r"_[0-9.]+s_bps$", "_<h>s_bps", column) for column in header]
    assert list(dict.fromkeys(described)) == [column.name for column in GUIDES[name]]


def test_days_add_up_to_the_last_row_in_any_order() -> None:
    days = partials()
    rows = tables_of(days)["market.csv"]
    *of_days, total = rows
    assert [row["date"] for row in of_days] == [*DATES]
    assert (total["security_code"], total["date"], total["security_days"]) == ("all", "all", "3")
    for name in (column.name for column in GUIDES["market"] if column.unit in ("count", "shares")):
        if not name.endswith("_size"):
            assert sum(int(row[name]) for row in of_days) == int(total[name]), name
    turned = tables_of(days[::-1])
    assert turned["market.csv"][-1] == total
    assert turned["market_participants.csv"] == tables_of(days)["market_participants.csv"]


def test_names_of_securities_stand_after_their_codes() -> None:
    plain, named = (tables_of(partials(), names)["market.csv"] for names in (None, {"1": "One, Ltd", "2": "Two"}))
    assert [*named[0]][:3] == ["security_code", "security_name", "date"]
    assert [row.pop("security_name") for row in named] == ["One, Ltd"] * 3 + [""]
    assert named == plain


def test_quotients_are_those_of_the_sums() -> None:
    days = partials()
    total = tables_of(days)["market.csv"][-1]

    def added(name: str) -> int:
        return sum(day.market[name] for day in days)

    market2 = sum(added(f"{venue}_notional2") for venue in ("lit", "dark", "auction"))
    expected = {
        "dark_share": Fraction(added("dark_notional2"), market2),
        "dark_share_above_block": Fraction(added("dark_block_notional2"), added("block_notional2")),
        "quoted_spread_bps": Fraction(added("quoted_spread_ns"), 2**32 * added("quoted_ns")),
        "lit_effective_spread_bps": Fraction(10_000 * added("lit_effective2"), added("lit_base2")),
        "dark_impact_60s_bps": Fraction(10_000 * added("dark_impact2.1"), added("dark_base2")),
        "variance_ratio": Fraction(added("long_squares"), added("long_returns"))
        / (6 * Fraction(added("short_squares"), added("short_returns"))),
        "autocorrelation": Fraction(2 * added("return_products"), added("return_pair_squares")),
        "stale_moved_value": Fraction(added("stale_moved2"), 2_000),
        "order_to_trade_ratio": Fraction(added("orders"), int(total["trades"])),
    }
    for name, value in expected.items():
        assert float(total[name]) == pytest.approx(float(value), rel=1e-12), name


def test_what_was_paid_is_what_was_realised_and_how_the_mid_moved() -> None:
    for row in tables_of(partials())["market.csv"]:
        for venue in ("lit", "dark"):
            paid = float(row[f"{venue}_effective_spread_bps"])
            for h in ("1", "60"):
                parts = float(row[f"{venue}_realised_spread_{h}s_bps"]) + float(row[f"{venue}_impact_{h}s_bps"])
                assert parts == pytest.approx(paid, abs=1e-9)


def test_brokers_are_named_and_their_shares_are_one() -> None:
    tables = tables_of(partials())
    rows, market = tables["market_participants.csv"], tables["market.csv"][-1]
    assert [row["participant_id"] for row in rows] == ["69", "Alpha"]
    assert sum(float(row["value_share"]) for row in rows) == pytest.approx(1.0)
    assert sum(float(row["value"]) for row in rows) == pytest.approx(2 * float(market["market_value"]))
    won, lost = (sum(float(row[f"stale_{what}_value"]) for row in rows) for what in ("won", "lost"))
    assert won == pytest.approx(lost)
    assert won == pytest.approx(float(market["stale_moved_value"]))


def test_without_a_panel_there_is_no_table() -> None:
    assert tables_of([SimpleNamespace(market={})]) == {}
