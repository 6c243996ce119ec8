"""Moments of the cells of a job do not depend on how many cells are worked out at a time."""

import numpy as np
import pytest

from driver.sums import shortfalls
from driver.sums.shortfalls import sorted_by_cell
from kernels.base.memory import Buffers
from kernels.sums import moments

SCENARIOS = 3


@pytest.mark.parametrize("at_a_time", [1, 2, 7])
@pytest.mark.parametrize("cells", [0, 1, 5, 7, 15])
def test_moments_do_not_depend_on_how_many_cells_are_worked_out_at_a_time(
    cells: int, at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, n = np.random.default_rng(cells), 40 * (cells > 0)
    y = np.zeros((n, moments.lanes_of(SCENARIOS)))
    y[:, :SCENARIOS] = random.normal(size=(n, SCENARIOS))
    cell = random.integers(0, max(cells - 1, 1), n).astype(np.int32)  # the last one has no orders
    place = np.arange(cells, dtype=np.int32)
    kept = sorted_by_cell(cell, place, y, cell, Buffers())
    whole = kept.moments(SCENARIOS)
    monkeypatch.setattr(shortfalls, "CELLS", at_a_time)
    for one, other in zip(kept.moments(SCENARIOS), whole, strict=True):
        assert one.tobytes() == other.tobytes()
    for number, (count, mean, comoment) in enumerate(zip(*whole, strict=True)):
        mine = y[cell == number, :SCENARIOS]
        assert count == len(mine)
        if count:
            assert mean == pytest.approx(mine.mean(axis=0))
            moved = mine - mine.mean(axis=0)
            pairs = [(row, column) for row in range(SCENARIOS) for column in range(row + 1)]
            assert comoment == pytest.approx([float(moved[:, a] @ moved[:, b]) for a, b in pairs])
