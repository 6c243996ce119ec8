"""How the quote moved while an order lived, in plain Python from all quotes of its window."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Any

Row = dict[str, Any]
DIGITS = 10**40


def root(value: Fraction) -> Fraction:
    """Return the square root of a fraction to forty digits."""
    return Fraction(isqrt(value.numerator * value.denominator * DIGITS**2), value.denominator * DIGITS)


def naive_drift(o: Row) -> Fraction | None:
    """Return how far the mid went against an order from M0 to its end, in bps of M0."""
    if None in (o["mid2"], o["end_mid2"]) or o["window_start"] >= o["window_end"]:
        return None
    return Fraction(10_000 * o["side"] * (o["end_mid2"] - o["mid2"]), o["mid2"])


def naive_spread_volatility(pieces: list[tuple[int, Row]]) -> Fraction | None:
    """Return the standard deviation of offer - bid over stretches of (ns, quote), in bps of their mean mid."""
    time = sum(ns for ns, _ in pieces)
    if not time:
        return None
    mean = Fraction(sum(ns * (quote["offer"] - quote["bid"]) for ns, quote in pieces), time)
    squares = sum(ns * (quote["offer"] - quote["bid"] - mean) ** 2 for ns, quote in pieces)
    mid = Fraction(sum(ns * (quote["offer"] + quote["bid"]) for ns, quote in pieces), 2 * time)
    return 10_000 * root(squares / time) / mid


def naive_path(
    quotes: list[Row], since: int, end: int, in_force: Callable[[int, bool], int | None], first: bool, last: bool
) -> list[int]:
    """Return the valid mids that prevail one after the other, from ``since`` on.

    in_force : returns the mid of the last quote before a time, or of those up to it
    first, last : whether a quote stamped at ``since``, or at the end, is the first one, the last one
    """
    stamps = sorted({quote["timestamp"] for quote in quotes})
    inside = [t for t in stamps if since <= t < end or (last and t == end)]
    mids = [in_force(since, first), *(in_force(t, True) for t in inside)]
    return [mid for mid in mids if mid is not None]


def naive_mid_volatility(mids: list[int], pieces: list[tuple[int, Row]]) -> Fraction | None:
    """Return the root of the sum of squared steps of a path of mids, in bps of the mean mid of some stretches."""
    time = sum(ns for ns, _ in pieces)
    if not time or not mids:
        return None
    mean2 = Fraction(sum(ns * (quote["offer"] + quote["bid"]) for ns, quote in pieces), time)
    return 10_000 * root(Fraction(sum((later - mid) ** 2 for mid, later in pairwise(mids)))) / mean2
