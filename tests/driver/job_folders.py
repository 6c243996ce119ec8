"""Results folders with partials of random orders, as finished jobs leave them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from driver.plan.jobs import Job, Settings
from driver.sums.cells import Cells, Marginals, hour_table
from driver.sums.conditions import CONDITION_KEYS, Market, key_columns, key_rules
from driver.sums.job_sums import JobSums
from driver.sums.mixed.mixed_keys import MixedCells
from driver.sums.mixed.mixed_sums import MixedSums
from driver.sums.orders.fill_times import NOBODY, FillTimes, FillTimeSums
from driver.sums.orders.histograms import OrderHistograms
from driver.sums.orders.kinds import KindSums
from driver.sums.orders.saving_split import SavingSplit
from driver.sums.outliers import Extremes
from driver.sums.partial import Partial
from driver.sums.partial_file import PARTIAL_NAME, write_partial
from driver.sums.volatility import RANGES, count_intervals
from kernels.base.columns import I64, readonly
from kernels.measure.choices import Session
from kernels.measure.result_rows import OrderBlock
from kernels.sums.cell_keys import QUARTER_HOUR, order_keys, time_span
from kernels.sums.fill_times import Clock, Lives
from tests.blocks import with_columns
from tests.driver.order_blocks import HOUR, OPEN, random_block

SETTINGS = Settings()
PARTITIONS = (
    ("9", "2024-01-01"), ("9", "2024-01-02"), ("101", "2024-01-01"), ("101", "2024-01-02"), ("BRK.B", "2024-01-01"),
)  # fmt: skip


RANGES_OF_DAY = np.random.default_rng(0).integers(0, RANGES, 60)  # a 5-minute interval each
MARKET = Market(Session(OPEN + HOUR, OPEN + 6 * HOUR, "file"), SETTINGS.simulation.ticks, 5_000_000, RANGES_OF_DAY)


def cubes_of(block: OrderBlock) -> tuple[Cells, Cells, Cells, Cells]:
    """Return a block's cells: by participant and so on, by the market met, the mid's range, the limit's place."""
    return job_sums([block], MARKET)


def partial_sums_of(
    block: OrderBlock, market: Market | None = None, whole: bool = False
) -> tuple[Cells, Cells, Cells, Cells, Marginals]:
    """Return the same as a partial keeps it."""
    sums = JobSums(market or MARKET, SETTINGS.timezone, whole=whole)
    sums.add(block)
    return sums.partial_sums()


def mixed_of(block: OrderBlock, keys: tuple[str, ...], market: Market = MARKET) -> MixedCells:
    """Return a block's cells by mixed keys."""
    sums = MixedSums(market, SETTINGS.timezone, keys=keys)
    sums.add(block)
    return sums.found()


def job_sums(blocks: Sequence[OrderBlock], market: Market) -> tuple[Cells, Cells, Cells, Cells]:
    """Return the cubes of the blocks of one job."""
    sums = JobSums(market, SETTINGS.timezone, whole=True)
    for block in blocks:
        sums.add(block)
    return sums.results()


def market_key(block: OrderBlock, market: Market) -> I64:
    """Return each order's key in the cube of the market it met, the place of its limit left out."""
    return whole_market_key(block, market) % (CONDITION_KEYS * RANGES)


def whole_market_key(block: OrderBlock, market: Market) -> I64:
    """Return each order's key in the cube of the market it met."""
    columns, (main, kind, key) = key_columns(block), np.zeros((3, len(block)), np.int64)
    if len(block):
        span = [time // QUARTER_HOUR for time in time_span(columns)]
        order_keys(columns, key_rules(market, *hour_table("UTC", *span)), main, kind, key)
    return key


def fill_times_of(block: OrderBlock) -> FillTimes:
    """Return how the waits of a block's orders end, whose last rows say this and that."""
    n, rng = len(block), np.random.default_rng(len(block))
    rows, reason = np.arange(n, dtype=np.int32), rng.choice([-1, 1, 3, 5, 24], n).astype(np.int16)
    told = readonly(reason), readonly(rng.choice([1, 2, 4], n).astype(np.int8))
    lives = Lives(readonly(rows), readonly(block.end_time.copy()), *told, NOBODY.until, NOBODY.bounces)
    sums = FillTimeSums(lives, Clock(OPEN + 6 * HOUR, 2**63 - 1))
    sums.add(with_columns(block, order_index=np.arange(n)))
    return sums.found()


def make_jobs(results: Path, partitions: Sequence[tuple[str, str]] = PARTITIONS, orders: int = 60) -> list[Job]:
    """Write one partial per partition, of different sizes, and return the jobs in plan order."""
    return [
        make_job(results, index, security, date, random_block(orders + 7 * index, index, 2 + index % 3))
        for index, (security, date) in enumerate(partitions)
    ]


def make_job(
    results: Path,
    index: int,
    security: str,
    date: str,
    block: OrderBlock,
    settings: Settings = SETTINGS,
    market: Market = MARKET,
) -> Job:
    """Write the partial of one block of orders and return its job."""
    folder = results / f"sec{security}" / date
    folder.mkdir(parents=True)
    write_partial(partial_of(index, security, date, block, settings, market), folder / PARTIAL_NAME)
    return Job(index, security, date, "", str(folder), Session(0, 0, "file"), settings, len(block), f"print{index}")


def partial_of(
    index: int, security: str, date: str, block: OrderBlock, settings: Settings = SETTINGS, market: Market = MARKET
) -> Partial:
    """Return the partial of one block of orders, with all that a job adds up but what is replayed."""
    texts = {"7": "Alpha", "12": 'Beta, "B"'} if security == "101" else {}
    quality = {"orders_reconciled": len(block), "quotes_crossed": index}
    intervals = count_intervals(market.ranges)
    largest = Extremes(settings.outliers)
    largest.add(block)
    extremes = largest.found
    split = SavingSplit()
    split.add(block)
    rows = int(block.order_index.max(initial=-1)) + 1
    kinds = KindSums(np.random.default_rng(index).choice(np.array([0, 1, 2, 4], np.int8), rows))
    kinds.add(block)
    told = extremes, texts, intervals
    histograms = OrderHistograms()
    histograms.add(block)
    sums, counts = partial_sums_of(block, market, settings.cell_sums), histograms.found()
    named, found = f"print{index}", split.found
    partial = Partial(security, date, named, *sums, quality, *told, split=found, histograms=counts)
    partial.savings = split.ranked()
    partial.fill_times, partial.kinds = fill_times_of(block), kinds.found()
    if settings.mixed_keys:
        partial.mixed = mixed_of(block, settings.mixed_keys, market)
    return partial
