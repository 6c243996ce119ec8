"""Integers that jobs add up over participants, or by them alone, say what their cells would say."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from driver.sums.cells import PARTICIPANT_KEYS, Cells, Marginals
from driver.sums.totals import Totals
from driver.tables.grouping import CodedIntegers, CodedSums, Dimensions
from kernels.conventions import GROUP_NONE
from tests.driver.job_folders import cubes_of, partial_sums_of
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced
# What a cell's key has, by dimension, as a table's row number has it.
DIGITS: dict[str, Callable[[int], int]] = {
    "all": lambda key: 0, "hour": lambda key: key // 32 % 24, "size": lambda key: key // 4 % 8,
    "group": lambda key: key % 4 - 1,
}  # fmt: skip


def sums_of(seed: int) -> tuple[Cells, Cells, Marginals]:
    """Return the cells of some orders with all their sums, and as a partial keeps them."""
    block = random_block(400, seed, 4)
    kept, *_, marginals = partial_sums_of(block)
    return cubes_of(block)[0], kept, marginals


def added(sums: CodedIntegers, by: tuple[str, ...]) -> Counter[tuple[int, int]]:
    """Return what a table would have: by its row and the number of the column."""
    rows = Dimensions([]).rows(sums, by, 0).tolist()
    found: Counter[tuple[int, int]] = Counter()
    for column, line in enumerate(sums.sums.tolist()):
        for row, value in zip(rows, line, strict=True):
            found[row, column] += value if row >= 0 else 0
    return +found + Counter()


@pytest.mark.parametrize("by", [("all",), ("hour",), ("size",), ("group",), ("hour", "size")])
def test_integers_by_kind_say_what_the_cells_say(by: tuple[str, ...]) -> None:
    own, kept, marginals = sums_of(1)
    kinds = CodedIntegers.of_kinds(marginals)
    assert len(kinds) < len(own)
    assert kept.priced().tolist() == own.priced().tolist()
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
    assert added(kinds, by) == +expected
    assert added(kinds.unexecuted(), by) == +unfilled


def test_integers_by_participant_say_what_the_cells_say() -> None:
    own, _, marginals = sums_of(2)
    expected: dict[int, list[int]] = {}
    for i, key in enumerate(own.key.tolist()):
        before = expected.setdefault(key // PARTICIPANT_KEYS, [0] * len(own.names))
        expected[key // PARTICIPANT_KEYS] = [a + b for a, b in zip(before, own.sums[:, i].tolist(), strict=True)]
    assert marginals.participant.tolist() == sorted(expected)
    assert marginals.participant_sums.T.tolist() == [expected[code] for code in sorted(expected)]


def test_what_no_partial_has_integers_of_is_refused() -> None:
    _, kept, marginals = sums_of(2)
    who = {"participant": np.zeros(len(marginals.participant), np.int64)}
    both = CodedIntegers.of_kinds(marginals), CodedIntegers(marginals.participant_sums, who)
    coded = CodedSums(kept, {"participant": np.zeros(len(kept), np.int64)}, None, both)
    for by in (("participant",), ("hour",)):
        assert Dimensions([]).integers(coded, by, 0) is not None
    with pytest.raises(ValueError, match="no partial has integers by participant and hour"):
        Dimensions([]).integers(coded, ("participant", "hour"), 0)
    with pytest.raises(ValueError, match="1 sums cannot be added to 2"):
        Totals.empty(kept, 1, names=("orders", "fills")).add(kept, np.zeros(len(kept), np.int32), 0)


@pytest.mark.parametrize("high", [0, -1, 2**29, -(2**30), 2**30 - 1, 2**30, 2**40, -(2**40)])
@pytest.mark.parametrize("low", [0, 1, 2**32 - 1, 2**61, 2**62, 2**63 - 1])
def test_a_row_is_exact_beyond_64_bits(high: int, low: int) -> None:
    totals = Totals.empty(sums_of(4)[0], 2)
    totals.low[0, 1], totals.high[0, 1] = low, high
    row = totals.row(1)
    assert row[totals.names[0]] == high * 2**32 + low
    assert not any([*row.values()][1:])
