"""What the benchmarks time gives the right number of orders, or rows, and is timed beside its floor.

Small as a test. Large, with times and the ratio to the floor (both in processor time, minima of the rounds)::

    python -m pytest -n 0 tests/perf/test_benchmarks.py --benchmark-enable --benchmark-json=benchmarks.json
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from perf.bench_dark_book import BROKER, KIND, LEAVES, MID_TICK, MINIMUM, OWN, PRICE, SIDE, SINGLE, SLOT, stream
from perf.benchmarks import BENCHMARKS, SLOTS, dark_fills
from perf.subjects import (
    COMPILING,
    CONVERSION,
    GZIP_FILES,
    KERNELS,
    NARROW_QUERY,
    ORDER_FILES,
    SUMS,
    Pieces,
    Subject,
)  # fmt: skip
from tests.oracles.dark_book import NaiveDarkBook, NaiveOrder

ROUNDS, LARGE = 5, 100
PIECES = (KERNELS, NARROW_QUERY, SUMS, ORDER_FILES, GZIP_FILES, CONVERSION, COMPILING)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Subject]:
    return Pieces(tmp_path_factory.mktemp("pieces"), 6_000 * scale_of(request)).subjects()


def scale_of(request: pytest.FixtureRequest) -> int:
    return LARGE if request.config.getoption("benchmark_enable") else 1


def least_seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def run(benchmark: BenchmarkFixture, subject: Subject) -> None:
    """Do it, look at what it returned and, where times are asked for, say what its floor takes beside it."""
    subject.least()
    done = benchmark.pedantic(subject.work, rounds=ROUNDS, warmup_rounds=1)  # type: ignore[no-untyped-call]
    assert done == subject.expected > 0
    if benchmark.enabled and subject.floor != "none":
        assert benchmark.stats is not None
        seconds = least_seconds(subject.least)
        ratio = benchmark.stats.stats.min / seconds
        benchmark.extra_info.update(done=done, floor=subject.floor, floor_seconds=seconds, ratio=ratio)


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("name", PIECES)
def test_pieces(benchmark: BenchmarkFixture, pieces: dict[str, Subject], name: str) -> None:
    run(benchmark, pieces[name])


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks(benchmark: BenchmarkFixture, tmp_path: Path, request: pytest.FixtureRequest, name: str) -> None:
    run(benchmark, BENCHMARKS[name](tmp_path, scale_of(request)))


def test_dark_book_of_the_benchmark_trades_as_the_plain_one() -> None:
    events, book = stream(1_000, 0.05, SLOTS, 0.07), NaiveDarkBook(10, 10**12)
    waiting: dict[int, NaiveOrder] = {}
    fills = 0
    for event in events.tolist():
        if event[KIND] == 2:
            fills += len(book.requote(event[PRICE], event[PRICE] + 10))
            continue
        if (old := waiting.pop(event[SLOT], None)) in book.resting:
            book.resting.remove(old)
        if event[KIND] == 0:
            order = NaiveOrder(event[SLOT], event[SIDE], event[PRICE], event[LEAVES], event[MID_TICK], event[MINIMUM])
            order.single, order.broker, order.own_only = bool(event[SINGLE]), event[BROKER], bool(event[OWN])
            waiting[event[SLOT]] = order
            fills += len(book.enter(order))
    assert dark_fills(events) == fills > 0


def test_every_benchmark_is_here() -> None:
    told = " ".join(str(function.__doc__) for function in BENCHMARKS.values())
    of_pieces = {"bench_kernels", "bench_cells", "bench_order_files", "bench_convert"}
    of_pieces |= {"bench_start"}  # of whole processes: the gate's start of a worker
    scripts = {path.stem for path in (Path(__file__).parents[2] / "perf").glob("bench_*.py")}
    assert {script for script in scripts - of_pieces if f"`{script}`" not in told} == set()
