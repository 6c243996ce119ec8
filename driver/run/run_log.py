"""run.log: what happened in runs of a results folder, a JSON object a line, appended. `job_runs` and `runner` write it.

Failures are always in it. The rest is with --detailed_logs only.
"""

import json
import time
from pathlib import Path
from typing import Any

from driver.run.results_folder import LOG_FILE, JobState

NUMBERS = ("events", "orders", "fills", "bytes_written", "seconds")


class RunLog:
    """Appends lines; one that cannot be written is lost, for a log decides nothing."""

    def __init__(self, results: Path, detailed: bool) -> None:
        self.path = results / LOG_FILE
        self.detailed = detailed

    def write(self, event: str, **facts: Any) -> None:
        """Append what happened, if details are wanted."""
        if self.detailed:
            self._append(event, facts)

    def job(self, state: JobState) -> None:
        """Append what became of a job; of one that failed in any case."""
        facts: dict[str, Any] = {"job": state.job.name, "state": state.state, "attempts": state.attempts}
        if state.report is None:
            self._append("job", facts | {"events": state.job.event_rows, "error": state.error})
        else:
            self.write("job", **facts, **{name: getattr(state.report, name) for name in NUMBERS})

    def _append(self, event: str, facts: dict[str, Any]) -> None:
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **facts}, default=str)
        try:
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line + "\n")
        except OSError:
            return


def failures_in(results: Path) -> list[dict[str, Any]]:
    """Return the lines on jobs that failed, oldest first; a line that is torn is left out."""
    found = []
    try:
        lines = (results / LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("state") == "failed":
            found.append(entry)
    return found
