"""What the exchange's codes mean, in words beside them in tables; rules and sources are in docs/rules.md."""

from collections.abc import Callable
from typing import Final

from driver.sums.kinds.order_kinds import QUARTERS
from driver.tables.grouping import size_labels
from kernels.conventions import VENUE_OF_DEAL, VENUES

TYPE_BITS: Final = {
    1: "forced", 2: "short sell", 4: "market bid", 8: "price stabilisation", 16: "override crossing", 32: "undisclosed",
    64: "Centre Point", 128: "always inactive", 256: "Centre Point crossing", 512: "session-triggered", 1024: "peg",
    2048: "Centre Point sweep", 4096: "Centre Point block",
}  # fmt: skip
MID_TICKS: Final = {
    0: "not stated", 1: "mid-point only, limit half a tick better", 2: "mid-point only",
    3: "dark limit", 4: "dark limit, half a tick better",
    5: "any-price block", 6: "any-price block, half a tick better",
}  # fmt: skip
DEAL_SOURCES: Final = {
    1: "continuous lit", 3: "report of two brokers", 5: "report of a crossing", 7: "report of a combination",
    20: "auction", 36: "report of a combination", 43: "report of a combination", 44: "crossing booking in the lit book",
    45: "crossing booking in an auction", 46: "Centre Point, own broker preferred", 47: "Centre Point",
    48: "crossing booking in Centre Point", 49: "Centre Point, own broker only", 50: "Centre Point block",
    51: "Centre Point block", 52: "Centre Point block, own broker only", 90: "post-close",
    91: "crossing booking, post-close",
}  # fmt: skip
UNKNOWN: Final = "not known"
QUARTER_WORDS: Final = ("smallest quarter of the day's orders", "second", "third", "largest quarter")
GROUP_WORDS: Final = ("really filled in full", "really filled in part", "without a real fill")  # groups 1, 2, 3

REASON_WORDS: Final = {  # of ``kernels.replay.reasons``, in their order
    "filled": "fills something",
    "session": "rested for no time in the session",
    "quote_invalid": "no usable quote while it rested",
    "limit_away": "the mid never reached its limit",
    "no_contra": "nobody on the other side within limits",
    "contra_minimum": "minimums of the other side were too large",
    "own_minimum": "its own minimum was too large",
    "competed_away": "those before it in the queue took what there was",
    "too_late": "its life had ended before it could enter",
}


def type_words(code: int) -> str:
    """Return the bits of an order type in words; without any it is a lit order."""
    bits = [1 << n for n in range(code.bit_length())] if code > 0 else []
    words = [TYPE_BITS.get(bit, f"bit {bit}") for bit in bits if code & bit]
    return ", ".join(words) or ("lit" if code == 0 else UNKNOWN)


def venue_name(source: int) -> str:
    """Return the venue of a deal source."""
    return VENUES[VENUE_OF_DEAL[source]] if source in VENUE_OF_DEAL else VENUES[-1]


MEANINGS: Final[dict[str, Callable[[int], str]]] = {  # of the labels of kinds that have a table
    "order_type": type_words,
    "mid_tick": lambda code: MID_TICKS.get(code, UNKNOWN),
    "size_quartile": lambda code: QUARTER_WORDS[code - 1],
}
SHOWN: Final[dict[str, Callable[[int], str]]] = {  # labels of kinds in contrasts
    "size_bucket": lambda code: size_labels()[code],
    "size_quartile": lambda code: f"{code} of {QUARTERS}",
}
