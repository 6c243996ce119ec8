"""Cells of tables as numbers and as text, as the report shows them; the lowest module of what reads tables back."""

import math
from collections.abc import Mapping, Sequence

from driver.tables.csv_text import Value

Row = Mapping[str, Value]
Tables = Mapping[str, Sequence[Row]]


def number(value: Value) -> float:
    """Return a cell as a number; missing is NaN, which charts leave out."""
    return float(value) if isinstance(value, int | float) else math.nan


def count(value: Value) -> int:
    """Return a cell that counts; missing is none."""
    return int(value) if isinstance(value, int | float) else 0


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a real minus, and thousands separated; what rounds to zero has no sign."""
    text = f"{value:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text if text.strip("+0.,\N{MINUS SIGN}") else text[1:]


def bps(value: float) -> str:
    """Return basis points, or that they are not known."""
    return signed(value) if math.isfinite(value) else "not known"
