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


class Orders:
    """An order file, in one part or several, its rows by date, security and order id; a column is read when asked."""

    def __init__(self, paths: list[Path]) -> None:
        """Read what the rows are sorted by."""
        self.paths = paths
        self.places: pa.Array | None = None
        keys = [self.column(name).to_numpy() for name in ("order_id", "security_code", "trade_date")]
        self.places = pa.array(np.lexsort(keys))

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column; times, dates and codes as integers."""
        parts = [plain(parquet.read_table(path, columns=[name]).column(0)) for path in self.paths]
        whole = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
        return whole if self.places is None else whole.take(self.places)


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as integers of 64 bits, or floats."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns"))
    return column.cast(pa.float64() if pa.types.is_floating(column.type) else pa.int64())


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
    ours, theirs = Orders(sorted(results.glob("sec*/*/orders.parquet"))), Orders(sorted(out.glob("orders*.parquet")))
    return [line for name in q.ORDER_COLUMNS for line in differences(name, ours.column(name), theirs.column(name))]


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


def check(results: Path, out: Path, order_files: bool = True) -> None:
    """Raise AssertionError unless the answer in ``out`` is the one in ``results``."""
    found = (order_differences(results, out) if order_files else []) + table_differences(results, out)
    assert not found, f"{out.name}: {len(found)} columns differ: {'; '.join(found[:SHOWN])}"
