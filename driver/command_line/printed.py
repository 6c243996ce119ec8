"""What `commands` print for people, and the same facts as plain dictionaries for --json; nothing is printed here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.tables.table_list import HEADLINE

if TYPE_CHECKING:  # nothing heavy is imported to print what is at hand
    from driver.config.keys import Config
    from driver.plan.plan import Plan
    from driver.run.run_record import Summary
    from marketgen import GeneratedFiles
    from tickstore import ConvertReport, Inspection, VerifyReport


JOB_FACTS = ("security", "date", "event_rows", "day_file", "folder", "session", "fingerprint")
SHOWN_JOBS = 20
SHOWN_WARNINGS = 5


def run_text(summary: "Summary") -> str:
    """Return the execution summary of a run."""
    counts = ", ".join(f"{summary.count(state)} {state}" for state in ("done", "kept", "failed"))
    counts += f", {summary.count('waiting')} not done" * bool(summary.count("waiting"))
    lines = [f"{len(summary.states)} job{'s' * (len(summary.states) != 1)}: {counts}"]
    if summary.up_to_date:
        lines.append("everything is up to date (--resume=false runs it again)")
    if summary.stale:
        lines.append(f"{summary.stale} jobs of an earlier run are not in this one: moved to {summary.results}/.stale")
    lines.append(
        f"{summary.total('orders'):,} orders selected; their day files hold {summary.total('events'):,} order events "
        f"and {summary.total('fills'):,} fills"
    )
    if summary.conversion:
        lines += _input_lines(summary.conversion)
    if summary.phases:
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in summary.phases.items() if seconds >= 0.05)
        rate = summary.rate()
        lines.append(f"time: {spent}" + (f"; {rate:,.0f} events/s" if rate else ""))
    lines += [f"note: {note}" for note in summary.notes]
    lines += [f"warning: {text}" for text in summary.warnings[:SHOWN_WARNINGS]]
    if len(summary.warnings) > SHOWN_WARNINGS:
        lines.append(f"... and {len(summary.warnings) - SHOWN_WARNINGS} more warnings, in run.json")
    lines += [f"FAILED {state.job.name}: {state.error}" for state in summary.failed]
    if summary.headline:
        lines += ["", *table_lines(HEADLINE, summary.headline), ""]
    if summary.shard:
        lines.append(f"shard {summary.shard} of {summary.results}")
        lines.append(f"next: python -m driver aggregate --results={summary.results}, when all shards are done")
        return "\n".join(lines)
    lines.append(f"tables: {summary.results}")
    if (summary.results / "report.html").exists():
        lines.append(f"report: {summary.results / 'report.html'}")
    return "\n".join(lines)


def run_facts(summary: "Summary") -> dict[str, Any]:
    """Return the execution summary as plain values."""
    return {
        "results": str(summary.results),
        "store": str(summary.store),
        "shard": str(summary.shard or ""),
        "jobs": {name: summary.count(name) for name in ("done", "kept", "failed")},
        "up_to_date": summary.up_to_date,
        "failed": {state.job.name: state.error for state in summary.failed},
        "notes": summary.notes,
        "warnings": summary.warnings,
        "totals": summary.totals(),
        "input": _input_facts(summary.conversion) if summary.conversion else None,
        "seconds": {name: round(seconds, 3) for name, seconds in summary.phases.items()},
        "summary": summary.headline,
    }


def _input_facts(report: "ConvertReport") -> dict[str, Any]:
    """Return what became of the rows of the input, table by table, and why some were rejected."""
    tables = {name: asdict(count) for name, count in report.tables.items()}
    return {"tables": tables, "reject_reasons": report.reject_reasons, "rejects": str(report.rejects_path)}


def _input_lines(report: "ConvertReport") -> list[str]:
    """Return what became of the rows of the input in a line, and another where some were rejected."""
    counts = [
        f"{sum(getattr(count, name) for count in report.tables.values()):,} {name}"
        for name in ("stored", "rejected", "blank", "left_out")
        if name != "left_out" or any(count.left_out for count in report.tables.values())
    ]
    read = sum(count.read for count in report.tables.values())
    return [f"input: {read:,} rows read: {', '.join(counts)}", *_reject_lines(report)]


def _reject_lines(report: "ConvertReport") -> list[str]:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(report.reject_reasons.items()))
    return [f"rejected rows: {reasons}; see {report.rejects_path}"] if reasons else []


def table_lines(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return rows as aligned columns, headed by their names."""
    cells = [list(names), *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(names))]
    return ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in cells]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def convert_text(report: "ConvertReport", store: str) -> str:
    """Return what a conversion did."""
    if report.nothing_to_do:
        checked = (
            "every byte of them was checked"
            if report.bytes_checked
            else f"checked by size, date and index only: `python -m driver verify --store={store}` reads every byte"
        )
        lines = [f"nothing to do: {len(report.partitions)} day files of these inputs are in {store}; {checked}"]
    else:
        lines = [f"{len(report.written)} day files written to {store}, {len(report.unchanged)} unchanged"]
    dates = sorted({date for _, date in report.partitions})
    if dates:
        securities = len({security for security, _ in report.partitions})
        span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        named = _counted(securities, "security", "securities")
        lines.append(f"{named}, {_counted(len(dates), 'date', 'dates')}: {span}")
    rows: list[dict[str, Any]] = [{"table": name} | asdict(count) for name, count in report.tables.items()]
    left = ("left_out",) if any(count.left_out for count in report.tables.values()) else ()
    lines += table_lines(("table", "read", "stored", "rejected", "blank", *left), rows)
    if not report.nothing_to_do:
        megabytes = report.input_bytes / 1e6
        lines.append(f"{megabytes:,.1f} MB in {report.seconds:.1f} s, {report.stored_bytes / 1e6:,.1f} MB stored")
    lines += _reject_lines(report)
    lines.append(f"next: python -m driver run --store={store}")
    return "\n".join(lines)


