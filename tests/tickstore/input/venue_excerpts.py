"""A few rows of each file in the table of other venues, in the form its vendor documents, and what a store has of them.

Written for the tests: no row is a vendor's.
"""

from dataclasses import dataclass, field
from typing import Any, Final

NULL: Final = -(2**63)
Files = dict[str, str]
MY_ORDERS: Final = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant\n"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Files of a venue, and columns of the day file made of them; for files that are refused, which table they are."""

    files: Files
    key: tuple[str, str] = ("", "")
    stored: dict[str, list[Any]] = field(default_factory=dict)  # by group/name; times as seconds after ``zero``
    zero: int = 0  # s
    texts: tuple[str, ...] = ()  # of orders
    refused_as: str = ""


def mine(security: str, second: int, price: str) -> str:
    """Return a file of one order of one's own."""
    return MY_ORDERS + f"7,{second},{security},{price},B,5,5,0,me\n"


_OPEN_2012: Final = 1_340_285_400  # 2012-06-21 09:30 in New York
_OPEN_2024: Final = 1_725_543_000  # 2024-09-05 09:30 in New York
_LOBSTER: Final = (
    "34200.017459617,5,0,1,2238200,-1\n34200.189607670,1,11885113,21,2238100,1\n34200.25,1,3911376,20,2239600,-1\n"
    "34200.5,4,11885113,11,2238100,1\n34201,2,3911376,5,2239600,-1\n34202,4,11885113,10,2238100,1\n"
    "34203,3,3911376,15,2239600,-1\n34204,4,99,5,2237500,1\n34205,7,0,0,-1,-1\n"
)
_LOBSTER_BOOK: Final = (
    "2239500,100,2231800,100\n" * 2 + "9999999999,0,2238100,21\n" * 2 + "2239600,15,-9999999999,0\n" * 5
)
_MBO: Final = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,channel_id,order_id,flags,ts_in_delta,"
    "sequence,symbol\n"
    + "".join(
        f"2024-09-05T13:30:0{second}.000165000Z,2024-09-05T13:30:0{second}.000000001Z,160,2,38,{cells},130,165,{n},MSFT\n"
        for n, (second, cells) in enumerate(
            [
                (0, "R,N,,0,0,0"),
                (1, "A,B,410.250000000,100,0,10476689054159187521"),
                (2, "A,A,410.300000000,50,0,18"),
                (3, "T,A,410.250000000,30,0,0"),
                (3, "F,B,410.250000000,30,0,10476689054159187521"),
                (3, "C,B,410.250000000,30,0,10476689054159187521"),
                (4, "C,B,410.250000000,20,0,10476689054159187521"),
                (5, "M,A,410.350000000,80,0,18"),
                (6, "C,A,410.350000000,80,0,18"),
            ],
            1000,
        )
    )
)
_MBP: Final = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,"
    "bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00,symbol\n"
    "2024-09-05T13:30:01.000165000Z,2024-09-05T13:30:01.000000000Z,1,2,38,A,B,0,410.250000000,100,130,165,2001,"
    "410.250000000,410.300000000,100,50,1,1,MSFT\n"
    "2024-09-05T13:30:02.000165000Z,2024-09-05T13:30:02.000000000Z,1,2,38,C,A,0,410.300000000,50,130,165,2002,"
    "410.250000000,,100,0,1,0,MSFT\n"
)
_DB_TRADES: Final = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,symbol\n"
    "2024-09-05T13:30:01.000165000Z,2024-09-05T13:30:01.000000000Z,0,2,38,T,A,0,410.250000000,30,130,165,2003,MSFT\n"
    "2024-09-05T13:30:02.000165000Z,2024-09-05T13:30:02.000000000Z,0,2,38,T,N,0,410.275000000,30,130,165,2004,MSFT\n"
)
_COINBASE: Final = (
    "type,time,product_id,sequence,order_id,side,price,size,remaining_size,maker_order_id,taker_order_id,trade_id,reason\n"
    "received,2024-09-05T00:00:01.000000Z,BTC-USD,10,ac928c66-ca53-498f-9c13-a110027a60e8,buy,56000.01,0.30000000,,,,,\n"
    "open,2024-09-05T00:00:01.000000Z,BTC-USD,11,ac928c66-ca53-498f-9c13-a110027a60e8,buy,56000.01,,0.30000000,,,,\n"
    "received,2024-09-05T00:00:02.000000Z,BTC-USD,12,132fb6ae-456b-4654-b4e0-d681ac05cea1,sell,,0.10000000,,,,,\n"
    "match,2024-09-05T00:00:02.000000Z,BTC-USD,13,,buy,56000.01,0.10000000,,ac928c66-ca53-498f-9c13-a110027a60e8,"
    "132fb6ae-456b-4654-b4e0-d681ac05cea1,500,\n"
    "done,2024-09-05T00:00:02.000000Z,BTC-USD,14,132fb6ae-456b-4654-b4e0-d681ac05cea1,sell,,,0.00000000,,,,filled\n"
    "received,2024-09-05T00:00:03.000000Z,BTC-USD,15,e5d3a5b2-91a1-4a44-a3a8-0d2f1f0f7c11,buy,,,,,,,\n"
    "done,2024-09-05T00:00:04.000000Z,BTC-USD,16,ac928c66-ca53-498f-9c13-a110027a60e8,buy,56000.01,,0.20000000,,,,canceled\n"
)
_BITSTAMP: Final = (
    "event,id,order_type,microtimestamp,price,amount,amount_traded,amount_at_create\n"
    "order_created,1788220800464000,0,1725494401000000,56000,0.50000000,0,0.50000000\n"
    "order_created,1788220800464001,1,1725494401500000,56010.5,1.00000000,0,1.00000000\n"
    "order_changed,1788220800464000,0,1725494402000000,56000,0.30000000,0.20000000,0.50000000\n"
    "order_deleted,1788220800464000,0,1725494403000000,56000,0.30000000,0.20000000,0.50000000\n"
)
_OB_ANALYTICS: Final = (
    "id,timestamp,exchange.timestamp,price,volume,action,direction\n"
    "65714203,1725494401000,1725494400000,231.02,95228327,created,bid\n"
    "65714204,1725494402000,1725494401000,233,684493851,created,ask\n"
    "65714203,1725494403000,1725494400000,231.02,45228327,changed,bid\n"
    "65714204,1725494404000,1725494401000,233,684493851,deleted,ask\n"
)
_TARDIS: Final = "exchange,symbol,timestamp,local_timestamp"
_TAQ: Final = (
    "DATE,TIME_M,EX,BID,BIDSIZ,ASK,ASKSIZ,QU_COND,QU_SEQNUM,NATBBO_IND,QU_CANCEL,QU_SOURCE,SYM_ROOT,SYM_SUFFIX\n"
)

