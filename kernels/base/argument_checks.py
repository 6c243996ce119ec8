"""Checks of arguments of the research API: each returns the clean column or raises and names the argument."""

import operator
from collections.abc import Mapping
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from kernels.base.columns import Array, readonly


def check_column(name: str, values: ArrayLike, dtype: type[np.generic]) -> Array:
    """Return ``values`` as a read-only 1-D contiguous array of ``dtype``; memory maps pass without a copy.

    Whole numbers of a narrower type are widened; anything that could lose digits (floats for integers) is refused.
    """
    column = np.asarray(values)
    if column.size == 0 and column.ndim == 1:
        column = column.astype(dtype)
    if column.ndim != 1:
        raise ValueError(f"{name}: expected a 1-D array, got shape {column.shape}")
    if column.dtype != dtype:
        if not np.can_cast(column.dtype, dtype, "safe") and not is_small_integer(column, dtype):
            raise TypeError(
                f"{name}: expected {np.dtype(dtype).name}, got {column.dtype}; convert it without loss first"
            )
        column = column.astype(dtype)
    return readonly(column)


def check_integers(name: str, values: ArrayLike) -> Array:
    """Return ``values`` as a read-only 1-D contiguous array of whole numbers, in the type they have if int64 holds it.

    Day files store codes and row numbers in as few bytes as they need; so they pass without a copy.
    """
    column = np.asarray(values)
    if column.ndim != 1 or column.size == 0 or column.dtype.kind not in "iu" or not np.can_cast(column.dtype, np.int64):
        return check_column(name, column, np.int64)
    return readonly(column)


def check_whole(name: str, value: SupportsIndex) -> int:
    """Return ``value`` if it is a whole number: a time that went through a float has lost its last digits."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected a whole number, got {value}") from None


def is_small_integer(column: Array, dtype: type[np.generic]) -> bool:
    """Return whether ``column`` holds integers that all fit the integer type ``dtype``."""
    if column.dtype.kind not in "iu" or np.dtype(dtype).kind not in "iu":
        return False
    bounds = np.iinfo(np.dtype(dtype))
    return bool(column.min() >= bounds.min and column.max() <= bounds.max)


def check_ascending(name: str, column: Array) -> Array:
    """Return ``column`` if no value is below the one before it; else say where the first descent is."""
    if len(column) > 1:
        descents = np.flatnonzero(column[1:] < column[:-1])
        if len(descents):
            row = int(descents[0]) + 1
            raise ValueError(
                f"{name}: must ascend, but row {row} ({column[row]}) is below row {row - 1} ({column[row - 1]})"
            )
    return column


def check_same_length(**columns: Array) -> int:
    """Return the common length of the named columns, or raise with every length."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("lengths differ: " + ", ".join(f"{name} has {length}" for name, length in lengths.items()))
    return next(iter(lengths.values()), 0)


def refuse_rows(name: str, column: Array, wrong: Array, expected: str) -> Array:
    """Return ``column`` if no row is ``wrong``, a mask; else name the first that is."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        raise ValueError(f"{name}: row {int(rows[0])} is {column[rows[0]]}; {expected}")
    return column


def check_choice(name: str, column: Array, allowed: tuple[int, ...]) -> Array:
    """Return ``column`` if every value is one of ``allowed``."""
    return refuse_rows(name, column, ~np.isin(column, allowed), f"use one of {', '.join(map(str, allowed))}")


def check_index(name: str, column: Array, size: int) -> Array:
    """Return ``column`` if every value is a row of ``size`` rows, or -1."""
    return refuse_rows(name, column, (column < -1) | (column >= size), f"rows go from 0 to {size - 1}, -1 for none")


def check_not_negative(name: str, column: Array) -> Array:
    """Return ``column`` if no value is below zero."""
    return refuse_rows(name, column, column < 0, "it must not be negative")


def whole_columns(**columns: ArrayLike) -> list[Array]:
    """Return the named columns as ``check_column`` does, int64, all of one length."""
    found = {name: check_column(name, values, np.int64) for name, values in columns.items()}
    check_same_length(**found)
    return list(found.values())


def check_table(name: str, table: Mapping[str, Array], columns: tuple[str, ...]) -> list[Array]:
    """Return the named columns of ``table`` as read-only 1-D arrays of one length; the stored types stay."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise KeyError(f"{name}: no column {', '.join(missing)}; it has {', '.join(sorted(table))}")
    found = {column: np.asarray(table[column]) for column in columns}
    for column, values in found.items():
        if values.ndim != 1:
            raise ValueError(f"{name}[{column!r}]: expected a 1-D array, got shape {values.shape}")
        if values.dtype.kind not in "iu":
            raise TypeError(f"{name}[{column!r}]: expected integers, got {values.dtype}")
    check_same_length(**{f"{name}[{column!r}]": values for column, values in found.items()})
    return [readonly(values) for values in found.values()]
