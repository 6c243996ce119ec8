"""The question in pandas: whole columns, ``merge_asof`` and one ``groupby`` a step, a partition at a time.

It reads the prepared Parquet files that `polar.load` wrote: pandas has no better store, and would make them slower.
"""

from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from perf.peers import question as q
from perf.peers.polar import PREPARED
from perf.peers.question import Market, Partition

BPS: Final = 10_000.0
METRICS: Final = (
    "arrival_slippage", "vwap_slippage", "effective_spread", "price_improvement",
    *(f"{name}_{h}s" for h in q.HORIZONS for name in ("markout", "realised_spread")),
)  # fmt: skip
Frame = Any  # pandas has no types of its own that are checked
Quote = tuple[int, float, float]  # time, bid, offer; 0 and NaN where there is none


def mid2(bid: Frame, offer: Frame) -> Frame:
    """Return bid + offer of valid quotes, NaN for others."""
    return (bid + offer).where((bid > 0) & (offer >= bid))


def asof(left: Frame, right: Frame, time: str, strictly: bool) -> Frame:
    """Return sorted rows with the last row of ``right`` before, or at, their time."""
    found = pd.merge_asof(left, right, left_on=time, right_on="at", allow_exact_matches=not strictly)
    return found.drop(columns="at")


def session_quotes(partition: Partition, quotes: Frame) -> tuple[Quote, Quote]:
    """Return the opening quote of a partition and its closing one."""
    t, valid = quotes["t"], (quotes["bid"] > 0) & (quotes["offer"] >= quotes["bid"])
    first = quotes[valid & t.between(partition.start, partition.start + q.OPENING)].head(1)
    opening = first if len(first) else quotes[t < partition.start].tail(1)
    closing = quotes[t < partition.end].tail(1)
    found = [next(frame.itertuples(index=False, name=None), (0, np.nan, np.nan)) for frame in (opening, closing)]
    return found[0], found[1]


def traded(fills: Frame, quotes: Frame) -> Frame:
    """Return what the fills of each order add up to, with the mids at each horizon after them."""
    mids = pd.DataFrame({"at": quotes["t"], "later": mid2(quotes["bid"], quotes["offer"])})
    f = fills[(fills["venue"] != q.REPORT) & fills["o"].notna()].copy()
    f["o"] = f["o"].astype(np.int64)
    market, price2, shares = f["venue"] < q.BOOKED, 2 * f["price"], f["quantity"]
    mid, side = mid2(f["bid"], f["offer"]).where(market), f["order_side"]
    weight, quoted = shares / mid, mid.notna()
    left = f["order_quantity"] - f["order_quantity"] // 2 - f["before"]
    f["paid"], f["rest2"] = f["price"] * shares, price2 * np.minimum(shares, left).clip(lower=0)
    f["market"], f["market_notional"] = shares.where(market, 0), f["paid"].where(market, 0)
    f["quoted"], f["against"] = shares.where(quoted, 0), weight * side * (price2 - mid)
    f["width"] = weight * (f["offer"] - f["bid"])
    for h in q.HORIZONS:
        later = asof(pd.DataFrame({"then": f["t"] + h * q.SECOND}), mids, "then", strictly=True)["later"].to_numpy()
        f[f"gain{h}"], f[f"lost{h}"] = weight * side * (later - price2), quoted & np.isnan(later)
    added = ["quantity", "paid", "rest2", "market", "market_notional", "quoted", "against", "width"]
    groups = f.groupby("o", sort=False)
    sums = groups[[*added, *(f"{what}{h}" for h in q.HORIZONS for what in ("gain", "lost"))]].sum()
    times = groups["t"]
    sums["first_t"], sums["last_t"], sums["fills"] = times.min(), times.max(), times.size()
    known = sums["quoted"].where(sums["quoted"] > 0)
    for name in ("against", "width"):
        sums[name] /= known
    for h in q.HORIZONS:
        sums[f"gain{h}"] = (sums[f"gain{h}"] / known).where(sums[f"lost{h}"] == 0)
    return sums.rename(columns={"quantity": "filled", "paid": "notional"})


def met(orders: Frame, fills: Frame) -> Frame:
    """Return what the market printed over the life of each of the orders."""
    p = fills[(fills["side"] == 1) & (fills["venue"] < q.BOOKED) & ~fills["deal"].isin(q.BLOCK_DEALS)]
    worth = (2 * p["price"] * p["quantity"]).cumsum()
    prints = pd.DataFrame({"at": p["t"], "v": p["quantity"].cumsum(), "n": worth})
    life = orders[["arrival", "end_time"]].reset_index(names="o").sort_values("arrival")
    life = asof(life, prints.rename(columns={"v": "v0", "n": "n0"}), "arrival", strictly=True).sort_values("end_time")
    life = asof(life, prints, "end_time", strictly=False).set_index("o").fillna(0)
    return pd.DataFrame({"volume": life["v"] - life["v0"], "notional2": life["n"] - life["n0"]})


