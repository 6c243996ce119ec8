"""The exchange's three files: headers, and the words it writes beside its codes."""

from typing import Final

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
DEAL_WORDS: Final = {
    1: "Continuous Lit",
    5: "Trade Report Crossings",
    20: "Auction",
    44: "Continuous Lit UCP",
    45: "Auction UCP",
    46: "Centre Point Preferencing",
    47: "Centre Point",
    48: "Centre Point UCP",
    50: "Centre Point Block Preferencing",
    51: "Centre Point Block",
}
SIDE_WORDS: Final = {1: "Buy", 2: "Sell"}
VALIDITY_WORDS: Final = {
    0: "Bouncing",
    256: "Rest of Day",
    1536: "Current Max",
    16640: "Purged Rest of Day",
    49408: "Negative indicator Purged Rest of Day",
}
