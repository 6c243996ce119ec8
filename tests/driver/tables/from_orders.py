"""Whole tables of a results folder against sums made again from its order files (`tests.oracles.tables`)."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.oracles import tables as oracle
from tests.oracles.raw_market import days_of
from tests.oracles.tables import Day, Row

Label = tuple[str, ...]
Labels = Callable[[Day, Row], Iterable[Label]]
QUANTILES = [f"{what}_{place}_bps" for what in ("shortfall", "saving") for place in ("p5", "median", "p95")]
WITHOUT = {"time_series": QUANTILES}  # what a table leaves out


def one(of: Callable[[Day, Row], Any]) -> Labels:
    """Return a cut of the orders in which each has one label of one word."""
    return lambda day, order: [(str(of(day, order)),)]


def unexecuted(day: Day, order: Row) -> list[Label]:
    """Return the rows of unexecuted.csv that an order is in."""
    cuts = ("all", "all"), ("hour", oracle.hour(day, order)), ("size_bucket", oracle.size(order))
    return list(cuts) if order["group"] == 3 else []


def conditions(day: Day, order: Row) -> list[Label]:
    """Return the rows of by_condition.csv that an order is in, volatility left out."""
    met = ("phase", oracle.phase), ("spread", oracle.spread), ("volume_share", oracle.share)
    return [(name, of(day, order)) for name, of in met]


TABLES: dict[str, tuple[int, Labels]] = {  # number of key columns, the rows an order is in
    "global_summary": (0, lambda day, order: [()]),
    "by_security": (1, one(lambda day, order: day.security)),
    "by_date": (1, one(lambda day, order: day.date)),
    "by_participant": (1, one(lambda day, order: order["participant_id"])),
    "by_group": (1, one(lambda day, order: order["group"])),
    "by_time_of_day": (1, one(oracle.hour)),
    "by_order_size": (1, one(lambda day, order: oracle.size(order))),
    "unexecuted": (2, unexecuted),
    "by_condition": (2, conditions),
    "time_series": (2, lambda day, order: [(day.date, oracle.hour(day, order))]),
}


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def style_of(results: Path) -> Row:
    """Return what the tables of a run depend on beside its orders."""
    config = json.loads((results / "run.json").read_text())["config"]
    fees = any(config[name] for name in ("lit_bps", "dark_bps", "auction_bps", "booking_bps"))
    horizons = {name: [f"{s:g}" for s in config[f"{name[:-1]}_seconds"]] for name in ("markouts", "fills")}
    return {"decimals": config["price_decimals"], "markouts": horizons["markouts"], "within": horizons["fills"],
            "fees": fees, "scenarios": ["real", *config["dark_pool_scenarios"]]}  # fmt: skip


def volatility(days: list[Day]) -> Labels:
    """Return the rows of by_condition.csv by how far the mid moved: in thirds of all days of a security."""
    moved = {(day.security, day.date): oracle.ranges(day) for day in days}
    pooled: dict[str, list[int | None]] = {}
    for (security, _), found in moved.items():
        pooled.setdefault(security, []).extend(found)
    thirds = {security: oracle.terciles(found) for security, found in pooled.items()}

    def labels(day: Day, order: Row) -> list[Label]:
        bucket = moved[day.security, day.date][oracle.place(day, order)]
        return [("volatility", "no valid quote" if bucket is None else thirds[day.security][bucket])]

    return labels


def cut(days: Iterable[Day], labels: Labels) -> dict[Label, list[Row]]:
    """Return the orders of each row of a table."""
    found: dict[Label, list[Row]] = {}
    for day in days:
        for order in day.orders:
            for label in labels(day, order):
                found.setdefault(label, []).append(order)
    return found


def differences(results: Path, raw: Path) -> Iterator[str]:
    """Yield what tables say that the orders do not."""
    days, style = days_of(results, raw), style_of(results)
    style["decisions"] = "decision_time" in days[0].orders[0]
    for day in days:
        for order in day.orders:
            yield from (f"order {order['order_id']}: {fault}" for fault in oracle.unlawful(order, style["scenarios"]))
    for name, (keys, labels) in TABLES.items():
        rows = [row for row in read(results / f"{name}.csv") if row.get("condition") != "volatility"]
        yield from table_differences(name, rows, keys, cut(days, labels), style, days)
    rows = [row for row in read(results / "by_condition.csv") if row["condition"] == "volatility"]
    yield from table_differences("volatility", rows, 2, cut(days, volatility(days)), style, days)
    for day in days:
        rows = read(results / f"sec{day.security}" / day.date / "metrics.csv")
        groups = cut([day], lambda _, order: [("0",), (str(order["group"]),)])
        yield from table_differences(f"metrics of {day.security} {day.date}", rows, 1, groups, style, [day])


def table_differences(
    name: str, rows: list[dict[str, str]], keys: int, groups: dict[Label, list[Row]], style: Row, days: list[Day]
) -> Iterator[str]:
    """Yield where the rows of a table differ from the orders of their groups."""
    shown = {tuple(row.values())[:keys] for row in rows if row["orders"] != "0"}
    if shown != set(groups):
        yield f"{name}: rows {sorted(shown ^ set(groups))} are in the table or among the orders alone"
    for row in rows:
        label = tuple(row.values())[:keys]
        orders = groups.get(label, [])
        securities, partitions = {o["security"] for o in orders}, {(o["security"], o["date"]) for o in orders}
        met = [
            day for day in days
            if (day.security, day.date) in partitions or (name == "volatility" and day.security in securities)
        ]  # fmt: skip
        found = oracle.expected(orders, row["scenario"], style, met)
        for column in WITHOUT.get(name, ()):
            found.pop(column)
        for column, text in list(row.items())[keys:]:
            where = f"{name} {label} {row['scenario']} {column}"
            if column not in found:
                if text not in ("", "0", "0.0") and column != "scenario":
                    yield f"{where}: {text} is not expected"
                continue
            value, slack = found[column]
            if (text == "") != (value is None):
                yield f"{where}: {text!r}, of the orders {value}"
            elif value is not None and abs(float(text) - value) > slack + 1e-9 * abs(value) + 1e-12:
                yield f"{where}: {text}, of the orders {value} within {slack}"
        if missing := found.keys() - row.keys():
            yield f"{name} lacks {sorted(missing)}"
