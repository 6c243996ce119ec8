"""Per-order measures in plain Python, straight from the raw rows: no order table, no index, no running sums.

Rows are dictionaries; a missing quote side or value is None. Every number is a whole number or a Fraction
until the very end, so nothing here can round. Times are ns; prices are price units.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from typing import Any

from tests.oracles.lives import SET_APART, naive_life
from tests.oracles.plausible import PRICE, naive_far, naive_plausible
from tests.oracles.quote_moves import naive_drift, naive_mid_volatility, naive_path, naive_spread_volatility

Row = dict[str, Any]
NS = 1_000_000_000
LIT, DARK, AUCTION, BOOKED, REPORT, OTHER = range(6)
VENUE_OF_DEAL = {
    **dict.fromkeys((1,), LIT),
    **dict.fromkeys((46, 47, 49, 50, 51, 52), DARK),
    **dict.fromkeys((20, 90), AUCTION),
    **dict.fromkeys((44, 45, 48, 91), BOOKED),
    **dict.fromkeys((3, 5, 7, 36, 43), REPORT),
}


def venue_of(fill: Row) -> int:
    """Return where a fill took place; what no list has, or is at a price that cannot be, is somewhere else."""
    return OTHER if fill.get("far") else VENUE_OF_DEAL.get(fill["deal_source"], OTHER)


def naive_mid2(quote: Row | None) -> int | None:
    """Return bid + offer of a quote with 0 < bid <= offer."""
    if quote is None or quote["bid"] is None or quote["offer"] is None:
        return None
    if not 0 < quote["bid"] <= quote["offer"]:
        return None
    return int(quote["bid"] + quote["offer"])


def naive_prevailing(quotes: list[Row], t: int, quotes_first: bool = False) -> Row | None:
    """Return the last quote strictly before ``t``, or at it where quotes act first."""
    place = (bisect_right if quotes_first else bisect_left)(quotes, t, key=itemgetter("timestamp"))
    return quotes[place - 1] if place else None


def naive_quote_at(quotes: list[Row], t: int, rules: Row) -> Row | None:
    """Return the benchmark quote at ``t``: the opening one up to S, the last before E from E on."""
    if t <= rules["session_start"]:
        for quote in quotes:
            inside = rules["session_start"] <= quote["timestamp"] <= rules["session_start"] + 60 * NS
            if inside and naive_mid2(quote) is not None:
                return quote
        t = rules["session_start"]
    return naive_prevailing(quotes, min(t, rules["session_end"]), rules["quotes_first"])


def naive_states(events: list[Row], hours: tuple[int, int]) -> dict[int, list[Row]]:
    """Return the observed rows of every order with an event inside the hours, in order of first appearance."""
    orders: dict[int, list[Row]] = {}
    for event in events:
        orders.setdefault(event["order_id"], []).append(event)
    chosen = {}
    for number, rows in orders.items():
        if any(hours[0] <= row["timestamp"] < hours[1] for row in rows):
            chosen[number] = [row for row in rows if row["timestamp"] < hours[1]]
    return chosen


def naive_price2(fill: Row, quotes: list[Row]) -> int:
    """Return the fill's exact price in half units, once ``naive_rebuild`` has decided on the half one."""
    stated = fill.get("extended_price")
    if stated is not None and stated % 5_000 == 0 and stated // 10_000 == fill["price"]:
        return int(stated // 5_000)
    return 2 * int(fill["price"]) + int(fill["half"])


def naive_rebuild(events: list[Row], fills: list[Row], quotes: list[Row], ticks: list[tuple[int, int]]) -> None:
    """Say of each fill whether it lost half a unit: both sides of a match did, or neither (R7)."""
    names = ("match_id", "timestamp", "price", "quantity", "deal_source")
    matches: dict[tuple[int, ...], list[Row]] = {}
    for fill in fills:
        fill["half"] = False
        mids = [naive_mid2(naive_prevailing(quotes, fill["timestamp"]))]
        mids += [naive_mid2({"bid": fill["national_bid"], "offer": fill["national_offer"]})]
        if fill["deal_source"] in (46, 47, 48, 49) and 2 * fill["price"] + 1 in mids:
            matches.setdefault(tuple(fill.get(name, 0) for name in names), []).append(fill)
    lives: dict[int, list[Row]] = {}
    for place, event in enumerate(events):
        lives.setdefault(event["order_id"], []).append({"mid_tick": 0, **event, "place": place})
    for sides in matches.values():
        half = naive_had_half(sides, lives, quotes, ticks)
        for fill in sides:
            fill["half"] = half


def naive_had_half(sides: list[Row], lives: dict[int, list[Row]], quotes: list[Row], ticks: Any) -> bool:
    """Return whether a match that shows a whole price had the mid half a unit above it."""
    price, before = sides[0]["price"], naive_prevailing(quotes, sides[0]["timestamp"])
    whole, half = Fraction(2 * price), Fraction(2 * price + 1)
    orders = [(fill, lives[fill["order_id"]]) for fill in sides if fill["order_id"] in lives]
    states = [(fill, ([e for e in own if e["timestamp"] <= fill["timestamp"]] or own[:1])[-1]) for fill, own in orders]
    if any(f["side"] > 0 and not naive_in_limit(half, row, 1, ticks) for f, row in states):
        return False
    if any(f["side"] < 0 and not naive_in_limit(whole, row, -1, ticks) for f, row in states):
        return True
    both = {fill["side"] for fill in sides} == {1, -1}
    rested = both and all(fill.get("aggressor", 0) == 0 for fill in sides)
    usable = before is not None and before["bid"] and before["offer"] and 0 < before["bid"] < before["offer"]
    left = usable and any(naive_left_touch(fill, lives, before or {}, half) for fill, _ in orders)
    if usable and naive_mid2(before) == whole and not rested and not left:
        return False  # two that did not rest met at the quote before
    shown = [naive_mid2({"bid": fill["national_bid"], "offer": fill["national_offer"]}) for fill in sides]
    if rested and naive_mid2(before) == half and whole in shown:
        return False  # two that rested met at the quote that came
    flagged = [own[0] for (_, row), (_, own) in zip(states, orders, strict=True) if row["mid_tick"] >= 3]
    limits = {own["order_id"] for own in flagged if not own.get("order_type", 0) & 2048}
    if {f["side"] for f, _ in orders if f["order_id"] in limits and naive_on_tick(price, f, before, ticks)} != {1, -1}:
        return True
    return not naive_buyer_acts([fill for fill, _ in orders], lives, quotes, ticks)


def naive_on_tick(price: int, fill: Row, before: Row | None, ticks: Any) -> bool:
    """Return whether the published price is a tick inside the quote whose mid is half a unit above it."""
    quote = before
    if quote is None or None in (quote["bid"], quote["offer"]) or quote["bid"] + quote["offer"] != 2 * price + 1:
        quote = {"bid": fill["national_bid"], "offer": fill["national_offer"]}
    tick = [size for start, size in ticks if price >= start][-1:] or [1]
    return price % tick[0] == 0 and bool(quote["bid"] < price < quote["offer"])


def naive_buyer_acts(sides: list[Row], lives: dict[int, list[Row]], quotes: list[Row], ticks: Any) -> bool:
    """Return whether the buyer walks the prices of two dark limits, from the lowest up."""
    aggressive = {fill["side"] for fill in sides if fill.get("aggressor", 0) == 1}
    if aggressive:
        return -1 not in aggressive
    places = {fill["side"]: naive_place(fill, lives) for fill in sides}
    rested = {fill["side"] for fill in sides} == {1, -1} and all(fill.get("aggressor", 0) == 0 for fill in sides)
    if rested:
        turns = {fill["side"] for fill in sides if naive_turn(fill, lives, quotes, ticks)}
        if turns:
            return 1 in turns and (turns == {1} or places[1] < places[-1])
    return bool(places[1] > places[-1])


def naive_place(fill: Row, lives: dict[int, list[Row]]) -> tuple[int, int]:
    """Return when an order took its place in the queue: time, and which of all rows it was."""
    rows = naive_rows(fill, lives)
    kept = rows[0]
    for a, b in pairwise(rows):
        more = b["leaves_quantity"] + b["matched_quantity"] > a["leaves_quantity"] + a["matched_quantity"]
        if more or (a["price"], a["mid_tick"]) != (b["price"], b["mid_tick"]):
            kept = b
    return kept["timestamp"], kept["place"]


def naive_rows(fill: Row, lives: dict[int, list[Row]]) -> list[Row]:
    """Return the rows of the fill's order up to then, at least the first."""
    life = lives[fill["order_id"]]
    return [row for row in life if row["timestamp"] <= fill["timestamp"]] or life[:1]


def naive_turn(fill: Row, lives: dict[int, list[Row]], quotes: list[Row], ticks: Any) -> bool:
    """Return whether the quote on the trade gave a waiting order a turn (R23)."""
    earlier = [quote for quote in quotes if quote["timestamp"] < fill["timestamp"]]
    usable = [k for k, q in enumerate(earlier) if q["bid"] and q["offer"] and 0 < q["bid"] < q["offer"]]
    since = earlier[usable[-1] + 1 :] if usable else earlier
    if since and since[0]["timestamp"] < naive_place(fill, lives)[0]:
        return True
    row, now = naive_rows(fill, lives)[-1], {"bid": fill["national_bid"], "offer": fill["national_offer"]}
    dark = row["mid_tick"] >= 3 and not lives[fill["order_id"]][0].get("order_type", 0) & 2048
    old = naive_trades_at(earlier[usable[-1]], fill, row, ticks) if usable else (False, False)
    new = naive_trades_at(now, fill, row, ticks)
    return (new[0] and not old[0]) or (dark and new[1] and not old[1])


def naive_trades_at(quote: Row, fill: Row, row: Row, ticks: Any) -> tuple[bool, bool]:
    """Return whether an order may trade at the mid of a quote, and on a tick strictly inside it."""
    bid, offer = quote["bid"] or 0, quote["offer"] or 0
    if not 0 < bid < offer:
        return False, False
    tick, side = max([size for start, size in ticks if fill["price"] >= start][-1:] or [1]), fill["side"]
    inside = [price for price in range(bid + 1, offer) if price % tick == 0]
    best = (min(inside) if side > 0 else max(inside)) if inside else None
    return naive_in_limit(Fraction(bid + offer), row, side, ticks), best is not None and naive_in_limit(
        Fraction(2 * best), row, side, ticks
    )


def naive_left_touch(fill: Row, lives: dict[int, list[Row]], before: Row, price2: Fraction) -> bool:
    """Return whether the order was amended at this instant away from the touch, which then was the trade's snapshot."""
    rows = naive_rows(fill, lives)
    shown = [row["price"] for row in rows if row["timestamp"] < fill["timestamp"]][-1:]
    side, other = ("offer", "bid") if fill["side"] < 0 else ("bid", "offer")
    if not shown or shown[0] <= 0 or shown[0] == rows[-1]["price"] or before[side] != shown[0]:
        return False
    return naive_mid2({side: fill[f"national_{side}"], other: before[other]}) == price2


def naive_segments(quotes: list[Row], start: int, end: int) -> list[tuple[int, Row]]:
    """Return (ns, quote) for every stretch of [start, end) with a valid quote."""
    cuts = sorted({start, end, *(q["timestamp"] for q in quotes if start < q["timestamp"] < end)})
    pieces = []
    for begin, stop in pairwise(cuts):
        quote = naive_prevailing(quotes, begin, quotes_first=True)
        if quote is not None and naive_mid2(quote) is not None:
            pieces.append((stop - begin, quote))
    return pieces


def naive_window_mid2(quotes: list[Row], start: int, end: int, mid2: int | None, kind: str) -> Fraction | None:
    """Return the mid of a window in half units."""
    at_start = None if mid2 is None else Fraction(mid2)
    if start >= end or kind == "arrival":
        return at_start
    if kind == "snapshot_mean":
        mids = [naive_mid2(quote) for quote in quotes if start <= quote["timestamp"] <= end]
        valid = [mid for mid in mids if mid is not None]
        return Fraction(sum(valid), len(valid)) if valid else at_start
    pieces = naive_segments(quotes, start, end)
    weight = sum(ns for ns, _ in pieces)
    return Fraction(sum(ns * (q["bid"] + q["offer"]) for ns, q in pieces), weight) if weight else at_start


def naive_mids_in_turn(quotes: list[Row], start: int, end: int, mid2: int | None, quotes_first: bool) -> list[Fraction]:
    """Return the valid mids that prevail at an instant of a window, one after the other; the first is M0."""
    stamps = sorted({quote["timestamp"] for quote in quotes if start <= quote["timestamp"] <= end})
    instants = stamps if quotes_first else [stamp + 1 for stamp in stamps if stamp < end]
    later = [naive_mid2(naive_prevailing(quotes, t, quotes_first)) for t in instants if start < end]
    return [Fraction(mid) for mid in (mid2, *later) if mid is not None]


def naive_quoted_spread(quotes: list[Row], start: int, end: int, benchmark: Row | None) -> Fraction | None:
    """Return the time-weighted offer - bid over the time-weighted mid, in bps; of the benchmark at one instant."""
    pieces = naive_segments(quotes, start, end) if start < end else []
    if not pieces:
        if benchmark is None or naive_mid2(benchmark) is None:
            return None
        pieces = [(1, benchmark)]
    spread = sum(ns * (q["offer"] - q["bid"]) for ns, q in pieces)
    return Fraction(20_000 * spread, sum(ns * (q["bid"] + q["offer"]) for ns, q in pieces))


def naive_in_limit(price2: Fraction | None, row: Row, side: int, ticks: list[tuple[int, int]]) -> bool:
    """Return whether a price in half units is within the limit, improved by half a tick where its flag says so."""
    if price2 is None:
        return False
    if row["price"] <= 0:
        return True
    limit = Fraction(row["price"])
    if row["mid_tick"] in (1, 4, 6):
        tick = [size for start, size in ticks if row["price"] >= start]
        limit += side * Fraction(tick[-1] if tick else 0, 2)
    return price2 / 2 <= limit if side > 0 else price2 / 2 >= limit


def naive_take(fills: list[Row], most: int, quotes: list[Row]) -> tuple[int, int]:
    """Return quantity and half-unit notional of the first ``most`` shares of ``fills``."""
    taken = notional2 = 0
    for fill in fills:
        part = min(fill["quantity"], most - taken)
        taken += part
        notional2 += part * naive_price2(fill, quotes)
    return taken, notional2


def naive_scenarios(o: Row, quotes: list[Row], rules: Row) -> list[tuple[int | None, Fraction | None]]:
    """Return (filled, notional in half units, None if unknown) of the real order, A, B and C.

    None of the scenarios is known without quotes, and B not without trades.
    """
    found: list[tuple[int | None, Fraction | None]] = [*naive_outcomes(o, quotes, rules)]
    if rules.get("states_only"):
        found[2] = None, None
    return found if quotes else [found[0], *[(None, None)] * 3]


def naive_outcomes(o: Row, quotes: list[Row], rules: Row) -> list[tuple[int, Fraction | None]]:
    """Return what the real order, A, B and C fill where everything is known; amounts of these three are rounded."""
    real: tuple[int, Fraction | None]
    real = (o["filled_quantity"], Fraction(sum(f["quantity"] * naive_price2(f, quotes) for f in o["consumed"])))
    if rules.get("states_only") and o["filled_quantity"] > 0:
        real = (o["filled_quantity"], None)  # filled, no one knows at what price
    if not o["eligible"]:
        return [real] * 4
    side, row, total = o["side"], o["in_force"], o["order_quantity"]
    window = o["window_start"], o["window_end"]
    if o["mid2"] is None and not naive_segments(quotes, *window):  # no price at all: the real outcome stands
        o["eligible"] = 0
        return [real] * 4
    if rules["mid"] == "first_allowed":
        mids = naive_mids_in_turn(quotes, *window, o["mid2"], rules["quotes_first"])
        mid2 = next((mid for mid in mids if naive_in_limit(mid, row, side, rules["ticks"])), None)
    else:
        mid2 = naive_window_mid2(quotes, *window, o["mid2"], rules["mid"])
        if mid2 is None:
            return [real] * 4
    dark = total * rules["dark_share_ppm"] // 1_000_000
    at_mid = naive_in_limit(mid2, row, side, rules["ticks"])
    moved2 = None if mid2 is None else mid2 * (1 + side * rules["impact"])
    at_moved = naive_in_limit(moved2, row, side, rules["ticks"])
    leg = (dark, dark * mid2) if at_mid and mid2 is not None else (0, Fraction(0))
    rest = naive_take(o["consumed"], total - dark, quotes)
    a = (total, total * mid2) if at_mid and mid2 is not None else (0, Fraction(0))
    c = (total - dark, (total - dark) * moved2) if at_moved and moved2 is not None else (0, Fraction(0))
    b = (leg[0] + rest[0], leg[1] + rest[1])
    return [real, *((filled, naive_amount(notional2)) for filled, notional2 in (a, b, (leg[0] + c[0], leg[1] + c[1])))]


def naive_amount(notional2: Fraction) -> Fraction:
    """Return an amount to the nearest 1/65536 of a half unit x share."""
    return Fraction(round(notional2 * 65_536), 65_536)


def naive_costs(o: Row, price2: int | None) -> list[Fraction | None]:
    """Return each scenario's cost in half units x shares, the unfilled charged at ``price2``."""
    out: list[Fraction | None] = []
    if o["states_only"]:  # prices of some are not known: the others would pass for all
        return [None] * len(o["scenarios"])
    for filled, notional2 in o["scenarios"]:
        if o["mid2"] is None or o["end_mid2"] is None or notional2 is None or filled is None:
            out.append(None)
            continue
        unfilled = o["order_quantity"] - filled
        cost = o["side"] * (notional2 - filled * o["mid2"])
        if unfilled > 0 and price2 is not None:
            cost += o["side"] * unfilled * (price2 - o["mid2"])
        out.append(Fraction(cost))
    return out


def naive_mean(pairs: list[tuple[int, Fraction]]) -> Fraction | None:
    """Return the weighted mean of (weight, value), None without weight."""
    weight = sum(w for w, _ in pairs)
    return sum((w * v for w, v in pairs), Fraction(0)) / weight if weight else None


def naive_spreads(o: Row, quotes: list[Row], rules: Row) -> Row:
    """Return quantity-weighted spreads in bps over market fills with a valid quote before them."""
    side, out = o["side"], {}
    quoted: list[tuple[Row, Row, int, int]] = []
    for fill in o["market"]:
        quote = naive_prevailing(quotes, fill["timestamp"], rules["quotes_first"])
        mid2 = naive_mid2(quote)
        if quote is not None and mid2 is not None:
            quoted.append((fill, quote, naive_price2(fill, quotes), mid2))
    bps = Fraction(10_000)
    weight = [fill["quantity"] for fill, *_ in quoted]
    effective = [2 * bps * side * Fraction(p2 - m2, m2) for _, _, p2, m2 in quoted]
    touches = [quote["offer"] if side > 0 else quote["bid"] for _, quote, _, _ in quoted]
    better = [bps * side * Fraction(2 * touch - p2, m2) for touch, (_, _, p2, m2) in zip(touches, quoted, strict=True)]
    spread = [2 * bps * Fraction(quote["offer"] - quote["bid"], m2) for _, quote, _, m2 in quoted]
    out["effective_spread_bps"] = naive_mean(list(zip(weight, effective, strict=True)))
    out["price_improvement_bps"] = naive_mean(list(zip(weight, better, strict=True)))
    out["fill_quoted_spread_bps"] = naive_mean(list(zip(weight, spread, strict=True)))
    mine, theirs = out["effective_spread_bps"], out["fill_quoted_spread_bps"]
    out["eq_ratio"] = None if mine is None or not theirs else mine / theirs
    for h, horizon in enumerate(rules["horizons_ns"]):
        later = []
        for fill, *_ in quoted:
            then = naive_mid2(naive_prevailing(quotes, fill["timestamp"] + horizon, rules["quotes_first"]))
            later += [then] if then is not None else []
        if len(later) < len(quoted):
            out[f"markout_{h}"] = out[f"realised_{h}"] = out[f"impact_{h}"] = out[f"adverse_{h}"] = None
            continue
        pairs = list(zip(weight, later, quoted, strict=True))
        out[f"markout_{h}"] = naive_mean([(w, bps * side * Fraction(x - q[2], q[3])) for w, x, q in pairs])
        out[f"realised_{h}"] = naive_mean([(w, 2 * bps * side * Fraction(q[2] - x, q[3])) for w, x, q in pairs])
        out[f"adverse_{h}"] = naive_mean([(w, bps * side * Fraction(q[3] - x, q[3])) for w, x, q in pairs])
        out[f"impact_{h}"] = naive_mean([(w, 2 * bps * side * Fraction(x - q[3], q[3])) for w, x, q in pairs])
    return out


def naive_slippages(o: Row, fills: list[Row], quotes: list[Row], rules: Row) -> Row:
    """Return the slippage of the market fills' average price against several references, in bps."""
    names = (
        "arrival_slippage_bps",
        "arrival_improvement_bps",
        "vwap_slippage_bps",
        "vwap_slippage_ex_own_bps",
        "close_slippage_bps",
    )
    out: Row = dict.fromkeys(names)
    out["market_volume"] = 0
    if not o["market"]:
        return out
    side, bps = o["side"], Fraction(10_000)
    price2 = Fraction(
        sum(f["quantity"] * naive_price2(f, quotes) for f in o["market"]), sum(f["quantity"] for f in o["market"])
    )
    if o["mid2"] is not None:
        touch = o["arrival_offer"] if side > 0 else o["arrival_bid"]
        out["arrival_slippage_bps"] = bps * side * (price2 - o["mid2"]) / o["mid2"]
        out["arrival_improvement_bps"] = bps * side * (2 * touch - price2) / o["mid2"]

    def against(reference2: Fraction) -> Fraction | None:
        return Fraction(bps * side * (price2 - reference2) / reference2) if reference2 > 0 else None

    fills = [fill for fill in fills if not fill["far"]]
    alive = [f for f in fills if o["arrival_time"] <= f["timestamp"] <= o["end_time"]]
    prints = [f for f in alive if f["deal_source"] in (1, 46, 47, 49, 20, 90) and f["side"] > 0]
    own = [f for f in o["market"] if f["deal_source"] not in (50, 51, 52)]
    volume, amount2 = (
        sum(f["quantity"] * x for f, x in zip(prints, xs, strict=True))
        for xs in ([1] * len(prints), [naive_price2(f, quotes) for f in prints])
    )
    own_volume = sum(f["quantity"] for f in own)
    out["market_volume"] = volume
    if volume:
        out["vwap_slippage_bps"] = against(Fraction(amount2, volume))
    if volume > own_volume:
        others2 = Fraction(amount2 - sum(f["quantity"] * naive_price2(f, quotes) for f in own), volume - own_volume)
        out["vwap_slippage_ex_own_bps"] = against(others2)
    close2 = naive_close2(fills, quotes, rules)
    if close2 is not None:
        out["close_slippage_bps"] = against(Fraction(close2))
    return out


def naive_close2(fills: list[Row], quotes: list[Row], rules: Row) -> int | None:
    """Return the last closing-auction price, else that of the last market print, in half units."""
    auction = [f for f in fills if f["deal_source"] in (20, 90) and f["timestamp"] >= rules["session_end"]]
    prints = auction or [f for f in fills if f["deal_source"] in (1, 46, 47, 49, 20, 90)]
    return naive_price2(prints[-1], quotes) if prints else None


def naive_order(number: int, rows: list[Row], fills: list[Row], quotes: list[Row], rules: Row) -> Row:
    """Return every measure of one order; ``rows`` are its observed events, ``fills`` all fills of the day."""
    first, last, whole = rows[0], rows[-1], rules["life"][number]
    carried = whole["carried_quantity"]
    start, end = rules["session_start"], rules["session_end"]
    mine = [f for f in fills if f["order_id"] == number and venue_of(f) != REPORT]
    consumed = [f for f in mine if f["timestamp"] < rules["hours_end"]]
    o: Row = {"order_id": number, "side": first["side"], "consumed": consumed, "arrival_time": first["timestamp"]}
    o["market"] = [f for f in consumed if venue_of(f) not in (BOOKED, OTHER)]
    o["end_time"], o["states_only"] = last["timestamp"], rules.get("states_only", False)
    o["order_quantity"] = max(row["leaves_quantity"] + row["matched_quantity"] - carried for row in rows)
    if last is whole["last"]:
        o["order_quantity"] = whole["parent_quantity"]
    o["leaves_quantity"], o["matched_quantity"] = last["leaves_quantity"], last["matched_quantity"] - carried
    o["filled_quantity"] = sum(f["quantity"] for f in consumed)
    if last is not whole["last"]:  # the rows that show its latest fills may come after the hours
        unseen = sum(f["quantity"] for f in consumed if f["timestamp"] > last["timestamp"])
        unseen = max(min(unseen, o["filled_quantity"] - o["matched_quantity"]), 0)
        o["leaves_quantity"] = max(o["leaves_quantity"] - unseen, 0)
    nothing = o["matched_quantity"] == o["filled_quantity"] == 0
    o["group"] = 3 if nothing else 1 if o["leaves_quantity"] == 0 else 2
    if rules.get("states_only"):  # no trades file: quantities from the states, no prices
        o["filled_quantity"] = o["matched_quantity"]
    o["withdrawn_quantity"] = o["order_quantity"] - o["filled_quantity"] - o["leaves_quantity"]
    o["notional"] = sum(f["quantity"] * f["price"] for f in consumed)
    o["fills"], o["fills_after_hours"] = len(consumed), len(mine) - len(consumed)
    o["report_quantity"] = sum(
        f["quantity"]
        for f in fills
        if f["order_id"] == number and f not in mine and f["timestamp"] < rules["hours_end"]
    )
    venues = (LIT, DARK, AUCTION, BOOKED, OTHER)
    o["venues"] = [sum(f["quantity"] for f in consumed if venue_of(f) == venue) for venue in venues]
    o["first_fill_time"] = consumed[0]["timestamp"] if consumed else None
    o["last_fill_time"] = consumed[-1]["timestamp"] if consumed else None
    before_open = [row for row in rows if row["timestamp"] <= start]
    o["in_force"] = before_open[-1] if before_open else first
    o["limit_price"] = o["in_force"]["price"]
    benchmark = naive_quote_at(quotes, o["arrival_time"], rules)
    o["arrival_bid"], o["arrival_offer"] = (benchmark["bid"], benchmark["offer"]) if benchmark else (None, None)
    o["mid2"] = naive_mid2(benchmark)
    o["window_start"], o["window_end"] = max(o["arrival_time"], start), min(o["end_time"], end)
    known = o["window_start"]
    if o["arrival_time"] <= start and benchmark is not None:
        known = max(known, benchmark["timestamp"])
    o["known"], o["at_once"] = known, rules["quotes_first"]
    if o["arrival_time"] <= start and benchmark is not None and benchmark["timestamp"] >= start:
        o["at_once"] = True  # the opening quote
    late = bool(consumed) and consumed[0]["timestamp"] < known
    late |= o["window_start"] <= o["window_end"] < known
    if late:  # what came after its own fills, or its end, is no benchmark
        o["mid2"] = o["arrival_bid"] = o["arrival_offer"] = benchmark = None
    place = 2 if o["arrival_time"] <= start else 3 if o["arrival_time"] >= end else 1
    o["benchmark"] = place if o["mid2"] is not None else 0
    o["eligible"] = int(o["window_start"] <= o["window_end"] and not late)
    naive_complete(o, benchmark, fills, quotes, rules)
    return o


def naive_moves(o: Row, quotes: list[Row], rules: Row) -> Row:
    """Return how the quote moved while an order lived."""
    start, end = o["window_start"], o["window_end"]
    pieces = naive_segments(quotes, start, end) if start < end else []

    def in_force(t: int, up_to: bool) -> int | None:
        return naive_mid2(naive_prevailing(quotes, t, up_to))

    lived = o["known"] < end and bool(naive_segments(quotes, o["known"], end))
    path = naive_path(quotes, o["known"], end, in_force, o["at_once"], rules["quotes_first"]) if lived else []
    return {
        "mid_drift_bps": naive_drift(o),
        "mid_volatility_bps": naive_mid_volatility(path, pieces),
        "spread_volatility_bps": naive_spread_volatility(pieces),
    }


def naive_complete(o: Row, benchmark: Row | None, fills: list[Row], quotes: list[Row], rules: Row) -> None:
    """Add costs, spreads and times to an order."""
    last = naive_quote_at(quotes, o["window_end"], rules)
    o["end_mid2"] = naive_mid2(last)
    o["scenarios"] = naive_scenarios(o, quotes, rules)
    touch = None if last is None or o["end_mid2"] is None else 2 * (last["offer"] if o["side"] > 0 else last["bid"])
    lived = o["window_start"] <= o["window_end"]
    touch = touch if lived else o["end_mid2"]
    later = naive_quote_at(quotes, min(o["end_time"] + rules["cleanup_ns"], rules["session_end"]), rules)
    later2 = naive_mid2(later)
    o["cleanup_at_end"] = int(later2 is None and None not in (o["mid2"], o["end_mid2"]) and not o["states_only"])
    o["cost"], o["cost_touch"] = naive_costs(o, o["end_mid2"]), naive_costs(o, touch)
    o["cost_zero"], o["cost_cleanup"] = (
        naive_costs(o, o["mid2"]),
        naive_costs(o, o["end_mid2"] if later2 is None else later2),
    )
    o["shortfall_ex_booking_bps"] = naive_ex_booking(o, quotes)
    touch = o["arrival_offer"] if o["side"] > 0 else o["arrival_bid"]
    offside = [f for f in o["market"] if touch and o["side"] * (naive_price2(f, quotes) - 2 * touch) > 0]
    unknown = o["mid2"] is None or (rules.get("states_only") and o["filled_quantity"] > 0)
    o["offside_value"] = None if unknown else sum(f["price"] * f["quantity"] for f in offside)
    spread = 0 if o["mid2"] is None else o["arrival_offer"] - o["arrival_bid"]
    shares = 2 * spread * o["order_quantity"]  # half units: a mid, or a cost, is twice a price
    o["number_of_spreads"] = None if o["cost"][0] is None or shares <= 0 or not lived else o["cost"][0] / shares
    o["quoted_spread_bps"] = None
    if lived:
        o["quoted_spread_bps"] = naive_quoted_spread(quotes, o["window_start"], o["window_end"], benchmark)
    o |= naive_moves(o, quotes, rules)
    o |= naive_slippages(o, fills, quotes, rules) | naive_spreads(o, quotes, rules)
    for h, horizon in enumerate(rules["fill_ns"]):
        soon = [f["quantity"] for f in o["consumed"] if f["timestamp"] - o["arrival_time"] <= horizon]
        unknown = rules.get("states_only") and o["filled_quantity"] > 0
        o[f"within_{h}"] = None if unknown else sum(soon)
    waited = sum(f["quantity"] * (f["timestamp"] - o["arrival_time"]) for f in o["consumed"])
    unfilled = max(o["order_quantity"] - o["filled_quantity"], 0) * max(o["window_end"] - o["arrival_time"], 0)
    if o["window_start"] > o["window_end"]:
        o["window_end"] = None
    waits = bool(o["consumed"]) and o["first_fill_time"] >= o["arrival_time"]
    o["time_to_first_fill"] = o["first_fill_time"] - o["arrival_time"] if waits else None
    timed, known = waits and o["filled_quantity"], waits or not o["filled_quantity"]
    o["execution_time"] = Fraction(waited, o["filled_quantity"]) if timed else None
    o["execution_time_all"] = (
        Fraction(waited + unfilled, o["order_quantity"]) if o["order_quantity"] and known else None
    )


def naive_ex_booking(o: Row, quotes: list[Row]) -> Fraction | None:
    """Return the shortfall of the order without its crossing bookings, in bps of what is left of it."""
    base, unfilled = o["order_quantity"] - o["venues"][BOOKED], o["order_quantity"] - o["filled_quantity"]
    if o["cost"][0] is None or base <= 0:
        return None
    paid = [f for f in o["consumed"] if venue_of(f) != BOOKED]
    cost = sum(f["quantity"] * (naive_price2(f, quotes) - o["mid2"]) for f in paid)
    if unfilled > 0:
        cost += unfilled * (o["end_mid2"] - o["mid2"])
    return Fraction(10_000 * o["side"] * cost, base * o["mid2"])


def naive_matched(events: list[Row]) -> bool:
    """Return whether any order matched on the day."""
    first: dict[int, Row] = {}
    last: dict[int, Row] = {}
    for event in events:
        first.setdefault(event["order_id"], event)
        last[event["order_id"]] = event
    return any(last[number]["matched_quantity"] != row["matched_quantity"] for number, row in first.items())


def naive_measures(events: list[Row], fills: list[Row], quotes: list[Row], rules: Row) -> list[Row]:
    """Return the measures of every order with an event in [hours_start, hours_end), in arrival order.

    Rows are in (timestamp, sequence) order already.
    """
    rules = rules | {"states_only": not fills and naive_matched(events)}
    quotes = naive_plausible(quotes, rules["ticks"])
    for fill in fills:
        fill["far"] = naive_far(fill, quotes)
    naive_rebuild(events, fills, quotes, rules["ticks"])
    hours = (rules["hours_start"], rules["hours_end"])
    chosen = naive_states(events, hours)
    rules = rules | {"life": naive_lives(events, fills)}
    orders = (naive_order(n, rows, fills, quotes, rules) for n, rows in chosen.items() if naive_sound(rules["life"][n]))
    return [order for order in orders if order["withdrawn_quantity"] >= 0]


def naive_lives(events: list[Row], fills: list[Row]) -> dict[int, Row]:
    """Return what the whole day says of each order."""
    lives: dict[int, Row] = {}
    for number in {row["order_id"] for row in events}:
        rows = [row for row in events if row["order_id"] == number]
        mine = [row for row in fills if row["order_id"] == number]
        lives[number] = naive_life(rows, mine, bool(fills)) | {"last": rows[-1]}
        lives[number]["fault"] |= PRICE if any(fill["far"] for fill in mine) else 0
    return lives


def naive_sound(life: Row) -> bool:
    """Return whether the rows and fills of an order's day do not contradict each other."""
    return not life["fault"] & SET_APART
