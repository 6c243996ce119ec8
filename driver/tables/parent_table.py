"""by_parent.csv: one row per security, date, parent and scenario, written job by job; and what its columns mean.

`aggregate` hands it each partial as it goes by.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from driver.sums.parents import Parents
from driver.sums.partial import Partial
from driver.tables.column_guide import BPS, LESS, Column, header, plain
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.table_style import HALF_UNITS, TableStyle, cost_bps, quotient, ratio, with_rest
from kernels.conventions import COST_SCALE, NULL
from kernels.measure.order_columns import BENEFIT, COST
from tickstore.durable.files import atomic_file

NAME: Final = "by_parent.csv"
COLUMNS: Final = (
    plain("security_code", "", "security"),
    plain("date", "", "trade date: a parent that works on several has a row for each"),
    plain("parent_id", "id", "parent; empty: orders without one, in one row, each measured by itself"),
    plain("scenario", "", "real, or the scenario the row is about"),
    plain("orders", "count", "children among the selected orders"),
    plain("order_quantity", "shares", "sum over children, those that replaced another included"),
    plain("filled_quantity", "shares", "filled under the row's scenario"),
    plain("fill_ratio", "share", "filled over order_quantity"),
    plain("notional", "price units", "sum of price x quantity of the fills"),
    plain("vwap", "price units", "notional over filled"),
    Column("shortfall_bps", BPS, COST, "cost of priced children against the parent's own M0, over their value at it"),
    Column("saving_bps", BPS, BENEFIT, LESS),
    plain("priced_orders", "count", "children with a cost in every scenario"),
    plain("side", "1, 2", "buy, sell, as in the exchange's files; empty where children differ"),
    plain("arrival_time", "ns UTC", "arrival of the first child"),
    plain("end_time", "ns UTC", "end of the last child to end"),
    plain("mid", "price units", "M0: mid that the first child is measured from"),
    plain(
        "peak_quantity",
        "shares",
        "most that was filled or open at one time, as children were amended: those replaced count once",
    ),
    Column("drift_bps", BPS, COST, "part of the shortfall: the mid's move from the parent's M0 to its children's"),
    Column("shortfall_cost", "1/65536 half price units x shares", COST, "cost against the parent's M0, exact"),
    Column(
        "orders_cost", "1/65536 half price units x shares", COST, "cost against the children's own M0, exact: adds up"
    ),
)


class ParentFile:
    """by_parent.csv while partials go by: there are too many parents to keep them."""

    def __init__(
        self, results: Path, style: TableStyle, stack: ExitStack, names: Mapping[str, str] | None = None
    ) -> None:
        """Open nothing yet: only data that name parents have the file. It is complete once ``stack`` ends.

        names : of securities; where there are any they stand after the codes
        """
        self.written: tuple[str, ...] = ()  # the name of the file, if there is one
        self._path, self._style, self._stack = results / NAME, style, stack
        self._file: IO[bytes] | None = None
        self._names = names or {}

    def append(self, partial: Partial) -> None:
        """Write the parents of a job."""
        if partial.parents is None:
            return
        if self._file is None:
            self.written = (NAME,)
            self._file = self._stack.enter_context(atomic_file(self._path))
            code, *others = header(COLUMNS)
            self._file.write(csv_bytes([code, *["security_name"] * bool(self._names), *others], []))
        named = [self._names.get(partial.security, "")] if self._names else []
        rows = ([partial.security, *named, *row] for row in _rows(partial, partial.parents, self._style))
        lines = csv_bytes([], rows)
        self._file.write(lines.partition(b"\n")[2])


def _rows(partial: Partial, parents: Parents, style: TableStyle) -> Iterator[list[Value]]:
    """Yield the rows without the security."""
    for values in parents.sums.T.tolist():
        sums = dict(zip(parents.names, values, strict=True))
        for scenario in parents.scenarios:
            shown = None if sums["parent_id"] == NULL else _shown(sums["parent_id"], partial.parents_shown)
            yield [partial.date, shown, *_row(sums, scenario, parents.scenarios[0], style)]


def _shown(number: int, names: Mapping[str, str]) -> Value:
    name = names.get(str(number))
    return number if name is None else name


def _row(sums: dict[str, int], scenario: str, real: str, style: TableStyle) -> list[Value]:
    alone, mid2 = sums["parent_id"] == NULL, sums["mid2"]
    filled, cost = sums[f"{scenario}.filled_quantity"], sums[f"{scenario}.cost"]
    notional2 = None if sums[f"{scenario}.unpriced_quantity"] else with_rest(sums, f"{scenario}.notional2")
    # Against the parent's M0 instead of its own, a child costs side x Q x (own M0 - the parent's) more.
    if alone:
        base, drift = sums["base"], 0
    else:
        base = 0 if mid2 == NULL else sums["priced_quantity"] * mid2
        drift = COST_SCALE * (sums["signed_base"] - sums["signed_quantity"] * mid2)
    empty = sums[f"{scenario}.unknown_orders"] > 0  # the data lacks what the scenario needs: of all orders of a day
    known = base > 0 and not empty
    sides = {0: 2, sums["orders"]: 1}
    return [
        scenario,
        sums["orders"],
        sums["order_quantity"],
        None if empty else filled,
        None if empty else ratio(filled, sums["order_quantity"]),
        None if empty or notional2 is None else quotient(notional2, HALF_UNITS),
        None if empty or notional2 is None else ratio(notional2, HALF_UNITS * filled),
        cost_bps(cost + drift, base) if known else None,
        cost_bps(sums[f"{real}.cost"] - cost, base) if known else None,
        sums["priced_orders"],
        sides.get(sums["buy_orders"]),
        sums["arrival_time"],
        sums["end_time"],
        None if alone or mid2 == NULL else mid2 / 2,
        sums["peak_quantity"],
        cost_bps(drift, base) if known else None,
        cost + drift if known else None,
        None if empty else cost,
    ]
