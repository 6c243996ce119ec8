"""What each simulated scenario adds to a row of measures beside what every scenario does, behind those of all.

The orders it engages: those of which it fills any share, in a replayed one the book itself (decisions 48); fills of
history that stand do not count there. Both means over these need the real cost as well as the scenario's, of the same
orders. Shortfalls in bps are in two integers each (``fixed_point.rest``). Replayed ones add parts of their cost, too.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I64
from kernels.base.compiling import inlined
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows
from kernels.sums.fixed_point import fixed, rest
from kernels.sums.moments import FIXED_SCALE

ENGAGED_SUMS: Final = (
    "engaged_priced_orders", "engaged_base", "engaged_cost", "engaged_real_cost", "engaged_shortfall",
    "engaged_shortfall_rest", "engaged_real_shortfall", "engaged_real_shortfall_rest",
)  # fmt: skip
REPLAYED_SUMS: Final = ("execution_cost", "opportunity_cost", "engaged_orders")
PRICED, BASE, COST, REAL_COST, SHORTFALL, _, REAL_SHORTFALL, _ = range(len(ENGAGED_SUMS))
EXECUTION, OPPORTUNITY, ORDERS = range(len(REPLAYED_SUMS))
ENGAGED_PLACES: Final = len(ENGAGED_SUMS)
REPLAYED_PLACES: Final = len(REPLAYED_SUMS)


@inlined
def engaged_row(
    rows: Rows, filled: I64, floats: int, first: int, n: int, out: I64, place: int, base: I64, to_bps: F64
) -> None:
    """Write what those of n orders add that a scenario engages, from ``place`` on.

    filled : (orders,) shares that tell whether it engages an order; floats : by how many rows it is behind reality
    base : (n,) Q x M0, 0 where an order is not priced; to_bps : (n,) BPS over it
    """
    cost, real_cost = rows.floats[r.COST + floats], rows.floats[r.COST]
    for t in range(n):
        i = np.uint64(first + t)
        engaged = base[t] > 0 and filled[i] > 0 and cost[i] == cost[i]
        scale = to_bps[t] * FIXED_SCALE if engaged else 0.0
        mine, real = (cost[i] * scale, real_cost[i] * scale) if engaged else (0.0, 0.0)
        out[t, np.uint64(place + PRICED)] = int(engaged)
        out[t, np.uint64(place + BASE)] = base[t] if engaged else 0
        out[t, np.uint64(place + COST)] = fixed(cost[i] * FIXED_SCALE) if engaged else 0
        out[t, np.uint64(place + REAL_COST)] = fixed(real_cost[i] * FIXED_SCALE) if engaged else 0
        out[t, np.uint64(place + SHORTFALL)] = fixed(mine)
        out[t, np.uint64(place + SHORTFALL + 1)] = rest(mine)
        out[t, np.uint64(place + REAL_SHORTFALL)] = fixed(real)
        out[t, np.uint64(place + REAL_SHORTFALL + 1)] = rest(real)


@inlined
def replayed_row(rows: Rows, ints: int, floats: int, first: int, n: int, out: I64, place: int, base: I64) -> None:
    """Write what else n orders add under a replayed scenario, from ``place`` on.

    ints, floats : by how many rows the scenario is behind reality; base : (n,) Q x M0, 0 where an order is not priced
    """
    by_book, cost = rows.ints[r.SIMULATED_QUANTITY + ints], rows.floats[r.COST + floats]
    execution, opportunity = rows.floats[r.EXECUTION_COST + floats], rows.floats[r.OPPORTUNITY_COST + floats]
    for t in range(n):
        i = np.uint64(first + t)
        known = base[t] > 0 and cost[i] == cost[i]
        out[t, np.uint64(place + EXECUTION)] = fixed(execution[i] * FIXED_SCALE) if known else 0
        out[t, np.uint64(place + OPPORTUNITY)] = fixed(opportunity[i] * FIXED_SCALE) if known else 0
        out[t, np.uint64(place + ORDERS)] = int(by_book[i] > 0)
