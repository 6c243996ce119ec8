"""A disk that fills in the middle of a run: said in a line, and the run goes on once there is space."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, tables


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, of a few pages, or skip where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, left: int) -> None:
    """Have so many bytes of a disk be left."""
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - left)))


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_a_disk_that_fills_midway_is_said_and_the_run_goes_on_after(
    share: float, market: Market, tmp_path: Path, small_disk: Path
) -> None:
    needed = sum(map(len, market.tables.values()))
    fill(small_disk, round(share * needed))
    words = ("run", f"--store={market.store}", "--results=disk/out", "--max_workers=2")
    full = darkreplay(*words, folder=tmp_path)
    assert full.returncode in (1, 2), full.stderr
    assert "Traceback" not in full.stdout + full.stderr
    assert "No space left on device" in full.stdout + full.stderr
    left = tables(small_disk / "out") if (small_disk / "out").exists() else {}
    of_jobs = {path: data for path, data in left.items() if path.startswith("sec") and ".tmp-" not in path}
    assert {path: market.tables[path] for path in of_jobs} == of_jobs, "what is there is whole"
    (small_disk / "ballast").unlink()
    done = darkreplay(*words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tables(small_disk / "out") == market.tables
