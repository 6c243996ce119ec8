"""Integers added up over participants first give the same tables, and are not used where they could leave 64 bits."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from driver.sums.cells import Cells
from driver.sums.totals import Totals
from driver.tables.aggregate import aggregate
from driver.tables.grouping import CodedSums, Dimensions, FewerIntegers
from kernels.conventions import GROUP_NONE
from tests.driver.job_folders import SETTINGS, cubes_of, make_jobs
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced
# What a cell's key has, by dimension, as a table's row number has it.
DIGITS: dict[str, Callable[[int], int]] = {
    "all": lambda key: 0, "hour": lambda key: key // 32 % 24, "size": lambda key: key // 4 % 8,
    "group": lambda key: key % 4 - 1,
}  # fmt: skip


def cells(seed: int) -> Cells:
    return cubes_of(random_block(400, seed, 4))[0]


def added(sums: CodedSums | FewerIntegers, by: tuple[str, ...]) -> Counter[tuple[int, int]]:
    """Return what a table would have: by its row and the number of the column."""
    rows = Dimensions([]).rows(sums, by, 0).tolist()
    values = sums.sums.sums if isinstance(sums, CodedSums) and isinstance(sums.sums, Cells) else sums.sums
    found: Counter[tuple[int, int]] = Counter()
    for column, line in enumerate(np.asarray(values).tolist()):
        for row, value in zip(rows, line, strict=True):
            found[row, column] += value if row >= 0 else 0
    return +found + Counter()


@pytest.mark.parametrize("by", [("all",), ("hour",), ("size",), ("group",), ("hour", "size")])
def test_fewer_integers_say_what_the_cells_say(by: tuple[str, ...]) -> None:
    own = cells(1)
    fewer = FewerIntegers.of(own)
    assert fewer is not None
    assert len(fewer) < len(own)
    places = {"all": 1, "hour": 24, "size": 7, "group": 3}
    expected: Counter[tuple[int, int]] = Counter()
    unfilled: Counter[tuple[int, int]] = Counter()
    for i, key in enumerate(own.key.tolist()):
        row = 0
        for name in by:
            row = row * places[name] + DIGITS[name](key)
        for column in range(len(own.names)):
            expected[row, column] += int(own.sums[column, i])
            unfilled[row, column] += int(own.sums[column, i]) if key % 4 == GROUP_NONE else 0
    assert added(fewer, by) == +expected
    assert added(fewer.unexecuted(), by) == +unfilled


def test_participants_are_told_from_the_cells_alone() -> None:
    own = cells(2)
    coded = CodedSums(own, {"participant": np.zeros(len(own), np.int64)}, None, FewerIntegers.of(own))
    assert Dimensions([]).integers(coded, ("participant",), 0) is None
    assert Dimensions([]).integers(coded, ("hour",), 0) is not None


def test_sums_that_might_not_fit_are_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = cells(3)
    own.sums[0, 0] = -(2**62) // len(own)
    assert FewerIntegers.of(own) is None
    for name in ("fewer", "cells"):
        (tmp_path / name).mkdir()
    aggregate(tmp_path / "fewer", make_jobs(tmp_path / "fewer"), SETTINGS)
    monkeypatch.setattr(FewerIntegers, "of", lambda cells: None)
    aggregate(tmp_path / "cells", make_jobs(tmp_path / "cells"), SETTINGS)
    for path in (tmp_path / "cells").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "fewer" / path.name).read_bytes()


@pytest.mark.parametrize("high", [0, -1, 2**29, -(2**30), 2**30 - 1, 2**30, 2**40, -(2**40)])
@pytest.mark.parametrize("low", [0, 1, 2**32 - 1, 2**61, 2**62, 2**63 - 1])
def test_a_row_is_exact_beyond_64_bits(high: int, low: int) -> None:
    totals = Totals.empty(cells(4), 2)
    totals.low[0, 1], totals.high[0, 1] = low, high
    row = totals.row(1)
    assert row[totals.names[0]] == high * 2**32 + low
    assert not any([*row.values()][1:])
