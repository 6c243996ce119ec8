"""The SQL of the question: what is joined, what an order's measures are, what tables add up."""

from typing import Final

from perf.peers import question as q

VALID: Final = "case when {0}bid > 0 and {0}offer >= {0}bid then {0}bid + {0}offer end"
BPS: Final = "1e4::double"


def session_sql() -> str:
    """Return what makes each partition's opening and closing quote."""
    return f"""
    create or replace temp table session as
    with opening as (
        select d.part, min(t) open_t, arg_min(bid, t) bid, arg_min(offer, t) offer
        from day d join quotes u on d.part = u.part and t between s and s + {q.OPENING}
        where bid > 0 and offer >= bid group by d.part)
    select d.part, d.security, d.date, d.s, d.e, d.offset_ns,
           coalesce(o.open_t, a.t) open_t,
           case when o.open_t is null then a.bid else o.bid end open_bid,
           case when o.open_t is null then a.offer else o.offer end open_offer, z.bid close_bid, z.offer close_offer
    from day d left join opening o using (part) asof left join quotes a on d.part = a.part and d.s > a.t
               asof left join quotes z on d.part = z.part and d.e > z.t;
    create or replace temp table prints as
    select part, t, (sum(v) over w)::bigint volume, (sum(n) over w)::bigint notional2
    from (select part, t, sum(quantity)::bigint v, sum(2 * price * quantity)::bigint n from fills
          where side = 1 and venue < {q.BOOKED} and deal not in {q.BLOCK_DEALS} group by part, t)
    window w as (partition by part order by t rows unbounded preceding);
    """


def fills_sql() -> str:
    """Return what adds up each order's fills, with the mids at each horizon after them."""
    later = " ".join(
        f"asof left join quotes h{h} on f.part = h{h}.part and f.t + {h * q.SECOND} > h{h}.t" for h in q.HORIZONS
    )
    mids = ", ".join(f"{VALID.format(f'h{h}.')} later{h}" for h in q.HORIZONS)
    against = "sum(w * order_side * ({} - {})) filter (mid2 is not null)".format
    quoted = "sum(quantity) filter (mid2 is not null)"
    sums = ", ".join(
        f"case when count(*) filter (mid2 is not null and later{h} is null) = 0 "
        f"then {against(f'later{h}', '2 * price')} / {quoted} end gain{h}"
        for h in q.HORIZONS
    )
    return f"""
    create or replace temp table traded as
    with marked as (
        select f.part, order_id, f.t, price, quantity, venue, before, order_side, order_quantity,
               f.offer - f.bid spread, case when venue < {q.BOOKED} then {VALID.format("f.")} end mid2, {mids}
        from fills f {later} where venue <> {q.REPORT} and order_side is not null),
    weighed as (select *, quantity / mid2 w from marked)
    select part, order_id, sum(quantity)::bigint filled, sum(price * quantity)::bigint notional,
           min(t) first_t, max(t) last_t, count(*)::int fills,
           sum(2 * price * greatest(least(quantity, order_quantity - order_quantity // 2 - before), 0))::bigint rest2,
           sum(quantity) filter (venue < {q.BOOKED})::bigint market,
           sum(price * quantity) filter (venue < {q.BOOKED})::bigint market_notional,
           {against("2 * price", "mid2")} / {quoted} against,
           sum(w * spread) filter (mid2 is not null) / {quoted} width, {sums}
    from weighed group by part, order_id;
    """


def answers_sql() -> str:
    """Return what makes the measures of every order."""
    ticks = " ".join(f"when limit_price >= {start} then {tick}" for start, tick in q.TICKS)
    half = f"case when mid_tick in {q.MID_TICK_HALF} then side * (case {ticks} end) else 0 end"
    bench = "case when arrival <= s then open_{0} when arrival >= e then close_{0} else arrival_{0} end"
    final = "case when end_time <= s then open_{0} when end_time >= e then close_{0} else end_{0} end"
    fields = ", ".join(f"{what} as {name}" for name, what in measures().items())
    return f"""
    create or replace temp table answers as
    with asked as (
        select o.* exclude (filled), p.* exclude (part), t.* exclude (part, order_id, filled),
               coalesce(t.filled, 0) filled, coalesce(t.rest2, 0) rest_notional2,
               greatest(arrival, s) b0, least(end_time, e) w1, {bench.format("bid")} m_bid,
               {bench.format("offer")} m_offer, {final.format("bid")} z_bid, {final.format("offer")} z_offer,
               case when arrival <= s then greatest(s, coalesce(open_t, s)) else arrival end known,
               case when limit_price > 0 then 2 * limit_price + {half} end limit2
        from orders o join session p using (part) left join traded t on o.part = t.part and o.order_id = t.order_id),
    timed as (
        select *, b0 <= w1 lived, coalesce(first_t < known, false) or (b0 <= w1 and w1 < known) late from asked),
    benched as (
        select * exclude (m_bid, m_offer), case when not late then {VALID.format("m_")} end m0,
               {VALID.format("z_")} mt, case when not late then m_bid end m_bid,
               case when not late then m_offer end m_offer from timed),
    simulated as (
        select *, lived and m0 is not null plays, quantity // 2 dark, m0 * (1 + side * {q.IMPACT}) moved,
               limit2 is null or side * m0 <= side * limit2 at_mid, 2 * coalesce(notional, 0) real2,
               case when m0 is not null and mt is not null and quantity > 0 then m0 * quantity end base,
               greatest(matched, filled) done, quantity - filled - leaves withdrawn from benched),
    played as (
        select *, limit2 is null or side * moved <= side * limit2 at_moved,
               least(filled, quantity - dark) rest from simulated),
    outcomes as (
        select *, filled real_q, real2::double real_n,
               case when not plays then filled when at_mid then quantity else 0 end A_q,
               case when not plays then real2 when at_mid then quantity * m0 else 0 end::double A_n,
               case when not plays then filled when at_mid then dark + rest else rest end B_q,
               case when not plays then real2 when at_mid then dark * m0 + rest_notional2
                    else rest_notional2 end::double B_n,
               case when not plays then filled else case when at_mid then dark else 0 end
                    + case when at_moved then quantity - dark else 0 end end C_q,
               case when not plays then real2::double else round((case when at_mid then dark * m0 else 0 end
                    + case when at_moved then (quantity - dark) * moved else 0 end) * {q.SCALE}) / {q.SCALE} end C_n
               from played),
    charged as (
        select *, {
        ", ".join(
            f"case when base is not null then side * ({s}_n - {s}_q * m0 + (quantity - {s}_q) * (mt - m0)) end {s}_cost"
            for s in q.SCENARIOS
        )
    } from outcomes),
    met as (
        select c.*, y.volume - coalesce(x.volume, 0) volume, y.notional2 - coalesce(x.notional2, 0) notional2
        from (select part, order_id, arrival, end_time from charged where market > 0) m
             asof left join prints x on m.part = x.part and m.arrival > x.t
             asof left join prints y on m.part = y.part and m.end_time >= y.t
             right join charged c on c.part = m.part and c.order_id = m.order_id)
    select {fields} from met;
    """


