"""Quotients of columns of exact integers, each correctly rounded, and values that are missing.

Columns are arrays: of int64, where NULL is missing, of Python's integers (objects) where 64 bits do not hold them, and
of float64, where NaN is. `driver.tables.row_measures` and `history_measures` are made of them.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.tables.csv_text import Value
from driver.tables.table_style import HALF_UNITS, quotient
from kernels.base.columns import F64
from kernels.conventions import COST_SCALE, NULL, REST_BITS

Column = NDArray[Any]
EXACT: Final = 2.0**53  # a double holds every integer below it


@dataclass(frozen=True, slots=True)
class TwoSums:
    """Sums that are kept in two integers each: themselves and their rest, in 1/2^REST_BITS."""

    whole: Column
    rest: Column

    def doubles(self) -> F64:
        """Return them as doubles."""
        found: F64 = self.whole.astype(np.float64) + self.rest.astype(np.float64) / 2**REST_BITS
        return found

    def times(self, factor: Any) -> "TwoSums":
        """Return them so many times."""
        return TwoSums(self.whole * factor, self.rest * factor)

    def less(self, other: "TwoSums") -> "TwoSums":
        """Return them without others."""
        return TwoSums(self.whole - other.whole, self.rest - other.rest)


def _odd(factor: int) -> int:
    """Return a factor without its powers of 2, which lengthen no fraction."""
    return factor // (factor & -factor)


def ratios(numerator: Column, denominator: Column | int, up: int = 1, down: int = 1) -> F64:
    """Return up x numerator / (down x denominator), correctly rounded; NaN without a denominator.

    Where doubles hold both products one division of them is that. Other values are divided as Python's integers.
    """
    over, under = np.asarray(numerator), np.asarray(denominator)
    n, d = over.astype(np.float64), under.astype(np.float64)
    quotient, known = _divided(n * up, d * down), d != 0
    large, wide = np.abs(n) >= EXACT / _odd(up), np.abs(d) >= EXACT / _odd(down)
    if large.any() or wide.any():
        inexact = np.broadcast_to(known & (large | wide), quotient.shape)
        pairs = zip(*(np.broadcast_to(part, quotient.shape)[inexact].tolist() for part in (over, under)), strict=True)
        quotient[inexact] = [up * above / (down * below) for above, below in pairs]
    return quotient


def _divided(over: F64, under: F64) -> F64:
    """Return quotients of doubles, NaN without a denominator. Of small tables most of the time goes into calls."""
    shape = over.shape if over.shape == under.shape else np.broadcast_shapes(over.shape, under.shape)
    found: F64 = np.divide(over, under, out=np.full(shape, np.nan), where=under != 0)
    return found


def costs_bps(cost: Column, base: Column) -> F64:
    """Return fixed-point sums of cost over sums of Q x M0 (half units), in bps."""
    return ratios(cost, base, 10_000, COST_SCALE)


def means(sums: TwoSums, denominator: Column, up: int = 1, down: int = 1) -> F64:
    """Return what ``ratios`` does of sums that are kept in two integers, to two units in the last place.

    Where there is no rest it is correctly rounded; Python's integers everywhere would take most of a table's time.
    """
    found = _divided(sums.doubles() * up, denominator.astype(np.float64) * down)
    plain = sums.rest == 0
    if plain.any():
        whole, plain, under = np.broadcast_arrays(sums.whole, plain, denominator)
        found[plain] = ratios(whole[plain], under[plain], up, down)
    return found


def means_bps(cost: TwoSums, base: Column) -> F64:
    """Return fixed-point sums of cost with their rests over sums of weights (half units), in bps."""
    return means(cost, base, 10_000, COST_SCALE)


def halves(sums: TwoSums) -> Column:
    """Return half of each sum: an integer where it is one, else to the last place."""
    found = (sums.whole >> 1).astype(np.object_)
    left = ((sums.whole & 1) != 0) | (sums.rest != 0)
    pairs = zip(sums.whole[left].tolist(), sums.rest[left].tolist(), strict=True)
    found[left] = [quotient((whole << REST_BITS) + rest, HALF_UNITS) for whole, rest in pairs]
    return found


def missing_in(values: Column, where: NDArray[np.bool_]) -> Column:
    """Return values, missing in some places; the shape is that of both together."""
    found: Column = np.where(where, _nothing(values), values)
    return found


def nothing_like(values: Column, shape: tuple[int, ...]) -> Column:
    """Return missing values of the same type."""
    return np.full(shape, _nothing(values), values.dtype)


def _nothing(values: Column) -> Any:
    return {"i": NULL, "f": np.nan}.get(values.dtype.kind)


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
