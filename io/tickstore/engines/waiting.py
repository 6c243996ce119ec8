"""What waits for a worker, and what a worker is given at a time. The supervisor asks; nothing here knows of processes.

Small tasks travel together, so that no worker idles while its answer is on its way. Each is still answered by itself:
where one kills its worker, those behind it have lost nothing.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tickstore.engines.engine import Feed, Task

MOST_TOGETHER: Final = 16  # tasks: what is given to a worker can be given to no other


@dataclass(slots=True)
class Attempt:
    """A task, and how often it was begun."""

    task: Task
    number: int = 0


class Waiting:
    """Tasks that were taken from the feed and not given to a worker yet, and those to be tried again.

    batch : weight that tasks may have together to be given to a worker at once, 0: one by one
    memory : bytes that tasks under way may be expected to take together, 0: any number
    """

    def __init__(self, batch: int = 0, memory: int = 0) -> None:
        self.batch = batch
        self.memory = memory
        self.first: deque[Attempt] = deque()
        self.again: deque[Attempt] = deque()

    def __len__(self) -> int:
        return len(self.first)

    def fill(self, feed: Feed, free: int) -> None:
        """Take as many tasks as there are workers to do them: new ones first, so that what failed holds up nothing."""
        while len(self.first) < free and self._more(feed):
            pass
        while self.again and len(self.first) < free:
            self.first.append(self.again.popleft())

    def take(self, feed: Feed, in_use: int) -> list[Attempt]:
        """Return what the next worker is given; nothing while memory is short, ``in_use`` bytes being taken already."""
        if not self.first or (self.memory and in_use and in_use + self.first[0].task.memory > self.memory):
            return []
        taken = [self.first.popleft()]
        weight = taken[0].task.weight
        alone = not self.batch or taken[0].number > 0  # what failed before may kill its worker again
        while not alone and len(taken) < MOST_TOGETHER and (self.first or self._more(feed)):
            weight += self.first[0].task.weight
            if weight > self.batch or self.first[0].number:
                break
            taken.append(self.first.popleft())
        return taken

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        """Take back, as the next, what a worker had been given and had not begun."""
        self.first.extendleft(reversed(attempts))

    def _more(self, feed: Feed) -> bool:
        task = feed()
        if task is not None:
            self.first.append(Attempt(task))
        return task is not None
