"""The real day as it is, and with what its circulated file lost put back: minimums, quotes, or some of them.

The repaired files go through the converter as any input does, so that every index of the day file agrees with them.
What is put back can be chosen by what had hidden it.
"""

import csv
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from kernels.measure.choices import Session
from tickstore import ConvertRequest, convert, open_day
from tickstore.day.reader import DayFile

END: Final = 1_725_516_000_000_000_000  # 16:00 in Sydney, the end of continuous trading
MINIMUMS: Final = {
    "amended": "minimum changed by amendments",
    "fill_and_kill": "hidden minimum of a fill-and-kill order",
    "whole": "hidden minimum of another order that traded",
}
QUOTES: Final = {
    "same_instant": "quote observed at the same instant",
    "between": "quote passed through, or implied by resting sweeps",
}
REPAIRS: Final = MINIMUMS | QUOTES
KEY: Final = ("order_id", "timestamp", "sequence")
MINIMUM_FIELDS: Final = ("minimumquantity", "singlefillminimumquantity")
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def why_hidden(rows: list[Row]) -> str:
    """Return which of MINIMUMS hides the minimum of an order with these rows."""
    totals = {int(row["leavesquantity"]) + int(row["totalmatchedquantity"]) for row in rows}
    if len(totals) > 1:
        return "amended"
    return "fill_and_kill" if rows[-1]["timevalidity"] == "0" else "whole"


def repaired_orders(folder: Path, repairs: Collection[str]) -> tuple[list[Row], int]:
    """Return the rows of the order file, and how many of them have an inferred minimum that was asked for."""
    inferred = {tuple(row[name] for name in KEY): row for row in read(folder / "inferred" / "minimums.csv")}
    rows, by_order = read(folder / "orders.csv"), dict[str, list[Row]]()
    for row in rows:
        by_order.setdefault(row["order_id"], []).append(row)
    replaced = 0
    for row in rows:
        found = inferred.get(tuple(row[name] for name in KEY))
        if found is not None and why_hidden(by_order[row["order_id"]]) in repairs:
            row.update({name: found[name] for name in MINIMUM_FIELDS})
            replaced += 1
    return rows, replaced


def repaired_quotes(folder: Path, repairs: Collection[str]) -> list[Row]:
    """Return the quotes with the inferred ones that were asked for.

    An inferred quote is a circulated one, the same one nanosecond earlier, or none of them: in between.
    """

    def what(row: Row, earlier: int = 0) -> tuple[int, str, str]:
        return int(row["timestamp"]) - earlier, row["bidprice"], row["offerprice"]

    plain = read(folder / "nbbo.csv")
    if not set(repairs) & set(QUOTES):
        return plain
    inferred = read(folder / "inferred" / "nbbo.csv")
    stamped, earlier = {what(row) for row in plain}, {what(row, 1) for row in plain}
    used = {what(row) for row in inferred}
    rows = []
    for row in inferred:
        shifted = what(row) not in stamped and what(row) in earlier
        if shifted and "same_instant" not in repairs:
            row["timestamp"] = str(int(row["timestamp"]) + 1)
        if what(row) in stamped or shifted or "between" in repairs:
            rows.append(row)
    if "between" not in repairs:
        rows += [row for row in plain if what(row) not in used and what(row, 1) not in used]
    return sorted(rows, key=lambda row: (int(row["timestamp"]), int(row["sequence"])))


def convert_real_day(folder: Path, store: Path, repairs: Collection[str] = ()) -> None:
    """Convert the day of ``folder`` into ``store / "store"``, with these of REPAIRS."""
    inputs = [store / "input" / f"{name}.csv" for name in ("orders", "trades", "nbbo")]
    inputs[0].parent.mkdir(parents=True, exist_ok=True)
    for path in inputs:
        shutil.copyfile(folder / path.name, path)
    if repairs:
        write(inputs[0], repaired_orders(folder, repairs)[0])
        write(inputs[2], [row | {"sequence": str(k)} for k, row in enumerate(repaired_quotes(folder, repairs), 1)])
    orders, trades, nbbo = ((path,) for path in inputs)
    convert(ConvertRequest(orders, store / "store", trades, nbbo))


def open_real_day(folder: Path, store: Path, *, minimums: bool = False, quotes: bool = False) -> DayFile:
    """Convert the real day of ``folder`` into ``store`` and open it, with inferred minimums and quotes if asked."""
    convert_real_day(folder, store, {*(MINIMUMS if minimums else ()), *(QUOTES if quotes else ())})
    return open_converted(store)


def open_converted(store: Path) -> DayFile:
    """Open the one day of a store."""
    (path,) = (store / "store").rglob("*.h5")
    return open_day(path)


def real_session(day: DayFile) -> Session:
    """Return the real day's session by decisions 4: from the opening auction's prints to 16:00 local."""
    return Session(int(day.fills["timestamp"][day.fills["venue"] == 2].min()), END, "inferred")
