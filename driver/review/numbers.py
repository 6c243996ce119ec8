"""Cells of tables as numbers and as text, as the report shows them; the lowest module of what reads tables back."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from driver.tables.csv_text import Value

Row = Mapping[str, Value]
Tables = Mapping[str, Sequence[Row]]
# Floats that differ by less are the same sum in another order, or on another machine.
ROUNDING: Final = 1e-12  # of the larger
TINY: Final = 1e-15  # beside nothing
UNSEEN: Final = 0.005  # bps: shown as 0.00


def number(value: Value) -> float:
    """Return a cell as a number; missing is NaN, which charts leave out."""
    return float(value) if isinstance(value, int | float) else math.nan


def count(value: Value) -> int:
    """Return a cell that counts; missing is none."""
    return int(value) if isinstance(value, int | float) else 0


def near(before: Value, after: Value) -> bool:
    """Return whether two cells are the same but for rounding; whole numbers are exact."""
    if not (isinstance(before, int | float) and isinstance(after, int | float)):
        return False
    exact = isinstance(before, int) and isinstance(after, int)
    return not exact and math.isclose(before, after, rel_tol=ROUNDING, abs_tol=TINY)


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a real minus, and thousands separated; what rounds to zero has no sign."""
    text = f"{value:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text if text.strip("+0.,\N{MINUS SIGN}") else text[1:]


def three_figures(value: float) -> str:
    """Return a number to three figures, but no finer than to a hundredth."""
    digits = min(2, 3 - len(f"{abs(value):.0f}"))
    return signed(round(value, digits), max(0, digits)).removeprefix("+")


def less_or_more(saving: float) -> str:
    """Return what a saving makes of a cost, after "would have cost"."""
    if abs(saving) < UNSEEN:
        return "as much (to 0.01 bps)"
    return f"{abs(saving):.2f} bps {'less' if saving > 0 else 'more'}"


def unlike(one: float, other: float) -> bool:
    """Return whether two figures have different signs as they are shown."""
    return round(one, 2) * round(other, 2) < 0


def bps(value: float) -> str:
    """Return basis points, or that they are not known."""
    return signed(value) if math.isfinite(value) else "not known"
