"""The commands of `python -m driver`. Thin: each reads its flags, calls one function and prints what came back.

`main` finds and calls them.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from driver.command_line import executed, planned, printed
from driver.command_line.arguments import Command, with_flags
from driver.command_line.inspected import folder_text
from driver.command_line.judged import compare, preflight, report
from driver.command_line.printed import folded
from driver.config import loading
from driver.config.keys import KINDS, PATHS, USUAL_SESSION, default_text
from driver.config.kinds import choice, whole
from driver.config.loading import load_config
from driver.run.input_files import READING, reading_request
from driver.run.monitor import QUIET, USUAL, VERBOSE, Monitor
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError
from tickstore.input.fields import TABLES

INSPECTED = (
    "timezone",
    "session_cutoff",
    "holidays",
    "session",
    "price_decimals",
    *READING,
)  # what decides what is seen
MOST_ROWS = 5_000_000  # of a table of a folder that is looked at
EXIT_FAILED_JOBS = EXIT_PROBLEMS = 1  # the other codes: `main`


def takes_keys(*prefixes: str) -> Callable[[Command], Command]:
    """Give a command one keyword-only parameter for every configuration key, those below ``prefixes`` where given."""
    names = [name for path, name in PATHS.items() if path.startswith(prefixes or "")]
    return partial(with_flags, flags={name: KINDS[name].is_flag for name in names})


@takes_keys()
def run(
    *, config: str = "", shard: str = "", json: bool = False, quiet: bool = False, verbose: bool = False, **flags: str
) -> None:
    """Convert what is new, run all jobs, write tables and the report. Without arguments: on a built-in sample.

    Args:
        config: TOML file with settings; flags win over it
        shard: do one share of the jobs, such as 3/40, the third of forty; `aggregate` makes the tables of all
        json: print the summary as JSON
        quiet: say nothing of progress (-q)
        verbose: say of each job when it is done (-v)
    """
    from driver.engines.early.server import start_early_server

    loaded = load_config(flags, config)
    start_early_server(loaded.config)
    if shard:
        from driver.plan.shards import read_shard
        from driver.run.shards import run_shard

        done = run_shard(loaded, read_shard(shard), _monitor(quiet, verbose))
    else:
        from driver.run.runner import run as run_all

        done = run_all(loaded, _monitor(quiet, verbose))
    _print(json, executed.run_text(done), executed.run_facts(done))
    if done.failed:
        raise SystemExit(EXIT_FAILED_JOBS)


@takes_keys("input.", "paths.store", "processing.")
def convert(*, config: str = "", json: bool = False, quiet: bool = False, **flags: str) -> None:
    """Convert raw files into the store, once.

    Args:
        config: TOML file with settings; flags win over it
        json: print the report as JSON
        quiet: say nothing of progress (-q)
    """
    from driver.run.planning import convert_input, resolve

    loaded, monitor = load_config(flags, config), _monitor(quiet)
    if not loaded.config.has_input:
        raise UserError("`convert` needs --orders, the order files to convert, or --input, a folder of all files")
    settings, _ = resolve(loaded, monitor.say)
    report = convert_input(settings, monitor)
    _print(json, printed.convert_text(report, settings.store), asdict(report))


@takes_keys()
def plan(*, config: str = "", json: bool = False, **flags: str) -> None:
    """Show what `run` would do: jobs, rows, bytes, memory, disk, time. Writes nothing; new input is estimated.

    Args:
        config: TOML file with settings; flags win over it
        json: print the plan as JSON
    """
    from driver.run.forecast import forecast

    found = forecast(load_config(flags, config), Monitor())
    _print(json, planned.plan_text(found), planned.plan_facts(found))


@takes_keys()
def config(*, config: str = "", example: bool = False, json: bool = False, **flags: str) -> None:
    """Print the commented default settings as TOML: the start of your own file.

    Args:
        config: TOML file to check; with it, or with any flag, the settings that result are printed
        example: print a worked example instead: one participant, its hours, two dates
        json: print as JSON
    """
    loaded = load_config(flags, config)
    text = loading.example_toml() if is_true(example) else default_text()
    if config or flags:
        text = loading.settings_toml(loaded.config)
    _print(json, text.rstrip("\n"), asdict(loaded.config))


def verify(store: str = "darkreplay/store", *, accept: bool = False, json: bool = False) -> None:
    """Check every byte of a store against its checksums; exit code 1 when something is wrong.

    Args:
        store: folder of day files
        accept: first enter sound day files into the manifest that it does not know or states wrongly
        json: print what was found as JSON
    """
    import tickstore

    path = user_path(store)
    accepted = tickstore.accept(path) if is_true(accept) else ()
    found = tickstore.verify(path)
    facts = asdict(found) | {"accepted": accepted}
    _print(json, printed.verify_text(found, accepted), facts)
    if found.problems:
        raise SystemExit(EXIT_PROBLEMS)


def status(results: str, *, json: bool = False) -> None:
    """Show what a run is doing, from another terminal, or how it ended; exit code 1 when it lacks jobs.

    Args:
        results: folder of the run
        json: print it as JSON
    """
    from driver.run.status import read_status, status_text

    where = user_path(results)
    found = read_status(where)
    _print(json, status_text(where, found), asdict(found))
    if not found.is_under_way and found.state != "complete":
        raise SystemExit(EXIT_FAILED_JOBS)


def aggregate(results: str, *, aggregate_by: str | None = None, json: bool = False) -> None:
    """Make tables, statistics and report again from the finished jobs of a results folder.

    Args:
        results: folder of an earlier run
        aggregate_by: keys of the tables beside the global one, or several with + between, in place of those of the run
        json: print the summary as JSON
    """
    from driver.run.from_results import aggregate_again

    keys = None if aggregate_by is None else KINDS["aggregate_by"].of_flag("aggregate_by", aggregate_by)
    done = aggregate_again(user_path(results), Monitor(), keys)
    _print(json, executed.run_text(done), executed.run_facts(done))
    if done.incomplete:
        raise SystemExit(EXIT_FAILED_JOBS)


def synth(*, out: str = "darkreplay/synth", max_workers: str = "1", json: bool = False, **dials: str) -> None:
    """Write order, trade and NBBO files of a seeded synthetic exchange.

    Args:
        out: folder for the files
        max_workers: processes that generate
        json: print what was written as JSON
    """
    from driver.command_line.market_flags import write_market

    written = write_market(user_path(out), dials, max_workers, Monitor())
    _print(json, printed.synth_text(written), asdict(written))


@partial(with_flags, flags={name: KINDS[name].is_flag for name in INSPECTED})
def inspect_file(
    path: str, *, table: str = "", rows: str = str(MOST_ROWS), config: str = "", json: bool = False, **flags: str
) -> None:
    """Show what a folder of files holds, or what a file is and how its columns map to fields.

    Args:
        path: a folder of the exchange's files, taken whole; or a CSV file, packed or not, or a Parquet file
        table: of a file: what it is to be looked at as, orders, trades or nbbo
        rows: of a folder: rows of each table that are read at most, 0: all [5000000]
        config: TOML file with settings; flags win over it
        json: print as JSON
    """
    from tickstore import inspect_file as look
    from tickstore import inspect_folder

    settings = load_config(flags, config).config
    request = reading_request(settings)
    most = whole(0).of_flag("rows", rows)
    where = user_path(path)
    if where.is_dir():
        found = inspect_folder(where, most, request, settings.session or USUAL_SESSION)
        _print(json, folder_text(found), asdict(found))
    else:
        file = look(where, request=request, table=table and choice(*TABLES).of_flag("table", table))
        _print(json, printed.inspection_text(file), asdict(file))


def completion(shell: str) -> None:
    """Print what makes a shell complete commands, flags and their values: bash, zsh or fish.

    Args:
        shell: bash, zsh or fish
    """
    from driver.command_line.completion import SHELLS, completion_script
    from driver.command_line.market_flags import with_dials

    known = COMMANDS | {"synth": with_dials(synth)}
    sys.stdout.write(completion_script(choice(*SHELLS).of_flag("shell", shell), known))


IN_ORDER: tuple[Any, ...] = (
    run, convert, plan, config, synth, inspect_file, verify, status, aggregate, report, compare, preflight, completion,
)  # fmt: skip
COMMANDS: dict[str, Command] = {command.__name__.removesuffix("_file"): command for command in IN_ORDER}


def _print(as_json: bool | str, text: str, facts: Any) -> None:
    """Print for programs or for people, on stdout."""
    if is_true(as_json):
        text = json.dumps(facts, indent=2, default=str)
    elif sys.stdout.isatty():
        text = folded(text, shutil.get_terminal_size().columns)
    sys.stdout.write(text + "\n")


def _monitor(quiet: bool | str, verbose: bool | str = False) -> Monitor:
    """Return what says how far it is, as loud as it is wanted."""
    if is_true(quiet) and is_true(verbose):
        raise UserError("--quiet and --verbose contradict each other: give one of them")
    return Monitor(loudness=QUIET if is_true(quiet) else VERBOSE if is_true(verbose) else USUAL)


def is_true(flag: bool | str) -> bool:
    """Return a flag's value, which Fire passes on as the text that was checked before."""
    return str(flag).lower() == "true"
