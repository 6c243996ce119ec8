"""Cells of tables as numbers and as text, as the report shows them; its lowest module beside the colours."""

import math
from collections.abc import Mapping

from driver.tables.csv_text import Value

Row = Mapping[str, Value]


def number(value: Value) -> float:
    """Return a cell as a number; missing is NaN, which charts leave out."""
    return float(value) if isinstance(value, int | float) else math.nan


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a real minus, and thousands separated; what rounds to zero has no sign."""
    text = f"{value:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text if text.strip("+0.,\N{MINUS SIGN}") else text[1:]


def bps(value: float) -> str:
    """Return basis points, or that they are not known."""
    return signed(value) if math.isfinite(value) else "not known"
