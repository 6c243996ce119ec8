"""Every configuration key, declared once: its name as a flag, its place in the TOML file, what values it takes.

The bottom of the driver: every step reads `Config`. `loading` builds it, and flags, help and README follow the
fields here.
"""

from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any

from driver.config import kinds
from driver.config.combinations import KEYS
from driver.config.kinds import Kind
from kernels.conventions import MID_KINDS, POPULATIONS, SCENARIO_TABLE
from kernels.measure.choices import HORIZONS, PREFERENCING, SUBJECT_LIMITS
from kernels.measure.order_columns import ALL, CORE
from tickstore.rules import UNIT, ColumnRule

CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
CUTOFF = rf"{CLOCK}|24:00"
SCENARIO_CHOICES = tuple(scenario.name for scenario in SCENARIO_TABLE[1:] if scenario.chosen)
SCENARIO_LIST = kinds.list_of(kinds.choice(*SCENARIO_CHOICES))
ORDER_TYPES = kinds.list_of(kinds.whole(1, 2**31 - 1), empty_word="none")
NAMES = kinds.list_of(kinds.code(), unique=False)
TIME_UNIT = kinds.text(UNIT.pattern, "one of s, ms, us, 100ns, ns, min, d, hhmmss, hhmmssfff")
USUAL_SESSION = "10:00-16:00"  # where neither the user nor the data says it
ASSUMED_SESSION = f"assumed to be {USUAL_SESSION} local time: say --session, or give session changes with --sessions"
MATCHES_AS = ("matches", "trades")


