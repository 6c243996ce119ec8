"""The same answer from us and from Polars, DuckDB and pandas: equal first, then timed in turn, pinned.

    python -m perf.peers.bench --events=10000000 --partitions=1 --cores=1 --folder=FOLDER [--make]

With ``--make`` only the market and every engine's store are made, and how long that took is kept in FOLDER for the
next call. Each engine answers in a process of its own, started with nothing of its store in the page cache (cold), then
again and again in turn (warm). Nothing is timed before its answer was found equal to ours.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import fire

from perf.peers import equality, markets
from perf.peers.engines import MARKET, OURS, PEERS, PREPARED, ROWS, STORE, out_of
from perf.peers.question import read_market

LOADS: Final = "loads.json"
TICKS: Final = os.sysconf("SC_CLK_TCK")
TARGET: Final = 10


def pinned(cores: int) -> dict[str, Any]:
    """Return how a process is started that has so many cores, and threads for them."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    if len(chosen) < cores:
        raise SystemExit(f"there are {len(chosen)} cores here, not {cores}")
    threads = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS"), str(cores))
    return {
        "env": os.environ | threads,
        "preexec_fn": lambda: os.sched_setaffinity(0, chosen),
        "start_new_session": True,
    }


def processor_seconds(session: int) -> float:
    """Return the processor time of all processes of a session that live."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        total += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return total / TICKS


def forget(folder: Path) -> None:
    """Take the files below a folder out of the page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Answerer:
    """An engine's process."""

    def __init__(self, engine: str, folder: Path, cores: int, order_files: bool) -> None:
        """Start it; it waits for its first line once everything is imported."""
        words = markets.command("answer", engine, str(folder), f"--cores={cores}", f"--order_files={order_files}")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, text=True, bufsize=1, stdin=pipe, stdout=pipe, **pinned(cores))

    def once(self) -> tuple[float, float]:
        """Let it answer; return the seconds that took, and those of its processors."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        used, begin = processor_seconds(self.process.pid), time.perf_counter()
        self.process.stdin.write("again\n")
        said = self.process.stdout.readline()
        took = time.perf_counter() - begin
        if said != "done\n":
            raise RuntimeError(f"no answer: exit status {self.process.wait()}")
        return took, processor_seconds(self.process.pid) - used

    def stop(self) -> None:
        """Let it end."""
        self.process.communicate("")


def store_of(engine: str) -> str:
    """Return the folder of an engine's store, below the market's."""
    return STORE if engine == OURS else PEERS[engine].store


def stores(folder: Path, engines: list[str], cores: int) -> dict[str, float]:
    """Make the stores that are missing; return the seconds that each took with so many cores."""
    path = folder / LOADS
    known: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
    for engine in engines:
        kind = store_of(engine)
        label = f"{kind}, {cores} cores"
        if label not in known or not (folder / kind).exists():
            shutil.rmtree(folder / kind, ignore_errors=True)
            os.sync()
            begin = time.perf_counter()
            words = markets.command("load", engine, str(folder), f"--cores={cores}")
            subprocess.run(words, check=True, **pinned(cores))
            known[label] = time.perf_counter() - begin
            if engine == OURS:
                markets.describe(folder)
        path.write_text(json.dumps(known))
    return {engine: known[f"{store_of(engine)}, {cores} cores"] for engine in engines}


def run(folder: Path, engines: list[str], cores: int, rounds: int, order_files: bool) -> dict[str, dict[str, float]]:
    """Return cold and warm seconds of each engine, whose answers were equal to ours."""
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        answerers = {}
        for engine in engines:
            shutil.rmtree(out_of(engine, folder), ignore_errors=True)
            forget(folder / store_of(engine))
            begin = time.perf_counter()
            answerers[engine] = Answerer(engine, folder, cores, order_files)
            stack.callback(answerers[engine].stop)
            answerers[engine].once()
            found[engine] = {"cold": time.perf_counter() - begin}
        for engine in engines[1:]:
            equality.check(out_of(OURS, folder), out_of(engine, folder), order_files)
        print(f"answers of {', '.join(engines[1:])}: equal to ours", flush=True)
        times: dict[str, list[tuple[float, float]]] = {engine: [] for engine in engines}
        for _ in range(rounds):
            for engine in engines:
                times[engine].append(answerers[engine].once())
    for engine, taken in times.items():
        found[engine] |= {"warm": min(wall for wall, _ in taken), "processor": min(used for _, used in taken)}
    return found


def report(found: dict[str, dict[str, float]], loads: dict[str, float], folder: Path) -> dict[str, Any]:
    """Print a line an engine and what follows; return the same for programs."""
    market = read_market(folder / MARKET)
    ours = found[OURS]
    print(f"{market.event_rows:,} order events in {len(market.partitions)} partitions; seconds")
    print(f"{'':18}{'load':>9}{'cold':>9}{'warm':>9}{'x ours':>8}{'processor':>11}{'x ours':>8}  from CSV  x ours")
    for engine, seconds in found.items():
        csv, own = loads[engine] + seconds["cold"], loads[OURS] + ours["cold"]
        warm, used = (seconds[name] / max(ours[name], 1e-9) for name in ("warm", "processor"))
        print(
            f"{engine:18}{loads[engine]:9.2f}{seconds['cold']:9.2f}{seconds['warm']:9.3f}{warm:8.1f}"
            f"{seconds['processor']:11.2f}{used:8.1f}{csv:10.2f}{csv / own:8.1f}"
        )
    peers = [engine for engine in found if engine != OURS]
    best = {}
    for kind, meaning in ((ROWS, "sorted rows"), (PREPARED, "what our conversion prepares, too")):
        those = [engine for engine in peers if PEERS[engine].kind == kind]
        if those:
            first = min(those, key=lambda engine: found[engine]["warm"])
            best[kind] = {"engine": first, "ratio": found[first]["warm"] / ours["warm"]}
            print(f"best peer warm that stores {meaning}: {first}, {best[kind]['ratio']:.1f} x our time", end="")
            print(f" (target {TARGET} x)" if kind == ROWS else "")
    again = min(loads[engine] + found[engine]["warm"] for engine in peers)  # reads the files in every run
    runs = loads[OURS] / max(again - ours["warm"], 1e-9)
    print(f"our conversion has paid for itself after {runs:.2f} runs of a peer that reads the CSV files in each")
    facts = {"events": market.event_rows, "partitions": len(market.partitions), "best": best, "runs": runs}
    return {"engines": found, "loads": loads} | facts


@contextmanager
def market_folder(folder: str) -> Iterator[Path]:
    """Give a folder for a market: the one named, which stays, or one that does not."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        yield Path(name)


