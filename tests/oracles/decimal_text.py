"""Numbers as text, from Python's own shortest representation."""

import math
from decimal import Decimal

NULL = -(2**63)


def integer_text(value: int) -> str:
    """Return an integer as an order file has it."""
    return "" if value == NULL else str(value)


def float_text(value: float) -> str:
    """Return a float as an order file has it: plain from 10^-6 on and below 10^10, whole numbers without a point."""
    if math.isnan(value):
        return ""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if math.isinf(value):
        return sign + "inf"
    if value == 0.0:
        return sign + "0"
    number = Decimal(repr(abs(value))).normalize()
    digits = "".join(map(str, number.as_tuple().digits))
    power = number.adjusted()
    if -6 <= power < 10:
        return sign + format(number, "f")
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{power:+d}"
