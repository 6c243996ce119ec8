"""The execution summary: what a run did, for people, and the same facts as plain values for --json.

`commands` prints it; nothing is printed here.
"""

from typing import TYPE_CHECKING, Any

from driver.command_line.printed import input_facts, input_lines

if TYPE_CHECKING:  # nothing heavy is imported to print what is at hand
    from driver.run.run_record import Summary

SHOWN_WARNINGS = 5
SHOWN_FAILURES = 50
SHOWN_SLOWEST = 3
LONG = 0.5  # seconds: below, nobody asks which job was the slowest


def run_text(summary: "Summary") -> str:
    """Return the execution summary of a run: first what is missing."""
    from driver.run.missing import missing_line

    lines = [missing_line(summary.states)] if summary.incomplete else []
    counts = ", ".join(f"{summary.count(state)} {state}" for state in ("done", "kept", "failed"))
    counts += f", {summary.count('waiting')} not done" * bool(summary.count("waiting"))
    lines.append(f"{len(summary.states)} job{'s' * (len(summary.states) != 1)}: {counts}")
    if summary.up_to_date:
        lines.append("everything is up to date (--resume=false runs it again)")
    if summary.stale:
        lines.append(f"{summary.stale} jobs of an earlier run are not in this one: moved to {summary.results}/.stale")
    lines.append(
        f"{summary.total('orders'):,} orders selected; their day files hold {summary.total('events'):,} order events "
        f"and {summary.total('fills'):,} fills"
    )
    if summary.conversion:
        lines += input_lines(summary.conversion)
    lines += _time_lines(summary)
    lines += [f"note: {note}" for note in summary.notes]
    warnings = summary.warnings_of_jobs  # those of the conversion were said as it ended
    lines += [f"warning: {text}" for text in warnings[:SHOWN_WARNINGS]]
    if len(warnings) > SHOWN_WARNINGS:
        lines.append(f"... and {len(warnings) - SHOWN_WARNINGS} more warnings, in run.json")
    lines += _failure_lines(summary)
    if summary.headline:
        from driver.report.plain import scenario_lines

        lines += ["", *scenario_lines(summary.headline), ""]
    if summary.shard:
        lines.append(f"shard {summary.shard} of {summary.results}")
        lines.append(f"next: python -m driver aggregate --results={summary.results}, when all shards are done")
        return "\n".join(lines)
    lines.append(f"tables: {summary.results}")
    if (summary.results / "report.html").exists():
        lines.append(f"report: {summary.results / 'report.html'}")
    return "\n".join(lines)


def _time_lines(summary: "Summary") -> list[str]:
    """Return what the stages took, and the slowest jobs where they took long."""
    if not summary.phases:
        return []
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in summary.phases.items() if seconds >= 0.05)
    rate = summary.rate()
    lines = [f"time: {spent}" + (f"; {rate:,.0f} events/s" if rate else "")]
    slowest = [f"{name} {seconds:.1f} s ({events:,} events)" for name, seconds, events in slowest_jobs(summary)]
    return [*lines, f"slowest jobs: {', '.join(slowest)}"] if slowest else lines


def slowest_jobs(summary: "Summary") -> list[tuple[str, float, int]]:
    """Return name, seconds and events of the jobs of this run that took longest."""
    done = [(state.report.seconds, state) for state in summary.states if state.report and state.state == "done"]
    done.sort(key=lambda pair: (-pair[0], pair[1].job.index))
    slow = [(state.job.name, seconds, state.job.event_rows) for seconds, state in done if seconds >= LONG]
    return slow[:SHOWN_SLOWEST]


def _failure_lines(summary: "Summary") -> list[str]:
    """Return each failure with its reason, and what to do about each kind of them."""
    from driver.run.missing import advice

    lines = [f"FAILED {state.job.name}: {state.error}" for state in summary.failed[:SHOWN_FAILURES]]
    if len(summary.failed) > SHOWN_FAILURES:
        lines.append(f"... and {len(summary.failed) - SHOWN_FAILURES} more, in jobs.csv and run.log")
    first: dict[str, str] = {}
    for state in summary.failed:
        first.setdefault(advice(state.error, str(summary.store)), state.job.name)
    lines += [f"next, for {name} and the like: {what}" for what, name in first.items()]
    if summary.incomplete:
        lines.append("the same command goes on with what is missing; what is finished stays")
    return lines


def run_facts(summary: "Summary") -> dict[str, Any]:
    """Return the execution summary as plain values."""
    from driver.run.missing import advice, missing_facts

    return {
        "missing": missing_facts(summary.states) if summary.incomplete else None,
        "results": str(summary.results),
        "store": str(summary.store),
        "shard": str(summary.shard or ""),
        "jobs": {name: summary.count(name) for name in ("done", "kept", "failed")},
        "up_to_date": summary.up_to_date,
        "failed": {state.job.name: state.error for state in summary.failed},
        "next": {state.job.name: advice(state.error, str(summary.store)) for state in summary.failed},
        "notes": summary.all_notes,
        "warnings": summary.warnings,
        "totals": summary.totals(),
        "input": input_facts(summary.conversion) if summary.conversion else None,
        "seconds": {name: round(seconds, 3) for name, seconds in summary.phases.items()},
        "slowest_jobs": [
            {"job": name, "seconds": round(seconds, 3), "events": events}
            for name, seconds, events in slowest_jobs(summary)
        ],
        "summary": summary.headline,
    }
