"""Fidelity on generated markets: everything is known there, so nothing may be missed, and the queue test is right.

Prices below 2 units of the currency lose their half unit in print (R7): it is rebuilt, or matches would not be found.
"""

from pathlib import Path

import numba
import numpy as np
import pytest

import tickstore
from kernels.base.memory import Buffers
from kernels.market.ticks import ticks_by_price
from kernels.measure.rules import prepare
from kernels.replay.fidelity import compare
from kernels.replay.fidelity.queue_test import queue_test
from kernels.replay.matches import Matches
from kernels.replay.replay import replay
from perf.fidelity.left import differences, no_worse
from perf.fidelity.tables import Days, print_tables
from tests.kernels.replay.generated_days import made

CONFIG: object = numba.config


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
@pytest.mark.parametrize("seed", [3, 4, 13, 25])
def test_nothing_is_missed_or_invented(tmp_path: Path, seed: int) -> None:
    market = made(seed, tmp_path)
    with tickstore.open_day(market.path) as day:
        price2 = prepare(day, market.choices, market.session, Buffers()).sums.price2
        ticks = ticks_by_price(market.choices.simulation.ticks)
        placebo = replay(day, market.choices, market.session).matches["P"]
        found = compare(day, price2, placebo, ticks).counts
        queue = queue_test(day, price2, ticks, session_start=market.session.start)
    assert found.real_matches == found.exact_matches == len(market.dark) > 40
    assert (found.missed_shares, found.invented_shares, found.wrong_price_matches, found.single_fills) == (0, 0, 0, 0)
    assert found.named_events == found.events == len(queue.right)
    assert np.count_nonzero(~queue.right) == 0


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
def test_every_difference_is_listed_with_a_reason_or_as_unknown(tmp_path: Path) -> None:
    """Two matches of one order are taken out of the placebo, and one changes its buyer."""
    market = made(4, tmp_path)
    with tickstore.open_day(market.path) as day:
        price2 = prepare(day, market.choices, market.session, Buffers()).sums.price2.copy()
        placebo = replay(day, market.choices, market.session).matches["P"]
        orders, often = np.unique(placebo.sell_order_id, return_counts=True)
        first, second = np.flatnonzero(placebo.sell_order_id == orders[np.argmax(often)])[:2]
        wrong = placebo._replace(buy_order_id=placebo.buy_order_id.copy())
        other = next(k for k in range(len(wrong.time)) if k not in (first, second))
        wrong.buy_order_id[other] = 7
        worse = Matches._make([np.delete(column, [first, second]) for column in wrong])
        best, right = (compare(day, price2, matches) for matches in (worse, placebo))
    found = list(differences(best, worse, {}))
    assert sum(each.missed for each in found) == best.counts.missed_shares == best.missed.sum()
    assert sum(each.invented for each in found) == best.counts.invented_shares == int(placebo.quantity[other])
    mine = [each for each in found if each.sell_order_id == placebo.sell_order_id[first]]
    assert [each.why for each in mine[:2]] == ["unknown", f"knock-on of {clock(placebo.time[first])} s"]
    assert no_worse(right, best)
    assert not no_worse(best, right)
    assert {each.why for each in differences(best, worse, {"`x`": (right, placebo)})} == {"not so with `x`"}


def clock(time: int) -> str:
    return f"{time % 86_400_000_000_000 / 1e9:.3f}"


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="the market is generated compiled")
def test_the_table_of_a_folder_without_inferred_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(3, tmp_path)
    print_tables(Days(tmp_path / "raw", tmp_path), events=False)
    shown = capsys.readouterr().out
    assert "| file as it is | 54 of 54 | 0.00 | 0.00 |" in shown
    assert "minimums imputed" in shown
    assert "both" not in shown
