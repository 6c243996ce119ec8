"""A job, its settings and its report, which travel to worker processes and into run.json: `plan` makes jobs of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from driver.config.combinations import mixed_keys, needs_cell_sums
from driver.config.keys import SCENARIO_CHOICES, Config
from kernels.conventions import MID_KINDS, POPULATIONS, REPLAYED
from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation

NS_PER_MICROSECOND = 1_000
KEPT = "+"  # behind the fingerprint of a job, before each word for what it keeps and others do not
CELLS = "cells"  # the word for all sums of its cells; those for the keys of mixed cells are the keys
VARIANTS = "sensitivity"  # the word for the savings by other mids and populations


@dataclass(frozen=True, slots=True)
class Settings(Choices):
    """Everything that decides a job's files; equal settings and equal day file give equal bytes."""

    price_decimals: int = 3
    output_format: str = "parquet"  # csv, gzip, parquet
    order_level: bool = True
    outliers: int = 100  # orders of largest cost that a job keeps: as many as the run shows
    quantity_decimals: int = 0
    matches_as: str = "matches"
    order_columns: str = "core"  # core, all
    cell_sums: bool = False  # whether partials keep all sums of each cell, which some combinations of keys are made of
    mixed_keys: tuple[str, ...] = ()  # what orders are summed by once more, for combinations that no cells are of
    sensitivity: bool = False  # whether orders are measured once more by every other mid and population

    @property
    def kept(self) -> str:
        """What stands behind the fingerprint of a job with these settings, which is that of all others else."""
        words = (CELLS,) * self.cell_sums + (VARIANTS,) * self.sensitivity + self.mixed_keys
        return "".join(KEPT + word for word in words)


def job_settings(
    config: Config, participants: tuple[int, ...], without: tuple[int, ...] = (), preferring: tuple[int, ...] = ()
) -> Settings:
    """Return what jobs need of ``config``; the others are its lists of participants as the store codes them."""
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
    output = (
        config.format, config.order_level, config.outliers, config.quantity_decimals, config.matches_as,
        config.order_columns, needs_cell_sums(config.aggregate_by), mixed_keys(config.aggregate_by),
        config.sensitivity,
    )  # fmt: skip
    replay = _replay_choices(config, without, preferring)
    return Settings(selection, simulation, config.timezone, config.price_decimals, *output, replay=replay)


def _replay_choices(config: Config, without: tuple[int, ...], preferring: tuple[int, ...]) -> ReplayChoices:
    """Return how the dark book is replayed."""
    return ReplayChoices(
        subject_limit=config.subject_limit,
        horizon=config.horizon,
        rest_seconds=config.rest_s,
        from_rest=config.from_rest,
        subjects_meet=config.subjects_meet,
        alone=config.alone,
        dark_seconds=tuple(sorted(config.dark_seconds)),
        minimum=config.subject_minimum,
        latency_ns=round(config.latency_us * NS_PER_MICROSECOND),
        without=tuple(sorted(without)),
        preferencing=config.preferencing,
        preferring=tuple(sorted(preferring)),
        impute_minimums=config.impute_minimums,
        block_tier=config.block_tier,
        price_unit=int(10 ** (config.price_decimals + config.quantity_decimals)),
        switches=tuple(sorted(config.rule_switches)),
    )


def replays(config: Config) -> bool:
    """Return whether the dark book is replayed."""
    return bool(set(config.dark_pool_scenarios) & set(REPLAYED))


@dataclass(frozen=True, slots=True)
class Job:
    """One partition of one run. ``index`` is its place in the plan: the order in which results merge."""

    index: int
    security: str
    date: str  # trade date, YYYY-MM-DD
    day_file: str
    folder: str  # where its results go: <results>/sec<security>/<date>
    session: Session
    settings: Settings
    event_rows: int  # its weight: largest jobs first
    fingerprint: str  # digest of day file, session and settings; decides whether a finished job is still valid
    content: str = ""  # digest of the day file's columns when the job was planned, "": not checked
    day_bytes: int = 0  # of the day file
    placed: bool = False  # the folder above its own was made; where it is gone, so is the job: it makes none

    def is_done_by(self, fingerprint: str) -> bool:
        """Return whether a job of that fingerprint leaves all that this one is asked for, be it with more sums."""
        decided, *needed = self.fingerprint.split(KEPT)
        done, *kept = fingerprint.split(KEPT)
        return decided == done and set(needed) <= set(kept)

    @property
    def name(self) -> str:
        """Return the name of the job in the manifest and in messages."""
        return f"{self.security}/{self.date}"


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a finished job tells the driver."""

    index: int
    events: int
    orders: int  # subjects
    fills: int
    bytes_written: int
    seconds: float
    warnings: tuple[str, ...] = ()

    @classmethod
    def recorded(cls, facts: Mapping[str, Any]) -> Self:
        """Return a report as a line of the manifest has it."""
        return cls(**{**facts, "warnings": tuple(facts["warnings"])})