def answers(partition: Partition, orders: Frame, fills: Frame, quotes: Frame) -> Frame:
    """Return the measures of every order: the columns of its file, then what tables need."""
    sums = traded(fills, quotes)
    whole = list(sums.columns.difference(["against", "width", *(f"gain{h}" for h in q.HORIZONS)]))
    sums = sums.astype(dict.fromkeys(whole, np.int64))  # sums below 2^53, times were never floats
    rows = pd.RangeIndex(len(orders))
    found = orders.set_index("o").join([sums[whole].reindex(rows, fill_value=0), sums.drop(columns=whole)])
    found = found.join(met(found[found["market"] > 0], fills))
    benched(found, partition, *session_quotes(partition, quotes))
    simulated(found)
    return measured(found, partition)


def benched(f: Frame, partition: Partition, opening: Quote, closing: Quote) -> None:
    """Add windows and benchmarks."""
    start, end = partition.start, partition.end
    f["b0"], f["w1"] = f["arrival"].clip(lower=start), f["end_time"].clip(upper=end)
    for name, time in (("arrival", f["arrival"]), ("end", f["end_time"])):
        for k, side in enumerate(("bid", "offer"), 1):
            f[f"{name}_{side}"] = np.select([time <= start, time >= end], [opening[k], closing[k]], f[f"{name}_{side}"])
    known = np.where(f["arrival"] <= start, max(start, opening[0]), f["arrival"])
    f["lived"] = f["b0"] <= f["w1"]
    late = ((f["fills"] > 0) & (f["first_t"] < known)) | (f["lived"] & (f["w1"] < known))
    f.loc[late, ["arrival_bid", "arrival_offer"]] = np.nan
    f["m0"], f["mt"] = mid2(f["arrival_bid"], f["arrival_offer"]), mid2(f["end_bid"], f["end_offer"])


