"""Raw exchange CSVs, converted once into day files of memory-mapped columns."""

from typing import TYPE_CHECKING, Any

from tickstore.errors import InputError, StoreError, UserError

if TYPE_CHECKING:
    from tickstore.conversion.conversion import convert
    from tickstore.day.reader import DayFile, open_day
    from tickstore.day.writer import write_day
    from tickstore.parse.inspection import Inspection, inspect_file
    from tickstore.request import ConvertProgress, ConvertReport, ConvertRequest, TableCount
    from tickstore.store.catalog import Catalog, Partition, SessionHints
    from tickstore.store.recovery import read_catalog
    from tickstore.store.verification import VerifyReport, accept, verify

_HOME = {
    "Catalog": "store.catalog",
    "ConvertProgress": "request",
    "ConvertReport": "request",
    "ConvertRequest": "request",
    "DayFile": "day.reader",
    "Inspection": "parse.inspection",
    "Partition": "store.catalog",
    "SessionHints": "store.catalog",
    "TableCount": "request",
    "VerifyReport": "store.verification",
    "accept": "store.verification",
    "convert": "conversion.conversion",
    "inspect_file": "parse.inspection",
    "open_day": "day.reader",
    "read_catalog": "store.recovery",
    "verify": "store.verification",
    "write_day": "day.writer",
}

__all__ = [
    "Catalog",
    "ConvertProgress",
    "ConvertReport",
    "ConvertRequest",
    "DayFile",
    "InputError",
    "Inspection",
    "Partition",
    "SessionHints",
    "StoreError",
    "TableCount",
    "UserError",
    "VerifyReport",
    "accept",
    "convert",
    "inspect_file",
    "open_day",
    "read_catalog",
    "verify",
    "write_day",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: reading a store needs no compiler."""
    if name not in _HOME:
        raise AttributeError(f"module 'tickstore' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"tickstore.{_HOME[name]}"), name)
    globals()[name] = value
    return value
