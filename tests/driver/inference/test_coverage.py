"""Intervals cover a known truth as often as they say, and tests of nothing find something as rarely as they say.

On simulated orders, by the rule of the product, by value and per order.
"""

import math

import numpy as np
import pytest

from driver.inference.clustered import heterogeneity_row, joint_row
from driver.inference.clusters import WIDENED
from driver.inference.rows import Row
from driver.review.numbers import number
from tests.driver.inference.null_days import SHARED, WEIGHTINGS, Market, draw, judged, seeded

SIZES = ((2, 5), (5, 5), (6, 20), (20, 20), (40, 40))
FEW = ((2, 2), (2, 10), (2, 20), (2, 60), (3, 20), (3, 60))  # fewer than four securities
DRAWS = 1000
CHANCE = 0.013  # of a share near 0.95 over 1,000 draws, two standard errors


def covers(row: Row) -> bool:
    return number(row["ci_low"]) <= 0.0 <= number(row["ci_high"])


def coverage(market: Market, draws: int) -> dict[str, float]:
    """Return how often intervals hold the truth, by weighting; where they do not, p is below 5 %, and else above."""
    rng, held = seeded(market), dict.fromkeys(WEIGHTINGS, 0)
    for _ in range(draws):
        for weighting, row in judged(rng, market).items():
            held[weighting] += covers(row)
            assert covers(row) == (number(row["p_value"]) >= 0.05)
    return {weighting: count / draws for weighting, count in held.items()}


@pytest.mark.parametrize(("S", "T"), [(2, 20), (5, 5)])
def test_intervals_cover_at_small_sizes(S: int, T: int) -> None:
    """Wider limits than the slow tests below: a share near 0.95 over 200 draws has a standard error of 0.015."""
    for found in coverage(Market(S, T, "both", 0.0), 200).values():
        assert found >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(("S", "T"), SIZES)
@pytest.mark.parametrize("shared", [*SHARED])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_cover(S: int, T: int, shared: str, spread: float) -> None:
    """Where days or securities have something in common, 0.93 to 0.97; where they have not, wider, never narrower.

    With two securities the interval is as wide as they ask for, covers more, and says so.
    """
    for found in coverage(Market(S, T, shared, spread), DRAWS).values():
        least = 0.93 if spread == 0 else 0.92
        most = 0.97 if spread == 0 and shared != "neither" and S > 2 else 1.0
        assert least <= found <= most + CHANCE, found


@pytest.mark.slow
@pytest.mark.parametrize(("S", "T"), FEW)
@pytest.mark.parametrize("shared", [*SHARED])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_with_fewer_than_four_securities_intervals_cover_at_least_what_they_say(
    S: int, T: int, shared: str, spread: float
) -> None:
    for found in coverage(Market(S, T, shared, spread), DRAWS).values():
        assert found >= 0.95 - CHANCE, found


def test_a_widened_interval_says_so() -> None:
    for dates, said in ((5, True), (20, True)):
        rows = judged(np.random.default_rng(1), Market(2, dates, "both", 0.0)).values()
        assert all((WIDENED in str(row["note"])) == said for row in rows)
    rows = judged(np.random.default_rng(1), Market(5, 5, "both", 0.0)).values()
    assert not any(WIDENED in str(row["note"]) and number(row["effective_clusters"]) >= 4 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(("S", "T"), SIZES[1:])
@pytest.mark.parametrize("shared", ["both", "securities", "dates"])
def test_tests_of_nothing_reject_in_one_of_twenty(S: int, T: int, shared: str) -> None:
    """5 % +- 1.5 where something is shared; on as few as 5 x 5 rather less: they are never sure too soon."""
    least = 0.035 if T > 5 else 0.02
    for found in coverage(Market(S, T, shared, 0.0), 2 * DRAWS).values():
        assert least - 0.009 <= 1 - found <= 0.065 + 0.009, 1 - found


@pytest.mark.slow
@pytest.mark.parametrize(("S", "T"), [(5, 5), (6, 20), (20, 20), (40, 40)])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_the_joint_test_of_nothing_rejects_no_more_than_it_says(S: int, T: int, spread: float) -> None:
    """It takes the way that is less sure of itself, so it may reject less."""
    market = Market(S, T, "securities", spread)
    rng, rejected, made = seeded(market), 0, 0
    for _ in range(DRAWS):
        sample = draw(rng, market)
        rows = [joint_row(sample, [1, 2], weighting) for weighting in WEIGHTINGS]
        made += sum(row.get("p_value") is not None for row in rows)
        rejected += sum(number(row["p_value"]) < 0.05 for row in rows if row.get("p_value") is not None)
    assert made > DRAWS / 2
    assert rejected / made <= 0.065 + CHANCE


@pytest.mark.parametrize(
    ("S", "T", "draws"), [(6, 20, 200), *(pytest.param(*size, DRAWS, marks=pytest.mark.slow) for size in SIZES)]
)
@pytest.mark.parametrize("across", ["security", "date"])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_what_differs_in_nothing_is_found_to_differ_in_one_of_twenty(
    S: int, T: int, draws: int, across: str, spread: float
) -> None:
    """However unlike securities and dates are in size, and whatever the other way has in common."""
    market = Market(S, T, "dates" if across == "security" else "securities", spread)
    rng, rejected = seeded(market), 0
    for _ in range(draws):
        sample = draw(rng, market)
        rows = [heterogeneity_row(sample, 1, weighting, across) for weighting in WEIGHTINGS]
        rejected += sum(number(row["p_value"]) < 0.05 for row in rows)
    assert rejected / (2 * draws) <= 0.065 + CHANCE * math.sqrt(DRAWS / draws)
