"""How many tasks a Dask cluster is given at a time: as many as its machines have memory for. `dask_engine` asks.

Dask places tasks where a thread is free, whatever they take. So what is under way must fit each machine wherever it
goes: the largest of it may all meet on one, one for each of its threads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Final

from driver.engines.dask_worker import Machine
from driver.engines.memory_limits import FREE_SHARE

AHEAD: Final = 4  # tasks that each thread of the cluster has at hand


@dataclass(slots=True)
class Room:
    """What the machines of a cluster can take.

    limit : bytes that a task may be expected to take, 0: any number
    """

    limit: int
    say: Callable[[str], None]
    budgets: dict[str, tuple[int, int]] = field(default_factory=dict)  # machine -> threads, bytes for tasks
    known: set[str] = field(default_factory=set)  # addresses of the workers
    told: bool = False

    def count(self, threads: Mapping[str, int], machines: Mapping[str, Machine]) -> None:
        """Take note of the workers that there are: their threads and their machines, by address.

        What was free on a machine when it was first seen counts: later on, tasks under way take some of it.
        """
        found: dict[str, tuple[int, int]] = {}
        for worker, machine in machines.items():
            before = found.get(machine.name, (0, 0))[0]
            budget = self.budgets.get(machine.name, (0, round(FREE_SHARE * machine.free)))[1]
            found[machine.name] = before + threads.get(worker, 1), budget
        self.budgets, self.known = found, set(machines)

    @property
    def threads(self) -> int:
        """Return the threads of all machines."""
        return sum(threads for threads, _ in self.budgets.values())

    def too_large(self, memory: int) -> str:
        """Return why a task is not begun at all, "" if it may be."""
        if not self.limit or memory <= self.limit:
            return ""
        return (
            f"it is expected to take {memory >> 20:,} MB, more than --memory={self.limit >> 20} (a cluster's workers "
            "are held to the expectation, since their memory is not this program's to limit): raise --memory"
        )

    def has_place(self, under_way: list[int], memory: int) -> bool:
        """Return whether a task may be begun beside those under way, by the bytes that each is expected to take."""
        if not under_way:
            return True
        if len(under_way) >= AHEAD * max(1, self.threads):
            return False
        for name, (threads, budget) in self.budgets.items():
            if not budget or threads * max(memory, *under_way) <= budget:
                continue
            if sum(nlargest(threads, [*under_way, memory])) > budget:
                self._tell(name, threads, budget, memory)
                return False
        return True

    def _tell(self, name: str, threads: int, budget: int, memory: int) -> None:
        if not self.told:
            self.told = True
            self.say(
                f"note: tasks of about {memory >> 20:,} MB are begun as far as {name}, where {budget >> 20:,} MB are "
                f"free for them, has memory for {threads} threads of them: fewer workers there do more at a time"
            )
