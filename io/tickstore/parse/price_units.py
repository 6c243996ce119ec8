"""Whether the prices of files are decimal numbers of the currency, or whole ones of a unit: told by the first of them.

Called by `parse.plan`.
"""

import re
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Final

from tickstore.day.reader import open_day
from tickstore.errors import InputError, StoreError
from tickstore.input.fields import PRICE
from tickstore.input.files import Source
from tickstore.input.text import PARQUET
from tickstore.request import ConvertRequest
from tickstore.rules import NO_PRICE

_NO_PRICE: Final = frozenset(text.encode() for text in NO_PRICE)
_SCIENTIFIC: Final = re.compile(rb"\d{1,15}(\.\d{0,17})?[eE][+-]?\d{1,2}")
_FEW_DECIMALS: Final = 10  # of a hundred prices: from there on they are decimal


def decimal_prices(found: list[tuple[Source, bool | None]], request: ConvertRequest) -> bool | None:
    """Return whether prices are decimal, one answer for all files; None where no price tells."""
    if request.price_format != "auto" or request.price_divisor > 1:
        return request.price_format != "units"  # with a divisor, whole numbers of parts of the currency
    told = {decimal: source.path for source, decimal in reversed(found) if decimal is not None}
    stored = next(request.store.glob("*/????-??-??.h5"), None)
    if stored is not None:
        with suppress(StoreError):  # damaged: that is said elsewhere
            known = open_day(stored).attributes.get("price_format")
            if known is not None:
                told.setdefault(known == "decimal", f"the store's {stored}")
    if len(told) == 2:
        raise InputError(
            f"{told[True]} has decimal prices, {told[False]} has whole ones: they may be of different units. "
            "Say --price_format=decimal or --price_format=units, or convert them one after the other, each with its own"
        )
    unclear = next((source.path for source, _ in found if source.form == PARQUET and _float_prices(source)), None)
    if unclear and not told:
        raise InputError(
            f"{unclear}: its prices are whole numbers kept as floats: of the currency, or of the price unit? "
            "Say --price_format=decimal or --price_format=units"
        )
    return next(iter(told), None)


def _float_prices(source: Source) -> bool:
    """Return whether a Parquet file keeps prices as floats, whose text does not tell 3400.0 from 3400."""
    from tickstore.input.parquet import float_columns

    return not float_columns(Path(source.path)).isdisjoint(_price_columns(source))


def _price_columns(source: Source) -> list[int]:
    return [reading.column for reading in source.readings if reading.kind == PRICE and reading.column >= 0]


def has_decimal_prices(lines: list[bytes], source: Source) -> bool | None:
    """Return whether prices at the start of the text have a decimal point; None where there are no prices.

    One price in ten must have it: a bad price must not turn a file of whole ones into another unit, and rows that
    contradict what was taken for whole stop the conversion. A market order's 0 tells nothing. Where Parquet keeps
    prices as floats whole ones tell nothing either, and any other one does. Where a divisor is stated none is asked.
    """
    columns, delimiter = _price_columns(source), source.header.delimiter.encode()
    most = max(columns, default=0) + 1
    rows = (line.split(delimiter, most) for line in lines)
    found = Counter([cells[column] for cells in rows for column in columns if column < len(cells)])
    if any(reading.kind == PRICE and reading.divisor > 1 for reading in source.readings):
        return True  # whole parts of the currency, the user says
    prices, decimals = 0, 0
    for text, count in found.items():  # few texts, on many lines
        price = text.strip(b'" \r').removeprefix(b"+")
        fraction = _SCIENTIFIC.fullmatch(price) is not None and Decimal(price.decode()) % 1 != 0
        told = price.strip(b"0.") != b"" and price.replace(b".", b"", 1).isdigit() and price not in _NO_PRICE
        prices += (told or fraction) * count
        decimals += ((told and b"." in price) or fraction) * count
    if source.form == PARQUET and _float_prices(source):
        return True if decimals else None
    return 100 * decimals >= _FEW_DECIMALS * prices if prices else None
