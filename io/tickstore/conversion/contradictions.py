"""Warnings about an input that can hardly be what it is meant to be. For `conversion`."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from kernels.conventions import (
    FAULT_FILLED_ABOVE,
    FAULT_FILLED_BEYOND,
    FAULT_KINDS,
    FAULT_MATCHED_FALLS,
    FAULT_NEGATIVE,
    FAULT_OUT_OF_ORDER,
    FAULT_PRICE,
)
from tickstore.building.oddities import (
    ABSURD_QUOTES,
    APART,
    CROSSED,
    EMPTIED,
    FILLED_EARLY,
    MET,
    NO_ORDERS,
    NO_STATES,
    ONE_SIDED,
    ORDERS,
    OTHER_UNIT,
    SET_APART,
)
from tickstore.day.schema import Key
from tickstore.input.files import Source
from tickstore.input.text import read_head
from tickstore.store.commit import BuiltPartition

_SHOWN: Final = 3  # names
_FEW: Final = 0.1  # of the trades
_HEAD: Final = 1 << 14  # bytes of a file that ids are shown of
_ADVICE: Final = "Give files that state leaves and matched after each execution, or at the end"
_BY_FAULT: Final = {
    FAULT_PRICE: "See that files have prices in one unit: --price_format, --price_decimals",
    FAULT_OUT_OF_ORDER
    | FAULT_MATCHED_FALLS: "An order's rows must be in the order they happened. Those of one instant "
    "are told apart by a sequence: name its column (--columns=sequence:NAME), or sort the file",
    FAULT_FILLED_ABOVE | FAULT_FILLED_BEYOND | FAULT_NEGATIVE: "See that leaves is what was open after each row and "
    "matched all that was executed by then: --columns=leaves_quantity:NAME,matched_quantity:NAME",
}
_TEXTS: Final = {
    SET_APART: "orders that contradict themselves, and will be in no table: {count}",
    NO_STATES: "order files without rows after executions, whose orders that traded are set apart. "
    f"{_ADVICE}: {{count}} security-days",
    ABSURD_QUOTES: "quotes with a spread above a fifth of the mid, which count as one-sided: {count}",
    FILLED_EARLY: "orders with fills before their first row, which does not show them; see that orders and trades have "
    "one clock (offsets, --timezone): {count}",
    ONE_SIDED: "security-days whose trades mostly have one row, a buyer's or a seller's, and need both: volumes of the "
    "market and all that is measured by them are wrong: {count}",
    CROSSED: "quotes whose bid is above the offer, on days where most are so; see that neither stands for the other "
    "(--columns=bid:NAME,offer:NAME): {count}",
    EMPTIED: "orders that end with nothing left and less executed than they asked for, which counts as taken back, and "
    "they as filled; where a cancel sets leaves to 0, give what was left before: {count}",
    APART: "security-days whose quotes are all an hour or more before the first order, or after the last; see that "
    "both have one clock (offsets, --timezone): {count}",
    OTHER_UNIT: "security-days with prices in two units (see --price_format, --price_decimals): {count}",
}


def orders_trouble(built: Sequence[BuiltPartition]) -> str:
    """Return why nothing can be said of any order, "" where something can: every one there is would be set apart."""
    found = {kind: [(p.key, odd) for p in built for odd in p.odd if odd[0] == kind] for kind in (ORDERS, SET_APART)}
    orders, apart = (sum(odd[1] for _, odd in found[kind]) for kind in (ORDERS, SET_APART))
    if orders == 0 or apart < orders:
        return ""
    (security, date), (_, _, first) = found[SET_APART][0]
    said = f"all orders contradict themselves, {orders}, and would be in no table: nothing was stored"
    advice = _ADVICE if any(odd[0] == NO_STATES for partition in built for odd in partition.odd) else _advice(first)
    return f"{said}; first: security {security} on {date}, {first}. {advice}"


def _advice(kinds: str) -> str:
    """Return what to look for where an order has faults of these kinds."""
    return next(
        text
        for faults, text in _BY_FAULT.items()
        if any(faults & fault and kind in kinds for fault, kind in FAULT_KINDS.items())
    )


def odd_warnings(built: Sequence[BuiltPartition]) -> Iterator[str]:
    """Yield one line for each kind of impossible row: how many there are, and the first."""
    for kind, text in _TEXTS.items():
        found = [(partition.key, odd) for partition in built for odd in partition.odd if odd[0] == kind]
        if found:
            (security, date), (_, _, first) = found[0]
            count = sum(number for _, (_, number, _) in found)
            yield f"{text.format(count=count)}; first: security {security} on {date}, {first}"


def unknown_ids(built: Sequence[BuiltPartition], sources: Sequence[Source]) -> Iterator[str]:
    """Yield a line about trades that hardly ever name an order although orders say that they matched."""
    counts = {kind: sum(odd[1] for p in built for odd in p.odd if odd[0] == kind) for kind in (MET, NO_ORDERS)}
    met, apart = counts[MET], counts[NO_ORDERS]
    if apart and met < _FEW * (met + apart):
        ours = next(odd[2] for partition in built for odd in partition.odd if odd[0] == NO_ORDERS)
        written = {source.table: ids for source in reversed(sources) if (ids := _first_ids(source))}
        theirs = f", trades {written['trades']}" if "trades" in written else ""
        yield (
            f"{apart} of {met + apart} trades name no order that is there, while the orders say that shares matched: "
            f"ids may be written in two ways, orders have {written.get('orders', ours)}{theirs}"
        )


def _first_ids(source: Source) -> str:
    """Return the first ids of orders in a file, as they are written."""
    column = next((r.column for r in source.readings if r.field.name == "order_id"), -1)
    whole = read_head(Path(source.path), source.form, _HEAD).rpartition(b"\n")[0]  # the last line may be cut
    lines = whole.decode("utf-8", "replace").splitlines()
    rows = csv.reader(lines[source.header.first_line - 1 :], delimiter=source.header.delimiter)
    found = (row[column].strip() for row in rows if 0 <= column < len(row))
    return ", ".join(islice(dict.fromkeys(filter(None, found)), _SHOWN))


def reversed_warning(paths: Sequence[str]) -> Iterator[str]:
    """Yield a line about files that list the newest row first."""
    if paths:
        yield (
            f"files that list the newest row first: {len(paths)}; first: {paths[0]}. "
            "They have no sequence that follows time, so rows of one instant were turned round, too"
        )


def strangers(tables: Mapping[str, set[Key]]) -> Iterator[str]:
    """Yield what does not meet across the tables of an input: securities, or else their dates."""
    orders = tables.get("orders", set[Key]())
    ours = {security for security, _ in orders}
    for table in ("trades", "nbbo"):
        keys = tables.get(table, set[Key]())
        theirs = {security for security, _ in keys}
        if not ours or not theirs:
            continue
        if not ours & theirs:
            yield f"no security of {table} is in orders: {table} have {_some(theirs)}, orders {_some(ours)}"
        elif theirs - ours:
            absent = theirs - ours
            yield f"{len(absent)} of {len(theirs)} securities of {table} are not in orders: {_some(absent)}"
        elif not orders & keys:
            theirs, mine = ({date for _, date in table} for table in (keys, orders))
            yield f"no trade date of {table} is in orders: {table} have {_some(theirs)}, orders {_some(mine)}"


def _some(names: set[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(sorted(names)[:_SHOWN]) + rest
