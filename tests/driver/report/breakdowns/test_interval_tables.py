"""Savings of parts of the orders: what contrasts.csv has of those that are shown, no more and no less."""

from pathlib import Path

from driver.report.breakdowns.interval_tables import HEADINGS, Saving, interval_tables
from driver.report.breakdowns.saving_parts import saving_parts
from driver.report.groups import size_name
from driver.report.page import report_content, write_report
from driver.review.numbers import Row, signed
from driver.review.read_back import read_table
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_jobs


def contrast(by: str, value: str, scenario: str, weighting: str, low: float | None) -> Row:
    saving = {"saving_bps": 1.0, "ci_low": low, "ci_high": None if low is None else low + 2.0}
    return {"by": by, "value": value, "scenario": scenario, "weighting": weighting, **saving}


QUARTERS: list[Row] = [
    {"size_quartile": 1, "meaning": "smallest", "scenario": "R", "saving_p_value": 0.03, "saving_p_holm": 0.12,
     "saving_mean_p_value": 0.5, "saving_mean_p_holm": 1.0},
]  # fmt: skip


def test_parts_are_those_that_are_shown_with_their_names_in_the_order_of_the_file() -> None:
    rows = [
        contrast("security", "9", "A", "notional", 0.0),
        contrast("security", "10", "A", "notional", 0.5),
        contrast("security", "11", "A", "notional", 0.5),
        contrast("security", "9", "P", "notional", 0.0),
        contrast("date", "2024-01-01", "A", "notional", None),
    ]
    labels = {"security": {"10": "10 Ten", "9": "9 Nine"}, "date": {"2024-01-01": "2024-01-01"}}
    (table,) = interval_tables(rows, [], ["A", "R"], labels)
    unknown = Saving(None, None, None)
    lines = [("9 Nine", [Saving(1.0, 0.0, 2.0), unknown]), ("10 Ten", [Saving(1.0, 0.5, 2.5), unknown])]
    assert table == ("by value", [(HEADINGS["security"], lines)]), "no date has an interval, P is not told of"


def test_quarters_have_the_tests_of_their_weighting() -> None:
    rows = [contrast("size_quartile", "1 of 4", "R", weighting, -1.0) for weighting in ("equal", "notional")]
    by_value, per_order = interval_tables(rows, QUARTERS, ["R"], {})
    assert (by_value.weighting, per_order.weighting) == ("by value", "per order")
    assert by_value.groups == [(HEADINGS["size_quartile"], [("1 smallest", [Saving(1.0, -1.0, 1.0, 0.03, 0.12)])])]
    assert per_order.groups == [(HEADINGS["size_quartile"], [("1 smallest", [Saving(1.0, -1.0, 1.0, 0.5, 1.0)])])]


def test_the_page_shows_every_interval_of_the_parts(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    write_report(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    rows = [row for row in read_table(tmp_path / "contrasts.csv") if row["ci_low"] is not None]
    assert {row["by"] for row in rows} == {*HEADINGS}
    for row in rows:
        if row["scenario"] in ("A", "B", "C"):
            saving, low, high = (signed(float(str(row[name]))) for name in ("saving_bps", "ci_low", "ci_high"))
            assert f'<td>{saving} <span class="soft">({low} to {high})</span>' in text, row


def test_buckets_of_sizes_are_written_to_be_read() -> None:
    assert [size_name(bucket) for bucket in ("1-100", "10001-50000", "50001+")] == [
        "1 to 100",
        "10,001 to 50,000",
        "50,001 and more",
    ]


def test_one_security_day_has_no_table_of_intervals(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path, PARTITIONS[:1]), SETTINGS)
    assert report_content(tmp_path)["interval_tables"] == []


def test_what_a_saving_is_made_of_adds_up_to_it(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    content = report_content(tmp_path)
    savings = {row["scenario"]: row["saving_bps"] for row in content["summary"]}
    assert [name for name, _ in content["parts"]] == ["A", "B", "C"]
    for name, two in content["parts"]:
        assert abs(sum(row["saving_part_bps"] for row in two) - savings[name]) < 1e-9


def test_parts_that_are_not_known_of_every_order_are_left_out() -> None:
    rows: list[Row] = [
        {"security_code": "all", "scenario": name, "part": part, "saving_part_bps": known}
        for name, known in (("A", 1.0), ("R", None))
        for part in ("fills", "refuses", "neither")
    ]
    assert saving_parts(rows, ["A", "R"]) == [("A", rows[:2])]
    assert saving_parts([{**rows[0], "security_code": "9"}], ["A"]) == []
