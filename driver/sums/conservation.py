"""What sums of orders must hold whatever the data: nothing negative, nothing filled twice, every order in one outcome.

`driver.job.job` asks before it writes anything. Data that contradict themselves are told apart before orders are
measured, so what is found here is a fault of this program, and no table may show it.
"""

import numpy as np

from driver.sums.cells import OUTCOMES, VENUE_NAMES
from kernels.base.columns import I64
from kernels.conventions import REPLAYED


def broken_rule(scenarios: tuple[str, ...], names: tuple[str, ...], sums: I64) -> str:
    """Return what the sums of some orders contradict, with their figures; empty where all is sound.

    names : of the rows of sums, (columns, n). Single orders were asked about quantities as they were measured.
    """
    row = dict(zip(names, sums, strict=True))
    asked, filled = row["order_quantity"], row["real.filled_quantity"]
    parts = filled, row["leaves_quantity"], row["withdrawn_quantity"]
    wrong = _first_of("filled + leaves + withdrawn is not the quantity", sum(parts) - asked, *parts, asked)
    venues = [row[f"{venue}_quantity"] for venue in VENUE_NAMES]
    places = [place for place, name in enumerate(names) if name.endswith("_quantity") or name in ("orders", "fills")]
    for place in places if sums[places].min(initial=0) < 0 else ():
        wrong = wrong or _first_of(f"{names[place]} is negative", np.minimum(sums[place], 0), sums[place])
    for scenario in scenarios:
        under, outcomes = row[f"{scenario}.filled_quantity"], [row[f"{scenario}.{name}"] for name in OUTCOMES]
        more, others = np.maximum(under - asked, 0), sum(outcomes) - row["orders"]
        wrong = wrong or _first_of(f"{scenario} fills more than was asked for", more, under, asked)
        wrong = wrong or _first_of(f"outcomes of {scenario} are not all orders", others, *outcomes, row["orders"])
    soon = [row[name] for name in row if name.startswith("filled_within")]
    for what, part in (("venues have", sum(venues)), *(("soon there was", within) for within in soon)):
        wrong = wrong or _first_of(f"{what} more than was filled", np.maximum(part - filled, 0), part, filled)
    for scenario in scenarios:
        if scenario in REPLAYED:
            wrong = wrong or _broken_replay(row, scenario)
    return wrong


def _broken_replay(row: dict[str, I64], scenario: str) -> str:
    """Return what the fills of a replayed scenario contradict; those of orders that it is not known of are none."""
    filled, known = row[f"{scenario}.filled_quantity"], row[f"{scenario}.unknown_orders"] == 0
    venues: I64 = np.sum([row[f"{scenario}.{venue}_quantity"] for venue in VENUE_NAMES], axis=0)
    wrong = _first_of(f"venues of {scenario} are not what it filled", known * (venues - filled), venues, filled)
    for name in row:
        if name.startswith(f"{scenario}.filled_within"):
            more = np.maximum(row[name] - filled, 0)
            wrong = wrong or _first_of(f"soon {scenario} had filled more than it ever did", more, row[name], filled)
    return wrong


def _first_of(rule: str, excess: I64, *figures: I64) -> str:
    """Return a rule with the figures of the first cell where it is broken, or nothing."""
    places = excess.nonzero()[0]
    return f"{rule}: {', '.join(str(figure[places[0]]) for figure in figures)}" if len(places) else ""
