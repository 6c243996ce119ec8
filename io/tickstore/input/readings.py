"""How each field of one file is read: its column, its constant, its words, its units. From header, rules and request.

Made by `parse.plan`; the fast path's plan and the slow path's rules both follow from it, so that they say the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tickstore.errors import InputError
from tickstore.input.fields import FIELDS, IDS, NAME, PRICE, QUANTITIES, SNAPSHOTS, TIME, Field
from tickstore.input.header import Header, column_of
from tickstore.request import ConvertRequest
from tickstore.rules import MIDNIGHT, NO_PRICE, NO_QUANTITY, NO_VALUE, ColumnRule

_DATE_IN_NAME: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a field is read from a line."""

    field: Field
    kind: int  # of its text: the field's, but that of names for ids that are text
    column: int = -1  # of the file; -1: the constant stands in every row
    constant: str = ""
    date_column: int = -1  # of a clock
    date: str = ""  # of all clocks, where no column has it
    words: tuple[tuple[str, str], ...] = ()  # (text, what it stands for); "" is no value
    scale: int = 1  # a price or quantity is multiplied by it
    divisor: int = 1  # and divided by it, without a rest
    points: bool = True  # whether quantities have a decimal point: where none of the first has, 1.000 may be 1000
    unit: str = ""  # of numbers that are times; "": told by their size
    epoch: int = 0  # ns UTC that they are counted from
    format: str = ""
    clock: bool = False  # since local midnight


def field_readings(
    header: Header, table: str, rules: Mapping[str, ColumnRule], request: ConvertRequest, path: str
) -> tuple[Reading, ...]:
    """Return how the fields of a file are read, those that it has or that are constants, in the order of the table."""
    found = []
    for field in FIELDS[table]:
        rule = rules.get(f"{table}.{field.name}", rules.get(field.name, ColumnRule()))
        if table == "orders" and field.name in SNAPSHOTS and not request.quotes_from_orders:
            continue
        if field.name not in header.columns and not rule.is_constant:
            continue
        found.append(_reading(field, rule, header, request, path))
    return tuple(found)


def _reading(field: Field, rule: ColumnRule, header: Header, request: ConvertRequest, path: str) -> Reading:
    nulls = rule.null_values or (request.null_values if not field.required or field.nullable else ())
    if field.kind == PRICE:
        nulls = (*NO_PRICE, *NO_VALUE, *nulls)
    elif not field.required and (field.kind != NAME or field.name in IDS):
        nulls = (*NO_VALUE, *nulls)
    if field.name in QUANTITIES:
        nulls = (*NO_QUANTITY, *nulls)
    said = dict(rule.values)  # what the user says of a text stands
    if field.kind == TIME and not field.required:
        nulls = ("0", *nulls)  # the exchange's word for a time that is none
    reading = Reading(
        field,
        NAME if field.name in IDS and request.order_ids == "text" else field.kind,
        header.columns.get(field.name, -1),
        rule.constant or "",
        words=(*rule.values, *((text, "") for text in nulls if text not in said)),
    )
    if rule.column and rule.constant is not None:  # what stands for an empty cell
        reading = replace(reading, constant="", words=(*reading.words, ("", rule.constant)))
    if field.name in QUANTITIES:  # 100.0 is 100: so tables write whole numbers that may be missing
        decimals = request.quantity_decimals if rule.decimals is None else rule.decimals
        reading = replace(reading, scale=10**decimals)
    if field.kind == PRICE:
        reading = replace(reading, divisor=rule.divisor or request.price_divisor)
    return _timed(reading, rule, header, request, path) if field.kind == TIME else reading


def _timed(reading: Reading, rule: ColumnRule, header: Header, request: ConvertRequest, path: str) -> Reading:
    """Return the reading of a time: its unit, epoch, format, and where the date of a clock is."""
    from tickstore.times.stated_numbers import read_epoch  # with numba, which the command line starts without

    unit, epoch, form = rule.unit, rule.epoch, rule.format
    if reading.field.name == "timestamp":
        unit, epoch, form = unit or request.time_unit, epoch or request.epoch, form or request.time_format
    date = rule.date or (request.date if reading.field.name == "timestamp" else "")
    clock = epoch == MIDNIGHT or bool(date)
    reading = replace(reading, unit=unit, format=form, clock=clock)
    if not clock:
        return replace(reading, unit=unit or ("ns" if epoch else ""), epoch=read_epoch(epoch) if epoch else 0)
    column = column_of(header.names, date) if date else header.columns.get("trade_date")
    if column is not None:
        return replace(reading, date_column=column)
    date = date or date_in_name(path)
    if not date:
        raise InputError(
            f"{path}: {reading.field.name} is a clock; say where its date is: the name of a column or a date, in "
            '[input.columns] timestamp = {date = "..."} or with --date'
        )
    if not _DATE_IN_NAME.fullmatch(date):
        raise InputError(f"{path}: {date!r} is neither a column of the file nor a date such as 2024-09-05")
    return replace(reading, date=date)


def date_in_name(path: str) -> str:
    """Return the date that a file's name holds, YYYY-MM-DD, or "".

    Examples
    --------
    >>> date_in_name("raw/AMZN_2012-06-21_34200000_message_5.csv"), date_in_name("20240905.csv"), date_in_name("a.csv")
    ('2012-06-21', '2024-09-05', '')
    """
    found = _DATE_IN_NAME.findall(path.rsplit("/", 1)[-1])
    return "-".join(found[0]) if len(set(found)) == 1 else ""
