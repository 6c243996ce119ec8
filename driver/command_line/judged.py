"""The commands that read finished results: `report`, `compare`, `preflight`. `commands` lists them with the others."""

import json as as_json
import sys
from dataclasses import asdict
from typing import Any

from driver.config.kinds import choice
from tickstore.durable.user_paths import user_path

EXIT_PROBLEMS = 1


def report(results: str, *, format: str = "html", json: bool = False) -> None:  # noqa: A002 - the flag's name
    """Make report.html again from the tables of a results folder, or print it.

    Args:
        results: folder of an earlier run
        format: html makes the page; text prints what it says first, in 80 columns; md prints it as Markdown
        json: print where the report is, or its text, as JSON
    """
    where = user_path(results)
    form = choice("html", "text", "md").of_flag("format", format)
    if form == "html":
        from driver.run.from_results import report_again

        path = str(report_again(where))
        _show(json, f"report: {path}", {"report": path})
        return
    from driver.report.plain import report_markdown, summary_text
    from driver.run.from_results import recorded_config

    recorded_config(where)  # says what is wrong if this is no results folder
    text = report_markdown(where) if form == "md" else summary_text(where)
    _show(json, text.rstrip("\n"), {"report": text})


def preflight(results: str, *, json: bool = False) -> None:
    """Say how far results can be relied on: checks that pass, warn or fail; exit code 1 when one fails.

    Args:
        results: folder of an earlier run
        json: print the checks as JSON
    """
    from driver.review.checks import FAIL, TABLES_READ, checks
    from driver.review.read_back import read_tables
    from driver.run.from_results import recorded_config

    where = user_path(results)
    recorded_config(where)
    found = checks(read_tables(where, *TABLES_READ))
    wide = max(len(one.name) for one in found)
    lines = [f"{one.status:<8} {one.name:<{wide}}  {one.figure}" for one in found]
    counts = ", ".join(f"{sum(one.status == status for one in found)} {status}" for status in ("pass", "warn", "fail"))
    lines.append(f"{counts}; what each check is about: the section of the report, or --json")
    _show(json, "\n".join(lines), [asdict(one) for one in found])
    if any(one.status == FAIL for one in found):
        raise SystemExit(EXIT_PROBLEMS)


def compare(results_a: str, results_b: str, *, all: bool = False, json: bool = False) -> None:  # noqa: A002 - the flag
    """Show what changed between two runs: jobs, settings, savings, tables, and whether it is more than chance.

    Args:
        results_a: folder of the run that is compared with
        results_b: folder of the other run
        all: show every change, not the largest of each table alone
        json: print everything that changed as JSON
    """
    from driver.command_line.compared import comparison_text
    from driver.review.comparison import compare as compared
    from driver.run.from_results import recorded_config

    before, after = map(user_path, (results_a, results_b))
    for where in (before, after):
        recorded_config(where)
    found = compared(before, after)
    text = comparison_text(before, after, found, every=str(all).lower() == "true")
    _show(json, text, {"identical": found.is_same, **asdict(found)})


def _show(json: bool | str, text: str, facts: Any) -> None:
    """Print for people or for programs; Fire passes flags on as the text that was checked before."""
    shown = as_json.dumps(facts, indent=2, default=str) if str(json).lower() == "true" else text
    sys.stdout.write(shown + "\n")
