"""report.html: one self-contained page made from the tables of a results folder, and from nothing else.

The top of `driver.report`: the end of a run calls it, and the commands `aggregate` and `report`.
"""

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from driver.config.keys import PATHS
from driver.report.answer import answer, headline, subject, title
from driver.report.breakdowns.section import broken_down
from driver.report.distributions.spread_section import spread_section
from driver.report.figures import figures
from driver.report.findings import FEES, findings, meanings
from driver.report.groups import SHOWN, distinct, grouped, largest, size_name, without_unknown
from driver.report.inferred import NO_INFERENCE, statistics_section
from driver.report.paid import horizons, paid
from driver.report.rendering.templates import PAGE, templates
from driver.review.checks import SEVERITY, alerts, checks
from driver.review.dominance import dominance
from driver.review.numbers import Row, count, number
from driver.review.quality import judged
from driver.review.read_back import KIND_TABLES, PART_TABLES, REPLAY_TABLES, Cells, read_table, read_tables, run_facts
from driver.review.snippets import snippets
from driver.tables.column_guide import COLUMNS
from driver.tables.fill_curves.curve_guide import NAME
from driver.tables.replay_words import ALL, ASSERTED, below_floor, replay_notes
from driver.tables.table_list import is_table
from kernels.conventions import VENUES
from tickstore.durable.files import atomic_write

REPORT = "report.html"
RUN_LINES = 300
MADE_WITH = ("python", "numpy", "numba", "scipy")  # they decide the last digits
SHOWN_WARNINGS = 50
LARGEST = 10  # orders, and traders of the market
OUTCOMES = {"1": "fully filled", "2": "partially filled", "3": "not executed"}
KINDS = (("by_order_type", "order type"), ("by_mid_tick", "mid-tick flag"), ("by_size_quartile", "quarter by size"))
READ = (
    "global_summary", "by_security", "by_date", "by_participant", "by_group", "by_time_of_day", "by_order_size",
    "by_condition", "by_marketability", "unexecuted", "statistics", "outliers", "sensitivity",
    *REPLAY_TABLES, *KIND_TABLES, "market_participants", *PART_TABLES, "histograms",
)  # fmt: skip
READ_DAYS = {"data_quality": sys.maxsize, "market": SHOWN + 1}  # how many of security-days, which may be very many
# The settings that decide the figures; they are shown with the findings, not with the run.
SELECTED = ("security_codes", "participant_ids", "population", "order_types", "date_start", "date_end")
SIMULATED = ("dark_pool_scenarios", "mid", "dark_share", "price_impact_percent", "cleanup_s", "markout_seconds")
RESTING = tuple(name for path, name in PATHS.items() if path.startswith("replay."))
CHOICES = (*SELECTED, "hour_start", "hour_end", "timezone", *SIMULATED, "quotes_first", *RESTING, *FEES)


def write_report(results: Path | str) -> str:
    """Write report.html into a results folder; return a line to show when it could not be made, else ''."""
    results = Path(results)
    try:
        page = templates().get_template(PAGE)
    except ImportError as error:
        return f'report.html was not made: {error.name} is missing; install it with: pip install "darkreplay[report]"'
    text = page.render(report_content(results))
    atomic_write(results / REPORT, text.encode(errors="backslashreplace"))  # names of folders may be no text
    return ""


