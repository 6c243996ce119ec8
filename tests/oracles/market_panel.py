"""The market panel of a day by plain loops over its rows, as lists of dicts; shares nothing with what it judges."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

Row = dict[str, Any]
SECOND = 1_000_000_000
VENUES = {1: "lit", 46: "dark", 47: "dark", 50: "dark", 20: "auction", 44: "booked", 5: "report", 60: "other"}
MID_PRICED = (46, 47)


def mid2_of(quote: Row | None) -> int | None:
    """Return twice the mid of a quote, None where it is not valid."""
    bid, offer = (quote["bid"], quote["offer"]) if quote else (0, 0)
    return bid + offer if 0 < bid <= offer else None


def before(quotes: list[Row], time: int) -> Row | None:
    """Return the last quote strictly before a time."""
    return next((quote for quote in reversed(quotes) if quote["timestamp"] < time), None)


# Sums that are fractions, and how many bits a table keeps of them behind the point.
FRACTIONS = {"quoted_spread_ns": 32, **dict.fromkeys(
    ("return_products", "return_pair_squares", "short_squares", "long_squares"), 64
)}  # fmt: skip
Sums = dict[str, int | Fraction]


def same(found: dict[str, int], expected: Sums) -> bool:
    """Return whether integers are equal, and fractions to 1e-12, products of returns to that of their squares."""
    if found.keys() != expected.keys():
        return False
    for name, value in expected.items():
        size = expected["return_pair_squares"] if name == "return_products" else value
        slack = Fraction(1, 10**12) * size if name in FRACTIONS else 0
        if abs(Fraction(found[name], 2 ** FRACTIONS.get(name, 0)) - value) > slack:
            return False
    return True


def panel(
    events: list[Row], fills: list[Row], quotes: list[Row], session: tuple[int, int], block: int, horizons: list[int]
) -> tuple[Sums, dict[int, list[int]]]:
    """Return the sums of a day, and those of each participant; rows are by time, prices whole mids or touches."""
    start, end = session
    sums: Sums = {"security_days": 1, "orders": len({row["order_id"] for row in events}), "order_events": len(events)}
    for venue in ("lit", "dark", "auction", "booked", "report", "other"):
        mine = [fill for fill in fills if VENUES[fill["deal_source"]] == venue and fill["side"] == 1]
        sums[f"{venue}_trades"] = len(mine)
        sums[f"{venue}_quantity"] = sum(fill["quantity"] for fill in mine)
        if venue != "other":
            sums[f"{venue}_notional2"] = sum(2 * fill["price"] * fill["quantity"] for fill in mine)
    on_market = [fill for fill in fills if VENUES[fill["deal_source"]] in ("lit", "dark", "auction")]
    large = [fill for fill in on_market if fill["side"] == 1 and fill["price"] * fill["quantity"] >= block]
    sums["block_notional2"] = sum(2 * fill["price"] * fill["quantity"] for fill in large)
    dark = [fill for fill in large if VENUES[fill["deal_source"]] == "dark"]
    sums["dark_block_notional2"] = sum(2 * fill["price"] * fill["quantity"] for fill in dark)
    sums |= quoted(quotes, start, end) | moves(quotes, start, end)
    inside = [fill for fill in on_market if start <= fill["timestamp"] < end]
    sums |= spreads(inside, quotes, horizons)
    stale = [(fill, won) for fill in inside if (won := won_by_stale_mid(fill, quotes)) is not None]
    known = [fill for fill in inside if VENUES[fill["deal_source"]] == "dark" and fill["side"] == 1]
    sums["dark_known_trades"] = sum(mid2_of(before(quotes, fill["timestamp"])) is not None for fill in known)
    bought = [(fill, won) for fill, won in stale if fill["side"] == 1]
    sums["stale_trades"] = len(bought)
    sums["stale_notional2"] = sum(2 * fill["price"] * fill["quantity"] for fill, _ in bought)
    sums["stale_moved2"] = sum(abs(won) for _, won in bought)
    return sums, participants(events, on_market, stale)


def quoted(quotes: list[Row], start: int, end: int) -> Sums:
    """Return valid time and spread x time of the session, in ns and bp."""
    valid, area = 0, Fraction(0)
    for quote, following in pairwise([*quotes, {"timestamp": 2**63}]):
        since, until = (min(max(row["timestamp"], start), end) for row in (quote, following))
        if (mid2 := mid2_of(quote)) is not None and until > since:
            valid += until - since
            area += Fraction(20_000 * (quote["offer"] - quote["bid"]), mid2) * (until - since)
    return {"session_ns": end - start, "quoted_ns": valid, "quoted_spread_ns": area}


def moves(quotes: list[Row], start: int, end: int) -> Sums:
    """Return sums of returns of the mid over ten seconds and a minute; a quote counts from its own instant on."""
    samples = [mid2_of(before(quotes, at + 1)) for at in range(start, end + 1, 10 * SECOND)]
    found: dict[str, list[Fraction | None]] = {}
    for name, mids in (("short", samples), ("long", samples[::6])):
        found[name] = [
            None if one is None or two is None else Fraction((two - one) * 10_000, one) for one, two in pairwise(mids)
        ]
    pairs = [(one, two) for one, two in pairwise(found["short"]) if one is not None and two is not None]
    sums: Sums = {"return_pairs": len(pairs), "return_products": sum(one * two for one, two in pairs)}
    sums["return_pair_squares"] = sum(one**2 + two**2 for one, two in pairs)
    for name, returns in found.items():
        known = [one for one in returns if one is not None]
        sums |= {f"{name}_returns": len(known), f"{name}_squares": sum(one**2 for one in known)}
    return sums


def spreads(inside: list[Row], quotes: list[Row], horizons: list[int]) -> dict[str, int]:
    """Return what aggressors paid and how the mid moved after them."""
    sums: dict[str, int] = {}
    for venue in ("lit", "dark"):
        names = "signed_trades", "base2", "effective2", *(f"impact2.{h}" for h in range(len(horizons)))
        total = dict.fromkeys(names, 0)
        for fill in inside:
            time, signed = fill["timestamp"], fill["side"] * fill["quantity"]
            now, *later = (mid2_of(before(quotes, time + wait)) for wait in (0, *horizons))
            if VENUES[fill["deal_source"]] != venue or fill["aggressor"] != 1 or now is None or None in later:
                continue
            total["signed_trades"] += 1
            total["base2"] += now * fill["quantity"]
            total["effective2"] += 2 * signed * (2 * fill["price"] - now)
            for h, then in enumerate(later):
                total[f"impact2.{h}"] += 2 * signed * (then - now)  # type: ignore[operator]
        sums |= {f"{venue}_{name}": value for name, value in total.items()}
    return sums


def won_by_stale_mid(fill: Row, quotes: list[Row]) -> int | None:
    """Return what a side won of the other by a mid that had moved; None if the fill is not at such a price."""
    time, price2 = fill["timestamp"], 2 * fill["price"]
    if fill["deal_source"] not in MID_PRICED:
        return None
    now = mid2_of(before(quotes, time))
    if now is None or now == price2 or any(mid2_of(q) == price2 for q in quotes if q["timestamp"] == time):
        return None
    earlier = [quote for quote in quotes if quote["timestamp"] < time]
    lasted = [(quote, following["timestamp"]) for quote, following in pairwise(earlier)]
    if any(mid2_of(quote) == price2 and until > time - SECOND for quote, until in lasted[-32:]):
        return int(fill["side"] * (now - price2) * fill["quantity"])
    return None


def participants(events: list[Row], on_market: list[Row], stale: list[tuple[Row, int]]) -> dict[int, list[int]]:
    """Return what each participant asked for and traded."""
    found: dict[int, list[int]] = {}
    first = {row["order_id"]: row for row in reversed(events)}
    for order, row in first.items():
        mine = found.setdefault(row["participant"], [0] * 9)
        mine[0] += 1
        mine[1] += max(r["leaves_quantity"] + r["matched_quantity"] for r in events if r["order_id"] == order)
    for fill in on_market:
        mine = found.setdefault(fill["participant"], [0] * 9)
        value = 2 * fill["price"] * fill["quantity"]
        dark = value if VENUES[fill["deal_source"]] == "dark" else 0
        for place, more in enumerate((1, fill["quantity"], value, dark), 2):
            mine[place] += more
    for fill, won in stale:
        mine = found[fill["participant"]]
        mine[6] += 1
        mine[7] += max(won, 0)
        mine[8] += max(-won, 0)
    return found