def plan_text(plan: "Plan", config: "Config", seconds: float, report: "ConvertReport | None" = None) -> str:
    """Return what a run would do, after what a conversion did."""
    rows = [
        {"security": job.security, "date": job.date, "events": job.event_rows, "session": job.session.source}
        for job in plan.jobs[:SHOWN_JOBS]
    ]
    lines = table_lines(("security", "date", "events", "session"), rows)
    if len(plan.jobs) > SHOWN_JOBS:
        lines.append(f"... and {len(plan.jobs) - SHOWN_JOBS} more (all with --json)")
    lines += [f"note: {note}" for note in plan.notes]
    lines.append("sessions known from: " + ", ".join(f"{name} ({n})" for name, n in plan.session_sources.items()))
    workers = 1 if config.mode == "sequential" else min(config.max_workers, len(plan.jobs))
    lines += _input_lines(report) if report else []
    lines.append(
        f"{len(plan.jobs)} jobs, {plan.event_rows:,} order events, {plan.bytes / 1e6:,.1f} MB of day files, "
        f"about {seconds:,.0f} s on {workers} workers; results in {config.results}"
    )
    return "\n".join(lines)


def plan_facts(plan: "Plan", seconds: float) -> dict[str, Any]:
    """Return the plan as plain values."""
    return {
        "jobs": [{name: facts[name] for name in JOB_FACTS} for facts in map(asdict, plan.jobs)],
        "event_rows": plan.event_rows,
        "bytes": plan.bytes,
        "session_sources": plan.session_sources,
        "notes": plan.notes,
        "estimated_seconds": round(seconds, 1),
    }


def synth_text(written: "GeneratedFiles") -> str:
    """Return what the generator wrote."""
    return (
        f"{written.order_rows:,} order rows in {written.orders}\n"
        f"{written.trade_rows:,} trade rows in {written.trades}\n"
        f"{written.quote_rows:,} quote rows in {written.nbbo}\n"
        f"next: python -m driver run --orders={written.orders} --trades={written.trades} --nbbo={written.nbbo}"
    )


def verify_text(found: "VerifyReport", accepted: Sequence[Path]) -> str:
    """Return what a check of a store found."""
    lines = [f"accepted {path}" for path in accepted]
    lines += [f"{problem.kind}: {problem.path}: {problem.message}" for problem in found.problems]
    state = f"{len(found.problems)} problems" if found.problems else "sound"
    return "\n".join([*lines, f"{found.files} day files, {found.bytes / 1e6:,.1f} MB: {state}"])


def inspection_text(found: "Inspection") -> str:
    """Return what a look at a file found."""
    table = f"looks like {found.table}" if found.table else "is like none of orders, trades, nbbo"
    lines = [f"{found.path} {table}; {found.rows_sampled:,} rows looked at"]
    names = ("name", "field", "low", "high", "nulls", "distinct")
    lines += table_lines(names, [asdict(column) for column in found.columns])
    if found.missing:
        lines.append(f"required and not found: {', '.join(found.missing)}")
    if found.mapping:
        lines += ["", "as configuration:", found.mapping.rstrip()]
    if found.first_rows:
        lines += ["", "the first rows, as they would be stored with it:"]
        shown = list(dict.fromkeys(name for row in found.first_rows for name in row))
        width = max(map(len, shown))
        lines += [f"  {name:<{width}}  " + " | ".join(row.get(name, "") for row in found.first_rows) for name in shown]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)
