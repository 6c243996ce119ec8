"""The columns of a day file: the one definition that the writer, the reader and data_layout.md share.

The lowest layer of the day file: it knows of no other module.
"""

from dataclasses import dataclass
from typing import Final

Key = tuple[str, str]  # of a day file: security, trade date
SCHEMA_VERSION: Final = 2  # 1 knew no faults, no carried executions and fewer deal sources


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one group. ``optional`` columns are left out where the input has no such field."""

    group: str
    name: str
    dtype: str
    unit: str
    meaning: str
    optional: bool = False

    @property
    def path(self) -> str:
        """Return the column's HDF5 path, ``group/name``."""
        return f"{self.group}/{self.name}"


def _columns(group: str, *rows: tuple[str, str, str, str]) -> tuple[Column, ...]:
    return tuple(
        Column(group, name.rstrip("?"), dtype, unit, meaning, optional=name.endswith("?"))
        for name, dtype, unit, meaning in rows
    )


EVENTS: Final = _columns(
    "events",  # one row per order-file row, by (timestamp, sequence, place in the input)
    ("timestamp", "i8", "ns UTC", "time of this state change"),
    ("sequence", "i8", "", "the exchange's message number; 0 where the input has none"),
    ("order_index", "i4", "row of orders", "dense index of the order, by first appearance"),
    ("next_row", "i4", "row of events", "next event of the same order, or -1"),
    ("price", "i8", "price unit", "limit in force; 0 is a market order"),
    ("quantity", "i8", "shares", "the file's quantity field, reset by amendments"),
    ("leaves_quantity", "i8", "shares", "open quantity; stays positive on a cancelled order"),
    ("matched_quantity", "i8", "shares", "cumulative matched over the order's whole life"),
    ("minimum_quantity", "i8", "shares", "minimum acceptable quantity, 0 is none"),
    ("change_reason", "i2", "code", "why the row was sent, -1 unknown"),
    ("order_status", "i1", "code", "state after the row, 1 on book, -1 unknown"),
    ("mid_tick", "i1", "code", "mid-tick flag, 0 undefined"),
    ("single_fill", "i1", "code", "1 one contra must supply the minimum, 2 several may, 0 undefined"),
    ("preference_only", "i1", "code", "1 trades only with its own participant, 2 no, 0 undefined"),
    ("national_bid?", "i8", "price unit", "best bid snapshot on the order row, null if absent"),
    ("national_offer?", "i8", "price unit", "best offer snapshot on the order row, null if absent"),
    ("ranking_time?", "i8", "ns UTC", "the order's place in the queue: of equal prices the earlier one is first"),
    ("time_created?", "i8", "ns UTC", "when the order was entered"),
    ("display_quantity?", "i8", "shares", "what an iceberg shows, 0 none"),
    ("status_before?", "i1", "code", "state before the row, -1 unknown"),
    ("participant_attribute?", "i8", "code", "the exchange's participantOrderAttribute, 0 none"),
    ("counter_attributes?", "i8", "code", "the exchange's counterOrderAttributes, 0 none"),
)
ORDERS: Final = _columns(
    "orders",  # one row per order of the day, by first appearance, which is arrival order
    ("order_id", "i8", "", "the exchange's order number"),
    ("participant", "i4", "id or code", "broker; a code of the participant dictionary where ids are text"),
    ("side", "i1", "+1 buy, -1 sell", "side"),
    ("order_type", "i4", "bit mask", "exchange order type of the first row"),
    ("time_validity", "i4", "code", "time validity, -1 unknown"),
    ("crossing_key", "i8", "", "crossing key, 0 none"),
    ("first_row", "i4", "row of events", "first event of the day"),
    ("last_row", "i4", "row of events", "last event of the day"),
    ("arrival_time", "i8", "ns UTC", "time of the first event"),
    ("end_time", "i8", "ns UTC", "time of the last event"),
    ("limit_price", "i8", "price unit", "limit on the first row, 0 market"),
    ("mid_tick", "i1", "code", "mid-tick flag on the first row"),
    ("parent_quantity", "i8", "shares", "max over the day's rows of leaves + matched of the day, at least its fills"),
    ("leaves_quantity", "i8", "shares", "leaves on the last row"),
    ("matched_quantity", "i8", "shares", "matched of the day: last row's matched less carried_quantity"),
    ("carried_quantity", "i8", "shares", "matched on earlier days: the first row's matched less fills by then"),
    ("fault", "i1", "bit mask", "what is impossible in the order's rows and fills, see below; 0 nothing"),
    ("arrival_quote", "i4", "row of quotes", "last quote strictly before arrival_time, -1 none"),
    ("end_quote", "i4", "row of quotes", "last quote strictly before end_time, -1 none"),
    ("first_fill", "i4", "row of fills", "first of the order's fills, which are contiguous"),
    ("fill_count", "i4", "", "number of the order's fills"),
    ("fills_before_arrival", "i4", "", "fills of the partition strictly before arrival_time"),
    ("fills_before_end", "i4", "", "fills of the partition strictly before end_time"),
    ("decision_time?", "i8", "ns UTC", "when the decision to trade was taken"),
    ("parent_id?", "i8", "", "the parent order this order is a child of, by the input or by previous_order_id"),
    ("previous_order_id?", "i8", "", "the order that this one replaced, 0 none"),
    *((f"order_text_{k}?", "i8", "bytes", f"bytes {8 * k} to {8 * k + 7} of a text id, big-endian") for k in range(8)),
)
FILLS: Final = _columns(
    "fills",  # by (order_index, timestamp, sequence); fills of absent orders (-1) last
    ("timestamp", "i8", "ns UTC", "trade time"),
    ("sequence", "i8", "", "the exchange's message number; 0 where the input has none"),
    ("order_index", "i4", "row of orders", "the order that traded, or -1 when it is not in the order file"),
    ("order_id", "i8", "", "the exchange's order number as the trade row states it"),
    ("price", "i8", "price unit", "trade price as published"),
    ("quantity", "i8", "shares", "traded quantity"),
    ("match_id", "i8", "", "match group, shared by the two fills of a match"),
    ("participant", "i4", "id or code", "broker on this side"),
    ("deal_source", "i2", "code", "deal source, -1 unknown"),
    ("side", "i1", "+1 buy, -1 sell", "side of this fill"),
    ("venue", "i1", "code", "0 lit, 1 dark, 2 auction, 3 crossing booking, 4 off-market report, 5 unknown deal source"),
    ("aggressor", "i1", "code", "1 aggressive, 0 passive, 2 neither, -1 unknown"),
    ("national_bid", "i8", "price unit", "best bid snapshot on the trade row, null if absent"),
    ("national_offer", "i8", "price unit", "best offer snapshot on the trade row, null if absent"),
    ("extended_price?", "i8", "1/10000 price unit", "exact trade price, null if absent"),
    ("quote", "i4", "row of quotes", "last quote strictly before timestamp, -1 none"),
    ("by_time", "i4", "row of fills", "the k-th fill in (timestamp, sequence) order"),
)
QUOTES: Final = _columns(
    "quotes",  # by (timestamp, sequence, place in the input)
    ("timestamp", "i8", "ns UTC", "time the quote became known"),
    ("sequence", "i8", "", "message number; 0 where the input has none"),
    ("bid", "i8", "price unit", "national best bid, null when there is none"),
    ("offer", "i8", "price unit", "national best offer, null when there is none"),
)
GROUPS: Final = {"events": EVENTS, "orders": ORDERS, "fills": FILLS, "quotes": QUOTES}
GROUP_OF: Final = {"orders": "events", "trades": "fills", "nbbo": "quotes"}  # where the rows of an input table are
QUANTITY_DECIMALS: Final = "quantity_decimals"  # attribute, where it is not 0: quantities are units of 10^-n
FROM_ORDERS: Final = "quotes_from_orders"  # attribute, where asked for: whether the quotes are the order rows'
DERIVED_AGGRESSOR: Final = "aggressor_from_orders"  # attribute, true where the trades themselves do not say
NO_SHARES: Final = "trades_without_shares"  # attribute, where there are any: trades of none, which no column holds
COLUMNS: Final = EVENTS + ORDERS + FILLS + QUOTES
