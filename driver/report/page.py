"""report.html: one self-contained page made from the tables of a results folder, and from nothing else.

The top of `driver.report`: the end of a run calls it, and the commands `aggregate` and `report`.
"""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from driver.config.keys import PATHS
from driver.report.dominance import dominance
from driver.report.figures import figures
from driver.report.findings import ASSERTED, FEES, findings, meanings
from driver.report.groups import SHOWN, grouped, largest
from driver.report.numbers import Row, number, signed
from driver.tables.column_guide import COLUMNS
from driver.tables.csv_text import Value
from driver.tables.named_keys import NAME_COLUMNS
from driver.tables.quality_kinds import KIND_MEANINGS
from driver.tables.replay_words import ALL, below_floor, replay_notes
from driver.tables.table_list import TABLES
from tickstore.durable.files import atomic_write
from tickstore.errors import InputError

Cells = dict[str, Value]
TEMPLATE = "page.html"
REPORT = "report.html"
RUN_LINES = 300
SHOWN_WARNINGS = 50
# The settings that decide the figures; they are shown with the findings, not with the run.
SELECTED = ("security_codes", "participant_ids", "population", "order_types", "date_start", "date_end")
SIMULATED = ("dark_pool_scenarios", "mid", "dark_share", "price_impact_percent", "cleanup_s", "markout_seconds")
RESTING = tuple(name for path, name in PATHS.items() if path.startswith("replay."))
CHOICES = (*SELECTED, "hour_start", "hour_end", "timezone", *SIMULATED, "quotes_first", *RESTING, *FEES)
OPTIONAL_TABLES = frozenset(table.name for table in TABLES if table.chosen_by)
REPLAY_TABLES = ("fidelity", "bounds", "by_time_limit")  # only where scenarios are replayed
KEY_COLUMNS = [key for table in TABLES for key in table.keys]
WORD_COLUMNS = (
    "order_id", "scenario", "test", "weighting", "status", "note", "kind", "trusted", "identified", "best"
)  # fmt: skip
TEXT_COLUMNS = frozenset((*KEY_COLUMNS, *WORD_COLUMNS, *(name for names in NAME_COLUMNS.values() for name in names)))


def _shown(form: Callable[..., str]) -> Callable[..., str]:
    """Return a filter of the template that shows numbers in a form, and nothing where a value is missing."""
    return lambda value, *more: "" if value is None else form(number(value), *more)


FILTERS = {
    "count": _shown("{:,.0f}".format),
    "bps": _shown(signed),
    "money": _shown(lambda value: signed(value, 0)),
    "percent": _shown(lambda value: f"{100 * value:.1f}"),
    "number": _shown(lambda value, digits: signed(value, digits).removeprefix("+")),
    "p": _shown(lambda value: "< 0.0001" if value < 1e-4 else f"{value:.4f}"),
}


def write_report(results: Path | str) -> str:
    """Write report.html into a results folder; return a line to show when it could not be made, else ''."""
    results = Path(results)
    try:
        import jinja2
    except ImportError as error:
        return f'report.html was not made: {error.name} is missing; install it with: pip install "darkreplay[report]"'
    loader, strict = jinja2.FileSystemLoader(Path(__file__).parent), jinja2.StrictUndefined
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=strict
    )
    environment.filters |= FILTERS
    page = environment.get_template(TEMPLATE).render(report_content(results))
    atomic_write(results / REPORT, page.encode(errors="backslashreplace"))  # names of folders may be no text
    return ""


def read_table(path: Path) -> list[Cells]:
    """Return the rows of one of the run's tables, numbers as numbers, missing as None.

    A table that `aggregate_by` leaves out is empty, and so is one of the replay where nothing was replayed.
    """
    if path.stem in (*OPTIONAL_TABLES, *REPLAY_TABLES) and not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [{name: _value(name, value) for name, value in row.items()} for row in csv.DictReader(file)]
    except FileNotFoundError:
        remedy = "make the tables first with `python -m driver run` or `aggregate`"
        raise InputError(f"{path} is missing: {remedy}") from None


def _value(name: str, value: str) -> Value:
    if value == "":
        return None
    if name in TEXT_COLUMNS:
        return value
    return float(value) if any(c in value for c in ".en") else int(value)


