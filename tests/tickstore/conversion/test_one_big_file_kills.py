"""A conversion of one big file that is stopped, killed or given up: taken up with little work, or gone entirely."""

import itertools
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tickstore.spill.segments
from tests.tickstore.big_files import Lines, Work, by_security, day_of, market, note_work, shuffled
from tests.tickstore.conftest import tree, write_market
from tests.tickstore.conversion.test_kill_points import Case, interrupted
from tests.tickstore.interrupted import PAGE, small
from tests.tickstore.interrupted import request as any_request
from tests.tickstore.kill_points import COORDINATOR, WORKER, KillPoint, in_child
from tickstore import ConvertRequest, InputError, UserError, convert
from tickstore.request import ConvertProgress

FEW = ("9", "10", "101")
LAYOUTS: dict[str, Callable[[Lines], Lines]] = {
    "time": lambda lines: lines,
    "security": lambda lines: by_security(lines, int),
    "shuffled": lambda lines: {table: shuffled(rows) for table, rows in lines.items()},
}
WORKERS = 3  # of a case


def request(folder: Path, workers: int = 1, **options: Any) -> ConvertRequest:
    """Return a request by which a small input takes every path of a large one."""
    return any_request(folder, workers, **{"limits": small(4 * PAGE)} | options)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Have what is done written down."""
    return note_work(tmp_path / "notes", monkeypatch.setattr)


class Stopped:
    """A conversion that is stopped, and what it may do again when it is taken up."""

    def __init__(self, tmp_path: Path, layout: str, work: Work) -> None:
        folder = tmp_path / "market"
        (folder / "logs").mkdir(parents=True)
        lines = LAYOUTS[layout](market(3000, 6, FEW))
        self.case = Case(write_market(folder, lines), temp_dir=folder / "logs")
        self._work = work
        self._all = {"parse": work.parsed().total(), "build": work.built().total()}
        work.forget()

    def check(self, what: str, workers: int = WORKERS, times: int = 1) -> None:
        """Take the conversion up, with any number of workers; each of the former loses at most what it was at."""
        assert in_child(lambda: convert(replace(self.case.request, workers=workers))) == 0, what
        assert tree(self.case.store) == self.case.expected, what
        assert not list(self.case.folder.glob("logs/*")), what
        kinds = Counter(str(step[0]) for step in self._work.steps())
        for kind in ("parse", "build"):
            assert kinds[kind] <= self._all[kind] + times * WORKERS, (what, kind)
        self.reset()

    def reset(self) -> None:
        self._work.forget()
        self.case.reset()


@pytest.mark.parametrize(
    ("layout", "twice"), [("time", False), ("security", True), ("shuffled", False), ("shuffled", True)]
)
def test_only_unfinished_work_is_done_again(tmp_path: Path, work: Work, layout: str, twice: bool) -> None:
    stopped = Stopped(tmp_path, layout, work)
    for number, reports in enumerate((2, 9, 17, 24, 31, 36)):
        interrupted(stopped.case.request, reports)
        if twice:  # what is known of before is reported, too
            interrupted(stopped.case.request, reports // 2 + 2)
        stopped.check(f"report {reports}", 1 + number % WORKERS, times=1 + twice)


def kill_everywhere(stopped: Stopped, role: str, first: int, step: int) -> int:
    """Kill at every ``step``-th operation from the ``first`` on, and return how many there were."""
    for count, number in enumerate(itertools.count(first, step)):
        point = KillPoint(stopped.case.folder, role, number)
        code = stopped.case.run(point)
        if code == 0:
            return count
        assert code == -signal.SIGKILL, point.operation
        stopped.check(f"{role} {number}: {point.operation}")
    raise AssertionError


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize(("role", "step"), [(COORDINATOR, 59), (WORKER, 17)])
def test_killed_at_some_operation(tmp_path: Path, work: Work, role: str, step: int, layout: str) -> None:
    assert kill_everywhere(Stopped(tmp_path, layout, work), role, 5, step) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("role", [COORDINATOR, WORKER])
def test_killed_at_any_operation(tmp_path: Path, work: Work, role: str, layout: str) -> None:
    assert kill_everywhere(Stopped(tmp_path, layout, work), role, 2, 3) >= 20


@pytest.mark.parametrize("number", [45, 60, 90])
def test_what_a_killed_worker_left_in_its_log_is_of_no_use(tmp_path: Path, work: Work, number: int) -> None:
    stopped = Stopped(tmp_path, "time", work)
    assert stopped.case.run(KillPoint(stopped.case.folder, COORDINATOR, number)) == -signal.SIGKILL
    logs = list((stopped.case.folder / "logs").rglob("*.log"))
    for log in logs:
        with log.open("ab") as file:
            file.write(os.urandom(3 * PAGE + 5))
    journal = stopped.case.store / ".convert" / "parsed.jsonl"
    os.truncate(journal, journal.stat().st_size - 30)
    assert logs
    stopped.check(f"operation {number}", times=2)


def test_a_worker_that_dies_in_the_middle_of_a_segment_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work
) -> None:
    case = Stopped(tmp_path, "time", work).case
    write = tickstore.spill.segments.SpillWriter._write
    calls = itertools.count()

    def die(self: Any, content: memoryview) -> None:
        if next(calls) == 10 and not (tmp_path / "died").exists():  # each worker counts for itself
            write(self, content[: len(content) // 2])
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, content)

    monkeypatch.setattr(tickstore.spill.segments.SpillWriter, "_write", die)
    convert(case.request)
    assert (tmp_path / "died").exists()
    assert tree(case.store) == case.expected
    assert work.parsed().total() <= len(work.parsed()) + 1


@pytest.mark.parametrize("reports", [7, 30])
def test_a_file_that_changed_while_nobody_looked_is_read_anew(tmp_path: Path, work: Work, reports: int) -> None:
    folder = write_market(tmp_path / "market", market(3000, 6, FEW))
    interrupted(request(folder, WORKERS), reports)
    path = folder / "orders.csv"
    status = path.stat()
    path.write_text(path.read_text().replace(",100,", ",999,"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    work.forget()
    convert(request(folder, WORKERS))
    ours = tree(folder / "store")
    assert set(work.parsed().values()) == {1}
    shutil.rmtree(folder / "store")
    convert(request(folder))
    assert tree(folder / "store") == ours


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_file_that_shrinks_is_not_stored(tmp_path: Path, share: float, elsewhere: bool) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    (tmp_path / "temp").mkdir()

    def shrink(progress: ConvertProgress) -> None:
        if progress.done > share * progress.total:
            os.truncate(folder / "orders.csv", 3000)

    with pytest.raises(InputError, match=r"orders\.csv: the file (became shorter|changed) while it was read"):
        convert(request(folder, temp_dir=tmp_path / "temp" if elsewhere else None), shrink)
    assert not (folder / "store").exists()
    assert not list((tmp_path / "temp").iterdir())


@pytest.mark.parametrize("grown", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_bad_rows_found_at_the_end_undo_all(tmp_path: Path, work: Work, workers: int, grown: bool) -> None:
    lines = market(6000, 6, FEW)
    folder = write_market(tmp_path / "m", lines)
    if grown:
        first = [x for x in lines["orders"] if day_of("orders", x) == 0]
        begun = write_market(tmp_path / "begun", {"orders": first}) / "orders.csv"
        convert(ConvertRequest(orders=(begun,), store=folder / "store"))
    before = tree(folder / "store")
    with (folder / "orders.csv").open("a") as file:
        file.write(20 * "7,junk\n")
    (tmp_path / "temp").mkdir()
    work.forget()
    with pytest.raises(UserError, match=r"20 of .* rows are bad, 19 allowed: nothing was stored"):
        convert(request(folder, workers, max_rejects=19, temp_dir=tmp_path / "temp"), work.settle)
    assert not work.built()
    assert (folder / "store/rejects.csv").read_text().count("missing fields") == 20
    after = tree(folder / "store")
    assert {name: content for name, content in after.items() if name != "rejects.csv"} == {
        name: content for name, content in before.items() if name != "rejects.csv"
    }
    assert not list((tmp_path / "temp").iterdir())
    report = convert(request(folder, workers, max_rejects=20))
    assert report.tables["orders"].rejected == 20


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_is_there_twice_is_found_at_the_end(tmp_path: Path, work: Work, workers: int) -> None:
    folder = write_market(tmp_path / "m", market(6000, 6, FEW))
    shutil.copy(folder / "orders.csv", folder / "orders-copy.csv")
    with pytest.raises(InputError, match="hold the same, byte for byte; give one of them"):
        convert(request(folder, workers))
    assert not (folder / "store").exists()
