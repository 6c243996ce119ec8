"""Raw exchange CSVs, converted once into day files of memory-mapped columns."""

from typing import TYPE_CHECKING, Any

from tickstore.errors import InputError, StoreError, UserError

if TYPE_CHECKING:
    from tickstore.catalog import Catalog, Partition, SessionHints, read_catalog
    from tickstore.conversion import convert
    from tickstore.day_file import DayFile, open_day
    from tickstore.day_writer import write_day
    from tickstore.inspection import Inspection, inspect_file
    from tickstore.request import ConvertProgress, ConvertReport, ConvertRequest, TableCount
    from tickstore.verification import VerifyReport, accept, verify

_HOME = {
    "Catalog": "catalog",
    "ConvertProgress": "request",
    "ConvertReport": "request",
    "ConvertRequest": "request",
    "DayFile": "day_file",
    "Inspection": "inspection",
    "Partition": "catalog",
    "SessionHints": "catalog",
    "TableCount": "request",
    "VerifyReport": "verification",
    "accept": "verification",
    "convert": "conversion",
    "inspect_file": "inspection",
    "open_day": "day_file",
    "read_catalog": "catalog",
    "verify": "verification",
    "write_day": "day_writer",
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
