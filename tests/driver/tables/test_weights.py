"""What the column guide says an average is weighted by is what it is weighted by."""

from collections.abc import Callable
from functools import partial
from math import fsum, isfinite

import numpy as np
import pytest

from driver.tables.aggregate import aggregate
from driver.tables.column_guide import COLUMNS, averaged
from kernels.conventions import NULL
from kernels.measure import order_columns
from kernels.measure.order_columns import DECIDED, MARKOUT
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import random_block
from tests.driver.tables.from_orders import read

pytestmark = pytest.mark.reduced
HORIZONS = SETTINGS.simulation.markout_seconds


def asked(block: OrderBlock, i: int) -> int:
    return 0 if block.mid2[i] == NULL else int(block.order_quantity[i]) * int(block.mid2[i])


def asked_at_decision(block: OrderBlock, i: int) -> int:
    return 0 if block.decision_mid2[i] == NULL else int(block.order_quantity[i]) * int(block.decision_mid2[i])


def market_value(block: OrderBlock, i: int) -> int:
    return sum(block.venue_notional[:3, i].tolist())


def whole_market_value(block: OrderBlock, i: int, h: int) -> int:
    parts = block.realised_spread_bps[h, i], block.impact_bps[h, i], block.markout_bps[h, i]
    return market_value(block, i) if all(map(isfinite, parts)) else 0


LATER = "value of its market fills, of orders with realised spread and impact at that horizon"
WEIGHTS: dict[str, Callable[[OrderBlock, int], int]] = {
    "Q M0": asked,
    "Q Md": asked_at_decision,
    "value of its market fills": market_value,
    "value of its market fills, of orders with a valid quote before one": market_value,
}
AVERAGED = [column for column in order_columns.COLUMNS if column.weight]


@pytest.fixture(scope="module")
def block() -> OrderBlock:
    """Return orders with a value, sometimes missing, of every metric that tables average."""
    block, rng = random_block(200, 3), np.random.default_rng(3)
    some = {column.name: rng.normal(0, 9, 200) for column in AVERAGED if column.axis != MARKOUT}
    kept = ("effective_spread_bps", "fill_quoted_spread_bps", "price_improvement_bps", "quoted_spread_bps", "delay_bps",
            "arrival_slippage_bps", "arrival_improvement_bps")  # fmt: skip
    some = {name: np.where(rng.random(200) < 0.8, x, np.nan) for name, x in some.items() if name not in kept}
    decision2 = np.where(rng.random(200) < 0.2, NULL, 6_500 + rng.integers(0, 400, 200))
    some |= {"delay_cost": np.where(decision2 == NULL, np.nan, rng.normal(0, 1e5, 200))}
    return with_columns(block, [DECIDED], decision_mid2=decision2, **some)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, block: OrderBlock) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("weights")
    aggregate(folder, [make_job(folder, 0, "1", "2024-01-01", block)], SETTINGS)
    return read(folder / "global_summary.csv")[0]


@pytest.mark.parametrize("column", AVERAGED, ids=[column.name for column in AVERAGED])
def test_each_average_has_the_weight_that_the_guide_names(
    real: dict[str, str], block: OrderBlock, column: order_columns.Column
) -> None:
    named = averaged(column)
    assert named in COLUMNS
    weight = named.meaning.partition("; an order counts with the ")[2]
    for h, values in enumerate(np.atleast_2d(block[column.name])):
        weigh = partial(whole_market_value, h=h) if weight == LATER else WEIGHTS[weight]
        pairs = [(weigh(block, i), v) for i, v in enumerate(values.tolist()) if isfinite(v) and weigh(block, i) > 0]
        assert len({w for w, _ in pairs}) > 10  # another weight would give another average
        expected = fsum(w * v for w, v in pairs) / sum(w for w, _ in pairs)
        name = named.name.replace("<h>", f"{HORIZONS[h]:g}")
        assert float(real[name]) == pytest.approx(expected, rel=1e-12)
        assert int(real[f"{name.removesuffix('_bps')}_orders"]) == len(pairs)


def test_effective_is_realised_and_impact(real: dict[str, str], block: OrderBlock) -> None:
    """At each horizon, over the orders that have all of it; effective_spread_bps itself depends on no horizon."""
    for h, seconds in enumerate(HORIZONS):
        weights = [whole_market_value(block, i, h) for i in range(len(block))]
        effective = fsum(w * x for w, x in zip(weights, block.effective_spread_bps.tolist(), strict=True) if w)
        parts = float(real[f"realised_spread_{seconds:g}s_bps"]) + float(real[f"impact_{seconds:g}s_bps"])
        assert effective / sum(weights) == pytest.approx(parts, abs=1e-6)
        assert float(real[f"markout_{seconds:g}s_bps"]) == pytest.approx(
            -float(real[f"realised_spread_{seconds:g}s_bps"]) / 2, abs=1e-9
        )


def test_the_ratio_of_spreads_is_over_the_same_fills(real: dict[str, str]) -> None:
    ratio = float(real["effective_spread_bps"]) / float(real["fill_quoted_spread_bps"])
    assert float(real["eq_ratio"]) == pytest.approx(ratio, rel=1e-12)
    assert real["effective_spread_orders"] == real["fill_quoted_spread_orders"]
