"""Partitions are built as soon as they seem whole; where that was too soon, nobody can tell afterwards."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tickstore.conversion
import tickstore.disk_chores
import tickstore.sources
from tests.tickstore.conftest import DAY_NS, OPEN, market_rows, tree, write_market
from tests.tickstore.interrupted import PAGE, make_small, request
from tickstore import InputError, convert
from tickstore.disk_chores import DiskChores
from tickstore.forecast import Forecast
from tickstore.parse_task import ParseTask
from tickstore.pipeline import Pipeline
from tickstore.request import ConvertProgress
from tickstore.worker_pool import Job

Work = Counter[str]


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """Let a small input take every path of a large one."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(put=patch.setattr)
        yield


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Count the work that is given out: ranges parsed, partitions built."""
    done: Work = Counter()
    next_job = Pipeline._next_job

    def count(self: Pipeline) -> Job | None:
        job = next_job(self)
        if job is not None and isinstance(job.task, ParseTask):
            done["parsed"] += 1
        elif job is not None:
            done["built"] += 1
        return job

    monkeypatch.setattr(Pipeline, "_next_job", count)
    return done


def in_files(folder: Path, days: int = 6, part: Callable[[str, int], str] | None = None, **changes: Any) -> Path:
    """Write a market of 3 securities in files by day, or by what ``part(security, day)`` says."""
    lines = market_rows(rows=400 * days, days=days)
    for table, column in (("orders", 2), ("trades", 2), ("nbbo", 3)):
        files: dict[str, list[str]] = {}
        for line in lines[table]:
            cells = line.split(",")
            time = int(cells[4] if table == "nbbo" else cells[1])
            name = (part or (lambda _, day: f"{day:02}"))(cells[column], (time - OPEN) // DAY_NS)
            files.setdefault(name, []).append(changes.get(table, lambda _, line: line)(name, line))
        for name, rows in files.items():
            write_market(folder / "parts", {table: rows})
            (folder / "parts" / f"{table}.csv").rename(folder / f"{table}-{name}.csv")
    shutil.rmtree(folder / "parts")
    return folder


def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build nothing before everything is read."""
    monkeypatch.setattr(Pipeline, "_build_early", lambda self, key: self._ledger.hold(key))