EXCERPTS: Final = {
    "LOBSTER message and orderbook": Excerpt(
        {
            "AAPL_2012-06-21_34200000_57600000_message_1.csv": _LOBSTER,
            "AAPL_2012-06-21_34200000_57600000_orderbook_1.csv": _LOBSTER_BOOK,
        },
        ("AAPL", "2012-06-21"),
        {
            "orders/order_id": [11885113, 3911376],
            "orders/side": [1, -1],
            "events/timestamp": [0.18960767, 0.25, 0.5, 1, 2, 3],
            "events/price": [2238100, 2239600, 2238100, 2239600, 2238100, 2239600],
            "events/leaves_quantity": [21, 20, 10, 15, 0, 15],
            "events/order_status": [1, 1, 1, 1, 2, 2],
            "events/change_reason": [6, 6, 3, 5, 3, 1],
            "events/matched_quantity": [0, 0, 11, 0, 21, 0],
            "fills/order_id": [11885113, 11885113, 0, 0, 99, 0],
            "fills/quantity": [11, 10, 11, 10, 5, 5],
            "fills/side": [1, 1, -1, -1, 1, -1],
            "quotes/bid": [2231800] * 2 + [2238100] * 2 + [NULL] * 5,
            "quotes/offer": [2239500] * 2 + [NULL] * 2 + [2239600] * 5,
        },
        _OPEN_2012,
    ),
    "LOBSTER orderbook alone": Excerpt({"AAPL_2012-06-21_orderbook_1.csv": _LOBSTER_BOOK}, refused_as="nbbo"),
    "databento mbo": Excerpt(
        {"xnas-itch-20240905.mbo.csv": _MBO},
        ("MSFT", "2024-09-05"),
        {
            "orders/order_id": [10476689054159187521 - 2**64, 18],
            "orders/side": [1, -1],
            "events/price": [4102500, 4103000, 4102500, 4102500, 4103500, 4103500],
            "events/leaves_quantity": [100, 50, 70, 50, 80, 80],
            "events/order_status": [1, 1, 1, 1, 1, 2],
            "events/change_reason": [6, 6, 3, 5, 5, 1],
            "events/matched_quantity": [0, 0, 30, 30, 0, 0],
            "fills/order_id": [10476689054159187521 - 2**64, 0],
            "fills/quantity": [30, 30],
            "fills/side": [1, -1],
            "fills/order_index": [0, -1],
        },
    ),
    "databento mbp-1, tbbo": Excerpt(
        {"my_orders.csv": mine("MSFT", _OPEN_2024 + 1, "410.25"), "xnas-itch-20240905.mbp-1.csv": _MBP},
        ("MSFT", "2024-09-05"),
        {"quotes/timestamp": [1, 2], "quotes/bid": [4102500, 4102500], "quotes/offer": [4103000, NULL]},
        _OPEN_2024,
    ),
    "databento trades": Excerpt(
        {"my_orders.csv": mine("MSFT", _OPEN_2024, "410.25"), "xnas-itch-20240905.trades.csv": _DB_TRADES},
        ("MSFT", "2024-09-05"),
        {"fills/timestamp": [1, 1], "fills/price": [4102500] * 2, "fills/side": [-1, 1], "fills/order_index": [-1, -1]},
        _OPEN_2024,
    ),
    "tardis.dev trades and quotes": Excerpt(
        {
            "my_orders.csv": mine("BTC-PERPETUAL", 1588291201, "8618.5"),
            "deribit_trades_2020-05-01_BTC-PERPETUAL.csv.gz": f"{_TARDIS},id,side,price,amount\n"
            "deribit,BTC-PERPETUAL,1588291201099000,1588291201234268,83388278,sell,8618.5,0.01\n",
            "deribit_quotes_2020-05-01_BTC-PERPETUAL.csv.gz": f"{_TARDIS},ask_amount,ask_price,bid_price,bid_amount\n"
            "deribit,BTC-PERPETUAL,1588291200014000,1588291200245000,133600,8620,8619.5,67610\n"
            "deribit,BTC-PERPETUAL,1588291202000000,1588291202245000,,,8619.5,67610\n",
        },
        ("BTC-PERPETUAL", "2020-05-01"),
        {
            "fills/timestamp": [1.099] * 2, "fills/quantity": [1_000_000] * 2, "fills/match_id": [83388278] * 2,
            "quotes/bid": [8619500, 8619500], "quotes/offer": [8620000, NULL], "events/quantity": [500_000_000],
        },
        1588291200,
    ),
    "tardis.dev incremental_book_L2": Excerpt(
        {
            "book.csv": f"{_TARDIS},is_snapshot,side,price,amount\n"
            "deribit,BTC-PERPETUAL,1588291201099000,1588291201234268,true,ask,8618.5,9700\n"
        },
        refused_as="orders",
    ),
    "Coinbase full channel, as CSV": Excerpt(
        {"full.csv": _COINBASE},
        ("BTC-USD", "2024-09-05"),
        {
            "orders/side": [1, -1],
            "events/price": [5600001, 0, 5600001, 0, 0, 5600001],
            "events/leaves_quantity": [30_000_000, 10_000_000, 20_000_000, 0, 0, 20_000_000],
            "events/order_status": [1, 1, 1, 1, 2, 2],
            "events/change_reason": [6, 6, 3, 3, 3, 1],
            "events/matched_quantity": [0, 0, 10_000_000, 10_000_000, 10_000_000, 10_000_000],
            "fills/quantity": [10_000_000, 10_000_000],
            "fills/order_index": [0, 1],
        },
        texts=("ac928c66-ca53-498f-9c13-a110027a60e8", "132fb6ae-456b-4654-b4e0-d681ac05cea1"),
    ),
    "Bitstamp live_orders, as CSV": Excerpt(
        {"live_orders_btcusd.csv": _BITSTAMP},
        ("BTCUSD", "2024-09-05"),
        {
            "orders/side": [1, -1],
            "events/timestamp": [1, 1.5, 2, 3],
            "events/price": [56_000_000, 56_010_500, 56_000_000, 56_000_000],
            "events/leaves_quantity": [50_000_000, 100_000_000, 30_000_000, 30_000_000],
            "events/order_status": [1, 1, 1, 2],
            "events/matched_quantity": [0, 0, 20_000_000, 20_000_000],
        },
        1725494400,
    ),
    "obAnalytics orders.csv": Excerpt(
        {"orders.csv": _OB_ANALYTICS},
        ("BTCUSD", "2024-09-05"),
        {
            "orders/side": [1, -1],
            "events/timestamp": [1, 2, 3, 4],
            "events/price": [231_020, 233_000, 231_020, 233_000],
            "events/leaves_quantity": [95228327, 684493851, 45228327, 684493851],
            "events/order_status": [1, 1, 1, 2],
            "events/matched_quantity": [0, 0, 0, 0],
        },
        1725494400,
    ),
    "Binance aggTrades and bookTicker": Excerpt(
        {
            "my_orders.csv": mine("BTCUSDT", 1725494400, "56000.1"),
            "BTCUSDT-aggTrades-2024-09-05.csv": "26129,56000.10000000,4.70443515,27781,27781,1725494401153,True,True\n"
            "26130,56000.20000000,0.00100000,27782,27783,1725494402153,False,True\n",
            "BTCUSDT-bookTicker-2024-09-05.csv": "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
            "transaction_time,event_time\n9001,56000.1,1.5,56000.2,2.0,1725494400123,1725494400125\n",
        },
        ("BTCUSDT", "2024-09-05"),
        {
            "fills/side": [-1, 1, 1, -1], "fills/quantity": [470_443_515] * 2 + [100_000] * 2,
            "fills/timestamp": [1.153] * 2 + [2.153] * 2,
            "quotes/bid": [56_000_100], "quotes/offer": [56_000_200], "quotes/timestamp": [0.123],
        },
        1725494400,
    ),
    "NYSE TAQ quotes (WRDS)": Excerpt(
        {
            "my_orders.csv": mine("IBM", _OPEN_2024, "134.9"),
            "taq_quotes_20240905.csv": _TAQ + "2024-09-05,9:30:00.041571072,K,0,0,0,0,R,86,O,,C,IBM,\n"
            "2024-09-05,10:05:00.093534464,P,134.86,1,135,2,R,4732,A,,C,IBM,\n",
        },
        ("IBM", "2024-09-05"),
        {
            "quotes/timestamp": [0.041571072, 2100.093534464],
            "quotes/bid": [NULL, 1348600],
            "quotes/offer": [NULL, 1350000],
        },
        _OPEN_2024,
    ),
    "NYSE TAQ trades (WRDS)": Excerpt(
        {
            "trades.csv": "DATE,TIME_M,EX,SYM_ROOT,SYM_SUFFIX,TR_SCOND,SIZE,PRICE,TR_STOPIND,TR_CORR,TR_SEQNUM\n"
            "2024-09-05,9:30:00.100000000,K,IBM,,@,200,136.40,N,00,9001\n"
        },
        refused_as="trades",
    ),
    "kdb+ quote table": Excerpt(
        {
            "my_orders.csv": mine("AAPL", _OPEN_2024, "222.5"),
            "quote.csv": "time,sym,bid,ask,bsize,asize\n2024.09.05D09:30:00.000123456,AAPL,222.5,222.52,100,200\n"
            "2024.09.05D09:30:01.000123456,AAPL,222.51,,300,\n",
        },
        ("AAPL", "2024-09-05"),
        {
            "quotes/timestamp": [0.000123456, 1.000123456],
            "quotes/bid": [222_500, 222_510],
            "quotes/offer": [222_520, NULL],
        },
        _OPEN_2024,
    ),
    "Refinitiv tick history, quotes": Excerpt(
        {
            "my_orders.csv": mine("BHP.AX", 1725494400, "39.5"),
            "ticks.csv": "#RIC,Domain,Date-Time,GMT Offset,Type,Price,Volume,Bid Price,Bid Size,Ask Price,Ask Size\n"
            "BHP.AX,Market Price,2024-09-05T00:00:00.663334842Z,+10,Quote,,,39.5,100,,\n"
            "BHP.AX,Market Price,2024-09-05T00:00:01.663334842Z,+10,Trade,39.51,63,,,,\n"
            "BHP.AX,Market Price,2024-09-05T00:00:02.000000000Z,+10,Quote,,,,,39.52,7\n",
        },
        ("BHP.AX", "2024-09-05"),
        {"quotes/timestamp": [0.663334842, 2], "quotes/bid": [39_500, 39_500], "quotes/offer": [NULL, 39_520]},
        1725494400,
    ),
    "ITCH messages, reconstructed": Excerpt(
        {
            "messages.csv": "time,type,id,side,size,price,cancSize,execSize,oldId,oldSize,oldPrice\n"
            "34200000000001,A,1205,1,100,41.25,,,,,\n34201000000001,E,1205,1,100,41.25,,40,,,\n"
        },
        refused_as="orders",
    ),
    "NSE order and trade logs": Excerpt(
        {
            "CASH_Orders_05092024.DAT":
            "RMCASH1205201900004717070921BNMINFY      EQ00001500000000150000037210000000000\n"
            "RMCASH1205201900004817070922SNMINFY      EQ00001500000000150000037220000000000\n"
        },
        refused_as="orders",
    ),
}  # fmt: skip
