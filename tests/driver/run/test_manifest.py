"""Files appear whole or not at all, one writer a folder, and finished jobs survive torn and damaged lines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.run.manifest import MANIFEST, Finished, Manifest, is_intact, is_results_folder
from tickstore.durable.files import atomic_file, atomic_write, clear_temporary, file_stamps, make_folder
from tickstore.durable.lock import folder_lock
from tickstore.errors import UserError

ROOT = Path(__file__).resolve().parents[3]


def finished(name: str, fingerprint: str = "f") -> Finished:
    return Finished(name, fingerprint, {"metrics.csv": (10, 123_456_789)}, {"events": 3})


def test_a_write_that_fails_leaves_the_old_file_and_no_debris(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    atomic_write(path, b"old")

    def fail_half_way() -> None:
        with atomic_file(path) as file:
            file.write(b"ne")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]


def test_a_killed_write_leaves_the_old_file_and_debris_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    atomic_write(path, b"old")
    program = (
        "import os\nfrom tickstore.durable.files import atomic_file\n"
        f"with atomic_file({str(path)!r}) as file:\n    file.write(b'new')\n    os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == -9
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    assert list(file_stamps(tmp_path)) == ["table.csv"]
    clear_temporary(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]


def test_manifest_gives_back_the_last_entry_of_each_job(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    manifest.start({"101/a": finished("101/a")})
    manifest.append(finished("101/b"))
    manifest.append(finished("101/a", "g"))
    manifest.close()
    read = Manifest(tmp_path).read()
    assert read == {"101/a": finished("101/a", "g"), "101/b": finished("101/b")}
    manifest.start({"101/b": read["101/b"]})
    manifest.close()
    assert set(Manifest(tmp_path).read()) == {"101/b"}


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_torn_or_damaged_manifest_never_gives_a_wrong_entry(position: int, value: int) -> None:
    """Cut it or change a byte anywhere: entries read are entries written, and those before are not lost."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = Manifest(folder)
        manifest.start({})
        jobs = [finished(f"{k}/d") for k in range(3)]
        for job in jobs:
            manifest.append(job)
        manifest.close()
        data = bytearray((folder / MANIFEST).read_bytes())
        position = min(position, len(data) - 1)
        whole = bytes(data[:position]).count(b"\n")
        (folder / MANIFEST).write_bytes(data[:position])
        assert list(Manifest(folder).read().values()) == jobs[: max(0, whole - 1)]
        data[position] = value
        (folder / MANIFEST).write_bytes(data)
        read = list(Manifest(folder).read().values())
        assert read == jobs[: len(read)]
        assert len(read) >= min(3, max(0, whole - 1))


def test_one_run_at_a_time(tmp_path: Path) -> None:
    message = rf"another run is writing here \(process {os.getpid()} on .*\); wait for it or stop it"
    with folder_lock(tmp_path, "run"), pytest.raises(UserError, match=message):
        folder_lock(tmp_path, "run").__enter__()
    with folder_lock(tmp_path, "run"):
        pass


def test_the_lock_of_a_dead_owner_is_taken_over(tmp_path: Path) -> None:
    program = (
        "import os\nfrom pathlib import Path\nfrom tickstore.durable.lock import folder_lock\n"
        f"folder_lock(Path({str(tmp_path)!r}), 'run').__enter__()\nos.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "io")])}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == -9
    assert "pid" in (tmp_path / ".lock").read_text()
    with folder_lock(tmp_path, "run"):
        pass


def test_which_folders_are_results_folders(tmp_path: Path) -> None:
    assert is_results_folder(tmp_path / "new")
    assert is_results_folder(tmp_path)
    (tmp_path / ".lock").touch()
    assert is_results_folder(tmp_path)
    (tmp_path / "thesis.doc").touch()
    assert not is_results_folder(tmp_path)
    (tmp_path / MANIFEST).write_text(json.dumps({"darkreplay": "results"}) + "\n")
    assert not is_results_folder(tmp_path), "a foreign file of that name"
    manifest = Manifest(tmp_path)
    manifest.start({})
    manifest.close()
    assert is_results_folder(tmp_path)


def test_a_finished_job_is_intact_until_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("a")
    job = Finished("n", "f", file_stamps(tmp_path), {})
    assert is_intact(job, tmp_path)
    (tmp_path / "more.csv").write_text("b")
    assert not is_intact(job, tmp_path)
    (tmp_path / "more.csv").unlink()
    (tmp_path / "metrics.csv").write_text("ab")
    assert not is_intact(job, tmp_path)
    assert not is_intact(job, tmp_path / "gone")


def test_folders_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"results folder .*file is a file"):
        make_folder(tmp_path / "file", "results")
    with pytest.raises(UserError, match="is below a file"):
        make_folder(tmp_path / "file" / "below", "results")
    with pytest.raises(UserError, match=r"results folder /proc/nothing cannot be written \(.*\): give another path"):
        make_folder(Path("/proc/nothing"), "results")
    make_folder(tmp_path / "a" / "b", "results")
    assert list((tmp_path / "a" / "b").iterdir()) == []
