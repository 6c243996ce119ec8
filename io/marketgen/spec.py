"""The dials of the synthetic exchange, checked when a spec is made."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

MAX_ORDERS = 9_000_000  # ids of one partition share a block of ten million numbers


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """What to generate. Equal specs give equal bytes, whatever the number of workers.

    securities: order book numbers. date_start, date_end: trade dates, both inclusive, weekends left out.
    orders: orders entered in a partition, the mean over securities.
    seed: another seed, another market.
    """

    securities: tuple[int, ...] = (101, 102)
    date_start: str = "2024-01-01"
    date_end: str = "2024-01-05"
    orders: int = 2_500
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.securities:
            raise ValueError("securities is empty: name at least one, as in securities=(101, 102)")
        if len(set(self.securities)) != len(self.securities):
            raise ValueError("securities lists a security twice")
        if not 1 <= self.orders <= MAX_ORDERS:
            raise ValueError(f"orders = {self.orders} is outside 1..{MAX_ORDERS}")
        if not self.dates():
            raise ValueError(f"no weekday between date_start {self.date_start} and date_end {self.date_end}")

    def dates(self) -> tuple[date, ...]:
        """Return the trade dates: the weekdays of the range."""
        first, last = _parse_date("date_start", self.date_start), _parse_date("date_end", self.date_end)
        days = (first + timedelta(days=k) for k in range((last - first).days + 1))
        return tuple(day for day in days if day.weekday() < 5)


@dataclass(frozen=True, slots=True)
class GeneratedFiles:
    """Where the files are and how many rows they hold, headers not counted."""

    orders: Path
    trades: Path
    nbbo: Path
    truth: Path | None
    order_rows: int
    trade_rows: int
    quote_rows: int
    bytes: int


def _parse_date(name: str, text: str) -> date:
    """Return ``text`` as a date or raise with the name of the dial."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} = {text!r} is not a date as in 2024-01-31") from None
