"""The question in DuckDB's SQL: from tables of its own, or from Parquet files that it wrote, sorted.

`load` keeps the rows of the exchange, sorted by partition and time; with ``prepared`` what does not depend on what is
asked as well: a row an order, each fill with its order's earlier shares and the quote before it. Otherwise `answer`
makes these first, every time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from pyarrow import compute, csv

from perf.peers import question as q
from perf.peers.duck_sql import answers_sql, fills_sql, session_sql, tables_sql
from perf.peers.question import Market

ROWS = ("day", "quotes", "events", "trades")
PREPARED = ("day", "quotes", "orders", "fills")


def connect(cores: int, path: str = ":memory:") -> Any:
    """Return a connection that uses so many threads and need not keep the order of rows."""
    database = duckdb.connect(path, config={"threads": cores, "preserve_insertion_order": False})
    database.execute("set enable_progress_bar = false")
    return database


def load(market: Market, folder: Path, cores: int, parquet: bool, prepared: bool) -> None:
    """Read the exchange's files once and store them as tables of a database, or as sorted Parquet files."""
    kept = PREPARED if prepared else ROWS
    folder.mkdir(parents=True, exist_ok=True)
    with connect(cores, ":memory:" if parquet else str(folder / "market.duckdb")) as database:
        database.execute("create table day (part int, security int, date date, begin_ns bigint, stop_ns bigint, "
                         "s bigint, e bigint, offset_ns bigint)")  # fmt: skip
        days = [
            (k, int(p.security), p.date, p.begin, p.stop, p.start, p.end, p.offset)
            for k, p in enumerate(market.partitions)
        ]
        database.executemany("insert into day values (?, ?, ?, ?, ?, ?, ?, ?)", days)
        database.execute(rows_sql(market) + (prepare_sql("table") if prepared else ""))
        for name in {*ROWS, *PREPARED} - {*kept} if prepared and not parquet else ():
            database.execute(f"drop table {name}")
        for name in kept if parquet else ():
            into = f"'{folder / name}.parquet' (format parquet, compression lz4_raw, row_group_size 122880)"
            database.execute(f"copy {name} to {into}")


def rows_sql(market: Market) -> str:
    """Return the statements that read the files."""
    venue = " ".join(f"when deal in {deals} then {venue}" for venue, deals in one_tuples().items())
    mine = "join day d on r.security = d.security and r.t >= d.begin_ns and r.t < d.stop_ns"
    price = f"nullif({{}}::bigint, {q.NULL})"
    return f"""
    create temp table quotes_read as
    select d.part, t, arg_max(bid, sequence) bid, arg_max(offer, sequence) offer
    from (select orderbookid security, timestamp t, sequence, {price.format("bidprice")} bid,
                 {price.format("offerprice")} offer from read_csv('{market.nbbo}')) r {mine} group by all;
    create table quotes as select * from quotes_read order by part, t;

    create table events as
    select d.part, d.s, row_number() over (order by d.part, r.t, r.sequence) as n, r.* exclude (security)
    from (select order_id, timestamp t, security_code security, sequence, price, side,
                 leavesquantity leaves, totalmatchedquantity matched, coalesce(exchangeordertype, 0)::int kind,
                 participantid::int participant, coalesce(midtick, 0)::tinyint mid_tick
          from read_csv('{market.orders}')) r {mine} order by d.part, t, sequence;
    create table trades as
    select d.part, r.* exclude (security)
    from (select orderid order_id, tradetime t, securitycode security, sequence, tradeprice::bigint price, quantity,
                 side, dealsource::smallint deal, (case {venue.replace("deal", "dealsource")} else 5 end)::tinyint venue
          from read_csv('{market.trades}')) r {mine} order by d.part, t, sequence;
    """


def prepare_sql(table: str) -> str:
    """Return the statements that make a row of each order, and its fills with the quotes before them.

    table : the kind of table to create
    """
    shares = f"case when venue = {q.REPORT} then 0 else f.quantity end"
    return f"""
    create or replace temp table lives as
    select part, order_id, min(t) arrival, max(t) end_time, (case min(side) when 1 then 1 else -1 end)::tinyint side,
           arg_min(participant, n) participant, arg_min(kind, n) kind,
           coalesce(arg_max(price, n) filter (t <= s), arg_min(price, n)) limit_price,
           coalesce(arg_max(mid_tick, n) filter (t <= s), arg_min(mid_tick, n)) mid_tick,
           max(leaves + matched) total, arg_max(leaves, n) leaves, arg_max(matched, n) matched,
           arg_min(matched, n) matched_first
    from events group by part, order_id;
    create or replace temp table own as
    select l.part, l.order_id, (sum(t.quantity) filter (t.t <= l.arrival))::bigint early,
           sum(t.quantity)::bigint filled
    from lives l join trades t on l.part = t.part and l.order_id = t.order_id and t.venue <> {q.REPORT} group by all;
    create or replace temp table sums as
    select l.* exclude (total, matched, matched_first), greatest(total - carried, filled)::bigint quantity,
           matched - carried matched
    from (select l.*, coalesce(filled, 0) filled, greatest(matched_first - coalesce(early, 0), 0) carried
          from lives l left join own using (part, order_id)) l;
    create or replace {table} orders as
    select l.*, a.bid arrival_bid, a.offer arrival_offer, z.bid end_bid, z.offer end_offer
    from sums l asof left join quotes a on l.part = a.part and l.arrival > a.t
                asof left join quotes z on l.part = z.part and l.end_time > z.t order by l.part, l.arrival;
    create or replace {table} fills as
    select f.*, o.side order_side, o.quantity order_quantity, a.bid, a.offer,
           (sum({shares}) over (partition by f.part, f.order_id order by f.t, sequence
                                rows unbounded preceding))::bigint - {shares} before
    from trades f left join orders o on f.part = o.part and f.order_id = o.order_id
                  asof left join quotes a on f.part = a.part and f.t > a.t order by f.part, f.t, f.sequence;
    """


def one_tuples() -> dict[int, str]:
    """Return the deal sources of each venue as SQL has them."""
    return {venue: f"({', '.join(map(str, deals))})" for venue, deals in q.DEALS.items()}


@contextmanager
def opened(folder: Path, cores: int, parquet: bool, prepared: bool) -> Iterator[Any]:
    """Give a connection to what `load` stored."""
    kept = PREPARED if prepared else ROWS
    with connect(cores, ":memory:" if parquet else str(folder / "market.duckdb")) as database:
        for name in kept if parquet else ():
            database.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
        yield database


def answer(database: Any, out: Path, prepared: bool, order_files: bool) -> None:
    """Write the order file and the five tables; what the connection has read stays in its memory."""
    out.mkdir(parents=True, exist_ok=True)
    database.execute(("" if prepared else prepare_sql("temp table")) + session_sql() + fills_sql() + answers_sql())
    if order_files:
        columns = ", ".join(f'"{name}"' for name in q.ORDER_COLUMNS)
        into = f"'{out / 'orders.parquet'}' (format parquet, compression lz4_raw)"
        database.execute(f"copy (select {columns} from answers) to {into}")
    found = database.sql(tables_sql()).to_arrow_table()
    for k, (name, key) in enumerate(q.TABLES.items()):
        kind = (1 << len(q.TABLES)) - 1 - (1 << (len(q.TABLES) - 1 - k))
        table = found.filter(compute.equal(found["kind"], kind))
        csv.write_csv(table.select([key, *found.column_names[1 + len(q.TABLES) :]]), out / f"{name}.csv")
