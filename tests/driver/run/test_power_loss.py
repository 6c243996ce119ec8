"""A power cut loses what was not synced. Nothing is renamed over such data, and no file or folder stays unsynced."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.system_calls import traced, undurable, why_not_traceable
from tests.driver.whole_runs import ENVIRONMENT, command, tables

FREE = (".lock", "run.log", ".tmp-status")  # nothing is decided by what is in them
TMP = Path("/tmp/x")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_conversion_and_a_run_leave_nothing_to_a_power_cut(market: Market, tmp_path: Path, workers: str) -> None:
    if reason := why_not_traceable():
        pytest.skip(reason)
    files = [f"--{table}={market.raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    words = ("run", *files, "--store=store", "--results=out", f"--max_workers={workers}", "--detailed_logs")
    lines = traced(command(*words), tmp_path, ENVIRONMENT)
    assert tables(tmp_path / "out") == market.tables
    renamed = [line for line in lines if ("rename" in line and "/out/" in line) or '"out/' in line]
    assert len(renamed) > 10, "the calls were seen"
    assert undurable(lines, tmp_path, [tmp_path / "store", tmp_path / "out"], FREE) == []


def check(*lines: str) -> Sequence[str]:
    return undurable([f"7  {line}" for line in lines], TMP, [TMP / "out"])


OPEN = 'openat(AT_FDCWD</tmp/x>, "out/a", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 3</tmp/x/out/a>'
WRITE, SYNC = 'write(3</tmp/x/out/a>, "data"..., 4) = 4', "fsync(3</tmp/x/out/a>) = 0"
RENAME, SYNC_NAMES = 'rename("out/a", "out/b") = 0', "fsync(4</tmp/x/out>) = 0"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything exist that the lines below speak of."""
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(Path, "is_dir", lambda _: True)


@pytest.mark.usefixtures("place")
def test_the_reader_of_calls_finds_what_is_wrong() -> None:
    over, names = "/tmp/x/out/b is renamed over data that is not synced", "the names in /tmp/x/out are left unsynced"
    assert check(OPEN, WRITE, SYNC, RENAME, SYNC_NAMES) == []
    assert check(OPEN, WRITE, RENAME, SYNC_NAMES) == [over]
    assert check(OPEN, WRITE, SYNC, RENAME) == [names]
    assert check(OPEN, SYNC, WRITE, RENAME) == [over, names]
    assert check(OPEN, WRITE) == ["/tmp/x/out/a is left unsynced"]
    assert check(OPEN, WRITE, SYNC.replace("= 0", "= -1 EIO (Input/output error)"), RENAME, SYNC_NAMES) == [over]
    assert check(OPEN, WRITE, "syncfs(4</tmp/x/out>) = 0", RENAME, SYNC_NAMES) == []
    assert check(OPEN, WRITE, SYNC, SYNC_NAMES, 'mkdir("out/c", 0777) = 0') == [names]
    assert check(OPEN.replace("out/", "else/"), WRITE.replace("out/", "else/"), RENAME.replace("out/", "else/")) == []


@pytest.mark.usefixtures("place")
def test_a_sync_counts_from_its_end_and_a_write_from_its_begin() -> None:
    begun = "7  fsync(3</tmp/x/out/a> <unfinished ...>"
    ended = "7  <... fsync resumed>) = 0"
    before = [f"7  {OPEN}", f"7  {WRITE}", begun]
    rest = [f"8  {SYNC_NAMES}"]
    rename = f"8  {RENAME}"
    assert undurable([*before, ended, rename, *rest], TMP, [TMP / "out"]) == []
    assert len(undurable([*before, rename, ended, *rest], TMP, [TMP / "out"])) == 1
