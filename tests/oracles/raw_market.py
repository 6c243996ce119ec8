"""What tables are cut by beside the orders' own columns, from the exchange's raw files: quotes, volumes, dates."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracles.day import NULL, naive_trade_date
from tests.oracles.tables import Day

IN_DARK = {46, 47, 49, 50, 51, 52}
ON_MARKET = {1, 20, 90} | IN_DARK
TEXTS = ("benchmark", "participant_id", "security_code", "trade_date")
DATES: dict[tuple[int, str], str] = {}


def number(name: str, text: str) -> Any:
    """Return a cell of an order file: whole numbers as such, others as floats, an empty one as None."""
    if text == "" or name in TEXTS:
        return text or None
    return float(text) if any(c in text for c in ".en") else int(text)


def read_orders(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an order file."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="") as file:
        return [{name: number(name, text) for name, text in row.items()} for row in csv.DictReader(file)]


def cells(path: Path) -> Iterable[dict[str, str]]:
    """Yield the rows of a raw file."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def date_of(ns: int, zone: str) -> str:
    """Return the trade date of an instant; one look a minute is enough."""
    minute = ns // (60 * 10**9)
    if (minute, zone) not in DATES:
        DATES[minute, zone] = naive_trade_date(ns, ZoneInfo(zone)).isoformat()
    return DATES[minute, zone]


def children_of(raw: Path, zone: str = "Australia/Sydney") -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return (time, filled or open from then on) at each event of an order, by order id and trade date."""
    events = defaultdict[tuple[str, str], list[tuple[int, int, int, int]]](list)
    for row in cells(raw / "orders.csv"):
        time = int(row["timestamp"])
        state = int(row["leavesquantity"]), int(row["totalmatchedquantity"])
        events[row["order_id"], date_of(time, zone)].append((time, int(row["sequence"]), *state))
    for rows in events.values():
        rows.sort()
    return {key: [(t, leaves + done - rows[0][3]) for t, _, leaves, done in rows] for key, rows in events.items()}


def last_rows(raw: Path, zone: str = "Australia/Sydney") -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return change reason, status and time validity on the last row of an order, by order id and trade date."""
    found: dict[tuple[str, str], tuple[tuple[int, int], tuple[int, int, int]]] = {}
    for row in cells(raw / "orders.csv"):
        time = int(row["timestamp"]), int(row["sequence"])
        told = [int(row.get(name) or -1) for name in ("changereason", "orderstatus", "timevalidity")]
        key = row["order_id"], date_of(time[0], zone)
        if key not in found or found[key][0] < time:
            found[key] = time, (told[0], told[1], told[2])
    return {key: told for key, (_, told) in found.items()}


def days_of(results: Path, raw: Path, zone: str = "Australia/Sydney") -> list[Day]:
    """Return every partition of a run in the order of the plan, with the market of its raw files."""
    days = []
    for path in sorted(results.glob("sec*/*/orders.*"), key=lambda path: (int(path.parts[-3][3:]), path.parts[-2])):
        security, date = path.parts[-3].removeprefix("sec"), path.parts[-2]
        orders = [order | {"security": security, "date": date} for order in read_orders(path)]
        days.append(Day(security, date, orders, zone))
    volume, dark, quotes = defaultdict[Any, int](int), defaultdict[Any, int](int), defaultdict[Any, list[Any]](list)
    for row in cells(raw / "trades.csv"):
        key = row["securitycode"], date_of(int(row["tradetime"]), zone)
        volume[key] += int(row["quantity"]) * (int(row["dealsource"]) in ON_MARKET)
        dark[key] += int(row["quantity"]) * (int(row["dealsource"]) in IN_DARK)
    for row in cells(raw / "nbbo.csv"):
        time, sides = int(row["timestamp"]), (int(row["bidprice"]), int(row["offerprice"]))
        quote = time, *(None if price == NULL else price for price in sides)
        quotes[row["orderbookid"], date_of(time, zone)].append((quote, int(row["sequence"])))
    for day in days:
        key = day.security, day.date
        day.volume, day.dark = volume[key] // 2, dark[key] // 2  # a match has two rows
        day.quotes = [quote for quote, _ in sorted(quotes[key], key=lambda pair: (pair[0][0], pair[1]))]
    return days
