"""Kinds of configuration values: how one is read from TOML, how from a flag, and what to say when it is wrong.

Every function here returns a `Kind`; its readers raise ValueError, and the caller names the key.

`keys` gives each key one of them, `driver.command_line.market_flags` each dial of the synthetic exchange.
"""

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from glob import has_magic, iglob
from pathlib import Path
from typing import Any

TRUE_WORDS = ("true", "yes", "on", "1")
FALSE_WORDS = ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key accepts. ``expects`` completes the sentence "needs ..."."""

    expects: str
    from_toml: Callable[[Any], Any]
    from_text: Callable[[str], Any]
    is_flag: bool = False  # may stand alone on the command line, and has a --no- form


def flag() -> Kind:
    """Return the kind of true / false values."""

    def from_toml(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    def from_text(text: str) -> bool:
        word = text.strip().lower()
        if word not in TRUE_WORDS + FALSE_WORDS:
            raise ValueError
        return word in TRUE_WORDS

    return Kind("true or false", from_toml, from_text, is_flag=True)


def whole(minimum: int, maximum: int | None = None) -> Kind:
    """Return the kind of integers in ``minimum..maximum``, both inclusive."""
    expects = f"a whole number, {minimum} or more" if maximum is None else f"a whole number, {minimum} to {maximum}"

    def from_toml(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError
        if value < minimum or (maximum is not None and value > maximum):
            raise ValueError
        return value

    return Kind(expects, from_toml, lambda text: from_toml(_integer(text)))


def number(minimum: float, maximum: float = math.inf) -> Kind:
    """Return the kind of finite floats in ``minimum..maximum``, both inclusive."""
    expects = f"a number, {minimum:g} or more" if maximum == math.inf else f"a number, {minimum:g} to {maximum:g}"

    def from_toml(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not (math.isfinite(value) and minimum <= value <= maximum):
            raise ValueError
        return float(value)

    return Kind(expects, from_toml, lambda text: from_toml(float(text)))


def text(pattern: str = "", expects: str = "text", *, required: bool = False) -> Kind:
    """Return the kind of strings that match ``pattern`` or, unless ``required``, are empty; without one, of any."""

    def from_toml(value: Any) -> str:
        if isinstance(value, datetime.date | datetime.time):
            value = value.isoformat()
        if not isinstance(value, str) or (pattern and value and not re.fullmatch(pattern, value)):
            raise ValueError
        if required and not value.strip():
            raise ValueError
        return value

    return Kind(expects, from_toml, lambda given: from_toml(given.strip()))


def choice(*options: str) -> Kind:
    """Return the kind of one word of ``options``."""

    def from_toml(value: Any) -> str:
        if value not in options:
            raise ValueError
        return str(value)

    return Kind(f"one of {', '.join(options)}", from_toml, lambda given: from_toml(given.strip()))


def date() -> Kind:
    """Return the kind of ISO dates, or empty text."""

    def from_toml(value: Any) -> str:
        if isinstance(value, datetime.datetime):
            raise ValueError
        if isinstance(value, datetime.date):
            return value.isoformat()
        if not isinstance(value, str):
            raise ValueError
        return datetime.date.fromisoformat(value).isoformat() if value else ""

    return Kind("a date such as 2024-09-05", from_toml, lambda given: from_toml(given.strip()))


def code() -> Kind:
    """Return the kind of identifiers: text at the edge, whether written as text or as an integer (decisions 27)."""

    def from_toml(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
            raise ValueError
        return str(value)

    return Kind("an identifier", from_toml, lambda given: from_toml(given.strip()))


def list_of(kind: Kind, *, empty_word: str = "", unique: bool = True) -> Kind:
    """Return the kind of lists of ``kind``: TOML arrays, one bare value, or text with commas.

    ``empty_word`` (decisions 29: ``none``) reads as the list ``(0,)``.
    """

    def from_toml(value: Any) -> tuple[Any, ...]:
        if empty_word and value in (empty_word, [empty_word]):
            return (0,)
        items = tuple(kind.from_toml(item) for item in (value if isinstance(value, list) else [value]))
        return tuple(dict.fromkeys(items)) if unique else items

    def from_text(given: str) -> tuple[Any, ...]:
        if empty_word and given.strip() == empty_word:
            return (0,)
        inner = given.strip().removeprefix("[").removesuffix("]")
        items = tuple(kind.from_text(part.strip()) for part in inner.split(",") if part.strip())
        return tuple(dict.fromkeys(items)) if unique else items

    return Kind(f"a list, each {kind.expects}", from_toml, from_text)


def files() -> Kind:
    """Return the kind of lists of paths and patterns; as text, the name of a file that exists may hold commas."""
    kind = text(expects="a path or a pattern")
    listed = list_of(kind)

    def from_text(given: str) -> tuple[str, ...]:
        inner = given.strip()
        bracketed = inner.startswith("[") and inner.endswith("]") and "]" not in inner[1:-1].partition("[")[0]
        parts = (inner[1:-1] if bracketed and not _is_there(inner) else given).split(",")
        found: dict[str, None] = {}
        while parts:
            wholes = ((count, ",".join(parts[:count])) for count in range(1, len(parts) + 1))
            names = ((count, name) for count, whole in wholes for name in (whole, whole.strip()) if _is_there(name))
            count, name = next(names, (1, parts[0].strip()))
            del parts[:count]
            found |= {name: None} if name else {}
        return tuple(found)

    return Kind(listed.expects, listed.from_toml, from_text)


def _is_there(name: str) -> bool:
    """Return whether a path exists or a pattern matches something."""
    path = Path(name).expanduser()
    return bool(name) and (path.exists() or (has_magic(name) and any(iglob(str(path), recursive=True))))  # noqa: PTH207


def mapping() -> Kind:
    """Return the kind of tables from text to text; ``a:b,c:d`` on the command line."""

    def from_toml(value: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
            raise ValueError
        return tuple(sorted(value.items()))

    def from_text(given: str) -> tuple[tuple[str, str], ...]:
        pairs = [part.split(":") for part in given.split(",") if part.strip()]
        if any(len(pair) != 2 or not all(side.strip() for side in pair) for pair in pairs):
            raise ValueError
        return tuple(sorted((ours.strip(), theirs.strip()) for ours, theirs in pairs))

    return Kind("pairs ours:theirs", from_toml, from_text)


def ticks() -> Kind:
    """Return the kind of tick tables: (from price, tick) pairs, ascending from 0 (decisions 11)."""

    def from_toml(value: Any) -> tuple[tuple[int, int], ...]:
        pairs = tuple((start, tick) for start, tick in value) if isinstance(value, list) else ()
        if not all(type(item) is int for pair in pairs for item in pair):
            raise ValueError
        starts = [start for start, _ in pairs]
        if starts[:1] != [0] or starts != sorted(set(starts)) or any(tick < 1 for _, tick in pairs):
            raise ValueError
        return pairs

    def from_text(given: str) -> tuple[tuple[int, int], ...]:
        return from_toml([[_integer(item) for item in part.split(":")] for part in given.split(",")])

    return Kind("price:tick pairs from 0 upwards, such as 0:1,100:5,2000:10", from_toml, from_text)


def _integer(given: str) -> int:
    """Return the integer that ``given`` writes in plain digits; int() alone would also take 1_000."""
    if not re.fullmatch(r"[+-]?\d+", given.strip()):
        raise ValueError
    return int(given)
