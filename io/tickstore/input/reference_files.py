"""What reference files say of securities, and participant files of brokers: names, decimals, ticks, types.

Files of the exchange (ORDERBOOKS, PARTICIPANTS) or with the few columns needed, CSV or Parquet, packed or not. They
are for people's eyes: what is wrong with one is said, and nothing stops for it. For `store.names` and the driver.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import SECURITY_ALIASES, canonical
from tickstore.input.header import split_names
from tickstore.input.text import read_text

_REFERENCE: Final = {
    "id": ("id", *SECURITY_ALIASES),
    "name": ("name", "securityname", "longname"),
    "isin": ("isincode", "isin"),
    "decimals": ("decimalsinprice", "pricedecimals", "decimals"),
    "tick": ("ticksize", "pricetick", "minimumtick", "tick"),
}
_PARTICIPANTS: Final = {
    "id": ("id", "participantid", "participant", "broker", "brokerid", "firm", "memberid"),
    "name": ("participantname", "name"),
    "long_name": ("participantlongname", "longname"),
    "type": ("participanttype", "type"),
    "active": ("isactive", "active"),
}
_MOST_DECIMALS: Final = 9
_ACTIVE: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class SecurityFacts:
    """What a reference file says of a security; "" and None where it says nothing."""

    name: str = ""
    isin: str = ""
    price_decimals: int | None = None
    tick: str = ""  # as it is written: of the currency with a decimal point, else in price units


@dataclass(frozen=True, slots=True)
class ParticipantFacts:
    """What a participant file says of a broker; "" and None where it says nothing."""

    name: str = ""
    long_name: str = ""
    type: str = ""
    active: bool | None = None


def read_reference(paths: Sequence[Path]) -> tuple[dict[str, SecurityFacts], list[str]]:
    """Return security -> facts, by the last row about it, and what is wrong with files."""
    found: dict[str, SecurityFacts] = {}
    problems: list[str] = []
    for row in _rows(paths, _REFERENCE, "reference", problems):
        written = row["decimals"]
        digits = int(written) if written.isascii() and written.isdigit() and len(written) < 3 else _MOST_DECIMALS + 1
        decimals = digits if digits <= _MOST_DECIMALS else None
        found[_plain(row["id"])] = SecurityFacts(row["name"], row["isin"], decimals, row["tick"])
    return found, problems


def read_participants(paths: Sequence[Path]) -> tuple[dict[str, ParticipantFacts], list[str]]:
    """Return participant -> facts, by the last row about it, and what is wrong with files."""
    found: dict[str, ParticipantFacts] = {}
    problems: list[str] = []
    for row in _rows(paths, _PARTICIPANTS, "participants", problems):
        active = _ACTIVE.get(row["active"].lower())
        found[_plain(row["id"])] = ParticipantFacts(row["name"], row["long_name"], row["type"], active)
    return found, problems


def _plain(name: str) -> str:
    """Return an id as rows of orders have it: numbers without leading zeros."""
    return str(int(name)) if name.isascii() and name.isdigit() and len(name) < 20 else name


def _rows(
    paths: Sequence[Path], columns: dict[str, tuple[str, ...]], what: str, problems: list[str]
) -> Iterator[dict[str, str]]:
    """Yield the cells of each row that names an id, "" where there is none."""
    for path in paths:
        try:
            head, _, body = read_text(path).partition(b"\n")
            names, delimiter = split_names(head, str(path))
            rows = list(csv.reader(body.decode("utf-8", "replace").splitlines(), delimiter=delimiter))
        except (InputError, OSError, csv.Error) as error:
            problems.append(f"{what}: {path} is left out: {error}")
            continue
        keys = [canonical(name) for name in names]
        places = {
            field: next((keys.index(alias) for alias in aliases if alias in keys), len(keys))
            for field, aliases in columns.items()
        }
        if places["id"] == len(keys):
            problems.append(f"{what}: {path} is left out: it has no column Id, but {', '.join(names)}")
            continue
        for cells in rows:
            padded = [*(cell.strip() for cell in cells[: len(keys)]), *[""] * (len(keys) + 1 - len(cells[: len(keys)]))]
            if padded[places["id"]]:
                yield {field: padded[place] for field, place in places.items()}
