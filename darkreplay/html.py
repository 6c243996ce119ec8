"""How results and day files look in a notebook: plain tables, everything in them escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from driver.tables.table_list import HEADLINE
from tickstore.day.reader import DayFile
from tickstore.day.schema import GROUPS

MISSING = ("failed", "waiting")


def results_html(folder: Path, run: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return what a run was and found, and its tables' names; first of all whether it is complete."""
    counts = run.get("jobs", {})
    missing = sum(int(counts.get(name, 0)) for name in MISSING)
    said = f"<b>{escape(str(folder))}</b>: {escape(str(run.get('state')))}"
    if missing:
        said = f"<b>INCOMPLETE: {missing} of {sum(counts.values())} jobs are missing.</b> {said}"
    rows = [[_cell(row.get(name)) for name in HEADLINE] for row in run.get("summary", [])]
    tables = ", ".join(f"<code>{escape(name)}</code>" for name in names)
    return f"<p>{said}</p>{_table(HEADLINE, rows)}<p>tables: {tables}</p>"


def day_html(day: DayFile) -> str:
    """Return what a day file holds: each group with its rows and columns."""
    rows = [[name, f"{day.rows.get(name, 0):,}", ", ".join(day.group(name))] for name in GROUPS]
    head = f"<p><b>security {escape(day.security)} on {escape(day.date)}</b> ({escape(day.path)})</p>"
    return head + _table(("group", "rows", "columns"), rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
