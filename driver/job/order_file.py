"""The order file of a job: one row per order, as CSV, gzipped CSV or Parquet, written block by block."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from isal import igzip
from numpy.typing import NDArray
from pyarrow import csv, parquet

from driver.tables.csv_text import text
from kernels.base.columns import F64, I32, I64
from kernels.conventions import BENCHMARKS, BUY, NULL
from kernels.measure.choices import Settings
from kernels.measure.optional_columns import derived_columns
from kernels.measure.order_block import OrderBlock
from kernels.measure.order_columns import FILLED_WITHIN
from kernels.sums.moments import BPS
from tickstore.durable.files import atomic_file

EXTENSIONS = {"csv": ".csv", "gzip": ".csv.gz", "parquet": ".parquet"}
VENUE_COLUMNS = ("lit_quantity", "dark_quantity", "auction_quantity", "booked_quantity")


class OrderFile:
    """Writes blocks of orders to an open binary file."""

    def __init__(self, handle: IO[Any], settings: Settings, participants: Mapping[int, str]) -> None:
        output_format = settings.output_format
        self._horizons = [f"{seconds:g}s" for seconds in settings.simulation.markout_seconds]
        self._participants = participants
        # Arrow quotes every text or none; names that need quotes are rare, and the other texts never do.
        quoted = any(text(name) != name for name in participants.values())
        self._options = csv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
        self._format = output_format
        self._handle = handle
        self._stream: IO[Any] = handle
        self._parquet: Any = None
        if output_format == "gzip":
            compressor: Any = igzip.IGzipFile  # five times as fast as zlib, 3 % larger, plain gzip to any reader
            self._stream = compressor("", "wb", compresslevel=2, fileobj=handle, mtime=0)
        self._started = False

    def write(self, block: OrderBlock) -> None:
        """Append a block; the first one, which may be empty, fixes the columns."""
        columns = order_columns(block, self._horizons)
        if self._participants:
            columns["participant_id"] = _named(block.participant, self._participants)
        table = pa.table(columns)
        if self._format == "parquet":
            if self._parquet is None:
                self._parquet = parquet.ParquetWriter(self._handle, table.schema, write_page_checksum=True)
            self._parquet.write_table(table)
            return
        if not self._started:
            self._stream.write((",".join(table.column_names) + "\n").encode())
            self._started = True
        sink = pa.BufferOutputStream()
        csv.write_csv(table, sink, self._options)
        self._stream.write(sink.getvalue().to_pybytes())

    def close(self) -> None:
        """Finish the stream; the file itself stays open."""
        if self._parquet is not None:
            self._parquet.close()
        if self._stream is not self._handle:
            self._stream.close()


@contextmanager
def open_order_file(
    folder: Path, settings: Settings, participants: Mapping[int, str] | None = None
) -> Iterator[OrderFile]:
    """Open the order file of a job; it appears under its name when the block ends without an error.

    ``participants`` is code -> text, where the store coded text ids.
    """
    path = folder / f"orders{EXTENSIONS[settings.output_format]}"
    with atomic_file(path) as handle:
        file = OrderFile(handle, settings, participants or {})
        try:
            yield file
        finally:
            file.close()  # after an error too: writers that are left open complain when they are collected


def order_columns(block: OrderBlock, horizons: Sequence[str]) -> dict[str, pa.Array]:
    """Return the columns of an order file, in order; what is missing is null."""
    columns = _lead_columns(block)
    base = block.mid2.astype(np.float64) * block.order_quantity
    base[(block.mid2 == NULL) | (base <= 0)] = np.nan  # nothing asked for has no cost in bps
    shortfall = [_bps(cost, base) for cost in block.cost]
    columns["shortfall_bps"] = _floats(shortfall[0])
    for s, scenario in enumerate(block.scenarios):
        if s == 0:
            continue
        columns[f"{scenario}_filled_quantity"] = _integers(block.scenario_filled[s])
        columns[f"{scenario}_price"] = _floats(block.scenario_price[s])
        columns[f"{scenario}_shortfall_bps"] = _floats(shortfall[s])
        columns[f"{scenario}_saving_bps"] = _floats(shortfall[0] - shortfall[s])
    return columns | _further_columns(block, base, horizons)


def _lead_columns(block: OrderBlock) -> dict[str, pa.Array]:
    names = ["order_id", "participant", "side", "order_type", "arrival_time", "end_time", "limit_price"]
    names += ["order_quantity", "filled_quantity", "leaves_quantity", "group"]
    columns = {name: _integers(getattr(block, name)) for name in names}
    columns["side"] = _integers(np.where(block.side == BUY, 1, 2).astype(np.int8))  # as in the exchange's files
    columns = {"participant_id" if name == "participant" else name: column for name, column in columns.items()}
    filled = np.where(block.filled_quantity > 0, block.filled_quantity, 1)
    columns["vwap"] = _floats(np.where(block.fills > 0, block.notional / filled, np.nan))
    for name in ("first_fill_time", "last_fill_time", "fills", "arrival_bid", "arrival_offer"):
        columns[name] = _integers(getattr(block, name))
    columns["fills"] = pa.array(block.fills, mask=_fills_unknown(block))
    return columns


def _fills_unknown(block: OrderBlock) -> NDArray[np.bool_]:
    """Return which orders were filled by their state alone, without a trade that says how."""
    return np.asarray((block.filled_quantity > 0) & (block.fills == 0))


def _further_columns(block: OrderBlock, base: F64, horizons: Sequence[str]) -> dict[str, pa.Array]:
    columns = {"withdrawn_quantity": _integers(block.withdrawn_quantity)}
    for v, name in enumerate(VENUE_COLUMNS):
        columns[name] = pa.array(block.venue_quantity[v], mask=_fills_unknown(block))
    columns["benchmark"] = pa.array(BENCHMARKS).take(pa.array(block.benchmark)).cast(pa.string())
    for name in ("benchmark_time", "eligible", "window_start", "window_end", "fills_after_hours"):
        columns[name] = _integers(getattr(block, name))
    columns["mid"] = _floats(_half(block.mid2))
    columns["end_mid"] = _floats(_half(block.end_mid2))
    for charge in ("touch", "zero", "cleanup"):
        for s, scenario in enumerate(block.scenarios):
            prefix = "" if s == 0 else f"{scenario}_"
            columns[f"{prefix}shortfall_{charge}_bps"] = _floats(_bps(getattr(block, f"cost_{charge}")[s], base))
    columns["execution_bps"] = _floats(_bps(block.execution_cost, base))
    columns["opportunity_bps"] = _floats(_bps(block.opportunity_cost, base))
    for name in ("arrival_slippage_bps", "effective_spread_bps", "price_improvement_bps", "vwap_slippage_bps"):
        columns[name] = _floats(getattr(block, name))
    columns["time_to_first_fill_ns"] = _integers(block.time_to_first_fill)
    columns["execution_time_ns"] = _floats(block.execution_time)
    for h, horizon in enumerate(horizons):
        columns[f"markout_{horizon}_bps"] = _floats(block.markout_bps[h])
        columns[f"realised_spread_{horizon}_bps"] = _floats(block.realised_spread_bps[h])
    asked = np.where(block.order_quantity > 0, block.order_quantity, np.nan)
    columns["fill_ratio"] = _floats(block.filled_quantity / asked)
    columns |= {name: _floats(column) for name, column in derived_columns(block).items()}
    for name, column in block.extra.items():
        columns |= _extra_column(name, column, block, base)
    return columns


def _extra_column(name: str, column: F64 | I64, block: OrderBlock, base: F64) -> dict[str, pa.Array]:
    """Return one of the further columns in units for readers: no half units, bps instead of amounts."""
    if name == "execution_time_all":
        return {f"{name}_ns": _any(column)}
    if name.startswith(FILLED_WITHIN):
        asked = np.where((column == NULL) | (block.order_quantity <= 0), np.nan, block.order_quantity)
        return {name.replace(FILLED_WITHIN, "fill_rate_"): _floats(column / asked)}
    if name == "decision_mid2":
        return {"decision_mid": _floats(_half(column))}
    if name.endswith("_fees"):
        return {f"{name}_bps": _floats(_bps(column.astype(np.float64), base))}
    if name in ("delay_cost", "decision_opportunity_cost"):
        decided = (
            2.0 * _half(block.extra["decision_mid2"]) * np.where(block.order_quantity > 0, block.order_quantity, 1)
        )
        return {name.replace("_cost", "_bps"): _floats(_bps(column.astype(np.float64), decided))}
    return {name: _any(column)}


def _half(column: F64 | I64) -> F64:
    """Return half price units in price units, NaN where they are missing."""
    return np.where(column == NULL, np.nan, column / 2)


def _bps(cost: F64, base: F64) -> F64:
    bps: F64 = BPS * cost / base
    return bps


def _integers(column: NDArray[np.integer[Any]]) -> pa.Array:
    if column.dtype == np.int64:
        return pa.array(column, mask=column == NULL)
    return pa.array(column)


def _named(codes: I32, names: Mapping[int, str]) -> pa.Array:
    """Return participants as the input named them."""
    distinct, place = np.unique(codes, return_inverse=True)
    shown = pa.array([names.get(code, str(code)) for code in distinct.tolist()], pa.string())
    return shown.take(pa.array(place))


def _any(column: F64 | I64) -> pa.Array:
    if column.dtype == np.float64:
        return _floats(column.astype(np.float64, copy=False))
    return _integers(column.astype(np.int64, copy=False))


def _floats(column: F64) -> pa.Array:
    return pa.array(column, from_pandas=True)  # NaN becomes null