def hastily(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every partition for whole when the files are finished in which it was seen so far."""
    monkeypatch.setattr(Forecast, "may_come", lambda *_: False)
    monkeypatch.setattr(Forecast, "awaited", lambda _, source, seen, dates: list(dates))


def file_by_file(monkeypatch: pytest.MonkeyPatch, reverse: bool = False) -> None:
    """Read one file after the other, table after table."""
    order = Forecast.reading_order
    monkeypatch.setattr(Forecast, "reading_order", lambda forecast: sorted(order(forecast), reverse=reverse))


def disk_use(logs: Path) -> int:
    """Return the bytes that logs take on disk; they are longer, where space was given back."""
    return sum(path.stat().st_blocks * 512 for path in logs.glob("*.log"))


def peak_of_logs(folder: Path, workers: int = 1) -> int:
    """Convert, and return the most bytes that the logs held at a time."""
    peak = 0

    def watch(_: ConvertProgress) -> None:
        nonlocal peak
        peak = max(peak, disk_use(folder / "store" / ".convert" / "logs"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DiskChores, "_add", lambda _, chore: chore())  # at once, so that one can see it
        convert(request(folder, workers), watch)
    return peak


@pytest.mark.parametrize("layout", ["by day", "by security", "by both"])
def test_the_logs_take_the_space_of_partitions_in_flight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    parts: dict[str, Callable[[str, int], str]] = {
        "by day": lambda _, day: f"{day:02}",
        "by security": lambda security, _: security,
        "by both": lambda security, day: f"{day:02}-{security}",
    }
    folder = in_files(tmp_path, 12, parts[layout])
    peak = peak_of_logs(folder)
    early = tree(folder / "store")
    shutil.rmtree(folder / "store")
    patiently(monkeypatch)
    whole = peak_of_logs(folder)
    assert tree(folder / "store") == early
    share = {"by day": 1 / 12, "by security": 1 / 3, "by both": 1 / 36}[layout]
    assert peak < 1.6 * share * whole


def test_two_workers_give_the_space_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = in_files(tmp_path, 12)
    peak = peak_of_logs(folder, 2)
    shutil.rmtree(folder / "store")
    patiently(monkeypatch)
    assert peak < peak_of_logs(folder) / 3


@pytest.mark.parametrize("sequence", [True, False])
@pytest.mark.parametrize(("workers", "pages"), [(1, 1), (1, 1000), (2, 3), (3, 2)])
def test_rows_that_come_late_are_in_their_partition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, workers: int, pages: int, sequence: bool
) -> None:
    def unordered(_: str, line: str) -> str:
        return line if sequence else line.rsplit(",", 1)[0] + ",0"

    folder = in_files(tmp_path, 4, lambda security, day: f"{(int(security) + day) % 3}", orders=unordered)
    cut = tickstore.sources.cut_chunks
    monkeypatch.setattr(tickstore.conversion, "cut_chunks", lambda s, _: cut(s, pages * PAGE))
    with monkeypatch.context() as patch:
        patiently(patch)
        convert(request(folder))
    expected = tree(folder / "store")
    shutil.rmtree(folder / "store")
    ranges, partitions = work["parsed"], work["built"]
    for reverse in (False, True):
        with monkeypatch.context() as patch:
            hastily(patch)
            file_by_file(patch, reverse)
            work.clear()
            convert(request(folder, workers))
        assert tree(folder / "store") == expected
        shutil.rmtree(folder / "store")
        assert work["parsed"] > ranges
        assert work["built"] > partitions


def test_text_ids_that_come_last_change_what_was_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work
) -> None:
    def named(file: str, line: str) -> str:
        cells = line.split(",")
        cells[8] = "ZED" if file == "05" else cells[8]
        return ",".join(cells)

    folder = in_files(tmp_path, 6, orders=named)
    convert(request(folder))
    early = tree(folder / "store")
    assert work["built"] > 18
    shutil.rmtree(folder / "store")
    patiently(monkeypatch)
    convert(request(folder))
    assert tree(folder / "store") == early


def test_a_file_that_changed_before_it_is_parsed_again_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = in_files(tmp_path, 4, lambda security, day: f"{(int(security) + day) % 3}")
    path = folder / "orders-0.csv"
    hastily(monkeypatch)
    file_by_file(monkeypatch)

    def change(progress: ConvertProgress) -> None:
        if progress.done == progress.total:
            path.write_text(path.read_text().replace(",100,", ",999,"))

    with pytest.raises(InputError, match=r"orders-0\.csv: the file changed while it was read"):
        convert(request(folder), change)
    assert not (folder / "store").exists()


@pytest.mark.parametrize("hasty", [False, True])
@pytest.mark.parametrize("stop", [3, 9, 17, 25, 40])
def test_only_unfinished_work_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, stop: int, hasty: bool
) -> None:
    mixed = (lambda security, day: f"{(int(security) + day) % 3}") if hasty else None
    folder = in_files(tmp_path, 6, mixed)
    if hasty:
        hastily(monkeypatch)
        file_by_file(monkeypatch)
    convert(request(folder))
    expected, all_work = tree(folder / "store"), Counter(work)
    shutil.rmtree(folder / "store")
    work.clear()
    reports = 0

    def interrupt(_: ConvertProgress) -> None:
        nonlocal reports
        reports += 1
        if reports == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(request(folder), interrupt)
    convert(request(folder))
    assert tree(folder / "store") == expected
    assert work["built"] <= all_work["built"] + (18 if hasty else 1)  # what is taken for whole differs where it is not
    assert work["parsed"] <= all_work["parsed"]


def test_a_partition_of_many_ranges_keeps_few_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_market(tmp_path, market_rows(9000, days=1, securities=1))
    cut = tickstore.sources.cut_chunks
    monkeypatch.setattr(tickstore.conversion, "cut_chunks", lambda s, _: cut(s, PAGE))
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("needs /proc")
    before = len(list(handles.iterdir()))
    most = 0

    def watch(_: ConvertProgress) -> None:
        nonlocal most
        most = max(most, len(list(handles.iterdir())))

    convert(request(folder), watch)
    assert most - before < 64 + 16


def test_what_nobody_needs_is_given_back_when_a_conversion_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = in_files(tmp_path, 6)
    logs = folder / "store" / ".convert" / "logs"

    def stop(_: Pipeline) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tickstore.disk_chores, "give_back", lambda _: None)
        patch.setattr(Pipeline, "_all_read", stop)
        with pytest.raises(KeyboardInterrupt):
            convert(request(folder))
    (logs / "0099.log").write_bytes(bytes(9))  # a worker died that had finished nothing
    before, after = disk_use(logs), []
    convert(request(folder), lambda _: after.append(disk_use(logs)))
    assert after[1] < before / 4
    assert not logs.exists()
