"""The figures of how costs spread: octaves add up to the orders, marks stand where shares are, words have them all."""

from collections import Counter
from pathlib import Path

import pytest

from driver.report.distributions.spread_figures import octaves, spread_figure
from driver.report.distributions.spread_section import compared, spread_section
from driver.report.page import report_content, write_report
from driver.review.numbers import Row
from driver.review.read_back import read_table
from driver.tables.aggregate import aggregate
from kernels.sums.histograms import BUCKETS, bucket_edges
from tests.driver.job_folders import SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import empty_block
from tests.driver.report.page_reading import troubles
from tests.driver.report.test_charts import elements


def bucket(low: float | None, high: float | None, orders: int, scenario: str = "real") -> Row:
    return {"measure": "shortfall", "scenario": scenario, "unit": "bps", "low": low, "high": high, "orders": orders}


def test_buckets_add_up_to_octaves_on_either_side_of_the_middle() -> None:
    edges = [None, *bucket_edges()[1:-1].tolist(), None]
    (counts,) = octaves([bucket(edges[b], edges[b + 1], 1) for b in range(BUCKETS)], ["real"]).values()
    assert counts.total() == BUCKETS
    assert counts[0] == 2 * 8 * 4 + 1  # below a quarter of a basis point: four octaves on either side
    assert {counts[place] for place in range(1, 17)} == {counts[-place] for place in range(1, 17)} == {8}
    assert sorted(counts) == list(range(-16, 17))


@pytest.mark.parametrize(
    ("low", "high", "place"),
    [(0.25, 0.28125, 1), (-0.28125, -0.25, -1), (1.0, 1.125, 3), (60.0, 64.0, 8), (64.0, 72.0, 9), (-72.0, -64.0, -9)],
)
def test_an_octave_begins_at_its_number(low: float, high: float, place: int) -> None:
    assert octaves([bucket(low, high, 3)], ["real"]) == {"real": Counter({place: 3})}


def test_marks_are_where_shares_are_and_few_orders_are_faint() -> None:
    rows = [bucket(-1 / 64, 1 / 64, 60), bucket(8.0, 9.0, 37), bucket(-4.5, -4.0, 3), bucket(2.0, 2.25, 50, "R")]
    found = octaves(rows, ["real", "R", "D"])
    assert list(found) == ["real", "R"]
    drawing = elements(spread_figure(found, "shortfall", "How shortfalls spread"))
    words = " ".join(text["text"] for text in drawing["text"])
    assert "real: 60 % within" in words
    assert "R: 0 % within" in words
    assert "share of orders, %" in words
    told = drawing["desc"][0]["text"]
    assert "8: 37.0" in told
    assert "\N{MINUS SIGN}4: 3.0" in told
    assert "2: 100.0" in told
    assert [mark for mark in drawing["polygon"] if mark.get("opacity")]  # three orders alone, or none


def test_reality_stands_beside_what_is_replayed_else_beside_the_algebra() -> None:
    assert compared(["real", "A", "P", "R", "R_optimistic", "R_conservative", "D"]) == ["real", "R", "D"]
    assert compared(["real", "A", "C"]) == ["real", "A", "C"]
    assert compared(["real", "P"]) == ["real"]


def test_the_section_shows_what_the_tables_say(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    drawings, table = spread_section(
        read_table(tmp_path / "global_summary.csv"),
        read_table(tmp_path / "distributions.csv", ("security_code", "all")),
        read_table(tmp_path / "histograms.csv"),
    )
    assert set(drawings) == {"spread_shortfall", "spread_saving"}
    assert table["names"] == ["real", "A", "B", "C"]
    lines = dict(table["lines"])
    whole = {
        row["scenario"]: row for row in read_table(tmp_path / "distributions.csv") if
        (row["security_code"], row["measure"]) == ("all", "shortfall")
    }  # fmt: skip
    expected = [
        (whole[name][place], whole[name]["orders"]) for name in table["names"] for place in ("p10", "median", "p90")
    ]
    assert lines["shortfall, bps"] == expected
    assert lines["saving, bps"][:3] == [(None, None)] * 3  # reality saves nothing of itself
    assert report_content(tmp_path)["charts"].keys() >= drawings.keys()


def test_without_orders_the_section_is_left_out(tmp_path: Path) -> None:
    aggregate(tmp_path, [make_job(tmp_path, 0, "7", "2024-01-01", empty_block(SETTINGS.simulation))], SETTINGS)
    assert write_report(tmp_path) == ""
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="spread"' not in page
    assert troubles(page) == []


def test_the_page_with_the_section_has_no_trouble(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    assert write_report(tmp_path) == ""
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="spread"' in page
    assert troubles(page) == []
