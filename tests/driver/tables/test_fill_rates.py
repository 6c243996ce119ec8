"""Fill rates by horizon, E/Q and adverse selection in tables and order files, against the orders themselves."""

import csv
from pathlib import Path

import numpy as np
import pytest

from driver.job.order_arrays import arrays, order_columns
from driver.tables.aggregate import aggregate
from kernels.conventions import NULL
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import random_block

pytestmark = pytest.mark.reduced
SECONDS = ("1", "10", "60", "300")


def global_row(results: Path, block: OrderBlock) -> dict[str, str]:
    aggregate(results, [make_job(results, 0, "1", "2024-01-01", block)], SETTINGS)
    with (results / "global_summary.csv").open() as file:
        return next(csv.DictReader(file))


def test_fill_rates_add_up_and_never_fall(tmp_path: Path) -> None:
    block = random_block(300, 3)
    block["filled_quantity_300s"][:] = block.filled_quantity  # some of the random fills come within minutes
    row = global_row(tmp_path, block)
    asked = int(block.order_quantity.sum())
    for seconds in SECONDS:
        within = block[f"filled_quantity_{seconds}s"]
        assert int(row[f"filled_quantity_{seconds}s"]) == int(within.sum())
        assert int(row[f"orders_filled_{seconds}s"]) == int((within > 0).sum())
        assert float(row[f"fill_rate_{seconds}s"]) == int(within.sum()) / asked
        assert float(row[f"orders_filled_share_{seconds}s"]) == int((within > 0).sum()) / 300
    rates = [float(row[f"fill_rate_{seconds}s"]) for seconds in SECONDS] + [float(row["fill_ratio"])]
    assert rates == sorted(rates)
    assert rates[-2] == rates[-1] > 0
    assert float(row["orders_filled_share"]) == int((block.filled_quantity > 0).sum()) / 300


def test_orders_filled_by_their_states_alone_have_no_fill_rates(tmp_path: Path) -> None:
    block = random_block(50, 1)
    filled = block.filled_quantity > 0
    block.scenario_notional2[0, filled] = np.nan
    for seconds in SECONDS:
        block[f"filled_quantity_{seconds}s"][filled] = NULL
    row = global_row(tmp_path, block)
    assert {row[f"{name}_{s}s"] for s in SECONDS for name in ("fill_rate", "orders_filled", "filled_quantity")} == {""}
    assert float(row["orders_filled_share"]) > 0
    columns = arrays(order_columns(block))
    assert columns["fill_rate_60s"].is_null().to_pylist() == filled.tolist()
    assert columns["fill_ratio"].null_count == 0


def test_eq_is_the_ratio_of_the_means_and_adverse_selection_half_the_impact_turned_round(tmp_path: Path) -> None:
    block, rng = random_block(200, 2), np.random.default_rng(0)
    known = ~np.isnan(block.effective_spread_bps)  # as the others that are known of the same orders
    block = with_columns(block, effective_spread_bps=np.where(known, rng.normal(5, 2, 200), np.nan))
    block.fill_quoted_spread_bps[:] = block.effective_spread_bps * 2 + 1
    block.price_improvement_bps[:] = block.effective_spread_bps / 2 + 0.5
    block.impact_bps[:] = block.markout_bps - 1
    row = global_row(tmp_path, block)
    assert float(row["eq_ratio"]) == pytest.approx(
        float(row["effective_spread_bps"]) / float(row["fill_quoted_spread_bps"]), rel=1e-12
    )
    for seconds in (1, 60):
        adverse = float(row[f"adverse_selection_{seconds}s_bps"])
        assert adverse == pytest.approx(-float(row[f"impact_{seconds}s_bps"]) / 2, rel=1e-12)
