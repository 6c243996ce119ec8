"""A second, slow way to build a day's columns from rows, in plain Python; it shares no code with the store."""

from itertools import pairwise
from typing import Any

from tests.oracles.lives import naive_life

Row = dict[str, int]
LAST_DARK = {46: 1, 47: 1, 49: 1, 50: 1, 51: 1, 52: 1, -1: 0}
VENUES = {1: 0, 20: 2, 90: 2, 44: 3, 45: 3, 48: 3, 91: 3, 3: 4, 5: 4, 7: 4, 36: 4, 43: 4} | LAST_DARK


REPORTS = (3, 5, 7, 36, 43)


def naive_sorted(rows: list[Row], duplicates: str = "reject", orders: list[Row] | None = None) -> list[Row]:
    """Sort by time, sequence, place; drop rows that repeat an earlier one, where there is a sequence.

    ``auto`` drops none where rows that differ share time and sequence, and of trades none whose order needs it.
    """
    rows = sorted(rows, key=lambda r: (r["timestamp"], r["sequence"]))
    copies = [n for n, row in enumerate(rows) if row["sequence"] != 0 and row in rows[:n]]
    if duplicates == "keep":
        copies = []
    if duplicates == "auto":
        for one in rows:
            for other in rows:
                same = one["timestamp"] == other["timestamp"] and one["sequence"] == other["sequence"] != 0
                if same and one != other:
                    copies = []
        if orders is not None and copies:
            needed = naive_needed(rows, copies, orders)
            copies = [n for n in copies if n not in needed]
    return [row for n, row in enumerate(rows) if n not in copies]


def naive_needed(trades: list[Row], copies: list[int], orders: list[Row]) -> set[int]:
    """Return the repeated trades without which an order's fills would not add up to its matched counter."""
    opinions: dict[int, str] = {}
    for number in {trades[n]["order_id"] for n in copies}:
        matched = [row["matched_quantity"] for row in orders if row["order_id"] == number]
        mine = [n for n, t in enumerate(trades) if t["order_id"] == number and t.get("deal_source") not in REPORTS]
        whole = sum(trades[n]["quantity"] for n in mine)
        less = sum(trades[n]["quantity"] for n in mine if n not in copies)
        right = {matched[-1], matched[-1] - matched[0]} if matched else set()
        opinions[number] = {(True, False): "needed", (False, True): "copies"}.get((whole in right, less in right), "")
    said = set(opinions.values()) - {""}
    follow = said == {"needed"}
    return {
        n
        for n in copies
        if opinions[trades[n]["order_id"]] == "needed" or (follow and not opinions[trades[n]["order_id"]])
    }


def naive_turned(files: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Return the rows of a table's files from their ends where times fall and the sequence never does, which they lose.

    A file of one instant that has no sequence is turned round where another one is, and none is in order.
    """

    def steps(rows: list[dict[str, Any]], name: str) -> set[int]:
        return {(b[name] > a[name]) - (b[name] < a[name]) for a, b in pairwise(rows)}

    ways = [(steps(rows, "timestamp"), steps(rows, "sequence")) for rows in files]
    turned = [-1 in times and 1 not in times and -1 not in numbers for times, numbers in ways]
    if any(turned) and not any(1 in times or -1 in numbers for times, numbers in ways):
        for n, (rows, (times, _)) in enumerate(zip(files, ways, strict=True)):
            turned[n] |= times <= {0} and not any(row["sequence"] for row in rows)
    return [
        [row | {"sequence": 0} for row in rows[::-1]] if back else rows
        for rows, back in zip(files, turned, strict=True)
    ]


def naive_day(orders: list[Row], trades: list[Row], nbbo: list[Row]) -> dict[str, list[Any]]:
    """Return column path -> values for a partition's rows in the order of the input."""
    orders = naive_sorted(orders, "auto")
    trades, nbbo = naive_sorted(trades, "auto", orders), naive_sorted(nbbo, "keep")
    ids = list(dict.fromkeys(row["order_id"] for row in orders))
    rows_of = {i: [n for n, row in enumerate(orders) if row["order_id"] == i] for i in ids}
    out: dict[str, list[Any]] = {}

    def quote_before(time: int) -> int:
        return sum(1 for q in nbbo if q["timestamp"] < time) - 1

    for name in ("timestamp", "sequence", "price", "quantity", "leaves_quantity", "matched_quantity"):
        out[f"events/{name}"] = [row[name] for row in orders]
    out["events/order_index"] = [ids.index(row["order_id"]) for row in orders]
    out["events/next_row"] = [
        min((m for m in rows_of[row["order_id"]] if m > n), default=-1) for n, row in enumerate(orders)
    ]
    groups = [[t for t in trades if t["order_id"] == i] for i in ids]
    groups.append([t for t in trades if t["order_id"] not in ids])
    fills = [t for group in groups for t in group]
    for k, i in enumerate(ids):
        life = [orders[n] for n in rows_of[i]]
        first, last = life[0], life[-1]
        values = {
            "order_id": i,
            "participant": first["participant"],
            "side": first["side"],
            "first_row": rows_of[i][0],
            "last_row": rows_of[i][-1],
            "arrival_time": first["timestamp"],
            "end_time": last["timestamp"],
            "limit_price": first["price"],
            "leaves_quantity": last["leaves_quantity"],
            **naive_life(life, groups[k], bool(trades)),
            "arrival_quote": quote_before(first["timestamp"]),
            "end_quote": quote_before(last["timestamp"]),
            "first_fill": sum(len(group) for group in groups[:k]),
            "fill_count": len(groups[k]),
            "fills_before_arrival": sum(1 for t in trades if t["timestamp"] < first["timestamp"]),
            "fills_before_end": sum(1 for t in trades if t["timestamp"] < last["timestamp"]),
        }
        for name, value in values.items():
            out.setdefault(f"orders/{name}", []).append(value)
    for name in ("timestamp", "sequence", "order_id", "price", "quantity", "side", "deal_source"):
        out[f"fills/{name}"] = [t[name] for t in fills]
    out["fills/order_index"] = [ids.index(t["order_id"]) if t["order_id"] in ids else -1 for t in fills]
    out["fills/quote"] = [quote_before(t["timestamp"]) for t in fills]
    out["fills/venue"] = [VENUES.get(t["deal_source"], 5) for t in fills]
    places = {id(t): n for n, t in enumerate(fills)}
    out["fills/by_time"] = [places[id(t)] for t in trades]
    for name in ("timestamp", "sequence", "bid", "offer"):
        out[f"quotes/{name}"] = [q[name] for q in nbbo]
    return out
