"""The figures by which a generated day is held against a real one; run as a program it prints the table.

    python -m tests.marketgen.calibration REAL_DAY_FOLDER

Orders are those of Centre Point and sweep types, as only these are complete in the real day's file.
"""

import csv
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

Row = dict[str, str]
NS = 10**9
DAY_ORDERS = 13_500  # entered in all, of which about 8,262 are dark or sweeps


def read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def kind_of(row: Row) -> str:
    bits = int(row["exchangeordertype"])
    return "sweep" if bits & 2048 else "block" if bits & 4096 else "centre point"


def shares(counts: Counter[str], names: tuple[str, ...], total: int) -> dict[str, float]:
    return {name: 100 * counts[name] / total for name in names}


def lives(orders: list[Row]) -> list[list[Row]]:
    """Rows of each dark order or sweep, in the order of time."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in orders:
        if row["exchangeordertype"] not in ("", "0"):
            found[row["order_id"]].append(row)
    return [sorted(rows, key=lambda r: (int(r["timestamp"]), int(r["sequence"]))) for rows in found.values()]


def order_figures(orders: list[Row]) -> dict[str, float]:
    each = lives(orders)
    counts: Counter[str] = Counter()
    ages = []
    for rows in each:
        first, last = rows[0], rows[-1]
        kind = kind_of(last)
        counts[kind] += 1
        matched, leaves = int(last["totalmatchedquantity"]), int(last["leavesquantity"])
        fate = "untouched" if not matched else "full" if not leaves else "partly filled"
        counts[f"{kind} {fate}"] += 1
        counts[f"{kind} fill-and-kill"] += last["timevalidity"] == "0"
        counts["with a minimum"] += int(last["minimumquantity"] or 0) > 0
        changes = [b for a, b in pairwise(rows) if (a["price"], a["quantity"]) != (b["price"], b["quantity"])]
        counts["amended"] += bool(changes)
        ages.append((int(last["timestamp"]) - int(first["timestamp"])) / NS)
    ages.sort()
    n = len(each)
    figures = {"events per order": sum(map(len, each)) / n}
    figures |= {
        f"{k}, % of orders": 100 * counts[k] / n
        for k in ("sweep", "block", "centre point", "amended", "with a minimum")
    }
    for kind in ("sweep", "block", "centre point"):
        for fate in ("full", "partly filled", "untouched", "fill-and-kill"):
            figures[f"{kind} {fate}, %"] = 100 * counts[f"{kind} {fate}"] / counts[kind]
    return figures | {f"life, quantile {q} %, s": ages[n * q // 100] for q in (50, 75, 90)}


def trade_figures(trades: list[Row], tick: int) -> dict[str, float]:
    rows: Counter[str] = Counter(row["dealsourcedecoded"] for row in trades)
    volume: Counter[str] = Counter()
    spreads: Counter[str] = Counter()
    for row in trades:
        volume[row["dealsourcedecoded"]] += int(row["quantity"])
        bid, offer = int(row["nationalbidpricesnapshot"]), int(row["nationalofferpricesnapshot"])
        gap = (offer - bid) // tick
        spreads["locked" if gap == 0 else "crossed" if gap < 0 else f"{gap} tick" if gap < 3 else "wider"] += 1
    names: tuple[str, ...] = (
        "Continuous Lit",
        "Continuous Lit UCP",
        "Centre Point",
        "Centre Point Preferencing",
        "Centre Point UCP",
    )
    names += ("Auction", "Auction UCP", "Trade Report Crossings")
    figures = {f"{k}, % of fills": v for k, v in shares(rows, names, len(trades)).items()}
    figures |= {f"{k}, % of volume": v for k, v in shares(volume, names, sum(volume.values())).items()}
    kinds = ("1 tick", "2 tick", "wider", "locked", "crossed")
    return figures | {f"spread {k} at fills, %": v for k, v in shares(spreads, kinds, len(trades)).items()}


def profile(orders: list[Row], open_utc: int) -> dict[str, float]:
    """Share of entries per hour of the local day; ``open_utc`` is the UTC hour of 10:00."""
    hours = Counter((int(rows[0]["timestamp"]) // (3_600 * NS) - open_utc) % 24 + 10 for rows in lives(orders))
    return {f"entries {h}:00, %": 100 * hours[h] / hours.total() for h in range(10, 16)}


def figures(folder: Path, open_utc: int, tick: int = 10) -> dict[str, float]:
    orders, trades = read(folder / "orders.csv"), read(folder / "trades.csv")
    return order_figures(orders) | trade_figures(trades, tick) | profile(orders, open_utc)


def generated_figures(folder: Path) -> dict[str, float]:
    """Return the mean of some days: the auctions of one are a few large orders, 16 to 29 % of its volume."""
    from marketgen import MarketSpec, generate

    days = []
    for seed in range(4):
        spec = MarketSpec((101,), date_end="2024-01-01", orders=DAY_ORDERS, truth="none", seed=seed)
        generate(spec, folder / str(seed))
        days.append(figures(folder / str(seed), 23))
    return {key: sum(day[key] for day in days) / len(days) for key in days[0]}


if __name__ == "__main__":
    real = figures(Path(sys.argv[1]), 0)
    with TemporaryDirectory() as name:
        made = generated_figures(Path(name))
    lines = ["| figure | real day | generated |", "|---|---:|---:|"]
    lines += [f"| {key} | {value:.1f} | {made[key]:.1f} |" for key, value in real.items()]
    sys.stdout.write("\n".join(lines) + "\n")
