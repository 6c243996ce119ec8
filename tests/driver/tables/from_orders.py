"""Whole tables of a results folder against sums made again from its order files (`tests.oracles.tables`)."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from driver.config.combinations import combination_keys
from driver.tables.column_guide import header
from driver.tables.kinds.size_intervals import GUIDES as SIZE_GUIDES
from tests.oracles import tables as oracle
from tests.oracles.raw_market import children_of, days_of, last_rows
from tests.oracles.tables import Day, Row
from tests.oracles.waits import FEW, GRID, Last, Wait, curve, waits

ORDER = ("real", "A", "B", "C", "P", "R", "R_optimistic", "R_conservative", "D")
Label = tuple[str, ...]
Labels = Callable[[Day, Row], Iterable[Label]]
PLACES = "p5", "p10", "p25", "median", "p75", "p90", "p95"
QUANTILES = [f"{what}_{place}_bps" for what in ("shortfall", "saving") for place in PLACES]
INFERRED = {name: header(columns) for name, columns in SIZE_GUIDES.items()}  # of security-days, not of orders


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
    "by_marketability": (1, one(lambda day, order: oracle.marketability(order))),
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
    asked = config["dark_pool_scenarios"]
    bounds = {"R_optimistic", "R_conservative"} if "R" in asked else set()
    scenarios = [name for name in ORDER if name == "real" or name in asked or name in bounds]
    return {"decimals": config["price_decimals"], "markouts": horizons["markouts"], "within": horizons["fills"],
            "fees": fees, "outliers": config["outliers"], "scenarios": scenarios,
            "horizon": config["horizon"]}  # fmt: skip


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
        rows = [
            row for row in read(results / f"{name}.csv")
            if row.get("condition") != "volatility" and row.get("breakdown") != "R_reason"
        ]  # fmt: skip
        yield from table_differences(name, rows, keys, cut(days, labels), style, days)
    rows = [row for row in read(results / "by_condition.csv") if row["condition"] == "volatility"]
    yield from table_differences("volatility", rows, 2, cut(days, volatility(days)), style, days)
    yield from outlier_differences(results, days, style, style["outliers"])
    if "parent_id" in days[0].orders[0]:
        yield from parent_differences(results, raw, days, style)
    yield from curve_differences(results, raw, days, style)
    for day in days:
        rows = read(results / f"sec{day.security}" / day.date / "metrics.csv")
        groups = cut([day], lambda _, order: [("0",), (str(order["group"]),)])
        yield from table_differences(f"metrics of {day.security} {day.date}", rows, 1, groups, style, [day])


def curve_differences(results: Path, raw: Path, days: list[Day], style: Row) -> Iterator[str]:
    """Yield what fill_curves.csv says that the orders do not."""
    timed = [name for name in style["scenarios"] if name not in ("A", "B", "C")]
    found: dict[Label, list[Wait]] = {}
    lasts = last_rows(raw)
    for day in days:
        for order in day.orders:
            last = asked_until(order, *lasts[str(order["order_id"]), day.date], day.session, style["horizon"])
            cuts = {"all": "all", "group": order["group"], "side": order["side"], "security_code": day.security,
                    "date": day.date, "participant_id": order["participant_id"]}  # fmt: skip
            for scenario in timed:
                for look, wait in (waits(order, last, day.session[1], scenario) or {}).items():
                    shown = cuts if scenario in ("real", "R", "D") else {"all": "all"}
                    for name, value in shown.items():
                        found.setdefault((name, str(value), scenario, look), []).append(wait)
    rows: dict[Label, list[dict[str, str]]] = {}
    for row in read(results / "fill_curves.csv"):
        rows.setdefault((row["breakdown"], row["value"], row["scenario"], row["until"]), []).append(row)
    found = {label: told for label, told in found.items() if ("unknown", 0) not in told}
    if rows.keys() != found.keys():
        yield f"fill_curves: {rows.keys() ^ found.keys()}"
    for label in rows.keys() & found.keys():
        expected = curve(found[label], GRID if label[0] == "all" else FEW)
        if len(expected) != len(rows[label]):
            yield f"fill_curves {label}: {len(rows[label])} rows of {len(expected)}"
        for row, told in zip(rows[label], expected, strict=False):
            wrong = {name: row[name] for name, value in told.items() if not agree(row[name], value)}
            if wrong:
                yield f"fill_curves {label} {row['seconds']}: {wrong} of {told}"


def agree(text: str, value: float | None) -> bool:
    """Return whether a cell of a table shows a value: a count exactly, a share to 1e-9."""
    if value is None or text == "":
        return value is None and text == ""
    return int(text) == value if isinstance(value, int) else abs(float(text) - value) <= 1e-9 * max(1.0, abs(value))


def asked_until(order: Row, reason: int, status: int, validity: int, session: tuple[int, int], horizon: str) -> Last:
    """Return how an order's last row tells it ended, and until when it is asked to rest in the dark (decisions 20).

    By the usual horizon that is 300 s of who filled, the order's own end of others; by ``close`` the session's end.
    """
    bounces = validity == 0
    if validity == -1:
        over = order["leaves_quantity"] <= 0 or reason in (1, 9, 24) or status in (2, 4)
        bounces = over and order["arrival_time"] == order["end_time"]
    if order["order_type"] & (64 | 4096):
        return Last(reason, status, bounces)
    rests = max(order["arrival_time"], session[0]) + 300 * 10**9 if order["filled_quantity"] else order["end_time"]
    if horizon == "close":
        rests = session[1]
    return Last(reason, status, bounces, min(rests, session[1]))


def outlier_differences(results: Path, days: list[Day], style: Row, kept: int) -> Iterator[str]:
    """Yield where outliers.csv is not the orders of largest cost of the run."""
    cost = {
        (day.security, day.date, o["order_id"]):
        (o["shortfall_bps"] * oracle.value(o) / 20_000 / 10 ** style["decimals"], o)
        for day in days for o in day.orders if o["shortfall_bps"]
    }  # fmt: skip
    largest = sorted((abs(amount) for amount, _ in cost.values()), reverse=True)[:kept]
    rows = read(results / "outliers.csv")
    if len(rows) != len(largest):
        yield f"outliers: {len(rows)} of {len(largest)}"
    for row, size in zip(rows, largest, strict=False):
        own, order = cost[row["security_code"], row["date"], int(row["order_id"])]
        if abs(float(row["shortfall_value"]) - own) > 1e-12 * size or abs(abs(own) - size) > 1e-12 * size:
            yield f"outliers: {row['order_id']} has {row['shortfall_value']}, {own} by its orders, {size} is due"
        for name in ("shortfall_bps", *(f"{scenario}_saving_bps" for scenario in style["scenarios"][1:])):
            if row[name] and abs(float(row[name]) - order[name]) > 1e-12 * (
                abs(order[name]) + abs(order["shortfall_bps"])
            ):
                yield f"outliers: {row['order_id']} has {name} {row[name]}, of the order {order[name]}"
        if row["shortfall_z"] == "":
            yield f"outliers: {row['order_id']} has no z"


def parent_differences(results: Path, raw: Path, days: list[Day], style: Row) -> Iterator[str]:
    """Yield where by_parent.csv differs from the children of each parent."""
    lives = children_of(raw)
    rows = {(r["security_code"], r["date"], r["parent_id"], r["scenario"]): r for r in read(results / "by_parent.csv")}
    for day in days:
        for (parent,), children in cut([day], one(lambda _, o: o["parent_id"])).items():
            for scenario in style["scenarios"]:
                row = rows.pop((day.security, day.date, parent if parent != "None" else "", scenario))
                if oracle.not_known(children, scenario):
                    if row["filled_quantity"] or row["shortfall_bps"]:
                        yield f"by_parent {parent} {scenario} is not known of all children"
                    continue
                for name, (value, slack) in parent_row(children, scenario, lives).items():
                    if row[name] == "" or abs(float(row[name]) - value) > slack + 1e-9 * abs(value):
                        yield f"by_parent {parent} {scenario} {name}: {row[name]}, of its children {value}"
    yield from (f"by_parent: {key} is of no order" for key in rows)


def parent_row(
    children: list[Row], scenario: str, lives: dict[tuple[str, str], list[tuple[int, int]]]
) -> dict[str, tuple[float, float]]:
    """Return what by_parent.csv must say of the children of one parent."""
    filled = oracle.column(scenario, "filled_quantity")
    first, known = children[0], [o for o in children if oracle.priced(o)]
    whole = {
        "orders": len(children),
        "order_quantity": sum(o["order_quantity"] for o in children),
        "filled_quantity": sum(o[filled] for o in children),
        "priced_orders": len(known),
        "arrival_time": min(o["arrival_time"] for o in children),
        "end_time": max(o["end_time"] for o in children),
    }
    out = {name: (float(value), 0.0) for name, value in whole.items()}
    if first["parent_id"] is None:
        return out
    states = []
    for o in children:
        life = lives[str(o["order_id"]), o["date"]]
        ended = max(o["end_time"], o["arrival_time"] + 1), o["filled_quantity"]
        states.append([*(life[:-1] or life), ended])
    out["peak_quantity"] = float(oracle.peak(states)), 0.0
    out["notional"] = math.fsum(oracle.notional(o, scenario) for o in children), 0.0
    if known and first["mid"] is not None:
        signed = [o["order_quantity"] * (1 if o["side"] == 1 else -1) for o in known]
        drift = sum(shares * round(2 * (o["mid"] - first["mid"])) for shares, o in zip(signed, known, strict=True))
        names = "shortfall_bps", oracle.column(scenario, "shortfall_bps")
        real, cost = (sum(oracle.cost_units(o, name) for o in known) for name in names)
        base = sum(map(abs, signed)) * round(2 * first["mid"]) * oracle.SCALE
        drift *= oracle.SCALE
        out |= {"mid": (first["mid"], 0.0), "drift_bps": (10_000 * drift / base, 0.0)}
        out |= {"shortfall_bps": (10_000 * (cost + drift) / base, 0.0), "shortfall_cost": (cost + drift, 0.0)}
        out |= {"saving_bps": (10_000 * (real - cost) / base, 0.0), "orders_cost": (cost, 0.0)}
    return out


def _counted_by(count: str, row: dict[str, str]) -> list[str]:
    """Return the figures that a column counts the orders of, by the names of the columns alone."""
    name = count.removesuffix("_orders")
    later = name.removeprefix("impact_")
    alike = {"effective_spread": "eq_ratio", f"impact_{later}": f"adverse_selection_{later}_bps"}.get(name, "")
    by_fill = ("average_fill_size", "time_between_fills_s") if name == "fill_span" else ()
    return [one for one in (f"{name}_bps", f"{name}_s", alike, *by_fill) if one in row]


def few_words(row: dict[str, str]) -> set[str]:
    """Return which figures of a row are of one to four orders, by its own counts; of a row not known none."""
    if row["filled_quantity"] == "":
        return set()
    if 0 < int(row["orders"]) < 5:
        return {"all"}
    counts = {name: int(row[name] or 0) for name in row if name.endswith("_orders") and name != "few_orders"}
    small = [name for name, held in counts.items() if 0 < held < 5]
    words = {"priced_orders": ["costs"], "engaged_orders": ["engaged"]}
    return {one for name in small for one in words.get(name) or _counted_by(name, row)}


def table_differences(
    name: str, rows: list[dict[str, str]], keys: int, groups: dict[Label, list[Row]], style: Row, days: list[Day]
) -> Iterator[str]:
    """Yield where the rows of a table differ from the orders of their groups."""
    is_combination = name not in TABLES and bool(combination_keys(f"{name}.csv"))
    shown = {tuple(row.values())[:keys] for row in rows if row["orders"] != "0"}
    if shown != set(groups):
        yield f"{name}: rows {sorted(shown ^ set(groups))} are in the table or among the orders alone"
    for row in rows:
        label = tuple(row.values())[:keys]
        orders = groups.get(label, [])
        partitions = {(o["security"], o["date"]) for o in orders}
        met = [day for day in days if (day.security, day.date) in partitions]
        found = oracle.expected(orders, row["scenario"], style, met)
        for column in QUANTILES if name == "time_series" or is_combination else []:
            found.pop(column)
        for column, text in list(row.items())[keys:]:
            where = f"{name} {label} {row['scenario']} {column}"
            if column == "few_orders":
                if set(text.split()) != few_words(row):
                    yield f"{where}: {text}, by its counts {few_words(row)}"
                continue
            if column in INFERRED.get(name, ()):
                continue
            if column not in found:
                if text not in ("", "0", "0.0") and column != "scenario":
                    yield f"{where}: {text} is not expected"
                continue
            value, slack = found[column]
            if (text == "") != (value is None):
                yield f"{where}: {text!r}, of the orders {value}"
            elif value is not None and abs(float(text) - value) > slack + 1e-9 * abs(value):
                yield f"{where}: {text}, of the orders {value} within {slack}"
        if missing := found.keys() - row.keys():
            yield f"{name} lacks {sorted(missing)}"
