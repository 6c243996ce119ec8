"""What tables call the orders of a block by each key, one order at a time, in plain Python.

The market they met is that of `tests.driver.job_folders`.
"""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import RANGES_OF_DAY
from tests.driver.order_blocks import HOUR, OPEN, random_block
from tests.oracles.tables import terciles

START, END = OPEN + HOUR, OPEN + 6 * HOUR  # the session of job_folders
VOLUME = 5_000_000
TICKS = ((0, 1), (100, 5), (2_000, 10))
MINUTE = 60 * 10**9
Place = Callable[[OrderBlock, int], str]


def hour(block: OrderBlock, i: int) -> str:
    return str(datetime.fromtimestamp(int(block.benchmark_time[i]) // 10**9, ZoneInfo("Australia/Sydney")).hour)


def size(block: OrderBlock, i: int) -> str:
    quantity, low = int(block.order_quantity[i]), 1
    for high in (100, 500, 1_000, 5_000, 10_000, 50_000):
        if quantity <= high:
            return f"{low}-{high}"
        low = high + 1
    return "50001+"


def phase(block: OrderBlock, i: int) -> str:
    arrival, time = int(block.arrival_time[i]), int(block.benchmark_time[i])
    if time > block.window_end[i]:
        return "never_in_session"
    if block.benchmark[i] == 2 or arrival <= START:
        return "pre-open"
    if block.benchmark[i] == 3 or arrival >= END:
        return "closing"
    if time < START + 30 * MINUTE:
        return "first 30 minutes"
    return "last 30 minutes" if time >= END - 30 * MINUTE else "midday"


def spread(block: OrderBlock, i: int) -> str:
    bid, offer = int(block.arrival_bid[i]), int(block.arrival_offer[i])
    if block.window_start[i] > block.window_end[i]:
        return "never_in_session"
    if block.mid2[i] == NULL:
        return "no valid quote"
    tick = [step for price, step in TICKS if bid >= price][-1]
    for name, most in (("locked", 0), ("1 tick", 1), ("2 ticks", 2)):
        if offer - bid <= most * tick:
            return name
    return "3 ticks or more"


def share(block: OrderBlock, i: int) -> str:
    percent = Fraction(100 * int(block.order_quantity[i]), VOLUME)
    names = ("below 0.1%", "0.1% to 0.5%", "0.5% to 1%", "1% to 5%", "5% or more")
    return names[sum(percent >= edge for edge in (Fraction(1, 10), Fraction(1, 2), 1, 5))]


def range_of(block: OrderBlock, i: int, ranges: I64 = RANGES_OF_DAY) -> int:
    """Return the range of the mid in the interval of an order, given those of its day."""
    return int(ranges[min(max((int(block.benchmark_time[i]) - START) // (5 * MINUTE), 0), 59)])


def volatility(block: OrderBlock, i: int) -> str:
    bucket = range_of(block, i)
    known = terciles(RANGES_OF_DAY.tolist())  # every date has the same: so have all together
    return "no valid quote" if bucket == 65 else known[bucket]


def marketability(block: OrderBlock, i: int) -> str:
    """Return where a limit lies against the quote, by a buyer's view: of a seller everything is turned round."""
    if block.window_end[i] < block.benchmark_time[i]:
        return "never_in_session"
    if block.mid2[i] == NULL:
        return "no valid quote"
    bid, offer, limit = (
        Fraction(int(column[i])) for column in (block.arrival_bid, block.arrival_offer, block.limit_price)
    )
    if limit == 0:
        return "marketable"
    near, far = bid, offer
    if block.side[i] < 0:
        near, far, limit = -offer, -bid, -limit
    if limit >= far:
        return "marketable"
    if limit < near:
        return "behind the near touch"
    if limit == near:
        return "at the near touch"
    return "inside" if limit > (near + far) / 2 else "mid to near touch"


PLACES: dict[str, Place] = {
    "participant_id": lambda block, i: str(block.participant[i]),
    "hour": hour,
    "size_bucket": size,
    "group": lambda block, i: str(block.group[i]),
    "phase": phase,
    "spread": spread,
    "volume_share": share,
    "volatility": volatility,
    "marketability": marketability,
}


def block_with_quotes(n: int, seed: int, rng: np.random.Generator, participants: int = 3) -> OrderBlock:
    """Return orders whose quotes are some ticks wide and whose benchmark times are those of their arrivals."""
    block = random_block(n, seed, participants)
    half = np.where(block.mid2 == NULL, 0, rng.choice([0, 2, 5, 10, 15, 30], n))
    block.arrival_bid[:] = np.where(block.mid2 == NULL, NULL, block.arrival_bid - half)
    block.arrival_offer[:] = np.where(block.mid2 == NULL, NULL, block.arrival_offer + half)
    block.order_quantity[::9] = 60_000 * 5
    away = rng.integers(-40, 40, n)
    block.limit_price[:] = np.where((block.mid2 == NULL) | (away == 7), 0, block.mid2 // 2 + away)
    return block
