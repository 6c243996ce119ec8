"""Killed at any moment, out of space, or locked out: a clean resume or one clear line, never half a store."""

import errno
import fcntl
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import tickstore.conversion.conversion
import tickstore.input.files
from tests.tickstore.big_files import note_work
from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.interrupted import request
from tickstore import ConvertRequest, StoreError, accept, convert, open_day, read_catalog, verify, write_day
from tickstore.durable.lock import folder_lock
from tickstore.request import ConvertProgress, Limits

ROOT = Path(__file__).resolve().parents[3]


def run(
    folder: Path, workers: int = 2, when: str = "-", point: str = "-", replace: bool = False
) -> subprocess.CompletedProcess[str]:
    words = [*command(folder, workers, when, point), *(["replace"] if replace else [])]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=env())


def command(folder: Path, workers: int, when: str, point: str) -> list[str]:
    return [sys.executable, "-m", "tests.tickstore.interrupted", str(folder), str(workers), when, point]


def env() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'io'}"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = write_market(tmp_path_factory.mktemp("calm"), market_rows())
    done = run(folder)
    assert (done.returncode, done.stdout) == (0, "begin\ndone\n"), done.stderr
    return folder, tree(folder / "store")


def fresh(undisturbed: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    """Return the same inputs, times of change included, with no store."""
    folder = tmp_path / "market"
    shutil.copytree(undisturbed[0], folder, ignore=shutil.ignore_patterns("store"))
    return folder


def same_store(folder: Path, undisturbed: tuple[Path, dict[str, str]]) -> bool:
    """Compare with the undisturbed store; the folder's name in the manifest is the one difference allowed."""
    ours = tree(folder / "store")
    theirs = dict(undisturbed[1])
    manifest = (folder / "store" / "manifest.jsonl").read_text().replace(str(folder), str(undisturbed[0]))
    ours.pop("manifest.jsonl")
    theirs.pop("manifest.jsonl")
    return ours == theirs and manifest == (undisturbed[0] / "store" / "manifest.jsonl").read_text()


@pytest.mark.parametrize(
    ("when", "point"),
    [("2", "-"), ("9", "-"), ("16", "-"), ("-", "decided"), ("-", "renaming"), ("-", "renamed"), ("-", "noted")],
)
def test_a_killed_conversion_is_taken_up(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, when: str, point: str
) -> None:
    folder = fresh(undisturbed, tmp_path)
    assert run(folder, 2, when, point).returncode == -9
    again = run(folder)
    assert again.returncode == 0, again.stderr
    assert same_store(folder, undisturbed)
    assert verify(folder / "store").problems == ()


def replaced(undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, point: str) -> Path:
    """Return a market whose second conversion, of other quantities, was killed after it was decided."""
    folder = fresh(undisturbed, tmp_path)
    assert run(folder, 1).returncode == 0
    path = folder / "orders.csv"
    path.write_text(path.read_text().replace(",100,", ",999,"))
    assert run(folder, 1, "-", point, replace=True).returncode == -9
    assert (folder / "store" / ".convert" / "decision.json").exists()
    return folder


@pytest.mark.parametrize(
    ("point", "reader"),
    [("decided", read_catalog), ("renaming", verify), ("renamed", read_catalog), ("noted", read_catalog)],
)
def test_a_reader_finishes_what_was_decided(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, point: str, reader: Callable[[Path], object]
) -> None:
    folder = replaced(undisturbed, tmp_path, point)
    reader(folder / "store")
    assert not (folder / "store" / ".convert").exists()
    assert verify(folder / "store").problems == ()
    for partition in read_catalog(folder / "store").partitions:
        day = open_day(partition.path)
        assert day.attributes["digest"] == partition.digest
        assert 999 in day.events["quantity"]
    done = run(folder, 1, replace=True)
    assert (done.returncode, done.stdout) == (0, "begin\nnothing\n"), done.stderr


@pytest.mark.parametrize("command", ["plan", "run"])
def test_every_command_reads_a_store_that_was_left_half_moved(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, command: str
) -> None:
    folder = replaced(undisturbed, tmp_path, "renaming")
    words = [sys.executable, "-m", "driver", command, f"--store={folder / 'store'}", f"--results={tmp_path / 'r'}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env())
    assert done.returncode == 0, done.stderr
    assert verify(folder / "store").problems == ()


def test_a_half_moved_store_that_cannot_be_written_is_not_read(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = replaced(undisturbed, tmp_path, "renaming") / "store"
    opened = os.open

    def refuse(path: Path, flags: int, *rest: int) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *rest)

    before = tree(store)
    message = (
        r"store: a conversion was interrupted while it changed this store, and it cannot be finished from here: "
        r"cannot be written \(Read-only file system\). `python -m driver verify --store=.*store` finishes it"
    )
    with monkeypatch.context() as patch:
        patch.setattr("tickstore.durable.lock.os.open", refuse)
        with pytest.raises(StoreError, match=message):
            read_catalog(store)
        problems = verify(store).problems
        assert [problem.kind for problem in problems if problem.kind == "unfinished"] == ["unfinished"]
    assert tree(store) == before
    assert len(read_catalog(store).partitions) == 6


def test_a_reader_waits_for_the_conversion_that_is_at_it(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = replaced(undisturbed, tmp_path, "renaming") / "store"
    monkeypatch.setattr("tickstore.store.recovery._PATIENCE_S", 0.2)
    message = rf"another conversion is writing here \(process {os.getpid()} on "
    with folder_lock(store), pytest.raises(StoreError, match=message):
        read_catalog(store)
    with folder_lock(store):
        assert re.search(message, verify(store).problems[0].message)
    monkeypatch.setattr("tickstore.store.recovery._PATIENCE_S", 10.0)
    with ThreadPoolExecutor() as threads:
        with folder_lock(store):
            waiting = threads.submit(read_catalog, store)
            time.sleep(0.2)
            assert not waiting.done()
        assert len(waiting.result().partitions) == 6


def test_verify_names_a_conversion_under_way(market: Path) -> None:
    convert(request(market))
    (market / "store" / ".convert").mkdir()
    with folder_lock(market / "store"):
        (problem,) = verify(market / "store").problems
    assert (problem.kind, f"process {os.getpid()} on " in problem.message) == ("unfinished", True)
    (problem,) = verify(market / "store").problems
    assert problem.message == "a conversion was interrupted: run it again to finish it"


def test_a_file_accepted_before_an_interrupted_conversion_is_finished_stays(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder = fresh(undisturbed, tmp_path)
    assert run(folder, 1, "-", "decided").returncode == -9
    foreign = folder / "store" / "999" / "2024-09-05.h5"
    foreign.parent.mkdir()
    write_day(foreign, "999", "2024-09-05", {})
    assert accept(folder / "store") == (foreign,)
    assert verify(folder / "store").problems == ()
    assert run(folder).stdout == "begin\nnothing\n"
    assert verify(folder / "store").problems == ()
    assert "999" in {partition.security for partition in read_catalog(folder / "store").partitions}


@pytest.mark.slow
def test_twenty_random_kills_leave_the_same_store(undisturbed: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    rng = random.Random(0)
    longest, killed = 2.0, 0  # seconds from its first word to the kill; that many came before the end
    for number in itertools.count():
        folder = fresh(undisturbed, tmp_path / str(number))
        process = subprocess.Popen(command(folder, 2, "-", "-"), stdout=subprocess.PIPE, env=env())
        assert process.stdout is not None
        process.stdout.readline()  # begin
        time.sleep(rng.random() * longest)
        process.kill()
        if process.wait() == 0:  # how long it takes depends on what else the machine does
            longest = max(0.05, longest / 1.5)
        else:
            killed, longest = killed + 1, longest * 1.2
        process.stdout.close()
        again = run(folder)
        assert again.returncode == 0, again.stderr
        assert same_store(folder, undisturbed), sorted(tree(folder / "store").items() ^ undisturbed[1].items())
        if killed == 20:
            break


@pytest.mark.parametrize("limit", [40_000, 20_000, 8_000])
def test_a_file_that_cannot_grow_is_one_clear_line(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path, limit: int
) -> None:
    folder = fresh(undisturbed, tmp_path)
    done = run(folder, 2, "-", f"limit={limit}")
    assert done.returncode == 2
    assert "no space left for" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "store").exists()


def test_a_second_writer_is_told_who_the_first_is(market: Path) -> None:
    (market / "store").mkdir()
    message = rf"another conversion is writing here \(process {os.getpid()} on "
    with folder_lock(market / "store"), pytest.raises(StoreError, match=message):
        convert(request(market))
    assert convert(request(market)).written


def test_the_lock_of_a_dead_owner_is_taken_over(market: Path) -> None:
    (market / "store").mkdir()
    code = (
        "import pathlib, sys, time; from tickstore.durable.lock import folder_lock\n"
        "with folder_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(market / "store")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=env()) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=rf"another conversion is writing here \(process {owner.pid} on "):
            convert(request(market))
        owner.kill()
    assert str(owner.pid) in (market / "store" / ".lock").read_text()
    assert convert(request(market)).written


def test_the_lock_is_of_the_file_that_is_there(market: Path) -> None:
    path = market / "store" / ".lock"
    path.parent.mkdir()
    first = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(first, fcntl.LOCK_EX)
    flock = fcntl.flock

    def removed_meanwhile(handle: int, operation: int) -> None:
        if path.exists() and os.path.samestat(os.fstat(first), path.stat()):
            path.unlink()
            flock(first, fcntl.LOCK_UN)  # the owner removes its file, then lets go
        flock(handle, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tickstore.durable.lock.fcntl.flock", removed_meanwhile)
        with folder_lock(path.parent) as handle:
            assert os.path.samestat(os.fstat(handle), path.stat())
    os.close(first)


def test_a_failed_conversion_removes_its_store_while_it_holds_the_lock(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def another_follows(store: Path) -> Iterator[int]:
        try:
            with folder_lock(store) as handle:
                yield handle
        finally:
            store.mkdir(exist_ok=True)
            (store / ".lock").touch()

    monkeypatch.setattr(tickstore.conversion.conversion, "check_space", lambda *_: 1 / 0)
    monkeypatch.setattr(tickstore.conversion.conversion, "folder_lock", another_follows)
    with pytest.raises(ZeroDivisionError, match="division"):
        convert(request(market))
    assert (market / "store" / ".lock").exists()


def test_a_full_disk_after_the_decision_is_said_to_leave_it(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "manifest.jsonl")

    with monkeypatch.context() as patch:
        patch.setattr("tickstore.store.commit.append_lines", full)
        with pytest.raises(StoreError, match="not all was stored yet, the next conversion will finish it"):
            convert(request(market))
    assert convert(request(market)).nothing_to_do
    assert verify(market / "store").problems == ()


def test_an_unchanged_file_removed_meanwhile_is_built_again(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder = fresh(undisturbed, tmp_path)
    assert run(folder, 1).returncode == 0
    os.utime(folder / "orders.csv")
    assert run(folder, 1, "-", "built").returncode == -9
    (folder / "store" / "101" / "2024-09-05.h5").unlink()
    assert run(folder, 1).returncode == 0
    assert (folder / "store" / "101" / "2024-09-05.h5").exists()
    assert verify(folder / "store").problems == ()


def test_a_decision_of_before_a_crash_of_the_machine_is_dropped(
    undisturbed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder = fresh(undisturbed, tmp_path)
    assert run(folder, 2, "-", "decided").returncode == -9
    decision = folder / "store" / ".convert" / "decision.json"
    decision.write_text(decision.read_text().replace('"boot":"', '"boot":"other'))
    plan = folder / "store" / ".convert" / "plan.json"
    plan.write_text(plan.read_text().replace('"boot":"', '"boot":"other'))
    (folder / "store" / ".convert" / "000000.h5").write_bytes(b"never reached the disk")
    assert run(folder).returncode == 0
    assert same_store(folder, undisturbed)
    assert verify(folder / "store").problems == ()


def test_temporary_files_of_another_conversion_are_removed(market: Path) -> None:
    stale = market / "store" / ".convert"
    stale.mkdir(parents=True)
    (stale / "000000.h5").write_bytes(b"half a file")
    (stale / "plan.json").write_text('{"logs": null}')
    convert(request(market))
    assert not stale.exists()


@pytest.mark.parametrize("again", [1, 3])
def test_other_workers_go_on_with_what_was_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: int) -> None:
    """Killed for its memory, it is tried with fewer of them."""
    limits = Limits(in_memory_bytes=0, process_bytes=1, ranges=1, range_bytes=1 << 20)
    folder = write_market(tmp_path, {"orders": market_rows(50_000, 3)["orders"]})
    given = ConvertRequest(orders=(folder / "orders.csv",), store=folder / "store", workers=2, limits=limits)
    work = note_work(tmp_path / "notes", monkeypatch.setattr)

    def stop(progress: ConvertProgress) -> None:
        if progress.stage == "parse" and progress.done == progress.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(given, stop)
    assert len(work.parsed()) > 1
    work.forget()
    convert(replace(given, workers=again))
    assert not work.parsed()
    before = tree(folder / "store")
    shutil.rmtree(folder / "store")
    convert(replace(given, workers=again))
    assert len(work.parsed()) > 1
    assert tree(folder / "store") == before
