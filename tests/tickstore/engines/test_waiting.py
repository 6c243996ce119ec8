"""What a worker is given at a time: small tasks together, what failed alone, nothing while memory is short."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tickstore.engines.engine import Task
from tickstore.engines.waiting import MOST_TOGETHER, Attempt, Waiting


def feed_of(weights: Sequence[int], memory: int = 0) -> Callable[[], Task | None]:
    tasks = iter([Task(str, number, f"{number}", weight, memory) for number, weight in enumerate(weights)])
    return lambda: next(tasks, None)


def labels(attempts: Sequence[Attempt]) -> list[str]:
    return [attempt.task.label for attempt in attempts]


def test_small_tasks_travel_together_up_to_their_weight() -> None:
    waiting, feed = Waiting(batch=10), feed_of([50, 4, 4, 4, 1])
    waiting.fill(feed, 1)
    assert labels(waiting.take(feed, 0)) == ["0"], "a large one is alone"
    waiting.fill(feed, 1)
    assert labels(waiting.take(feed, 0)) == ["1", "2"]
    assert labels(waiting.take(feed, 0)) == ["3", "4"]


def test_without_batches_tasks_go_one_by_one() -> None:
    waiting, feed = Waiting(), feed_of([0, 0, 0])
    waiting.fill(feed, 3)
    assert labels(waiting.take(feed, 0)) == ["0"]


def test_what_failed_goes_last_and_alone() -> None:
    waiting, feed = Waiting(batch=100), feed_of([1, 1])
    waiting.again.append(Attempt(Task(str, 0, "failed", 1), 1))
    waiting.fill(feed, 5)
    assert labels(waiting.take(feed, 0)) == ["0", "1"]
    waiting.first.append(Attempt(Task(str, 0, "small", 1)))
    assert labels(waiting.take(feed, 0)) == ["failed"]


def test_what_was_not_begun_is_the_next() -> None:
    waiting, feed = Waiting(batch=3), feed_of([1] * 5)
    waiting.fill(feed, 1)
    given_once = waiting.take(feed, 0)
    waiting.give_back(given_once[1:])
    assert labels(waiting.first) == ["1", "2", "3"]


def test_a_task_waits_for_memory_unless_it_is_alone() -> None:
    waiting, feed = Waiting(memory=100), feed_of([1, 1], memory=70)
    waiting.fill(feed, 2)
    assert labels(waiting.take(feed, 31)) == []
    assert labels(waiting.take(feed, 30)) == ["0"]
    waiting.memory = 10
    assert labels(waiting.take(feed, 0)) == ["1"], "else it would never be done"


@given(st.lists(st.integers(0, 30)), st.integers(0, 40), st.integers(1, 4))
def test_every_task_is_given_once_and_in_order(weights: list[int], batch: int, free: int) -> None:
    waiting, feed, seen = Waiting(batch), feed_of(weights), list[str]()
    while True:
        waiting.fill(feed, free)
        taken = waiting.take(feed, 0)
        if not taken:
            break
        assert len(taken) <= MOST_TOGETHER
        assert len(taken) == 1 or sum(attempt.task.weight for attempt in taken) <= batch
        seen += labels(taken)
    assert seen == [str(number) for number in range(len(weights))]
