"""What the user chooses of measuring: which orders, which scenarios, which hours. Small, frozen, hashable.

``measure`` takes them; the driver makes them of its configuration, once a run.
"""

from dataclasses import dataclass, field
from numbers import Integral
from typing import Final

from kernels.base.local_time import local_instant
from kernels.conventions import MID_FIRST_ALLOWED, NULL, POPULATION_ALL, SCENARIOS, USUAL_TICKS

FIRST_INSTANT: Final = -(2**63)
LAST_INSTANT: Final = 2**63 - 1
HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders of a partition are subjects. Empty tuples select all (decisions 6, 29)."""

    participants: tuple[int, ...] = ()
    hour_start: int = 0  # local hours of the trade date, both inclusive; 0..23 is no filter
    hour_end: int = 23
    population: int = POPULATION_ALL
    order_types: tuple[int, ...] = ()  # type bits, any of them; (0,) means lit orders only


def hour_bounds(day: str, selection: Selection, zone: str) -> tuple[int, int]:
    """Return the selected hours as [start, end) in ns UTC.

    Hour 0 starts with the trade date's first event, the evening before included; hour 23 ends with its last.
    """
    first, last = selection.hour_start, selection.hour_end
    start = FIRST_INSTANT if first == 0 else local_instant(zone, day, HOUR * first)
    end = LAST_INSTANT if last >= 23 else local_instant(zone, day, HOUR * (last + 1))
    return start, end


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


SUBJECT_LIMITS: Final = ("own", "half_tick", "mid")
HORIZONS: Final = ("rest_s", "end", "last_fill", "close")
PREFERENCING: Final = ("inferred", "all", "none")


@dataclass(frozen=True, slots=True)
class ReplayChoices:
    """How the dark book is replayed, and how selected orders rest in it (decisions 20, 21, 46, 47)."""

    subject_limit: str = "own"  # one of SUBJECT_LIMITS
    horizon: str = "rest_s"  # one of HORIZONS
    rest_seconds: float = 300.0
    from_rest: bool = False  # rest what the entry pass left, and keep the fills of that pass
    subjects_meet: bool = False
    alone: bool = False
    dark_seconds: tuple[float, ...] = ()  # time limits in the dark, after which an order follows history
    minimum: int = 0  # of subjects, shares
    latency_ns: int = 0  # of subjects' entries
    without: tuple[int, ...] = ()  # participants whose own dark orders are left out
    preferencing: str = "inferred"  # one of PREFERENCING
    preferring: tuple[int, ...] = ()  # participants that prefer their own, beside the inferred ones
    impute_minimums: bool = False
    block_tier: int = 200_000  # least value of an any-price block's trade outside the quote, in the currency (R11)
    price_unit: int = 1000  # price units x shares in one of the currency
    switches: tuple[str, ...] = ()  # rules that are taken away or changed, of kernels.replay.rulebook.SWITCHES

    def __post_init__(self) -> None:
        """Refuse what no replay knows.

        Raises
        ------
        ValueError
            a word that is none of those there are, or a negative number
        """
        words = ("subject_limit", SUBJECT_LIMITS), ("horizon", HORIZONS), ("preferencing", PREFERENCING)
        for name, known in words:
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(known)}")
        for name in ("rest_seconds", "minimum", "latency_ns", "block_tier", "price_unit"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: must not be negative, got {getattr(self, name)}")
        if any(seconds < 0 for seconds in self.dark_seconds):
            raise ValueError(f"dark_seconds: must not be negative, got {self.dark_seconds}")
        for name in ("without", "preferring"):
            codes = getattr(self, name)
            if not all(isinstance(code, Integral) for code in codes):
                raise ValueError(f"{name}: participants are whole numbers as the day file has them, got {codes}")


@dataclass(frozen=True, slots=True)
class Session:
    """Continuous trading of one partition, [start, end) in ns UTC, and where it is known from (decisions 4)."""

    start: int
    end: int
    source: str = "given"
    date_start: int = NULL  # ns UTC, first instant that can belong to the trade date; NULL: any can
    halts: tuple[tuple[int, int], ...] = ()  # [begin, end) within it when nothing was matched, ns UTC (R1)


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that decides a partition's numbers; equal choices and equal columns give equal results."""

    selection: Selection = field(default_factory=Selection)
    simulation: Simulation = field(default_factory=Simulation)
    timezone: str = "Australia/Sydney"
    replay: ReplayChoices = field(default_factory=ReplayChoices, kw_only=True)
