"""Killed between any two operations on files: the store is the undisturbed one, byte for byte."""

import io
import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tickstore.engines.parent_death
import tickstore.spill.logs
import tickstore.spill.segments
import tickstore.store.commit
from tests.tickstore.big_files import in_files, mixed, note_work
from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.interrupted import PAGE, request, small
from tests.tickstore.kill_points import COORDINATOR, WORKER, KillPoint, finish, in_child, start
from tickstore import ConvertRequest, convert, verify
from tickstore.request import ConvertProgress

ROWS = 900
SMALL = small(4 * PAGE)
MAKERS: dict[str, Callable[[Path, pytest.MonkeyPatch], "Case"]] = {}


class Case:
    """A conversion of several workers, the store it begins with, and the one that it must leave."""

    def __init__(self, folder: Path, before: Callable[[], object] | None = None, **options: Any) -> None:
        self.folder = folder
        self.store = folder / "store"
        self._options = options
        self._start = folder / "start"
        if before is not None:
            before()
            shutil.copytree(self.store, self._start)
        convert(replace(self.request, workers=1))  # in this process: what is forked from it has the kernels
        self.expected = tree(self.store)
        self.reset()

    @property
    def request(self) -> ConvertRequest:
        return request(self.folder, 3, limits=SMALL, **self._options)

    def reset(self) -> None:
        shutil.rmtree(self.store)
        if self._start.exists():
            shutil.copytree(self._start, self.store)

    def run(self, point: KillPoint | None = None) -> int:
        return in_child(lambda: convert(self.request), point)

    def check(self, what: str) -> None:
        """Convert once more, and compare."""
        assert self.run() == 0, what
        assert tree(self.store) == self.expected, what
        assert not list(self.folder.glob("logs/*")), what


def maker(make: Callable[[Path, pytest.MonkeyPatch], Case]) -> Callable[[Path, pytest.MonkeyPatch], Case]:
    MAKERS[make.__name__] = make
    return make


@maker
def plain(folder: Path, _: pytest.MonkeyPatch) -> Case:
    return Case(write_market(folder, market_rows(ROWS)))


@maker
def many_files(folder: Path, _: pytest.MonkeyPatch) -> Case:
    folder.mkdir()
    return Case(in_files(folder, 3, mixed))


@maker
def late_names(folder: Path, _: pytest.MonkeyPatch) -> Case:
    folder.mkdir()

    def named(file: str, line: str) -> str:
        cells = line.split(",")
        return ",".join([*cells[:8], "ZED" if file == "2" else cells[8], *cells[9:]])

    return Case(in_files(folder, 3, mixed, orders=named))


@maker
def bad_rows_and_duplicates(folder: Path, _: pytest.MonkeyPatch) -> Case:
    lines = market_rows(ROWS)
    lines["orders"][50] = "junk,1,2"
    lines["orders"][200:200] = [lines["orders"][100], "", lines["orders"][101]]
    return Case(write_market(folder, lines), max_rejects=10)


@maker
def logs_elsewhere(folder: Path, _: pytest.MonkeyPatch) -> Case:
    (folder / "logs").mkdir(parents=True)
    return Case(write_market(folder, market_rows(ROWS)), temp_dir=folder / "logs")


@maker
def completed(folder: Path, _: pytest.MonkeyPatch) -> Case:
    write_market(folder, market_rows(ROWS))
    return Case(folder, lambda: convert(replace(request(folder, limits=SMALL), trades=(), nbbo=())))


@maker
def replaced(folder: Path, _: pytest.MonkeyPatch) -> Case:
    path = write_market(folder, market_rows(ROWS)) / "orders.csv"

    def before() -> None:
        text, status = path.read_text(), path.stat()
        path.write_text(text.replace(",100,", ",999,"))
        convert(request(folder, limits=SMALL))
        path.write_text(text)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return Case(folder, before, replace=True)


def kill_everywhere(case: Case, role: str, first: int, step: int) -> int:
    """Kill at every ``step``-th operation from the ``first`` on, and return how many there were."""
    for count, number in enumerate(itertools.count(first, step)):
        point = KillPoint(case.folder, role, number)
        code = case.run(point)
        if code == 0:
            return count
        assert code == -signal.SIGKILL, point.operation
        case.check(f"{role} {number}: {point.operation}")
        case.reset()
    raise AssertionError


@pytest.mark.parametrize(("role", "step", "least"), [(COORDINATOR, 11, 9), (WORKER, 5, 5)])
def test_killed_at_some_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, step: int, least: int
) -> None:
    assert kill_everywhere(plain(tmp_path / "market", monkeypatch), role, 2, step) >= least


@pytest.mark.slow
@pytest.mark.parametrize("role", [COORDINATOR, WORKER])
@pytest.mark.parametrize("name", list(MAKERS))
def test_killed_at_any_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, role: str) -> None:
    step = 1 if name == "plain" else 3 if role == COORDINATOR else 2
    assert kill_everywhere(MAKERS[name](tmp_path / "market", monkeypatch), role, step, step) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MAKERS))
def test_killed_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = MAKERS[name](tmp_path / "market", monkeypatch)
    rng = random.Random(name)
    for _ in range(6):
        killed = []
        for _ in range(rng.randrange(2, 5)):
            point = KillPoint(case.folder, rng.choice((COORDINATOR, WORKER)), rng.randrange(1, 80))
            case.run(point)
            killed.append(f"{point.role} {point.number}: {point.operation}")
        case.check("; ".join(killed))
        case.reset()


