"""Settings that contradict each other, or ask for what is not there.

`loading` calls it last, once every value by itself is fine.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from driver.config.keys import Config
from kernels.conventions import REPLAYED, SCENARIO_TABLE, SCENARIOS
from tickstore.errors import UserError

LATER = {scenario.name: scenario.meaning for scenario in SCENARIO_TABLE if scenario.name in REPLAYED}
NOW = ", ".join(SCENARIOS[1:])


def check_together(config: Config) -> None:
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
        raise UserError(f"--dark_pool_scenarios is empty: choose from {NOW}")
    for name in config.dark_pool_scenarios:
        if name in LATER:
            raise UserError(f"--dark_pool_scenarios: {name}, {LATER[name]}, is not available yet; choose from {NOW}")
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
    if config.session and start >= end:
        raise UserError(
            f"--session={config.session} ends before it starts: a session lies within one date. For one over midnight "
            "give a --timezone in which it does not pass midnight, or its times with --sessions and the hour from "
            "which they are of the next date with --session_cutoff"
        )
    _check_zone(config.timezone)


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
