"""Columns that are derived from others: amounts in bps, savings, average prices."""

import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels.conventions import NULL
from kernels.measure.derived_columns import write_bps, write_savings, write_vwaps

AMOUNTS = st.one_of(st.just(math.nan), st.floats(-1e15, 1e15))
MIDS = st.one_of(st.just(NULL), st.integers(1, 10**9))
QUANTITIES = st.integers(0, 10**9)
ORDER = st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, MIDS, QUANTITIES)


def bps(amount: float, mid2: int, quantity: int) -> float:
    """Return an amount in half units x shares over quantity x mid."""
    return math.nan if mid2 == NULL or quantity <= 0 else 1e4 * amount / (float(mid2) * float(quantity))


@given(orders=st.lists(ORDER, max_size=20))
@example(orders=[(5.0, math.nan, 1.0, 3, 7), (1.0, 2.0, 3.0, NULL, 7), (1.0, 2.0, 3.0, 5, 0)])
@settings(deadline=None)
def test_amounts_and_savings_are_over_what_was_asked_for(orders: list[tuple[float, float, float, int, int]]) -> None:
    costs = np.array([order[:3] for order in orders], np.float64).reshape(-1, 3).T.copy()
    mid2, quantity = (np.array([order[k] for order in orders], np.int64) for k in (3, 4))
    found, savings = np.empty(costs.shape), np.empty((2, len(orders)))
    write_bps(costs, mid2, quantity, found)
    write_savings(costs, mid2, quantity, savings)
    for place, (*amounts, mid, asked) in enumerate(orders):
        wanted = [bps(amount, mid, asked) for amount in amounts]
        np.testing.assert_allclose(found[:, place], wanted, rtol=1e-14)
        less = [wanted[0] - wanted[1], wanted[0] - wanted[2]]
        room = 1e-14 * max((abs(one) for one in wanted if one == one), default=0.0)
        np.testing.assert_allclose(savings[:, place], less, rtol=1e-14, atol=room)


def test_average_prices_are_of_orders_with_fills() -> None:
    found = np.empty(4)
    filled, fills = np.array([3, 0, 7, 10]), np.array([1, 0, 0, 2], np.int32)
    write_vwaps(filled, fills, np.array([31, 0, 70, 99]), found)
    np.testing.assert_array_equal(found, [31 / 3, np.nan, np.nan, 9.9])
