"""The question in Polars: lazy plans over sorted Parquet files, a set of files a partition.

`load` keeps what `duck` does; with ``prepared`` orders have numbers in place of ids, which Polars joins faster.
"""

from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from perf.peers import question as q
from perf.peers.polar_answers import BPS, answers
from perf.peers.question import Market, Partition

Engine = Literal["streaming", "in-memory"]
READ: Final[dict[str, dict[str, tuple[str, Any]]]] = {
    "orders": {
        "order_id": ("order_id", pl.Int64), "timestamp": ("t", pl.Int64), "security_code": ("security", pl.Int64),
        "sequence": ("sequence", pl.Int64), "price": ("price", pl.Int64), "side": ("side", pl.Int8),
        "leavesquantity": ("leaves", pl.Int64), "totalmatchedquantity": ("matched", pl.Int64),
        "exchangeordertype": ("kind", pl.Int32), "participantid": ("participant", pl.Int32),
        "midtick": ("mid_tick", pl.Int8),
    },
    "trades": {
        "orderid": ("order_id", pl.Int64), "tradetime": ("t", pl.Int64), "securitycode": ("security", pl.Int64),
        "sequence": ("sequence", pl.Int64), "tradeprice": ("price", pl.Int64), "quantity": ("quantity", pl.Int64),
        "side": ("side", pl.Int8), "dealsource": ("deal", pl.Int16),
    },
    "nbbo": {
        "orderbookid": ("security", pl.Int64), "timestamp": ("t", pl.Int64), "sequence": ("sequence", pl.Int64),
        "bidprice": ("bid", pl.Int64), "offerprice": ("offer", pl.Int64),
    },
}  # fmt: skip
ROWS: Final = ("orders", "trades", "nbbo")
PREPARED: Final = ("orders", "fills", "quotes")
METRICS: Final = ("arrival_slippage", "vwap_slippage", "effective_spread", "price_improvement")
HORIZONS: Final = [f"{name}_{h}s" for h in q.HORIZONS for name in ("markout", "realised_spread")]


def scan(path: str, table: str) -> pl.LazyFrame:
    """Return the columns of a file that are of use, by their names here."""
    columns = READ[table]
    types = {name: kind for name, (_, kind) in columns.items()}
    return pl.scan_csv(path, schema_overrides=types).select(
        pl.col(name).alias(short) for name, (short, _) in columns.items()
    )


def load(market: Market, folder: Path, prepared: bool) -> None:
    """Read the exchange's files once and store them as sorted Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: scan(getattr(market, name), name).collect(engine="streaming") for name in READ}
    for k, partition in enumerate(market.partitions):
        mine = pl.col("t").is_between(partition.begin, partition.stop, closed="left")
        mine &= pl.col("security") == int(partition.security)
        frames = {
            name: table.filter(mine).drop("security").sort("t", "sequence").lazy() for name, table in tables.items()
        }
        for name, frame in (stored(partition, "streaming", **frames) if prepared else frames).items():
            frame.collect().write_parquet(folder / f"{name}_{k}.parquet", compression="lz4", statistics=True)


def stored(
    partition: Partition, engine: Engine, orders: pl.LazyFrame, trades: pl.LazyFrame, nbbo: pl.LazyFrame
) -> dict[str, pl.LazyFrame]:
    """Return orders, fills and quotes of a partition, given its rows in time order."""
    no_price = [pl.when(pl.col(name) != q.NULL).then(name).alias(name) for name in ("bid", "offer")]
    quotes = nbbo.with_columns(no_price).unique("t", keep="last", maintain_order=True).select("t", "bid", "offer")
    quotes = quotes.collect(engine=engine).lazy()
    venue = pl.col("deal").replace_strict(q.VENUE_OF_DEAL, default=q.OTHER, return_dtype=pl.Int8)
    fills = trades.with_columns(venue=venue)
    consumed = fills.filter(pl.col("venue") != q.REPORT)
    lives = lives_of(partition, orders, consumed)
    for name in ("arrival", "end"):
        time = "arrival" if name == "arrival" else "end_time"
        renamed = quotes.rename({"bid": f"{name}_bid", "offer": f"{name}_offer"})
        lives = before(lives.sort(time), renamed, time)
    lives = lives.sort("arrival", "first").drop("first").with_row_index("o").collect(engine=engine).lazy()
    shares = pl.when(pl.col("venue") != q.REPORT).then("quantity").otherwise(0)
    ids = lives.select("order_id", "o", order_side="side", order_quantity="quantity")
    fills = fills.join(ids, on="order_id", how="left", maintain_order="left")
    fills = fills.with_columns(before=shares.cum_sum().over("order_id") - shares).drop("order_id", "sequence")
    return {"orders": lives, "fills": before(fills, quotes, "t"), "quotes": quotes}


def lives_of(partition: Partition, events: pl.LazyFrame, consumed: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row an order: its first and last rows, what it asked for, the limit in force at the session's start."""
    early = pl.col("t") <= partition.start
    first = [pl.col(name).first() for name in ("participant", "kind")]
    limit = [pl.coalesce(pl.col(name).filter(early).last(), pl.col(name).first()) for name in ("price", "mid_tick")]
    lives = events.with_columns(pl.col("mid_tick").fill_null(0), pl.col("kind").fill_null(0)).with_row_index("row")
    lives = lives.group_by("order_id").agg(
        pl.col("row").first().alias("first"),
        pl.when(pl.col("side").first() == 1).then(1).otherwise(-1).cast(pl.Int8).alias("side"),
        *first,
        *limit,
        arrival=pl.col("t").first(),
        end_time=pl.col("t").last(),
        total=(pl.col("leaves") + pl.col("matched")).max(),
        leaves=pl.col("leaves").last(),
        matched=pl.col("matched").last(),
        matched_first=pl.col("matched").first(),
    )
    own = consumed.join(lives.select("order_id", "arrival"), on="order_id")
    own = own.group_by("order_id").agg(
        early=pl.col("quantity").filter(pl.col("t") <= pl.col("arrival")).sum(), filled=pl.col("quantity").sum()
    )
    lives = lives.join(own, on="order_id", how="left").with_columns(pl.col("early", "filled").fill_null(0))
    carried = (pl.col("matched_first") - pl.col("early")).clip(0)
    return (
        lives.with_columns(
            quantity=pl.max_horizontal(pl.col("total") - carried, "filled"), matched=pl.col("matched") - carried
        )
        .drop("total", "matched_first", "early", "filled")
        .rename({"price": "limit_price"})
    )


