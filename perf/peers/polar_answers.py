"""Each order's measures in one partition, as lazy expressions of Polars."""

from datetime import date
from typing import Any, Final

import polars as pl

from perf.peers import question as q
from perf.peers.question import Partition

BPS: Final = 10_000.0
Quote = tuple[int | None, int | None, int | None]  # time, bid, offer


def mid2(bid: str, offer: str) -> pl.Expr:
    """Return bid + offer of valid quotes."""
    return pl.when((pl.col(bid) > 0) & (pl.col(offer) >= pl.col(bid))).then(pl.col(bid) + pl.col(offer))


def asof(left: pl.LazyFrame, right: pl.LazyFrame, time: str, strictly: bool) -> pl.LazyFrame:
    """Return sorted rows with the last row of ``right`` before, or at, their time."""
    right = right.rename({"t": "at"}).set_sorted("at")
    joined = left.set_sorted(time).join_asof(right, left_on=time, right_on="at", allow_exact_matches=not strictly)
    return joined.drop("at", strict=False)


def session_quotes(partition: Partition, quotes: pl.LazyFrame) -> tuple[Quote, Quote]:
    """Return the opening quote of a partition and its closing one."""
    start, end, t = partition.start, partition.end, pl.col("t")
    valid = (pl.col("bid") > 0) & (pl.col("offer") >= pl.col("bid"))
    first = quotes.filter(t.is_between(start, start + q.OPENING) & valid).head(1)
    frames = [first, quotes.filter(t < start).tail(1), quotes.filter(t < end).tail(1)]
    opening, at_start, closing = ((frame.rows() or [(None, None, None)])[0] for frame in pl.collect_all(frames))
    return (at_start if opening[0] is None else opening), closing


