"""What the user chooses of measuring: which orders, which scenarios, which hours. Small, frozen, hashable.

``measure`` takes them; the driver makes them of its configuration, once a run.
"""

from dataclasses import dataclass, field

from kernels.conventions import MID_FIRST_ALLOWED, NULL, POPULATION_ALL, SCENARIOS, USUAL_TICKS


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders of a partition are subjects. Empty tuples select all (decisions 6, 29)."""

    participants: tuple[int, ...] = ()
    hour_start: int = 0  # local hours of the trade date, both inclusive; 0..23 is no filter
    hour_end: int = 23
    population: int = POPULATION_ALL
    order_types: tuple[int, ...] = ()  # type bits, any of them; (0,) means lit orders only


@dataclass(frozen=True, slots=True)
class Simulation:
    """How scenarios trade and how costs are charged (decisions 10-19)."""

    scenarios: tuple[str, ...] = SCENARIOS[1:]
    mid: int = MID_FIRST_ALLOWED
    dark_share_ppm: int = 500_000  # parts per million, so that floor(Q x share) is exact
    price_impact_bps: float = 5.0
    markout_seconds: tuple[float, ...] = (1.0, 60.0)
    fill_seconds: tuple[float, ...] = (1.0, 10.0, 60.0, 300.0)
    cleanup_seconds: float = 300.0
    allow_locked: bool = False
    quotes_first: bool = False
    ticks: tuple[tuple[int, int], ...] = USUAL_TICKS  # (from price, tick), price units
    fees_bps: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)  # lit, dark, auction, booking


@dataclass(frozen=True, slots=True)
class Session:
    """Continuous trading of one partition, [start, end) in ns UTC, and where it is known from (decisions 4)."""

    start: int
    end: int
    source: str = "given"
    date_start: int = NULL  # ns UTC, first instant that can belong to the trade date; NULL: any can


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that decides a partition's numbers; equal choices and equal columns give equal results."""

    selection: Selection = field(default_factory=Selection)
    simulation: Simulation = field(default_factory=Simulation)
    timezone: str = "Australia/Sydney"
