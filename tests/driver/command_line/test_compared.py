"""What `compare` prints: jobs and settings first, then savings, then tables, in 80 columns."""

from dataclasses import replace
from pathlib import Path

import pytest

from driver.command_line.compared import SHOWN, comparison_text
from driver.inference.sample import status_of
from driver.report.plain import WIDTH
from driver.review.comparison import Comparison, Jobs, Verdict
from driver.review.numbers import Row
from driver.review.paired import Change
from driver.review.table_changes import OtherDays, TableChange, table_change

DAYS = [("101", f"2024-01-{day:02}") for day in range(1, 31)]
NOTHING = Comparison(
    Jobs(DAYS[:2], [], []), settings=[], versions=[], missing=[], verdicts=[], tables=[], only_before=[],
    only_after=[], left_out={},
)  # fmt: skip
SAME_DAYS = OtherDays()


def lines_of(found: Comparison, every: bool = False) -> list[str]:
    lines = comparison_text(Path("a"), Path("b"), found, every).splitlines()
    assert lines[:2] == ["A: a", "B: b"]
    assert max(map(len, lines)) <= WIDTH
    return lines[2:]


def sizes(*savings: float, scenario: str = "A") -> list[Row]:
    return [{"size_bucket": str(n), "scenario": scenario, "saving_bps": one} for n, one in enumerate(savings)]


def changed(table: str, before: list[Row], after: list[Row], other: OtherDays = SAME_DAYS) -> TableChange:
    return table_change(table, before, after, other)


@pytest.mark.parametrize(
    ("scenario", "low", "said"),
    [("R", 0.1, ": more than chance"), ("R", -0.1, ": no more than chance"), ("A", 0.1, ": described, not tested")],
)
def test_only_what_is_tested_in_a_run_is_judged_between_two(scenario: str, low: float, said: str) -> None:
    change = Change(0.5, low, 0.9, 12, "clustered by date")
    verdict = Verdict(scenario, status_of(scenario), "notional", 1.0, 1.5, "intervals overlap", change)
    lines = lines_of(replace(NOTHING, verdicts=[verdict], only_after=["bounds"]))
    start = next(n for n, line in enumerate(lines) if line.startswith(f"  {scenario}, by value: +1.0000 -> +1.5000"))
    text = " ".join(line.strip() for line in lines[start : lines.index("") + 4])
    assert "paired over 12 security-days +0.5000" in text
    assert said in text


def test_savings_that_did_not_change_are_gathered() -> None:
    unchanged = Change(0.0, 0.0, 0.0, 12, "")
    moved = Verdict("A", "algebra", "equal", 1.0, 1.25, "no interval", None)
    still = Verdict("R", "tested", "equal", 2.0, 2.0, "intervals overlap", unchanged)
    other_days = Verdict("D", "tested", "equal", 2.0, 3.0, "intervals overlap", unchanged)
    lines = lines_of(replace(NOTHING, verdicts=[moved, still, other_days], only_after=["bounds"]))
    assert "  A, per order: +1.0000 -> +1.2500; no interval" in lines
    assert "  the same in both: R per order" in lines
    assert "  D, per order: +2.0000 -> +3.0000; intervals overlap; unchanged over the 12" in lines


def test_settings_and_versions_are_said_of_runs_that_say_the_same_too() -> None:
    found = replace(
        NOTHING, settings=[("dark_share", 0.5, 0.25), ("orders", [], ["x"])], versions=[("numpy", "1", "2")]
    )
    assert lines_of(found) == [
        "settings that differ:", "  dark_share: 0.5 -> 0.25", "versions that differ:", "  numpy: 1 -> 2",
        "identical: 2 security-days, 0 tables",
    ]  # fmt: skip
    assert "  orders: not set -> x" in lines_of(replace(found, only_after=["bounds"]))


