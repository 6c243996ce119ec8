"""What each replayed scenario adds to a row of measures beside what every scenario does, behind those of all.

Parts of its cost, and the orders it engages: those of which the replayed book fills any share (decisions 48); fills of
history that stand do not count. Both means over these need the real cost as well as the scenario's, of the same orders.
Shortfalls in bps are in two integers each (``fixed_point.rest``).
"""

from typing import Final

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import BPS
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows
from kernels.sums.fixed_point import fixed, rest
from kernels.sums.moments import FIXED_SCALE

REPLAYED_SUMS: Final = (
    "execution_cost", "opportunity_cost", "engaged_orders", "engaged_priced_orders", "engaged_base", "engaged_cost",
    "engaged_real_cost", "engaged_shortfall", "engaged_shortfall_rest", "engaged_real_shortfall",
    "engaged_real_shortfall_rest",
)  # fmt: skip
EXECUTION, OPPORTUNITY, ORDERS, PRICED, BASE, COST, REAL_COST, SHORTFALL, _, REAL_SHORTFALL, _ = range(
    len(REPLAYED_SUMS)
)
REPLAYED_PLACES: Final = len(REPLAYED_SUMS)


@inlined
def replayed_row(rows: Rows, ints: int, floats: int, first: int, n: int, out: I64, place: int, base: I64) -> None:
    """Write what n orders add under a replayed scenario, from ``place`` on.

    ints, floats : by how many rows the scenario is behind reality; base : (n,) Q x M0, 0 where an order is not priced
    """
    by_book, cost, real_cost = rows.ints[r.SIMULATED_QUANTITY + ints], rows.floats[r.COST + floats], rows.floats[r.COST]
    execution, opportunity = rows.floats[r.EXECUTION_COST + floats], rows.floats[r.OPPORTUNITY_COST + floats]
    for t in range(n):
        i, known = first + t, base[t] > 0 and cost[first + t] == cost[first + t]
        engaged = known and by_book[i] > 0
        scale = BPS / float(base[t]) * FIXED_SCALE if engaged else 0.0
        mine, real = (cost[i] * scale, real_cost[i] * scale) if engaged else (0.0, 0.0)
        out[t, place + EXECUTION] = fixed(execution[i] * FIXED_SCALE) if known else 0
        out[t, place + OPPORTUNITY] = fixed(opportunity[i] * FIXED_SCALE) if known else 0
        out[t, place + ORDERS] = int(by_book[i] > 0)
        out[t, place + PRICED] = int(engaged)
        out[t, place + BASE] = base[t] if engaged else 0
        out[t, place + COST] = fixed(cost[i] * FIXED_SCALE) if engaged else 0
        out[t, place + REAL_COST] = fixed(real_cost[i] * FIXED_SCALE) if engaged else 0
        out[t, place + SHORTFALL], out[t, place + SHORTFALL + 1] = fixed(mine), rest(mine)
        out[t, place + REAL_SHORTFALL], out[t, place + REAL_SHORTFALL + 1] = fixed(real), rest(real)
