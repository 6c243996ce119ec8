"""Columns that others of a block determine, in units for readers: computed when asked for, never stored.

Tables do not read them: they have ratios of exact sums instead.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from kernels.base.columns import F64, Array
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


def of_value(block: "OrderBlock", cost: Array) -> F64:
    """Return amounts over Q M0 in bps; without a mid, or with nothing asked for, there is none."""
    base = block.mid2.astype(np.float64) * block.order_quantity
    base[(block.mid2 == NULL) | (base <= 0)] = np.nan
    bps: F64 = BPS * cost / base
    return bps


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
    filled = np.where(block.filled_quantity > 0, block.filled_quantity, 1)
    return np.where(block.fills > 0, block.notional / filled, np.nan)


def saving_bps(block: "OrderBlock") -> F64:
    """Return the real shortfall less that of each other scenario."""
    shortfall = of_value(block, block.cost)
    saving: F64 = shortfall[0] - shortfall[1:]
    return saving


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
