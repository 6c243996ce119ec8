"""What a placebo still gets wrong, match by match, and why, as far as the day can tell; called by ``tables``."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from kernels.replay.fidelity import Comparison
from kernels.replay.matches import Matches

UNKNOWN = "unknown"
Reading = tuple[Comparison, Matches]


class Difference(NamedTuple):
    """A match that is missed, or invented, or of which some shares are."""

    time: int  # ns UTC
    buy_order_id: int
    sell_order_id: int
    missed: int  # shares
    invented: int
    why: str = UNKNOWN


def no_worse(other: Comparison, best: Comparison) -> bool:
    """Tell if another reading of the rules is wrong less often, and in nothing more often."""
    a, b = other.counts, best.counts
    right = a.named_events >= b.named_events and a.missed_shares <= b.missed_shares
    wrong = a.missed_shares + a.invented_shares < b.missed_shares + b.invented_shares
    return right and wrong and a.invented_shares <= b.invented_shares


def wrong_matches(found: Comparison, placebo: Matches) -> list[Difference]:
    """Return what is missed and invented, in time order, without a reason."""
    wrong = []
    for source, shares, is_missed in ((found.real, found.missed, True), (placebo, found.invented, False)):
        for row in np.flatnonzero(shares).tolist():
            names = int(source.time[row]), int(source.buy_order_id[row]), int(source.sell_order_id[row])
            amount = int(shares[row])
            wrong.append(Difference(*names, amount if is_missed else 0, 0 if is_missed else amount))
    return sorted(wrong)


def differences(best: Comparison, placebo: Matches, readings: Mapping[str, Reading]) -> Iterator[Difference]:
    """Yield every difference with the first of these reasons that holds, else unknown.

    The quote before a real match does not allow its price; another reading of a rule, which is no worse on the whole
    day, does not have it; one of its orders was in an earlier difference.

    readings : by name, those other readings and their matches
    """
    off_quote = np.flatnonzero(best.outside & (best.missed > 0)).tolist()
    outside = {(int(best.real.time[row]), int(best.real.buy_order_id[row])) for row in off_quote}
    gone = {name: set(wrong_matches(*reading)) for name, reading in readings.items()}
    seen: dict[int, int] = {}
    for each in wrong_matches(best, placebo):
        orders = each.buy_order_id, each.sell_order_id
        before = [seen[order] for order in orders if order in seen]
        without = [name for name, left in gone.items() if each not in left]
        why = UNKNOWN
        if each.missed and (each.time, each.buy_order_id) in outside:
            why = "the quote before it does not allow its price"
        elif without:
            why = f"not so with {', '.join(without)}"
        elif before:
            why = f"knock-on of {min(before) % 86_400_000_000_000 / 1e9:.3f} s"
        yield each._replace(why=why)
        for order in orders:
            seen.setdefault(order, each.time)