def _key(path: str, kind: Kind) -> Any:
    """Declare a configuration key: its place in the TOML file and its kind. The field's name is the flag."""
    return field(metadata={"path": path, "kind": kind})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a run can be told. Built by `load_config` only, which checks every value."""

    input: str = _key("input.folder", kinds.text(expects="a folder"))
    orders: tuple[str, ...] = _key("input.orders", kinds.files())
    trades: tuple[str, ...] = _key("input.trades", kinds.files())
    nbbo: tuple[str, ...] = _key("input.nbbo", kinds.files())
    sessions: str = _key("input.sessions", kinds.text(expects="a path"))
    timezone: str = _key("input.timezone", kinds.text(expects="a zone such as Australia/Sydney"))
    session_cutoff: str = _key("input.session_cutoff", kinds.text(CUTOFF, "a local time such as 19:00"))
    holidays: tuple[str, ...] = _key("input.holidays", kinds.list_of(kinds.date()))
    price_decimals: int = _key("input.price_decimals", kinds.whole(0, 9))
    ticks: tuple[tuple[int, int], ...] = _key("input.ticks", kinds.ticks())
    tick_file: str = _key("input.tick_file", kinds.text(expects="a path"))
    session: str = _key("input.session", kinds.text(f"{CLOCK}-({CUTOFF})", "local times such as 10:00-16:00"))
    price_format: str = _key("input.price_format", kinds.choice("auto", "units", "decimal"))
    columns: tuple[tuple[str, ColumnRule], ...] = _key("input.columns", kinds.rules())
    header: tuple[str, ...] = _key("input.header", NAMES)
    trades_header: tuple[str, ...] = _key("input.trades_header", NAMES)
    nbbo_header: tuple[str, ...] = _key("input.nbbo_header", NAMES)
    time_unit: str = _key(
        "input.time_unit", kinds.text(UNIT.pattern, "one of s, ms, us, 100ns, ns, min, d, hhmmss, hhmmssfff")
    )
    epoch: str = _key("input.epoch", kinds.text(expects="a date such as 2000-01-01, or midnight"))
    time_format: str = _key("input.time_format", kinds.text(expects="a form such as %d/%m/%Y %H:%M:%S.%f"))
    date: str = _key("input.date", kinds.text(expects="a column or a date such as 2024-09-05"))
    null_values: tuple[str, ...] = _key("input.null_values", NAMES)
    where: tuple[tuple[str, tuple[str, ...]], ...] = _key("input.where", kinds.conditions())
    quantity_decimals: int = _key("input.quantity_decimals", kinds.whole(0, 9))
    price_divisor: int = _key("input.price_divisor", kinds.whole(1, 10**9))
    order_ids: str = _key("input.order_ids", kinds.choice("auto", "integer", "text"))
    quotes_from_orders: bool = _key("input.quotes_from_orders", kinds.flag())
    duplicates: str = _key("input.duplicates", kinds.choice("auto", "reject", "keep"))
    replace: bool = _key("input.replace", kinds.flag())
    max_reject_ratio: float = _key("input.max_reject_ratio", kinds.number(0, 1))
    max_rejects: int = _key("input.max_rejects", kinds.whole(-1))
    store: str = _key("paths.store", kinds.text(expects="a folder", required=True))
    results: str = _key("paths.results", kinds.text(expects="a folder", required=True))
    mode: str = _key("processing.mode", kinds.choice("parallel", "sequential"))
    max_workers: int = _key("processing.max_workers", kinds.whole(1, 1024))
    chunk_size_mb: int = _key("processing.chunk_size_mb", kinds.whole(1, 65_536))
    temp_dir: str = _key("processing.temp_dir", kinds.text(expects="a folder"))
    engine: str = _key("processing.engine", kinds.choice("local", "dask"))
    scheduler: str = _key("processing.scheduler", kinds.text(r"\w+://.+", "an address such as tcp://host:8786"))
    memory: int = _key("processing.memory", kinds.whole(0))
    deadline: float = _key("processing.deadline", kinds.number(0))
    retries: int = _key("processing.retries", kinds.whole(0, 100))
    resume: bool = _key("processing.resume", kinds.flag())
    security_codes: tuple[str, ...] = _key("data_selection.security_codes", kinds.list_of(kinds.code()))
    participant_ids: tuple[str, ...] = _key("data_selection.participant_ids", kinds.list_of(kinds.code()))
    population: str = _key("data_selection.population", kinds.choice(*POPULATIONS))
    order_types: tuple[int, ...] = _key("data_selection.order_types", ORDER_TYPES)
    date_start: str = _key("data_selection.date_range.start", kinds.date())
    date_end: str = _key("data_selection.date_range.end", kinds.date())
    all_dates: bool = _key("data_selection.date_range.all_dates", kinds.flag())
    hour_start: int = _key("data_selection.trading_hours.start", kinds.whole(0, 23))
    hour_end: int = _key("data_selection.trading_hours.end", kinds.whole(0, 23))
    dark_pool_scenarios: tuple[str, ...] = _key("simulation.dark_pool_scenarios", SCENARIO_LIST)
    price_impact_percent: float = _key("simulation.price_impact_percent", kinds.number(0, 100))
    dark_share: float = _key("simulation.dark_share", kinds.number(0, 1))
    mid: str = _key("simulation.mid", kinds.choice(*MID_KINDS))
    markout_seconds: tuple[float, ...] = _key("simulation.markout_seconds", kinds.list_of(kinds.number(0, 86_400)))
    fill_seconds: tuple[float, ...] = _key("simulation.fill_seconds", kinds.list_of(kinds.number(0, 86_400)))
    cleanup_s: float = _key("simulation.cleanup_s", kinds.number(0, 86_400))
    quotes_first: bool = _key("simulation.quotes_first", kinds.flag())
    seed: int = _key("simulation.seed", kinds.whole(0))
    subject_limit: str = _key("replay.subject_limit", kinds.choice(*SUBJECT_LIMITS))
    horizon: str = _key("replay.horizon", kinds.choice(*HORIZONS))
    rest_s: float = _key("replay.rest_s", kinds.number(0, 86_400))
    from_rest: bool = _key("replay.from_rest", kinds.flag())
    dark_seconds: tuple[float, ...] = _key("replay.dark_seconds", kinds.list_of(kinds.number(0, 86_400)))
    subjects_meet: bool = _key("replay.subjects_meet", kinds.flag())
    alone: bool = _key("replay.alone", kinds.flag())
    subject_minimum: int = _key("replay.subject_minimum", kinds.whole(0))
    latency_us: float = _key("replay.latency_us", kinds.number(0, 60_000_000))
    without_participants: tuple[str, ...] = _key("replay.without_participants", kinds.list_of(kinds.code()))
    preferencing: str = _key("replay.preferencing", kinds.choice(*PREFERENCING))
    preferring: tuple[str, ...] = _key("replay.preferring", kinds.list_of(kinds.code()))
    impute_minimums: bool = _key("replay.impute_minimums", kinds.flag())
    allow_locked: bool = _key("replay.allow_locked", kinds.flag())
    block_tier: int = _key("replay.block_tier", kinds.whole(0, 10**9))
    rule_switches: tuple[str, ...] = _key("replay.rule_switches", kinds.list_of(kinds.code()))
    lit_bps: float = _key("fees.lit_bps", kinds.number(-10_000, 10_000))
    dark_bps: float = _key("fees.dark_bps", kinds.number(-10_000, 10_000))
    auction_bps: float = _key("fees.auction_bps", kinds.number(-10_000, 10_000))
    booking_bps: float = _key("fees.booking_bps", kinds.number(-10_000, 10_000))
    format: str = _key("output.format", kinds.choice("csv", "gzip", "parquet"))
    order_level: bool = _key("output.order_level", kinds.flag())
    order_columns: str = _key("output.order_columns", kinds.choice(CORE, ALL))
    aggregate_by: tuple[str, ...] = _key("output.aggregate_by", kinds.list_of(kinds.joined(*KEYS), unique=False))
    outliers: int = _key("output.outliers", kinds.whole(1, 10_000))
    sensitivity: bool = _key("output.sensitivity", kinds.flag())
    matches_as: str = _key("output.matches_as", kinds.choice(*MATCHES_AS))
    detailed_logs: bool = _key("output.detailed_logs", kinds.flag())

    @property
    def has_input(self) -> bool:
        """Return whether raw files are given, so that they are converted first."""
        return bool(self.input or self.orders or self.trades or self.nbbo)


PATHS = {f.metadata["path"]: f.name for f in fields(Config)}  # TOML path -> flag
KINDS: dict[str, Kind] = {f.name: f.metadata["kind"] for f in fields(Config)}  # flag -> kind


def packaged(name: str) -> str:
    """Return a TOML file of this folder."""
    return resources.files("driver.config").joinpath(name).read_text(encoding="utf-8")


def default_text() -> str:
    """Return the commented default configuration."""
    return packaged("default.toml")