def measure(
    folder: Path, engines: list[str], size: tuple[int, int], cores: int, rounds: int, order_files: bool
) -> dict[str, Any]:
    """Make a market and the stores where they are missing, then time all engines, or only make them with 0 rounds.

    size : order events, and partitions
    """
    if not (folder / "orders.csv").exists():
        markets.write_files(folder, *size)
    loads = stores(folder, engines, cores)
    if not rounds:
        print(", ".join(f"{engine} {seconds:.1f} s" for engine, seconds in loads.items()))
        return {}
    return report(run(folder, engines, cores, rounds, order_files), loads, folder)


def main(
    *,
    events: int | tuple[int, ...] = 100_000,
    partitions: int = 1,
    cores: int = 1,
    rounds: int = 3,
    folder: str = "",
    make: bool = False,
    without_orders: bool = False,
    peers: str | tuple[str, ...] = tuple(PEERS),
    json_to: str = "",
) -> None:
    """Compare all engines at one size, or at several.

    Args:
        events: order events, of each market
        folder: where a market stays for the next call, which must ask for the same; of several each has its own in it
        make: only make the market and the stores
        without_orders: nobody writes order files, only tables
        peers: names, with commas between them
    """
    names = peers.split(",") if isinstance(peers, str) else list(peers)
    found = []
    for size in (events,) if isinstance(events, int) else events:
        place = str(Path(folder) / f"{size}_{partitions}") if folder else ""
        with market_folder(place) as path:
            found.append(
                measure(path, [OURS, *names], (size, partitions), cores, 0 if make else rounds, not without_orders)
            )
    if json_to:
        Path(json_to).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    fire.Fire(main)
