"""The commands that read finished results: `report`, `compare`, `preflight`. `commands` lists them with the others."""

import json as as_json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.config.kinds import choice
from tickstore.durable.user_paths import user_path

if TYPE_CHECKING:
    from driver.review.comparison import Comparison, TableChange, Verdict

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


def compare(results_a: str, results_b: str, *, json: bool = False) -> None:
    """Show what changed between two runs: settings, tables, savings, and whether it is more than chance.

    Args:
        results_a: folder of the run that is compared with
        results_b: folder of the other run
        json: print everything that changed as JSON
    """
    from driver.review.comparison import compare as compared
    from driver.run.from_results import recorded_config

    before, after = map(user_path, (results_a, results_b))
    for where in (before, after):
        recorded_config(where)
    found = compared(before, after)
    _show(json, comparison_text(before, after, found), asdict(found))


def comparison_text(before: Path, after: Path, found: "Comparison") -> str:
    """Return what changed, settings first: other orders or another simulation explain the rest."""
    lines = [f"A: {before}", f"B: {after}"]
    lines += [f"INCOMPLETE: {text}" for text in found.missing]
    lines += ["settings that differ:" if found.settings else "settings: the same selection and simulation"]
    lines += [f"  {name}: {_value(old)} -> {_value(new)}" for name, old, new in found.settings]
    lines += ["", "savings, bps (A -> B, and whether that is more than chance):"]
    lines += [f"  {_verdict(one)}" for one in found.verdicts] or ["  no scenario is in both"]
    lines += [f"  {found.why_not_paired}"] if found.why_not_paired else []
    lines.append("")
    for table in found.tables:
        lines += _table_lines(table)
    return "\n".join(lines)


def _verdict(one: "Verdict") -> str:
    way = {"notional": "by value", "equal": "per order"}[one.weighting]
    text = f"{one.scenario}, {way}: {_number(one.before)} -> {_number(one.after)}; {one.intervals}"
    if one.paired is None:
        return text
    moved = f"; paired over {one.paired.days:,} security-days {_number(one.paired.estimate)}"
    if one.paired.low is None:
        return f"{text}{moved} ({one.paired.note})"
    words = "more than chance" if one.paired.significant else "no more than chance"
    verdict = words if one.status == "tested" else "described, not tested"
    return f"{text}{moved} ({_number(one.paired.low)} to {_number(one.paired.high)}): {verdict}"


def _table_lines(table: "TableChange") -> list[str]:
    from driver.review.comparison import largest

    alone = [
        f"{count:,} rows only in {name}" for name, count in (("A", table.only_before), ("B", table.only_after)) if count
    ]
    rows = len({(one.key, one.scenario) for one in table.differences})
    said = [f"{rows:,} of {table.rows:,} rows in both differ" if rows else f"{table.rows:,} rows are the same", *alone]
    lines = [f"{table.table}.csv: {', '.join(said)}"]
    for one in largest(table):
        about = " ".join((*one.key, one.scenario))
        lines.append(f"  {about}: {one.measure} {_number(one.before)} -> {_number(one.after)}")
    return lines


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:+.4f}" if abs(value) < 1e6 else f"{value:,.0f}"


def _value(value: Any) -> str:
    return ",".join(map(str, value)) or "all" if isinstance(value, list) else str(value)


def _show(json: bool | str, text: str, facts: Any) -> None:
    """Print for people or for programs; Fire passes flags on as the text that was checked before."""
    shown = as_json.dumps(facts, indent=2, default=str) if str(json).lower() == "true" else text
    sys.stdout.write(shown + "\n")
