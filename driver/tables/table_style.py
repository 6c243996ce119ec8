"""What a table's text depends on beside its sums, and the quotients of exact integers it is made of."""

from dataclasses import dataclass
from typing import Final

from driver.plan.jobs import Settings
from driver.tables.csv_text import Value
from kernels.conventions import COST_SCALE

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


def cost_bps(cost: int, base: int) -> float | None:
    """Return a fixed-point cost sum over a sum of Q x M0 (half units), in bps."""
    return 10_000 * cost / (COST_SCALE * base) if base else None
