"""Settings that contradict each other, or ask for what is not there.

`loading` calls it last, once every value by itself is fine.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from driver.config.combinations import check_combinations
from driver.config.keys import SCENARIO_CHOICES, Config
from kernels.conventions import REPLAYED
from tickstore.errors import UserError

# Settings of the book itself, and of orders that rest in it: without a scenario that reads them they are a mistake.
OF_THE_BOOK = (
    "preferencing", "preferring", "impute_minimums", "allow_locked", "block_tier", "rule_switches", "matches_as",
)  # fmt: skip
OF_SUBJECTS = (
    "subject_limit", "horizon", "rest_s", "from_rest", "dark_seconds", "subjects_meet", "alone", "subject_minimum",
    "latency_us", "without_participants",
)  # fmt: skip
SUBJECTS_IN = ("R", "D")
REPLAY_CHOICES = tuple(name for name in SCENARIO_CHOICES if name in REPLAYED)


def check_together(config: Config, default: Config) -> None:
    """Raise for values that are each fine and together are not; ``default`` has what is in force if nothing is said."""
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
        raise UserError(f"--dark_pool_scenarios is empty: choose from {', '.join(SCENARIO_CHOICES)}")
    check_combinations(config.aggregate_by)
    _check_replay(config, default)
    for key in ("markout_seconds", "fill_seconds", "dark_seconds"):
        horizons = [f"{seconds:g}" for seconds in getattr(config, key)]
        if len(set(horizons)) < len(horizons):
            twice = next(name for name in horizons if horizons.count(name) > 1)
            raise UserError(f"--{key}: two horizons are both called {twice}s in the tables: six digits tell them apart")
    if config.engine == "dask" and not config.scheduler:
        raise UserError("--engine=dask needs --scheduler, the address of the cluster, such as tcp://host:8786")
    if config.scheduler and config.engine != "dask":
        raise UserError("--scheduler belongs to --engine=dask: give both")
    if config.engine == "dask" and config.mode == "sequential":
        raise UserError("--engine=dask contradicts --mode=sequential: workers of the cluster do the jobs")
    if round(config.dark_share * 1e6) != round(config.dark_share * 1e9) / 1e3:
        raise UserError(f"--dark_share={config.dark_share} has more than six decimals")
    start, _, end = config.session.partition("-")
    if config.session and start >= end:
        raise UserError(
            f"--session={config.session} ends before it starts: a session lies within one date. For one over midnight "
            "give a --timezone in which it does not pass midnight, or its times with --sessions and the hour from "
            "which they are of the next date with --session_cutoff"
        )
    _check_zone(config.timezone)


def _check_replay(config: Config, default: Config) -> None:
    """Refuse settings that no scenario of the run reads."""
    for names, scenarios in ((OF_THE_BOOK, REPLAY_CHOICES), (OF_SUBJECTS, SUBJECTS_IN)):
        told = [name for name in names if getattr(config, name) != getattr(default, name)]
        if told and not set(scenarios) & set(config.dark_pool_scenarios):
            raise UserError(
                f"--{told[0]} belongs to scenario{'s' * (len(scenarios) > 1)} {' and '.join(scenarios)}, of which "
                f"--dark_pool_scenarios={','.join(config.dark_pool_scenarios)} has none"
            )
    if config.rule_switches:
        from kernels.replay.rulebook import SWITCHES  # with numba, which the command line starts without

        if unknown := [name for name in config.rule_switches if name not in SWITCHES]:
            hint = did_you_mean(unknown[0], SWITCHES) or f": choose from {', '.join(SWITCHES)}"
            raise UserError(f"--rule_switches={unknown[0]} is not a rule of the book{hint}")
        for kind, why in (
            ("priority_", "an amendment costs one or the other"),
            ("attributes_", "naming says one thing"),
        ):
            if len(several := [name for name in config.rule_switches if name.startswith(kind)]) > 1:
                raise UserError(f"--rule_switches: {several[0]} contradicts {several[1]}: {why}")
        nobody = config.preferencing == "none" and not config.preferring
        if nobody and "preferencing_by_key" in config.rule_switches:
            raise UserError("--rule_switches=preferencing_by_key says nothing with --preferencing=none: nobody prefers")
    if config.preferring and config.preferencing == "all":
        raise UserError("--preferring says nothing with --preferencing=all: every broker prefers its own orders")
    if config.from_rest and config.latency_us:
        raise UserError("--from_rest contradicts --latency_us: an order enters as it really did, then rests at once")
    if config.alone and config.subjects_meet:
        raise UserError("--alone contradicts --subjects_meet: a subject that is replayed by itself meets no other")
    if config.matches_as != default.matches_as and not config.order_level:
        raise UserError(f"--matches_as={config.matches_as} writes files of matches, --order_level=false none")
    if config.dark_seconds and "R" not in config.dark_pool_scenarios:
        raise UserError("--dark_seconds belongs to scenario R, which --dark_pool_scenarios does not have")
    if config.dark_seconds and min(config.dark_seconds) <= 0:
        raise UserError("--dark_seconds needs times above 0: an order that never rests in the dark is as it really was")
    if config.rest_s != default.rest_s and config.horizon != "rest_s":
        raise UserError(f"--rest_s belongs to --horizon=rest_s: with {config.horizon} it says nothing")


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, available_timezones(), 0.5)
        raise UserError(f"--timezone={name} is not a known zone{hint}") from None


def did_you_mean(name: str, known: Iterable[str], closeness: float = 0.6) -> str:
    """Return the end of a message on a ``name`` that is none of ``known``: the nearest of them, "" if none is near."""
    near = get_close_matches(name, list(known), 1, closeness)
    return f": did you mean {near[0]}?" if near else ""
