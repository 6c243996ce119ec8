"""The bound of what a side has in reach, against a plain sum of the orders in reach."""

import numpy as np
import pytest

from kernels.dark import book as dark
from kernels.dark.time_priority import supply
from tests.kernels.dark.dark_books import CompiledBook
from tests.oracles.dark_book import NaiveOrder

pytestmark = pytest.mark.reduced


@pytest.mark.parametrize("many", [0, 1, 40, 1_300])
@pytest.mark.parametrize("seed", range(3))
def test_the_supply_is_never_taken_for_too_small(many: int, seed: int) -> None:
    """A bound: at least the sum, or enough; at most what waits."""
    rng, book = np.random.default_rng(seed), CompiledBook(1, 10**9, capacity=many + 1)
    limits, leaves = rng.integers(95, 106, many), rng.integers(1, 100, many)
    leaves[rng.random(many) < 0.1] = 100_000
    for name in range(many):
        book.rest(NaiveOrder(name, 1, int(limits[name]), int(leaves[name])))
    left = np.flatnonzero(rng.random(many) < 0.7)
    for name in set(range(many)) - set(left.tolist()):
        book.cancel(name)
    for name in left[::5].tolist():
        dark.reduce(book.book, book.slots[name], 1)
        leaves[name] -= 1
    for limit in range(94, 108):
        total = int(leaves[left][limits[left] >= limit].sum())
        for enough in (1, 50, 5_000, 100_000, 10**9):
            found = supply(book.book, 0, 2 * limit, enough)
            assert found >= min(total, enough)
            assert found <= int(leaves[left].sum())
