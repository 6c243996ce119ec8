"""The exchange's three files and the truth's two: headers, fields, and the words written beside the codes."""

from typing import Final

from marketgen.csv_text import Form

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
QUOTE_HEADER: Final = (
    "partition,sequence,tradedate,bidprice,bidquantity,offerprice,offerquantity,orderbookid,creationtime,timestamp"
)
TRUTH_HEADER: Final = (
    "order_id,participant,side,order_type,group,order_quantity,filled_quantity,leaves_quantity,carried_quantity,"
    "fills,arrival_time,end_time,first_fill_time,last_fill_time,lit_quantity,dark_quantity,auction_quantity,"
    "booked_quantity,lit_notional,dark_notional,auction_notional,booked_notional,exact_notional2"
)
LOG_HEADER: Final = (
    "event,timestamp,sequence,order_id,contra,side,price2,quantity,bid,offer,outside_bid,outside_offer,"
    "national_bid,national_offer"
)
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


def order_form(security: int, id_shift: int = 0, time_shift: int = 0) -> Form:
    """Return the 29 fields of an order row; the columns are those ``records.write_order`` fills."""
    form = Form().number(0, id_shift).word("3").number(1, time_shift).word(str(security))
    for column in (2, 3, 4, 5, 6, 7):
        form.number(column)
    form.word("1")
    for column in range(8, 22):
        form.number(column)
    return form.word("0").lookup(22, VALIDITY_WORDS).row().number(22)


def trade_form(security: int, day: str, id_shift: int = 0, match_shift: int = 0, time_shift: int = 0) -> Form:
    """Return the 19 fields of a trade row (``records.write_trade``)."""
    form = Form().word("3").number(0).word(day).number(1, time_shift).word(str(security)).number(2, id_shift)
    form.number(3).lookup(3, DEAL_WORDS).lookup(4, MARKET_WORDS).number(5, match_shift)
    for column in (6, 7, 8, 9, 10):
        form.number(column)
    return form.lookup(10, SIDE_WORDS).number(11).number(12).row()


def quote_form(security: int, midnight: int, time_shift: int = 0) -> Form:
    """Return the 10 fields of a quote row (``records.publish``); ``midnight`` of the trade date in ns."""
    form = Form().word("1").number(0).word(str(midnight))
    for column in (1, 2, 3, 4):
        form.number(column)
    return form.word(str(security)).number(5, time_shift).number(6, time_shift)


def truth_form(id_shift: int = 0, time_shift: int = 0) -> Form:
    """Return the fields of the truth's order-days (``records.write_truth``)."""
    form = Form().number(0, id_shift)
    for column in range(1, 23):
        form.number(column, time_shift if column in (10, 11, 12, 13) else 0)
    return form


def log_form(id_shift: int = 0, time_shift: int = 0) -> Form:
    """Return the fields of the book's event log (``records.write_log``)."""
    form = Form().lookup(0, LOG_WORDS).number(1, time_shift).number(2).number(3, id_shift).number(4, id_shift)
    for column in range(5, 14):
        form.number(column)
    return form
