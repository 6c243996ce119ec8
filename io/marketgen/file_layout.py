"""The exchange's three files and the truth's two: headers, fields, and the words written beside the codes.

Above ``csv_text`` and ``market``; ``files`` and ``security_week`` call it.
"""

from typing import Any, Final

import numpy as np

from marketgen.csv_text import Form
from marketgen.market import LOG_ROW, ORDER_ROW, QUOTE_ROW, TRADE_ROW, TRUTH_ROW

ORDER_HEADER: Final = (
    "order_id,exchange,timestamp,security_code,price,side,changereason,orderstatus,quantity,leavesquantity,"
    "ordertype,exchangeordertype,national_bid,national_offer,bid,offer,participantid,preferenceonly,midtick,"
    "singlefillminimumquantity,minimumquantity,sequence,crossingkey,totalmatchedquantity,shortsellquantity,"
    "triggercondition,timevaliditydecoded,row_num,timevalidity"
)
TRADE_HEADER: Final = (
    "EXCHANGE,sequence,tradedate,tradetime,securitycode,orderid,dealsource,dealsourcedecoded,exchangeinfo,"
    "matchgroupid,nationalbidpricesnapshot,nationalofferpricesnapshot,tradeprice,quantity,side,sidedecoded,"
    "participantid,passiveaggressive,row_num"
)
EXACT: Final = {"orders.csv": ",rankingtime", "trades.csv": ",extendedprice", "nbbo.csv": ""}  # what ``exact`` adds
QUOTE_HEADER: Final = (
    "partition,sequence,tradedate,bidprice,bidquantity,offerprice,offerquantity,orderbookid,creationtime,timestamp"
)
TRUTH_HEADER: Final = (
    "order_id,participant,side,order_type,group,order_quantity,filled_quantity,leaves_quantity,carried_quantity,"
    "fills,arrival_time,end_time,first_fill_time,last_fill_time,lit_quantity,dark_quantity,auction_quantity,"
    "booked_quantity,lit_notional,dark_notional,auction_notional,booked_notional,exact_notional2"
)
LOG_HEADER: Final = ",".join(LOG_ROW.names or ())
DEAL_WORDS: Final = {
    1: "Continuous Lit",
    5: "Trade Report Crossings",
    20: "Auction",
    44: "Continuous Lit UCP",
    45: "Auction UCP",
    46: "Centre Point Preferencing",
    47: "Centre Point",
    48: "Centre Point UCP",
    50: "Centre Point Block",
}
SIDE_WORDS: Final = {1: "Buy", 2: "Sell"}
MARKET_WORDS: Final = {0: "ON Market", 1: "OFF Market"}
VALIDITY_WORDS: Final = {
    0: "Bouncing",
    256: "Rest of Day",
    1288: "Days",
    1536: "Current Max",
    16640: "Purged Rest of Day",
    49408: "Negative indicator Purged Rest of Day",
}
LOG_WORDS: Final = {1: "enter", 2: "rest", 3: "fill", 4: "leave", 5: "amend", 6: "outside"}


def _at(row: np.dtype[np.void], *names: str) -> list[int]:
    """Return the columns of fields of a row."""
    fields: Any = row.fields
    return [fields[name][1] // 8 for name in names]


def order_form(security: int, ids: int = 0, times: int = 0, exact: bool = False) -> Form:
    """Return the 29 fields of an order row; ``ids`` and ``times`` are added to what is in the row."""
    number, when, validity = _at(ORDER_ROW, "order_id", "timestamp", "validity")
    form = Form().number(number, shift=ids).word("3").number(when, shift=times).word(str(security))
    form.number(*_at(ORDER_ROW, "price", "side", "reason", "status", "quantity", "leaves")).word("1")
    form.number(*_at(ORDER_ROW, "type", "national_bid", "national_offer", "bid", "offer", "participant"))
    form.number(*_at(ORDER_ROW, "preference_code", "mid_tick", "single_code", "minimum", "sequence"))
    form.number(*_at(ORDER_ROW, "crossing_key", "matched", "short"))
    form.word("0").lookup(validity, VALIDITY_WORDS).row().number(validity)
    return form.number(*_at(ORDER_ROW, "ranking"), shift=times) if exact else form


def trade_form(security: int, day: str, ids: int = 0, times: int = 0, exact: bool = False) -> Form:
    """Return the 19 fields of a trade row."""
    sequence, when, number, deal, off_market, match, side = _at(
        TRADE_ROW, "sequence", "timestamp", "order_id", "deal", "off_market", "match", "side"
    )
    form = Form().word("3").number(sequence).word(day).number(when, shift=times).word(str(security))
    form.number(number, shift=ids).number(deal).lookup(deal, DEAL_WORDS).lookup(off_market, MARKET_WORDS)
    form.number(match, shift=ids)
    form.number(*_at(TRADE_ROW, "national_bid", "national_offer", "price", "quantity"), side).lookup(side, SIDE_WORDS)
    form.number(*_at(TRADE_ROW, "participant", "aggressive")).row()
    return form.number(*_at(TRADE_ROW, "extended")) if exact else form


def quote_form(security: int, midnight: int, times: int = 0) -> Form:
    """Return the 10 fields of a quote row; ``midnight`` of the trade date in ns."""
    form = Form().word("1").number(*_at(QUOTE_ROW, "sequence")).word(str(midnight))
    form.number(*_at(QUOTE_ROW, "bid", "bid_quantity", "offer", "offer_quantity")).word(str(security))
    return form.number(*_at(QUOTE_ROW, "created", "timestamp"), shift=times)


def truth_form(ids: int = 0, times: int = 0) -> Form:
    """Return the fields of the truth's order-days, as they lie."""
    first, last = _at(TRUTH_ROW, "arrival_time", "last_fill_time")
    form = Form().number(0, shift=ids).number(*range(1, first)).number(*range(first, last + 1), shift=times)
    return form.number(*range(last + 1, TRUTH_ROW.itemsize // 8))


def log_form(ids: int = 0, times: int = 0) -> Form:
    """Return the fields of the book's event log, as they lie."""
    form = Form().lookup(0, LOG_WORDS).number(1, shift=times).number(2).number(3, 4, shift=ids)
    return form.number(*range(5, LOG_ROW.itemsize // 8))