@pytest.mark.parametrize("journal", ["built.jsonl", "parsed.jsonl"])
def test_a_line_of_the_journal_may_be_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str) -> None:
    case = many_files(tmp_path / "market", monkeypatch)
    path = case.store / ".convert" / journal
    for cut in (1, 2, 30, 200):
        assert case.run(KillPoint(case.folder, COORDINATOR, 90)) == -signal.SIGKILL
        content = path.read_bytes()
        path.write_bytes(content[:-cut])
        case.check(f"{cut} bytes of {len(content)}")
        case.reset()


@pytest.fixture
def orphans(tmp_path: Path) -> Iterator[Path]:
    """Return a folder where workers leave their ids before they stop."""
    folder = tmp_path / "orphans"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        if Path("/proc", path.name).exists():
            os.kill(int(path.name), signal.SIGKILL)


@pytest.mark.parametrize("immortal", [False, True])
def test_workers_that_outlive_their_conversion_hold_up_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orphans: Path, immortal: bool
) -> None:
    """Workers die with their parent where the system sees to that, and else hold its lock until they end."""
    case = plain(tmp_path / "market", monkeypatch)
    write = tickstore.spill.segments.SpillWriter._write

    def stop(self: Any, content: memoryview) -> None:
        write(self, content[: len(content) // 2])
        (orphans / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGSTOP)
        write(self, content[len(content) // 2 :])

    with monkeypatch.context() as patch:
        patch.setattr(tickstore.spill.segments.SpillWriter, "_write", stop)
        if immortal:
            patch.setattr(tickstore.engines.parent_death, "_PR_SET_PDEATHSIG", 0)
        first = start(lambda: convert(case.request))
    while len(list(orphans.iterdir())) < 3:
        time.sleep(0.01)
    os.kill(first, signal.SIGKILL)
    finish(first)
    second = start(lambda: convert(case.request))
    time.sleep(0.5 if immortal else 0)
    if immortal:
        assert os.waitpid(second, os.WNOHANG) == (0, 0)
    for path in list(orphans.iterdir()):
        if Path("/proc", path.name).exists():
            os.kill(int(path.name), signal.SIGCONT)
            time.sleep(0.05)
            while (Path("/proc", path.name) / "stat").exists() and _state(path.name) not in "ZX":
                os.kill(int(path.name), signal.SIGCONT)  # it stops at every write
                time.sleep(0.01)
    assert finish(second) == 0
    assert tree(case.store) == case.expected


def _state(process: str) -> str:
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def test_what_is_left_of_the_working_folder_goes_with_the_next_conversion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = plain(tmp_path / "market", monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(tickstore.store.commit, "remove_finished", lambda _: None)
        convert(case.request)
    assert (case.store / ".finished").exists()
    assert verify(case.store).problems == ()
    assert convert(case.request).nothing_to_do
    assert tree(case.store) == case.expected


def interrupted(case_request: ConvertRequest, reports: int) -> None:
    """Stop a conversion as Ctrl-C does, at a progress report."""
    seen = itertools.count(1)

    def progress(_: object) -> None:
        if next(seen) == reports:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(case_request, progress)


@pytest.mark.parametrize("reports", [3, 6, 9, 12])
def test_logs_are_of_no_use_for_files_in_another_order(tmp_path: Path, reports: int) -> None:
    folder = tmp_path / "market"
    folder.mkdir()
    in_files(folder, 2, lambda _, day: f"{day:02}")
    files = tuple(sorted(folder.glob("orders*.csv")))
    given = replace(request(folder, limits=SMALL), orders=files)
    convert(given)
    expected = tree(folder / "store")
    shutil.rmtree(folder / "store")
    interrupted(given, reports)
    convert(replace(given, orders=files[::-1]))
    assert tree(folder / "store") == expected


def test_what_was_built_without_replace_is_of_no_use_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_market(tmp_path / "market", market_rows(ROWS))
    work = note_work(tmp_path / "notes", monkeypatch.setattr)
    interrupted(request(folder, limits=SMALL), 11)
    work.forget()
    convert(request(folder, replace=True, limits=SMALL))
    steps = work.steps()
    shutil.rmtree(folder / "store")
    work.forget()
    convert(request(folder, replace=True, limits=SMALL))
    assert work.steps() == steps


@pytest.mark.parametrize("stage", ["parse", "build"])
def test_what_is_parsed_and_built_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    folder = write_market(tmp_path / "market", market_rows(ROWS))
    work = note_work(tmp_path / "notes", monkeypatch.setattr)

    def stop(progress: ConvertProgress) -> None:
        if progress.stage == stage and progress.done > progress.total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(request(folder, limits=SMALL), stop)
    convert(request(folder, limits=SMALL))
    assert set((work.parsed() + work.built()).values()) == {1}


def test_a_partition_of_many_ranges_keeps_few_files_open(tmp_path: Path) -> None:
    folder = write_market(tmp_path, market_rows(9000, days=1, securities=1))
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("needs /proc")
    before = len(list(handles.iterdir()))
    most = 0

    def watch(_: ConvertProgress) -> None:
        nonlocal most
        most = max(most, len(list(handles.iterdir())))

    convert(request(folder, limits=small(PAGE)), watch)
    assert most - before < 64 + 16


def test_a_log_is_written_in_full_by_a_disk_that_takes_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = plain(tmp_path / "market", monkeypatch)

    class Part(io.FileIO):
        """A file that takes 1000 bytes at a time."""

        def write(self, content: Any) -> int:
            return super().write(content[:1000])

    opened = tickstore.spill.logs._open_new

    def partly(folder: Path) -> Part:
        with opened(folder) as file:
            return Part(file.name, "r+b")

    monkeypatch.setattr(tickstore.spill.logs, "_open_new", partly)
    convert(replace(case.request, workers=1))
    assert tree(case.store) == case.expected
