"""Locks and syncs where the file system has none, or fails."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from stat import S_ISDIR

import pytest

from tests.driver.whole_runs import ENVIRONMENT
from tickstore.durable import lock, lock_file
from tickstore.durable.files import atomic_write, sync_files, sync_path
from tickstore.durable.lock import LockedError, folder_lock
from tickstore.durable.lock_file import HELD_NAME, is_dead, living_owner, this_process
from tickstore.errors import StoreError


def without_locks(monkeypatch: pytest.MonkeyPatch, number: int = errno.ENOLCK) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tickstore.durable.lock.fcntl.flock", refuse)


@pytest.mark.parametrize("number", sorted(lock._NO_LOCKS))
def test_the_file_is_held_by_one_and_removed(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch, number)
    with folder_lock(tmp_path, "run"):
        with pytest.raises(LockedError, match=rf"another run is writing here \(process {os.getpid()} on .*{HELD_NAME}"):
            folder_lock(tmp_path, "run").__enter__()
        assert living_owner(tmp_path)
    assert not (tmp_path / HELD_NAME).exists()


def test_who_has_the_system_s_lock_respects_the_file_of_who_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        without_locks(patch)
        owner = folder_lock(tmp_path, "run")
        owner.__enter__()
    with pytest.raises(LockedError, match="another run is writing here"):
        folder_lock(tmp_path, "run").__enter__()
    owner.__exit__(None, None, None)
    with folder_lock(tmp_path, "run"):
        pass


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_a_lock_that_fails_is_said(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch, number)
    with pytest.raises(StoreError, match=f"{tmp_path}: cannot be locked .*give a folder on another disk"):
        folder_lock(tmp_path).__enter__()


def test_an_owner_is_dead_only_where_that_is_known() -> None:
    mine = this_process()
    assert not is_dead(mine)
    assert is_dead(mine | {"pid": 2**22 + 1})
    assert is_dead(mine | {"began": "1"}), "its number was given to another process"
    assert not is_dead(mine | {"processes": "pid:[1]"}), "a container"
    elsewhere = mine | {"boot": "x", "pid": 2**22 + 1}
    assert is_dead(elsewhere) == bool(mine["machine"]), "this machine was started anew"
    assert not is_dead(elsewhere | {"host": "another"})
    assert not is_dead(elsewhere | {"machine": "another"})


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_a_file_whose_maker_died_over_it_is_taken_over(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    monkeypatch.setattr(lock_file, "_MOMENT_S", 0.2)
    (tmp_path / HELD_NAME).write_text(content)
    (tmp_path / ".lock.breaking").write_text(json.dumps(this_process() | {"pid": 2**22 + 1}))
    with folder_lock(tmp_path):
        assert json.loads((tmp_path / HELD_NAME).read_text())["pid"] == os.getpid()
    assert not list(tmp_path.glob(".lock.*"))


def test_of_many_that_find_a_dead_owner_one_gets_the_lock_at_a_time(tmp_path: Path) -> None:
    (tmp_path / HELD_NAME).write_text(json.dumps(this_process() | {"pid": 2**22 + 1}))
    program = (
        "import os, time\nfrom pathlib import Path\nfrom tickstore.durable import lock_file\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "end = time.monotonic() + 60\n"
        "while lock_file.take_lock_file(folder) is not None:\n"
        "    assert time.monotonic() < end\n"
        "    time.sleep(0.01)\n"
        "handle = os.open(folder / 'alone', os.O_CREAT | os.O_EXCL)\n"
        "time.sleep(0.1)\n"
        "os.unlink(folder / 'alone')\n"
        "lock_file.drop_lock_file(folder)\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", program], env=ENVIRONMENT) for _ in range(6)]
    assert [child.wait() for child in children] == [0] * 6


def test_syncs_that_do_not_exist_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"file": 0, "folder": 0}

    def fsync(handle: int) -> None:
        if number := numbers["folder" if S_ISDIR(os.fstat(handle).st_mode) else "file"]:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tickstore.durable.files.os.fsync", fsync)
    for numbers["folder"] in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM):
        atomic_write(tmp_path / "a", b"1")
        sync_files([tmp_path, tmp_path / "a"])
    for numbers["file"] in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.ENOTTY):
        atomic_write(tmp_path / "a", b"1")
        sync_files([tmp_path, tmp_path / "a"])
    for numbers["file"] in (errno.EBADF, errno.EIO, errno.EDQUOT):
        with pytest.raises(OSError, match=f"{tmp_path}/b"):
            atomic_write(tmp_path / "b", b"1")
        assert not list(tmp_path.glob("*b*"))
    numbers["folder"] = errno.EIO
    with pytest.raises(OSError, match=str(tmp_path)):
        sync_path(tmp_path)


def test_a_folder_that_cannot_be_opened_is_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / "a").touch()
    monkeypatch.setattr("tickstore.durable.files.os.open", refuse)
    sync_path(tmp_path)
    with pytest.raises(PermissionError, match=r"a'$"):
        sync_path(tmp_path / "a")
