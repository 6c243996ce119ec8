"""The exchange's files under its other family of names: 57 and 39 columns in capitals instead of 29 and 19.

What the lower-case files lack is filled with values that would do harm if they were taken for a field; what the family
in capitals lacks is dropped: decoded words, row numbers, and of trades the snapshots and the aggressor.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

ORDERS: Final = (
    "Partition,Sequence,TradeDate,AccountId,BidPriceSnapshot,BlockSize,ChangeReason,ClientOrderId,"
    "CounterOrderAttributes,CrossingKey,CustomerInfo,DeltaQuantity,DisplayQuantity,ExchangeInfo,ExchangeOrderType,"
    "GiveUpParticipant,LeavesQuantity,MessageName,MidTick,MinimumQuantity,NationalBidPriceSnapshot,"
    "NationalOfferPriceSnapshot,OfferPriceSnapshot,OnBehalfOfSubmitterId,OrderBookId,OrderBookPosition,OrderCategory,"
    "OrderId,OrderQuantity,OrderStatus,OrderStatusBefore,OrderType,ParticipantId,ParticipantOrderAttribute,"
    "PreferenceOnly,PreviousOrderId,Price,RankingTime,RegulatoryData,RequestedPosition,ShortSellQuantity,Side,"
    "SingleFillMinimumQuantity,SubmitterId,TimeChanged,TimeCreated,TimeValidity,TotalMatchedQuantity,TradeReportCode,"
    "TransactionStatus,TransferFromUserId,TriggerCondition,TriggerOrderBookId,TriggerPrice,TriggerSessionType,UserId,"
    "isReloaded"
)
TRADES: Final = (
    "Partition,Sequence,TradeDate,AccountId,AsOf,BigAttention,CombinationOrderBookId,CounterOrderCapacity,CustomerInfo,"
    "DealSource,ExchangeOrderType,ExecutionTimestamp,ExtendedPrice,GiveUpParticipant,CombinationMatchId,MatchGroupId,"
    "NotUsed,ModifiedTime,OpenCloseReq,OrderBookId,OrderId,OrderType,ParticipantId,Price,Quantity,RegulatoryData,"
    "SettlementDate,ShortSellQuantity,Side,TimeOfAgreement,TimeStamp,TradeCondition,TradeNumber,TradeReportAttribute,"
    "TradeReportCode,TradeSlipNumber,TradeType,UserId,ExchangeInfo"
)
# What the columns of the lower-case family are called in capitals; the rest of it is dropped.
_ORDER_NAMES: Final = {
    "exchange": "Partition", "timestamp": "TimeChanged", "security_code": "OrderBookId", "quantity": "OrderQuantity",
    "national_bid": "NationalBidPriceSnapshot", "national_offer": "NationalOfferPriceSnapshot",
    "bid": "BidPriceSnapshot", "offer": "OfferPriceSnapshot", "order_id": "OrderId",
}  # fmt: skip
_TRADE_NAMES: Final = {"EXCHANGE": "Partition", "tradetime": "ExecutionTimestamp", "securitycode": "OrderBookId"} | {
    "tradeprice": "Price"
}
_DROPPED: Final = {
    "timevaliditydecoded", "row_num", "dealsourcedecoded", "sidedecoded", "passiveaggressive",
    "nationalbidpricesnapshot", "nationalofferpricesnapshot",
}  # fmt: skip
_OTHERS: Final = {
    "AccountId": "ACC/1", "ClientOrderId": "C-0017", "MessageName": "Order",
    "GiveUpParticipant": "8", "SubmitterId": "submitter 3", "OnBehalfOfSubmitterId": "submitter 4", "UserId": "U12",
    "TransferFromUserId": "U13", "RegulatoryData": "X;Y", "CustomerInfo": "info", "TriggerPrice": "77",
    "TriggerOrderBookId": "999", "OrderBookPosition": "3", "RequestedPosition": "4", "OrderCategory": "1",
    "BlockSize": "5", "DeltaQuantity": "-6", "TradeReportCode": "0", "TransactionStatus": "1", "isReloaded": "false",
    "TriggerSessionType": "0", "DisplayQuantity": "0", "OrderStatusBefore": "2", "ParticipantOrderAttribute": "0",
    "CounterOrderAttributes": "0", "PreviousOrderId": "0", "ExchangeInfo": "ON Market", "AsOf": "false",
    "BigAttention": "false", "CombinationOrderBookId": "998", "CounterOrderCapacity": "2", "CombinationMatchId": "12",
    "NotUsed": "", "ModifiedTime": "1600000000000000000", "OpenCloseReq": "0", "SettlementDate": "2024-09-09",
    "TimeOfAgreement": "1500000000000000000", "TimeStamp": "1400000000000000000", "TradeCondition": "0",
    "TradeReportAttribute": "0", "TradeSlipNumber": "4711", "TradeType": "1",
}  # fmt: skip
Row = dict[str, str]


def write_orders(source: Path, target: Path, trade_date: str = "", ranked: bool = True) -> Path:
    """Write an orders file of 29 columns as one of 57, with the ranking times that its rows make, or without any.

    An order loses its place where its price or mid-tick changes or it wants more; the source is in the order of time.
    """
    entered: dict[str, str] = {}
    last: dict[str, tuple[str, str, int]] = {}
    ranks: dict[str, str] = {}

    def other(row: Row) -> Row:
        number, time = row["OrderId"], row["TimeChanged"]
        wanted = int(row["LeavesQuantity"]) + int(row["TotalMatchedQuantity"])
        price, mid_tick, before = last.get(number, ("", "", 0))
        if (price, mid_tick) != (row["Price"], row.get("MidTick", "")) or wanted > before:
            ranks[number] = time
        last[number] = (row["Price"], row.get("MidTick", ""), wanted)
        rank = ranks[number] if ranked else "0"
        return {"TimeCreated": entered.setdefault(number, time), "RankingTime": rank, "TradeDate": trade_date}

    return _write(source, target, ORDERS, _ORDER_NAMES, other)


def write_trades(source: Path, target: Path) -> Path:
    """Write a trades file of 19 columns as one of 39."""
    numbers: dict[str, str] = {}

    def other(row: Row) -> Row:
        number = numbers.setdefault(row["MatchGroupId"], str(1 + len(numbers)))
        return {"TradeNumber": number, "ExtendedPrice": row["Price"] + "0000"}

    return _write(source, target, TRADES, _TRADE_NAMES, other)


def _write(source: Path, target: Path, header: str, names: dict[str, str], other: Callable[[Row], Row]) -> Path:
    columns = header.split(",")
    capitals = {name.lower(): name for name in columns}
    with source.open(newline="") as old, target.open("w", newline="") as new:
        writer = csv.DictWriter(new, columns, lineterminator="\n", restval="0")
        writer.writeheader()
        for row in csv.DictReader(old):
            known = {names.get(k) or capitals[k.lower()]: v for k, v in row.items() if k not in _DROPPED}
            filled = {name: _OTHERS[name] for name in columns if name in _OTHERS} | known
            writer.writerow(filled | other(filled))
    return target
