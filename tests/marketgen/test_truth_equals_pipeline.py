"""What the simulation knows of every order is what the pipeline finds in the files: 20 seeds in one run."""

from pathlib import Path

import numba
import pytest

from marketgen import MarketSpec, generate
from tests.command import darkreplay_here as darkreplay
from tests.oracles.market_audit import NULL, Row, read

SEEDS = range(20)
CONFIG: object = numba.config
SAME = {
    "group": "group",
    "order_quantity": "order_quantity",
    "filled_quantity": "filled_quantity",
    "leaves_quantity": "leaves_quantity",
    "participant_id": "participant",
    "fills": "fills",
    "lit_quantity": "lit_quantity",
    "dark_quantity": "dark_quantity",
    "auction_quantity": "auction_quantity",
    "booked_quantity": "booked_quantity",
    "arrival_time": "arrival_time",
    "end_time": "end_time",
}


def specs() -> list[MarketSpec]:
    """A security for each seed, four price and spread regimes in turn; two days, so that orders carry over."""
    prices, spreads = (3_390, 24_500, 1_250, 60), (1, 3, 2, 1)
    return [
        MarketSpec(
            *((500 + seed,), "2024-01-01", "2024-01-02", 300),
            seed=seed,
            price=prices[seed % 4],
            spread=spreads[seed % 4],
        )
        for seed in SEEDS
    ]


def assert_same(found: Row, known: Row) -> None:
    name = f"order {known['order_id']}"
    for column, truth in SAME.items():
        assert found[column] == known[truth], (name, column)
    for column in ("first_fill_time", "last_fill_time"):
        assert (found[column] or str(NULL)) == known[column], (name, column)
    notional = sum(int(known[f"{venue}_notional"]) for venue in ("lit", "dark", "auction", "booked"))
    if known["filled_quantity"] == "0":
        assert found["vwap"] == "", name
    else:
        assert float(found["vwap"]) == pytest.approx(notional / int(known["filled_quantity"]), rel=1e-15), name


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the run is measured compiled")
def test_groups_fills_venues_and_vwap_equal_the_truth_for_20_seeds(tmp_path: Path) -> None:
    made = [generate(spec, tmp_path / f"raw{spec.seed}") for spec in specs()]
    flags = [
        f"--{table}={','.join(str(getattr(files, table)) for files in made)}" for table in ("orders", "trades", "nbbo")
    ]
    done = darkreplay(
        "run", *flags, "--results=results", "--store=store", "--format=csv", "--order_columns=all", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    compared = 0
    for spec in specs():
        for day in spec.dates():
            code = spec.securities[0]
            truth = read(tmp_path / f"raw{spec.seed}" / "truth" / str(code) / f"{day}.orders.csv")
            found = {row["order_id"]: row for row in read(tmp_path / f"results/sec{code}/{day}/orders.csv")}
            assert len(found) == len(truth)
            for known in truth:
                assert_same(found[known["order_id"]], known)
                compared += 1
    quality = {
        row["kind"]: int(row["count"]) for row in read(tmp_path / "results/data_quality.csv", security_code="all")
    }
    assert quality["orders_reconciled"] == compared >= 20 * 2 * 300
    assert quality["orders_not_reconciled"] == quality["orders_filled_below_matched"] == 0
