"""Generated markets as day files, and what really traded in the dark there, exactly priced by the generator's log."""

import csv
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import tickstore
from kernels.measure.choices import Choices, ReplayChoices, Session, Simulation
from marketgen import MarketSpec, generate
from marketgen.partition import BLOCK_TIER, BROKERS
from marketgen.sessions import trading_day
from tickstore import ConvertRequest

ROOT = Path(__file__).parents[3]
PRICES = (3_390, 24_500, 1_250, 60, 88, 61_000, 30, 1_990, 150, 5_000)
DARK = (46, 47, 48, 50)
PREFERRING = tuple(broker[0] for broker in BROKERS if broker[-1] == 1)


class RealMatch(NamedTuple):
    """A dark match as the exchange's files and the generator's log show it, under the names of the replay's matches."""

    time: int
    buy_order_id: int
    sell_order_id: int
    quantity: int
    price2: int
    aggressor_side: int  # 0: both rested
    block: bool  # a booking does not show it
    booked: bool
    preferenced: bool


@dataclass(frozen=True)
class Market:
    """One generated day: where its day file is, what the replay is told, what it must find."""

    path: Path
    choices: Choices
    session: Session
    orders: int  # that were entered
    dark: list[RealMatch]


def dials_of(seed: int) -> dict[str, Any]:
    """Price and spread regimes in turn; every other market has many sweeps posted in the dark."""
    return {
        "seed": seed,
        "orders": 1_500 + 50 * seed if seed < 40 else 1_200,
        "price": PRICES[seed % len(PRICES)],
        "spread": 1 + (seed // len(PRICES) + seed) % 5,
        "dark_share": 0.5 if seed % 3 else 0.3,
        "sweep_share": 0.35,
        "dual_share": 0.25 if seed % 2 else 0.01,
    }


def made(seed: int, folder: Path, naive: bool = False, **dials: Any) -> Market:
    """Generate the market of a seed, by the plain dark book if ``naive``, and convert it."""
    spec = MarketSpec((101,), date_end="2024-01-01", truth="full", **(dials_of(seed) | dials))
    if naive:
        _generate_plain(folder / "raw", dials_of(seed) | dials)
    else:
        generate(spec, folder / "raw")
    return converted(spec, folder)


def converted(spec: MarketSpec, folder: Path) -> Market:
    """Convert what was generated in ``folder / "raw"``."""
    raw, day = folder / "raw", spec.dates()[0]
    orders, trades, nbbo = (raw / name for name in ("orders.csv", "trades.csv", "nbbo.csv"))
    tickstore.convert(ConvertRequest(orders=(orders,), trades=(trades,), nbbo=(nbbo,), store=folder / "store"))
    (path,) = (folder / "store").rglob("*.h5")
    times = trading_day(spec, 0, day)
    replayed = ReplayChoices(preferring=PREFERRING, block_tier=BLOCK_TIER // 1_000)
    choices = Choices(simulation=Simulation(scenarios=("P",)), timezone=spec.timezone, replay=replayed)
    log = raw / "truth" / str(spec.securities[0]) / f"{day}.book.csv"
    return Market(path, choices, Session(times.open, times.pre_close), spec.orders, real_dark(trades, log))


def real_dark(trades: Path, log: Path) -> list[RealMatch]:
    """Return the dark matches in the order in which they print; the log has every match of the trades file in order."""
    with trades.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dealsource"] != "5"]
    with log.open(newline="") as file:
        exact = [row for row in csv.DictReader(file) if row["event"] == "fill"]
    found = []
    for one, other, fill in zip(rows[::2], rows[1::2], exact, strict=True):
        assert one["matchgroupid"] == other["matchgroupid"]
        assert (one["orderid"], other["orderid"]) == (fill["order_id"], fill["contra"])
        assert int(one["tradeprice"]) == int(fill["price2"]) // 2
        if int(one["dealsource"]) not in DARK:
            continue
        buy, sell = (one, other) if one["side"] == "1" else (other, one)
        aggressor = int(buy["passiveaggressive"]) - int(sell["passiveaggressive"])
        deal = one["dealsource"]
        times = int(one["tradetime"]), int(buy["orderid"]), int(sell["orderid"])
        numbers = int(one["quantity"]), int(fill["price2"]), aggressor
        found.append(RealMatch(*times, *numbers, deal == "50", deal == "48", deal == "46"))
    return found


def _generate_plain(folder: Path, dials: dict[str, Any]) -> None:
    """Generate by the plain dark book, without compilation."""
    command = [sys.executable, "-m", "tests.marketgen.naive_market", str(folder)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "io")))}
    subprocess.run([*command, *(f"{k}={v}" for k, v in dials.items())], check=True, env=environment, cwd=ROOT)
