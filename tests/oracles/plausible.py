"""What of quotes and fills cannot be, in plain Python: absurd spreads, jumps, prices far off or beyond limits."""

from fractions import Fraction
from itertools import takewhile
from typing import Any

Row = dict[str, Any]
REPORTS = (3, 5, 7, 36, 43)
DARK = (46, 47, 49, 50, 51, 52, 44, 45, 48, 91)
USUAL = ((0, 1), (100, 5), (2000, 10))
PRICE = 128  # the bit of an order with a fill at a price that cannot be


def naive_tick(price: int, ticks: Any) -> int:
    return [int(tick) for start, tick in sorted(ticks) if price >= start][-1]


def naive_kind(bid: int, offer: int, ticks: Any = USUAL) -> str:
    """Return what kind of quote this is, by itself."""
    if bid > 0 and offer > 0:
        wide = Fraction(offer - bid, bid + offer) * 2 > Fraction(1, 5)
        if wide and offer - bid > 20 * naive_tick(bid, ticks):
            return "absurd_spread"
        return "valid" if bid < offer else "locked" if bid == offer else "crossed"
    return "one_sided" if bid > 0 or offer > 0 else "empty"


def naive_kinds(quotes: list[Row], ticks: Any = USUAL) -> list[str]:
    """Return what kind each quote is, those that jump from the market's level and back among them."""
    kinds = [naive_kind(quote["bid"] or 0, quote["offer"] or 0, ticks) for quote in quotes]
    rows = [k for k, kind in enumerate(kinds) if kind in ("valid", "locked")]
    mids = [Fraction(quotes[k]["bid"] + quotes[k]["offer"], 2) for k in rows]

    def off(a: Fraction, b: Fraction) -> bool:
        low, high = min(a, b), max(a, b)
        return high > 2 * low and high - low > 20 * naive_tick(int(low), ticks)

    level, k = mids[0] if mids else Fraction(0), 1
    while k < len(mids):
        run = [*takewhile(lambda mid: off(mid, level), mids[k : k + 3])]  # noqa: B023 - used at once
        back = mids[k + len(run) :][:1]
        if back and abs(back[0] - level) <= level / 10:
            for row in rows[k : k + len(run)]:
                kinds[row] = "jumping"
        level, k = back[0] if back else level, k + len(run) + 1
    return kinds


def naive_plausible(quotes: list[Row], ticks: Any = USUAL) -> list[Row]:
    """Return the quotes, those that cannot be without their offer."""
    kinds = naive_kinds(quotes, ticks)
    strange = ("absurd_spread", "jumping")
    return [q | {"offer": None} if kind in strange else q for q, kind in zip(quotes, kinds, strict=True)]


def naive_far(fill: Row, quotes: list[Row]) -> bool:
    """Return whether a fill's price cannot be, beside the quote before it if that is valid; ``quotes``: plausible."""
    if fill["deal_source"] in REPORTS:
        return False
    last = [quote for quote in quotes if quote["timestamp"] < fill["timestamp"]][-1:]
    bid, offer = (last[0]["bid"] or 0, last[0]["offer"] or 0) if last else (0, 0)
    if fill["price"] > 0 and 0 < bid <= offer:
        return not Fraction(1, 8) <= Fraction(2 * fill["price"], bid + offer) <= 8
    return bool(fill["price"] <= 0)


def naive_beyond(fill: Row, rows: list[Row], ticks: Any = USUAL) -> bool:
    """Return whether a fill is beyond the best limit of its order's rows up to then."""
    then = [row for row in rows if row["timestamp"] <= fill["timestamp"]]
    if not then or fill["deal_source"] in REPORTS or any(row["price"] <= 0 for row in then):
        return False
    side, dark = then[0]["side"], fill["deal_source"] in DARK
    limits = []
    for row in then:
        half = Fraction(naive_tick(row["price"], ticks), 2) if dark and row.get("mid_tick", 0) in (0, 1, 4, 6) else 0
        limits.append(row["price"] + side * half)
    lost = Fraction(1, 2) if dark and side < 0 else 0
    price = fill["price"] + lost
    return bool(price > max(limits) if side > 0 else price < min(limits))
