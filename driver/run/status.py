"""What a run is doing, as seen from another terminal: the command `status` asks, the monitor keeps it up to date.

While it compiles, converts and does jobs, the driver writes a small file beside the results every second, in place:
nothing depends on it, and a reader that meets it half written reads it again. The next run clears it away, should its
driver have been killed.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from driver.run.manifest import MANIFEST, SHARDS, Manifest
from driver.run.monitor import Monitor
from driver.run.results_folder import RUN_FILE, SHARDED, read_run
from driver.run.run_log import failures_in
from tickstore.durable.files import TEMPORARY
from tickstore.durable.json_lines import checked_line, checked_lines
from tickstore.durable.lock import present_owner
from tickstore.errors import InputError

LIVE_FILE: Final = f"{TEMPORARY}status"
EACH_SECONDS: Final = 1.0
SHOWN_FAILURES: Final = 10
SHOWN_SHARDS: Final = 20
DEAD: Final = "running"  # what run.json says of a run whose driver was killed
ENDS: Final = {
    "complete": "complete",
    SHARDED: "done in shards; `aggregate` makes the tables of what is finished",
    "failed": "ended with failed jobs; the same command does those again",
    "interrupted": "interrupted; the same command goes on from it",
    "error": "stopped by an error; mend it, and the same command goes on from it",
}


class LiveStatus:
    """Keeps the file of a run up to date, and takes it away in the end."""

    def __init__(self, results: Path, monitor: Monitor) -> None:
        self.path = results / LIVE_FILE
        self.monitor = monitor
        self.written, self.phase = 0.0, ""

    def __enter__(self) -> Self:
        self.__exit__()  # what a driver that was killed wrote last
        self.monitor.keep = self.write
        return self

    def write(self, facts: dict[str, Any]) -> None:
        """Write how far it is, unless that was done a moment ago."""
        now = self.monitor.clock()
        if now - self.written < EACH_SECONDS and facts["phase"] == self.phase:
            return
        self.written, self.phase = now, facts["phase"]
        with suppress(OSError):
            self.path.write_bytes(checked_line(facts))

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Status:
    """What a results folder shows of its run."""

    state: str  # running, preparing, killed, or one of ENDS
    owner: dict[str, Any] | None  # process, host, since, of a run that is under way
    jobs: dict[str, int]
    live: dict[str, Any] | None
    failures: list[dict[str, Any]]
    error: str = ""
    shards: list[dict[str, Any]] = field(default_factory=list)  # name, finished jobs, owner and live of each begun

    @property
    def is_under_way(self) -> bool:
        """Return whether somebody works on it."""
        return bool(self.owner) or any(shard["owner"] for shard in self.shards)


def read_status(results: Path) -> Status:
    """Return what a run does, or how it ended.

    InputError: it is no results folder.
    """
    owner = present_owner(results) if results.is_dir() else None
    try:
        run = read_run(results)
    except FileNotFoundError:
        if owner is None:
            raise InputError(f"--results={results} is not a results folder: it has no {RUN_FILE}") from None
        return Status("preparing", owner, {}, _live(results), [])
    except (OSError, ValueError):
        raise InputError(f"{results / RUN_FILE} is damaged or of another version: use `run`") from None
    jobs = dict(run.get("jobs", {}))
    live = _live(results) if owner else None
    if owner:  # run.json was written when the run began
        began = str(owner.get("since", ""))
        failures = [line for line in failures_in(results) if _instant(line["time"]) >= _instant(began)]
        jobs = {"in all": sum(jobs.values()), "finished": len(Manifest(results).read()), "failed": len(failures)}
        state = "running" if run.get("state") in (DEAD, "reporting") else "preparing"
        return Status(state, owner, jobs, live, failures)
    failures = [{"job": name, "error": reason} for name, reason in run.get("failed", {}).items()]
    state = str(run.get("state", ""))
    if state == SHARDED:
        shards, failures = _shards(results)
        of_all = {"in all": sum(jobs.values()), "finished": len(Manifest(results).read())}
        of_all["finished"] += sum(shard["finished"] for shard in shards)
        return Status(state, None, of_all, None, failures, "", shards)
    return Status("killed" if state in (DEAD, "reporting") else state, None, jobs, None, failures, run.get("error", ""))


def _shards(results: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is known of each shard that was begun, and the jobs that failed in any."""
    shards, failures = [], []
    for place in sorted((results / SHARDS).glob("*of*"), key=lambda path: int(path.name.partition("of")[0])):
        owner = present_owner(place)
        if not owner and not (place / MANIFEST).exists():  # it was refused
            continue
        finished = len(Manifest(place).read())
        live = _live(place) if owner else None
        shards.append({"shard": place.name.replace("of", "/"), "finished": finished, "owner": owner, "live": live})
        with suppress(OSError, ValueError):
            failed = read_run(place).get("failed", {})
            failures += [{"job": name, "error": reason} for name, reason in failed.items()]
    return shards, failures


def _live(results: Path) -> dict[str, Any] | None:
    """Return what the driver last wrote; None where it has written nothing."""
    for _ in range(5):
        for facts in checked_lines(results / LIVE_FILE):
            return facts
        time.sleep(0.02)  # it may be half written
    return None


def _instant(stamp: str) -> float:
    with suppress(ValueError):
        return datetime.fromisoformat(stamp).timestamp()
    return 0.0


def status_text(results: Path, status: Status) -> str:
    """Return it for people."""
    lines = []
    if status.owner:
        pid, host, since = (status.owner.get(name, "?") for name in ("pid", "host", "since"))
        lines.append(f"{results}: {status.state} (process {pid} on {host}, since {since})")
    elif status.state == "killed":
        lines.append(f"{results}: its driver was killed; the same command goes on from what is finished")
    else:
        lines.append(f"{results}: {ENDS.get(status.state, status.state)}")
    if status.error:
        lines.append(f"error: {status.error}")
    at_work = [shard for shard in status.shards if shard["owner"]]
    if status.shards:
        lines.append(f"shards: {len(status.shards)} begun, {len(at_work)} of them at work")
    for shard in at_work[:SHOWN_SHARDS]:
        does = f": {shard['live']['phase']}: {shard['live']['text']}" if shard["live"] else ""
        pid, host = (shard["owner"].get(name, "?") for name in ("pid", "host"))
        lines.append(f"  {shard['shard']}: process {pid} on {host}{does}")
    if len(at_work) > SHOWN_SHARDS:
        lines.append(f"  and {len(at_work) - SHOWN_SHARDS} more")
    if status.live:
        left = status.live["seconds_left"]
        about = f", about {left:,.0f} s left" if left is not None else ""
        far = f", {status.live['seconds']:.0f} s so far" if status.live["seconds"] else ""
        lines.append(f"{status.live['phase']}: {status.live['text']}{far}{about}")
        lines += [
            f"  process {one['process']}: {one['job']}, {one['seconds']:.0f} s, {one['memory_mb']:,} MB"
            for one in status.live["workers"]
        ]
    if status.jobs and (not status.live or status.live["phase"] != "jobs"):
        lines.append("jobs: " + ", ".join(f"{count} {name}" for name, count in status.jobs.items()))
    lines += [f"FAILED {one['job']}: {one['error']}" for one in status.failures[-SHOWN_FAILURES:]]
    if len(status.failures) > SHOWN_FAILURES:
        lines.append(f"and {len(status.failures) - SHOWN_FAILURES} more, in jobs.csv")
    return "\n".join(lines)
