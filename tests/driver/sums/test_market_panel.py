"""The market panel of a day against plain loops, at its edges, and on the real day."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from driver.plan.jobs import Settings
from driver.sums.market_panel import OF_PARTICIPANTS, Panel, Traders, market_panel
from kernels.base.memory import Buffers
from kernels.measure.choices import Session
from kernels.measure.rules import prepare
from tests.builders import MemoryDay, build_day, build_real_day
from tests.oracles.market_panel import panel, same

SECOND = 1_000_000_000
START = 1_725_494_400 * SECOND
SESSION = Session(START, START + 600 * SECOND)
BLOCK = 400 * 3_390
SETTINGS = Settings()
HORIZONS = [round(seconds * SECOND) for seconds in SETTINGS.simulation.markout_seconds]
Rows = list[dict[str, Any]]


def market_day(seed: int, brokers: list[int]) -> tuple[Rows, Rows, Rows]:
    """Return orders, matches and quotes around a session of ten minutes; mids are whole price units."""
    rng = Random(seed)
    quotes: Rows = []
    bid = 3_390
    for number in range(400):
        bid += rng.choice([-20, 0, 0, 20])
        sides = rng.choice([(bid, bid + 20)] * 6 + [(bid, bid + 60), (bid, bid), (bid + 20, bid), (bid, -(2**63))])
        time = START - 50 * SECOND + rng.randrange(700) * SECOND + rng.choice([0, 0, 1, rng.randrange(SECOND)])
        quotes.append({"timestamp": time, "sequence": number, "bid": sides[0], "offer": sides[1]})
    quotes.sort(key=lambda row: (row["timestamp"], row["sequence"]))
    events: Rows = [
        {"order_id": 10 + n, "timestamp": START + n, "side": 1, "price": 3_390, "leaves_quantity": rng.randint(1, 900),
         "matched_quantity": 0, "participant": rng.choice(brokers), "order_type": 0}
        for n in range(20)
    ]  # fmt: skip
    fills: Rows = []
    for number in range(150):
        near = rng.randrange(4, len(quotes))
        time = quotes[near]["timestamp"] + rng.choice([0, 1, rng.randrange(SECOND // 2)])
        quote = quotes[near - rng.randrange(4)]
        valid = 0 < quote["bid"] <= quote["offer"]
        price = rng.choice([(quote["bid"] + quote["offer"]) // 2, quote["offer"]]) if valid else 3_390
        match = {"timestamp": time, "sequence": 1_000 + number, "price": price, "quantity": rng.randint(1, 900),
                 "deal_source": rng.choice([1, 1, 46, 47, 47, 50, 20, 44, 5, 60]), "match_id": number}  # fmt: skip
        aggressor = rng.choice([1, -1, 0])
        fills += [
            match
            | {"side": side, "order_id": 999, "aggressor": int(side == aggressor), "participant": rng.choice(brokers)}
            for side in (1, -1)
        ]
    fills.sort(key=lambda row: (row["timestamp"], row["sequence"]))
    return events, fills, quotes


def panel_of(day: MemoryDay, session: Session, block: int = BLOCK) -> Panel:
    buffers = Buffers()
    return market_panel(day, prepare(day, SETTINGS, session, buffers), session, block, buffers)


def rows_of(traders: Traders) -> dict[int, list[int]]:
    return dict(zip(traders.code.tolist(), traders.sums.T.tolist(), strict=True))


@pytest.mark.parametrize("brokers", [[3, 69, 70], [-1, 5], [5, 2**30]])
@pytest.mark.parametrize("seed", range(4))
def test_the_panel_is_what_plain_loops_find(seed: int, brokers: list[int]) -> None:
    rows = market_day(seed, brokers)
    sums, traders = panel(*rows, (SESSION.start, SESSION.end), BLOCK, HORIZONS)
    found = panel_of(build_day(*rows), SESSION)
    assert same(found.sums, sums)
    assert rows_of(found.participants) == traders
    assert sums["lit_signed_trades"] > 3
    assert sums["dark_signed_trades"] > 3


def test_random_days_have_stale_trades() -> None:
    found = [panel_of(build_day(*market_day(seed, [1, 2])), SESSION) for seed in range(4)]
    assert sum(day.sums["stale_trades"] for day in found) > 3
    for day in found:
        columns = dict(zip(OF_PARTICIPANTS, day.participants.sums.tolist(), strict=True))
        assert sum(columns["stale_won2"]) == sum(columns["stale_lost2"]) == day.sums["stale_moved2"]
        assert sum(columns["stale_fills"]) == 2 * day.sums["stale_trades"]
        assert sum(columns["orders"]) == day.sums["orders"]


@pytest.mark.parametrize("left_out", ["fills", "quotes", "both"])
def test_without_trades_or_quotes_nothing_of_them_is_counted(left_out: str) -> None:
    events, fills, quotes = market_day(1, [3])
    rows = events, [] if left_out != "quotes" else fills, [] if left_out != "fills" else quotes
    found = panel_of(build_day(*rows), SESSION).sums
    assert same(found, panel(*rows, (SESSION.start, SESSION.end), BLOCK, HORIZONS)[0])
    assert (found["quoted_ns"] == 0) == (left_out != "fills")


def test_a_session_of_no_time_has_no_moves() -> None:
    found = panel_of(build_day(*market_day(1, [3])), replace(SESSION, end=SESSION.start)).sums
    assert found["session_ns"] == found["short_returns"] == found["lit_signed_trades"] == found["quoted_ns"] == 0


def test_large_values_add_up_exactly() -> None:
    events, fills, quotes = market_day(2, [3, 4])
    for fill in fills:
        fill["quantity"] = 2**40 + fill["quantity"]
    found = panel_of(build_day(events, fills, quotes), SESSION)
    rows = panel(events, fills, quotes, (SESSION.start, SESSION.end), BLOCK, HORIZONS)[1]
    assert rows_of(found.participants) == rows


def test_the_real_day(real_day: Path) -> None:
    """Counts of the exchange's own codes, and the identities of domain 2.4."""
    day = build_real_day(real_day)
    opening = int(day.fills["timestamp"][day.fills["venue"] == 2].min())
    found = panel_of(day, Session(opening, 1_725_516_000 * SECOND), 200_000 * 1_000)
    sums = found.sums
    trades = {name: sums[f"{name}_trades"] for name in ("lit", "dark", "auction", "booked", "report", "other")}
    assert trades == {"lit": 2_698, "dark": 547, "auction": 259, "booked": 376, "report": 271, "other": 0}
    assert sum(sums[f"{name}_quantity"] for name in trades) == 2_902_180
    assert len(found.participants.code) == len(np.unique(day.fills["participant"][day.fills["venue"] < 3]))
    assert sums["dark_known_trades"] > 500
    assert sums["stale_trades"] == 0  # what is not at the mid before it is at one that came as it traded
