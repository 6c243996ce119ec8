"""What history did, step by step, as the plain replay plays it: rows, fills, quotes and the session in order."""

from dataclasses import dataclass, field

from tests.oracles.plausible import naive_kinds
from tests.oracles.replay_rows import (
    DARK_BOOKING,
    DARK_DEALS,
    MINUTE,
    NULL,
    PREFERENCED,
    REPORTS,
    Leg,
    Plain,
    Step,
    attributes_of,
    order_steps,
    takes_part,
    tick_at,
)


@dataclass
class Market:
    """The decoded day."""

    plain: Plain
    steps: list[Step] = field(default_factory=list)
    own_fills: dict[tuple[int, int], list[Leg]] = field(default_factory=dict)  # of (order, instant): not passive
    partners: dict[int, Leg] = field(default_factory=dict)  # by row of the fill table: the other leg of its match
    dark_entries: dict[int, list[tuple[Leg, Leg | None]]] = field(default_factory=dict)  # both legs, by subject
    strange: set[int] = field(default_factory=set)  # rows of quotes that cannot be: one-sided to the book (R4)
    first_quote_at: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    opening: tuple[int | None, int | None] = (None, None)
    tick: int = 0
    prefers: set[int] = field(default_factory=set)


def read_legs(plain: Plain) -> list[tuple[Leg, int]]:
    """Return fills in time order with their deal sources."""
    f = plain.fills
    legs = []
    for row in (int(r) for r in f["by_time"]):
        names = ("order_index", "order_id", "price", "quantity", "timestamp", "aggressor")
        legs.append((Leg(row, *(int(f[name][row]) for name in names)), int(f["deal_source"][row])))
    return legs


def fill_steps(market: Market) -> list[Step]:
    """Non-dark fills with both legs at once, but for those of a sweep's own transaction; and phantoms."""
    plain = market.plain
    legs = read_legs(plain)
    steps: list[Step] = []
    done: set[int] = set()
    match = plain.fills["match_id"]
    for leg, deal in legs:
        if leg.row in done or deal in REPORTS:
            continue
        if is_dark_deal(deal):
            if is_phantom(plain, leg, deal, legs):
                absent = [a for a, d in legs if is_phantom(plain, a, d, legs)]
                same = [a for a in absent if (a.time, a.order_id) == (leg.time, leg.order_id)]
                done |= {a.row for a in same}
                steps.append(phantom(plain, leg, sum(a.quantity for a in same)))
            elif is_at_entry(plain, leg):
                other = next((a for a, d in legs if a.row != leg.row and match[a.row] == match[leg.row]), None)
                market.dark_entries.setdefault(leg.order, []).append((leg, other))
                steps.append(Step(leg.time, "dark_trade", legs=(leg, other) if other else (leg,)))
            continue
        both = [a for a, d in legs if match[a.row] == match[leg.row] and not is_dark_deal(d) and d not in REPORTS]
        done |= {a.row for a in both}
        for a in both:
            market.partners[a.row] = next((b for b in both if b.row != a.row), a)
        steps.append(Step(leg.time, "trade", legs=tuple(both)))
    return steps


def is_dark_deal(deal: int) -> bool:
    return deal in DARK_DEALS or deal == DARK_BOOKING


def is_at_entry(plain: Plain, leg: Leg) -> bool:
    """Tell if a fill is of the entry of a subject that enters as it really did."""
    subject = plain.from_rest and leg.order in plain.subjects
    return subject and leg.time == int(plain.orders["arrival_time"][leg.order])


def is_phantom(plain: Plain, leg: Leg, deal: int, legs: list[tuple[Leg, int]]) -> bool:
    """An aggressor that the order file lacks; where no fill says who was it, the other one came earlier."""
    if not is_dark_deal(deal) or leg.order >= 0:
        return False
    match = plain.fills["match_id"]
    others = [a.order for a, _ in legs if a.row != leg.row and match[a.row] == match[leg.row] and a.order >= 0]
    waited = any(int(plain.orders["arrival_time"][other]) < leg.time for other in others)
    return leg.aggressor == 1 or (leg.aggressor == -1 and waited)


def phantom(plain: Plain, leg: Leg, quantity: int) -> Step:
    """Decisions 21: an aggressor that the order file lacks enters as fill-and-kill order of what it traded."""
    participant, side = int(plain.fills["participant"][leg.row]), int(plain.fills["side"][leg.row])
    return Step(leg.time, "phantom", change=quantity, order_id=leg.order_id, participant=participant, side=side)


def strange_quotes(plain: Plain) -> set[int]:
    """Return the rows of quotes that cannot be."""
    pairs = zip(plain.quotes["bid"].tolist(), plain.quotes["offer"].tolist(), strict=True)
    kinds = naive_kinds([{"bid": max(bid, 0), "offer": max(offer, 0)} for bid, offer in pairs], plain.ticks)
    return {row for row, kind in enumerate(kinds) if kind in ("absurd_spread", "jumping")}


