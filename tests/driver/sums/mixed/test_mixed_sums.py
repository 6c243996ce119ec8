"""Mixed cells of a job: their keys in plain Python, any cut into blocks, what a partial keeps of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.config.combinations import KEYS, OF_CELLS, PARTITION
from driver.sums.mixed.mixed_keys import CODES, MixedCells
from driver.sums.mixed.mixed_sums import MixedSums
from driver.sums.partial import Partial
from driver.sums.partial_file import encode, read_partial, write_partial
from kernels.conventions import NULL
from tests.blocks import part_of
from tests.driver.job_folders import MARKET, SETTINGS, cubes_of, mixed_of, partial_of
from tests.driver.order_blocks import random_block
from tickstore.errors import UserError

pytestmark = pytest.mark.reduced
ALL = tuple(key for key in KEYS if key not in PARTITION)
SETS = (ALL, ("hour", "spread"), ("participant_id", "phase"), ("group", "volatility", "marketability"))


def labelled(mixed: MixedCells) -> list[tuple[int, ...]]:
    codes = mixed.codes()
    return [tuple(int(codes[key][c]) for key in mixed.keys) for c in range(len(mixed.cells))]


def test_keys_have_a_number_of_codes_but_participants() -> None:
    assert {*CODES} | {"participant_id"} == {*ALL}
    assert ALL[0] == "participant_id"


@given(st.integers(0, 60), st.integers(0, 1_000), st.sampled_from(SETS))
def test_cells_are_in_the_order_of_their_codes_and_hold_all_orders(n: int, seed: int, keys: tuple[str, ...]) -> None:
    block = random_block(n, seed)
    mixed = mixed_of(block, keys)
    labels = labelled(mixed)
    assert labels == sorted(set(labels))
    orders = mixed.cells.sums[mixed.cells.names.index("orders")]
    assert int(orders.sum()) == n
    assert (orders > 0).all()
    if n and "participant_id" in keys:
        assert {label[0] for label in labels} == set(block.participant.tolist())


def test_cells_of_who_and_when_alone_are_those_of_every_job() -> None:
    """Keys of one set, which no run asks for so, have the cells that there are anyway."""
    block = random_block(80, 3)
    main, *_ = cubes_of(block)
    found = mixed_of(block, OF_CELLS).cells
    np.testing.assert_array_equal(found.sums, main.sums)
    for name in ("mean", "comoment"):
        np.testing.assert_array_equal(getattr(found, name), getattr(main, name))


@given(st.integers(1, 50), st.integers(0, 50), st.sampled_from(SETS))
def test_how_orders_are_cut_into_blocks_changes_no_bit(n: int, cut: int, keys: tuple[str, ...]) -> None:
    block, cut = random_block(n, n), min(cut, n)
    sums = MixedSums(MARKET, SETTINGS.timezone, keys=keys)
    for rows in (slice(0, cut), slice(cut, n)):
        sums.add(part_of(block, rows))
    one, other = mixed_of(block, keys).cells, sums.found().cells
    for name in ("key", "sums", "mean", "comoment"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.filterwarnings("ignore:overflow encountered")  # plain Python says so before they are refused
@pytest.mark.parametrize("blocks", [1, 5])
def test_sums_that_leave_64_bits_are_refused(blocks: int) -> None:
    """All orders of a job together must fit, as they must where no keys are mixed."""
    whole = random_block(40, 1)
    whole.order_quantity[:] = 2**57 - 1
    whole.mid2[:] = NULL
    sums = MixedSums(MARKET, SETTINGS.timezone, keys=("spread", "volatility"))
    *parts, last = (part_of(whole, slice(at, at + 40 // blocks)) for at in range(0, 40, 40 // blocks))
    for block in parts:
        sums.add(block)
    with pytest.raises(UserError, match="may not fit 64 bits"):
        sums.add(last)


def partial(n: int, keys: tuple[str, ...] = ()) -> Partial:
    block = random_block(n, 5)
    found = partial_of(0, "9", "2024-01-01", block)
    if keys:
        found.mixed = mixed_of(block, keys)
    return found


@pytest.mark.parametrize("n", [0, 1, 30])
@pytest.mark.parametrize("keys", SETS)
def test_a_partial_keeps_them(n: int, keys: tuple[str, ...], tmp_path: Path) -> None:
    written = partial(n, keys)
    write_partial(written, tmp_path / "p")
    back = read_partial(tmp_path / "p")
    assert written.mixed is not None
    assert back.mixed is not None
    assert (back.mixed.keys, back.mixed.cells.names) == (keys, written.mixed.cells.names)
    for name in ("key", "sums", "mean", "comoment", "histogram_start"):
        mine, read = getattr(written.mixed.cells, name), getattr(back.mixed.cells, name)
        assert mine.dtype == read.dtype
        np.testing.assert_array_equal(read, mine)
    assert encode(back) == encode(written)


def test_a_partial_that_is_not_asked_for_them_has_nothing_of_them(tmp_path: Path) -> None:
    content = bytes(encode(partial(30)))
    assert b"mixed" not in content
    assert len(content) < len(encode(partial(30, ("hour", "spread"))))
    write_partial(partial(30), tmp_path / "p")
    assert read_partial(tmp_path / "p").mixed is None
