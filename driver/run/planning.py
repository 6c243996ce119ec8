"""From settings to the jobs of a run: where its input is, what of it was converted before, what the store then has.

`runner` and the commands `plan` and `convert` call it, before anything is compiled where nothing has to be converted.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from driver.config.keys import Config
from driver.config.loading import Loaded
from driver.config.tick_file import TickFile, read_tick_file
from driver.engines.kernel_cache import WarmUp
from driver.engines.warm_markers import CONVERT, MEASURE, REPLAY
from driver.plan.jobs import replays
from driver.plan.plan import Plan, plan_jobs
from driver.run import results_folder as folder
from driver.run.input_files import as_stored, convert_request, has_day_files, input_files
from driver.run.monitor import UNEVEN, Monitor
from driver.run.reference_facts import as_reference_states, named_ticks
from driver.run.run_record import PhaseClock, Summary
from driver.run.sample import use_sample
from tickstore.durable.user_paths import user_path

if TYPE_CHECKING:
    from tickstore import ConvertProgress, ConvertReport

STAGES = {"parse": "reading", "build": "building", "commit": "storing"}
Planned = tuple[Plan, "ConvertReport | None"]


def resolve(loaded: Loaded, say: Callable[[str], None] = lambda _: None) -> tuple[Config, bool]:
    """Return the configuration with its input (the user's files, the user's store, or else the built-in sample).

    Also whether it is the sample: without any setting, or when nothing was converted into the default store.
    Raises an InputError if a file that the user names is not there.
    """
    config = loaded.config
    if config.has_input:
        input_files(config)
        return as_reference_states(loaded, say), False
    if "store" in loaded.given or (loaded.given and has_day_files(config.store)):
        return as_stored(config, loaded.given), False
    return use_sample(config, "results" in loaded.given), True


def tables_digest(config: Config, plan: Plan) -> str:
    """Return a digest of all that decides the tables of a run."""
    named = (plan.names.digest,) if plan.names else ()
    return plan.digest(repr((config.aggregate_by, folder.tables_code_digest(), *named)))


def known_plan(config: Config, monitor: Monitor, session_stated: bool) -> "Planned | None":
    """Return the jobs of a run that has nothing to convert, None where it has: nothing is compiled to know them."""
    from tickstore import known_conversion

    tick_file = read_tick_file(config.tick_file)
    report = known_conversion(convert_request(config, 1)) if config.has_input else None
    if report is None and config.has_input:
        return None
    if report is not None:
        _say_warnings(report, monitor)
    return _planned(config, report, tick_file, session_stated)


def convert_and_plan(config: Config, monitor: Monitor, session_stated: bool) -> "Planned":
    """Convert the input, if there is any, and return the jobs it makes up."""
    tick_file = read_tick_file(config.tick_file)
    report = convert_input(config, monitor) if config.has_input else None
    return _planned(config, report, tick_file, session_stated)


def _planned(
    config: Config, report: "ConvertReport | None", tick_file: TickFile | None, session_stated: bool
) -> "Planned":
    only = frozenset(report.partitions) if report else None
    return plan_store(config, user_path(config.results), only, tick_file, session_stated), report


def prepare(
    config: Config, session_stated: bool, monitor: Monitor, summary: Summary, clock: PhaseClock, held: ExitStack
) -> tuple[Plan, WarmUp | None]:
    """Convert what is new and plan the jobs; return them, and what compiles the kernels meanwhile, which ``held`` ends.

    That is None where there is nothing to convert: the caller then knows whether any are needed.
    """
    warm_up = None
    if (planned := known_plan(config, monitor, session_stated)) is None:
        warm_up = held.enter_context(warm_up_for(config, monitor, converts=True))
        warm_up.await_conversion()
        clock.lap("compile")
        planned = convert_and_plan(config, monitor, session_stated)
    plan, summary.conversion = planned
    summary.notes, summary.tick_file, summary.names = plan.notes, plan.tick_file, plan.security_names
    clock.lap("convert")
    return plan, warm_up


def plan_store(
    config: Config,
    results: Path,
    only: frozenset[tuple[str, str]] | None,
    tick_file: TickFile | None,
    session_stated: bool,
) -> Plan:
    """Return the jobs that ``config`` selects from its store, ``only`` those if any are named."""
    from tickstore import read_catalog
    from tickstore.store.names import read_names

    catalog = read_catalog(user_path(config.store))
    names = read_names(user_path(config.store))
    ticks = tick_file or named_ticks(names)
    code = folder.code_digest()
    plan = plan_jobs(config, catalog.partitions, catalog.participants, results, code, only, ticks, session_stated)
    return replace(plan, names=names)


def convert_input(config: Config, monitor: Monitor) -> "ConvertReport":
    """Convert the raw files into the store. Cheap when they are there already."""
    from tickstore import convert

    request = convert_request(config, max(1, min(config.max_workers, os.cpu_count() or 1)))

    def show(progress: "ConvertProgress") -> None:
        unit = "bytes" if progress.stage == "parse" else "day files"
        monitor.count(STAGES.get(progress.stage, progress.stage), unit, progress.done, progress.total)

    with monitor:
        if config.engine == "dask":
            from driver.engines.dask_jobs import convert_on_dask

            report = convert_on_dask(config.scheduler, request, show, monitor.say)
        else:
            report = convert(request, show)
    _say_warnings(report, monitor)
    return report


def _say_warnings(report: "ConvertReport", monitor: Monitor) -> None:
    for warning in report.warnings:
        monitor.say(f"warning: {warning}")


def warm_up_for(config: Config, monitor: Monitor, converts: bool = False) -> WarmUp:
    """Return what compiles the kernels that a run needs, those of a conversion if it ``converts``, and shows how far.

    No kernel is compiled for nothing: a run begins it once it knows what there is to do.
    """
    parts = (CONVERT,) * converts + (MEASURE,) + (REPLAY,) * replays(config)
    return WarmUp(monitor.say, parts, partial(monitor.count, "compiling the kernels", UNEVEN))