def test_where_the_same_data_was_is_not_said() -> None:
    found = replace(NOTHING, settings=[("input", "raw", ""), ("orders", [], ["x"])])
    assert lines_of(found) == ["identical: 2 security-days, 0 tables"]


def test_rounding_is_said_where_nothing_else_differs() -> None:
    table = changed("by_order_size", sizes(1.0), sizes(1.0 + 1e-15))
    assert table.rounded == 1
    lines = lines_of(replace(NOTHING, tables=[table]))
    assert lines == ["identical but for rounding (1 figure): 2 security-days, 1 table"]


def test_the_largest_changes_of_a_table_are_shown_and_all_on_request() -> None:
    table = changed("by_order_size", sizes(*[1.0] * 9), sizes(1.0, *[1.0 + n / 8 for n in range(8)]))
    short, whole = (lines_of(replace(NOTHING, tables=[table]), every) for every in (False, True))
    start = short.index("by_order_size.csv: 7 of 9 rows differ, in 1 column")
    assert short[start + 1 : start + 1 + SHOWN] == [
        f"  {n} A saving_bps: +1.0000 -> +{1 + (n - 1) / 8:.4f}" for n in (8, 7, 6, 5)
    ]
    assert short[-1] == "all changes: --all, or --json"
    assert len([line for line in whole if "saving_bps" in line]) == 7
    assert "all changes" not in whole[-1]


def test_figures_have_as_many_digits_as_tell_them_apart() -> None:
    table = changed("by_order_size", sizes(1.0, 2e-7), sizes(1.0 + 3e-8, 2.5e-7))
    lines = lines_of(replace(NOTHING, tables=[table]))
    assert "  0 A saving_bps: +1.000000000 -> +1.000000030" in lines
    assert "  1 A saving_bps: +0.000000200 -> +0.000000250" in lines


def test_rows_and_tables_of_one_run_alone_are_named() -> None:
    table = changed("by_order_size", sizes(*[1.0] * 9), sizes(1.0))
    lines = lines_of(replace(NOTHING, tables=[table], only_before=["bounds"], only_after=["by_parent"]))
    assert "by_order_size.csv: 1 row the same, 8 only in A" in lines
    assert "  only in A: 1 A, 2 A, 3 A, 4 A, and 4 more" in lines
    assert lines[-2:] == ["tables only in A: bounds", "tables only in B: by_parent"]


def test_jobs_that_differ_come_first_and_their_rows_are_not_shown_as_changes() -> None:
    other = Jobs(DAYS[:2], DAYS[2:], [])
    days = OtherDays.of(DAYS[2:])
    table = changed("by_order_size", sizes(1.0, 2.0), sizes(1.0, 3.0), days)
    market: list[Row] = [{"security_code": code, "date": date, "trades": 7} for code, date in DAYS[:3]]
    panel = changed("market", market, [{**row, "trades": 8} for row in market[:2]], days)
    lines = lines_of(replace(NOTHING, jobs=other, tables=[table, panel]))
    assert lines[0] == "jobs: 2 security-days in both"
    assert lines[1].startswith("jobs: 28 only in A: 101/2024-01-03, 101/2024-01-04,")
    assert "of other security-days: by_order_size" in lines
    assert not [line for line in lines if "saving_bps" in line]
    assert "market.csv: 2 of 2 rows differ, in 1 column, 1 only in A" in lines
    assert "  101 2024-01-01 trades: 7 -> 8" in lines
    every = lines_of(replace(NOTHING, jobs=other, tables=[table, panel]), every=True)
    assert "  *1 A saving_bps: +2.0000 -> +3.0000" in every


def test_long_words_do_not_break_the_width() -> None:
    before: list[Row] = [{"test": "cluster", "scenario": "A", "weighting": "notional", "note": "clustered " * 12}]
    table = changed("statistics", before, [{**before[0], "note": "one cluster: " * 9}])
    assert [line for line in lines_of(replace(NOTHING, tables=[table])) if "cluster A notional note:" in line]
