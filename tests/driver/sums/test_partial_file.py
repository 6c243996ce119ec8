"""Partials: what is written is read back, equal content is equal bytes, and damage is never read."""

import json
from dataclasses import fields, replace
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from driver.sums.cells import Cells, Marginals
from driver.sums.orders.histograms import BucketCounts
from driver.sums.outliers import Extremes
from driver.sums.partial import Partial
from driver.sums.partial_file import read_partial, write_partial
from tests.driver.job_folders import partial_sums_of
from tests.driver.order_blocks import random_block
from tickstore.errors import StoreError

LARGEST = Extremes(3)
LARGEST.add(random_block(40, 1))
MARGINALS = ("marginals", Marginals)
OUTLIERS = replace(LARGEST.found, names=["a", "ü", "c"])


def make_partial(n: int = 30, whole: bool = False) -> Partial:
    cells = partial_sums_of(random_block(n, 3), whole=whole)
    return Partial(
        "BRK.B", "2024-01-01", "abc", *cells, {"quotes_crossed": 2}, OUTLIERS, {"7": "Alpha & Söhne"}, [3, 0, 1]
    )


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n", [0, 1, 30])
def test_what_is_written_is_read_back(tmp_path: Path, n: int, whole: bool) -> None:
    partial = make_partial(n, whole)
    assert partial.cells.names == (partial.marginals.names if whole else ("priced_orders",))
    size = write_partial(partial, tmp_path / "p")
    back = read_partial(tmp_path / "p")
    assert size == (tmp_path / "p").stat().st_size
    for name in ("security", "date", "fingerprint", "quality", "participants", "intervals"):
        assert getattr(back, name) == getattr(partial, name)
    assert back.outliers.rows(back.cells.scenarios) == OUTLIERS.rows(back.cells.scenarios)
    pairs = [
        ((getattr(partial, cube), getattr(back, cube)), field)
        for cube, kind in (*product(("cells", "conditions", "volatility", "marketability"), [Cells]), MARGINALS)
        for field in fields(kind)
    ]
    for (written, found), field in pairs:
        mine, read = getattr(written, field.name), getattr(found, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == read.dtype
            assert read.flags.writeable
            np.testing.assert_array_equal(read, mine)
        else:
            assert read == mine


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1, -129, -128, 127, 128, 2**31, 2**53 + 1])
def test_integers_of_any_size_are_read_back(tmp_path: Path, value: int) -> None:
    partial = make_partial(5)
    sums = np.zeros_like(partial.conditions.sums)
    sums[3, -1] = value
    write_partial(replace(partial, conditions=replace(partial.conditions, sums=sums)), tmp_path / "p")
    np.testing.assert_array_equal(read_partial(tmp_path / "p").conditions.sums, sums)


def test_counts_of_orders_are_read_back(tmp_path: Path) -> None:
    counts = BucketCounts(np.array([3, 321, 20_222]), np.array([1, 2, 2**31 - 1]))
    written = make_partial()
    for part in ("histograms", "savings"):
        mine = replace(written, histograms=counts) if part == "histograms" else replace(written, savings=counts)
        write_partial(mine, tmp_path / "p")
        back = read_partial(tmp_path / "p")
        for found, name in ((back.histograms, "histograms"), (back.savings, "savings")):
            assert found.code.tolist() == (counts.code.tolist() if name == part else [])
            assert found.count.tolist() == (counts.count.tolist() if name == part else [])


def test_anyone_can_open_a_partial(tmp_path: Path) -> None:
    partial = make_partial()
    write_partial(partial, tmp_path / "p")
    table = pa.ipc.open_file(tmp_path / "p").read_all()
    assert table.column("table").to_pylist() == [
        "cells", "conditions", "volatility", "marketability", "marginals_by_kind",
        "marginals_by_participant", "histograms", "savings", "outliers", "kinds", "market_participants",
    ]  # fmt: skip
    assert table.column("keys").to_pylist()[:2] == [len(partial.cells), len(partial.conditions)]
    first = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}[table.column("width")[0].as_py()[0]]
    assert table.column(first)[0].as_py()[: len(partial.cells)] == partial.cells.key.tolist()
    assert (
        table.column("moments")[1].as_py()[: partial.conditions.mean.size] == partial.conditions.mean.ravel().tolist()
    )
    assert json.loads(table.column("names")[0].as_py()) == [*partial.marginals.names]
    facts = json.loads(table.column("facts")[0].as_py())
    assert (facts["security"], facts["outliers"]) == ("BRK.B", OUTLIERS.names)
    assert table.schema.metadata[b"version"] == b"15"


def test_a_text_that_looks_like_the_checksum_does_no_harm(tmp_path: Path) -> None:
    partial = replace(make_partial(3), participants={"7": "crc32=00000000"})
    write_partial(partial, tmp_path / "p")
    assert read_partial(tmp_path / "p").participants == partial.participants


def test_equal_content_is_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_partial(make_partial(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "p"
    write_partial(make_partial(3), path)
    data = path.read_bytes()
    places = [*range(100), *range(100, len(data) - 100, 61), *range(len(data) - 100, len(data))]
    for place in places:
        broken = bytearray(data)
        broken[place] ^= 1
        path.write_bytes(broken)
        with pytest.raises(StoreError, match="run the job again with --resume=false"):
            read_partial(path)


@pytest.mark.parametrize("length", [0, 7, 8, 20, 500])
def test_a_truncated_partial_is_found(tmp_path: Path, length: int) -> None:
    path = tmp_path / "p"
    write_partial(make_partial(3), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StoreError, match=r"not a partial|damaged"):
        read_partial(path)


def test_a_missing_partial_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*No such file"):
        read_partial(tmp_path / "p")


def test_a_partial_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("driver.sums.partial_file.PARTIAL_VERSION", 99)
    write_partial(make_partial(1), tmp_path / "p")
    monkeypatch.undo()
    with pytest.raises(StoreError, match="of version 99"):
        read_partial(tmp_path / "p")
