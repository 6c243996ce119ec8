"""Columns that others of a block determine, in units for readers: computed when asked for, never stored.

Tables do not read them: they have ratios of exact sums instead.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from kernels.base.columns import F64, I32, I64, Array, readonly
from kernels.base.compiling import inlined, kernel
from kernels.conventions import BPS, FILL_VENUES, NULL

if TYPE_CHECKING:
    from kernels.measure.result_rows import OrderBlock


CHARGES: Final = ("", "_touch", "_zero", "_cleanup")


def compute(block: "OrderBlock", name: str) -> Array:
    """Return a derived column of a block, (n,), or (axis, n) where the column has an axis."""
    return DERIVE[name](block)


def half(column: Array) -> F64:
    """Return half price units in price units, NaN where they are missing."""
    return np.where(column == NULL, np.nan, column / 2)


@inlined
def bps_of(cost: float, mid2: int, quantity: int) -> float:
    """Return an amount over Q M0 in bps; without a mid, or with nothing asked for, there is none."""
    base = float(mid2) * quantity
    return BPS * cost / base if mid2 != NULL and base > 0 else np.nan


@kernel
def write_bps(costs: F64, mid2: I64, quantity: I64, out: F64) -> None:
    """Write amounts of each order, (k, n), over Q M0 in bps."""
    for row in range(len(costs)):
        for order in range(len(mid2)):
            out[row, order] = bps_of(costs[row, order], mid2[order], quantity[order])


@kernel
def write_savings(costs: F64, mid2: I64, quantity: I64, out: F64) -> None:
    """Write the first of costs, (1 + k, n), less each other one, (k, n), both over Q M0 in bps."""
    for row in range(len(out)):
        for order in range(len(mid2)):
            real = bps_of(costs[0, order], mid2[order], quantity[order])
            out[row, order] = real - bps_of(costs[1 + row, order], mid2[order], quantity[order])


@kernel
def write_vwaps(filled: I64, fills: I32, notional: I64, out: F64) -> None:
    """Write the average published price of fills; without a fill there is none."""
    for order in range(len(fills)):
        out[order] = notional[order] / max(filled[order], 1) if fills[order] > 0 else np.nan


def of_value(block: "OrderBlock", cost: Array) -> F64:
    """Return amounts over Q M0 in bps; without a mid, or with nothing asked for, there is none."""
    out = np.empty(cost.shape)
    write_bps(readonly(np.atleast_2d(cost)), *_asked(block), np.atleast_2d(out))
    return out


def _asked(block: "OrderBlock") -> tuple[Array, Array]:
    return readonly(block.mid2), readonly(block.order_quantity)


def of_decision(block: "OrderBlock", cost: Array) -> F64:
    """Return amounts over Q Md in bps."""
    asked = np.where(block.order_quantity > 0, block.order_quantity, 1)
    bps: F64 = BPS * cost / (2.0 * half(block.decision_mid2) * asked)
    return bps


def asked_for(block: "OrderBlock") -> F64:
    """Return Q, NaN where nothing was asked for."""
    return np.where(block.order_quantity > 0, block.order_quantity, np.nan)


def fills_unknown(block: "OrderBlock") -> Array:
    """Return which orders were filled by their state alone, without a trade that says how."""
    return np.asarray((block.filled_quantity > 0) & (block.fills == 0))


def of_venue(amounts: str, venue: int) -> Callable[["OrderBlock"], Array]:
    """Return what computes the shares filled in a venue, or their value, NULL where no trade says so."""
    return lambda block: np.where(fills_unknown(block), NULL, block[amounts][venue])


def shortfall(charge: str, scenarios: int | slice) -> Callable[["OrderBlock"], Array]:
    """Return what computes the shortfall of scenarios in bps, the unfilled charged as ``charge`` says."""
    return lambda block: of_value(block, block[f"cost{charge}"][scenarios])


def vwap(block: "OrderBlock") -> F64:
    """Return the average published price of the real fills."""
    out = np.empty(len(block))
    write_vwaps(readonly(block.filled_quantity), readonly(block.fills), readonly(block.notional), out)
    return out


def saving_bps(block: "OrderBlock") -> F64:
    """Return the real shortfall less that of each other scenario."""
    costs = block.cost
    out = np.empty((len(costs) - 1, len(block)))
    write_savings(readonly(costs), *_asked(block), out)
    return out


def number_of_spreads(block: "OrderBlock") -> F64:
    """Return the real cost over Q (offer - bid) of the benchmark quote; none where it was locked, or never met."""
    asked2 = 2.0 * (block.arrival_offer - block.arrival_bid) * block.order_quantity
    asked2[(block.mid2 == NULL) | (asked2 <= 0) | (block.window_start > block.window_end)] = np.nan
    spreads: F64 = block.cost[0] / asked2
    return spreads


def eq_ratio(block: "OrderBlock") -> F64:
    """Return the effective over the quoted spread of the market fills; none where all met locked quotes."""
    quoted = block.fill_quoted_spread_bps
    ratio = np.full(len(block), np.nan)
    np.divide(block.effective_spread_bps, quoted, out=ratio, where=quoted > 0)
    return ratio


def fill_rate(block: "OrderBlock") -> F64:
    """Return F(h): shares filled within each horizon of arrival over Q."""
    within = block.filled_within
    rate: F64 = within / np.where(within == NULL, np.nan, asked_for(block))
    return rate


DERIVE: Final[dict[str, Callable[["OrderBlock"], Array]]] = {
    "vwap": vwap,
    **{f"shortfall{charge}_bps": shortfall(charge, 0) for charge in CHARGES},
    **{f"simulated_shortfall{charge}_bps": shortfall(charge, slice(1, None)) for charge in CHARGES},
    "simulated_filled": lambda b: b.scenario_filled[1:],
    "simulated_price": lambda b: b.scenario_price[1:],
    "saving_bps": saving_bps,
    **{
        f"{venue}_{what}": of_venue(f"venue_{what}", row)
        for row, venue in enumerate(FILL_VENUES)
        for what in ("quantity", "notional")
    },
    "mid": lambda b: half(b.mid2),
    "end_mid": lambda b: half(b.end_mid2),
    "execution_bps": lambda b: of_value(b, b.execution_cost),
    "opportunity_bps": lambda b: of_value(b, b.opportunity_cost),
    "number_of_spreads": number_of_spreads,
    "fill_ratio": lambda b: b.filled_quantity / asked_for(b),
    "eq_ratio": eq_ratio,
    "adverse_selection_bps": lambda b: 0.0 - 0.5 * b.impact_bps,  # never -0
    "fill_rate": fill_rate,
    "decision_mid": lambda b: half(b.decision_mid2),
    "delay_bps": lambda b: of_decision(b, b.delay_cost),
    "decision_opportunity_bps": lambda b: of_decision(b, b.decision_opportunity_cost),
    "fees_bps": lambda b: of_value(b, b.fees),
}


def warm() -> None:
    """Compile the kernels for the array types that jobs use, by calling each on no rows."""
    none, amounts = readonly(np.empty(0, np.int64)), np.empty((1, 0))
    write_bps(readonly(amounts), none, none, amounts)
    write_savings(readonly(amounts), none, none, amounts)
    write_vwaps(none, readonly(np.empty(0, np.int32)), none, amounts[0])
