"""Average fill, time from first to last fill and between fills in tables, against the orders themselves."""

from pathlib import Path

import numpy as np
import pytest

from kernels.base.columns import I64
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.order_blocks import random_block
from tests.driver.tables.test_fill_rates import global_row

pytestmark = pytest.mark.reduced


def with_fills(n: int, seed: int, fills: I64) -> OrderBlock:
    """Return orders of which those that are filled have so many fills, over up to an hour."""
    block, rng = random_block(n, seed), np.random.default_rng(seed)
    filled = block.filled_quantity > 0
    spans = np.where(fills > 1, rng.integers(0, 3_600 * 10**9, n), 0)
    last = np.where(filled, block.first_fill_time + spans, block.last_fill_time)
    return with_columns(block, fills=np.where(filled, fills, 0), last_fill_time=last)


@pytest.mark.parametrize("seed", range(3))
def test_size_and_times_are_those_of_the_fills(tmp_path: Path, seed: int) -> None:
    block = with_fills(120, seed, np.random.default_rng(seed).integers(1, 9, 120))
    row, traded = global_row(tmp_path, block), np.flatnonzero(block.fills > 0)
    spans = [int(block.last_fill_time[i] - block.first_fill_time[i]) for i in traded]
    fills, shares = int(block.fills.sum()), int(block.filled_quantity.sum())
    assert int(row["fill_span_orders"]) == len(traded) > 0
    assert float(row["average_fill_size"]) == shares / fills
    assert float(row["fill_span_s"]) == pytest.approx(sum(spans) / len(traded) / 1e9, rel=1e-12)
    assert float(row["time_between_fills_s"]) == pytest.approx(sum(spans) / (fills - len(traded)) / 1e9, rel=1e-12)


def test_with_one_fill_each_there_is_nothing_between_fills(tmp_path: Path) -> None:
    row = global_row(tmp_path, with_fills(40, 2, np.ones(40, np.int64)))
    assert (row["fill_span_s"], row["time_between_fills_s"]) == ("0.0", "")


def test_without_fills_there_is_no_average(tmp_path: Path) -> None:
    none = with_fills(40, 2, np.zeros(40, np.int64))
    none = with_columns(none, filled_quantity=0, venue_quantity=0, venue_notional=0, notional=0)
    row = global_row(tmp_path, none)
    found = [row[name] for name in ("average_fill_size", "fill_span_s", "time_between_fills_s", "fill_span_orders")]
    assert found == ["", "", "", "0"]


def test_of_orders_filled_by_their_states_alone_nothing_is_known(tmp_path: Path) -> None:
    block = with_fills(50, 1, np.ones(50, np.int64))
    block.scenario_notional2[0, block.filled_quantity > 0] = np.nan
    row = global_row(tmp_path, block)
    assert {row[name] for name in ("average_fill_size", "fill_span_s", "time_between_fills_s", "fill_span_orders")} == {
        ""
    }
