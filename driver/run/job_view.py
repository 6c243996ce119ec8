"""How far the jobs of a run are, in numbers: the monitor shows it, `status` reads it. Nothing is printed here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from driver.engines.memory_limits import own_memory
from driver.plan.jobs import Job

if TYPE_CHECKING:
    from tickstore.engines.supervisor import AtWork


@dataclass(slots=True)
class JobView:
    """Jobs of this run, those of an earlier one apart; weighed by the bytes of their day files."""

    jobs: int
    bytes: int
    kept: int
    began: float
    done: int = 0
    failed: int = 0
    bytes_done: int = 0
    events_done: int = 0
    workers: "Sequence[AtWork]" = field(default_factory=tuple)

    def count(self, job: Job, is_done: bool) -> None:
        """Count a job that ended. The bytes of one that failed are no longer to be done either."""
        self.done += is_done
        self.failed += not is_done
        self.bytes_done += job.day_bytes
        self.events_done += job.event_rows * is_done

    @property
    def running(self) -> int:
        """Return the jobs under way."""
        return sum(bool(worker.label) for worker in self.workers)

    @property
    def share(self) -> float:
        """Return the share of the bytes that is done."""
        if not self.bytes:
            return (self.done + self.failed) / max(self.jobs, 1)
        return self.bytes_done / self.bytes

    def seconds_left(self, now: float) -> float | None:
        """Return about how long the rest takes at the pace so far; None while nothing tells."""
        if not 0 < self.share < 1:
            return None
        return (now - self.began) * (1 / self.share - 1)

    def text(self, now: float) -> str:
        """Return how far it is, in a line."""
        elapsed = now - self.began
        parts = [f"{self.done}/{self.jobs} jobs", f"{self.running} running", f"{self.failed} failed"]
        parts[2:] = parts[2:] if self.failed else []
        parts += [f"{self.share:.0%} of bytes"]
        if elapsed > 0 and self.events_done:
            pace = self.bytes_done / elapsed / 1e6
            parts += [f"{self.events_done / elapsed:,.0f} events/s", f"{pace:,.1f} MB/s"]
        return ", ".join(parts)

    def facts(self, now: float) -> dict[str, Any]:
        """Return the same as plain values."""
        left = self.seconds_left(now)
        return {
            "jobs": self.jobs,
            "kept": self.kept,
            "done": self.done,
            "running": self.running,
            "failed": self.failed,
            "share_of_bytes": round(self.share, 4),
            "seconds": round(now - self.began, 1),
            "seconds_left": None if left is None else round(left, 1),
            "text": self.text(now),
            "workers": worker_facts(self.workers),
        }


def worker_facts(workers: "Sequence[AtWork]") -> list[dict[str, Any]]:
    """Return job, time and memory of each worker that has a job."""
    facts = []
    for one in workers:
        if one.label:
            memory = own_memory(one.pid) if one.memory is None else one.memory
            worker = one.worker or str(one.pid)
            facts.append(
                {"process": worker, "job": one.label, "seconds": round(one.seconds, 1), "memory_mb": memory >> 20}
            )
    return facts
