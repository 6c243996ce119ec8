"""What a store knows of its securities and participants beside their ids: ``names.json``, merged by each conversion.

From reference and participant files. Nothing of a day depends on it but the ticks; runs read it for tables and report.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from tickstore.durable.files import atomic_write
from tickstore.errors import StoreError
from tickstore.input.reference_files import ParticipantFacts, SecurityFacts, read_participants, read_reference
from tickstore.request import ConvertRequest
from tickstore.store.paths import NAMES_NAME

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class StoredSecurity:
    """Facts of a security, "" and None where unknown; ``tick`` in price units."""

    name: str = ""
    isin: str = ""
    tick: int | None = None


@dataclass(frozen=True, slots=True)
class StoredNames:
    """Names by id as text."""

    securities: dict[str, StoredSecurity] = field(default_factory=dict)
    participants: dict[str, ParticipantFacts] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.securities or self.participants)

    @property
    def digest(self) -> str:
        """Return what changes with any name, "" where none is known."""
        return hashlib.sha256(_bytes(self)).hexdigest()[:32] if self else ""


def read_names(store: Path) -> StoredNames:
    """Return the names a store knows; none where it has no such file.

    StoreError: the file is damaged.
    """
    path = store / NAMES_NAME
    try:
        content = json.loads(path.read_bytes())
        if content["version"] != _VERSION:
            raise StoreError(f"{path}: version {content['version']}, this program reads {_VERSION}: convert again")
        securities = {name: StoredSecurity(**facts) for name, facts in content["securities"].items()}
        participants = {name: ParticipantFacts(**facts) for name, facts in content["participants"].items()}
    except FileNotFoundError:
        return StoredNames()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{path}: damaged; delete it, and convert with the reference files again") from None
    return StoredNames(securities, participants)


def store_names(request: ConvertRequest) -> list[str]:
    """Add what the request's reference and participant files say to its store; return what is wrong with them.

    A later file wins over what is known. The caller holds the store's lock.
    """
    if not request.reference and not request.participants:
        return []
    known = read_names(request.store)
    securities, problems = read_reference(request.reference)
    participants, more = read_participants(request.participants)
    problems += more
    stored = _stored(securities, request.price_decimals, problems)
    names = StoredNames(known.securities | stored, known.participants | participants)
    if names != known:
        path = request.store / NAMES_NAME
        try:
            atomic_write(path, _bytes(names))
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; the day files are stored, names are not") from None
    return problems


def _stored(found: Mapping[str, SecurityFacts], decimals: int, problems: list[str]) -> dict[str, StoredSecurity]:
    """Return facts as the store keeps them; ticks that are no whole number of its price units are left out."""
    stored, bad = {}, []
    for name, facts in found.items():
        tick = _tick(facts.tick, decimals)
        if facts.tick and tick is None:
            bad.append(f"{facts.tick} of {name}")
        stored[name] = StoredSecurity(facts.name, facts.isin, tick)
    if bad:
        problems.append(f"reference: {len(bad)} ticks are no whole price units (10^-{decimals}), first {bad[0]}")
    return stored


def _tick(text: str, decimals: int) -> int | None:
    """Return a tick in price units: a number with a decimal point is of the currency.

    Examples
    --------
    >>> _tick("0.005", 3), _tick("10", 3), _tick("0.0005", 3), _tick("", 3)
    (5, 10, None, None)
    """
    try:
        value = Decimal(text)
        units = value * 10**decimals if "." in text else value
        return int(units) if units == int(units) and units >= 1 else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _bytes(names: StoredNames) -> bytes:
    content: dict[str, Any] = {"version": _VERSION} | asdict(names)
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
