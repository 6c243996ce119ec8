"""The optional file of price steps by security (decisions 11): CSV with the columns security, from_price, tick.

`driver.run.runner` reads it before it plans; each job carries the ticks of its own security.
"""

import csv
import hashlib
import io
from dataclasses import dataclass

from tickstore.durable.user_paths import user_path
from tickstore.errors import InputError

COLUMNS = ("security", "from_price", "tick")
Ticks = tuple[tuple[int, int], ...]  # (from price, tick), price units, from price 0 upwards


@dataclass(frozen=True, slots=True)
class TickFile:
    """What the file says, and what run.json tells of it."""

    name: str
    digest: str
    ticks: dict[str, Ticks]

    @property
    def facts(self) -> dict[str, str | int]:
        """Return what identifies the file in run.json."""
        return {"name": self.name, "sha256": self.digest, "securities": len(self.ticks)}


def read_tick_file(given: str) -> TickFile | None:
    """Return the tick file at ``given``, None where no file is named.

    Raises an InputError that names the line where something is wrong.
    """
    if not given:
        return None
    path = user_path(given)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise InputError(f"--tick_file: {given} {reason}") from None
    rows = csv.reader(io.StringIO(text))
    header = [name.strip().lower() for name in next(rows, [])]
    if missing := [name for name in COLUMNS if name not in header]:
        found = ", ".join(header) or "nothing"
        raise InputError(f"--tick_file: {given} needs the columns {', '.join(COLUMNS)}: {missing[0]} is not in {found}")
    places = [header.index(name) for name in COLUMNS]
    steps: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        if row and any(field.strip() for field in row):
            where = f"--tick_file: {given}, line {rows.line_num}"
            if len(row) != len(header):
                raise InputError(f"{where}: {len(row)} fields, where the header has {len(header)}")
            _add_step(where, *(row[place].strip() for place in places), steps=steps)
    return TickFile(path.name, hashlib.sha256(data).hexdigest(), {name: tuple(found) for name, found in steps.items()})


def _add_step(where: str, security: str, *numbers: str, steps: dict[str, list[tuple[int, int]]]) -> None:
    """Add from which price a security has which tick; each security's steps start at price 0 and ascend."""
    if not security:
        raise InputError(f"{where}: no security")
    for name, number in zip(COLUMNS[1:], numbers, strict=True):
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise InputError(f"{where}: {name} is '{number}', not a whole number of price units")
    (price, tick), own = map(int, numbers), steps.setdefault(security, [])
    if tick < 1:
        raise InputError(f"{where}: a tick of 0")
    if not own and price != 0:
        raise InputError(f"{where}: the first from_price of {security} is {price}: start with 0")
    if own and price <= own[-1][0]:
        raise InputError(f"{where}: from_price {price} of {security} is not above {own[-1][0]}, the one before")
    own.append((price, tick))
