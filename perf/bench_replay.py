"""Time the replay of a generated day: ns a row fed to the loop, beside measuring the same orders.

    python -m perf.bench_replay [--orders=200000] [--rounds=5] [--participants=8,69]

P plus the central R first, then what the bounds and D add (decisions 34: P and R at most 400 ns a row, goal 250, the
bounds at most as much again). A row is a step: an order row, a lit fill, a quote that says something to the dark
book. Subjects are the orders of some participants, or all of them. One thread, everything warm, minimum of the rounds;
decoding, pairing of fills and collecting results are included.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import fire

from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.rules import Day
from kernels.replay.replay import replay
from marketgen import MarketSpec, generate
from marketgen.sessions import trading_day
from tickstore import ConvertRequest, convert, open_day

RUNS = {"P": ("P",), "P, R and bounds": ("P", "R"), "P, R, bounds and D": ("P", "R", "D")}


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of this thread that a call takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def bench(day: Day, session: Session, who: str, selection: Selection, rounds: int) -> None:
    """Print a line for each set of runs."""
    choices = Choices(selection=selection, replay=ReplayChoices(block_tier=20_000))
    best: dict[str, float] = {}
    fed = 0
    for _ in range(rounds):
        for name, scenarios in RUNS.items():
            asked = replace(choices, simulation=Simulation(scenarios=scenarios))
            start = time.thread_time()
            fed = replay(day, asked, session).rows_fed
            best[name] = min(best.get(name, 1e9), time.thread_time() - start)
    print(f"{who}: {fed:,} rows fed")
    for name, spent in best.items():
        print(f"  {name:32} {1e9 * spent / fed:8.0f} ns a row")


def main(*, orders: int = 200_000, rounds: int = 5, participants: tuple[int, ...] = (8, 69)) -> None:
    """Generate a day, convert it, and time its replay."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        spec = MarketSpec((101,), date_end="2024-01-01", orders=orders, truth="none")
        files, times = generate(spec, folder / "raw"), trading_day(spec, 0, spec.dates()[0])
        convert(ConvertRequest((files.orders,), folder / "store", (files.trades,), (files.nbbo,)))
        (path,) = (folder / "store").rglob("*.h5")
        with open_day(path) as day:
            session = Session(times.open, times.pre_close, "given")
            measured = seconds(lambda: list(measure(day, Choices(), session, Buffers())))
            print(f"measuring all orders once: {1e9 * measured / len(day.events['timestamp']):.0f} ns an order event")
            bench(day, session, "some participants", Selection(participants=tuple(participants)), rounds)
            bench(day, session, "all lit orders and sweeps", Selection(), rounds)


if __name__ == "__main__":
    fire.Fire(main)
