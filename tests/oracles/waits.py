"""How long orders wait for fills and what came instead, and the curves of it, in plain Python with exact fractions."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

FATES = ("filled", "cancelled", "amended_away", "ended", "censored")
# Seconds: 1, 3, 10 ... microseconds, then 1, 1.5, 2, 3, 4.5, 6 ... milliseconds to 100,000 seconds.
GRID = [
    Fraction(0),
    *(Fraction(step * 10**power, 10**6) for power in range(3) for step in (1, 3)),
    *(Fraction(step * 10**power, 10**4) for power in range(8) for step in (10, 15, 20, 30, 45, 60)),
    Fraction(100_000),
]
FEW = [edge for edge in GRID if edge == 0 or str(int(edge * 10**9)).strip("0") in ("1", "3")]
CANCELS, EXPIRIES, TRADED = {1, 4, 9, 15, 19, 20, 21, 23, 27, 100}, {24, 25, 26}, 3
OFF_BOOK, INACTIVE, UNKNOWN = 2, 4, -1
Order = Mapping[str, Any]
Wait = tuple[str, int]  # how it ended, and after how many ns
NEVER = -(10**30)


class Last(NamedTuple):
    """The last row of an order, and what it was asked about."""

    reason: int
    status: int
    bounces: bool = False
    until: int | None = None  # last instant in the dark, if it is asked to rest there


def own_end(order: Order, last: Last, close: int) -> Wait:
    """Return how and when an order ended by itself; "filled": a fill ended it."""
    end, filled = order["end_time"], order["filled_quantity"]
    if order["leaves_quantity"] == 0 and filled:
        amended = order["withdrawn_quantity"] > 0 and last.reason != TRADED
        if not amended or order["last_fill_time"] is None or end <= order["last_fill_time"]:
            return "filled", end
    if end > close:
        return "ended", close
    if last.reason in CANCELS:
        return "cancelled", end
    if last.reason in EXPIRIES:
        return "ended", end
    if order["leaves_quantity"] == 0:
        return "amended_away", end
    return {INACTIVE: ("ended", end), OFF_BOOK: ("cancelled", end), UNKNOWN: ("censored", end)}.get(
        last.status, ("ended", close)
    )


def unfilled_end(order: Order, last: Last, close: int, scenario: str) -> Wait:
    """Return how and when an order ends under a scenario that does not fill it."""
    fate, end = own_end(order, last, close)
    if last.until is not None and scenario.startswith("R"):
        until = last.until
        leaves_first = fate != "filled" and end <= until and not (last.bounces and until > end)
        return (fate, end) if leaves_first else ("ended", until)
    if fate != "filled":
        return fate, end
    goes_on = scenario not in ("real", "P") and last.until is None
    return "ended", close if goes_on else end


def waits(order: Order, last: Last, close: int, scenario: str) -> dict[str, Wait] | None:
    """Return how the waits of an order for a fill and for being full ended; None if it never lived in the session."""
    start = order["window_start"]
    if order["window_end"] is None or start > order["window_end"]:
        return None
    real = scenario == "real"
    filled = order["filled_quantity" if real else f"{scenario}_filled_quantity"]
    first, final = (order[name if real else f"{scenario}_{name}"] for name in ("first_fill_time", "last_fill_time"))
    if filled is None or (filled and first is None):
        return {"first_fill": ("unknown", 0), "full_fill": ("unknown", 0)}
    emptied = order["leaves_quantity"] == 0 and own_end(order, last, close)[0] != "filled"
    wanted = order["order_quantity"] - order["withdrawn_quantity"]
    full = filled == order["order_quantity"] or (filled >= wanted and not emptied)

    def after(time: int) -> int:
        return max(0, min(time, close) - int(start))

    fate, end = unfilled_end(order, last, close, scenario)
    return {
        "first_fill": ("filled", after(first)) if filled else (fate, after(end)),
        "full_fill": ("filled", after(final)) if filled and full else (fate, after(end)),
    }


def curve(found: Iterable[Wait], edges: Sequence[Fraction] = tuple(GRID)) -> list[dict[str, Any]]:
    """Return a row for each edge at which an order ended, as fill_curves.csv has it."""
    places = Counter((min(bisect_left(edges, Fraction(wait, 10**9)), len(edges) - 1), fate) for fate, wait in found)
    at_risk = places.total()
    rows, open_shares, unfilled, greenwood = [], Fraction(1), Fraction(1), Fraction(0)
    incidence = dict.fromkeys(FATES[:-1], Fraction(0))
    for place, edge in enumerate(edges):
        counts = {fate: places[place, fate] for fate in FATES}
        if not any(counts.values()):
            continue
        for cause in incidence:
            incidence[cause] += open_shares * Fraction(counts[cause], at_risk)
        open_shares *= 1 - Fraction(sum(counts[cause] for cause in incidence), at_risk)
        unfilled *= 1 - Fraction(counts["filled"], at_risk)
        if unfilled:
            greenwood += Fraction(counts["filled"], at_risk * (at_risk - counts["filled"]))
        row: dict[str, Any] = {"seconds": float(edge), "at_risk": at_risk, **counts, "km_filled": float(1 - unfilled)}
        row |= {f"incidence_{cause}": float(share) for cause, share in incidence.items()}
        rows.append(row | band(unfilled, greenwood))
        at_risk -= sum(counts.values())
    return rows


def band(unfilled: Fraction, greenwood: Fraction) -> dict[str, float | None]:
    """Return the 95 % interval of a share filled, on the scale of log(-log S)."""
    if not 0 < unfilled < 1:
        return {"km_low": None, "km_high": None}
    log_s = math.log(unfilled)
    spread = 1.959963984540054 * math.sqrt(greenwood) / abs(log_s)
    low, high = (1 - math.exp(-math.exp(math.log(-log_s) + way * spread)) for way in (-1, 1))
    return {"km_low": low, "km_high": high}
