"""Room on the disks of the store and of temp_dir: looked for before, and a clean end when it runs out after all."""

import os
import shutil
import subprocess
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.conversion.test_interruption import run
from tests.tickstore.interrupted import request
from tickstore import ConvertProgress, StoreError, convert
from tickstore.conversion.workspace import check_space
from tickstore.parse.plan import find_sources

Usage = namedtuple("Usage", "total used free")


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a tmpfs of its own."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small tmpfs cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def other_disk(monkeypatch: pytest.MonkeyPatch, marked: str, free: dict[str, int]) -> None:
    """Let folders whose path ends in ``marked`` be on another file system, with other room."""
    real = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        values = list(real(path, **options))
        if str(path).endswith(marked):
            values[2] = -1
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", stat)
    usage = {True: Usage(0, 0, free["there"]), False: Usage(0, 0, free["here"])}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage[str(path).endswith(marked)])


@pytest.mark.parametrize(
    ("here", "there", "message"),
    [
        (10**9, 10**9, ""),
        (80_000, 10**9, r"store: 80.0 kB free there, about 1\d\d.\d kB needed for 2\d\d.\d kB of input; .* --store or"),
        (
            10**9,
            50_000,
            r"logs: 50.0 kB free there, about \d\d.\d kB needed for 2\d\d.\d kB of input; .* set --temp_dir$",
        ),
    ],
)
def test_each_disk_needs_room_of_its_own(
    market: Path, monkeypatch: pytest.MonkeyPatch, here: int, there: int, message: str
) -> None:
    sources = find_sources(request(market))
    folder, logs = market / "store", market / "logs"
    folder.mkdir()
    logs.mkdir()
    other_disk(monkeypatch, "logs", {"here": here, "there": there})
    if message:
        with pytest.raises(StoreError, match=message):
            check_space(folder, logs, sources)
    else:
        check_space(folder, logs, sources)


def test_one_disk_needs_room_for_both_and_finished_work_counts(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = find_sources(request(market))
    total = sum(source.size for source in sources)
    folder = market / "store"
    logs = folder / "logs"
    logs.mkdir(parents=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, int(0.8 * total)))
    check_space(folder, None, sources)
    with pytest.raises(StoreError, match=r"nothing was stored\. Free some, or set --store or --temp_dir"):
        check_space(folder, logs, sources)
    (logs / "000000.log").write_bytes(bytes(int(0.1 * total)))
    (folder / "000000.h5").write_bytes(bytes(int(0.1 * total)))
    check_space(folder, logs, sources)


def test_too_small_a_disk_is_said_before_anything_is_read(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 1000))
    stages: list[ConvertProgress] = []
    with pytest.raises(StoreError, match=r"store/.convert: 1\.\d kB free there, about 1\d\d.\d kB needed for 2\d\d"):
        convert(request(market), stages.append)
    assert stages == []
    assert not (market / "store").exists()


@pytest.mark.parametrize("which", ["store", "temp"])
def test_a_small_file_system_is_named(tmp_path: Path, which: str) -> None:
    folder = write_market(tmp_path / "market", market_rows())
    with small_disk(tmp_path / which, 48) as disk:
        given = request(folder)
        temp, store = (None, disk) if which == "store" else (disk, tmp_path / "store")
        asked = replace(given, store=store, temp_dir=temp, memory_mb=0)
        with pytest.raises(StoreError, match=rf"{disk}.*: 4\d\.\d kB free there, about \d+\.\d kB needed"):
            convert(asked)
        assert [path.name for path in disk.rglob("*") if path.name != ".lock"] == []
    assert which == "store" or not (tmp_path / "store").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [160, 200, 260, 320, 400, 500])
@pytest.mark.parametrize("before", [False, True])
def test_a_disk_that_fills_midway_leaves_no_debris(tmp_path: Path, kilobytes: int, before: bool) -> None:
    folder = write_market(tmp_path / "market", market_rows())
    with small_disk(folder / "store", kilobytes) as disk:
        if before:  # a store that holds something keeps it as it is
            (disk / "other").write_bytes(bytes(20_000))
        was = tree(disk)
        done = run(folder)
        assert done.returncode == 2, done.stdout
        assert "no space left" in done.stderr or "free there, about" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert tree(disk) == was


def test_a_disk_that_cannot_be_written_still_says_what_is_there(tmp_path: Path) -> None:
    folder = write_market(tmp_path / "market", market_rows())
    with small_disk(folder / "store", 4096) as disk:
        done = convert(request(folder))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        again = convert(request(folder))
        assert (again.nothing_to_do, again.partitions, again.tables) == (True, done.partitions, done.tables)
        with pytest.raises(StoreError, match=r"store: cannot be written \(Read-only file system\)"):
            convert(replace(request(folder), price_decimals=2))
