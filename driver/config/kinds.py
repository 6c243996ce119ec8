"""Kinds of configuration values: what a key accepts, as TOML or as a flag's text, and what to say when it is wrong.

The bottom of `driver.config`: `keys` gives each key one, `driver.command_line.market_flags` each dial of the exchange.
"""

import datetime
import math
import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from glob import has_magic, iglob
from typing import Any

from tickstore.durable.user_paths import user_path
from tickstore.errors import UserError
from tickstore.rules import read_rule

WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key accepts. ``expects`` completes the sentence "needs ...".

    ``read`` checks a value as TOML has it, ``parse`` turns a flag's text into such a value; both raise ValueError.
    """

    expects: str
    read: Callable[[Any], Any]
    parse: Callable[[str], Any] = str.strip
    is_flag: bool = False  # may stand alone on the command line, and has a --no- form
    options: tuple[str, ...] = ()  # the words to choose from, one or for a list several

    def of_flag(self, name: str, given: str) -> Any:
        """Return the value that the text of flag ``name`` stands for."""
        return self.checked(lambda: self._read_flag(given), f"--{name}", f"'{given}'")

    def _read_flag(self, given: str) -> Any:
        """Return a value written for a flag, or as the TOML file and the defaults in the help write it."""
        if given.startswith(("[[", "{", '"')) or (given.startswith("[") and '"' in given):
            with suppress(ValueError, TypeError):  # else it is text that only looks like TOML
                return self.read(tomllib.loads(f"value = {given}")["value"])
        return self.read(self.parse(given))

    def of_file(self, key: str, value: Any) -> Any:
        """Return a value that a TOML file has for ``key``."""
        return self.checked(lambda: self.read(value), key, repr(value))

    def checked(self, read: Callable[[], Any], where: str, shown: str) -> Any:
        """Return what ``read`` returns, or raise a UserError that says what is needed."""
        try:
            return read()
        except (ValueError, TypeError):
            raise UserError(f"{where} needs {self.expects}, not {shown}") from None


def _kept(value: Any, accepted: bool) -> Any:
    if not accepted:
        raise ValueError
    return value


def flag() -> Kind:
    """Return the kind of true / false values."""

    def parse(given: str) -> bool | None:
        return WORDS.get(given.strip().lower())

    return Kind("true or false", lambda value: _kept(value, isinstance(value, bool)), parse, is_flag=True)


def whole(minimum: int, maximum: int | None = None) -> Kind:
    """Return the kind of integers in ``minimum..maximum``, both inclusive."""
    expects = f"a whole number, {minimum} or more" if maximum is None else f"a whole number, {minimum} to {maximum}"
    most = math.inf if maximum is None else maximum
    return Kind(expects, lambda value: _kept(value, type(value) is int and minimum <= value <= most), _integer)


def number(minimum: float, maximum: float = math.inf) -> Kind:
    """Return the kind of finite floats in ``minimum..maximum``, both inclusive."""
    expects = f"a number, {minimum:g} or more" if maximum == math.inf else f"a number, {minimum:g} to {maximum:g}"

    def read(value: Any) -> float:
        known = type(value) in (int, float) and math.isfinite(value)
        return float(_kept(value, known and minimum <= value <= maximum))

    return Kind(expects, read, float)


def text(pattern: str = "", expects: str = "text", *, required: bool = False) -> Kind:
    """Return the kind of strings that match ``pattern`` or, unless ``required``, are empty; without one, of any."""

    def read(value: Any) -> Any:
        if isinstance(value, datetime.date | datetime.time):
            value = value.isoformat()
        fits = isinstance(value, str) and (not pattern or not value or re.fullmatch(pattern, value))
        return _kept(value, bool(fits) and (not required or bool(value.strip())))

    return Kind(expects, read)


def choice(*options: str) -> Kind:
    """Return the kind of one word of ``options``."""
    return Kind(f"one of {', '.join(options)}", lambda value: _kept(value, value in options), options=options)


def joined(*options: str) -> Kind:
    """Return the kind of words of ``options`` with plus signs between them."""

    def read(value: Any) -> str:
        words = [word.strip() for word in _kept(value, isinstance(value, str)).split("+")]
        return "+".join(_kept(words, set(words) <= set(options)))

    return Kind(f"one of {', '.join(options)} or several with + between them", read, options=options)


def date() -> Kind:
    """Return the kind of ISO dates, or empty text."""

    def read(value: Any) -> str:
        _kept(value, isinstance(value, str | datetime.date) and not isinstance(value, datetime.datetime))
        return datetime.date.fromisoformat(str(value)).isoformat() if value else ""

    return Kind("a date such as 2024-09-05", read)


def code() -> Kind:
    """Return the kind of identifiers: text at the edge, whether written as text or as an integer (decisions 27)."""
    return Kind("an identifier", lambda value: str(_kept(value, type(value) in (int, str) and value != "")))


def list_of(kind: Kind, *, empty_word: str = "", unique: bool = True) -> Kind:
    """Return the kind of lists of ``kind``: TOML arrays, one bare value, or text with commas.

    ``empty_word`` (decisions 29: ``none``) reads as the list ``(0,)``.
    """

    def read(value: Any) -> tuple[Any, ...]:
        if empty_word and value in (empty_word, [empty_word]):
            return (0,)
        items = tuple(kind.read(item) for item in (value if isinstance(value, list) else [value]))
        return tuple(dict.fromkeys(items)) if unique else items

    def parse(given: str) -> Any:
        if empty_word and given.strip() == empty_word:
            return empty_word
        inner = given.strip().removeprefix("[").removesuffix("]")
        return [kind.parse(part) for part in inner.split(",") if part.strip()]

    return Kind(f"a list, each {kind.expects}", read, parse, options=kind.options)


def files() -> Kind:
    """Return the kind of lists of paths and patterns; as text, the name of a file that exists may hold commas."""
    listed = list_of(text(expects="a path or a pattern"))

    def parse(given: str) -> list[str]:
        inner = given.strip()
        bracketed = inner.startswith("[") and inner.endswith("]") and "]" not in inner[1:-1].partition("[")[0]
        parts = (inner[1:-1] if bracketed and not _is_there(inner) else given).split(",")
        found = []
        while parts:
            wholes = ((count, ",".join(parts[:count])) for count in range(1, len(parts) + 1))
            names = ((count, name) for count, whole in wholes for name in (whole, whole.strip()) if _is_there(name))
            count, name = next(names, (1, parts[0].strip()))
            del parts[:count]
            found += [name] if name else []
        return found

    return Kind(listed.expects, listed.read, parse)


def _is_there(name: str) -> bool:
    """Return whether a path exists or a pattern matches something."""
    path = user_path(name)
    return bool(name) and (path.exists() or (has_magic(name) and any(iglob(str(path), recursive=True))))  # noqa: PTH207


def rules() -> Kind:
    """Return the kind of tables from fields to header names or rules; ``a:b,c:=0,d:`` on the command line."""

    def read(value: Any) -> tuple[tuple[str, Any], ...]:
        _kept(value, isinstance(value, dict))
        nested = {key for key, item in value.items() if isinstance(item, dict) and key in ("orders", "trades", "nbbo")}
        flat = {name: item for name, item in value.items() if name not in nested}
        flat |= {f"{table}.{name}": item for table in nested for name, item in value[table].items()}
        return tuple(sorted((name, read_rule(item)) for name, item in flat.items()))

    def parse(given: str) -> dict[str, str]:
        pairs = [part.partition(":") for part in given.split(",") if part.strip()]
        _kept(pairs, all(colon and ours.strip() for ours, colon, _ in pairs))
        return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}

    return Kind("pairs field:column, field:=constant or field: to leave it out", read, parse)


def conditions() -> Kind:
    """Return the kind of tables from columns to the values that rows of use have; ``a=x,y,b=z`` on the command line."""

    def read(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        _kept(value, isinstance(value, dict))
        nested = {key for key, item in value.items() if isinstance(item, dict) and key in ("orders", "trades", "nbbo")}
        flat = {name: item for name, item in value.items() if name not in nested}
        flat |= {f"{table}.{name}": item for table in nested for name, item in value[table].items()}
        return tuple(sorted((name, texts(item)) for name, item in flat.items()))

    def texts(item: Any) -> tuple[str, ...]:
        items = item if isinstance(item, list) else [item]
        _kept(items, bool(items) and all(type(each) in (int, str) for each in items))
        return tuple(_kept(str(each).strip(), not set('"\r\n') & set(str(each))) for each in items)

    def parse(given: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in given.split(","):
            column, states, text = part.partition("=")
            _kept(part, bool(column.strip()) if states else bool(found))
            name = column.strip() if states else list(found)[-1]
            found.setdefault(name, []).append((text if states else part).strip())
        return found

    return Kind("pairs column=value,value", read, parse)


def ticks() -> Kind:
    """Return the kind of tick tables: (from price, tick) pairs, ascending from 0 (decisions 11)."""

    def read(value: Any) -> tuple[tuple[int, int], ...]:
        pairs = tuple((start, tick) for start, tick in value) if isinstance(value, list) else ()
        _kept(pairs, all(type(item) is int for pair in pairs for item in pair))
        starts = [start for start, _ in pairs]
        rising = starts[:1] == [0] and starts == sorted(set(starts))
        return tuple(_kept(pairs, rising and all(tick >= 1 for _, tick in pairs)))

    def parse(given: str) -> list[list[int]]:
        return [[_integer(item) for item in part.split(":")] for part in given.split(",")]

    return Kind("price:tick pairs from 0 upwards, such as 0:1,100:5,2000:10", read, parse)


def _integer(given: str) -> int:
    """Return the integer that ``given`` writes in plain digits; int() alone would also take 1_000."""
    return int(_kept(given, bool(re.fullmatch(r"[+-]?\d+", given.strip()))))
