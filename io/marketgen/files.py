"""From a spec to files: securities week by week in parallel processes, one file per table in the order of dates.

A *chain* is one security's week: its days are simulated one after the other, because multi-day orders go on to
the next day; they end with the week. Chains are independent, and pieces are joined in a fixed order, so any number
of workers gives the same bytes. The package's face: ``generate``; ``security_week`` does the work.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from datetime import date
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from marketgen.dirt import damaged_header, parse_dirt, truncate_last, write_counts
from marketgen.file_layout import EXACT, ORDER_HEADER, QUOTE_HEADER, TRADE_HEADER
from marketgen.security_week import NAMES, Counts, Target, piece_name, simulate_chain, write_copies
from marketgen.spec import GeneratedFiles, MarketSpec

SMALL: Final = 400_000  # orders below which starting processes costs more than it saves
MARK: Final = ".generated"  # a folder that holds it is the generator's to write over
BATCH: Final = 8  # copies of one day written by one task

Chain = tuple[int, tuple[date, ...]]  # place of the security, its simulated days
Batch = tuple[int, date, tuple[Target, ...]]  # place of the security, the simulated day, what to write from it


def plan(spec: MarketSpec) -> tuple[list[Chain], list[Batch]]:
    """Return what to simulate and what to copy from it, both in the order of dates."""
    weeks = [tuple(week) for _, week in groupby(spec.dates(), lambda day: day.isocalendar()[:2])]
    simulated = weeks[: spec.simulated_weeks or len(weeks)]
    chains = [(index, week) for week in simulated for index in range(len(spec.securities))]
    batches = []
    for w, week in enumerate(weeks):
        for target in week:  # dates first: pieces can be joined, and their disk space freed, as they come
            source = next((day for day in simulated[w % len(simulated)] if day.weekday() == target.weekday()), None)
            if source is None:
                continue
            for index in range(len(spec.securities)):
                wanted = [Target(target, code, number) for code, number in spec.codes_of(index)]
                if target == source:
                    wanted = wanted[1:]
                batches += [(index, source, tuple(wanted[k : k + BATCH])) for k in range(0, len(wanted), BATCH)]
    return chains, batches


def generate(
    spec: MarketSpec, folder: Path, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> GeneratedFiles:
    """Write the files of ``spec`` into ``folder``; ``progress(done, total)`` counts pieces of work.

    Raises FileExistsError where the folder holds files of these names that the generator did not write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder)
    truth = folder / "truth" if spec.truth != "none" else None
    shutil.rmtree(folder / "truth", ignore_errors=True)
    if truth is not None:
        truth.mkdir()
    chains, batches = plan(spec)
    targets = [Target(day, spec.securities[index], index) for index, days in chains for day in days]
    targets += [target for _, _, wanted in batches for target in wanted]
    targets.sort(key=lambda target: (target.day, target.number))
    with TemporaryDirectory(dir=folder, prefix=".pieces-") as name:
        pieces = Path(name)
        joined = _Joined(folder, pieces, targets, parse_dirt(spec.dirt), spec.exact)
        for done, counts in enumerate(_work(spec, chains, batches, pieces, truth, workers), start=1):
            joined.add(counts)
            if progress is not None:
                progress(done, len(chains) + len(batches))
        rows = joined.close()
    paths = [folder / name for name in NAMES]
    size = sum(path.stat().st_size for path in paths)
    return GeneratedFiles(paths[0], paths[1], paths[2], truth, rows[0], rows[1], rows[2], size)


def _claim(folder: Path) -> None:
    """Mark ``folder`` as the generator's, unless somebody else's files are in the way."""
    if not (folder / MARK).exists():
        for name in (*NAMES, "truth"):
            if (folder / name).exists():
                raise FileExistsError(f"{folder / name} exists and was not generated: choose another folder")
        (folder / MARK).write_text("written by marketgen, which may write over this folder\n", encoding="utf-8")


def _work(
    spec: MarketSpec, chains: list[Chain], batches: list[Batch], pieces: Path, truth: Path | None, workers: int
) -> Iterator[Counts]:
    """Simulate every chain, then write the copies, here or in worker processes; yield rows as they are written."""
    first = [(simulate_chain, (spec, index, days, bool(batches), pieces, truth)) for index, days in chains]
    second = [(write_copies, (spec, index, source, wanted, pieces, truth)) for index, source, wanted in batches]
    partitions = sum(len(days) for _, days in chains) + sum(len(wanted) for _, _, wanted in batches)
    if workers <= 1 or partitions * spec.orders < SMALL:
        for function, args in [*first, *second]:
            yield function(*args)  # type: ignore[operator]
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        for stage in (first, second):
            futures: list[Future[Any]] = [pool.submit(function, *args) for function, args in stage]
            for future in as_completed(futures):
                yield future.result()


class _Joined:
    """The three files, to which each partition is appended as soon as all before it are there."""

    def __init__(self, folder: Path, pieces: Path, targets: list[Target], dirt: dict[str, int], exact: bool) -> None:
        self.folder, self.pieces, self.targets = folder, pieces, targets
        self.dirt, self.done = dirt, {name: Counter[str]() for name in NAMES}
        self.next = 0
        self.counts: Counts = {}
        self.rows = [0, 0, 0]
        self.stack = ExitStack()
        self.files = [self.stack.enter_context((pieces / name).open("wb")) for name in NAMES]
        headers = (ORDER_HEADER, TRADE_HEADER, QUOTE_HEADER)
        for file, name, header in zip(self.files, NAMES, headers, strict=True):
            file.write(damaged_header(header + (EXACT[name] if exact else ""), dirt))

    def add(self, counts: Counts) -> None:
        """Note what a task wrote and append what is next in order."""
        self.counts.update(counts)
        while self.next < len(self.targets):
            target = self.targets[self.next]
            found = self.counts.pop((target.day, target.code), None)
            if found is None:
                return
            self.next += 1
            for k, name in enumerate(NAMES):
                piece = self.pieces / piece_name(target, name)
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, self.files[k], 1 << 20)
                piece.unlink()
                if self.dirt:
                    self.done[name].update(json.loads(piece.with_suffix(".done").read_text()))
                self.rows[k] += found[k]

    def close(self) -> list[int]:
        """Put the files in place; return their rows."""
        self.stack.close()
        for name in NAMES:
            truncate_last(self.pieces / name, self.dirt)
            (self.pieces / name).replace(self.folder / name)
        if self.dirt:
            (self.folder / "truth").mkdir(exist_ok=True)
            write_counts(self.folder / "truth" / "dirt.json", self.dirt, self.done)
        return self.rows
