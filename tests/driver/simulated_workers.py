"""The real supervisor over workers that are simulated, on a clock that is: faults strike where a seed has them.

Only processes, pipes and time are not real: what is handed out when, what is retried, given up or taken back is decided
by the supervisor itself, and jobs write real files.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tickstore.engines import supervisor
from tickstore.engines.engine import error_line, travelling
from tickstore.engines.processes import SERVER_DIED
from tickstore.engines.supervisor import Options, Supervisor, _Worker

NO_PID = 2**30  # larger than any: whoever would kill it kills nothing
Fate = tuple[str, float]  # what happens to an attempt, and where: after what share of its files


class Death(BaseException):
    """A process is killed: nothing of what it would do at its end is done."""


@dataclass
class World:
    """The clock, what is to come, and what goes wrong."""

    rng: random.Random
    fates: dict[str, deque[Fate]]  # by job, of its next attempts; none left: it goes well
    work: Callable[[Any, Fate], Any]  # does a job as fate has it
    driver_dies_at: float = float("inf")
    servers_die: float = 0.0  # share of deaths of a worker that are deaths of its server: all die
    now: float = 0.0
    events: list[tuple[float, int, "Process"]] = field(default_factory=list)
    count: int = 0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def later(self, seconds: float, process: "Process") -> None:
        """Have a process go on then."""
        self.count += 1
        heapq.heappush(self.events, (self.now + seconds, self.count, process))


class Process:
    """A worker: its process and the pipe to it at once."""

    def __init__(self, world: World, everyone: list["Process"]) -> None:
        self.world, self.everyone = world, everyone
        self.inbox: deque[tuple[str, Any]] = deque()
        self.tasks: deque[Any] = deque()
        self.pid, self.sentinel = NO_PID + len(everyone), None
        self.exitcode: int | None = None
        self.is_ready = False
        everyone.append(self)
        world.later(world.rng.uniform(0.1, 1.0), self)

    def send(self, tasks: list[tuple[Any, Any]]) -> None:
        self.tasks.extend(argument for _, argument in tasks)
        self.world.later(self.world.rng.expovariate(1.0), self)

    def go_on(self) -> None:
        """Do what is next, at its end."""
        if self.exitcode is not None:
            return
        if not self.is_ready:
            self.is_ready = True
            self.inbox.append(("ready", None))
            return
        job = self.tasks.popleft()
        waiting = self.world.fates.get(job.name)
        fate = waiting.popleft() if waiting else ("well", 1.0)
        try:
            report = self.world.work(job, fate)
        except Death:
            if fate[0] == "hangs":
                return
            self._die()
            return
        except (MemoryError, OSError) as error:
            self.inbox.append(("exhausted", (error_line(error), travelling(error))))
        except Exception as error:
            self.inbox.append(("failed", (error_line(error), travelling(error))))
        else:
            self.inbox.append(("done", report))
        if self.tasks:
            self.world.later(self.world.rng.expovariate(1.0), self)

    def _die(self) -> None:
        of_server = self.world.rng.random() < self.world.servers_die
        for process in self.everyone if of_server else [self]:
            if process.exitcode is None:
                process.exitcode = SERVER_DIED if of_server else -9

    def poll(self) -> bool:
        return bool(self.inbox)

    def recv(self) -> tuple[str, Any]:
        return self.inbox.popleft()

    def close(self) -> None: ...

    def join(self, timeout: float) -> None: ...

    def is_alive(self) -> bool:
        return self.exitcode is None

    def kill(self) -> None:
        self.exitcode = -9


class SimulatedSupervisor(Supervisor):
    """The supervisor with its eyes and hands in a simulated world."""

    def __init__(self, options: Options, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(options)
        self.world = world
        self.everyone: list[Process] = []
        monkeypatch.setattr(supervisor, "time", world)

    def _start(self) -> _Worker:
        process: Any = Process(self.world, self.everyone)
        return _Worker(process, process)

    def _listen(self) -> list[_Worker]:
        while not (news := [one for one in self.workers if one.pipe.poll() or one.process.exitcode is not None]):
            seconds = self._seconds_to_wait()
            end = self.world.now + (float("inf") if seconds is None else seconds)
            if not self.world.events or self.world.events[0][0] > end:
                assert end < float("inf"), "the supervisor waits for ever"
                self.world.now = end + 1e-6  # past it whatever is rounded
                break
            self.world.now, _, process = heapq.heappop(self.world.events)
            if self.world.now >= self.world.driver_dies_at:
                raise Death
            process.go_on()
        return self.world.rng.sample(news, len(news))