def measures() -> dict[str, str]:
    """Return the columns of an order: those of its file, then what tables need."""
    found = {
        "security_code": "security", "trade_date": "date", "order_id": "order_id", "participant_id": "participant",
        "side": "(case when side > 0 then 1 else 2 end)::tinyint", "order_type": "kind",
        "arrival_time": "make_timestamp_ns(arrival)", "end_time": "make_timestamp_ns(end_time)",
        "limit_price": "limit_price", "order_quantity": "quantity", "filled_quantity": "filled",
        "leaves_quantity": "leaves",
        '"group"': "(case when done = 0 then 3 when leaves = 0 then 1 else 2 end)::tinyint",
        "vwap": "notional / nullif(filled, 0)", "first_fill_time": "make_timestamp_ns(first_t)",
        "last_fill_time": "make_timestamp_ns(last_t)", "fills": "coalesce(fills, 0)",
        "arrival_bid": "m_bid", "arrival_offer": "m_offer", "shortfall_bps": f"{BPS} * real_cost / base",
    }  # fmt: skip
    for s in q.SIMULATED:
        found |= {
            f"{s}_filled_quantity": f"{s}_q",
            f"{s}_price": f"{s}_n / nullif(2 * {s}_q, 0)",
            f"{s}_shortfall_bps": f"{BPS} * {s}_cost / base",
            f"{s}_saving_bps": f"{BPS} * (real_cost - {s}_cost) / base",
        }
    price2, bought = "(2 * market_notional / market)", "2 * market_notional * volume"
    found |= {
        '"hour"': f"((b0 + offset_ns) // {q.HOUR} % 24)::tinyint",
        "size_bucket": f"({' + '.join(f'(quantity > {edge})::tinyint' for edge in q.SIZE_EDGES)})::tinyint",
        "base": "case when lived then base end",
        **{f"{s}_cost": f"case when lived then {s}_cost end" for s in q.SCENARIOS},
        "wanted": "quantity - withdrawn", "notional": "notional", "value": "2 * market_notional",
        "arrival_slippage": f"side * ({price2} - m0) / m0",
        "vwap_slippage": f"case when volume > 0 then side * ({bought} / market - notional2) / notional2 end",
        "effective_spread": "2 * against", "price_improvement": "width - against",
        **{f"markout_{h}s": f"gain{h}" for h in q.HORIZONS},
    }  # fmt: skip
    return found


def tables_sql() -> str:
    """Return one query for all tables: a row for each value of each key."""
    sums = ["count(*) orders", "sum(order_quantity)::bigint order_quantity", "count(base) priced_orders"]
    filled = {"real": "filled_quantity"} | {s: f"{s}_filled_quantity" for s in q.SIMULATED}
    for s, shares in filled.items():
        sums += [
            f"count(*) filter ({shares} > 0 and {shares} >= wanted) {s}_fully_filled",
            f"count(*) filter ({shares} > 0 and {shares} < wanted) {s}_partially_filled",
            f"count(*) filter ({shares} <= 0) {s}_not_executed",
            f"sum({shares})::bigint {s}_filled_quantity",
            f"{BPS} * sum({s}_cost) / sum(base) {s}_shortfall_bps",
            f"{BPS} * (sum(real_cost) - sum({s}_cost)) / sum(base) {s}_saving_bps",
        ]
    mean = f"{BPS} * sum(value * {{0}}) / sum(value) filter (({{0}}) is not null)".format
    sums += ["coalesce(sum(notional), 0)::bigint notional"]
    names = ("arrival_slippage", "vwap_slippage", "effective_spread", "price_improvement")
    sums += [f"{mean(name)} {name}_bps" for name in names]
    for h in q.HORIZONS:
        sums += [f"{mean(f'markout_{h}s')} markout_{h}s_bps", f"{mean(f'-2 * markout_{h}s')} realised_spread_{h}s_bps"]
    keys = ", ".join(f'"{key}"' for key in q.TABLES.values())
    sets = ", ".join(f'("{key}")' for key in q.TABLES.values())
    return f"select grouping({keys}) kind, {keys}, {', '.join(sums)} from answers group by grouping sets ({sets})"
