"""Which rules a replay follows: the exchange's, and the switches that change one of them.

A switch exists where a rule is unsettled, or to show what it is worth: fidelity without it.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from kernels.conventions import VENUE_DARK
from kernels.dark.records import REFUSED, REQUIRED
from kernels.replay.matches import DEAL_BOOKED
from kernels.replay.steps import Trades

# What costs an order its place (R13), and the variants that the day was asked about.
BY_RULE: Final = 0  # a price change, a change of the mid-tick flag, more quantity
NEVER_LOST: Final = 1
ALWAYS_LOST: Final = 2
BY_PRICE: Final = 3
BY_INCREASE: Final = 4

SWITCHES: Final = {
    "no_half_tick": "limits are not improved by half a tick (without R5's half tick)",
    "no_sweeps": "sweeps, and aggressors that the order file lacks, do not look into the dark (without R19)",
    "no_minimums": "nobody has a minimum quantity (without R16, R17)",
    "no_help": "resting orders do not help an incoming one to meet a minimum (without R17b)",
    "preferencing_by_key": "own orders come first only with the same crossing key (another reading of R14)",
    "sweeps_on_ticks": "sweeps meet dark limits on ticks inside the quote too (the other reading of R9)",
    "minimum_stops": "nobody behind a contra whose minimum is not met trades at its price (the other reading of R17)",
    "no_recheck": "a change of the quote lets nobody trade (without R23)",
    "recheck_prefers": "own orders come first at a change of the quote too (another reading of R14 with R23)",
    "recheck_youngest": "at a change of the quote the youngest acts first (another reading of R23)",
    "priority_kept": "every amendment keeps the place (instead of R13)",
    "priority_lost_always": "every amendment loses the place (instead of R13)",
    "priority_lost_by_price": "only a change of price loses the place (instead of R13)",
    "priority_lost_by_increase": "only more quantity loses the place (instead of R13)",
    "no_match_at_amendment": "an amended order does not trade before the next change of the quote (instead of R13)",
    "match_in_place": "an amended order that keeps its place may trade at once (another reading of R13 and R23)",
    "no_attributes": "attributes of orders decide nothing, whatever the day's matches say of them",
    "attributes_refused": "an order does not meet one that carries an attribute it names (a reading of the fields)",
    "attributes_required": "an order meets only those that carry an attribute it names, if any (the other reading)",
    "no_phantoms": "aggressors that the order file lacks do not come",
    "implausible_quotes": "quotes of an absurd spread, and those that jump, match too (the other reading of R4)",
    "locked": "locked quotes match (the other reading of R4)",
}
PRIORITIES: Final = {
    "priority_kept": NEVER_LOST,
    "priority_lost_always": ALWAYS_LOST,
    "priority_lost_by_price": BY_PRICE,
    "priority_lost_by_increase": BY_INCREASE,
}
ATTRIBUTES: Final = "participant_attribute", "counter_attributes"
READINGS: Final = {"attributes_refused": REFUSED, "attributes_required": REQUIRED}
FEW_MATCHES: Final = 20  # with fewer that tell, a day says nothing of what attributes mean


class Attributes(NamedTuple):
    """What orders carry and name, as bits by order as their first rows have it, and what the day says that it means.

    Of a match of which an order names attributes, the other one carries one of them or none: each such match speaks
    against one of the two readings.
    """

    carries: I64
    names: I64
    carried: int  # dark matches of which an order names an attribute that the other one carries: it is not refused
    lacking: int  # and none that the other one carries: it is not required
    told: int  # all of them


def read_attributes(day: Any, trades: Trades) -> Attributes:
    """Return the attributes of a day's orders, and what its dark matches say of them."""
    first, events = np.asarray(day.orders["first_row"]), day.events
    none: I64 = np.zeros(len(first), np.int64)
    if not all(field in events for field in ATTRIBUTES):
        return Attributes(none, none, 0, 0, 0)
    carries, names = (np.asarray(events[field]).astype(np.int64)[first] for field in ATTRIBUTES)
    dark = (np.asarray(trades.venue) == VENUE_DARK) | (np.asarray(trades.deal) == DEAL_BOOKED)
    one = np.flatnonzero(dark & (trades.mate > np.arange(len(dark))))  # a row of each match
    pairs = tuple(np.asarray(trades.order_index)[rows] for rows in (one, trades.mate[one]))
    known = (pairs[0] >= 0) & (pairs[1] >= 0)
    pairs = pairs[0][known], pairs[1][known]
    carried, lacking = (np.zeros(len(pairs[0]), bool) for _ in range(2))
    for one, other in (pairs, pairs[::-1]):
        met = names[one] & carries[other] != 0
        carried |= met
        lacking |= (names[one] != 0) & ~met
    told = np.count_nonzero(carried | lacking)
    return Attributes(carries, names, int(np.count_nonzero(carried)), int(np.count_nonzero(lacking)), int(told))


def reading_of(found: Attributes, switches: Collection[str]) -> int:
    """Return what naming an attribute means: as switched, else the one reading that no match speaks against, else 0."""
    for name, reading in READINGS.items():
        if name in switches:
            return reading
    if "no_attributes" in switches or found.told < FEW_MATCHES:
        return 0
    if found.carried == 0:
        return REFUSED
    return REQUIRED if found.lacking == 0 else 0


@inlined
def loses_place(priority: int, moved: bool, grew: bool) -> bool:
    """R13: tell if an amendment costs the place; moved: another price or mid-tick flag, grew: more in total."""
    if priority == NEVER_LOST:
        return False
    if priority == ALWAYS_LOST:
        return True
    if priority == BY_PRICE:
        return moved
    if priority == BY_INCREASE:
        return grew
    return moved or grew
