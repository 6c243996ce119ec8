"""What the exchange's codes mean, in words: order types, change reasons, deal sources. And its two sets of headers."""

from collections.abc import Callable, Iterable
from typing import Final

from kernels.conventions import VENUE_OF_DEAL, VENUES
from tickstore.input.fields import canonical

UNKNOWN: Final = "unknown to this program"
TYPE_BITS: Final = {
    1: "force",
    2: "short sell",
    4: "market bid",
    8: "price stabilisation",
    16: "override crossing",
    32: "undisclosed",
    64: "Centre Point order",
    128: "always inactive",
    256: "Centre Point crossing",
    512: "session-triggered",
    1024: "peg",
    2048: "Centre Point sweep",
    4096: "Centre Point block order",
}
CHANGE_REASONS: Final = {
    1: "cancelled by trader",
    3: "traded",
    4: "connection lost",
    5: "updated",
    6: "new",
    9: "cancelled by system",
    10: "changed on behalf",
    20: "halt",
    21: "halt",
    24: "day order purged",
    26: "expired",
    27: "too far from the market",
    30: "reloaded",
    50: "half tick and minimum dropped on reload",
    100: "cancelled on disconnect",
} | dict.fromkeys((15, 19, 23, 25, 31, 34, 35, 43, 48, 49, 51), "listed by the exchange")
ENDED_EARLY: Final = (1, 4, 9, 20, 21, 24, 26, 27, 100)  # change reasons that end an order, filled or not
DEAL_SOURCES: Final = {
    1: "continuous lit",
    3: "two-broker report",
    5: "trade report crossing",
    7: "combination",
    20: "auction",
    36: "combination",
    43: "combination",
    44: "continuous lit, booked crossing",
    45: "auction, booked crossing",
    46: "Centre Point preferencing",
    47: "Centre Point",
    48: "Centre Point, booked crossing",
    49: "Centre Point, preference only matched",
    50: "Centre Point any-price block",
    51: "Centre Point any-price block, preferenced",
    52: "Centre Point any-price block, preference only",
    90: "post-close",
    91: "post-close, booked crossing",
}
_CAPITALS: Final = {
    "orders": {"timechanged", "orderquantity", "orderbookid"},
    "trades": {"executiontimestamp", "orderbookid", "dealsource"},
    "nbbo": {"orderbookid", "timestamp"},
}
_LOWER: Final = {
    "orders": {"orderid", "securitycode", "totalmatchedquantity", "exchangeordertype"},
    "trades": {"orderid", "securitycode", "tradetime", "dealsource"},
    "nbbo": {"orderbookid", "bidprice", "offerprice", "timestamp"},
}


def header_family(names: Iterable[str], table: str) -> str:
    """Return which of the exchange's headers a file has: exchange_capitals, exchange_lower, or other."""
    keys = {canonical(name) for name in names}
    capital = sum(name[:1].isupper() for name in names) * 2 > len(keys)
    if capital and _CAPITALS[table] <= keys:
        return "exchange_capitals"
    return "exchange_lower" if not capital and _LOWER[table] <= keys else "other"


def order_type_meaning(code: int) -> str:
    """Return the bits of an order type in words.

    Examples
    --------
    >>> order_type_meaning(2050), order_type_meaning(0), order_type_meaning(8192)
    ('short sell + Centre Point sweep', 'lit limit or market order', 'bit 8192 unknown to this program')
    """
    if code == 0:
        return "lit limit or market order"
    bits = [1 << n for n in range(code.bit_length()) if code >> n & 1]
    return " + ".join(TYPE_BITS.get(bit, f"bit {bit} {UNKNOWN}") for bit in bits) if code > 0 else UNKNOWN


def change_reason_meaning(code: int) -> str:
    """Return why a row was sent."""
    return CHANGE_REASONS.get(code, UNKNOWN)


def deal_source_meaning(code: int) -> str:
    """Return where a trade came from, and the venue it counts for."""
    if code not in DEAL_SOURCES:
        return UNKNOWN
    venue = VENUE_OF_DEAL.get(code)
    return f"{DEAL_SOURCES[code]} ({VENUES[venue]})" if venue is not None else DEAL_SOURCES[code]


MEANINGS: Final[dict[str, Callable[[int], str]]] = {
    "order_type": order_type_meaning,
    "change_reason": change_reason_meaning,
    "deal_source": deal_source_meaning,
}
