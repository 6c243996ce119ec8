"""Time the replay of a generated day: ns a row fed to the loop, beside measuring the same orders.

    python -m perf.bench_replay [--orders=200000] [--rounds=5] [--participants=8,69]

P plus the central R first, then what the bounds and D add (decisions 34: P and R at most 400 ns a row, goal 250, the
bounds at most as much again). A row is a step: an order row, a lit fill, a quote that says something to the dark
book. Subjects are the orders of some participants, or all of them. One thread, everything warm, minimum of the rounds;
decoding, pairing of fills and collecting results are included.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import fire

from kernels.base.memory import Buffers
from kernels.conventions import BOUNDS
from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.rules import Day
from kernels.replay.driving import drive
from kernels.replay.prepare import prepare_replay
from kernels.replay.replay import replay
from kernels.replay.scenario_runs import placebo, player
from kernels.replay.subjects import find_subjects
from marketgen import MarketSpec, generate
from marketgen.sessions import trading_day
from tickstore import ConvertRequest, convert, open_day

RUNS: Final[dict[str, tuple[str, ...] | None]] = {
    "P": (),
    "P and R": ("R",),
    "P, R and its bounds": ("R", *BOUNDS),
    "all with D, and their results": None,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of this thread that a call takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def play(day: Day, session: Session, choices: Choices, names: tuple[str, ...]) -> int:
    """Prepare a day, play P and these scenarios, and return the number of rows fed."""
    prepared = prepare_replay(day, choices, session)
    subjects = find_subjects(day, prepared, choices.replay)
    players = [placebo(prepared, choices), *(player(day, prepared, choices, name, subjects) for name in names)]
    fed = drive(prepared, players)
    for each in players:
        each.written()
    return fed


def bench(day: Day, session: Session, who: str, selection: Selection, rounds: int) -> None:
    """Print a line for each set of runs; the last one collects all results, too."""
    choices = Choices(
        selection=selection, simulation=Simulation(scenarios=("P", "R", "D")), replay=ReplayChoices(block_tier=20_000)
    )
    best: dict[str, float] = {}
    fed = 0
    for _ in range(rounds):
        for title, names in RUNS.items():
            start = time.thread_time()
            fed = play(day, session, choices, names) if names is not None else replay(day, choices, session).rows_fed
            best[title] = min(best.get(title, 1e9), time.thread_time() - start)
    print(f"{who}: {fed:,} rows fed")
    for title, spent in best.items():
        print(f"  {title:32} {1e9 * spent / fed:8.0f} ns a row")


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
            list(measure(day, Choices(), session, Buffers()))  # loads the kernels
            measured = seconds(lambda: list(measure(day, Choices(), session, Buffers())))
            print(f"measuring all orders once: {1e9 * measured / len(day.events['timestamp']):.0f} ns an order event")
            bench(day, session, "some participants", Selection(participants=tuple(participants)), rounds)
            bench(day, session, "all lit orders and sweeps", Selection(), rounds)


if __name__ == "__main__":
    fire.Fire(main)
