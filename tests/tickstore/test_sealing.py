"""Digests of the input files, written into day files that were built before the files' ends."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kernels.conventions import NULL
from tests.tickstore.conftest import market_rows, tree, write_market
from tests.tickstore.interrupted import PAGE, make_small, request
from tickstore import StoreError, convert, open_day, verify, write_day
from tickstore.day_check import check_day
from tickstore.day_writer import rewrite_attributes
from tickstore.pipeline import Pipeline
from tickstore.schema import GROUPS
from tickstore.seal_task import NOT_YET_KNOWN, SealTask, seal_days
from tickstore.spill import Key
from tickstore.worker_pool import Job

pytestmark = pytest.mark.reduced


def day_at(path: Path, attributes: dict[str, Any], rows: int = 3, optional: bool = False) -> Path:
    """Write a day file whose columns are made up."""
    groups = {
        group: {
            column.name: np.arange(rows, dtype=column.dtype) for column in schema if optional or not column.optional
        }
        for group, schema in GROUPS.items()
        if group != "quotes"
    }
    write_day(path, "101", "2024-09-05", groups, attributes)
    return path


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("files", [0, 1, 3, 100, 1000])  # the copy in HDF5 has no room for the last
def test_a_file_given_other_attributes_is_the_file_written_with_them(
    tmp_path: Path, files: int, optional: bool
) -> None:
    before, after = (
        {"sources": [[f"a{k}.csv", k, digest * 32, "orders"] for k in range(files)], "timezone": "UTC", "null": NULL}
        for digest in "0f"
    )
    path = day_at(tmp_path / "a.h5", before, optional=optional)
    expected = day_at(tmp_path / "b.h5", after, optional=optional)
    rewrite_attributes(path, {"sources": after["sources"]})
    assert path.read_bytes() == expected.read_bytes()
    assert check_day(path) == ""
    assert open_day(path).attributes["sources"] == after["sources"]
    with h5py.File(path) as file:
        assert list(file["events/price"]) == [0, 1, 2]


def test_attributes_that_take_more_space_are_refused(tmp_path: Path) -> None:
    path = day_at(tmp_path / "a.h5", {"sources": []})
    content = path.read_bytes()
    with pytest.raises(StoreError, match=r"a\.h5: the attributes do not fit"):
        rewrite_attributes(path, {"sources": ["x" * 100_000]})
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", [0, 40, 600, -1])
def test_a_torn_file_is_told_apart(tmp_path: Path, place: int) -> None:
    path = day_at(tmp_path / "a.h5", {"sources": [["a.csv", 1, NOT_YET_KNOWN, "orders"]]})
    whole = day_at(tmp_path / "b.h5", {"sources": [["a.csv", 1, NOT_YET_KNOWN, "orders"]]})
    content = bytearray(path.read_bytes())
    start, length, _ = open_day(path).index["metadata"]
    content[place if place < 512 and place >= 0 else start + length // 2] ^= 1
    path.write_bytes(content)
    sources = [["a.csv", 1, "f" * 32, "orders"]]
    sealed = seal_days(SealTask(((("1", "a"), str(path), sources), (("1", "b"), str(whole), sources))))
    assert sealed.heads[0] == (("1", "a"), "")
    assert sealed.heads[1] == (("1", "b"), rewrite_attributes(whole, {"sources": sources}))  # again, and the same
    assert path.read_bytes() == content


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_damaged_before_it_is_sealed_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    make_small(8 * PAGE, monkeypatch.setattr)
    folder = write_market(tmp_path, market_rows(4000, 4))
    convert(request(folder))
    expected = tree(folder / "store")
    (folder / "store").rename(folder / "before")
    sealed: list[Key] = []
    next_job = Pipeline._next_job

    def damage(self: Pipeline) -> Job | None:
        job = next_job(self)
        if job is not None and isinstance(job.task, SealTask):
            for key, path, _ in job.task.files:
                if not sealed:
                    Path(path).write_bytes(b"torn" + Path(path).read_bytes()[4:])
                sealed.append(key)
        return job

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "_next_job", damage)
        convert(request(folder, workers))
    assert tree(folder / "store") == expected
    assert len(sealed) == len(set(sealed)) > 1  # what is built again knows its sources
    assert not verify(folder / "store").problems
