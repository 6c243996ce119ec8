"""The page serves every reader, of every kind of run: what a screen reader, a keyboard, a printer, a phone needs."""

import json
import re
from pathlib import Path

import pytest

from driver.report.answer import answer
from driver.report.groups import SHOWN, distinct, largest
from driver.report.page import write_report
from driver.report.palette import BARS, COLOURS, EMPTY, GIVEN_BACK, INK, INVENTED, MISSED, OUTCOMES, SHAPES
from driver.review.numbers import Row, number
from driver.review.read_back import Cells, read_table
from tests.driver.report.kinds_of_runs import KINDS, edit, failed_job, no_quotes, nothing_known, several, with_market
from tests.driver.report.page_reading import contrast, text_colours, troubles

WHITE = "#ffffff"


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind.__name__))
def page(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    request.param(tmp_path)
    assert write_report(tmp_path) == ""
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nobody_is_left_out(page: str) -> None:
    assert troubles(page) == []


def test_what_is_not_known_is_not_written_as_a_word_of_programs(page: str) -> None:
    """An empty cell, a dash or a sentence; coordinates of drawings are numbers."""
    assert not re.search(r">\s*[+\N{MINUS SIGN}-]?(nan|None|inf|null)\b", page)
    assert not re.search(r'"(nan|inf|None)[", ]', page)


def test_the_checker_finds_what_is_wrong() -> None:
    style = '<html lang="en"><head><title>x</title></head><body><main><h1>x</h1>'
    wrong = [
        '<p id="a"></p><p id="a"></p>', "<table><tr><th>x</th></tr></table>", "<svg></svg>",
        '<div class="scroll"></div>',
        '<section id="s"><h2>x</h2></section>', '<a href="#nowhere">x</a>', "<script></script>", "<h1>again</h1>",
        '<section id="s"><h2>x</h2><details>closed</details></section>', "<pre>x</pre>", "<h3>too deep</h3>",
        "<h2>a</h2><h2>a</h2>", "<section>x</section>", "<nav></nav>",
        '<table><caption>x</caption><tr><th scope="row">x</th><td></td></tr></table>',
        '<nav aria-label="x"></nav><section id="s">x</section>',
    ]  # fmt: skip
    assert troubles(f"{style}</main></body></html>") == []
    assert troubles(f"{style}</main></body></html>".replace(' lang="en"', "")) == ["no language"]
    for text in wrong:
        assert troubles(f"{style}{text}</main></body></html>"), text


def test_text_stands_out_from_the_ground(page: str) -> None:
    colours = text_colours(page) - {WHITE}  # on the darkest area, below
    assert len(colours) >= 3
    assert {colour: contrast(colour, WHITE) for colour in colours if contrast(colour, WHITE) < 4.5} == {}


def test_areas_stand_out_from_the_ground_and_from_what_they_touch() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    for areas in (OUTCOMES, (GIVEN_BACK, MISSED, INVENTED)):
        filled = [area for area in areas if area != EMPTY]
        assert len(filled) == len(areas) - 1, "one is empty, in an outline"
        assert min(contrast(area, WHITE) for area in filled) >= 3
        assert contrast(*filled) >= 3
    assert contrast(OUTCOMES[0], WHITE) >= 4.5
    assert min(contrast(OUTCOMES[1], INK), contrast(EMPTY, INK)) >= 4.5, "the figures on them"
    assert contrast(BARS, WHITE) >= 3


def test_marks_stand_out_and_differ_in_shape() -> None:
    assert min(contrast(colour, WHITE) for colour in COLOURS.values()) >= 3
    assert len(set(SHAPES.values())) == len(SHAPES)


def test_the_title_says_who_and_what(tmp_path: Path) -> None:
    several(tmp_path)
    write_report(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<title>darkreplay: 9, 101, BRK.B, 2024-01-01 to 2024-01-02 (2 dates), 370 orders</title>" in text
    config = {"participant_ids": ["7"], "hour_start": 10, "hour_end": 15, "timezone": "UTC", "population": "all"}
    (tmp_path / "run.json").write_text(json.dumps({"config": config, "versions": {"darkreplay": "1.2"}}))
    write_report(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    said = re.search(r"<title>darkreplay 1.2: (.*)</title>", text)
    assert said
    assert said[1].startswith("9, 101, BRK.B, 2024-01-01 to 2024-01-02 (2 dates), participant ")
    assert said[1].endswith(", 10:00 to 15:59, UTC, 370 orders")
    assert f'<div class="title">{said[1]}</div>' in text
    failed = tmp_path / "failed"
    failed.mkdir()
    failed_job(failed)
    write_report(failed)
    text = (failed / "report.html").read_text(encoding="utf-8")
    assert "370 orders (incomplete)</title>" in text
    assert text.index("1 of 6 security-days is missing") < text.index('id="answer"')
    assert "Do not rely on it</span>\n    &middot; completeness: 1 security-day missing" in text


def test_what_is_of_few_orders_is_marked_and_drawn_faint(tmp_path: Path) -> None:
    several(tmp_path)
    write_report(tmp_path)
    before = (tmp_path / "report.html").read_text(encoding="utf-8")
    edit(tmp_path, "by_security", lambda rows: [{**row, "priced_orders": "4"} for row in rows])
    write_report(tmp_path)
    after = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert after.count('class="few"') > before.count('class="few"')
    assert after.count('opacity="0.4"') - before.count('opacity="0.4"') == 3 * 3  # securities, scenarios


def test_a_run_without_costs_says_so_first(tmp_path: Path) -> None:
    no_quotes(tmp_path)
    write_report(tmp_path)
    assert "Costs and savings are not known" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_market_that_orders_met_is_shown_where_it_is_known(tmp_path: Path) -> None:
    with_market(tmp_path)
    write_report(tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<section id="market">' in text
    assert text.count("\N{DAGGER}</span>") >= 2 * 3, "of 3 trades"
    traders = text.partition("Who trades here")[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">(\d+)</th>', traders) == [str(n) for n in range(12, 2, -1)], "by value"
    assert "the 10 of 12 participants" in traders
    venues = text.partition("Trades by venue")[2].partition("</table>")[0]
    assert venues.count('<th scope="row">') == 6
    edit(tmp_path, "market", lambda rows: [{**row, "trades": "0"} for row in rows])
    write_report(tmp_path)
    quoted = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<section id="market">' in quoted
    assert "Who trades here" not in quoted
    edit(tmp_path, "market", lambda rows: [{**row, "quoted_share": "0.0"} for row in rows])
    write_report(tmp_path)
    assert '<section id="market">' not in (tmp_path / "report.html").read_text(encoding="utf-8"), "neither"
    (tmp_path / "market.csv").unlink()
    write_report(tmp_path)
    assert '"market"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_scenarios_that_nothing_is_known_of_are_named_once_and_have_no_empty_rows(tmp_path: Path) -> None:
    several(tmp_path)
    write_report(tmp_path)
    before = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Not known, for want of" not in before
    assert "Where savings arise" in before
    unknown = tmp_path / "unknown"
    unknown.mkdir()
    nothing_known(unknown)
    write_report(unknown)
    after = (unknown / "report.html").read_text(encoding="utf-8")
    assert "<p>Not known, for want of trades or quotes: A, B, C.</p>" in after
    assert "<dt>scenarios</dt><dd>A, B, C</dd>" in after
    assert "Where orders fill" in after
    edit(
        unknown,
        "global_summary",
        lambda rows: [row | {"fill_ratio": "0.5"} if row["scenario"] == "C" else row for row in rows],
    )
    write_report(unknown)
    assert "<dt>scenarios</dt><dd>A, B, C</dd>" in (unknown / "report.html").read_text(encoding="utf-8"), "as asked"
    assert '<th scope="row">A</th>' in before
    assert '<th scope="row">A</th>' not in after
    assert '<div class="card"><b>\N{EN DASH}' not in after


def test_groups_of_no_known_value_are_those_that_ask_for_most() -> None:
    rows: list[Row] = [{"benchmark_notional": 0, "order_quantity": n} for n in range(SHOWN + 2)]
    groups = [(str(n), [row]) for n, row in enumerate(rows)]
    assert [label for label, _ in largest(groups)] == [str(n) for n in range(2, SHOWN + 2)]
    valued: list[tuple[str, list[Row]]] = [
        (label, [{**row, "benchmark_notional": -int(label)}]) for label, (row,) in groups
    ]
    assert [label for label, _ in largest(valued)] == [str(n) for n in range(SHOWN)]


def test_kinds_of_data_quality_without_a_count_are_one_sentence(tmp_path: Path) -> None:
    several(tmp_path)
    edit(
        tmp_path, "data_quality", lambda rows: [*rows, {**rows[0], "kind": "orders_filled_above_matched", "count": "0"}]
    )
    write_report(tmp_path)
    section = (tmp_path / "report.html").read_text(encoding="utf-8").partition('id="quality"')[2]
    said = section.partition("Looked for, and not found: ")[2].partition("</p>")[0]
    assert "orders filled above matched" in said
    assert '<th scope="row">orders filled above matched</th>' not in section


def test_the_answer_sets_what_a_scenario_fills_beside_what_was_really_filled(tmp_path: Path) -> None:
    several(tmp_path)
    (real, first, *_) = read_table(tmp_path / "global_summary.csv")
    said = answer([real, first], [], None, False)[1]
    shares = [100 * number(row["fill_ratio"]) for row in (first, real)]
    assert f"filled {shares[0]:.1f} % of the shares ({shares[1]:.1f} % really)." in said


def test_a_sign_that_the_touch_takes_away_is_said_with_the_touch(tmp_path: Path) -> None:
    several(tmp_path)
    real, first, *_ = read_table(tmp_path / "global_summary.csv")
    row: Row = {**first, "scenario": "R"}
    ends = {"low_saving_bps": 0.1, "high_saving_bps": 0.2, "low_saving_touch_bps": -0.5, "high_saving_touch_bps": -0.4}
    bounds: Row = {**ends, "identified": "not identified"}
    said = answer([real, row], [], bounds, False)[2]
    assert "its sign is not identified: charged at the touch it is \N{MINUS SIGN}0.50 to \N{MINUS SIGN}0.40" in said
    mixed: Row = {**bounds, "low_saving_bps": -0.1}
    assert "touch" not in answer([real, row], [], mixed, False)[2]


def test_of_one_security_day_its_row_is_not_said_three_times() -> None:
    keys = [("all", "all"), ("9", "all"), ("all", "2024-01-01")]
    rows: list[Cells] = [{"security_code": security, "date": date} for security, date in keys]
    assert distinct(rows) == rows[:1]
    more: list[Cells] = [*rows, {"security_code": "10", "date": "all"}]
    assert distinct(more) == [rows[0], rows[1], more[3]]