def report_content(results: Path) -> dict[str, Any]:
    """Return everything the template shows."""
    names = ["global_summary", "by_security", "by_date", "by_participant", "by_group", "by_time_of_day"]
    names += [
        "by_order_size",
        "by_condition",
        "by_marketability",
        "unexecuted",
        "statistics",
        "data_quality",
        "outliers",
    ]
    names += REPLAY_TABLES
    tables = {name: read_table(results / f"{name}.csv") for name in names}
    summary = tables["global_summary"]
    participants = grouped(tables["by_participant"], "participant_id", "participant_name")
    securities = grouped(tables["by_security"], "security_code", "security_name")
    run = _run_facts(results)
    settings = run.pop("config", {})
    missing, warnings = run.pop("missing", None), run.pop("warnings", [])
    quality = [row for row in tables["data_quality"] if row["security_code"] == "all"]
    counts = {str(row["kind"]): int(number(row["count"])) for row in quality}
    said = replay_notes(results, bool(settings.get("from_rest")))
    found = findings(summary, tables["statistics"], counts, settings, said, below_floor(results))
    found[1:1] = dominance(summary, tables["by_participant"])
    return {
        "summary": summary,
        "findings": [_unbroken(sentence) for sentence in found],
        "meanings": meanings(settings),
        "scenarios": [str(row["scenario"]) for row in summary],
        "settings": settings,
        "choices": [(key, _text(settings[key])) for key in CHOICES if key in settings],
        "asserted": ASSERTED,
        "told": [str(row["scenario"]) for row in summary if row["scenario"] in ("real", *ASSERTED)],
        **_replay(tables),
        "groups": grouped(tables["by_group"], "group"),
        "conditions": _conditions(tables["by_condition"]),
        "unexecuted": [row for row in tables["unexecuted"] if row["breakdown"] == "all"],
        "participants": largest(participants),
        "participant_count": len(participants),
        "securities": largest(securities),
        "security_count": len(securities),
        "dates": [label for label, _ in grouped(tables["by_date"], "date")],
        "statistics": tables["statistics"],
        "notes": list(dict.fromkeys(str(row["note"]) for row in tables["statistics"] if row["note"])),
        "quality": [row | {"meaning": KIND_MEANINGS.get(str(row["kind"]), "")} for row in quality],
        "outliers": tables["outliers"][:10],
        "missing": (missing or {}).get("note", ""),
        "warnings": warnings[:SHOWN_WARNINGS],
        "warning_count": len(warnings),
        "columns": COLUMNS,
        "charts": figures(tables),
        "run": list(_flat("", run))[:RUN_LINES],
        "shown": SHOWN,
    }


def _replay(tables: dict[str, list[Cells]]) -> dict[str, Any]:
    """Return what is shown of a replayed book: of all orders, and the bounds of as many groups as elsewhere."""
    return {
        "fidelity": next((row for row in tables["fidelity"] if row["security_code"] == ALL), None),
        "bounds": tables["bounds"][:SHOWN],
        "time_limits": [row for row in tables["by_time_limit"] if row["security_code"] == ALL],
        "reasons": [row for row in tables["unexecuted"] if str(row["breakdown"]).endswith("_reason")],
    }


def _conditions(rows: Sequence[Cells]) -> list[tuple[str, list[Row]]]:
    """Return the groups of by_condition.csv, each named by what it is a condition of."""
    kinds = (str(row["condition"]).replace("_", " ") for row in rows)
    named = [row | {"condition": f"{kind}: {row['value']}"} for kind, row in zip(kinds, rows, strict=True)]
    return grouped(named, "condition")


def _run_facts(results: Path) -> dict[str, Any]:
    """Return what run.json says of the run, without what is of use to programs alone; empty where there is none."""
    try:
        facts = json.loads((results / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in facts.items() if key not in ("darkreplay", "state", "plan", "tables")}


def _unbroken(sentence: str) -> str:
    """Keep numbers and their units on one line."""
    return sentence.replace(" %", "\N{NO-BREAK SPACE}%").replace(" bps", "\N{NO-BREAK SPACE}bps")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value) or "not set"


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flat(f"{prefix}.{key}" if prefix else key, inner)]
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return [pair for i, inner in enumerate(value) for pair in _flat(f"{prefix}[{i}]", inner)]
    return [(prefix, _text(value))]
