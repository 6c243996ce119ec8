"""The share of a run that one of several machines does. `driver.run.shards` does it; every shard computes the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Final

from driver.plan.jobs import Job
from tickstore.errors import UserError

JOB_ROWS: Final = 5_000  # order events that take as long as what a job costs whatever its size
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``of`` shares of the jobs, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def folder(self) -> str:
        """Return the name of the folder that keeps its records."""
        return f"{self.number}of{self.of}"


def read_shard(text: str) -> Shard:
    """Return the shard that the user writes as 3/40."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of <= MOST:
        raise UserError(f"--shard needs a share such as 3/40, the third of forty (the first is 1/40), not '{text}'")
    return Shard(number, of)


def split(jobs: Iterable[Job], of: int) -> list[list[Job]]:
    """Return the jobs of each of ``of`` shards, in the order of the plan.

    The largest job goes first, and each to the shard that has the least so far. Only the plan decides, not what is
    done already: all shards, and whoever looks for what is missing, must agree.
    """
    shares: list[list[Job]] = [[] for _ in range(of)]
    loads = [(0, number) for number in range(of)]
    heapify(loads)
    for job in sorted(jobs, key=lambda job: (-job.event_rows, job.index)):
        load, number = loads[0]
        shares[number].append(job)
        heapreplace(loads, (load + job.event_rows + JOB_ROWS, number))
    return [sorted(share, key=lambda job: job.index) for share in shares]
