"""From a TOML file and flags to a checked configuration, and back to TOML.

The top of `driver.config`: commands call it with their flags.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from driver.config.checks import check_together, did_you_mean
from driver.config.keys import KINDS, PATHS, Config, default_text, packaged
from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError
from tickstore.rules import rule_facts


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and which flags were given by the user rather than left at their defaults."""

    config: Config
    given: frozenset[str]

    @property
    def session_stated(self) -> bool:
        """Return whether the user gave the session, by a flag or a file: it then wins over what the data shows."""
        return bool(self.config.session)


def load_config(flags: Mapping[str, str], path: str = "") -> Loaded:
    """Return the configuration from ``default.toml``, the file ``path`` and flags as text; later ones win."""
    found: dict[str, Any] = {}
    for key, value in _flatten(tomllib.loads(default_text())):
        found[PATHS[key]] = KINDS[PATHS[key]].read(value)
    default, given = Config(**found), set[str]()
    if path:
        for key, value in _flatten(_read_toml(path)):
            name = PATHS.get(key) or _unknown_key(key, path)
            found[name] = KINDS[name].of_file(f"{key} in {path}", value)
            given.add(name)
    for name, value in flags.items():
        found[name] = KINDS[name].of_flag(name, value)
        given.add(name)
    if {"date_start", "date_end"} & given and "all_dates" not in given:
        found["all_dates"] = False
    config = Config(**found)
    check_together(config, default)
    return Loaded(config, frozenset(given))


def _read_toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(user_path(path).read_text(encoding="utf-8"))
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
    by_name = {path.rpartition(".")[2]: path for path in PATHS} | {name: path for path, name in PATHS.items()}
    near = get_close_matches(key.rpartition(".")[2], by_name, 1, 0.75)
    hint = did_you_mean(by_name[near[0]] if near else key, PATHS)
    raise UserError(f"unknown key {key} in {source}{hint or ': `python -m driver config` lists all keys'}")


def settings_toml(config: Config) -> str:
    """Return every setting as TOML that `--config` reads back."""
    sections: dict[str, list[str]] = {}
    for field in fields(config):
        section, _, key = field.metadata["path"].partition(".")
        value = getattr(config, field.name)
        if field.metadata["path"] == "input.columns":
            text = _inline({name: rule_facts(rule) for name, rule in value})
        elif field.name == "where":
            text = _inline(dict(value))
        elif field.name == "order_types" and value == (0,):
            text = '["none"]'
        else:
            text = json.dumps(value, ensure_ascii=False)
        sections.setdefault(section, []).append(f"{key} = {text}")
    return "\n\n".join("\n".join([f"[{name}]", *lines]) for name, lines in sections.items()) + "\n"


def _inline(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_inline(item)}" for name, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def example_toml() -> str:
    """Return a worked example: one participant, its trading hours, securities and dates."""
    return packaged("example.toml")
