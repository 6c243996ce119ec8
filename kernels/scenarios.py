"""Scenarios A, B, C: what the same order would have filled, and at what price (decisions 19).

Every leg is tested by itself against the order's limit with its half tick, in half units. A refused leg
fills nothing; the unfilled rest is charged like any other.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels import _rows as r
from kernels._columns import QuoteColumns, Rows, Rules
from kernels._jit import inlined
from kernels.benchmarks import window_mid2

Array = NDArray[Any]


@inlined
def within_limit(price2: float, limit2: int, side: int) -> bool:
    """Return whether ``price2`` is at or better than ``limit2`` for ``side``; NaN never is."""
    return side * price2 <= float(side * limit2)


@inlined
def write_scenario(rows: Rows, k: int, j: int, filled: int, notional2: float) -> None:
    """Store what scenario ``k`` fills of order ``j`` and its average price."""
    rows.ints[r.SCENARIO_FILLED + k, j] = filled
    rows.floats[r.SCENARIO_NOTIONAL2 + k, j] = notional2
    rows.floats[r.SCENARIO_PRICE + k, j] = notional2 / (2.0 * float(filled)) if filled > 0 else np.nan


@inlined
def scenarios_block(
    quotes: QuoteColumns, book: Array, rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int]
) -> None:
    """Write quantity and price of the real order, A, B and C for each order in ``span``.

    An order without a window keeps its real outcome everywhere (decisions 13).
    """
    ints = rows.ints
    for j in range(span[0], span[1]):
        s = scratch[j - span[0]]
        filled = ints[r.FILLED_QUANTITY, j]
        notional2 = float(s[r.S_NOTIONAL2])
        if rules.states_only:
            notional2 = np.nan
        write_scenario(rows, 0, j, filled, notional2 if filled > 0 else 0.0)
        if rows.flags[r.ELIGIBLE, j] == 0:
            for k in range(1, r.SCENARIO_COUNT):
                write_scenario(rows, k, j, filled, notional2 if filled > 0 else 0.0)
            continue
        side = rows.flags[r.SIDE, j]
        limit2 = s[r.S_LIMIT2]
        quantity = ints[r.ORDER_QUANTITY, j]
        mid2 = window_mid2(quotes, book, rules, rows, s, j)
        moved2 = mid2 + side * mid2 * rules.impact
        dark = 0
        dark2 = 0.0
        rest = 0
        rest2 = 0.0
        if within_limit(mid2, limit2, side):
            write_scenario(rows, 1, j, quantity, float(quantity) * mid2)
            dark = s[r.S_DARK]
            dark2 = float(dark) * mid2
        else:
            write_scenario(rows, 1, j, 0, 0.0)
        write_scenario(rows, 2, j, dark + s[r.S_REST_FILLED], dark2 + float(s[r.S_REST_NOTIONAL2]))
        if within_limit(moved2, limit2, side):
            rest = quantity - s[r.S_DARK]
            rest2 = float(rest) * moved2
        write_scenario(rows, 3, j, dark + rest, dark2 + rest2)
