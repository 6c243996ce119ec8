"""Counts of waits do not depend on how blocks are cut, and come back from a partial as they were."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from driver.sums.growing_tables import DIRECT
from driver.sums.orders.fill_times import FillTimes, FillTimeSums, Rests, lives_of
from driver.sums.partial_file import read_partial, write_partial
from kernels.conventions import NULL, REPLAYED
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import measure
from kernels.measure.result_rows import OrderBlock
from kernels.sums.fill_times import BINS, CODES, KEYS_OF_PARTICIPANT, UNKNOWN, Clock, Lives
from tests.blocks import part_of, with_columns
from tests.driver.job_folders import make_job
from tests.driver.sums.test_replayed_sums import day_and_fills
from tests.oracles.waits import FATES, GRID, Last, waits
from tests.random_day import CLOSE, OPEN

CLOCK = Clock(CLOSE, 2**63 - 1)


def block_and_lives(seed: int) -> tuple[OrderBlock, Lives]:
    """Return the orders of a random day under every replayed scenario, some of them asked to rest in the dark."""
    day, changed = day_and_fills(seed, [*REPLAYED])
    (block,) = measure(day, Choices(), Session(OPEN, CLOSE, "test"), None, changed)
    rng, n = np.random.default_rng(seed), len(day.orders["order_id"])
    until = np.where(rng.random(n) < 0.5, day.orders["end_time"] + rng.integers(-(10**9), 10**9, n), NULL)
    return block, lives_of(day, Rests(np.minimum(until, CLOSE), (rng.random(n) < 0.2).astype(np.int8)))


def counted(parts: list[OrderBlock], lives: Lives) -> FillTimes:
    sums = FillTimeSums(lives, CLOCK)
    for part in parts:
        sums.add(part)
    return sums.found()


def as_counts(found: FillTimes) -> dict[tuple[int, int], int]:
    """Return how many orders have each key and code."""
    key = np.repeat(found.key, np.diff(found.histogram_start)).tolist()
    entries = zip(key, found.histogram_code.tolist(), found.histogram_count.tolist(), strict=True)
    return {(k, code): count for k, code, count in entries}


def shown(block: OrderBlock, i: int) -> dict[str, int | None]:
    """Return an order as its order file has it."""
    names = "order_quantity", "withdrawn_quantity", "leaves_quantity", "window_start", "window_end", "end_time"
    order = {name: int(block[name][i]) for name in names}
    for name in ("real", *block.replayed):
        under, prefix = (block, "") if name == "real" else (block.under(name), f"{name}_")
        for what in ("filled_quantity", "first_fill_time", "last_fill_time"):
            order[f"{prefix}{what}"] = int(under[what][i])
    return {name: None if value == NULL else value for name, value in order.items()}


@pytest.mark.parametrize("seed", range(4))
def test_every_order_is_counted_once_a_look(seed: int) -> None:
    block, lives = block_and_lives(seed)
    found = counted([block], lives)
    expected: dict[tuple[int, int], int] = {}
    for i in range(len(block)):
        row, asked = block.order_index[i], lives.until[block.order_index[i]]
        at = lives.last_row[row]
        told = (int(lives.change_reason[at]), int(lives.order_status[at]), bool(lives.bounces[row]))
        last = Last(*told, None if asked == NULL else int(asked))
        side, group = int(block.side[i] < 0), int(block.group[i]) - 1
        key = (int(block.participant[i]) * 3 + group) * 2 + side
        for s, name in enumerate(found.scenarios):
            if not (ends := waits(shown(block, i), last, CLOSE, name)):
                continue
            for look, (fate, wait) in enumerate(ends.values()):
                place = next(b for b, edge in enumerate(GRID) if edge * 10**9 >= wait)
                ended = UNKNOWN if fate == "unknown" else FATES.index(fate) * BINS + place
                code = (2 * s + look) * CODES + ended
                expected[key, code] = expected.get((key, code), 0) + 1
    assert as_counts(found) == expected
    assert found.scenarios == ("real", *REPLAYED)
    assert list(found.key) == sorted(set(found.key.tolist()))


@pytest.mark.parametrize("seed", range(2))
def test_blocks_may_be_cut_anywhere(seed: int) -> None:
    block, lives = block_and_lives(seed)
    whole, n = counted([block], lives), len(block)
    for cuts in ((0, 1, 5, n), (0, n // 2, n // 2, n)):
        parts = [part_of(block, slice(a, b)) for a, b in pairwise(cuts)]
        found = counted(parts, lives)
        assert as_counts(found) == as_counts(whole)
        for name in ("key", "histogram_start", "histogram_code", "histogram_count"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_without_orders_nothing_is_counted() -> None:
    block, lives = block_and_lives(0)
    found = counted([part_of(block, slice(0))], lives)
    assert found.scenarios[0] == "real"
    assert as_counts(found) == {}


def test_without_trades_it_is_not_known_when_orders_filled() -> None:
    block, lives = block_and_lives(1)
    block.rows.ints[:, :] = np.where(block.rows.ints == block.first_fill_time, NULL, block.rows.ints)
    found = counted([block], lives)
    some = [code for _, code in as_counts(found) if code < CODES and code == UNKNOWN]
    assert some


def test_a_partial_gives_them_back(tmp_path: Path) -> None:
    block, lives = block_and_lives(2)
    make_job(tmp_path, 0, "7", "2024-01-01", block)
    path = tmp_path / "sec7" / "2024-01-01" / "partial.arrow"
    partial = read_partial(path)
    partial.fill_times = counted([block], lives)
    write_partial(partial, path)
    found = read_partial(path).fill_times
    assert found is not None
    assert as_counts(found) == as_counts(partial.fill_times)
    assert found.scenarios == partial.fill_times.scenarios


def test_participants_may_have_any_codes() -> None:
    """Those that are too large for a table come after others, and the other way round."""
    block, lives = block_and_lives(1)
    who, codes = np.arange(len(block)) % 4, np.array([3, DIRECT, -1, 2**31 - 1], np.int32)
    named = with_columns(block, participant=codes[who])
    expected: dict[tuple[int, int], int] = {}
    nobody = with_columns(block, participant=np.zeros_like(block.participant))
    for place, code in enumerate(codes.tolist()):
        own = as_counts(counted([part_of(nobody, slice(place, None, 4))], lives))
        expected |= {(code * KEYS_OF_PARTICIPANT + key, look): count for (key, look), count in own.items()}
    for cuts in ((0, 1, 2, len(block)), (0, len(block))):
        found = counted([part_of(named, slice(a, b)) for a, b in pairwise(cuts)], lives)
        assert as_counts(found) == expected
        assert list(found.key) == sorted(set(found.key.tolist()))
