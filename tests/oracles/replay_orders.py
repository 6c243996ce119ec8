"""What the plain replay keeps of orders, and what it prints."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True, eq=False)
class Order:
    """An order as the replay knows it, in a book or not."""

    row: int  # of the order table, -1 for one that the table lacks
    order_id: int
    side: int  # +1, -1
    participant: int
    broker: object  # who counts as the same for preferences
    key: int = 0
    dark: bool = False
    sweep: bool = False
    bounces: bool = False
    own_only: bool = False
    carries: int = 0  # attributes as bits
    names: int = 0  # those of counterparties
    unknown: bool = False  # an order that the file lacks: nobody turns it down for its attributes
    prefers: bool = False
    subject: bool = False
    price: int = 0  # 0 market
    half: Fraction = Fraction(0)  # how much better than its price the limit is
    mid_tick: int = 0
    leaves: int = 0
    minimum: int = 0
    single: bool = False
    due: int | None = None  # it leaves before the first step after this time
    most: int | None = None  # what of it may trade at all (conservative bound)
    untried: bool = False  # since the last quote at which all had their turn it came, or can meet whom it could not
    rests: bool = False


@dataclass(slots=True)
class Fill:
    order: Order
    contra: Order
    quantity: int
    price: Fraction
    rule: str
    passive: bool  # both rested
    preferred: bool


@dataclass(slots=True, frozen=True)
class Match:
    """What the engine prints, in its order."""

    time: int
    buy: int
    sell: int
    buy_order_id: int
    sell_order_id: int
    quantity: int
    price: Fraction
    mid: Fraction
    aggressor: int  # side, 0 if both rested
    rule: str
    booked: bool
    preferenced: bool
