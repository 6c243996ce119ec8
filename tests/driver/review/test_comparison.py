"""What changed between two runs: settings first, rows and measures, and if a saving changed by more than chance."""

import csv
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from scipy import stats

from driver.review.comparison import Comparison, compare, largest
from driver.review.paired import Change
from driver.run.results_folder import JOB_COLUMNS
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_jobs
from tickstore.errors import UserError

Table = list[dict[str, str]]
CONFIG = {"population": "all", "dark_share": 0.5, "results": "a", "max_workers": 8}


def edit(path: Path, change: Callable[[Table], Table]) -> None:
    with path.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


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


def test_a_run_is_the_same_as_itself(runs: tuple[Path, Path]) -> None:
    found = compare(*runs)
    assert (found.settings, found.missing, found.why_not_paired) == ([], [], "")
    assert {one.table for one in found.tables} >= {"global_summary", "by_security", "time_series"}
    assert all(one.rows and not (one.differences or one.only_before or one.only_after) for one in found.tables)
    assert all(one.before == one.after for one in found.verdicts)


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
    def change(rows: Table) -> Table:
        rows[1]["saving_bps"], rows[2]["saving_bps"] = "", str(float(rows[2]["saving_bps"]) + 2.0)
        rows[5]["saving_bps"] = str(float(rows[5]["saving_bps"]) - 3.0)
        return rows[:-4]

    edit(runs[1] / "by_security.csv", change)
    (table,) = (one for one in compare(*runs).tables if one.table == "by_security")
    assert (table.rows, table.only_before, table.only_after) == (8, 4, 0)
    assert [(one.key, one.scenario, one.measure) for one in table.differences] == [
        (("9",), "A", "saving_bps"), (("9",), "B", "saving_bps"), (("101",), "A", "saving_bps"),
    ]  # fmt: skip
    assert [one.size for one in largest(table)] == pytest.approx([3.0, 2.0, 0.0])


def _with(given: dict[str, str], rows: Table) -> Table:
    return [row | given for row in rows]


@pytest.mark.parametrize("kind", ["order_type", "mid_tick", "size_quartile"])
def test_kinds_of_orders_are_compared_too(runs: tuple[Path, Path], kind: str) -> None:
    row = {kind: "64", "scenario": "A", "orders": "7", "fill_ratio": "0.5", "saving_bps": "1.5"}
    for results, saving in zip(runs, ("1.5", "2.0"), strict=True):
        with (results / f"by_{kind}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row | {"saving_bps": saving})
    (change,) = (one for one in compare(*runs).tables if one.table == f"by_{kind}")
    (found,) = change.differences
    assert (found.key, found.scenario, found.measure, found.before, found.after) == (("64",), "A", "saving_bps", 1.5, 2)


@pytest.mark.parametrize(("ends", "said"), [((2.0, 3.0), "exclude each other"), ((0.5, 3.0), "overlap"), ((), "no ")])
def test_intervals_that_exclude_each_other_are_said(
    ends: tuple[float, ...], said: str, runs: tuple[Path, Path]
) -> None:
    for results, interval in zip(runs, ((-1.0, 1.0), ends), strict=True):
        low, high = map(str, interval) if interval else ("", "")
        edit(results / "statistics.csv", partial(_with, {"ci_low": low, "ci_high": high}))
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
        edit(results / "jobs.csv", lambda rows: [{**rows[0], "security": "9", "date": date} for _, date in dates])
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


def test_other_orders_are_not_paired(runs: tuple[Path, Path]) -> None:
    metrics = runs[1] / "sec9" / "2024-01-01" / "metrics.csv"
    edit(metrics, lambda rows: [{**row, "orders": "11"} for row in rows])
    assert compare(*runs).why_not_paired == "not paired: the runs hold other orders of 9 on 2024-01-01"
    edit(runs[1] / "jobs.csv", lambda rows: rows[1:])
    assert compare(*runs).why_not_paired == "not paired: the runs are of other security-days"
    assert all(one.paired is None for one in compare(*runs).verdicts)


def test_what_is_no_results_folder_is_one_line(runs: tuple[Path, Path]) -> None:
    (runs[0] / "run.json").write_text("{")
    with pytest.raises(UserError, match=r"is not a results folder: it has no readable run\.json"):
        compare(*runs)
