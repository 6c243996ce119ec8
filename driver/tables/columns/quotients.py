"""Quotients of columns of exact integers, each correctly rounded, and values that are missing.

Columns are arrays: of int64, where NULL is missing, of Python's integers (objects) where 64 bits do not hold them, and
of float64, where NaN is. `driver.tables.row_measures` and `history_measures` are made of them.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.tables.csv_text import Value
from kernels.base.columns import F64
from kernels.conventions import COST_SCALE, NULL

Column = NDArray[Any]
EXACT: Final = 2.0**53  # a double holds every integer below it


def _odd(factor: int) -> int:
    """Return a factor without its powers of 2, which lengthen no fraction."""
    return factor // (factor & -factor)


def ratios(numerator: Column, denominator: Column | int, up: int = 1, down: int = 1) -> F64:
    """Return up x numerator / (down x denominator), correctly rounded; NaN without a denominator.

    Where doubles hold both products one division of them is that. Other values are divided as Python's integers.
    """
    over, under = np.broadcast_arrays(np.asarray(numerator), np.asarray(denominator))
    n, d = over.astype(np.float64), under.astype(np.float64)
    quotient = np.full(n.shape, np.nan)
    known = d != 0
    np.divide(n * up, d * down, out=quotient, where=known)
    inexact = known & ((np.abs(n) >= EXACT / _odd(up)) | (np.abs(d) >= EXACT / _odd(down)))
    if inexact.any():
        pairs = zip(over[inexact].tolist(), under[inexact].tolist(), strict=True)
        quotient[inexact] = [up * above / (down * below) for above, below in pairs]
    return quotient


def costs_bps(cost: Column, base: Column) -> F64:
    """Return fixed-point sums of cost over sums of Q x M0 (half units), in bps."""
    return ratios(cost, base, 10_000, COST_SCALE)


def with_rest(whole: Column, rest: Column, bits: int) -> Column:
    """Return sums that are kept in two columns, as Python's integers: whole x 2^bits + rest."""
    return (whole.astype(object) << bits) + rest


def missing_in(values: Column, where: NDArray[np.bool_]) -> Column:
    """Return values, missing in some places; the shape is that of both together."""
    nothing = {"i": NULL, "f": np.nan}.get(values.dtype.kind)
    found: Column = np.where(where, nothing, values)  # type: ignore[arg-type]
    return found


def is_known(values: Column) -> NDArray[np.bool_]:
    """Return which values are not missing."""
    if values.dtype.kind == "f":
        return ~np.isnan(values)
    nothing: Any = NULL if values.dtype.kind == "i" else None
    known: NDArray[np.bool_] = np.not_equal(values, nothing).astype(np.bool_)
    return known


def value_at(values: Column, place: int) -> Value:
    """Return a value of a column, None where it is missing."""
    value: Value = values.item(place)
    return None if value == NULL or value != value else value
