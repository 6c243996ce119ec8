"""The real day as it is, and with what its circulated file lost put back: minimums, quotes, or both.

The repaired files go through the converter as any input does, so that every index of the day file agrees with them.
"""

import csv
import shutil
from pathlib import Path

from kernels.measure.choices import Session
from tickstore import ConvertRequest, convert, open_day
from tickstore.day.reader import DayFile

END = 1_725_516_000_000_000_000  # 16:00 in Sydney, the end of continuous trading
MINIMUMS = ("minimumquantity", "singlefillminimumquantity")
KEY = ("order_id", "timestamp", "sequence")


def write_orders(folder: Path, path: Path) -> int:
    """Write the order file with the inferred minimums of its rows to ``path``; return how many rows have them."""
    with (folder / "inferred" / "minimums.csv").open(newline="") as file:
        inferred = {tuple(row[name] for name in KEY): row for row in csv.DictReader(file)}
    replaced = 0
    with (folder / "orders.csv").open(newline="") as source, path.open("w", newline="") as target:
        reader = csv.DictReader(source)
        assert reader.fieldnames is not None
        writer = csv.DictWriter(target, reader.fieldnames)
        writer.writeheader()
        for row in reader:
            found = inferred.get(tuple(row[name] for name in KEY))
            if found is not None:
                row.update({name: found[name] for name in MINIMUMS})
                replaced += 1
            writer.writerow(row)
    return replaced


def open_real_day(folder: Path, store: Path, *, minimums: bool = False, quotes: bool = False) -> DayFile:
    """Convert the real day of ``folder`` into ``store`` and open it, with inferred minimums and quotes if asked."""
    orders, nbbo = store / "input" / "orders.csv", store / "input" / "nbbo.csv"
    orders.parent.mkdir(parents=True, exist_ok=True)
    if minimums:
        write_orders(folder, orders)
    else:
        shutil.copyfile(folder / "orders.csv", orders)
    shutil.copyfile(folder / "inferred" / "nbbo.csv" if quotes else folder / "nbbo.csv", nbbo)
    convert(ConvertRequest((orders,), store / "store", (folder / "trades.csv",), (nbbo,)))
    (path,) = (store / "store").rglob("*.h5")
    return open_day(path)


def real_session(day: DayFile) -> Session:
    """Return the day's session by decisions 4: from the opening auction's prints to 16:00 local."""
    return Session(int(day.fills["timestamp"][day.fills["venue"] == 2].min()), END, "inferred")
