"""Orders of security-days on which no scenario saves anything, drawn at random, to try a rule of inference on."""

import math
from typing import Final, NamedTuple

import numpy as np

from driver.inference.clustered import cluster_row
from driver.inference.rows import Row
from driver.inference.sample import BY_VALUE, PER_ORDER, Sample
from kernels.base.columns import F64, I64

SCENARIOS: Final = ("real", "R", "D")
# Standard deviations of what a security's days have in common, and of what a day's securities have; those of a
# security-day's own and of an order's are OWN and NOISE.
SHARED: Final = {"both": (1.0, 1.0), "securities": (1.0, 0.0), "dates": (0.0, 1.0), "neither": (0.0, 0.0)}
OWN, NOISE = 1.0, 3.0
ORDERS: Final = 20  # of a security-day, the median
WEIGHTINGS: Final = (BY_VALUE, PER_ORDER)


class Market(NamedTuple):
    """How many securities and dates there are, what their days share, and how unlike they are in size."""

    securities: int
    dates: int
    shared: str
    spread: float  # sd of the log of how many orders a security-day has, in three equal parts


def draw(rng: np.random.Generator, market: Market) -> Sample:
    """Draw orders, each with a value of its own (sd of the log 1), and return their moments.

    Every saving is of mean zero whatever the weights, so that zero is what both estimands should find.
    """
    S, T, shared, spread = market
    part = spread / math.sqrt(3)
    log = rng.normal(0, part, (S, 1)) + rng.normal(0, part, (1, T)) + rng.normal(0, part, (S, T))
    sizes = np.maximum(np.rint(ORDERS * np.exp(log)).astype(np.int64), 1).ravel()
    day = np.repeat(np.arange(S * T), sizes)
    value = np.exp(rng.normal(0, 1, len(day)))
    of_security, of_date = SHARED[shared]
    real = rng.normal(0, 30, len(day))
    columns = [real]
    for _ in SCENARIOS[1:]:
        saving = (
            of_security * rng.normal(0, 1, (S, 1)) + of_date * rng.normal(0, 1, (1, T)) + rng.normal(0, OWN, (S, T))
        )
        columns.append(real - saving.ravel()[day] - rng.normal(0, NOISE, len(day)))
    return _moments(np.array(columns), day, value, T)


def _moments(y: F64, day: I64, value: F64, dates: int) -> Sample:
    ways = [np.ones(len(day)), value]  # as Sample has them: per order, by value
    weight = np.array([np.bincount(day, way) for way in ways])
    mean = [[np.bincount(day, way * costs) / of for costs in y] for way, of in zip(ways, weight, strict=True)]
    place = np.arange(weight.shape[1])
    return Sample(
        scenarios=SCENARIOS,
        orders=len(day),
        mean=y.mean(axis=1),
        comoment=np.cov(y) * (len(day) - 1),
        cluster_weight=weight.T,
        cluster_mean=np.transpose(mean, (2, 0, 1)),
        security=place // dates,
        date=place % dates,
    )


def judged(rng: np.random.Generator, market: Market) -> dict[str, Row]:
    """Return what the product says of R over a draw, by weighting."""
    sample = draw(rng, market)
    return {weighting: cluster_row(sample, 1, weighting, tested=True) for weighting in WEIGHTINGS}


def seeded(market: Market) -> np.random.Generator:
    """Return a generator of a market's own, so that each test draws the same whatever others do."""
    return np.random.default_rng([market.securities, market.dates, len(market.shared), int(10 * market.spread)])
