"""Tables of the replayed book: sums of jobs, bands and signs, and what is said of them."""

import csv
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from driver.report.page import write_report
from driver.sums.partial_file import read_partial, write_partial
from driver.tables.aggregate import aggregate
from driver.tables.replay_tables import ReplaySums, bounds_row, limits_csv, trust
from driver.tables.replay_words import bounds_words, fidelity_words, replay_notes
from kernels.replay.fidelity import Fidelity
from tests.driver.job_folders import SETTINGS, make_jobs

NAMES = Fidelity._fields
SUMS = (
    "orders",
    "order_quantity",
    "priced_orders",
    "filled_quantity",
    "base",
    "saving",
    "saving_touch",
    "outside_quantity",
    "outside_filled",
)


def read(results: Path, name: str) -> list[dict[str, str]]:
    with (results / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def counts(k: int) -> dict[str, int]:
    return {name: 100 * k + place for place, name in enumerate(NAMES)}


def causes(k: int) -> dict[str, int]:
    """Return what a job says by rule and by cause: nothing of those that no job names."""
    return {"rule.rested.missed_shares": k, "rule.rested.events": 2 * k, "cause.off_quote.missed_shares": k % 2}


def biases(k: int) -> dict[str, int]:
    """Return the bias sums of a job; the one of no shares has no rates."""
    sums = {"orders": 3, "quantity": 50, "filled_quantity": 20, "replayed_quantity": 20 - k, "notional2": 800 * (k - 1)}
    return {f"bias.{name}": value for name, value in (sums | errors(k)).items()}


def errors(k: int) -> dict[str, int]:
    return {"error": 5 - k, "error_often": -k, "error_price": 5}


def limits(k: int) -> dict[str, dict[str, int]]:
    found = {
        f"{seconds:g}": {name: 7 * k + place + int(seconds) for place, name in enumerate(SUMS)} for seconds in (0.5, 30)
    }
    return {seconds: sums | {"unknown_orders": 0} for seconds, sums in found.items()}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return tables of jobs whose partials say something of a replay, each something else."""
    jobs = make_jobs(tmp_path)
    for k, job in enumerate(jobs, 1):
        path = Path(job.folder) / "partial.arrow"
        unfilled = {"limit_away": [k, 10 * k], "no_contra": [2, 7]} if k % 2 else {"session": [1, 5]}
        partial = replace(
            read_partial(path), fidelity=counts(k) | causes(k) | biases(k), unfilled=unfilled, time_limits=limits(k)
        )
        write_partial(partial, path)
    aggregate(tmp_path, jobs, SETTINGS)
    return tmp_path


def test_fidelity_has_every_job_then_their_sum(results: Path) -> None:
    *jobs, whole = read(results, "fidelity")
    assert [(row["security_code"], row["date"]) for row in jobs] == [
        ("9", "2024-01-01"), ("9", "2024-01-02"), ("101", "2024-01-01"), ("101", "2024-01-02"), ("BRK.B", "2024-01-01"),
    ]  # fmt: skip
    assert (whole["security_code"], whole["date"]) == ("all", "all")
    for k, row in enumerate(jobs, 1):
        assert {name: int(row[name]) for name in NAMES} == counts(k)
    for name in NAMES:
        assert int(whole[name]) == sum(int(row[name]) for row in jobs)
    for row in (*jobs, whole):
        assert float(row["named_share"]) == float(Fraction(int(row["named_events"]), int(row["events"])))
        assert float(row["missed_share"]) == float(Fraction(int(row["missed_shares"]), int(row["real_shares"])))
        assert float(row["invented_share"]) == float(Fraction(int(row["invented_shares"]), int(row["real_shares"])))
        assert float(row["exact_share"]) == float(Fraction(int(row["exact_matches"]), int(row["real_matches"])))
        assert row["trusted"] == "not to be trusted"


def test_causes_have_what_each_job_says_then_all_of_it(results: Path) -> None:
    rows = read(results, "fidelity_causes")
    jobs = [row for row in rows if row["security_code"] != "all"]
    assert [(row["by"], row["name"], row["missed_shares"]) for row in jobs] == [
        ("rule", "rested", "1"), ("cause", "off_quote", "1"), ("rule", "rested", "2"), ("rule", "rested", "3"),
        ("cause", "off_quote", "1"), ("rule", "rested", "4"), ("rule", "rested", "5"), ("cause", "off_quote", "1"),
    ]  # fmt: skip
    whole = {(row["by"], row["name"]): row for row in rows[len(jobs) :]}
    assert len(whole) == 10
    assert (whole["rule", "rested"]["missed_shares"], whole["rule", "rested"]["events"]) == ("15", "30")
    assert whole["cause", "off_quote"]["missed_shares"] == "3"
    assert whole["cause", "other"]["missed_shares"] == ""


def test_bias_has_every_job_then_their_sum(results: Path) -> None:
    *jobs, whole = read(results, "fidelity_bias")
    for k, row in enumerate(jobs, 1):
        assert [int(row[name]) for name in ("orders", "order_quantity", "filled_quantity")] == [3, 50, 20]
        assert (int(row["P_filled_quantity"]), int(row["notional"])) == (20 - k, 400 * (k - 1))
        for name, value in errors(k).items():
            assert row[f"{name}_bps"] == (str(10_000 * value / (800 * (k - 1))) if k > 1 else "")
    assert (whole["security_code"], whole["orders"], whole["P_filled_quantity"]) == ("all", "15", "85")
    assert float(whole["error_often_bps"]) == float(Fraction(10_000 * -15, 800 * 10))


def test_unexecuted_says_why_subjects_fill_nothing(results: Path) -> None:
    rows = [row for row in read(results, "unexecuted") if row["breakdown"] == "R_reason"]
    found = {row["value"]: (int(row["orders"]), int(row["order_quantity"])) for row in rows}
    assert found == {"limit_away": (1 + 3 + 5, 90), "no_contra": (6, 21), "session": (2, 10)}
    assert {(row["scenario"], row["filled_quantity"], row["fill_ratio"], row["saving_bps"]) for row in rows} == {
        ("R", "0", "0.0", "")
    }
    assert all(row["not_executed"] == row["orders"] for row in rows)


def test_time_limits_are_summed_by_security_and_the_best_is_marked(results: Path) -> None:
    rows = read(results, "by_time_limit")
    assert [(row["security_code"], row["dark_seconds"]) for row in rows] == [
        (security, seconds) for security in ("all", "9", "101", "BRK.B") for seconds in ("0.5", "30.0")
    ]
    of_jobs = {"all": range(1, 6), "9": (1, 2), "101": (3, 4), "BRK.B": (5,)}
    for row in rows:
        seconds = f"{float(row['dark_seconds']):g}"
        sums = {name: sum(limits(k)[seconds][name] for k in of_jobs[row["security_code"]]) for name in SUMS}
        for name in ("orders", "order_quantity", "priced_orders", "filled_quantity"):
            assert int(row[name]) == sums[name]
        assert float(row["fill_ratio_diluted"]) == sums["filled_quantity"] / sums["order_quantity"]
        inside = sums["filled_quantity"] - sums["outside_filled"], sums["order_quantity"] - sums["outside_quantity"]
        assert float(row["fill_ratio"]) == inside[0] / inside[1]
        for charge in ("", "_touch"):
            expected = 10_000 * Fraction(sums[f"saving{charge}"], 65_536 * sums["base"])
            assert float(row[f"saving{charge}_bps"]) == float(expected)
    for security in of_jobs:
        mine = [row for row in rows if row["security_code"] == security]
        marked = [row for row in mine if row["best"] == "chosen_after_the_fact"]
        assert marked == [max(mine, key=lambda row: float(row["saving_bps"]))]


def test_a_limit_that_is_not_known_of_all_orders_has_no_figures() -> None:
    known = dict.fromkeys(SUMS, 4) | {"unknown_orders": 0}
    text = limits_csv({"1": {"30": known, "60": known | {"unknown_orders": 1}}}).decode().splitlines()
    assert text[1].endswith("chosen_after_the_fact")
    assert text[2] == "1,60.0,4,4,4,,,,,,"


def run(name: str, at_mid: float | None, at_touch: float | None, ratio: float = 0.5) -> dict[str, Any]:
    return {
        "scenario": name, "orders": 9, "priced_orders": 8, "order_quantity": 100, "fill_ratio": ratio + 0.1,
        "fill_ratio_in_session": ratio,
        "saving_bps": at_mid, "saving_touch_bps": at_touch,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at_mid", "at_touch", "identified"),
    [
        ((1.0, 2.0, 0.5), (3.0, 3.0, 3.0), "yes"),
        ((-1.0, -2.0, -0.5), (-3.0, -3.0, -3.0), "yes"),
        ((1.0, 2.0, -0.5), (3.0, 3.0, 3.0), "not identified"),
        ((1.0, 2.0, 0.5), (-3.0, -3.0, -3.0), "not identified"),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), "not identified"),
        ((1.0, 2.0, 0.0), (3.0, 3.0, 3.0), "not identified"),
        ((1.0, None, 0.5), (3.0, 3.0, 3.0), "not identified"),
    ],
)
def test_a_sign_is_identified_where_all_runs_agree_at_the_mid_and_at_the_touch(
    at_mid: tuple[float | None, ...], at_touch: tuple[float | None, ...], identified: str
) -> None:
    names = ("R", "R_optimistic", "R_conservative")
    measured = [run("real", 0.0, 0.0, 0.9), *map(run, names, at_mid, at_touch)]
    row = bounds_row(("7", "all"), measured, {"asked_orders": 6, "excluded_by_limit": 3, "excluded_by_life": 2})
    assert row["identified"] == identified
    known = [saving for saving in at_mid if saving is not None]
    assert row["low_saving_bps"] == (min(known) if len(known) == 3 else None)
    assert row["high_saving_bps"] == (max(known) if len(known) == 3 else None)
    assert (row["low_saving_touch_bps"], row["high_saving_touch_bps"]) == (
        min(at_touch, key=str),
        max(at_touch, key=str),
    )
    assert (row["excluded_by_limit"], row["excluded_by_life"], row["real_fill_ratio"]) == (3, 2, 0.9)
    assert (row["real_fill_ratio_diluted"], row["R_fill_ratio"], row["R_fill_ratio_diluted"]) == (1.0, 0.5, 0.6)


def test_below_the_floor_no_sign_is_identified(tmp_path: Path) -> None:
    names = ("R", "R_optimistic", "R_conservative")
    measured = [run("real", 0.0, 0.0), *(run(name, 1.0, 1.0) for name in names)]
    low = dict.fromkeys(NAMES, 0) | {"events": 10, "named_events": 10, "real_shares": 100, "missed_shares": 90}
    high = low | {"events": 1_000, "named_events": 1_000, "real_shares": 10_000, "missed_shares": 0}
    sums = ReplaySums(fidelity={("1", "d"): Counter(low), ("2", "d"): Counter(high)})
    keys = [("all", "all"), ("1", "all"), ("2", "all"), ("all", "d"), ("3", "all")]
    sums.excluded = {key: Counter() for key in keys}
    (tmp_path / "bounds.csv").write_bytes(sums.tables(dict.fromkeys(keys, measured))["bounds.csv"])
    found = {(row["security_code"], row["date"]): row for row in read(tmp_path, "bounds")}
    assert {key: found[key]["trusted"] for key in keys} == {
        ("all", "all"): "yes", ("1", "all"): "not to be trusted", ("2", "all"): "yes", ("all", "d"): "yes",
        ("3", "all"): "",
    }  # fmt: skip
    assert (found["1", "all"]["identified"], found["2", "all"]["identified"]) == ("not to be trusted", "yes")
    (said,) = bounds_words(found["1", "all"] | {"asked_orders": "7"})
    assert "its sign is not to be trusted" in said


def test_words_on_fidelity_and_its_floor(results: Path) -> None:
    said, floor = replay_notes(results)
    assert said.startswith("the replay gives back 1,560 of 1,555 first counterparties of the real dark book (P); of")
    assert floor == (
        "R and D are not to be trusted: the replay is below the floor of 90 % of first counterparties named, "
        "7 % of shares missed or invented"
    )
    row = dict.fromkeys(NAMES, "0") | {
        "events": "472", "named_events": "471", "real_shares": "249085", "trusted": "yes", "missed_share": "0.0008",
        "invented_share": "0.0038",
    }  # fmt: skip
    assert fidelity_words(row) == (
        "the replay gives back 471 of 472 first counterparties of the real dark book (P); of 249,085 dark shares it "
        "misses 0.08 % and invents 0.38 %",
    )
    nothing = row | {"events": "0", "real_shares": "0", "placebo_shares": "12", "missed_share": "", "trusted": ""}
    assert fidelity_words(nothing) == (
        "no real trade in the dark is known; the replay (P) trades 12 shares there: how far R and D may be trusted "
        "is open",
    )
    assert trust(dict.fromkeys(NAMES, 0) | {"real_shares": 5}) is None
    assert write_report(results) == ""
    assert "R and D are not to be trusted" in (results / "report.html").read_text()


def test_words_on_bounds() -> None:
    measured = [run("real", 0.0, 0.0, 0.828), run("R", -5.64, -12.28, 0.38), run("R_optimistic", -5.23, -11.41, 0.411)]
    measured.append(run("R_conservative", -7.44, -15.82, 0.263))
    row = bounds_row(
        ("all", "all"), measured, {"asked_orders": 5_000, "excluded_by_limit": 1_845, "excluded_by_life": 708}
    )
    text = {name: "" if value is None else str(value) for name, value in row.items()}
    (said,) = bounds_words(text)
    assert said == (
        "R costs 5.64 bps more at the mid of the end (savings of -7.44 to -5.23 bps) and costs 12.28 bps more at the "
        "touch (savings of -15.82 to -11.41 bps) between its bounds: its sign is identified. It fills 38.00 % of what "
        "was asked in the session (26.3 to 41.1 %), 82.80 % really filled; 1,845 orders are excluded by their limit, "
        "708 by their life"
    )
    (said,) = bounds_words(text, from_rest=True)
    assert "82.80 % really filled, fills of the instant of entry in both (from_rest); 1,845" in said
    assert bounds_words(text | {"R_saving_bps": "9.51"})[0].startswith("R saves 9.51 bps at the mid of the end (")
    nobody = "R asks nobody: no selected order was in the session without being dark itself"
    assert bounds_words(text | {"asked_orders": "0"}) == (nobody,)


def test_a_run_without_replay_has_none_of_it(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    assert not [name for name in ("fidelity", "bounds", "by_time_limit") if (tmp_path / f"{name}.csv").exists()]
    assert replay_notes(tmp_path) == ()
    assert not [row for row in read(tmp_path, "unexecuted") if row["breakdown"] == "R_reason"]
