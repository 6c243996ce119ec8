"""Input paths as the user wrote them, to files that exist; and the request that converts them.

Called by `runner`: the only place where the driver looks at raw input; `tickstore` reads it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.config.checks import did_you_mean
from driver.config.keys import Config
from driver.config.loading import load_config
from tickstore.durable.files import make_folder
from tickstore.durable.user_paths import user_path
from tickstore.errors import InputError, StoreError, UserError
from tickstore.rules import ColumnRule

if TYPE_CHECKING:
    from tickstore import ConvertRequest


CONVERT_MEMORY_MB = 384
SHOWN = 6  # names listed in a message
STORED = ("timezone", "price_decimals")  # what a day file was made with is what it is read with
READING = (
    "columns", "header", "trades_header", "nbbo_header", "time_unit", "epoch", "time_format", "date", "null_values",
    "where", "quantity_decimals", "price_divisor", "order_ids", "price_format", "quotes_from_orders", "duplicates",
)  # fmt: skip
CONVERTING = ("sessions", "session_cutoff", "holidays", *READING)
SAME = (*STORED, *CONVERTING[1:], "chunk_size_mb", "max_reject_ratio", "replace")  # in a request as in the settings


def as_stored(config: Config, given: Collection[str]) -> Config:
    """Return ``config`` with the zone, price unit and rules of trade dates that its store was converted with.

    Raises a UserError if the user states others, or keys that act only on files.
    """
    from tickstore import open_day, read_catalog
    from tickstore.conversion.earlier_report import date_rules

    usual = load_config({}).config
    for name in CONVERTING:
        if name in given and getattr(config, name) != getattr(usual, name):
            raise UserError(f"--{name} acts when files are converted: give them too (--orders=...), or leave it out")
    facts: Mapping[str, Any] = {}
    for partition in read_catalog(user_path(config.store)).partitions:
        try:
            with open_day(partition.path) as day:
                facts = day.attributes
            break
        except StoreError:  # its job will say what is wrong with it
            continue
    stored = {name: facts[name] for name in STORED if name in facts} | date_rules(user_path(config.store))
    for name, value in stored.items():
        if name in given and getattr(config, name) != value:
            raise UserError(
                f"--{name}={getattr(config, name)}: the store {config.store} was converted with {value}; "
                "leave it out, or convert the files into another store"
            )
    return replace(config, **stored, quantity_decimals=int(facts.get("quantity_decimals", 0)))


def has_day_files(store: str) -> bool:
    """Return whether something was converted into a store."""
    from tickstore import read_catalog

    path = user_path(store)
    return path.is_dir() and bool(read_catalog(path).partitions)


def find_files(flag: str, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the files that paths and patterns name, each once, or raise an InputError that says which is wrong."""
    from tickstore.input.files import check_file

    found: dict[Path, None] = {}
    for pattern in patterns:
        path = user_path(pattern)
        if has_magic(pattern) and not path.exists():
            matches = sorted(match for match in map(Path, glob(str(path), recursive=True)) if not match.is_dir())  # noqa: PTH207 (absolute patterns)
            if not matches:
                raise InputError(f"--{flag}: {pattern} matches no file")
        else:
            check_file(path, f"--{flag}")
            matches = [path]
        found |= dict.fromkeys(matches)
    return tuple(found)


def input_files(config: Config) -> dict[str, tuple[Path, ...]]:
    """Return the files of each kind (`tickstore.input.exchange_folder`): those a key names, else those of the folder.

    Raises an InputError if a file or the folder is not there, or the folder has no rows to offer.
    """
    from tickstore.input.exchange_folder import KINDS, read_folder
    from tickstore.input.fields import TABLES

    found: dict[str, tuple[Path, ...]] = dict.fromkeys(KINDS, ())
    found |= {flag: find_files(flag, getattr(config, flag)) for flag in TABLES}
    found["sessions"] = find_files("sessions", (config.sessions,) if config.sessions else ())
    if not config.input:
        return found
    folder = read_folder(user_path(config.input))
    if not any(folder.files[table] for table in TABLES):
        seen = f"it has {', '.join(path.name for path in folder.unknown[:SHOWN])}" if folder.unknown else "it is empty"
        raise InputError(
            f"--input: {config.input} has no files of orders, trades or nbbo by their names or by those of folders "
            f"in it ({seen}): name them so, or give the files with --orders=..."
        )
    given = {kind: found[kind] or folder.files[kind] for kind in KINDS}
    if not found["sessions"] and sessions_problem(config, given["sessions"]):
        given["sessions"] = ()
    return given


def sessions_problem(config: Config, paths: tuple[Path, ...]) -> str:
    """Return why session files of a folder cannot be used, "" where they can: a run then goes by the data.

    Those that circulate with samples are made up; whoever names one with --sessions is told of it by a refusal.
    """
    from tickstore.input.session_file import read_sessions

    try:
        read_sessions(paths, config.timezone, config.session_cutoff, config.holidays)
    except InputError as error:
        return error.message
    return ""


def _check_columns(columns: Sequence[tuple[str, ColumnRule]]) -> None:
    """Raise for a mapping of a field that no table has."""
    from tickstore.input.fields import FIELDS

    known = {
        name for table, fields in FIELDS.items() for field in fields for name in (field.name, f"{table}.{field.name}")
    }
    for name, _ in columns:
        if name not in known:
            raise UserError(f"--columns names the field {name}, which no table has{did_you_mean(name, known)}")


def reading_request(config: Config) -> "ConvertRequest":
    """Return a request without files: how ``config`` has files read."""
    from tickstore import ConvertRequest

    _check_columns(config.columns)
    return ConvertRequest((), user_path(config.store), **{name: getattr(config, name) for name in SAME})


def convert_request(config: Config, workers: int) -> "ConvertRequest":
    """Return the conversion that ``config`` describes; its files exist."""
    from tickstore import ConvertRequest
    from tickstore.store.paths import MANIFEST_NAME

    files: dict[str, Any] = {**input_files(config)}
    if not files["orders"] and not (user_path(config.store) / MANIFEST_NAME).exists():
        raise InputError("--orders is missing: trades and nbbo files alone complete only what a store has")
    _check_columns(config.columns)
    temp_dir = user_path(config.temp_dir) if config.temp_dir else None
    if temp_dir:
        make_folder(temp_dir, "temporary")
    return ConvertRequest(
        **files,
        store=user_path(config.store),
        memory_mb=config.memory or CONVERT_MEMORY_MB,
        temp_dir=temp_dir,
        workers=workers,
        max_rejects=None if config.max_rejects < 0 else config.max_rejects,
        **{name: getattr(config, name) for name in SAME},
    )
