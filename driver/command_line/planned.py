"""What a run would do and take, for people, and the same facts as plain values for --json. `commands` prints it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from driver.command_line.printed import input_lines, table_lines

if TYPE_CHECKING:  # nothing heavy is imported to print what is at hand
    from driver.plan.plan import Plan
    from driver.run.forecast import Forecast

JOB_FACTS = ("security", "date", "event_rows", "day_file", "folder", "session", "fingerprint")
SHOWN_JOBS = 20


def plan_text(found: "Forecast") -> str:
    """Return what a run would do."""
    lines = _job_lines(found.plan) if found.plan else _raw_lines(found)
    lines += input_lines(found.conversion) if found.conversion else []
    taken = found.estimate
    lines.append(
        f"about {taken.seconds:,.0f} s on {found.workers} workers, {taken.memory / 1e6:,.0f} MB of memory, "
        f"{taken.disk / 1e6:,.1f} MB of results in {found.config.results} (by {taken.source})"
    )
    return "\n".join(lines)


def _job_lines(plan: "Plan") -> list[str]:
    rows = [
        {"security": job.security, "date": job.date, "events": job.event_rows, "session": job.session.source}
        for job in plan.jobs[:SHOWN_JOBS]
    ]
    lines = table_lines(("security", "date", "events", "session"), rows)
    if len(plan.jobs) > SHOWN_JOBS:
        lines.append(f"... and {len(plan.jobs) - SHOWN_JOBS:,} more (all with --json)")
    lines += [f"note: {note}" for note in plan.notes]
    lines.append("sessions known from: " + ", ".join(f"{name} ({n:,})" for name, n in plan.session_sources.items()))
    lines.append(f"{len(plan.jobs):,} jobs, {plan.event_rows:,} order events, {plan.bytes / 1e6:,.1f} MB of day files")
    return lines


def _raw_lines(found: "Forecast") -> list[str]:
    rows = [asdict(table) for table in found.raw]
    return [
        *table_lines(("table", "files", "bytes", "rows"), rows),
        f"not converted yet: rows are estimated; about {found.convert_seconds:,.0f} s to convert, "
        f"{found.store_bytes / 1e6:,.1f} MB of day files in {found.config.store}",
        "then one job for each security and day",
    ]


def plan_facts(found: "Forecast") -> dict[str, Any]:
    """Return the plan as plain values."""
    plan, taken = found.plan, found.estimate
    return {
        "jobs": [{name: facts[name] for name in JOB_FACTS} for facts in map(asdict, plan.jobs)] if plan else None,
        "event_rows": plan.event_rows if plan else sum(one.rows for one in found.raw if one.table == "orders"),
        "bytes": plan.bytes if plan else found.store_bytes,
        "session_sources": plan.session_sources if plan else None,
        "notes": plan.notes if plan else (),
        "not_converted": [asdict(table) for table in found.raw],
        "convert_seconds": round(found.convert_seconds, 1),
        "estimated_seconds": round(taken.seconds, 1),
        "memory_bytes": taken.memory,
        "results_bytes": taken.disk,
        "rates": taken.source,
    }
