"""Which rules a replay follows: the exchange's, and the switches that change one of them.

A switch exists where a rule is unsettled, or to show what it is worth: fidelity without it.
"""

from typing import Final

from kernels.base.compiling import inlined

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
