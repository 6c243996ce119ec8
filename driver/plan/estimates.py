"""What jobs are expected to take: memory, time, disk. `plan` shows it, and the run shares out memory by it.

The rates below were measured on two cores; where an earlier run left its own in the results folder, those count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# Bytes of its own that a job takes, and more for each order event: partitions of 100,000 to 3 million generated events.
# The worker of several one after the other, which keeps memory for the next, took 359 MB with 3 million events each.
MEMORY: Final = (64 << 20, 75)
MEMORY_REPLAYED: Final = (100 << 20, 300)
# More where orders are summed once more by mixed keys: for each order event, and for each cell, of which one in three
# or four events has its own at most; a key has about ten labels.
MIXED_MEMORY: Final = (40, 2_000)
EVENTS_OF_CELL: Final = 3
LABELS: Final = 10
# Of a job's time, taken by each other mid or population that its orders are measured by: with all six of them jobs of
# 200,000 events took 2.7 to 2.9 times as long.
VARIANT: Final = 0.3
WORKER_MEMORY: Final = 64 << 20  # of its own before it does anything; the rest it shares with the others
START_SECONDS: Final = 2.0  # until workers are ready, and from the last job to the report


@dataclass(frozen=True, slots=True)
class Rates:
    """What an order event takes, and where that is known from."""

    seconds: float
    disk: float  # bytes of results
    source: str


USUAL: Final = Rates(0.6e-6, 30.0, "usual rates")
USUAL_REPLAYED: Final = Rates(2.0e-6, 60.0, "usual rates")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take."""

    seconds: float
    memory: int  # bytes that workers take at most, together
    disk: int  # bytes of results
    source: str  # of the rates


def job_memory(event_rows: int, replays: bool, mixed_keys: int = 0) -> int:
    """Return the bytes of its own that a job is expected to take; mixed_keys : how many it sums orders by together."""
    once, each = MEMORY_REPLAYED if replays else MEMORY
    if mixed_keys:
        event, cell = MIXED_MEMORY
        once += event * event_rows + cell * min(event_rows // EVENTS_OF_CELL, LABELS**mixed_keys)
    return once + each * event_rows


def rates_of(jobs: Iterable[Mapping[str, str]], replays: bool, variants: int = 0) -> Rates:
    """Return the rates that lines of jobs.csv show, or the usual ones where they show none.

    variants : by how many other mids and populations these jobs measured their orders too
    """
    events = seconds = disk = 0.0
    for job in jobs:
        if job["state"] in ("done", "kept") and job["events"] and job["seconds"]:
            events += int(job["events"])
            seconds += float(job["seconds"])
            disk += int(job["bytes"])
    if not events or not seconds:
        return USUAL_REPLAYED if replays else USUAL
    return Rates(seconds / events / _times(variants), disk / events, "the rates of the last run there")


def estimate(
    events: Iterable[int], workers: int, cores: int, replays: bool, rates: Rates, mixed_keys: int = 0, variants: int = 0
) -> Estimate:
    """Return what jobs of so many events take on workers: as long as their work lasts, or the longest of them.

    mixed_keys : how many each job sums its orders by together; variants : by how many other mids and populations it
    measures them too
    """
    rows = sorted(events, reverse=True)
    workers = max(1, min(workers, len(rows)))
    together = sum(rows) / min(workers, max(cores, 1))
    seconds = START_SECONDS + rates.seconds * _times(variants) * max([together, *rows[:1]])
    memory = sum(WORKER_MEMORY + job_memory(count, replays, mixed_keys) for count in rows[:workers])
    return Estimate(seconds, memory, round(rates.disk * sum(rows)), rates.source)


def _times(variants: int) -> float:
    """Return how many times as long a job takes that measures its orders by so many other mids and populations too."""
    return 1 + VARIANT * variants
