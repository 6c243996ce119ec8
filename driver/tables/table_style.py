"""What a table's text depends on beside its sums, and the quotients of exact integers it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from driver.plan.jobs import Settings
from driver.tables.csv_text import Value
from kernels.conventions import COST_SCALE, REST_BITS

HALF_UNITS: Final = 2 << REST_BITS  # what ``with_rest`` gives of half units, in one unit
FEW: Final = 5  # a figure of fewer orders is marked: it is about them, and says little of others


@dataclass(frozen=True, slots=True)
class TableStyle:
    """What a table's text depends on beside its sums."""

    price_decimals: int
    markout_seconds: tuple[float, ...]
    fill_seconds: tuple[float, ...]
    fees: bool  # whether the configuration sets any: net columns then stand beside the gross ones
    quantity_decimals: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "TableStyle":
        """Return the style that belongs to a run's settings."""
        given = settings.simulation
        fees = any(given.fees_bps)
        horizons = given.markout_seconds, given.fill_seconds
        return cls(settings.price_decimals, *horizons, fees, settings.quantity_decimals)

    @property
    def unit(self) -> int:
        """Return how much price x quantity, as they are stored, makes one of the currency."""
        return int(10 ** (self.price_decimals + self.quantity_decimals))


def few(orders: Value) -> bool:
    """Return whether a figure is about some orders, but fewer than say much."""
    return isinstance(orders, int | float) and 0 < orders < FEW


def ratio(numerator: int, denominator: int) -> float | None:
    """Return the correctly rounded quotient, or None without a denominator."""
    return numerator / denominator if denominator else None


def with_rest(sums: Mapping[str, int], name: str) -> int:
    """Return a sum that is kept in two integers, as one in 1/2^REST_BITS of its unit."""
    return (sums[name] << REST_BITS) + sums[f"{name}_rest"]


def quotient(numerator: int, denominator: int) -> int | float:
    """Return a quotient: an integer where it is one, else correctly rounded."""
    whole, left = divmod(numerator, denominator)
    return numerator / denominator if left else whole


def cost_bps(cost: int, base: int) -> float | None:
    """Return a fixed-point cost sum over a sum of Q x M0 (half units), in bps."""
    return 10_000 * cost / (COST_SCALE * base) if base else None