def before(frame: pl.LazyFrame, quotes: pl.LazyFrame, time: str) -> pl.LazyFrame:
    """Return rows, which are sorted by ``time``, with the quote strictly before it."""
    return (
        frame.set_sorted(time)
        .join_asof(
            quotes.set_sorted("t").rename({"t": "quote_t"}), left_on=time, right_on="quote_t", allow_exact_matches=False
        )
        .drop("quote_t", strict=False)
    )


def partial_sums(found: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    """Return, for each key of a table, what a partition adds to its rows."""
    sums = {
        "orders": pl.len(),
        "order_quantity": pl.col("order_quantity").sum(),
        "priced_orders": pl.col("base").count(),
    }
    for s in q.SCENARIOS:
        shares = pl.col("filled_quantity" if s == "real" else f"{s}_filled_quantity")
        full = shares >= pl.col("wanted")
        sums |= {
            f"{s}_fully_filled": ((shares > 0) & full).sum(), f"{s}_partially_filled": ((shares > 0) & ~full).sum(),
            f"{s}_not_executed": (shares <= 0).sum(), f"{s}_filled_quantity": shares.sum(),
            f"{s}_cost": pl.col(f"{s}_cost").sum(),
        }  # fmt: skip
    sums |= {"base": pl.col("base").sum(), "notional": pl.col("notional").sum()}
    for name in (*METRICS, *HORIZONS):
        sums[name] = (pl.col("value") * pl.col(name)).sum()
        sums[f"{name}_weight"] = pl.when(pl.col(name).is_not_null()).then("value").sum()
    frames = [found.group_by(key).agg(**sums) for key in q.TABLES.values()]
    return dict(zip(q.TABLES.values(), pl.collect_all(frames), strict=True))


def table_of(sums: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return a table of the sums of all partitions."""
    total = sums.group_by(key).agg(pl.all().sum()).sort(key)
    base, real = pl.when(pl.col("base") > 0).then("base"), pl.col("real_cost")
    ratios = {f"{s}_shortfall_bps": BPS * pl.col(f"{s}_cost") / base for s in q.SCENARIOS}
    ratios |= {f"{s}_saving_bps": BPS * (real - pl.col(f"{s}_cost")) / base for s in q.SCENARIOS}
    for name in (*METRICS, *HORIZONS):
        weight = pl.when(pl.col(f"{name}_weight") > 0).then(f"{name}_weight")
        ratios[f"{name}_bps"] = BPS * pl.col(name) / weight
    return total.with_columns(**ratios).select(
        key, *q.OF_ORDERS, *(f"{s}_{name}" for s in q.SCENARIOS for name in q.OF_SCENARIOS), *q.OF_REALITY
    )


def answer(market: Market, folder: Path, out: Path, engine: Engine, prepared: bool, order_files: bool) -> None:
    """Write order files, one a partition, and the five tables."""
    out.mkdir(parents=True, exist_ok=True)
    sums = []
    for k, partition in enumerate(market.partitions):
        names = PREPARED if prepared else ROWS
        tables = {name: pl.scan_parquet(folder / f"{name}_{k}.parquet") for name in names}
        if not prepared:
            tables = stored(partition, engine, **tables)
        found = answers(partition, **tables).collect(engine=engine)
        if order_files:
            path = out / f"orders_{k}.parquet"
            found.select(q.ORDER_COLUMNS).write_parquet(path, compression="lz4", statistics=False)
        sums.append(partial_sums(found.lazy()))
    for name, key in q.TABLES.items():
        table_of(pl.concat([sum_[key] for sum_ in sums]), key).write_csv(out / f"{name}.csv")