def report_content(results: Path) -> dict[str, Any]:
    """Return everything the template shows."""
    read = read_tables(results, *READ) | {"fill_curves": read_table(results / NAME, ("breakdown", ALL))}
    read |= {name: read_table(results / f"{name}.csv", days=most) for name, most in READ_DAYS.items()}
    tables, unknown = without_unknown(read)
    run = run_facts(results)
    settings = run.pop("config", {})
    missing, warnings = run.pop("missing", None), run.pop("warnings", [])
    missing_note = (missing or {}).get("note", "")
    quantiles = read_table(results / "distributions.csv", ("security_code", ALL))
    drawings, spread = spread_section(tables["global_summary"], quantiles, tables["histograms"])
    first = _first_screen(results, tables, settings, missing_note)
    version = run.get("versions", {}).get("darkreplay", "")
    return {
        **first,
        "title": title(first["headline"], version),
        **_parts(tables),
        **_replay(tables),
        **_market(tables["market"], tables["market_participants"]),
        **broken_down(tables),
        "sensitivity": _sensitivity(tables["sensitivity"]),
        "meanings": meanings(settings),
        "settings": settings,
        "choices": [
            (key, _text(settings[key], "all" if key in SELECTED else "none")) for key in CHOICES if key in settings
        ],
        "asserted": ASSERTED,
        "asked": [str(row["scenario"]) for row in read["global_summary"][1:]],
        "unknown": unknown,
        "costs": bool(tables["global_summary"][0]["priced_orders"]),
        "missing": missing_note,
        "warnings": warnings[:SHOWN_WARNINGS],
        "warning_count": len(warnings),
        "columns": COLUMNS,
        "charts": figures(tables) | drawings,
        "spread": spread,
        "snippets": snippets(_headers(results)),
        "version": version,
        "made": [f"{name} {run['versions'][name]}" for name in MADE_WITH if name in run.get("versions", {})],
        "run": list(_flat("", run))[:RUN_LINES],
        "shown": SHOWN,
    }


def _first_screen(
    results: Path, tables: Mapping[str, list[Cells]], settings: Mapping[str, Any], missing: str
) -> dict[str, Any]:
    """Return who and what, the answer, what to beware of, and the findings."""
    summary, statistics = tables["global_summary"], tables["statistics"]
    found, floor = checks(tables), below_floor(results)
    quality = judged(tables["data_quality"])
    counts = {str(row["kind"]): count(row["count"]) for row in quality}
    said = replay_notes(results, bool(settings.get("from_rest")))
    whole = next((row for row in tables["bounds"] if row["security_code"] == ALL == row["date"]), None)
    facts = {
        "security_names": _labels(tables["by_security"], "security_code", "security_name"),
        "participant_names": _labels(tables["by_participant"], "participant_id", "participant_name"),
        "dates": _labels(tables["by_date"], "date"),
        "orders": count(summary[0]["orders"]),
    }
    about = subject(facts, settings)
    who = dominance(summary, tables["by_participant"])
    told = answer(summary, statistics, whole, floor)
    refused = any(NO_INFERENCE.lower() in sentence.lower() for sentence in told)  # said once is enough
    said_of_all = who + [
        sentence
        for sentence in findings(summary, statistics, counts, settings, said, floor)[1:]  # the first is in the answer
        if not (refused and sentence.startswith(NO_INFERENCE))
    ]
    return {
        "headline": headline(about, settings, missing),
        "about": about,
        "answer": [_unbroken(sentence) for sentence in told],
        "alerts": alerts(found),
        "checks": sorted(found, key=lambda one: SEVERITY.index(one.status)),
        "dominance": who,
        "findings": [_unbroken(sentence) for sentence in said_of_all],
        "quality": quality,
        "not_trusted": floor,
    }


def _labels(rows: Sequence[Row], key: str, name: str = "") -> list[str]:
    return [label for label, _ in grouped(rows, key, name)]


