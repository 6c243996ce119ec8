"""What a run would do and take, without writing anything: the command `plan` asks.

Input that is not converted yet is counted by its first megabyte; the jobs it makes up are known once it is.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from driver.config.combinations import mixed_keys
from driver.config.keys import Config
from driver.config.loading import Loaded
from driver.config.tick_file import read_tick_file
from driver.plan.estimates import Estimate, Rates, estimate, rates_of
from driver.plan.jobs import replays
from driver.plan.plan import Plan
from driver.run import results_folder as folder
from driver.run.input_files import convert_request
from driver.run.monitor import Monitor
from driver.run.planning import plan_store, resolve
from driver.run.sample import FOLDER, is_complete, packed_texts
from driver.sums.orders.variants import other_mids, other_populations
from kernels.conventions import MID_KINDS, POPULATIONS, SCENARIOS
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError

if TYPE_CHECKING:
    from tickstore import ConvertReport

LOOKED_AT: Final = 1 << 20  # bytes of a file
PACKED: Final = 8  # bytes of text in a byte of a packed file
ROW_BYTES: Final = 138  # of text, where that cannot be looked at
CONVERT_SECONDS: Final = 1e-6  # of a core, for a row
DAY_BYTES: Final = 50  # of a day file, for a row of any table
OF_VARIANTS: Final = "sensitivity", "mid", "population", "dark_pool_scenarios"  # settings that ``_variants`` looks at


@dataclass(frozen=True, slots=True)
class RawTable:
    """Files of a table that are not converted yet."""

    table: str
    files: int
    bytes: int
    rows: int  # about


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do: of a store its plan; of input that is not converted its files."""

    config: Config
    workers: int
    estimate: Estimate
    plan: Plan | None = None
    conversion: "ConvertReport | None" = None  # an earlier one of the same input
    raw: tuple[RawTable, ...] = ()
    convert_seconds: float = 0.0
    store_bytes: int = 0  # of day files to be written


def forecast(loaded: Loaded, monitor: Monitor) -> Forecast:
    """Return what a run would do. Raises UserError where it could do nothing."""
    config, is_sample = resolve(loaded, monitor.say)
    if is_sample:
        monitor.say("no input is given: a run takes the built-in sample")
        if not is_complete(FOLDER / "raw"):
            texts = packed_texts()
            return _of_raw(config, [RawTable(name, 1, len(text), text.count(b"\n")) for name, text in texts.items()])
    report = None
    if config.has_input:
        from tickstore.conversion.known_conversion import already_converted

        request = convert_request(replace(config, temp_dir=""), 1)
        if (report := already_converted(request)) is None:
            paths = {"orders": request.orders, "trades": request.trades, "nbbo": request.nbbo}
            return _of_raw(config, [raw_table(table, files) for table, files in paths.items() if files])
    only = frozenset(report.partitions) if report else None
    results = user_path(config.results)
    plan = plan_store(config, results, only, read_tick_file(config.tick_file), loaded.session_stated)
    workers = 1 if config.mode == "sequential" else min(config.max_workers, len(plan.jobs))
    events = [job.event_rows for job in plan.jobs]
    taken = _estimate(config, events, workers, rates_of(*_earlier_jobs(results, config)))
    return Forecast(config, workers, taken, plan, report)


def raw_table(table: str, paths: Sequence[Path]) -> RawTable:
    """Return about how many rows files of a table have."""
    rows = size = 0
    for path in paths:
        own = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
        lines = start.count(b"\n") if b"\0" not in start else 0
        text = own if lines else own * PACKED
        rows += round(text * lines / len(start)) if lines else text // ROW_BYTES
        size += own
    return RawTable(table, len(paths), size, rows)


def _of_raw(config: Config, raw: Sequence[RawTable]) -> Forecast:
    """Return what a run would take whose jobs are not known yet: as many as there are workers, of the same size."""
    rows = sum(table.rows for table in raw)
    events = sum(table.rows for table in raw if table.table == "orders")
    workers = 1 if config.mode == "sequential" else config.max_workers
    sizes = [events // workers] * workers
    taken = _estimate(config, sizes, workers, rates_of((), replays(config)))
    seconds = rows * CONVERT_SECONDS / min(workers, _cores())
    return Forecast(config, workers, taken, raw=tuple(raw), convert_seconds=seconds, store_bytes=DAY_BYTES * rows)


def _earlier_jobs(results: Path, config: Config) -> tuple[list[dict[str, str]], bool, int]:
    """Return what ``rates_of`` asks of the jobs of an earlier run there."""
    jobs, variants = list[dict[str, str]](), 0
    with suppress(UserError, OSError, ValueError, AttributeError, KeyError):
        jobs = list(folder.recorded_states(results).values())
        known = folder.read_run(results)["config"]
        variants = _variants(replace(config, **{name: known[name] for name in OF_VARIANTS}))
    return jobs, replays(config), variants


def _estimate(config: Config, events: Sequence[int], workers: int, rates: Rates) -> Estimate:
    """Return what jobs of so many events take, with all that they are asked for."""
    asked = len(mixed_keys(config.aggregate_by)), _variants(config)
    return estimate(events, workers, _cores(), replays(config), rates, *asked)


def _variants(config: Config) -> int:
    """Return by how many other mids and populations jobs measure their orders too."""
    if not config.sensitivity:
        return 0
    algebra = set(config.dark_pool_scenarios) & set(SCENARIOS)
    populations = other_populations(POPULATIONS.index(config.population)) if algebra else ()
    return len(other_mids(MID_KINDS.index(config.mid))) + len(populations)


def _cores() -> int:
    return os.cpu_count() or 1
