"""Sums of savings by part leave 64 bits without a loss."""

import pytest

from driver.sums.orders import saving_split
from driver.sums.orders.saving_split import SavingSplit
from tests.driver.order_blocks import random_block


def test_sums_beyond_64_bits_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [random_block(50, seed) for seed in range(3)]
    plain, moved = SavingSplit(), SavingSplit()
    for block in blocks:
        plain.add(block)
    monkeypatch.setattr(saving_split, "ROOM", 1)  # after each block they are Python's integers
    for block in blocks:
        moved.add(block)
    assert moved.found == plain.found
    assert any(sums["fills"][0] > 0 for sums in plain.found.values())
    moved.whole *= 2**40
    moved.add(blocks[0])
    once = SavingSplit()
    once.add(blocks[0])
    for name, sums in moved.found.items():
        for part in ("fills", "refuses", "neither"):
            rows = zip(sums[part], plain.found[name][part], once.found[name][part], strict=True)
            assert all(found == before * 2**40 + added for found, before, added in rows)
