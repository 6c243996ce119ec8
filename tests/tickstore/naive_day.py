"""A second, slow way to build a day's columns from rows, in plain Python; it shares no code with the store."""

from typing import Any

Row = dict[str, int]
LAST_DARK = {46: 1, 47: 1, 49: 1, 50: 1, 51: 1, 52: 1, -1: 0}
VENUES = {1: 0, 20: 2, 90: 2, 44: 3, 45: 3, 48: 3, 91: 3, 3: 4, 5: 4, 7: 4, 36: 4, 43: 4} | LAST_DARK


def naive_sorted(rows: list[Row]) -> list[Row]:
    """Sort by time, sequence, place; drop rows that repeat an earlier one, where there is a sequence."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda r: (r["timestamp"], r["sequence"])):
        if row["sequence"] == 0 or row not in kept:
            kept.append(row)
    return kept


def naive_day(orders: list[Row], trades: list[Row], nbbo: list[Row]) -> dict[str, list[Any]]:
    """Return column path -> values for a partition's rows in the order of the input."""
    orders, trades, nbbo = naive_sorted(orders), naive_sorted(trades), naive_sorted(nbbo)
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
            "parent_quantity": max(r["leaves_quantity"] + r["matched_quantity"] for r in life)
            - first["matched_quantity"],
            "leaves_quantity": last["leaves_quantity"],
            "matched_quantity": last["matched_quantity"] - first["matched_quantity"],
            "carried_quantity": first["matched_quantity"],
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
