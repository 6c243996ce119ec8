"""P gives back every dark match of generated markets: pair, quantity, exact price, time, aggressor, kind, order."""

from pathlib import Path

import numba
import pytest

import tickstore
from kernels.dark.records import RULE_BLOCK
from kernels.replay.replay import replay
from tests.kernels.replay.generated_days import DARK, Market, RealMatch, made

CONFIG: object = numba.config
SEEDS = range(50)
NAIVE = range(40, 50)  # driven by the plain dark book


def played(market: Market) -> list[RealMatch]:
    with tickstore.open_day(market.path) as day:
        m = replay(day, market.choices, market.session).matches["P"]
    columns = (m.time, m.buy_order_id, m.sell_order_id, m.quantity, m.price2, m.aggressor_side)
    flags = ((m.rule == RULE_BLOCK) & (m.booked == 0), m.booked == 1, m.preferenced == 1)
    return [RealMatch(*row) for row in zip(*(c.tolist() for c in (*columns, *flags)), strict=True)]


def compare(market: Market, least: int) -> None:
    found = played(market)
    assert len(market.dark) >= least
    for number, (mine, real) in enumerate(zip(found, market.dark, strict=False)):
        assert mine == real, number
    assert len(found) == len(market.dark)


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8, 11])
def test_every_dark_match_of_a_market_comes_back(tmp_path: Path, seed: int) -> None:
    """Ticks of 1, 5 and 10 units, spreads of 1 to 5 ticks, sweeps posted in both books, minimums, preferencing."""
    compare(made(seed, tmp_path), 40)


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
@pytest.mark.parametrize("seed", [3, 17])
def test_files_that_state_ranking_times_give_the_same(tmp_path: Path, seed: int) -> None:
    market = made(seed, tmp_path, exact=True)
    with tickstore.open_day(market.path) as day:
        assert len(set(day.events["ranking_time"].tolist())) > market.orders
        exact = (day.fills["extended_price"] // 5_000).tolist()
        assert sorted(m.price2 for m in market.dark for _ in range(2)) == sorted(
            price2 for price2, deal in zip(exact, day.fills["deal_source"].tolist(), strict=True) if deal in DARK
        )
    compare(market, 40)


def test_a_small_market_of_the_plain_book_comes_back(tmp_path: Path) -> None:
    compare(made(7, tmp_path, naive=True, orders=500), 10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_dark_match_of_50_markets_comes_back(tmp_path: Path, seed: int) -> None:
    compare(made(seed, tmp_path, naive=seed in NAIVE), 20)