def quote_values(market: Market, row: int, opening: bool = False) -> tuple[int | None, int | None]:
    """Return a quote as the book takes it; the session opens at plausible ones, whatever matches later."""
    bid, offer = (int(market.plain.quotes[name][row]) for name in ("bid", "offer"))
    if row in market.strange and (opening or "implausible_quotes" not in market.plain.switches):
        offer = NULL
    return None if bid == NULL else bid, None if offer == NULL else offer


def open_session(market: Market) -> None:
    """Decisions 12: the opening quote is the first valid one of the first minute, else the one that prevails at S."""
    plain = market.plain
    times = [int(t) for t in plain.quotes["timestamp"]]
    early = [row for row, t in enumerate(times) if plain.start <= t <= plain.start + MINUTE]
    valid = [row for row in early if is_valid(quote_values(market, row, opening=True))]
    sooner = [row for row, t in enumerate(times) if t < plain.start or (plain.quotes_first and t == plain.start)]
    row = valid[0] if valid else sooner[-1] if sooner else -1
    if row >= 0 and times[row] < plain.start:
        market.opening = quote_values(market, row)
    later = [quote_values(market, row) for row, t in enumerate(times) if t >= plain.start]
    normal = [bid for bid, offer in (market.opening, *later) if bid and offer is not None and bid < offer]
    market.tick = tick_at(normal[0], plain.ticks) if normal else 1


def is_valid(quote: tuple[int | None, int | None]) -> bool:
    bid, offer = quote
    return bid is not None and offer is not None and 0 < bid <= offer


def read_market(plain: Plain) -> Market:
    """Decisions 2: at one instant order rows in their order, then fills and phantoms, then quotes (or these first)."""
    market = Market(plain, strange=strange_quotes(plain))
    open_session(market)
    placed: list[tuple[int, int, int, Step]] = [(plain.start, -1, 0, Step(plain.start, "open"))]
    for begin, end in plain.halts:
        placed += [(time, -1, 1, Step(time, kind)) for time, kind in ((begin, "halt"), (end, "resume"))]
    for order in range(len(plain.orders["order_id"])):
        if takes_part(plain, order):
            placed += [(step.time, 1, row, step) for row, step in order_steps(plain, order)]
            if order in plain.subjects and plain.latency > 0:
                time = int(plain.orders["arrival_time"][order]) + plain.latency
                row = int(plain.orders["first_row"][order])
                placed.append((time, 2, row, Step(time, "late", order=order)))
    placed += [(step.time, 3, place, step) for place, step in enumerate(fill_steps(market))]
    for row in range(len(plain.quotes["timestamp"])):
        time, quote = int(plain.quotes["timestamp"][row]), quote_values(market, row)
        placed.append((time, 0 if plain.quotes_first else 4, row, Step(time, "quote", quote=quote)))
        market.first_quote_at.setdefault(time, quote)
    market.steps = [step for *_, step in sorted(placed, key=lambda p: p[:3])]
    for step in market.steps:
        for leg in step.legs if step.kind == "trade" else ():
            if leg.order >= 0 and leg.aggressor != 0:
                market.own_fills.setdefault((leg.order, leg.time), []).append(leg)
    market.prefers = who_prefers(plain)
    return market


def attribute_meaning(plain: Plain) -> str:
    """R14: as switched, else what all real dark matches that can tell agree on, if they are at least twenty."""
    for meaning in ("refused", "required"):
        if f"attributes_{meaning}" in plain.switches:
            return meaning
    by_match: dict[int, list[Leg]] = {}
    for leg, deal in read_legs(plain):
        if is_dark_deal(deal) and plain.fills["match_id"][leg.row] != 0:
            by_match.setdefault(int(plain.fills["match_id"][leg.row]), []).append(leg)
    said: list[set[str]] = []
    for legs in by_match.values():
        if len(legs) == 2 and all(leg.order >= 0 for leg in legs):
            (a, wants_a), (b, wants_b) = (attributes_of(plain, leg.order) for leg in legs)
            said.append({"required" if mask & own else "refused" for own, mask in ((b, wants_a), (a, wants_b)) if mask})
    telling = [meanings for meanings in said if meanings]
    agreed = set.intersection(*telling) if len(telling) >= 20 else set()
    return "" if "no_attributes" in plain.switches or set().union(*telling) != agreed else "".join(agreed)


def who_prefers(plain: Plain) -> set[int]:
    """R14: brokers whose incoming orders meet their own first; opting in shows in prints of deal source 46."""
    brokers = set(plain.preferring)
    if plain.preferencing == "all":
        return brokers | {int(p) for p in plain.orders["participant"]} | {int(p) for p in plain.fills["participant"]}
    if plain.preferencing == "inferred":
        deals = zip(plain.fills["deal_source"], plain.fills["participant"], strict=True)
        brokers |= {int(participant) for deal, participant in deals if deal == PREFERENCED}
    return brokers
