"""Scenarios A, B, C: what the same order would have filled, and at what price (decisions 19); a stage of ``stages``.

Every leg is tested by itself against the order's limit with its half tick, in half units. A refused leg
fills nothing; the unfilled rest is charged like any other. Amounts are rounded to 1/COST_SCALE of a half unit x share
where they are made, so that costs are whole numbers of it: tables add up what the order files say, exactly.
"""

import numpy as np

from kernels.base.columns import Array, Rules
from kernels.base.compiling import inlined
from kernels.conventions import COST_SCALE, NULL, SCENARIOS
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, Work

REAL, A, B, C = (SCENARIOS.index(name) for name in ("real", "A", "B", "C"))
FIXED_SCALE = float(COST_SCALE)


@inlined
def within_limit(price2: float, limit2: int, side: int) -> bool:
    """Return whether ``price2`` is at or better than ``limit2`` for ``side``."""
    return side * price2 <= float(side * limit2)


@inlined
def write_scenario(ints: Array, floats: Array, k: int, j: int, filled: int, notional2: float) -> None:
    """Store what scenario ``k`` fills of order ``j``, at what price in all, and on average."""
    ints[r.SCENARIO_FILLED + k, j] = filled
    notional2 = np.rint(notional2 * FIXED_SCALE) / FIXED_SCALE
    floats[r.SCENARIO_NOTIONAL2 + k, j] = notional2
    shares2 = 2.0 * float(filled) if filled > 0 else np.nan  # a choice of divisor, not a branch
    floats[r.SCENARIO_PRICE + k, j] = notional2 / shares2


@inlined
def scenarios_block(rules: Rules, rows: Rows, scratch: Array, span: tuple[int, int], work: Work) -> None:
    """Write quantity and price of the real order, A, B and C for each order in ``span``.

    An order without a window, or without a mid in it, keeps its real outcome everywhere (decisions 13); what its limit
    refuses fills nothing. On a day without quotes there is no A, B or C, and without trades no B, which needs the real
    fills: NULL, never a copy of reality (decisions 50).
    """
    ints, floats, flags, window_mid2 = rows.ints, rows.floats, rows.flags, work.mid2
    impact, states_only, no_quotes = rules.impact, rules.states_only, rules.no_quotes
    for j in range(span[0], span[1]):
        k = j - span[0]
        filled = ints[r.FILLED_QUANTITY, j]
        real2 = float(scratch[r.S_NOTIONAL2, k])
        if states_only and filled > 0:
            real2 = np.nan
        write_scenario(ints, floats, REAL, j, filled, real2)
        mid2 = window_mid2[k]
        if no_quotes:
            for scenario in range(1, r.SCENARIO_COUNT):
                write_scenario(ints, floats, scenario, j, NULL, np.nan)
            continue
        if flags[r.ELIGIBLE, j] == 0 or np.isnan(mid2):
            for scenario in range(1, r.SCENARIO_COUNT):
                write_scenario(ints, floats, scenario, j, filled, real2)
            if states_only:
                write_scenario(ints, floats, B, j, NULL, np.nan)
            continue
        side, limit2 = flags[r.SIDE, j], scratch[r.S_LIMIT2, k]
        quantity, share = ints[r.ORDER_QUANTITY, j], scratch[r.S_DARK, k]
        allowed = mid2 < r.REFUSED
        mid2 = mid2 if allowed else 0.0
        moved2 = mid2 + side * mid2 * impact
        at_mid = allowed and within_limit(mid2, limit2, side)
        at_moved = allowed and within_limit(moved2, limit2, side)
        whole, dark, rest = quantity if at_mid else 0, share if at_mid else 0, quantity - share if at_moved else 0
        dark2 = float(dark) * mid2
        write_scenario(ints, floats, A, j, whole, float(whole) * mid2)
        real_rest, real_rest2 = scratch[r.S_REST_FILLED, k], float(scratch[r.S_REST_NOTIONAL2, k])
        if states_only:
            write_scenario(ints, floats, B, j, NULL, np.nan)
        else:
            write_scenario(ints, floats, B, j, dark + real_rest, dark2 + real_rest2)
        write_scenario(ints, floats, C, j, dark + rest, dark2 + float(rest) * moved2)
