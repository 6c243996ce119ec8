"""The typed, frozen configuration: defaults from default.toml, then the user's TOML file, then flags."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from driver import values
from driver.settings import Selection, Settings, Simulation
from driver.values import Kind
from kernels.conventions import MID_KINDS, POPULATIONS
from tickstore.errors import UserError

CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
CUTOFF = rf"{CLOCK}|24:00"
SCENARIO_CHOICES = ("A", "B", "C", "R", "P")
LATER = {"R": "the replay", "P": "the placebo"}


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
    return resources.files("driver").joinpath("default.toml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and which flags were given by the user rather than left at their defaults."""

    config: Config
    given: frozenset[str]


def load_config(flags: Mapping[str, str], path: str = "") -> Loaded:
    """Return the configuration from ``default.toml``, the file ``path`` and flags as text; later ones win."""
    found: dict[str, Any] = {}
    for key, value in _flatten(tomllib.loads(default_text())):
        found[PATHS[key]] = KINDS[PATHS[key]].from_toml(value)
    given: set[str] = set()
    if path:
        for key, value in _flatten(_read_toml(path)):
            name = PATHS.get(key) or _unknown_key(key, path)
            found[name] = _checked(KINDS[name].from_toml, value, KINDS[name], f"{key} in {path}", repr(value))
            given.add(name)
    for name, value in flags.items():
        found[name] = _checked(KINDS[name].from_text, value, KINDS[name], f"--{name}", f"'{value}'")
        given.add(name)
    if {"date_start", "date_end"} & given and "all_dates" not in given:
        found["all_dates"] = False
    config = Config(**found)
    _check_together(config)
    return Loaded(config, frozenset(given))


def _read_toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"config file {path} does not exist: write one with `python -m driver config`") from None
    except IsADirectoryError:
        raise UserError(f"config file {path} is a directory: give a TOML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"config file {path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"config file {path} is not valid TOML: {error}") from None


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) for every key; a key that is itself a mapping stays whole."""
    for name, value in table.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and path not in PATHS:
            yield from _flatten(value, f"{path}.")
        else:
            yield path, value


def _unknown_key(key: str, source: str) -> str:
    """Raise for a key nobody knows, naming the nearest: by the whole path, else by its last part."""
    last = key.rpartition(".")[2]
    by_name = {path.rpartition(".")[2]: path for path in PATHS} | {name: path for path, name in PATHS.items()}
    near = get_close_matches(last, by_name, 1, 0.75)
    whole = get_close_matches(key, PATHS, 1, 0.6)
    hint = f": did you mean {by_name[near[0]]}?" if near else f": did you mean {whole[0]}?" if whole else ""
    raise UserError(f"unknown key {key} in {source}{hint or ': `python -m driver config` lists all keys'}")


def _checked(read: Any, value: Any, kind: Kind, where: str, shown: str) -> Any:
    try:
        return read(value)
    except (ValueError, TypeError):
        raise UserError(f"{where} needs {kind.expects}, not {shown}") from None


def _check_together(config: Config) -> None:
    """Raise for values that are each fine and together are not."""
    if config.hour_start > config.hour_end:
        raise UserError(f"--hour_start={config.hour_start} is after --hour_end={config.hour_end}: no hour is left")
    if config.date_start and config.date_end and config.date_start > config.date_end:
        raise UserError(f"--date_start={config.date_start} is after --date_end={config.date_end}: no date is left")
    bounded = bool(config.date_start or config.date_end)
    if config.all_dates and bounded:
        raise UserError("--all_dates contradicts --date_start and --date_end: give one or the other")
    if not config.all_dates and not bounded:
        raise UserError("--all_dates=false needs --date_start or --date_end")
    if not config.dark_pool_scenarios:
        raise UserError("--dark_pool_scenarios is empty: choose from A, B, C")
    for name in config.dark_pool_scenarios:
        if name in LATER:
            raise UserError(f"--dark_pool_scenarios: {name}, {LATER[name]}, is not available yet; choose from A, B, C")
    if config.subject_limit != "own" or config.subjects_meet or config.alone:
        raise UserError("--subject_limit, --subjects_meet and --alone belong to scenario R, which is not available yet")
    if config.allow_locked:
        raise UserError("--allow_locked belongs to scenario R, which is not available yet")
    for key in ("markout_seconds", "fill_seconds"):
        horizons = [f"{seconds:g}" for seconds in getattr(config, key)]
        if len(set(horizons)) < len(horizons):
            twice = next(name for name in horizons if horizons.count(name) > 1)
            raise UserError(f"--{key}: two horizons are both called {twice}s in the tables: six digits tell them apart")
    if config.engine == "dask":
        raise UserError("--engine=dask is not available yet: use --engine=local")
    if config.scheduler:
        raise UserError("--scheduler belongs to --engine=dask, which is not available yet")
    if round(config.dark_share * 1e6) != round(config.dark_share * 1e9) / 1e3:
        raise UserError(f"--dark_share={config.dark_share} has more than six decimals")
    start, _, end = config.session.partition("-")
    if not start or start >= end:
        raise UserError(f"--session={config.session} ends before it starts")
    _check_zone(config.timezone)


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), 1, 0.5)
        hint = f": did you mean {near[0]}?" if near else ""
        raise UserError(f"--timezone={name} is not a known zone{hint}") from None


def job_settings(config: Config, participants: tuple[int, ...]) -> Settings:
    """Return what jobs need of ``config``; ``participants`` are its ids as the store codes them."""
    selection = Selection(
        participants=tuple(sorted(participants)),
        hour_start=config.hour_start,
        hour_end=config.hour_end,
        population=POPULATIONS.index(config.population),
        order_types=config.order_types,
    )
    simulation = Simulation(
        scenarios=tuple(sorted(config.dark_pool_scenarios, key=SCENARIO_CHOICES.index)),
        mid=MID_KINDS.index(config.mid),
        dark_share_ppm=round(config.dark_share * 1e6),
        price_impact_bps=round(config.price_impact_percent * 100, 9),
        markout_seconds=config.markout_seconds,
        fill_seconds=config.fill_seconds,
        cleanup_seconds=config.cleanup_s,
        allow_locked=config.allow_locked,
        quotes_first=config.quotes_first,
        ticks=config.ticks,
        fees_bps=(config.lit_bps, config.dark_bps, config.auction_bps, config.booking_bps),
    )
    return Settings(selection, simulation, config.timezone, config.price_decimals, config.format, config.order_level)
