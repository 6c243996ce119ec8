"""Whole runs with the dark book replayed: equal bytes however they are run, tables and files that agree."""

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path
from shutil import rmtree

import pytest

from tests.driver.conftest import Market
from tests.driver.tables.from_orders import differences
from tests.driver.whole_runs import darkreplay, tables
from tests.oracles.raw_market import days_of

Row = dict[str, str]
DARK = 64 | 4096
DARK_DEALS = {46, 47, 48, 49, 50, 51, 52}
REPORTS = {3, 5, 7, 36, 43}
SCENARIOS = ("P", "R", "R_optimistic", "R_conservative", "D")
FLAGS = (
    "--dark_pool_scenarios=P,R,D", "--dark_seconds=5,86400", "--horizon=close", "--matches_as=trades", "--format=csv",
    "--order_columns=all",
)  # fmt: skip


def run(market: Market, folder: Path, name: str, *flags: str) -> Path:
    done = darkreplay("run", f"--store={market.store}", f"--results={name}", *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / name


def read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def played(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(market, tmp_path_factory.mktemp("played"), "results", *FLAGS, "--max_workers=2")


@pytest.fixture(scope="module")
def orders(played: Path) -> list[Row]:
    return [row for path in sorted(played.glob("sec*/*/orders.csv")) for row in read(path)]


@pytest.fixture(scope="module")
def matches(played: Path) -> list[Row]:
    return [row for path in sorted(played.glob("sec*/*/matches.csv")) for row in read(path)]


def test_one_worker_and_a_resumed_run_give_the_same_bytes(market: Market, played: Path, tmp_path: Path) -> None:
    expected = tables(played)
    assert sum("matches.csv" in name for name in expected) == sum("trades_R.csv" in name for name in expected) == 4
    alone = run(market, tmp_path, "alone", *FLAGS, "--mode=sequential")
    assert tables(alone) == expected
    rmtree(alone / "sec101" / "2024-01-02")
    (alone / "bounds.csv").unlink()
    again = darkreplay("run", f"--store={market.store}", "--results=alone", *FLAGS, "--max_workers=1", folder=tmp_path)
    assert "1 done, 3 kept" in again.stdout
    assert tables(alone) == expected


def test_another_setting_of_the_replay_runs_jobs_again_and_no_old_file_stays(market: Market, tmp_path: Path) -> None:
    flags = ["--dark_pool_scenarios=P,R,D", "--security_codes=101", "--date_end=2024-01-02", "--mode=sequential"]
    text = "--format=csv", "--order_columns=all"
    first = tables(run(market, tmp_path, "results", *flags, "--matches_as=trades", "--dark_seconds=5", *text))
    for changed in (["--horizon=end", "--matches_as=trades"], ["--horizon=close"]):
        done = darkreplay("run", f"--store={market.store}", "--results=results", *flags, *changed, folder=tmp_path)
        assert "1 done, 0 kept" in done.stdout, done.stderr
    names = {Path(name).name for name in tables(tmp_path / "results") if name.startswith("sec")}
    kept = {"matches.parquet", "metrics.csv", "orders.parquet", "partial.arrow"}
    assert names - {"outside_bounds.csv"} == kept
    run(market, tmp_path, "results", "--dark_pool_scenarios=A", "--security_codes=101", "--date_end=2024-01-02")
    left = tables(tmp_path / "results")
    assert not [name for name in left if "matches" in name or "bounds" in name or name == "fidelity.csv"]
    assert "fidelity.csv" in first
    assert "by_time_limit.csv" in first


def test_every_table_adds_up_from_the_order_files(market: Market, played: Path) -> None:
    assert list(differences(played, market.raw))[:20] == []


def test_the_placebo_gives_back_a_generated_market(market: Market, played: Path, matches: list[Row]) -> None:
    trades = [row for row in read(market.raw / "trades.csv") if int(row["dealsource"]) in DARK_DEALS]
    pairs: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in trades:
        pairs.setdefault((row["securitycode"], row["matchgroupid"], row["tradetime"]), {})[row["side"]] = row
    real = Counter(
        (pair["1"]["tradetime"], pair["1"]["orderid"], pair["2"]["orderid"], pair["1"]["quantity"])
        for pair in pairs.values()
    )
    names = ("time", "buy_order_id", "sell_order_id", "quantity")
    placebo = Counter(tuple(row[name] for name in names) for row in matches if row["scenario"] == "P")
    assert real == placebo
    *_, whole = read(played / "fidelity.csv")
    shares = sum(int(key[3]) * count for key, count in real.items())
    assert (int(whole["real_matches"]), int(whole["placebo_matches"])) == (real.total(), placebo.total())
    assert (int(whole["real_shares"]), int(whole["placebo_shares"])) == (shares, shares)
    assert int(whole["exact_matches"]) == real.total()
    assert whole["named_events"] == whole["events"]
    assert (whole["missed_shares"], whole["invented_shares"], whole["trusted"]) == ("0", "0", "yes")


def test_what_subjects_fill_is_what_their_matches_say(played: Path, orders: list[Row], matches: list[Row]) -> None:
    """Under R alone: no real fill of theirs is left. In a bound, orders outside it have what R gives them."""
    outside = {row["order_id"] for path in played.rglob("outside_bounds.csv") for row in read(path)}
    for scenario in ("R", "R_optimistic", "R_conservative"):
        shares, value = Counter[str](), Counter[str]()
        for row in matches:
            if row["scenario"] == scenario:
                for side in ("buy", "sell"):
                    shares[row[f"{side}_order_id"]] += int(row["quantity"])
                    value[row[f"{side}_order_id"]] += int(row["quantity"]) * int(2 * Fraction(row["price"]))
        filled = 0
        for row in orders:
            if is_subject(row) and (scenario == "R" or row["order_id"] not in outside):
                number = row["order_id"]
                filled += shares[number]
                assert int(row[f"{scenario}_filled_quantity"]) == shares[number] <= int(row["order_quantity"])
                if shares[number]:
                    expected = value[number] / (2 * shares[number])
                    assert float(row[f"{scenario}_price"]) == pytest.approx(expected, rel=1e-12)
        assert filled > 0


def test_a_replay_engages_the_orders_that_its_matches_are_of(
    played: Path, orders: list[Row], matches: list[Row]
) -> None:
    """A real fill that stands, in the lit book or an auction, engages nobody."""
    lived = [row["order_id"] for row in orders if row["window_end"]]
    for row in read(played / "global_summary.csv"):
        if row["scenario"] in ("P", "R", "D"):
            mine = [match for match in matches if match["scenario"] == row["scenario"]]
            traded = {match[f"{side}_order_id"] for match in mine for side in ("buy", "sell")}.intersection(lived)
            assert int(row["engaged_orders"]) == len(traded) > 0
            assert float(row["engagement_rate"]) == len(traded) / len(lived)
            shares = {one["order_id"] for one in orders if int(one[f"{row['scenario']}_simulated_quantity"])}
            assert shares == traded


def is_subject(row: Row) -> bool:
    """Return whether an order rests in the dark under R: it is not dark itself, and lived in the session."""
    return int(row["order_type"]) & DARK == 0 and row["window_end"] != ""


def test_why_subjects_fill_nothing_adds_up(played: Path, orders: list[Row]) -> None:
    unfilled = [row for row in orders if is_subject(row) and row["R_filled_quantity"] == "0"]
    rows = [row for row in read(played / "unexecuted.csv") if row["breakdown"] == "R_reason"]
    assert sum(int(row["orders"]) for row in rows) == len(unfilled)
    assert sum(int(row["order_quantity"]) for row in rows) == sum(int(row["order_quantity"]) for row in unfilled)
    assert {row["value"] for row in rows} <= {
        "session", "quote_invalid", "limit_away", "no_contra", "contra_minimum", "own_minimum", "competed_away",
        "too_late",
    }  # fmt: skip
    away = sum(int(row["orders"]) for row in rows if row["value"] == "limit_away")
    assert next(int(row["excluded_by_limit"]) for row in read(played / "bounds.csv")) == away


def test_bounds_are_the_smallest_and_largest_of_three_runs(played: Path) -> None:
    rows = read(played / "bounds.csv")
    assert [(row["security_code"], row["date"]) for row in rows] == [
        ("all", "all"), ("101", "all"), ("102", "all"), ("all", "2024-01-02"), ("all", "2024-01-03"),
    ]  # fmt: skip
    summaries = {
        ("all", "all"): read(played / "global_summary.csv"),
        **{
            (s, "all"): [r for r in read(played / "by_security.csv") if r["security_code"] == s] for s in ("101", "102")
        },
        **{
            ("all", d): [r for r in read(played / "by_date.csv") if r["date"] == d]
            for d in ("2024-01-02", "2024-01-03")
        },
    }
    for row in rows:
        by_name = {one["scenario"]: one for one in summaries[row["security_code"], row["date"]]}
        signs = set()
        for charge in ("saving_bps", "saving_touch_bps"):
            three = [by_name[name][charge] for name in ("R", "R_optimistic", "R_conservative")]
            assert [row[f"{name}_{charge}"] for name in ("R", "R_optimistic", "R_conservative")] == three
            assert row[f"low_{charge}"] == min(three, key=float)
            assert row[f"high_{charge}"] == max(three, key=float)
            signs |= {(float(saving) > 0) - (float(saving) < 0) for saving in three}
        assert row["identified"] == ("yes" if signs in ({1}, {-1}) else "not identified")
        for name in ("R", "R_optimistic", "R_conservative"):
            assert row[f"{name}_fill_ratio"] == by_name[name]["fill_ratio_in_session"]
            assert row[f"{name}_fill_ratio_diluted"] == by_name[name]["fill_ratio"]


def test_without_an_end_a_time_limit_is_the_replay_and_then_what_came_after_the_session(
    market: Market, played: Path, orders: list[Row]
) -> None:
    """With a day in the dark an order follows history only once the session is over: fills of the close."""
    closes = {(day.security, day.date): int(day.session[1]) for day in days_of(played, market.raw)}
    later = Counter[str]()
    for row in read(market.raw / "trades.csv"):
        if (
            int(row["dealsource"]) not in REPORTS
            and int(row["tradetime"]) > closes[row["securitycode"], row["tradedate"]]
        ):
            later[row["orderid"]] += int(row["quantity"])
    expected = 0
    for row in orders:
        filled, asked = int(row["R_filled_quantity"]), int(row["order_quantity"])
        expected += min(asked, filled + later[row["order_id"]]) if is_subject(row) else filled
    rows = {row["dark_seconds"]: row for row in read(played / "by_time_limit.csv") if row["security_code"] == "all"}
    assert [*rows] == ["5.0", "86400.0"]
    assert int(rows["86400.0"]["filled_quantity"]) == expected
    whole = {row["scenario"]: row for row in read(played / "global_summary.csv")}
    for row in rows.values():
        assert (row["orders"], row["order_quantity"]) == (whole["R"]["orders"], whole["R"]["order_quantity"])
        assert float(row["fill_ratio_diluted"]) == int(row["filled_quantity"]) / int(row["order_quantity"])


def test_no_contra_is_used_beyond_what_it_had(orders: list[Row], matches: list[Row]) -> None:
    asked = {row["order_id"]: int(row["order_quantity"]) for row in orders}
    for scenario in SCENARIOS:
        used = Counter[str]()
        for row in matches:
            if row["scenario"] == scenario:
                used[row["buy_order_id"]] += int(row["quantity"])
                used[row["sell_order_id"]] += int(row["quantity"])
        assert all(shares <= asked.get(number, shares) for number, shares in used.items())
        assert used


def test_orders_outside_the_bounds_are_listed_and_put_between_them(played: Path, orders: list[Row]) -> None:
    counts = {
        row["kind"]: int(row["count"]) for row in read(played / "data_quality.csv") if row["security_code"] == "all"
    }
    filled = [
        [int(row[f"{name}_filled_quantity"]) for name in ("R_conservative", "R", "R_optimistic")]
        for row in orders if is_subject(row)
    ]  # fmt: skip
    assert all(low <= central <= high for low, central, high in filled)
    names = "R_filled_quantity", "R_optimistic_filled_quantity", "R_conservative_filled_quantity"
    listed = [[int(row[name]) for name in names] for path in played.rglob("outside_bounds.csv") for row in read(path)]
    assert counts["replay_orders_above_optimistic"] == sum(central > high for central, high, _ in listed)
    assert counts["replay_orders_below_conservative"] == sum(central < low for central, _, low in listed)
    assert all(not low <= central <= high for central, high, low in listed)


def test_the_summary_says_what_the_replay_is_worth(market: Market, played: Path, tmp_path: Path) -> None:
    done = darkreplay(
        "run", f"--store={market.store}", f"--results={played}", *FLAGS, "--max_workers=2", folder=tmp_path
    )
    assert "everything is up to date" in done.stdout
    assert "note: the replay gives back" in done.stdout
    assert "note: R " in done.stdout
    page = (played / "report.html").read_text()
    assert "The replay gives back" in page
    assert "Under P" not in page
    statuses = {
        (row["scenario"], row["status"]) for row in read(played / "statistics.csv") if row["test"] == "paired_t"
    }
    assert ("P", "printed") in statuses
    assert not [row for row in read(played / "statistics.csv") if row["status"] == "printed" and row["p_value"]]


def test_fills_by_deal_source_are_what_tables_fill_venue_by_venue(played: Path) -> None:
    rows = read(played / "by_deal_source.csv")
    whole = {row["scenario"]: row for row in read(played / "global_summary.csv")}
    assert {row["scenario"] for row in rows} == {"real", *SCENARIOS}
    for scenario, of_all in whole.items():
        by_venue = Counter[str]()
        for row in rows:
            by_venue[row["venue"]] += int(row["quantity"]) if row["scenario"] == scenario else 0
        reports = by_venue.pop("report", 0)
        assert sum(by_venue.values()) == int(of_all["filled_quantity"])
        assert {venue: int(of_all[f"{venue}_quantity"]) for venue in by_venue} == by_venue
        assert reports == int(of_all["report_quantity"] or reports)
        dark = {row["deal_source"] for row in rows if row["venue"] == "dark" and row["scenario"] == scenario}
        assert {int(source) for source in dark} <= DARK_DEALS


def test_orders_by_type_are_those_of_the_order_files(played: Path, orders: list[Row]) -> None:
    held = Counter(row["order_type"] for row in orders)
    filled = Counter[str]()
    for row in orders:
        filled[row["order_type"]] += int(row["filled_quantity"])
    real = [row for row in read(played / "by_order_type.csv") if row["scenario"] == "real"]
    assert {row["order_type"]: int(row["orders"]) for row in real} == held
    assert {row["order_type"]: int(row["filled_quantity"]) for row in real} == filled
