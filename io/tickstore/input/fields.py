"""The fields an input file may have: what they are called, what they hold, what stands in when they are absent.

The lowest layer of the input: headers, parser, spill and builder go by it.
"""

from dataclasses import dataclass
from typing import Final

from kernels.conventions import NULL, UNKNOWN_CODE

TABLES: Final = ("orders", "trades", "nbbo")
# Kinds of text a field holds. The parser's kernel switches on these numbers.
SKIP: Final = 0
INTEGER: Final = 1
PRICE: Final = 2
TIME: Final = 3
SIDE: Final = 4
NAME: Final = 5  # an id that may be text: security, participant
DATE: Final = 6  # a trade date: compared with the one its time gives, not stored
ODD: Final = 7  # what the fast path does not know: every line with such a column goes the slow way
_INT64_MAX: Final = 2**63 - 1
_INT32_MAX: Final = 2**31 - 1
_INT16_MAX: Final = 2**15 - 1
_INT8_MAX: Final = 2**7 - 1
LARGEST_QUANTITY: Final = 10**15  # beyond it, sums of price x quantity could pass int64
LARGEST_PRICE: Final = 10**14  # in price units; what is larger is a word for no price, or another unit


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an input table. ``default`` stands for an absent column and, unless required, an empty cell."""

    name: str
    kind: int
    dtype: str
    aliases: tuple[str, ...]  # lower case, letters and digits only; the first one that exists wins
    required: bool = False
    default: int = 0
    low: int = 0
    high: int = _INT64_MAX
    nullable: bool = False  # an empty cell or the null sentinel stays null although the column is required
    weak: tuple[str, ...] = ()  # aliases that often name something else: taken where nothing better is there


SECURITY_ALIASES: Final = (
    "securitycode", "security", "orderbookid", "securityid", "instrumentid", "instrument", "symbol", "ticker", "ric",
    "isin", "figi", "sedol", "cusip", "product", "pair",
)  # fmt: skip
ROW_ID: Final = ("id",)  # the order, the security, or just the row's number
_ORDER_ID: Final = (
    "orderid", "ordernumber", "orderno", "orderref", "orderreference", "orderreferencenumber",
)  # fmt: skip
_PARTICIPANT: Final = ("participantid", "participant", "broker", "brokerid", "firm", "memberid")
TIME_ALIASES: Final = ("timestamp", "time", "ts", "eventtime", "datetime", "transacttime")
_TRADE_DATE: Final = ("tradedate", "date", "tradingdate", "businessdate")
_SEQUENCE: Final = ("sequence", "seq", "sequencenumber", "seqnum", "seqno")
# The text of an order's id where ids are text, eight bytes a column: made by the parser, no file has them.
TEXT_COLUMNS: Final = tuple(f"order_text_{k}" for k in range(8))
ORDERS: Final = (
    Field("order_id", INTEGER, "i8", _ORDER_ID, required=True, weak=ROW_ID),
    Field("timestamp", TIME, "i8", ("timechanged", *TIME_ALIASES), required=True),
    Field("security", NAME, "i8", SECURITY_ALIASES, required=True, weak=ROW_ID),
    Field("price", PRICE, "i8", ("price", "limitprice", "orderprice"), required=True, high=LARGEST_PRICE),
    Field("side", SIDE, "i1", ("side", "buysell", "bidask", "direction"), required=True),
    Field(
        "quantity", INTEGER, "i8", ("quantity", "qty", "orderquantity", "orderqty", "size"), required=True,
        high=LARGEST_QUANTITY,
    ),
    Field(
        "leaves_quantity", INTEGER, "i8", ("leavesquantity", "leaves", "leavesqty", "openquantity", "remaining"),
        required=True, high=LARGEST_QUANTITY,
    ),
    Field(
        "matched_quantity", INTEGER, "i8",
        ("totalmatchedquantity", "matchedquantity", "totalmatched", "matched", "cumqty", "cumquantity"),
        required=True, high=LARGEST_QUANTITY,
    ),
    Field("participant", NAME, "i8", _PARTICIPANT, required=True),
    Field("sequence", INTEGER, "i8", _SEQUENCE),
    Field(
        "minimum_quantity", INTEGER, "i8", ("minimumquantity", "minquantity", "minqty", "maq"), high=LARGEST_QUANTITY
    ),
    Field("change_reason", INTEGER, "i2", ("changereason", "reason"), default=UNKNOWN_CODE, low=-1, high=_INT16_MAX),
    Field("order_status", INTEGER, "i1", ("orderstatus", "status"), default=UNKNOWN_CODE, low=-1, high=_INT8_MAX),
    Field("mid_tick", INTEGER, "i1", ("midtick",), high=_INT8_MAX),
    Field("single_fill", INTEGER, "i1", ("singlefillminimumquantity", "singlefill"), high=_INT8_MAX),
    Field("preference_only", INTEGER, "i1", ("preferenceonly",), high=_INT8_MAX),
    Field("order_type", INTEGER, "i4", ("exchangeordertype", "ordertypebits"), high=_INT32_MAX),
    Field("time_validity", INTEGER, "i4", ("timevalidity",), default=UNKNOWN_CODE, low=-1, high=_INT32_MAX),
    Field("crossing_key", INTEGER, "i8", ("crossingkey",)),
    Field(
        "national_bid", PRICE, "i8", ("nationalbid", "nationalbidpricesnapshot"),
        default=NULL, low=-(2**62), high=LARGEST_PRICE,
    ),
    Field(
        "national_offer", PRICE, "i8", ("nationaloffer", "nationalofferpricesnapshot"),
        default=NULL, low=-(2**62), high=LARGEST_PRICE,
    ),
    Field("decision_time", TIME, "i8", ("decisiontime",), default=NULL),
    Field("parent_id", INTEGER, "i8", ("parentid", "parentorderid"), default=NULL),
    Field("previous_order_id", INTEGER, "i8", ("previousorderid",)),
    Field("ranking_time", TIME, "i8", ("rankingtime",), default=NULL),
    Field("time_created", TIME, "i8", ("timecreated",), default=NULL),
    Field("display_quantity", INTEGER, "i8", ("displayquantity",), high=LARGEST_QUANTITY),
    Field("status_before", INTEGER, "i1", ("orderstatusbefore",), default=UNKNOWN_CODE, low=-1, high=_INT8_MAX),
    Field("participant_attribute", INTEGER, "i8", ("participantorderattribute",), low=-_INT64_MAX),
    Field("counter_attributes", INTEGER, "i8", ("counterorderattributes",), low=-_INT64_MAX),
    Field("trade_date", DATE, "i8", _TRADE_DATE, default=NULL, low=-1),
    *(Field(name, INTEGER, "i8", ()) for name in TEXT_COLUMNS),
)  # fmt: skip
TRADES: Final = (
    Field("order_id", INTEGER, "i8", _ORDER_ID, required=True, weak=ROW_ID),
    Field("timestamp", TIME, "i8", ("executiontimestamp", "tradetime", *TIME_ALIASES), required=True),
    Field("security", NAME, "i8", SECURITY_ALIASES, required=True, weak=ROW_ID),
    Field("price", PRICE, "i8", ("tradeprice", "lastpx", "price"), required=True, high=LARGEST_PRICE),
    Field("side", SIDE, "i1", ("side", "buysell", "bidask", "direction"), required=True),
    Field(
        "quantity", INTEGER, "i8", ("lastqty", "quantity", "qty", "tradequantity", "size", "volume"),
        required=True, low=1, high=LARGEST_QUANTITY,
    ),
    Field("sequence", INTEGER, "i8", _SEQUENCE),
    Field("match_id", INTEGER, "i8", ("matchgroupid", "matchid", "tradeid", "tradenumber"), default=NULL),
    Field("participant", NAME, "i8", _PARTICIPANT, default=UNKNOWN_CODE),
    Field("deal_source", INTEGER, "i2", ("dealsource",), default=UNKNOWN_CODE, low=-1, high=_INT16_MAX),
    Field(
        "aggressor", INTEGER, "i1", ("passiveaggressive", "aggressor"), default=UNKNOWN_CODE, low=-1, high=_INT8_MAX
    ),
    Field(
        "national_bid", PRICE, "i8", ("nationalbidpricesnapshot", "nationalbid", "bid", "bidprice"),
        default=NULL, low=-(2**62), high=LARGEST_PRICE
    ),
    Field(
        "national_offer", PRICE, "i8",
        ("nationalofferpricesnapshot", "nationaloffer", "offer", "offerprice", "ask", "askprice"),
        default=NULL, low=-(2**62), high=LARGEST_PRICE
    ),
    Field("extended_price", INTEGER, "i8", ("extendedprice",), default=NULL),
    Field("trade_date", DATE, "i8", _TRADE_DATE, default=NULL, low=-1),
)  # fmt: skip
NBBO: Final = (
    Field("timestamp", TIME, "i8", TIME_ALIASES, required=True),
    Field("security", NAME, "i8", SECURITY_ALIASES, required=True, weak=ROW_ID),
    Field(
        "bid", PRICE, "i8", ("bidprice", "bid", "nationalbid", "bestbid", "bidpx"), required=True, default=NULL,
        nullable=True, high=LARGEST_PRICE
    ),
    Field(
        "offer", PRICE, "i8",
        ("offerprice", "offer", "nationaloffer", "bestoffer", "askprice", "ask", "bestask", "offerpx", "askpx"),
        required=True, default=NULL,
        nullable=True, high=LARGEST_PRICE
    ),
    Field("sequence", INTEGER, "i8", _SEQUENCE),
    Field("trade_date", DATE, "i8", _TRADE_DATE, default=NULL, low=-1),
)  # fmt: skip
SNAPSHOTS: Final = ("national_bid", "national_offer")  # of order rows; read only where they are to be the quotes
IDS: Final = (
    "order_id",
    "match_id",
    "parent_id",
    "previous_order_id",
)  # numbers of 64 bits, with or without a sign, or text
QUANTITIES: Final = ("quantity", "leaves_quantity", "matched_quantity", "minimum_quantity", "display_quantity")
NOT_COLUMNS: Final = ("security", "trade_date")  # fields that no log and no day file has as columns
FIELDS: Final = {"orders": ORDERS, "trades": TRADES, "nbbo": NBBO}


def canonical(name: str) -> str:
    """Return a header name as aliases are written: lower case, letters and digits only."""
    return "".join(c for c in name.lower() if c.isalnum())
