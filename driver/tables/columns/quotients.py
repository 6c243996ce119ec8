"""Quotients of columns of exact integers, each correctly rounded, and values that are missing.

Columns are arrays: of int64, where NULL is missing, of Python's integers (objects) where 64 bits do not hold them, and
of float64, where NaN is. `driver.tables.columns.sheet` makes them of formulas.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driver.tables.csv_text import Value
from driver.tables.table_style import HALF_UNITS, quotient
from kernels.base.columns import F64
from kernels.conventions import NULL, REST_BITS

Column = NDArray[Any]
EXACT: Final = 2.0**53  # a double holds every integer below it
REST: Final = 2.0**REST_BITS


class Factors(NamedTuple):
    """What the numerators, or the denominators, of m rows are multiplied with: (m, 1)."""

    doubles: F64
    largest: F64  # doubles hold the products of what is smaller
    integers: list[int]

    @classmethod
    def of(cls, integers: list[int]) -> "Factors":
        """Return positive factors; their powers of 2 lengthen no fraction."""
        odd = np.array([factor // (factor & -factor) for factor in integers], np.float64)
        return cls(np.array(integers, np.float64)[:, None], EXACT / odd[:, None], integers)


def ratios(over: Column, under: Column, up: Factors, down: Factors, elsewhere: NDArray[np.bool_] | None = None) -> F64:
    """Return up x over / (down x under) of (m, n) integers, correctly rounded; NaN without a denominator.

    Where doubles hold both products one division of them is that. Other values are divided as Python's integers, but
    not those that are worked out ``elsewhere``.
    """
    n, d = over.astype(np.float64), under.astype(np.float64)
    quotients = divided(n * up.doubles, d * down.doubles)
    inexact = (np.abs(n) >= up.largest) | (np.abs(d) >= down.largest)
    if inexact.any():
        inexact &= d != 0
        if elsewhere is not None:
            inexact &= ~elsewhere
        rows, pairs = np.nonzero(inexact)[0].tolist(), zip(over[inexact].tolist(), under[inexact].tolist(), strict=True)
        quotients[inexact] = [
            up.integers[row] * above / (down.integers[row] * below)
            for row, (above, below) in zip(rows, pairs, strict=True)
        ]
    return quotients


def divided(over: F64, under: F64) -> F64:
    """Return quotients of doubles, NaN without a denominator."""
    found: F64 = np.divide(over, under, out=np.full(over.shape, np.nan), where=under != 0)
    return found


def doubles(whole: Column, rest: Column) -> F64:
    """Return sums that are kept in two integers as doubles."""
    found: F64 = whole.astype(np.float64) + rest.astype(np.float64) / REST
    return found


def halves(whole: Column, rest: Column) -> Column:
    """Return half of each sum that is kept in two integers: an integer where it is one, else to the last place."""
    found = (whole >> 1).astype(np.object_)
    left = ((whole & 1) != 0) | (rest != 0)
    pairs = zip(whole[left].tolist(), rest[left].tolist(), strict=True)
    found[left] = [quotient((above << REST_BITS) + below, HALF_UNITS) for above, below in pairs]
    return found


def nothing_in(values: Column) -> Any:
    """Return what stands for a missing value."""
    return {"i": NULL, "f": np.nan}.get(values.dtype.kind)


def is_known(values: Column) -> NDArray[np.bool_]:
    """Return which values are not missing."""
    if values.dtype.kind == "f":
        return ~np.isnan(values)
    known: NDArray[np.bool_] = np.not_equal(values, nothing_in(values)).astype(np.bool_)
    return known


def joined(parts: Sequence[Column]) -> Column:
    """Return a column of which some parts may need Python's integers and others not."""
    kinds = {part.dtype.kind for part in parts}
    return np.concatenate(parts if len(kinds) == 1 else [_as_objects(part) for part in parts])


def _as_objects(values: Column) -> Column:
    found = values.astype(np.object_)
    found[~is_known(values)] = None
    return found


def value_at(values: Column, place: int) -> Value:
    """Return a value of a column, None where it is missing."""
    value: Value = values.item(place)
    return None if value == NULL or value != value else value
