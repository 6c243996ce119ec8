"""The commands that read finished results: what they print, for people and for programs, and their exit codes."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from driver.command_line.commands import COMMANDS
from driver.command_line.judged import compare, preflight, report
from driver.config.loading import load_config
from driver.report.plain import WIDTH, scenario_lines
from driver.review.checks import FAIL
from driver.run.results_folder import JOB_COLUMNS
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_jobs
from tickstore.errors import InputError, UserError


@pytest.fixture
def results(tmp_path: Path) -> str:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    (tmp_path / "run.json").write_text(json.dumps({"config": asdict(load_config({}).config)}))
    with (tmp_path / "jobs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, JOB_COLUMNS)
        writer.writeheader()
        writer.writerows([{"security": security, "date": date, "state": "done"} for security, date in PARTITIONS])
    return str(tmp_path)


def test_preflight_prints_each_check_and_fails_where_one_does(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(results) / "global_summary.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["priced_orders"] = rows[0]["orders"]  # of random orders too few have a cost
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    preflight(results)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("pass     completeness") for line in lines)
    assert any(line.startswith("not run  fidelity") for line in lines)
    preflight(results, json=True)
    found = json.loads(capsys.readouterr().out)
    assert len(found) == len(lines) - 1
    assert set(found[0]) == {"name", "status", "figure", "meaning"}
    path = Path(results) / "by_date.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(SystemExit) as ended:
        preflight(results, json=True)
    assert ended.value.code == 1
    assert [one["name"] for one in json.loads(capsys.readouterr().out) if one["status"] == FAIL] == ["tables add up"]


def test_runs_that_say_the_same_are_one_line_and_exit_with_0(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    compare(results, results)
    tables = len([*Path(results).glob("*.csv")]) - 1  # less jobs.csv
    lines = capsys.readouterr().out.splitlines()
    said = f"identical: {len(PARTITIONS)} security-days, {tables} tables"
    assert lines == [f"A: {results}", f"B: {results}", said]
    compare(results, results, json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["identical"] is True
    assert found["tables"][0]["differences"] == []
    assert {one["scenario"] for one in found["verdicts"]} == {"A", "B", "C"}


def test_the_terminal_summary_fits_80_columns(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(results, format="text")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH == 80
    assert lines[0] == "darkreplay: 9, 101, BRK.B, 2024-01-01 to 2024-01-02 (2 dates), 370 orders"
    heads = next(n for n, line in enumerate(lines) if line.startswith("scenario"))
    assert lines[heads + 1].split()[-4:] == ["by", "value", "per", "order"]
    assert [line.split()[0] for line in lines[heads + 2 : heads + 6]] == ["real", "A", "B", "C"]


def test_large_figures_fit_80_columns_too() -> None:
    row = dict.fromkeys(("fully_filled", "partially_filled", "not_executed"), 88_888_888)
    savings = dict.fromkeys(("shortfall_bps", "saving_bps", "saving_mean_bps"), -1234.567)
    lines = scenario_lines([{"scenario": "R_conservative", **row, **savings, "fill_ratio": 1.0, "priced_orders": 3}])
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == "* of fewer than 5 orders"
    assert lines[2].endswith("\N{MINUS SIGN}1,234.57*")


def test_markdown_has_the_answer_and_every_check(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(results, format="md")
    text = capsys.readouterr().out
    assert text.startswith("# darkreplay: 9, 101, BRK.B, ")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## The answer", "## What to beware of", "## Findings", "## Scenarios", "## What was paid",
        "## Can this be relied on?",
    ]  # fmt: skip
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len([line for line in tables if line.startswith("| ---")]) == 4
    assert "| completeness | pass | 0 security-days missing |" in text
    report(results, format="md", json=True)
    assert json.loads(capsys.readouterr().out) == {"report": text}


def test_the_page_is_made_again(results: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(results)
    assert capsys.readouterr().out == f"report: {results}/report.html\n"
    assert (Path(results) / "report.html").exists()


def test_mistakes_are_one_line(results: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="format"):
        report(results, format="pdf")
    for command in (preflight, report):
        with pytest.raises(InputError, match="is not a results folder"):
            command(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere is not a results folder"):
        compare(results, str(tmp_path / "nowhere"))


def test_they_are_commands_like_the_others() -> None:
    assert [COMMANDS[name] for name in ("report", "compare", "preflight")] == [report, compare, preflight]
