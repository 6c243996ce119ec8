"""What changed between two runs: settings first, rows and measures, and if a saving changed by more than chance."""

import csv
import itertools
import json
import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driver.config.combinations import combination_name
from driver.review.comparison import Comparison, compare
from driver.review.numbers import Row
from driver.review.paired import Change, finished_days, paired_changes
from driver.review.table_changes import OtherDays, TableChange, table_change
from driver.run.results_folder import JOB_COLUMNS
from driver.tables.aggregate import aggregate
from driver.tables.table_list import FILES
from tests.driver.edited_tables import Table, edit_table
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_jobs
from tickstore.errors import UserError

CONFIG = {"population": "all", "dark_share": 0.5, "results": "a", "max_workers": 8}


def write_days(results: Path, partitions: tuple[tuple[str, str], ...], saving: Callable[[int], float]) -> None:
    """Write metrics.csv of each security-day, of two groups, as a job leaves them; day n saves ``saving(n)`` bps."""
    names = ("group", "scenario", "orders", "priced_orders", "benchmark_notional", "saving_bps", "saving_mean_bps")
    for n, (security, date) in enumerate(partitions):
        with (results / f"sec{security}" / date / "metrics.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for group in (1, 3):
                for scenario, saved in (("real", 0.0), ("A", saving(n) + group)):
                    writer.writerow([group, scenario, 10 + n, 8 + n, 1000 * (n + group), saved, saved / 2])


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    before, after = tmp_path / "a", tmp_path / "b"
    before.mkdir()
    aggregate(before, make_jobs(before), SETTINGS)
    (before / "run.json").write_text(json.dumps({"config": CONFIG}))
    with (before / "jobs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, JOB_COLUMNS)
        writer.writeheader()
        writer.writerows([{"security": security, "date": date, "state": "done"} for security, date in PARTITIONS])
    write_days(before, PARTITIONS, lambda n: 1.0 + n)
    shutil.copytree(before, after)
    return before, after


def table_of(found: Comparison, name: str) -> TableChange:
    (table,) = (one for one in found.tables if one.table == name)
    return table


def test_a_run_is_the_same_as_itself(runs: tuple[Path, Path]) -> None:
    found = compare(*runs)
    assert found.is_same
    assert (found.settings, found.missing, found.why_not_paired) == ([], [], "")
    assert all(one.rows for one in found.tables)
    assert all(one.before == one.after for one in found.verdicts)
    written = {path.name for path in runs[0].glob("*.csv")}
    assert {f"{one.table}.csv" for one in found.tables} == written - {*found.left_out}
    assert {*found.left_out} <= FILES


def test_settings_that_decide_figures_are_said(runs: tuple[Path, Path]) -> None:
    after = {
        "config": CONFIG | {"dark_share": 0.25, "results": "b", "max_workers": 1},
        "missing": {"note": "1 is missing"},
    }
    (runs[1] / "run.json").write_text(json.dumps(after))
    found = compare(*runs)
    assert found.settings == [("dark_share", 0.5, 0.25)]
    assert found.missing == [f"{runs[1]}: 1 is missing"]


def test_rows_and_measures_that_differ_are_found(runs: tuple[Path, Path]) -> None:
    """All of them, the largest of the measures of the headline first, a figure that one run does not know last."""
    known: dict[str, float] = {}

    def change(rows: Table) -> Table:
        known.update((f"{row['security_code']} {row['scenario']}", float(row["saving_bps"])) for row in rows[:8])
        rows[1]["saving_bps"], rows[2]["saving_bps"] = "", repr(float(rows[2]["saving_bps"]) + 2.0)
        rows[3]["vwap"], rows[5]["saving_bps"] = "100.0", repr(float(rows[5]["saving_bps"]) - 3.0)
        return rows[:-4]

    edit_table(runs[1] / "by_security.csv", change)
    table = table_of(compare(*runs), "by_security")
    assert (table.rows, len(table.only_before), len(table.only_after)) == (8, 4, 0)
    assert table.only_before[0] == {"security_code": "BRK.B", "scenario": "real"}
    found = [(*one.row.values(), one.measure) for one in table.differences]
    assert found == [
        ("101", "A", "saving_bps"), ("9", "B", "saving_bps"), ("9", "A", "saving_bps"), ("9", "C", "vwap"),
    ]  # fmt: skip
    first, second, third, _ = table.differences
    assert [first.change, second.change] == pytest.approx([-3.0, 2.0])
    largest = max(map(abs, [*known.values(), known["101 A"] - 3.0, known["9 B"] + 2.0]))
    assert [first.share, second.share] == pytest.approx([3.0 / largest, 2.0 / largest])
    assert third.before == pytest.approx(known["9 A"])
    assert (third.after, third.change, third.share) == (None, None, 0.0)


def test_what_is_only_rounding_is_no_change(runs: tuple[Path, Path]) -> None:
    def nudge(rows: Table) -> Table:
        return [row | {"saving_bps": repr(math.nextafter(float(row["saving_bps"]), 99.0))} for row in rows]

    edit_table(runs[1] / "by_date.csv", nudge)
    found = compare(*runs)
    assert found.is_same
    assert (table_of(found, "by_date").rounded, table_of(found, "by_security").rounded) == (8, 0)


def test_whole_numbers_are_never_taken_for_rounding(runs: tuple[Path, Path]) -> None:
    for results, cost in zip(runs, (10**17, 10**17 + 1), strict=True):
        edit_table(results / "by_date.csv", partial(_with, {"shortfall_cost": str(cost)}))
    table = table_of(compare(*runs), "by_date")
    assert [one.measure for one in table.differences] == ["shortfall_cost"] * table.rows


def test_columns_of_one_run_alone_are_said(runs: tuple[Path, Path]) -> None:
    edit_table(runs[1] / "by_security.csv", partial(_with, {"security_name": "Nine"}))
    edit_table(runs[0] / "by_date.csv", partial(_with, {"net_saving_bps": "1.0"}))
    found = compare(*runs)
    assert not found.is_same
    assert table_of(found, "by_security").columns_only_after == ["security_name"]
    assert table_of(found, "by_date").columns_only_before == ["net_saving_bps"]


def test_words_are_compared_too(runs: tuple[Path, Path]) -> None:
    edit_table(runs[1] / "statistics.csv", lambda rows: [rows[0] | {"bounds_agree": "yes"}, *rows[1:]])
    (one,) = table_of(compare(*runs), "statistics").differences
    assert (one.measure, one.before, one.after, one.change) == ("bounds_agree", None, "yes", None)


def test_rows_of_equal_keys_are_told_apart_by_their_place() -> None:
    keys: Row = {"by": "x", "value": "1", "scenario": "A", "weighting": "equal"}
    first, second, other = ({**keys, "saving_bps": saving} for saving in (1.0, 2.0, 5.0))
    change = table_change("contrasts", [first, second], [first, other], OtherDays())
    assert change.rows == 2
    (one,) = change.differences
    assert (one.row["place"], one.change) == ("(2)", 3.0)


@pytest.mark.parametrize(
    "keys",
    [
        {"date": "2024-01-01", "hour": "10"},
        {"hour": "10", "volatility": "no valid quote", "spread": "1 tick"},
        {"participant_id": "0069", "marketability": "behind the near touch", "date": "2024-01-01"},
    ],
    ids="+".join,
)
def test_a_table_of_a_combination_of_keys_is_compared_by_its_columns(
    keys: dict[str, str], runs: tuple[Path, Path]
) -> None:
    name, row = combination_name(tuple(keys)), {**keys, "scenario": "A", "orders": "7", "saving_bps": "1.5"}
    for results, saving in zip(runs, ("1.5", "2.0"), strict=True):
        with (results / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row | {"saving_bps": saving})
    (one,) = table_of(compare(*runs), name).differences
    assert (one.row, one.change) == ({**keys, "scenario": "A"}, 0.5)


def test_names_beside_the_keys_of_such_a_table_are_no_keys() -> None:
    row: Row = {"security_code": "9", "security_name": "Nine", "hour": "10", "scenario": "A", "orders": 7}
    change = table_change("by_x", [row], [{**row, "security_name": "Neun"}], OtherDays())
    (one,) = change.differences
    assert (one.row, one.measure) == ({"security_code": "9", "hour": "10", "scenario": "A"}, "security_name")


def test_intervals_that_are_named_after_their_measure_are_judged_by_too() -> None:
    row: Row = {"size_bucket": "1-100", "scenario": "A", "saving_mean_bps": 1.0}
    ends: Row = {"saving_mean_ci_low": 0.5, "saving_mean_ci_high": 1.5}
    after: Row = {**row, "saving_mean_bps": 2.0, "saving_mean_ci_low": 1.75, "saving_mean_ci_high": 2.5}
    change = table_change("by_order_size", [{**row, **ends}], [after], OtherDays())
    (said,) = (one.intervals for one in change.differences if one.measure == "saving_mean_bps")
    assert said == "intervals exclude each other"


def test_what_else_lies_in_a_folder_is_no_table(runs: tuple[Path, Path]) -> None:
    (runs[0] / "by_hand.csv").write_text("who,what\nme,notes of mine\n")
    found = compare(*runs)
    assert (found.is_same, found.only_before) == (True, [])


def test_tables_of_one_run_alone_are_said(runs: tuple[Path, Path]) -> None:
    (runs[0] / "by_participant.csv").unlink()
    (runs[1] / "outliers.csv").unlink()
    found = compare(*runs)
    assert (found.only_before, found.only_after, found.is_same) == (["outliers"], ["by_participant"], False)


def test_rows_that_count_other_days_are_told_apart(runs: tuple[Path, Path]) -> None:
    """Where one run lacks a day, rows of that day, its security, its date and all orders are of other orders."""
    edit_table(runs[1] / "jobs.csv", lambda rows: [rows[0] | {"state": "failed"}, *rows[1:]])
    for results, quality in zip(runs, ("1", "2"), strict=True):
        edit_table(results / "data_quality.csv", partial(_with, {"count": quality}))
        edit_table(results / "by_security.csv", partial(_with, {"orders": quality}))
        edit_table(results / "by_date.csv", partial(_with, {"orders": quality}))
    found = compare(*runs)
    assert (found.jobs.only_before, found.jobs.only_after, len(found.jobs.both)) == ([PARTITIONS[0]], [], 4)
    assert not found.is_same
    security, date = PARTITIONS[0]
    for one in table_of(found, "by_security").differences:
        assert one.same_days == (one.row["security_code"] != security)
    for one in table_of(found, "by_date").differences:
        assert one.same_days == (one.row["date"] != date)
    counts = table_of(found, "data_quality")
    for one in counts.differences:
        part = one.row["security_code"], one.row["date"]
        assert one.same_days == (part not in (("all", "all"), PARTITIONS[0]))
    assert counts.other_days == sum(not one.same_days for one in counts.differences) > 0
    summary = table_of(found, "global_summary")
    assert summary.is_of_other_days


def test_contrasts_name_their_security_or_date_as_a_value() -> None:
    other = OtherDays.of([("9", "2024-01-01")])
    assert other.counted({"by": "security", "value": "9"})
    assert other.counted({"by": "size_bucket", "value": "9"})
    assert other.counted({"by": "date", "value": "2024-01-01"})
    assert not other.counted({"by": "security", "value": "101"})
    assert not other.counted({"by": "date", "value": "2024-01-02"})
    assert not OtherDays().counted({"by": "date", "value": "2024-01-02"})


def test_a_deviation_is_told_by_all_days_of_its_security() -> None:
    row: Row = {"security_code": "9", "date": "2024-01-02", "order_id": "7", "shortfall_bps": 1.0, "shortfall_z": 3.0}
    moved: Row = {**row, "shortfall_bps": 2.0, "shortfall_z": 4.0}
    for other, same in (("9", False), ("101", True)):
        change = table_change("outliers", [row], [moved], OtherDays.of([(other, "2024-01-01")]))
        assert change.other_days == 0
        assert {one.measure: one.same_days for one in change.differences} == {
            "shortfall_bps": True,
            "shortfall_z": same,
        }


def _with(given: dict[str, str], rows: Table) -> Table:
    return [row | given for row in rows]


@pytest.mark.parametrize(("ends", "said"), [((2.0, 3.0), "exclude each other"), ((0.5, 3.0), "overlap"), ((), "no ")])
def test_intervals_that_exclude_each_other_are_said(
    ends: tuple[float, ...], said: str, runs: tuple[Path, Path]
) -> None:
    for results, interval in zip(runs, ((-1.0, 1.0), ends), strict=True):
        low, high = map(str, interval) if interval else ("", "")
        edit_table(results / "statistics.csv", partial(_with, {"ci_low": low, "ci_high": high}))
    assert all(said in one.intervals for one in compare(*runs).verdicts)


def paired(found: Comparison, weighting: str) -> Change:
    (one,) = (one for one in found.verdicts if (one.scenario, one.weighting) == ("A", weighting))
    assert one.paired is not None
    return one.paired


def test_days_are_paired_where_the_orders_are_the_same(runs: tuple[Path, Path]) -> None:
    """Of one security, the change is a ratio over dates, and its variance what leaving each date out makes of it."""
    dates = tuple(("9", f"2024-01-0{n}") for n in range(1, 7))
    moved = (0.5, 1.5, 0.2, 0.9, 1.1, 0.4)
    for results in runs:
        for _, date in dates:
            (results / "sec9" / date).mkdir(exist_ok=True)
        edit_table(results / "jobs.csv", lambda rows: [{**rows[0], "security": "9", "date": date} for _, date in dates])
    write_days(runs[0], dates, lambda n: 1.0 + n)
    write_days(runs[1], dates, lambda n: 1.0 + n + moved[n])
    found = compare(*runs)
    weights = {"notional": [1000 * (2 * n + 4) for n in range(6)], "equal": [2 * (8 + n) for n in range(6)]}
    for weighting, scale in (("notional", 1.0), ("equal", 0.5)):
        w = weights[weighting]
        ratio = sum(a * b for a, b in zip(w, moved, strict=True)) / sum(w)
        change = paired(found, weighting)
        assert change.estimate == pytest.approx(scale * ratio, rel=1e-12)
        assert change.days == 6
        assert change.low is not None
        assert change.high is not None
        left = [sum(w[i] * moved[i] for i in range(6) if i != n) / (sum(w) - w[n]) for n in range(6)]
        error = (5 / 6 * sum((one - ratio) ** 2 for one in left)) ** 0.5
        half = scale * error * stats.t.ppf(0.975, 5)
        assert (change.high - change.low) / 2 >= half * (1 - 1e-9), "no narrower than the plain jackknife's"
        assert change.significant == (change.low > 0)
    part = {"security_code": "9", "scenario": "A"}
    edit_table(runs[1] / "by_security.csv", lambda rows: [row | {"saving_bps": "77.0"} for row in rows])
    changes = [one.paired for one in table_of(compare(*runs), "by_security").differences if one.row == part]
    assert changes == [paired(found, "notional")], "of one security, the days are all days"


def test_other_orders_are_not_paired(runs: tuple[Path, Path]) -> None:
    metrics = runs[1] / "sec9" / "2024-01-01" / "metrics.csv"
    edit_table(metrics, lambda rows: [{**row, "orders": "11"} for row in rows])
    found = compare(*runs)
    assert found.why_not_paired == "not paired: the runs hold other orders of 9 on 2024-01-01"
    assert all(one.paired is None for one in found.verdicts)
    edit_table(runs[1] / "jobs.csv", lambda rows: rows[1:])
    found = compare(*runs)
    assert found.why_not_paired == ""
    assert paired(found, "notional").days == len(PARTITIONS) - 1, "of the days that both runs have"
    edit_table(runs[1] / "jobs.csv", lambda rows: [{**row, "date": "2025-01-01"} for row in rows])
    assert compare(*runs).why_not_paired == "not paired: no security-day is in both runs"


def test_orders_as_if_each_stood_for_itself_are_not_judged_by(runs: tuple[Path, Path]) -> None:
    for results, low in zip(runs, (-3.0, 2.0), strict=True):
        ends = {"saving_bps": str(low), "ci_low": str(low - 1), "ci_high": str(low + 1)}
        edit_table(results / "statistics.csv", partial(_with, ends))
    for one in table_of(compare(*runs), "statistics").differences:
        judged = one.measure == "saving_bps" and one.row["test"] == "cluster"
        assert one.intervals == ("intervals exclude each other" if judged else "")


def test_what_is_no_results_folder_is_one_line(runs: tuple[Path, Path]) -> None:
    (runs[0] / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"is not a results folder: it has no readable run\.json"):
        compare(*runs)


def _nudged(next_to: float, n: int) -> float:
    return math.nextafter(1.0 + n, next_to)


def test_rounding_is_no_change_of_paired_days(runs: tuple[Path, Path]) -> None:
    """It may be alike on all days, and would be more than chance."""
    for results, next_to in zip(runs, (-99.0, 99.0), strict=True):
        write_days(results, PARTITIONS, partial(_nudged, next_to))
    change = paired(compare(*runs), "notional")
    assert (change.estimate, change.low, change.high, change.significant) == (0.0, 0.0, 0.0, False)


def test_a_scenario_that_a_day_lacks_is_paired_where_all_days_have_it(runs: tuple[Path, Path]) -> None:
    security, date = PARTITIONS[0]
    write_days(runs[1], PARTITIONS, lambda n: 2.0 + n)
    edit_table(
        runs[0] / f"sec{security}" / date / "metrics.csv", lambda rows: [r for r in rows if r["scenario"] == "real"]
    )
    jobs = finished_days(runs[0])
    changes = paired_changes(*runs, jobs).changes
    with_it = {part for part, found in changes.items() if ("A", "notional") in found}
    assert with_it == changes.keys() - {("all", "all"), (security, "all"), ("all", date)}
    assert with_it


@settings(deadline=None)
@given(st.sets(st.tuples(st.sampled_from("123"), st.sampled_from("xyz"))))
def test_a_row_is_of_other_days_if_any_day_of_it_is(days: set[tuple[str, str]]) -> None:
    other = OtherDays.of(days)
    for security, date in itertools.product(["1", "2", "3", "all"], ["x", "y", "z", "all"]):
        held = [day for day in days if security in (day[0], "all") and date in (day[1], "all")]
        assert other.counted({"security_code": security, "date": date}) == bool(held)
