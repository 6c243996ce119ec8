"""What a run did so far, and its two files: jobs.csv for each job, run.json for the whole.

`runner` and `from_results` keep it up to date, `driver.command_line.printed` shows it.
"""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from driver.config.keys import Config
from driver.config.tick_file import TickFile
from driver.plan.shards import Shard
from driver.run import results_folder as folder
from driver.run.manifest import SHARDS
from driver.run.missing import missing_facts, missing_line
from driver.run.results_folder import JobState
from driver.run.run_log import RunLog
from driver.tables.table_list import HEADLINE
from tickstore.engines.engine import error_line

if TYPE_CHECKING:
    from tickstore import ConvertReport


MOST_WARNINGS = 1_000


@dataclass(slots=True)
class Summary:
    """What a run did, for people and for --json."""

    results: Path
    store: Path
    states: list[JobState] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)  # name -> seconds
    conversion: "ConvertReport | None" = None
    headline: list[dict[str, Any]] = field(default_factory=list)  # the global row of each scenario
    notes: tuple[str, ...] = ()  # what the data lacks
    tick_file: TickFile | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # of securities
    up_to_date: bool = False
    stale: int = 0
    shard: Shard | None = None  # where this is a share of a run
    shards: int = 0  # where it was done in shares

    @property
    def records(self) -> Path:
        """Return the folder of the records of this run, or of its share."""
        return self.results / SHARDS / self.shard.folder if self.shard else self.results

    @property
    def failed(self) -> list[JobState]:
        """Return the jobs that failed."""
        return [state for state in self.incomplete if state.state == "failed"]

    @property
    def incomplete(self) -> list[JobState]:
        """Return the jobs that are in no table: failed, or never done."""
        return [state for state in self.states if state.is_missing]

    @property
    def warnings(self) -> list[str]:
        """Return what the conversion and the jobs warned of."""
        converted = self.conversion.warnings if self.conversion else ()
        return [*(f"conversion: {text}" for text in converted), *self.warnings_of_jobs]

    @property
    def warnings_of_jobs(self) -> list[str]:
        """Return what jobs warned of."""
        warned = [(one.job.name, one.report.warnings) for one in self.states if one.report]
        return [f"{name}: {text}" for name, texts in warned for text in texts]

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Return the notes, the first of which says what is missing."""
        return (*filter(None, [missing_line(self.states)]), *self.notes)

    def count(self, state: str) -> int:
        """Return the number of jobs in ``state``."""
        return sum(one.state == state for one in self.states)

    def rate(self) -> float:
        """Return events measured a second, over the workers together."""
        seconds = self.phases.get("jobs", 0.0)
        events = sum(one.report.events for one in self.states if one.report and one.state == "done")
        return events / seconds if seconds else 0.0

    def totals(self) -> dict[str, int]:
        """Return the sums of what the jobs report."""
        return {name: self.total(name) for name in ("events", "orders", "fills")}

    def total(self, name: str) -> int:
        """Return the sum of one number of the job reports."""
        return sum(getattr(one.report, name) for one in self.states if one.report)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Keeps jobs.csv and run.json in step with what has happened; says in them how the run ended."""

    config: Config
    digest: str
    summary: Summary

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            state = "failed" if self.summary.incomplete else "complete"
            self._log(state)
            self.write(state, tables=folder.table_stamps(self.summary.records))
            return
        with suppress(OSError):  # of a full disk, of a folder that is gone: what ended the run is what is told
            if isinstance(error, KeyboardInterrupt):
                self._log("interrupted")
                self.write("interrupted")
            else:
                self._log("error", error=error_line(error))
                self.write("error", error=error_line(error))

    def _log(self, state: str, **more: Any) -> None:
        phases = {name: round(seconds, 3) for name, seconds in self.summary.phases.items()}
        RunLog(self.summary.records, self.config.detailed_logs).write("end", state=state, phases=phases, **more)

    def write(self, state: str, **more: Any) -> None:
        """Write both files; ``jobs.csv`` first, since run.json says which files belong to the run."""
        if "tables" not in more:
            folder.write_jobs(self.summary.records, self.summary.states, self.summary.names)
        facts = _facts(self.summary) | more
        folder.write_run(self.summary.records, state, self.config, self.digest, facts)


def _facts(summary: Summary) -> dict[str, Any]:
    """Return the part of run.json that tells what was read and done."""
    conversion = summary.conversion
    tables = conversion.tables if conversion else {}
    return {
        "missing": missing_facts(summary.states) if summary.incomplete else None,
        "store": summary.store,
        "results": summary.results,
        "jobs": {name: summary.count(name) for name in ("done", "kept", "failed", "waiting")},
        "failed": {state.job.name: state.error for state in summary.failed},
        "sessions": Counter(state.job.session.source for state in summary.states),
        "tick_file": summary.tick_file.facts if summary.tick_file else None,
        "notes": summary.all_notes,
        "warnings": summary.warnings[:MOST_WARNINGS],
        "totals": summary.totals() | {"rejected_rows": sum(table.rejected for table in tables.values())},
        "input": {name: asdict(table) for name, table in tables.items()},
        "summary": [{name: row.get(name) for name in HEADLINE} for row in summary.headline],
        "phases": {name: round(seconds, 3) for name, seconds in summary.phases.items()},
        **({"shards": summary.shards} if summary.shards else {}),
    }


class PhaseClock:
    """Seconds of each phase."""

    def __init__(self, phases: dict[str, float]) -> None:
        self.phases = phases
        self.last = time.monotonic()

    def lap(self, name: str) -> None:
        """End the phase ``name``, or another stretch of it; the next begins."""
        now = time.monotonic()
        self.phases[name] = self.phases.get(name, 0.0) + now - self.last
        self.last = now
