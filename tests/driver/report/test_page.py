"""The report: self-contained, made from the tables alone, honest where nothing can be inferred."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from driver.report.findings import findings
from driver.report.page import write_report
from driver.review.numbers import less_or_more, signed, three_figures, unlike
from driver.review.read_back import read_table
from driver.tables.aggregate import aggregate
from kernels.measure.choices import Simulation
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import empty_block
from tickstore.errors import InputError


class Page(HTMLParser):
    """Checks that tags nest, and keeps what the page would load."""

    VOID = frozenset(("meta", "link", "br", "img", "hr", "path", "use", "rect"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "iframe", "img"), tag
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def results(tmp_path: Path) -> Path:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    return tmp_path


def page_of(results: Path) -> str:
    assert write_report(results) == ""
    return (results / "report.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_loads_nothing(results: Path) -> None:
    text = page_of(results)
    page = Page(text)
    assert text.startswith("<!doctype html>")
    assert all(target.startswith("#") for target in page.loads), page.loads
    assert not re.search(r"url\((?!#)", text)
    assert text.count("<svg") >= 6
    assert text.count("<svg") == text.count("</desc>") == text.count('role="img"')


def test_equal_tables_give_equal_bytes(results: Path) -> None:
    assert page_of(results) == page_of(results)


def test_only_the_marked_block_depends_on_the_run(results: Path) -> None:
    config = {"dark_share": 0.25, "price_impact_percent": 0.1, "lit_bps": 0.5, "cleanup_s": 60.0, "mid": "arrival"}
    facts = {"seconds": 1.25, "inputs": [{"path": "<b>.csv"}], "names": ["x", "y"]}
    (results / "run.json").write_text(json.dumps({"config": config}))
    before = page_of(results)
    assert "25 % of the order" in before
    assert "mid 60 s after the end" in before
    assert "net_saving_bps in the tables" in before
    (results / "run.json").write_text(json.dumps({"config": config} | facts))
    after = page_of(results)
    assert "&lt;b&gt;.csv" in after
    assert "inputs[0].path" in after
    block = re.compile(r"<!-- of this run alone.*?end of the part of this run alone -->", re.DOTALL)
    assert block.sub("", before) == block.sub("", after)


def test_findings_speak_of_every_scenario_and_of_what_is_missing(results: Path) -> None:
    summary, rows = read_table(results / "global_summary.csv"), read_table(results / "statistics.csv")
    text = " ".join(findings(summary, rows, {"fills": 5, "quotes": 7}, {"lit_bps": 0.0}))
    for scenario in "ABC":
        assert f"Under {scenario} " in text
    assert "95 % interval" in text
    assert text.count("bps by value") == text.count("bps per order") == 3
    assert "says as much as 1." in text
    assert "Fees are set to zero" in text
    assert "A, B and C follow" in text
    real = summary[0]
    unquoted = real["benchmark_none"]
    assert f"about {real['priced_orders']} of {real['orders']} orders: {unquoted} have no valid quote" in text
    others = int(str(real["orders"])) - int(str(real["priced_orders"])) - int(str(unquoted))
    assert f"{others} never lived in continuous trading, or lack a valid quote at their end" in text
    assert f"With the {real['never_in_session']} orders that never lived in continuous trading" in text


def test_one_security_day_says_that_no_inference_is_possible(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path, PARTITIONS[:1]), SETTINGS)
    text = page_of(tmp_path)
    assert "No inference possible: one security-day is one cluster" in text
    assert "interval of the saving" not in text
    section = text.partition('<section id="statistics">')[2].partition("</section>")[0]
    assert section.count("one security-day is one cluster") == 1  # not in a row of each scenario
    assert "Tests and intervals of whole clusters" not in section


def test_findings_do_not_repeat_what_the_answer_says_of_inference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aggregate(tmp_path, make_jobs(tmp_path, PARTITIONS[:1]), SETTINGS)
    monkeypatch.setattr("driver.report.page.answer", lambda *_: ["Sign known; no inference beyond these orders: one."])
    text = page_of(tmp_path)
    assert "no inference beyond these orders: one." in text
    assert "No inference possible" not in text
    assert "A, B and C follow" in text


def test_statistics_are_by_clusters_first_then_a_row_of_orders_alone_a_scenario(results: Path) -> None:
    section = page_of(results).partition('<section id="statistics">')[2].partition("</section>")[0]
    clusters, alone = section.split("</table>")[:2]
    rows = [row for row in read_table(results / "statistics.csv") if row["test"] in ("cluster", "cluster_joint")]
    assert clusters.count("<tr><th") == 1 + sum(row["status"] != "refused" for row in rows) > 3
    assert re.findall(r'<th scope="row">(\w+)</th>', alone) == ["A", "B", "C"]
    (pearson,) = (
        row["correlation"]
        for row in read_table(results / "statistics.csv")
        if (row["test"], row["scenario"]) == ("correlation", "A")
    )
    assert isinstance(pearson, float)
    assert f"<td>{signed(pearson, 3).removeprefix('+')}</td>" in alone


def test_intervals_stand_beside_the_savings_of_all_orders(results: Path) -> None:
    section = page_of(results).partition('<section id="scenarios">')[2].partition("</section>")[0]
    rows = [row for row in read_table(results / "statistics.csv") if row["test"] == "cluster"]
    for row in (row for row in rows if row["weighting"] == "notional"):
        low, high = row["ci_low"], row["ci_high"]
        assert isinstance(low, float)
        assert isinstance(high, float)
        assert f"<td>{signed(low)} to {signed(high)}</td>" in section


def test_no_orders_is_a_page_too(tmp_path: Path) -> None:
    empty = empty_block(Simulation())
    aggregate(tmp_path, [make_job(tmp_path, 0, "5", "2024-01-01", empty)], SETTINGS)
    assert "No order was selected" in page_of(tmp_path)


def test_tables_left_out_of_the_run_are_left_out_of_the_page(results: Path) -> None:
    for name in ("by_security", "by_date", "by_participant"):
        (results / f"{name}.csv").unlink()
    text = page_of(results)
    assert "By participant" not in text
    assert "By order size" in text


def test_what_not_trading_cost_is_told_under_each_charge(results: Path) -> None:
    text = page_of(results)
    section = text.partition("<h3>Orders that really got nothing</h3>")[2].partition("</section>")[0]
    real, first, *_ = (row for row in read_table(results / "unexecuted.csv") if row["breakdown"] == "all")
    charges = ("bps", "touch_bps", "cleanup_bps")
    costs, savings = (
        [signed(float(str(row[f"{name}_{charge}"]))) for charge in charges]
        for row, name in ((real, "shortfall"), (first, "saving"))
    )
    said = re.sub(r"\s+", " ", section.replace("&nbsp;", " "))
    mid, touch, later = costs
    assert f"cost them {mid} bps of their value at the mid of their end, {touch} at its far touch, {later} at" in said
    assert "".join(f"<td>{saving}</td>" for saving in savings) in re.sub(r">\s+<", "><", section)
    table = text.partition("By the local hour of the arrival price")[2].partition("</table>")[0]
    hours = {row["hour"] for row in read_table(results / "by_time_of_day.csv")}
    assert table.count('<th scope="row">') == len(hours) > 3


def test_the_page_says_how_the_saving_depends_on_how_it_is_asked_for(results: Path) -> None:
    text = page_of(results)
    section = text.partition('<section id="sensitivity">')[2].partition("</section>")[0]
    rows = [row for row in read_table(results / "sensitivity.csv") if row["scenario"] == "A"]
    assert section.count('<th scope="row">') == len(rows) > 8
    for row in rows:
        assert f">{row['variant']}</td>" in section
        assert f"<td>{signed(float(str(row['saving_bps'])))}</td>" in section


def test_text_from_the_data_is_escaped(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, [("a&b $x$", "2024-01-01")])
    aggregate(tmp_path, jobs, SETTINGS)
    text = page_of(tmp_path)
    assert "a&amp;b" in text
    assert "a&b" not in text


def test_missing_tables_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"global_summary\.csv is missing: make the tables first"):
        write_report(tmp_path)


def test_a_missing_library_is_one_line_and_no_error(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert re.search(r"report\.html was not made: .* is missing; install it with", write_report(results))
    assert not (results / "report.html").exists()


def test_nothing_heavy_is_imported(results: Path) -> None:
    code = (
        "import sys; from driver.report.page import write_report; write_report(sys.argv[1]); "
        "print(*sys.modules.keys() & {'matplotlib', 'numba', 'scipy', 'pyarrow'})"
    )
    shown = subprocess.run([sys.executable, "-c", code, results], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


def test_numbers_have_as_many_figures_as_are_known() -> None:
    known = {0.0: "0.00", 0.126: "0.13", -9.134: "\N{MINUS SIGN}9.13", 29.04: "29.0", 858.99: "859", 1_216.0: "1,220"}
    assert {value: three_figures(value) for value in known} == known


def test_a_saving_that_shows_as_nothing_is_neither_less_nor_more() -> None:
    assert less_or_more(0.05) == "0.05 bps less"
    assert less_or_more(-0.0051) == "0.01 bps more"
    assert {less_or_more(saving) for saving in (0.0, 0.004, -0.004)} == {"as much (to 0.01 bps)"}
    assert unlike(0.01, -0.01)
    assert not unlike(-0.004, 4.0)


def test_numbers_carry_a_real_minus() -> None:
    assert signed(-1234.5) == "\N{MINUS SIGN}1,234.50"
    assert signed(0.126) == "+0.13"


def test_missing_inputs_are_said(results: Path) -> None:
    summary, rows = read_table(results / "global_summary.csv"), read_table(results / "statistics.csv")
    text = " ".join(findings(summary, rows, {"fills": 0, "quotes": 0}, {}))
    assert "No trades were given" in text
    assert "No quotes were given" in text
    assert "Fees" not in text


def test_orders_that_are_set_apart_are_said(results: Path) -> None:
    summary, rows = read_table(results / "global_summary.csv"), read_table(results / "statistics.csv")
    counts = {"fills": 5, "quotes": 7, "orders_set_apart": 1_200, "orders_set_apart_in_hours": 34}
    assert "1,234 orders contradict themselves and are in no figure" in " ".join(findings(summary, rows, counts, {}))
    assumed = " ".join(findings(summary, rows, {"session_from_config": 2, "fills": 5, "quotes": 7}, {}))
    assert "The sessions of 2 security-days are assumed to be 10:00-16:00 local time: say --session" in assumed
    small = " ".join(findings(summary, rows, {"fills": 5, "quotes": 7}, {"quantity_decimals": 2}))
    assert "Quantities, here and in every table, are in units of 10^-2, not in whole shares." in small
    assert "contradict" not in " ".join(findings(summary, rows, {"fills": 5, "quotes": 7}, {}))


def test_findings_say_which_scenario_fills_more_than_there_was(results: Path) -> None:
    summary, rows = read_table(results / "global_summary.csv"), read_table(results / "statistics.csv")
    (real, a, b, c) = summary
    real |= {"of_market_volume": None, "of_dark_volume": None}
    a |= {"of_market_volume": 0.2, "of_dark_volume": 1.25}
    b |= {"of_market_volume": 0.2, "of_dark_volume": 0.9}
    c |= {"of_market_volume": None, "of_dark_volume": None}
    replayed = a | {"scenario": "R", "of_dark_volume": 8.0}  # uses what was there, both sides of a match counted
    text = " ".join(findings([real, a, b, c, replayed], rows, {"fills": 5, "quotes": 7}, {}))
    assert "A fills 0.20 times what the market traded, and 1.25 times what the dark book did" in text
    assert text.count("liquidity that was not there") == 1
    assert "Really these orders" not in text
    real |= {"of_market_volume": 1.1, "of_dark_volume": 2.0}
    text = " ".join(findings([real, a, b, c, replayed], rows, {"fills": 5, "quotes": 7}, {}))
    assert (
        "that was not there. Really these orders filled 1.10 and 2.00 times as much, the two sides of a match" in text
    )
    c |= {"of_market_volume": 1.5, "of_dark_volume": 0.0}
    text = " ".join(findings([real, a, b, c], rows, {"fills": 5, "quotes": 7}, {}))
    assert "1.25 times what the dark book did; C 1.50 and 0.00 times: they assume liquidity that was not there" in text
    assert text.count("liquidity that was not there") == 1


def test_what_is_said_of_the_replay_is_a_sentence_with_a_real_minus(results: Path) -> None:
    summary, rows = read_table(results / "global_summary.csv"), read_table(results / "statistics.csv")
    said = findings(summary, rows, {"fills": 5}, {}, ["saves -0.21 bps (-1.5 to +2.0) from 2024-01-01"])
    assert "Saves \N{MINUS SIGN}0.21 bps (\N{MINUS SIGN}1.5 to +2.0) from 2024-01-01." in said


def test_every_box_that_may_scroll_is_reached_by_the_keyboard(results: Path) -> None:
    """A table wider than a small window is cut at its edge otherwise."""
    text = page_of(results)
    boxes, tables = text.count('class="scroll" tabindex="0"'), text.count("<table")
    assert boxes == tables == text.count('class="scroll"') > 5
