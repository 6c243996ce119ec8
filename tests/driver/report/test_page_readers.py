"""The page serves every reader, of every kind of run: what a screen reader, a keyboard, a printer, a phone needs."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driver.report.answer import answer
from driver.report.groups import distinct
from driver.report.page import write_report
from driver.report.palette import BARS, COLOURS, EMPTY, GIVEN_BACK, INK, INVENTED, MISSED, OUTCOMES, SHAPES
from driver.review.numbers import Row, number
from driver.review.read_back import Cells, read_table
from driver.tables.aggregate import aggregate
from driver.tables.csv_text import csv_bytes
from driver.tables.market_tables import market_row
from driver.tables.table_list import row_keys
from driver.tables.table_style import TableStyle
from kernels.conventions import NULL
from kernels.measure.choices import Simulation
from tests.blocks import with_columns
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import empty_block, random_block
from tests.driver.report.page_reading import contrast, text_colours, troubles

WHITE = "#ffffff"
Table = list[dict[str, str]]


def edit(results: Path, name: str, change: Callable[[Table], Table]) -> None:
    """Change a table of a results folder."""
    path = results / f"{name}.csv"
    with path.open(newline="") as file:
        rows = change(list(csv.DictReader(file)))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def several(results: Path) -> None:
    aggregate(results, make_jobs(results), SETTINGS)


def one_job(results: Path) -> None:
    aggregate(results, make_jobs(results, PARTITIONS[:1]), SETTINGS)


def failed_job(results: Path) -> None:
    aggregate(results, make_jobs(results), SETTINGS, missing=[("102", "2024-01-01")])
    missing = {"note": "1 of 6 security-days is missing"}
    (results / "run.json").write_text(json.dumps({"missing": missing, "failed": {"102": "killed <9>"}}))


def no_orders(results: Path) -> None:
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", empty_block(Simulation()))], SETTINGS)


def no_quotes(results: Path) -> None:
    block = random_block(40, 1)
    unquoted = with_columns(block, mid2=NULL, end_mid2=NULL)
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", unquoted)], SETTINGS)
    edit(results, "data_quality", lambda rows: [*rows, {**rows[0], "kind": "quotes", "count": "0"}])


def no_fills(results: Path) -> None:
    block = random_block(40, 3)
    none = np.zeros_like(block.filled_quantity)
    columns: dict[str, Any] = dict.fromkeys(
        ("filled_quantity", "matched_quantity", "notional", "withdrawn_quantity"), none
    )
    nothing = np.zeros_like(block.scenario_filled)
    unfilled = with_columns(block, **columns, scenario_filled=nothing, leaves_quantity=block.order_quantity.copy(),
                            group=np.full(40, 3, np.int8), fills=none.astype(np.int32))  # fmt: skip
    aggregate(results, [make_job(results, 0, "5", "2024-01-01", unfilled)], SETTINGS)


def no_trades(results: Path) -> None:
    several(results)
    edit(results, "data_quality", lambda rows: [*rows, {**rows[0], "kind": "fills", "count": "0"}])
    edit(results, "global_summary", lambda rows: [_unpriced(row) for row in rows])


def _unpriced(row: dict[str, str]) -> dict[str, str]:
    costs = [name for name in row if name.endswith(("_bps", "_value")) or name in ("vwap", "notional", "eq_ratio")]
    return {**row, **dict.fromkeys(costs, ""), "priced_orders": "0"}


def nothing_known(results: Path) -> None:
    """Leave what scenarios do empty, as where trades and quotes lack."""
    no_trades(results)
    for path in results.glob("*.csv"):
        edit(results, path.stem, lambda rows: [_unknown(row) for row in rows])


def _unknown(row: dict[str, str]) -> dict[str, str]:
    if row.get("scenario", "real") == "real":
        return row
    kept = ("orders", "order_quantity", "test", "note", "kind")
    texts = ("scenario", "weighting", "status", "meaning", "measure", "unit", "about", "variant", "part", "until", "by")
    return {name: value if name in (*kept, *texts, *row_keys("", [*row])) else "" for name, value in row.items()}


def one_scenario(results: Path) -> None:
    several(results)
    for name in ("global_summary", "by_security", "by_date", "by_participant", "by_group", "by_time_of_day"):
        edit(results, name, lambda rows: [row for row in rows if row["scenario"] in ("real", "A")])
    for name in ("by_order_size", "by_condition", "by_marketability", "unexecuted"):
        edit(results, name, lambda rows: [row for row in rows if row["scenario"] in ("real", "A")])
    edit(results, "statistics", lambda rows: [row for row in rows if row["scenario"] == "A"])


def many_securities(results: Path) -> None:
    several(results)
    edit(
        results, "by_security", lambda rows: [{**row, "security_code": f"S{n}"} for n in range(500) for row in rows[:4]]
    )


def with_market(results: Path) -> None:
    several(results)
    sums: dict[str, int] = defaultdict(lambda: 3)
    keys = [("9", "2024-01-01"), ("101", "2024-01-01"), ("all", "all")]
    rows = [market_row(key, sums, TableStyle.of(SETTINGS)) for key in keys]
    (results / "market.csv").write_bytes(csv_bytes([*rows[0]], [[*row.values()] for row in rows]))


KINDS = (
    with_market,
    several,
    one_job,
    failed_job,
    no_orders,
    no_fills,
    no_quotes,
    no_trades,
    nothing_known,
    one_scenario,
    many_securities,
)


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
    assert '<th scope="row">A</th>' in before
    assert '<th scope="row">A</th>' not in after
    assert '<div class="card"><b>\N{EN DASH}' not in after


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
    assert "the sign is not identified: charged at the touch it is \N{MINUS SIGN}0.50 to \N{MINUS SIGN}0.40" in said
    mixed: Row = {**bounds, "low_saving_bps": -0.1}
    assert "touch" not in answer([real, row], [], mixed, False)[2]


def test_of_one_security_day_its_row_is_not_said_three_times() -> None:
    keys = [("all", "all"), ("9", "all"), ("all", "2024-01-01")]
    rows: list[Cells] = [{"security_code": security, "date": date} for security, date in keys]
    assert distinct(rows) == rows[:1]
    more: list[Cells] = [*rows, {"security_code": "10", "date": "all"}]
    assert distinct(more) == [rows[0], rows[1], more[3]]
