"""The typed, frozen configuration: defaults from default.toml, then the user's TOML file, then flags."""

from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any

from driver.config import values
from driver.config.values import Kind
from kernels.conventions import MID_KINDS, POPULATIONS, SCENARIO_TABLE

CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
CUTOFF = rf"{CLOCK}|24:00"
SCENARIO_CHOICES = tuple(scenario.name for scenario in SCENARIO_TABLE[1:])


def _key(path: str, kind: Kind) -> Any:
    """Declare a configuration key: its place in the TOML file and its kind. The field's name is the flag."""
    return field(metadata={"path": path, "kind": kind})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a run can be told. Built by `load_config` only, which checks every value."""

    orders: tuple[str, ...] = _key("input.orders", values.files())
    trades: tuple[str, ...] = _key("input.trades", values.files())
    nbbo: tuple[str, ...] = _key("input.nbbo", values.files())
    sessions: str = _key("input.sessions", values.text(expects="a path"))
    timezone: str = _key("input.timezone", values.text(expects="a zone such as Australia/Sydney"))
    session_cutoff: str = _key("input.session_cutoff", values.text(CUTOFF, "a local time such as 19:00"))
    holidays: tuple[str, ...] = _key("input.holidays", values.list_of(values.date()))
    price_decimals: int = _key("input.price_decimals", values.whole(0, 9))
    ticks: tuple[tuple[int, int], ...] = _key("input.ticks", values.ticks())
    tick_file: str = _key("input.tick_file", values.text(expects="a path"))
    session: str = _key("input.session", values.text(f"{CLOCK}-{CLOCK}", "local times such as 10:00-16:00"))
    price_format: str = _key("input.price_format", values.choice("auto", "units", "decimal"))
    columns: tuple[tuple[str, str], ...] = _key("input.columns", values.mapping())
    quotes_from_orders: bool = _key("input.quotes_from_orders", values.flag())
    replace: bool = _key("input.replace", values.flag())
    max_reject_ratio: float = _key("input.max_reject_ratio", values.number(0, 1))
    max_rejects: int = _key("input.max_rejects", values.whole(-1))
    store: str = _key("paths.store", values.text(expects="a folder", required=True))
    results: str = _key("paths.results", values.text(expects="a folder", required=True))
    mode: str = _key("processing.mode", values.choice("parallel", "sequential"))
    max_workers: int = _key("processing.max_workers", values.whole(1, 1024))
    chunk_size_mb: int = _key("processing.chunk_size_mb", values.whole(1, 65_536))
    temp_dir: str = _key("processing.temp_dir", values.text(expects="a folder"))
    engine: str = _key("processing.engine", values.choice("local", "dask"))
    scheduler: str = _key("processing.scheduler", values.text(r"\w+://.+", "an address such as tcp://host:8786"))
    memory: int = _key("processing.memory", values.whole(0))
    deadline: float = _key("processing.deadline", values.number(0))
    retries: int = _key("processing.retries", values.whole(0, 100))
    resume: bool = _key("processing.resume", values.flag())
    security_codes: tuple[str, ...] = _key("data_selection.security_codes", values.list_of(values.code()))
    participant_ids: tuple[str, ...] = _key("data_selection.participant_ids", values.list_of(values.code()))
    population: str = _key("data_selection.population", values.choice(*POPULATIONS))
    order_types: tuple[int, ...] = _key(
        "data_selection.order_types", values.list_of(values.whole(1, 2**31 - 1), empty_word="none")
    )
    date_start: str = _key("data_selection.date_range.start", values.date())
    date_end: str = _key("data_selection.date_range.end", values.date())
    all_dates: bool = _key("data_selection.date_range.all_dates", values.flag())
    hour_start: int = _key("data_selection.trading_hours.start", values.whole(0, 23))
    hour_end: int = _key("data_selection.trading_hours.end", values.whole(0, 23))
    dark_pool_scenarios: tuple[str, ...] = _key(
        "simulation.dark_pool_scenarios", values.list_of(values.choice(*SCENARIO_CHOICES))
    )
    price_impact_percent: float = _key("simulation.price_impact_percent", values.number(0, 100))
    dark_share: float = _key("simulation.dark_share", values.number(0, 1))
    mid: str = _key("simulation.mid", values.choice(*MID_KINDS))
    markout_seconds: tuple[float, ...] = _key("simulation.markout_seconds", values.list_of(values.number(0, 86_400)))
    fill_seconds: tuple[float, ...] = _key("simulation.fill_seconds", values.list_of(values.number(0, 86_400)))
    cleanup_s: float = _key("simulation.cleanup_s", values.number(0, 86_400))
    allow_locked: bool = _key("simulation.allow_locked", values.flag())
    quotes_first: bool = _key("simulation.quotes_first", values.flag())
    subject_limit: str = _key("simulation.subject_limit", values.choice("own", "half_tick", "mid"))
    subjects_meet: bool = _key("simulation.subjects_meet", values.flag())
    alone: bool = _key("simulation.alone", values.flag())
    seed: int = _key("simulation.seed", values.whole(0))
    lit_bps: float = _key("fees.lit_bps", values.number(-10_000, 10_000))
    dark_bps: float = _key("fees.dark_bps", values.number(-10_000, 10_000))
    auction_bps: float = _key("fees.auction_bps", values.number(-10_000, 10_000))
    booking_bps: float = _key("fees.booking_bps", values.number(-10_000, 10_000))
    format: str = _key("output.format", values.choice("csv", "gzip", "parquet"))
    order_level: bool = _key("output.order_level", values.flag())
    aggregate_by: tuple[str, ...] = _key(
        "output.aggregate_by", values.list_of(values.choice("security_code", "date", "participant_id"))
    )
    detailed_logs: bool = _key("output.detailed_logs", values.flag())

    @property
    def has_input(self) -> bool:
        """Return whether raw files are given, so that they are converted first."""
        return bool(self.orders or self.trades or self.nbbo)


PATHS = {f.metadata["path"]: f.name for f in fields(Config)}  # TOML path -> flag
KINDS: dict[str, Kind] = {f.name: f.metadata["kind"] for f in fields(Config)}  # flag -> kind


def default_text() -> str:
    """Return the commented default configuration."""
    return resources.files("driver.config").joinpath("default.toml").read_text(encoding="utf-8")