def _parts(tables: Mapping[str, list[Cells]]) -> dict[str, Any]:
    """Return the rows of the tables, and how many of them there are."""
    summary = tables["global_summary"]
    participants = grouped(tables["by_participant"], "participant_id", "participant_name")
    securities = grouped(tables["by_security"], "security_code", "security_name")
    return {
        "summary": summary,
        "scenarios": [str(row["scenario"]) for row in summary],
        "told": [str(row["scenario"]) for row in summary if row["scenario"] in ("real", *ASSERTED)],
        "paid": paid(summary),
        "fill_seconds": horizons({name: at for name, at in summary[0].items() if at is not None}, "fill_rate_{}s"),
        "groups": [(f"{key} {OUTCOMES[key]}", rows) for key, rows in grouped(tables["by_group"], "group")],
        "sizes": [(size_name(key), rows) for key, rows in grouped(tables["by_order_size"], "size_bucket")],
        "conditions": _conditions(tables["by_condition"]),
        "hours": grouped(tables["by_time_of_day"], "hour"),
        "marketability": [
            (label.replace("_", " "), rows) for label, rows in grouped(tables["by_marketability"], "marketability")
        ],
        "kinds": [(heading, grouped(tables[name], name.removeprefix("by_"), "meaning")) for name, heading in KINDS],
        "deals": grouped(tables["by_deal_source"], "deal_source", "meaning"),
        "unexecuted": [row for row in tables["unexecuted"] if row["breakdown"] == "all"],
        "participants": largest(participants),
        "participant_count": len(participants),
        "securities": largest(securities),
        "security_count": len(securities),
        **statistics_section(tables["statistics"]),
        "outliers": tables["outliers"][:LARGEST],
    }


def _replay(tables: Mapping[str, list[Cells]]) -> dict[str, Any]:
    """Return what is shown of a replayed book: of all orders, and the bounds of as many groups as elsewhere."""
    return {
        "fidelity": next((row for row in tables["fidelity"] if row["security_code"] == ALL), None),
        "bounds": distinct([row for row in tables["bounds"] if row["R_fill_ratio"] is not None])[:SHOWN],
        "time_limits": [row for row in tables["by_time_limit"] if row["security_code"] == ALL],
        "reasons": tables["unmatched"],
    }


def _sensitivity(rows: Sequence[Row]) -> list[tuple[str, str, dict[str, Row]]]:
    """Return what is changed, to what, and each scenario's row of sensitivity.csv then, where this run has it."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["scenario"] != ALL:
            found.setdefault((str(row["about"]), str(row["variant"])), {})[str(row["scenario"])] = row
    return [(*key, of) for key, of in found.items()]


def _market(rows: Sequence[Row], traders: Sequence[Row]) -> dict[str, Any]:
    """Return the quality of the market by security-day, and of all of them; and who traded most in it."""
    whole = next((row for row in rows if row["security_code"] == ALL), None)
    if not whole or not (whole["trades"] or whole["quoted_share"]):  # neither trades nor quotes
        return {"market": []}
    return {
        "market_whole": whole,
        "market": [row for row in rows if row["security_code"] != ALL],
        "market_seconds": horizons(whole, "lit_impact_{}s_bps"),
        "market_venues": [(name, whole[f"{name}_trades"]) for name in VENUES if whole[f"{name}_trades"]],
        "traders": sorted(traders, key=lambda row: -number(row["value"] or 0.0))[:LARGEST] if whole["trades"] else [],
        "trader_count": len(traders),
    }


def _conditions(rows: Sequence[Cells]) -> list[tuple[str, list[Row]]]:
    """Return the groups of by_condition.csv, each named by what it is a condition of."""
    named = [row | {"condition": f"{row['condition']}: {row['value']}".replace("_", " ")} for row in rows]
    return grouped(named, "condition")


def _headers(results: Path) -> dict[str, list[str]]:
    """Return the header lines of the tables that there are; jobs.csv is of this run alone."""
    found = {}
    for path in sorted(results.glob("*.csv")):
        if is_table(path.name) and path.name != "jobs.csv":
            with path.open(newline="", encoding="utf-8") as file:
                found[path.name] = next(csv.reader(file), [])
    return found


def _unbroken(sentence: str) -> str:
    """Keep numbers and their units on one line."""
    return sentence.replace(" %", "\N{NO-BREAK SPACE}%").replace(" bps", "\N{NO-BREAK SPACE}bps")


def _text(value: Any, empty: str = "none") -> str:
    """Return a setting as text; empty : what a list of nothing means."""
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or empty
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value) or "not set"


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _flat(f"{prefix}.{key}" if prefix else key, inner)]
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return [pair for i, inner in enumerate(value) for pair in _flat(f"{prefix}[{i}]", inner)]
    return [(prefix, _text(value))]
