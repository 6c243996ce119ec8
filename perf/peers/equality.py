"""Whether an answer is ours: integers and times equal, floats to 1e-9, order by order and row by row of the tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from pyarrow import parquet

from driver.tables.grouping import size_labels
from perf.peers import question as q

TOLERANCE: Final = 1e-9
SHOWN: Final = 5


def orders_of(paths: list[Path]) -> pa.Table:
    """Return an order file, in one part or several, by order id; times and dates as numbers."""
    tables = [parquet.read_table(path, columns=list(q.ORDER_COLUMNS)) for path in paths]
    table = pa.concat_tables([plain(table) for table in tables])
    return table.sort_by([("trade_date", "ascending"), ("security_code", "ascending"), ("order_id", "ascending")])


def plain(table: pa.Table) -> pa.Table:
    """Return integers of 64 bits and floats, nothing else."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_dictionary(field.type):
            column = column.cast(pa.string())
        if pa.types.is_date(field.type):
            column = column.cast(pa.date32()).cast(pa.int32())
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("ns"))
        kind = pa.float64() if pa.types.is_floating(field.type) else pa.int64()
        table = table.set_column(place, field.name, column.cast(kind))
    return table


def differences(name: str, ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> Iterator[str]:
    """Say where two columns differ, if they do."""
    if len(ours) != len(theirs):
        yield f"{name}: {len(ours)} rows here, {len(theirs)} there"
        return
    known, there = ours.is_valid().to_numpy(), theirs.is_valid().to_numpy()
    if pa.types.is_integer(ours.type) and pa.types.is_integer(theirs.type):
        mine, other = (column.fill_null(0).to_numpy() for column in (ours, theirs))
        same = mine == other
    else:
        mine, other = (column.cast(pa.float64()).fill_null(0.0).to_numpy() for column in (ours, theirs))
        same = np.isclose(mine, other, rtol=TOLERANCE, atol=TOLERANCE)
    wrong = (known != there) | (known & ~same)
    if wrong.any():
        i = int(np.argmax(wrong))
        yield f"{name}: {wrong.sum()} of {len(wrong)} differ, first {ours[i]} here, {theirs[i]} there, row {i}"


def order_differences(results: Path, out: Path) -> list[str]:
    """Compare the order files below ``results`` with those in ``out``."""
    ours = orders_of(sorted(results.glob("sec*/*/orders.parquet")))
    theirs = orders_of(sorted(out.glob("orders*.parquet")))
    return [line for name in q.ORDER_COLUMNS for line in differences(name, ours[name], theirs[name])]


def table_differences(results: Path, out: Path) -> list[str]:
    """Compare the tables below ``results`` with those in ``out``, which have a row for each key."""
    found = []
    for name, key in q.TABLES.items():
        ours, theirs = pc.read_csv(results / f"{name}.csv"), pc.read_csv(out / f"{name}.csv").to_pylist()
        by_key: dict[Any, dict[str, Any]] = {}
        for row in ours.to_pylist():
            by_key.setdefault(row[key], {})[row["scenario"]] = row
        labels = dict(enumerate(size_labels()))
        given = {labels[row[key]] if key == "size_bucket" else row[key]: row for row in theirs}
        wanted = {value: rows for value, rows in by_key.items() if rows["real"]["orders"]}
        if set(given) != set(wanted):
            found.append(f"{name}: keys {sorted(wanted)} here, {sorted(given)} there")
            continue
        for column, scenario, measure in columns():
            mine = pa.chunked_array([[rows[scenario][measure] for rows in wanted.values()]])
            other = pa.chunked_array([[given[value][column] for value in wanted]])
            found += differences(f"{name}.{column}", mine.cast(kind_of(mine)), other.cast(kind_of(mine)))
    return found


def kind_of(column: pa.ChunkedArray) -> Any:
    """Return the type to compare a column in."""
    return pa.int64() if pa.types.is_integer(column.type) else pa.float64()


def columns() -> list[tuple[str, str, str]]:
    """Return the columns of a peer's table, and the scenario and the measure of ours that each is."""
    found = [(name, "real", name) for name in (*q.OF_ORDERS, *q.OF_REALITY)]
    return found + [(f"{s}_{name}", s, name) for s in q.SCENARIOS for name in q.OF_SCENARIOS]


def check(results: Path, out: Path) -> None:
    """Raise AssertionError unless the answer in ``out`` is the one in ``results``."""
    found = order_differences(results, out) + table_differences(results, out)
    assert not found, f"{out.name}: {len(found)} columns differ: {'; '.join(found[:SHOWN])}"
