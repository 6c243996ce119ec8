"""Costs of plain arrays in basis points, for notebooks: of orders and of fills; every argument is checked by name."""

import numpy as np
from numpy.typing import ArrayLike

from kernels.base.argument_checks import (
    check_choice,
    check_column,
    check_integers,
    check_not_negative,
    check_same_length,
    refuse_rows,
    whole_columns,
)
from kernels.base.columns import F64, Array
from kernels.conventions import BPS, BUY, NULL, SELL

SIDES = (BUY, SELL)


def check_mid(name: str, column: Array) -> Array:
    """Return ``column`` if every value is a positive mid or NULL."""
    return refuse_rows(name, column, (column <= 0) & (column != NULL), "a mid is positive, NULL where missing")


def shortfall_bps(
    side: ArrayLike,
    order_quantity: ArrayLike,
    filled_quantity: ArrayLike,
    notional2: ArrayLike,
    mid2: ArrayLike,
    charge2: ArrayLike,
) -> F64:
    """Return the implementation shortfall of each order in bps of its arrival mid: positive when paid.

    1e4 x side x [notional2 - filled x mid2 + (order - filled) x (charge2 - mid2)] / (order x mid2). NaN without
    an arrival mid, or where something is unfilled and has no price.

    Parameters
    ----------
    side : (n,) whole numbers, +1 buy, -1 sell
    order_quantity, filled_quantity : (n,) int64, shares
    notional2 : (n,) float64 or what becomes it without loss, sum of price x quantity in half price units
    mid2, charge2 : (n,) int64, half price units, NULL where missing: arrival mid, price of the unfilled

    Returns
    -------
    (n,) float64, bps

    Raises
    ------
    TypeError, ValueError
        a column is not of numbers; lengths differ, a quantity is negative, a mid not positive, or a side not +1 or -1
    """
    sides = check_choice("side", check_integers("side", side), SIDES)
    total, filled, mids, charges = whole_columns(
        order_quantity=order_quantity, filled_quantity=filled_quantity, mid2=mid2, charge2=charge2
    )
    amount = check_column("notional2", notional2, np.float64)
    check_same_length(order_quantity=total, side=sides, notional2=amount)
    check_not_negative("order_quantity", total)
    check_not_negative("filled_quantity", filled)
    check_mid("mid2", mids)
    unfilled = np.maximum(total - filled, 0)
    known = (mids != NULL) & (total > 0) & ((unfilled == 0) | (charges != NULL))
    mids, charges = np.where(known, mids, 1), np.where(known & (unfilled > 0), charges, np.where(known, mids, 1))
    cost = sides * (amount - filled * mids + unfilled * (charges - mids))
    return np.where(known, BPS * cost / (np.where(known, total, 1) * mids), np.nan)


def effective_spread_bps(side: ArrayLike, price2: ArrayLike, mid2: ArrayLike) -> F64:
    """Return 2 x side x (price - mid) / mid of each fill in bps: positive when paid, NaN without a mid.

    Parameters
    ----------
    side : (n,) whole numbers, +1 buy, -1 sell
    price2, mid2 : (n,) int64, half price units; mid2 NULL where missing

    Returns
    -------
    (n,) float64, bps

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, a mid is not positive, or a side is not +1 or -1
    """
    return 2.0 * _against_mid(side, price2, mid2)


def markout_bps(side: ArrayLike, price2: ArrayLike, mid2: ArrayLike, later_mid2: ArrayLike) -> F64:
    """Return side x (later mid - price) / mid of each fill in bps: positive when good, NaN without either mid.

    Parameters
    ----------
    side : (n,) whole numbers, +1 buy, -1 sell
    price2, mid2, later_mid2 : (n,) int64, half price units; mids NULL where missing

    Returns
    -------
    (n,) float64, bps

    Raises
    ------
    TypeError, ValueError
        a column is not of whole numbers; lengths differ, a mid is not positive, or a side is not +1 or -1
    """
    return -_against_mid(side, price2, mid2, later_mid2=later_mid2)


def _against_mid(side: ArrayLike, price2: ArrayLike, mid2: ArrayLike, **later: ArrayLike) -> F64:
    """Return 1e4 x side x (price - reference) / mid; the reference is the mid itself if no ``later`` one is named."""
    sides = check_choice("side", check_integers("side", side), SIDES)
    prices, mids, *others = whole_columns(price2=price2, mid2=mid2, **later)
    check_same_length(price2=prices, side=sides)
    check_mid("mid2", mids)
    references = others[0] if others else mids
    known = (mids != NULL) & (references != NULL)
    return np.where(known, BPS * sides * (prices - np.where(known, references, 0)) / np.where(known, mids, 1), np.nan)
