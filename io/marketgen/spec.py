"""The dials of the synthetic exchange, checked when a spec is made. Above ``dirt``; all uncompiled code reads it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marketgen.dirt import parse_dirt

MAX_PLACES: Final = 100_000  # securities, copies included: each has a block of ids of a date
MAX_ORDERS: Final = 300_000_000 // 30  # ids of a partition share a block of numbers
TRUTH: Final = ("none", "orders", "full")
PRICES: Final = (3_390, 24_500, 1_250, 88, 61_000)  # of the securities in turn: three tick sizes
SPREADS: Final = (1, 3, 2, 1, 4)


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """What to generate. Equal specs give equal bytes, whatever the number of workers.

    securities: order book numbers.
    date_start: first trade date; weekends are left out.
    date_end: last trade date, inclusive.
    orders: orders entered in a partition, the mean over securities.
    concentration: the k-th security has weight k ** -concentration, so that 0 makes all equal and 1 a few huge.
    spread: usual spread in ticks; 0 takes 1, 3, 2, 1, 4 for the securities in turn.
    price: opening price in 0.001 of the currency, tick 1 below 100, 5 below 2000, else 10; 0 goes by security.
    dark_share: share of Centre Point orders among those entered in continuous trading.
    sweep_share: share of sweeps among them; what remains is lit.
    dual_share: share of sweeps that, once they rest, wait in the dark book too.
    seed: another seed, another market.
    replicate: write every simulated security this many times, under new codes and ids.
    simulated_weeks: simulate so many weeks and repeat them to the end of the range; 0 simulates all.
    truth: what to tell below truth/, one of none, orders (every order-day) and full (the event log of the book too).
    exact: write two columns more: when an order took its place in the queue, and prices with all their decimals.
    dirt: damage to each file of each partition, a kind and a count joined by a colon; told in truth/dirt.json.
    timezone: the exchange's zone.
    """

    securities: tuple[int, ...] = (101, 102)
    date_start: str = "2024-01-01"
    date_end: str = "2024-01-05"
    orders: int = 2_500
    concentration: float = 0.0
    spread: int = 0
    price: int = 0
    dark_share: float = 0.30
    sweep_share: float = 0.31
    dual_share: float = 0.01
    seed: int = 1
    replicate: int = 1
    simulated_weeks: int = 0
    truth: str = "orders"
    exact: bool = False
    dirt: tuple[str, ...] = ()
    timezone: str = "Australia/Sydney"

    def __post_init__(self) -> None:
        if not self.securities:
            raise ValueError("securities is empty: name at least one, as in 101,102")
        if len(set(self.securities)) != len(self.securities):
            raise ValueError("securities names one twice")
        if min(self.securities) < 1:
            raise ValueError(f"securities holds {min(self.securities)}: codes are positive")
        _check("orders", self.orders, 1, MAX_ORDERS)
        _check("concentration", self.concentration, 0, 3)
        _check("spread", self.spread, 0, 50)
        _check("price", self.price, 0, 1_000_000)
        if 0 < self.price < 20:
            raise ValueError(f"price = {self.price} is below 20: too few ticks for a market")
        _check("dark_share", self.dark_share, 0, 1)
        _check("sweep_share", self.sweep_share, 0, 1)
        _check("dual_share", self.dual_share, 0, 1)
        if self.dark_share + self.sweep_share > 1:
            raise ValueError(f"dark_share + sweep_share = {self.dark_share + self.sweep_share:g} is above 1")
        _check("seed", self.seed, 0, 2**62)
        _check("replicate", self.replicate, 1, 20_000)
        _check("simulated_weeks", self.simulated_weeks, 0, 10_000)
        if len(self.securities) * self.replicate > MAX_PLACES:
            wanted = len(self.securities) * self.replicate
            raise ValueError(f"{wanted} securities, copies included, are more than {MAX_PLACES}: ids would repeat")
        if self.truth not in TRUTH:
            raise ValueError(f"truth = {self.truth!r} is none of {', '.join(TRUTH)}")
        parse_dirt(self.dirt)
        if not self.dates():
            raise ValueError(f"no weekday between date_start {self.date_start} and date_end {self.date_end}")
        if self.simulated_weeks and self.dates()[0].weekday() > 0:
            raise ValueError(f"simulated_weeks repeats whole weeks: start on a Monday, not on {self.dates()[0]}")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"timezone = {self.timezone!r} is not a zone as in Australia/Sydney") from None

    def dates(self) -> tuple[date, ...]:
        """Return the trade dates: the weekdays of the range."""
        first, last = _parse_date("date_start", self.date_start), _parse_date("date_end", self.date_end)
        days = (first + timedelta(days=k) for k in range((last - first).days + 1))
        return tuple(day for day in days if day.weekday() < 5)

    def orders_of(self, index: int) -> int:
        """Return how many orders are entered in a partition of the ``index``-th security."""
        weights = [float((k + 1) ** -self.concentration) for k in range(len(self.securities))]
        return max(1, min(MAX_ORDERS, round(self.orders * len(weights) * weights[index] / sum(weights))))

    def codes_of(self, index: int) -> list[tuple[int, int]]:
        """Return the codes the ``index``-th security is written under, its own first, each with its place."""
        step = max(self.securities) - min(self.securities) + 1
        n = len(self.securities)
        return [(self.securities[index] + copy * step, index + copy * n) for copy in range(self.replicate)]

    def price_of(self, index: int) -> int:
        """Return the opening price of the ``index``-th security, price units."""
        return self.price or PRICES[index % len(PRICES)]


@dataclass(frozen=True, slots=True)
class GeneratedFiles:
    """Where the files are and how many rows they hold, headers and dirt not counted."""

    orders: Path
    trades: Path
    nbbo: Path
    truth: Path | None
    order_rows: int
    trade_rows: int
    quote_rows: int
    bytes: int


def _check(name: str, value: float, least: float, most: float) -> None:
    """Raise, naming the dial, unless ``least <= value <= most``."""
    if not least <= value <= most:
        raise ValueError(f"{name} = {value} is outside {least}..{most}")


def _parse_date(name: str, text: str) -> date:
    """Return ``text`` as a date or raise with the name of the dial."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} = {text!r} is not a date as in 2024-01-31") from None
