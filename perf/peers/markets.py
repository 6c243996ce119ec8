"""Markets to ask about: generated ones of a size, in the exchange's own files, stored for each engine."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from marketgen import MarketSpec, generate
from perf.peers import ours
from perf.peers.engines import MARKET, STORE

EVENTS_AN_ORDER: Final = 3.33
PRICE: Final = 3_390  # ticks of 10 units, so that a mid is whole and no dark price is truncated
DATE: Final = "2024-01-02"


def write_files(folder: Path, events: int, partitions: int, workers: int = 2) -> None:
    """Write the files of about so many order events; above four partitions, copies of four securities."""
    securities = next(n for n in (4, 3, 2, 1) if partitions % n == 0) if partitions > 4 else partitions
    spec = MarketSpec(
        tuple(range(101, 101 + securities)),
        date_start=DATE,
        date_end=DATE,
        orders=max(1, round(events / EVENTS_AN_ORDER / partitions)),
        price=PRICE,
        replicate=partitions // securities,
        truth="none",
    )
    generate(spec, folder, min(workers, partitions))


def describe(folder: Path) -> None:
    """Write down the sessions and sizes of a market once it is in our store."""
    files = {name: str(folder / f"{name}.csv") for name in ours.FILES}
    ours.describe(files, folder / STORE).write(folder / MARKET)


def command(*words: str) -> list[str]:
    """Return the words that start an engine."""
    return [sys.executable, "-m", "perf.peers.engines", *words]


def store_for(engine: str, folder: Path, cores: int = 1) -> None:
    """Let an engine, in a process of its own, store the market's files."""
    subprocess.run(command("load", engine, str(folder), f"--cores={cores}"), check=True)