def traded(fills: pl.LazyFrame, quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Return what the fills of each order add up to, with the mids at each horizon after them."""
    mids = quotes.select("t", later=mid2("bid", "offer"))
    marked = fills.filter((pl.col("venue") != q.REPORT) & pl.col("o").is_not_null())
    market = pl.col("venue") < q.BOOKED
    marked = marked.with_columns(
        mid2=pl.when(market).then(mid2("bid", "offer")), spread=pl.col("offer") - pl.col("bid")
    )
    for h in q.HORIZONS:
        marked = marked.with_columns(then=pl.col("t") + h * q.SECOND)
        marked = asof(marked, mids.rename({"later": f"later{h}"}), "then", strictly=True)
    price2, shares, quoted = 2 * pl.col("price"), pl.col("quantity"), pl.col("mid2").is_not_null()
    weight = pl.when(quoted).then(shares / pl.col("mid2"))
    left = pl.col("order_quantity") - pl.col("order_quantity") // 2 - pl.col("before")
    marked = marked.with_columns(
        paid=pl.col("price") * shares,
        rest2=price2 * pl.min_horizontal(shares, left).clip(0),
        market_shares=pl.when(market).then(shares),
        quoted_shares=pl.when(quoted).then(shares),
        against=weight * pl.col("order_side") * (price2 - pl.col("mid2")),
        width=weight * pl.col("spread"),
        **{f"gain{h}": weight * pl.col("order_side") * (pl.col(f"later{h}") - price2) for h in q.HORIZONS},
        **{f"lost{h}": quoted & pl.col(f"later{h}").is_null() for h in q.HORIZONS},
    )
    sums = marked.group_by("o").agg(
        filled=shares.sum(),
        notional=pl.col("paid").sum(),
        first_t=pl.col("t").min(),
        last_t=pl.col("t").max(),
        fills=pl.len().cast(pl.Int32),
        rest2=pl.col("rest2").sum(),
        market=pl.col("market_shares").sum(),
        market_notional=(pl.col("price") * pl.col("market_shares")).sum(),
        quoted=pl.col("quoted_shares").sum(),
        **{name: pl.col(name).sum() for name in ("against", "width", *(f"gain{h}" for h in q.HORIZONS))},
        **{f"lost{h}": pl.col(f"lost{h}").any() for h in q.HORIZONS},
    )
    known = pl.col("quoted") > 0
    return sums.with_columns(
        *(pl.when(known).then(pl.col(name) / pl.col("quoted")).alias(name) for name in ("against", "width")),
        *(
            pl.when(known & ~pl.col(f"lost{h}")).then(pl.col(f"gain{h}") / pl.col("quoted")).alias(f"gain{h}")
            for h in q.HORIZONS
        ),
    )


def met(orders: pl.LazyFrame, fills: pl.LazyFrame) -> pl.LazyFrame:
    """Return what the market printed over the life of each of the orders."""
    printed = (pl.col("side") == 1) & (pl.col("venue") < q.BOOKED) & ~pl.col("deal").is_in(q.BLOCK_DEALS)
    prints = fills.filter(printed).select(
        "t", v=pl.col("quantity").cum_sum(), n=(2 * pl.col("price") * pl.col("quantity")).cum_sum()
    )
    life = orders.select("o", "arrival", "end_time").sort("arrival")
    life = asof(life, prints.rename({"v": "v0", "n": "n0"}), "arrival", strictly=True)
    life = asof(life.sort("end_time"), prints, "end_time", strictly=False)
    return life.select(
        "o", volume=pl.col("v") - pl.col("v0").fill_null(0), notional2=pl.col("n") - pl.col("n0").fill_null(0)
    )


def answers(partition: Partition, orders: pl.LazyFrame, fills: pl.LazyFrame, quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Return the measures of every order: the columns of its file, then what tables need."""
    opening, closing = session_quotes(partition, quotes)
    found = orders.join(traded(fills, quotes), on="o", how="left")
    prints = met(found.filter(pl.col("market") > 0), fills)
    found = found.join(prints, on="o", how="left").with_columns(pl.col("filled", "notional", "rest2").fill_null(0))
    return measured(simulated(benched(found, partition, opening, closing)), partition)


def benched(found: pl.LazyFrame, partition: Partition, opening: Quote, closing: Quote) -> pl.LazyFrame:
    """Add windows and benchmarks."""
    start, end, arrival, ended = partition.start, partition.end, pl.col("arrival"), pl.col("end_time")

    def quote(side: int, time: pl.Expr, otherwise: str) -> pl.Expr:
        at_start = pl.when(time <= start).then(pl.lit(opening[side], pl.Int64))
        return at_start.when(time >= end).then(pl.lit(closing[side], pl.Int64)).otherwise(pl.col(otherwise))

    opened = max(start, opening[0] or start)
    found = found.with_columns(
        b0=arrival.clip(start), w1=ended.clip(upper_bound=end),
        m_bid=quote(1, arrival, "arrival_bid"), m_offer=quote(2, arrival, "arrival_offer"),
        z_bid=quote(1, ended, "end_bid"), z_offer=quote(2, ended, "end_offer"),
        known=pl.when(arrival <= start).then(opened).otherwise(arrival),
    )  # fmt: skip
    found = found.with_columns(lived=pl.col("b0") <= pl.col("w1"))
    late = (pl.col("first_t") < pl.col("known")).fill_null(False) | (pl.col("lived") & (pl.col("w1") < pl.col("known")))
    found = found.with_columns(pl.when(~late).then(name).alias(name) for name in ("m_bid", "m_offer"))
    return found.with_columns(m0=mid2("m_bid", "m_offer"), mt=mid2("z_bid", "z_offer"))


def simulated(found: pl.LazyFrame) -> pl.LazyFrame:
    """Add what each scenario fills, for how much, and what it costs."""
    side, limit, m0, asked = pl.col("side").cast(pl.Int64), pl.col("limit_price"), pl.col("m0"), pl.col("quantity")
    (top, tick), *rest = q.TICKS
    ticks: Any = pl.when(limit >= top).then(tick)
    for start, size in rest:
        ticks = ticks.when(limit >= start).then(size)
    half = pl.when(pl.col("mid_tick").is_in(q.MID_TICK_HALF)).then(side * ticks).otherwise(0)
    plays, dark, moved = pl.col("plays"), asked // 2, m0 * (1 + side * q.IMPACT)
    found = found.with_columns(
        plays=pl.col("lived") & m0.is_not_null(),
        limit2=pl.when(limit > 0).then(2 * limit + half),
        real_q=pl.col("filled"),
        real_n=(2 * pl.col("notional")).cast(pl.Float64),
        base=pl.when(m0.is_not_null() & pl.col("mt").is_not_null() & (asked > 0)).then(m0 * asked),
    )
    no_limit, limit2 = pl.col("limit2").is_null(), pl.col("limit2")
    found = found.with_columns(
        whole=pl.when(no_limit | (side * m0 <= side * limit2)).then(asked).otherwise(0),
        dark=pl.when(no_limit | (side * m0 <= side * limit2)).then(dark).otherwise(0),
        other=pl.when(no_limit | (side * moved <= side * limit2)).then(asked - dark).otherwise(0),
        rest=pl.min_horizontal("filled", asked - dark),
    )
    wholes = {"A": pl.col("whole"), "B": pl.col("dark") + pl.col("rest"), "C": pl.col("dark") + pl.col("other")}
    amounts = {
        "A": pl.col("whole") * m0,
        "B": pl.col("dark") * m0 + pl.col("rest2"),
        "C": ((pl.col("dark") * m0 + pl.col("other") * moved) * q.SCALE).round() / q.SCALE,
    }
    found = found.with_columns(
        *(pl.when(plays).then(shares).otherwise(pl.col("filled")).alias(f"{s}_q") for s, shares in wholes.items()),
        *(pl.when(plays).then(n.cast(pl.Float64)).otherwise("real_n").alias(f"{s}_n") for s, n in amounts.items()),
    )
    priced, mt = pl.col("base").is_not_null(), pl.col("mt")
    cost = {
        s: side * (pl.col(f"{s}_n") - pl.col(f"{s}_q") * m0 + (asked - pl.col(f"{s}_q")) * (mt - m0))
        for s in q.SCENARIOS
    }
    return found.with_columns(pl.when(priced).then(cost[s]).alias(f"{s}_cost") for s in q.SCENARIOS)


def measured(found: pl.LazyFrame, partition: Partition) -> pl.LazyFrame:
    """Select the columns of the order file, then what tables need."""
    base, filled, side = pl.col("base"), pl.col("filled"), pl.col("side")
    done = pl.max_horizontal("matched", "filled")
    price2 = 2 * pl.col("market_notional") / pl.col("market")
    market, volume, notional2 = pl.col("market") > 0, pl.col("volume"), pl.col("notional2")
    bps = {s: BPS * pl.col(f"{s}_cost") / base for s in q.SCENARIOS}
    file = {
        "security_code": pl.lit(int(partition.security)), "trade_date": pl.lit(date.fromisoformat(partition.date)),
        "order_id": pl.col("order_id"), "participant_id": pl.col("participant"),
        "side": pl.when(side > 0).then(1).otherwise(2).cast(pl.Int8), "order_type": pl.col("kind"),
        "arrival_time": pl.col("arrival").cast(pl.Datetime("ns")),
        "end_time": pl.col("end_time").cast(pl.Datetime("ns")),
        "limit_price": pl.col("limit_price"), "order_quantity": pl.col("quantity"), "filled_quantity": filled,
        "leaves_quantity": pl.col("leaves"),
        "group": pl.when(done == 0).then(3).when(pl.col("leaves") == 0).then(1).otherwise(2).cast(pl.Int8),
        "vwap": pl.when(filled > 0).then(pl.col("notional") / filled),
        "first_fill_time": pl.col("first_t").cast(pl.Datetime("ns")),
        "last_fill_time": pl.col("last_t").cast(pl.Datetime("ns")), "fills": pl.col("fills").fill_null(0),
        "arrival_bid": pl.col("m_bid"), "arrival_offer": pl.col("m_offer"), "shortfall_bps": bps["real"],
    }  # fmt: skip
    for s in q.SIMULATED:
        shares = pl.col(f"{s}_q")
        file |= {
            f"{s}_filled_quantity": shares,
            f"{s}_price": pl.when(shares > 0).then(pl.col(f"{s}_n") / (2 * shares)),
            f"{s}_shortfall_bps": bps[s],
            f"{s}_saving_bps": BPS * (pl.col("real_cost") - pl.col(f"{s}_cost")) / base,
        }
    lived = pl.col("lived")
    summed = {
        "hour": ((pl.col("b0") + partition.offset) // q.HOUR % 24).cast(pl.Int8),
        "size_bucket": pl.sum_horizontal((pl.col("quantity") > edge).cast(pl.Int8) for edge in q.SIZE_EDGES),
        "base": pl.when(lived).then(base),
        **{f"{s}_cost": pl.when(lived).then(pl.col(f"{s}_cost")) for s in q.SCENARIOS},
        "wanted": filled + pl.col("leaves"), "notional": pl.col("notional"), "value": 2 * pl.col("market_notional"),
        "arrival_slippage": pl.when(market).then(side * (price2 - pl.col("m0")) / pl.col("m0")),
        "vwap_slippage": pl.when(market & (volume > 0)).then(side * (price2 * volume - notional2) / notional2),
        "effective_spread": 2 * pl.col("against"), "price_improvement": pl.col("width") - pl.col("against"),
    }  # fmt: skip
    for h in q.HORIZONS:
        summed |= {f"markout_{h}s": pl.col(f"gain{h}"), f"realised_spread_{h}s": -2 * pl.col(f"gain{h}")}
    return found.select(**file, **summed)