def simulated(f: Frame) -> None:
    """Add what each scenario fills, for how much, and what it costs."""
    side, limit, m0, asked = f["side"].astype(np.int64), f["limit_price"], f["m0"], f["quantity"]
    ticks = np.select([limit >= start for start, _ in q.TICKS], [tick for _, tick in q.TICKS])
    limit2 = 2 * limit + np.where(f["mid_tick"].isin(q.MID_TICK_HALF), side * ticks, 0)
    free, plays, moved = limit <= 0, f["lived"] & m0.notna(), m0 * (1 + side * q.IMPACT)
    at_mid, at_moved = free | (side * m0 <= side * limit2), free | (side * moved <= side * limit2)
    dark, other = (asked // 2).where(at_mid, 0), (asked - asked // 2).where(at_moved, 0)
    rest = np.minimum(f["filled"], asked - asked // 2)
    whole = asked.where(at_mid, 0)
    f["real_q"], f["real_n"] = f["filled"], 2.0 * f["notional"]
    scenarios = {
        "A": (whole, whole * m0),
        "B": (dark + rest, dark * m0 + f["rest2"]),
        "C": (dark + other, ((dark * m0 + other * moved) * q.SCALE).round() / q.SCALE),
    }
    for s, (shares, amount) in scenarios.items():
        f[f"{s}_q"], f[f"{s}_n"] = shares.where(plays, f["filled"]), amount.where(plays, f["real_n"])
    f["base"] = (m0 * asked).where(m0.notna() & f["mt"].notna() & (asked > 0))
    for s in q.SCENARIOS:
        cost = side * (f[f"{s}_n"] - f[f"{s}_q"] * m0 + (asked - f[f"{s}_q"]) * (f["mt"] - m0))
        f[f"{s}_cost"] = cost.where(f["base"].notna())


def measured(f: Frame, partition: Partition) -> Frame:
    """Return the columns of the order file, then what tables need."""
    done, filled = np.maximum(f["matched"], f["filled"]), f["filled"].where(f["filled"] > 0)
    traded_at = {name: pd.to_datetime(f[name]).where(f["fills"] > 0) for name in ("first_t", "last_t")}
    real = BPS * f["real_cost"] / f["base"]
    columns = {
        "security_code": int(partition.security), "trade_date": date.fromisoformat(partition.date),
        "order_id": f["order_id"], "participant_id": f["participant"], "side": np.where(f["side"] > 0, 1, 2),
        "order_type": f["kind"], "arrival_time": pd.to_datetime(f["arrival"]),
        "end_time": pd.to_datetime(f["end_time"]), "limit_price": f["limit_price"], "order_quantity": f["quantity"],
        "filled_quantity": f["filled"], "leaves_quantity": f["leaves"],
        "group": np.select([done == 0, f["leaves"] == 0], [3, 1], 2), "vwap": f["notional"] / filled,
        "first_fill_time": traded_at["first_t"], "last_fill_time": traded_at["last_t"], "fills": f["fills"],
        "arrival_bid": f["arrival_bid"], "arrival_offer": f["arrival_offer"], "shortfall_bps": real,
    }  # fmt: skip
    for s in q.SIMULATED:
        shares, shortfall = f[f"{s}_q"], BPS * f[f"{s}_cost"] / f["base"]
        columns |= {
            f"{s}_filled_quantity": shares.astype(np.int64),
            f"{s}_price": f[f"{s}_n"] / (2 * shares.where(shares > 0)),
            f"{s}_shortfall_bps": shortfall,
            f"{s}_saving_bps": BPS * (f["real_cost"] - f[f"{s}_cost"]) / f["base"],
        }
    return pd.DataFrame(columns | for_tables(f, partition))


def for_tables(f: Frame, partition: Partition) -> dict[str, Frame]:
    """Return the columns that only tables need."""
    side, market, m0 = f["side"], f["market"].where(f["market"] > 0), f["m0"]
    price2, volume = 2 * f["market_notional"] / market, f["volume"].where(f["volume"] > 0)
    columns = {
        "hour": (f["b0"] + partition.offset) // q.HOUR % 24,
        "size_bucket": sum((f["quantity"] > edge).astype(np.int8) for edge in q.SIZE_EDGES),
        "base": f["base"].where(f["lived"]),
        **{f"{s}_cost": f[f"{s}_cost"].where(f["lived"]) for s in q.SCENARIOS},
        "wanted": f["filled"] + f["leaves"], "notional": f["notional"], "value": 2 * f["market_notional"],
        "arrival_slippage": side * (price2 - m0) / m0,
        "vwap_slippage": side * (price2 * volume - f["notional2"]) / f["notional2"],
        "effective_spread": 2 * f["against"], "price_improvement": f["width"] - f["against"],
    }  # fmt: skip
    for h in q.HORIZONS:
        columns |= {f"markout_{h}s": f[f"gain{h}"], f"realised_spread_{h}s": -2 * f[f"gain{h}"]}
    return columns


def partial_sums(found: Frame) -> dict[str, Frame]:
    """Return, for each key of a table, what a partition adds to its rows."""
    added = {"order_quantity": found["order_quantity"], "priced_orders": found["base"].notna(), "base": found["base"]}
    for s in q.SCENARIOS:
        shares = found["filled_quantity" if s == "real" else f"{s}_filled_quantity"]
        full = shares >= found["wanted"]
        added |= {
            f"{s}_fully_filled": (shares > 0) & full, f"{s}_partially_filled": (shares > 0) & ~full,
            f"{s}_not_executed": shares <= 0, f"{s}_filled_quantity": shares, f"{s}_cost": found[f"{s}_cost"],
        }  # fmt: skip
    added["notional"] = found["notional"]
    for name in METRICS:
        added[name] = found["value"] * found[name]
        added[f"{name}_weight"] = found["value"].where(found[name].notna())
    frame, sums = pd.DataFrame(added), {}
    for key in q.TABLES.values():
        groups = frame.groupby(found[key], sort=False)
        sums[key] = groups.sum().assign(orders=groups.size())
    return sums


def table_of(sums: Frame) -> Frame:
    """Return a table of the sums of all partitions."""
    total = sums.groupby(level=0).sum()
    base = total["base"].where(total["base"] > 0)
    for s in q.SCENARIOS:
        total[f"{s}_shortfall_bps"] = BPS * total[f"{s}_cost"] / base
        total[f"{s}_saving_bps"] = BPS * (total["real_cost"] - total[f"{s}_cost"]) / base
    for name in METRICS:
        total[f"{name}_bps"] = BPS * total[name] / total[f"{name}_weight"].where(total[f"{name}_weight"] > 0)
    return total[[*q.OF_ORDERS, *(f"{s}_{name}" for s in q.SCENARIOS for name in q.OF_SCENARIOS), *q.OF_REALITY]]


def answer(market: Market, folder: Path, out: Path, order_files: bool) -> None:
    """Write order files, one a partition, and the five tables."""
    out.mkdir(parents=True, exist_ok=True)
    sums = []
    for k, partition in enumerate(market.partitions):
        found = answers(partition, *(pd.read_parquet(folder / f"{name}_{k}.parquet") for name in PREPARED))
        if order_files:
            found[list(q.ORDER_COLUMNS)].to_parquet(out / f"orders_{k}.parquet", compression="lz4", index=False)
        sums.append(partial_sums(found))
    for name, key in q.TABLES.items():
        table_of(pd.concat([sum_[key] for sum_ in sums])).to_csv(out / f"{name}.csv")
