"""The sums of every table, made a second time from nothing but the order files of a run, in plain Python.

An order is a row of an order file: column -> number, text or None. What the tables are cut by beside the orders' own
columns (sessions, ticks, quotes, the day's volume) is a `Day`, taken from the raw files. `expected` gives each measure
as (value, how far it may be off beside 1e-9 of itself). Costs of orders are whole numbers of 1/SCALE, which the bps of
an order file tell: what is made of them is exact. Other values of orders are doubles, so that where they cancel out a
few ulps of what is added stay (CANCELS); tables add them up rounded to FINEST, a billionth of the least there may be.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Expected = dict[str, tuple[float | None, float]]
SCALE = 65_536  # of costs, in half price units x shares
FINEST = 2.0**-48  # half price units x shares by weight, bp per order: to what tables add up values of orders
CANCELS = 2e-15  # of the magnitudes that are added
WIDEST = 15_360.0  # bps: what stands for all beyond in quantiles, which are to a 16th else
MERGED = 1e-13  # the same of means and co-moments, which are floats that are merged
CHARGES = ("", "_touch", "_zero", "_cleanup")
VENUES = ("lit", "dark", "auction", "booked", "other")
BY_TRADED = (
    "arrival_slippage_bps", "vwap_slippage_bps", "arrival_improvement_bps", "vwap_slippage_ex_own_bps",
    "close_slippage_bps",
)  # fmt: skip
AGAINST_QUOTES = "effective_spread_bps", "price_improvement_bps", "fill_quoted_spread_bps"
BY_HORIZON = ("markout_{h}s_bps", "realised_spread_{h}s_bps", "impact_{h}s_bps", "adverse_selection_{h}s_bps")
REPLAYED = "P", "R", "R_optimistic", "R_conservative", "D"
ORDERS_OWN = (  # of what reality has, what orders have whatever they fill, and what is not about these fills
    "report_quantity", "leaves_quantity", "withdrawn_quantity", "fills_after_hours", "not_eligible", "cleanup_at_end",
    "never_in_session", "shortfall_ex_booking_bps", "benchmark_arrival", "benchmark_open", "benchmark_close",
    "benchmark_none",
    *(f"{name}_{end}" for end in ("bps", "orders")
      for name in ("quoted_spread", "mid_drift", "mid_volatility", "spread_volatility", "vwap_slippage_ex_own", "delay",
                   "decision_shortfall")),
)  # fmt: skip
OF_QUOTES = "quoted_spread_bps", "mid_drift_bps", "mid_volatility_bps", "spread_volatility_bps"
HALF_HOUR, INTERVAL = 1_800 * 10**9, 300 * 10**9
NOT_YET: Row = {"priced": None, "traded": None}  # what is kept with an order once it was found out


@dataclass
class Day:
    """The orders of a partition and the market they met."""

    security: str
    date: str
    orders: list[Row]
    zone: str = "Australia/Sydney"
    ticks: Sequence[tuple[int, int]] = ((0, 1), (100, 5), (2_000, 10))
    volume: int = 0  # shares of the day's market trades
    dark: int = 0  # of them in the dark book
    quotes: list[tuple[int, int | None, int | None]] = field(default_factory=list)  # (time, bid, offer), by time

    @cached_property
    def session(self) -> tuple[int, int]:
        """Start and end of continuous trading, which cut the windows of orders that live outside it."""
        starts = {o["window_start"] for o in self.orders if o["window_start"] != o["arrival_time"]}
        ends = {o["window_end"] for o in self.orders if o["window_end"] not in (None, o["end_time"])}
        assert len(starts) == len(ends) == 1, "one session a day"
        return starts.pop(), ends.pop()


def unlawful(order: Row, scenarios: Sequence[str]) -> list[str]:
    """Return what is wrong with the quantities of an order; nothing is, in a sound order file."""
    asked, filled = order["order_quantity"], order["filled_quantity"]
    parts = filled, order["leaves_quantity"], order["withdrawn_quantity"]
    wrong = [] if sum(parts) == asked and min(parts) >= 0 else [f"filled + leaves + withdrawn: {parts} of {asked}"]
    for scenario in scenarios[1:]:
        under = order[f"{scenario}_filled_quantity"]
        if under is not None and not 0 <= under <= asked:
            wrong.append(f"{scenario} fills {under} of {asked}")
    venues = [order[f"{venue}_quantity"] for venue in VENUES]
    if None not in venues and (sum(venues) != filled or min(venues) < 0):
        wrong.append(f"venues {venues} of {filled}")
    if order["fill_ratio"] is not None and not 0 <= order["fill_ratio"] <= 1:
        wrong.append(f"fill ratio {order['fill_ratio']}")
    if (order["first_fill_time"] or order["arrival_time"]) < order["arrival_time"]:
        wrong.append("filled before it arrived")
    return wrong


def value(order: Row) -> int:
    """Return Q x M0 in half price units."""
    if "value" not in order:
        order["value"] = 0 if order["mid"] is None else round(2 * order["mid"]) * order["order_quantity"]
    worth: int = order["value"]
    return worth


def lived(order: Row) -> bool:
    """Decisions 40: its life and continuous trading overlap."""
    return order["window_end"] is not None and bool(order["window_start"] <= order["window_end"])


def costed(order: Row) -> bool:
    """Decisions 17: M0 and m_T exist. Without trades no price paid is known, and no order has a cost."""
    return order["end_mid"] is not None and value(order) > 0 and order["shortfall_zero_bps"] is not None


def priced(order: Row) -> bool:
    """Headline figures are over orders that could have traded."""
    known: bool | None = order.get("priced")
    if known is None:
        known = order["priced"] = costed(order) and lived(order)
    return known


def column(scenario: str, name: str) -> str:
    """Return the column of an order file that has a measure under a scenario."""
    return name if scenario == "real" else f"{scenario}_{name}"


def traded(order: Row) -> int:
    """Return the value traded on the market in half price units, crossing bookings left out."""
    known: int | None = order.get("traded")
    if known is None:
        known = order["traded"] = sum(2 * int(order[f"{venue}_notional"] or 0) for venue in VENUES[:3])
    return known


def mean(orders: Iterable[Row], name: str, weight: Callable[[Row], int]) -> tuple[float | None, float]:
    """Return the weighted mean of a column over the orders that have it, and its tolerance."""
    pairs = [(w, o[name]) for o in orders if o[name] is not None and (w := weight(o)) > 0]
    total = sum(w for w, _ in pairs)
    if not total:
        return None, 0.0
    amounts = [w * v for w, v in pairs]
    rounded = 10_000 * FINEST * len(pairs)
    return math.fsum(amounts) / total, (rounded + CANCELS * math.fsum(map(abs, amounts))) / total


def cost_units(order: Row, name: str, weight: Callable[[Row], int] = value) -> int:
    """Return a cost in 1/SCALE of a half unit x share, of which an order has a whole number."""
    cost: float = order[name] * weight(order) * SCALE / 10_000
    units = round(cost)
    assert abs(cost - units) <= 1e-6 + 1e-15 * abs(cost), (name, cost)
    return units


def bps(orders: Iterable[Row], name: str, weight: Callable[[Row], int] = value) -> tuple[float | None, float]:
    """Return the mean of a column of costs over orders that have one, by value: exact."""
    known = [o for o in orders if costed(o)]
    total = sum(map(weight, known))
    cost = sum(cost_units(o, name, weight) for o in known if weight(o) > 0)
    return (10_000 * cost / (SCALE * total) if total else None), 0.0


def outcome(order: Row, scenario: str) -> str:
    """Decisions 8: full is what the order still wanted when it ended."""
    filled = order[column(scenario, "filled_quantity")]
    if filled <= 0:
        return "not_executed"
    wanted = order["order_quantity"] - order["withdrawn_quantity"]
    return "fully_filled" if filled >= wanted else "partially_filled"


def not_known(orders: Iterable[Row], scenario: str) -> bool:
    """Return whether the data of any of these orders lack what the scenario needs (decisions 50)."""
    return any(order[column(scenario, "filled_quantity")] is None for order in orders)


def exact(number: int | None) -> tuple[float | None, float]:
    """Return a whole number that a table must have exactly."""
    return number, 0.0


def ratio(over: float, under: float) -> tuple[float | None, float]:
    """Return a quotient, missing without a denominator."""
    return (over / under if under else None), 0.0


def notional(order: Row, scenario: str) -> float:
    """Return price x quantity of an order's fills: published prices in reality, exact ones in scenarios."""
    if scenario == "real":
        return sum(order[f"{venue}_notional"] or 0 for venue in VENUES)
    price, filled = order[f"{scenario}_price"], order[f"{scenario}_filled_quantity"]
    return price * filled if filled else 0.0


def expected(orders: Sequence[Row], scenario: str, style: Row, days: Iterable[Day]) -> Expected:
    """Return what a table must say of these orders under a scenario; ``days`` are those they are from.

    Where the scenario is not known of one of them, nothing but what they are in every scenario.
    """
    if not_known(orders, scenario):
        known = expected(orders, "real", style, days)
        same = "orders", "order_quantity", "priced_orders", "benchmark_notional"
        return {name: value if name in same else exact(None) for name, value in known.items()}
    asked, filled = (sum(o[name] for o in orders) for name in ("order_quantity", column(scenario, "filled_quantity")))
    paid = math.fsum(notional(o, scenario) for o in orders)
    headline, base = [o for o in orders if priced(o)], sum(value(o) for o in orders if priced(o))
    out: Expected = {
        "orders": exact(len(orders)),
        **{kind: exact(sum(outcome(o, scenario) == kind for o in orders))
           for kind in ("fully_filled", "partially_filled", "not_executed")},
        "order_quantity": exact(asked), "filled_quantity": exact(filled), "fill_ratio": ratio(filled, asked),
        "notional": (paid, 0.0), "notional_value": (paid / 10 ** style["decimals"], 0.0),
        "priced_orders": exact(len(headline)), "benchmark_notional": exact(base),
    }  # fmt: skip
    if filled and len({o["security"] for o in orders}) == 1:
        out["vwap"] = paid / filled, 0.0
    traded_then, dark_then = (sum(volumes) for volumes in zip(*((day.volume, day.dark) for day in days), strict=True))
    anywhere = scenario == "real" or scenario in REPLAYED
    dark = sum(o[column(scenario, "dark_quantity")] for o in orders) if anywhere else filled
    out["of_market_volume"], out["of_dark_volume"] = ratio(filled, traded_then), ratio(dark, dark_then)
    inside = [o for o in orders if lived(o)]
    out["fill_ratio_in_session"] = ratio(
        sum(o[column(scenario, "filled_quantity")] for o in inside), sum(o["order_quantity"] for o in inside)
    )
    out["shortfall_diluted_bps"], out["saving_diluted_bps"] = both(orders, scenario, "shortfall_bps")
    for charge in CHARGES:
        found = both(headline, scenario, f"shortfall{charge}_bps")
        out[f"shortfall{charge}_bps"], out[f"saving{charge}_bps"] = found
    cost = {s: [cost_units(o, column(s, "shortfall_bps")) for o in headline] for s in ("real", scenario)}
    saved = [a - b for a, b in zip(cost["real"], cost[scenario], strict=True)]
    out |= {"better": exact(sum(x > 0 for x in saved)), "worse": exact(sum(x < 0 for x in saved))}
    out |= {"equal": exact(saved.count(0)), "shortfall_cost": exact(sum(cost[scenario]))}
    if headline:
        unit = 2 * SCALE * 10 ** style["decimals"]
        out |= {"shortfall_value": ratio(sum(cost[scenario]), unit), "saving_value": ratio(sum(saved), unit)}
    if style.get("fees"):
        own = "real_net_shortfall_bps"
        out["net_shortfall_bps"], out["net_saving_bps"] = both(headline, scenario, "net_shortfall_bps", own)
    out |= spread_of(headline, scenario) | engagement(orders, headline, scenario)
    if scenario in REPLAYED:
        theirs = [order | as_if_real(order, scenario) | NOT_YET for order in orders]
        out |= {name: value for name, value in history(theirs, style).items() if name not in ORDERS_OWN}
    if scenario == "real":
        without = bps(
            headline, "shortfall_ex_booking_bps", lambda o: value(o) - round(2 * o["mid"]) * o["booked_quantity"]
        )
        out |= history(orders, style) | {"shortfall_ex_booking_bps": without}
    return out


def as_if_real(order: Row, scenario: str) -> Row:
    """Return the columns that an order has of a scenario under the names that reality has."""
    return {name: order[theirs] for name, theirs in renamed(tuple(order), scenario)}


@cache
def renamed(names: tuple[str, ...], scenario: str) -> list[tuple[str, str]]:
    """Return the columns that reality and a scenario both have, with the scenario's own."""
    return [(name, f"{scenario}_{name}") for name in names if f"{scenario}_{name}" in names]


def engagement(orders: Sequence[Row], headline: Sequence[Row], scenario: str) -> Expected:
    """Return how many orders a scenario fills any of, and of a simulated one what these cost (decisions 48).

    A replayed scenario engages orders that lived in the session, those of which its book fills something.
    """
    replayed = scenario in REPLAYED
    filled = column(scenario, "simulated_quantity" if replayed else "filled_quantity")
    able = [o for o in orders if not replayed or lived(o)]
    engaged = sum(o[filled] > 0 for o in able)
    out: Expected = {"engaged_orders": exact(engaged), "engagement_rate": ratio(engaged, len(able))}
    if scenario == "real":
        return out
    mine = [o for o in headline if o[filled] > 0]
    out["shortfall_engaged_bps"], out["saving_engaged_bps"] = both(mine, scenario, "shortfall_bps")
    means = means_of(mine, scenario, FINEST)
    return out | {name.replace("_mean_", "_mean_engaged_"): found for name, found in means.items()}


def means_of(headline: Sequence[Row], scenario: str, finest: float, lost: float = CANCELS) -> Expected:
    """Return the means of shortfall and saving of priced orders, each counting the same.

    finest : to what single values are rounded; lost : how much of their magnitudes may be left where they cancel out
    """
    pairs = [(o["shortfall_bps"], o[column(scenario, "shortfall_bps")]) for o in headline]
    n = len(pairs)
    slack = finest + lost * math.fsum(abs(real) + abs(mine) for real, mine in pairs) / max(n, 1)
    sums = {"shortfall": math.fsum(mine for _, mine in pairs), "saving": math.fsum(real - mine for real, mine in pairs)}
    return {f"{name}_mean_bps": ((total / n, slack) if n else (None, 0.0)) for name, total in sums.items()}


def both(orders: Sequence[Row], scenario: str, name: str, real: str = "") -> list[tuple[float | None, float]]:
    """Return the cost of a scenario over value, and what it saves, of orders with a cost; exact.

    real : the column of the real cost, where that is not the name of the scenarios' without theirs
    """
    known = [o for o in orders if costed(o)]
    real = real or name
    columns = real, real if scenario == "real" else column(scenario, name)
    cost = [sum(cost_units(o, of) for o in known) for of in columns]
    total = sum(map(value, known))
    return [((10_000 * units / (SCALE * total) if total else None), 0.0) for units in (cost[1], cost[0] - cost[1])]


def spread_of(headline: Sequence[Row], scenario: str) -> Expected:
    """Return how shortfall and saving are spread over orders, each counting the same."""
    shortfalls = [o[column(scenario, "shortfall_bps")] for o in headline]
    savings = [o["shortfall_bps"] - x for o, x in zip(headline, shortfalls, strict=True)]
    out = means_of(headline, scenario, 0.0, MERGED)
    added = [abs(o["shortfall_bps"]) + abs(x) for o, x in zip(headline, shortfalls, strict=True)]
    for name, values in (("shortfall", shortfalls), ("saving", savings)):
        n = len(values)
        for label, percent in (
            ("p5", 5),
            ("p10", 10),
            ("p25", 25),
            ("median", 50),
            ("p75", 75),
            ("p90", 90),
            ("p95", 95),
        ):
            rank = sorted(values)[max(-(-percent * n // 100) - 1, 0)] if n else None
            shown = None if rank is None else max(min(rank, WIDEST), -WIDEST)
            out[f"{name}_{label}_bps"] = shown, 1 / 64 + 0.0625 * abs(shown or 0.0)
    if len(savings) > 1:
        middle, n = math.fsum(savings) / len(savings), len(savings) - 1
        variance, lost = math.fsum((x - middle) ** 2 for x in savings) / n, MERGED * math.fsum(x * x for x in added) / n
        out["saving_sd_bps"] = math.sqrt(variance), math.sqrt(variance + lost) - math.sqrt(variance)
    return out


def history(orders: Sequence[Row], style: Row) -> Expected:
    """Return what only reality has."""
    names = [f"{venue}_{what}" for venue in VENUES for what in ("quantity", "notional")]
    names += ["report_quantity", "leaves_quantity", "withdrawn_quantity", "fills", "fills_after_hours"]
    out: Expected = {name: exact(sum(o[name] for o in orders)) for name in names}
    out["not_eligible"] = exact(sum(o["eligible"] == 0 for o in orders))
    out["cleanup_at_end"] = exact(sum(o["cleanup_at_end"] == 1 for o in orders))
    out["never_in_session"] = exact(sum(not lived(o) for o in orders))
    for kind in ("arrival", "open", "close", "none"):
        out[f"benchmark_{kind}"] = exact(sum(o["benchmark"] == kind for o in orders))
    headline = [o for o in orders if priced(o)]
    out["execution_bps"], out["opportunity_bps"] = bps(headline, "execution_bps"), bps(headline, "opportunity_bps")
    weighted: list[tuple[str, Sequence[Row], Callable[[Row], int]]] = [(name, orders, traded) for name in BY_TRADED]
    weighted += [(name, orders, value) for name in OF_QUOTES] + [(name, orders, traded) for name in AGAINST_QUOTES]
    weighted += [(name.format(h=h), orders, traded) for h in style["markouts"] for name in BY_HORIZON]
    if style.get("decisions"):
        decided = lambda o: round(2 * (o["decision_mid"] or 0)) * o["order_quantity"]  # noqa: E731
        weighted += [(name, orders, decided) for name in ("delay_bps", "decision_shortfall_bps")]
    for name, counted, weight in weighted:
        out[name] = mean(counted, name, weight)
        known = sum(o[name] is not None and weight(o) > 0 for o in counted)
        if "adverse" not in name:
            out[f"{name.removesuffix('_bps')}_orders"] = exact(known)
    own, quoted = out["effective_spread_bps"], out["fill_quoted_spread_bps"]
    known = own[0] is not None and bool(quoted[0])
    out["eq_ratio"] = (own[0] / quoted[0], own[1] / quoted[0]) if known else (None, 0.0)  # type: ignore[operator]
    return out | fill_rates(orders, style)


def fill_rates(orders: Sequence[Row], style: Row) -> Expected:
    """Return how much was filled how soon."""
    out: Expected = {}
    for h in style["within"]:
        soon = [round((o[f"fill_rate_{h}s"] or 0.0) * o["order_quantity"]) for o in orders]
        out[f"filled_quantity_{h}s"], out[f"orders_filled_{h}s"] = exact(sum(soon)), exact(sum(x > 0 for x in soon))
        out[f"fill_rate_{h}s"] = ratio(sum(soon), sum(o["order_quantity"] for o in orders))
        out[f"orders_filled_share_{h}s"] = ratio(sum(x > 0 for x in soon), len(orders))
    out["orders_filled_share"] = ratio(sum(o["filled_quantity"] > 0 for o in orders), len(orders))
    waits = [o["time_to_first_fill_ns"] for o in orders if o["time_to_first_fill_ns"] is not None]
    out["time_to_first_fill_orders"] = exact(len(waits))
    out["time_to_first_fill_s"] = ratio(sum(waits), 10**9 * len(waits))
    timed = [(o["filled_quantity"], o["execution_time_ns"]) for o in orders if o["execution_time_ns"] is not None]
    out["execution_time_s"] = ratio(sum(round(q * t) for q, t in timed), 10**9 * sum(q for q, _ in timed))
    return out | fill_by_fill(orders)


def fill_by_fill(orders: Sequence[Row]) -> Expected:
    """Return how large fills are, and how far apart."""
    traded = [o for o in orders if o["fills"] > 0]
    spans = [o["last_fill_time"] - o["first_fill_time"] for o in traded]
    fills = sum(o["fills"] for o in traded)
    out: Expected = {"fill_span_orders": exact(len(traded))}
    out["average_fill_size"] = ratio(sum(o["filled_quantity"] for o in traded), fills)
    out["fill_span_s"] = ratio(sum(spans), 10**9 * len(spans))
    out["time_between_fills_s"] = ratio(sum(spans), 10**9 * (fills - len(traded)))
    return out


# --- What an order's row of a table is called.


def hour(day: Day, order: Row) -> str:
    """Return the local hour of the benchmark time."""
    return str(datetime.fromtimestamp(order["benchmark_time"] // 10**9, ZoneInfo(day.zone)).hour)


def size(order: Row) -> str:
    """Return the bucket of the quantity asked for."""
    low = 1
    for high in (100, 500, 1_000, 5_000, 10_000, 50_000):
        if order["order_quantity"] <= high:
            return f"{low}-{high}"
        low = high + 1
    return "50001+"


def phase(day: Day, order: Row) -> str:
    """Return the phase of the day that the benchmark time is in."""
    (start, end), arrival, at = day.session, order["arrival_time"], order["benchmark_time"]
    if not lived(order):
        return "never_in_session"
    if arrival <= start:
        return "pre-open"
    if arrival >= end:
        return "closing"
    return "first 30 minutes" if at < start + HALF_HOUR else "last 30 minutes" if at >= end - HALF_HOUR else "midday"


def spread(day: Day, order: Row) -> str:
    """Return the spread of the benchmark quote in ticks of its bid."""
    if not lived(order):
        return "never_in_session"
    if order["mid"] is None:
        return "no valid quote"
    bid, width = order["arrival_bid"], order["arrival_offer"] - order["arrival_bid"]
    tick = [step for price, step in day.ticks if bid >= price][-1]
    if width == 0:
        return "locked"
    return "1 tick" if width <= tick else "2 ticks" if width <= 2 * tick else "3 ticks or more"


def marketability(order: Row) -> str:
    """Return where the order's limit lies against the benchmark quote."""
    if not lived(order):
        return "never_in_session"
    if order["mid"] is None:
        return "no valid quote"
    bid, offer, limit = order["arrival_bid"], order["arrival_offer"], order["limit_price"]
    if not limit:
        return "marketable"
    paid = limit - bid if order["side"] == 1 else offer - limit  # how far from the near touch to the far one
    if paid >= offer - bid:
        return "marketable"
    if paid <= 0:
        return "behind the near touch" if paid < 0 else "at the near touch"
    return "inside" if 2 * paid > offer - bid else "mid to near touch"


def share(day: Day, order: Row) -> str:
    """Return the order's share of the day's market volume."""
    if not day.volume:
        return "no volume"
    edges = (("below 0.1%", 1), ("0.1% to 0.5%", 5), ("0.5% to 1%", 10), ("1% to 5%", 50))
    return next((name for name, edge in edges if 1_000 * order["order_quantity"] < edge * day.volume), "5% or more")


def ranges(day: Day) -> list[int | None]:
    """Return how far the mid moved in each 5 minutes of the session, in quarters of an octave of bps; None: no mid."""
    (start, end), out = day.session, list[int | None]()
    for begin in range(start, end, INTERVAL):
        first = bisect_left(day.quotes, (begin,))
        last = bisect_left(day.quotes, (min(begin + INTERVAL, end),))
        mids = [b + o for _, b, o in day.quotes[max(first - 1, 0) : last] if b and o and 0 < b <= o]
        if not mids:
            out.append(None)
            continue
        moved = 20_000 * (max(mids) - min(mids)) / (max(mids) + min(mids))
        out.append(0 if moved < 0.25 else min(max(quarter_octave(moved), 0), 64))
    return out


def quarter_octave(moved: float) -> int:
    """Return how many quarters of octaves, linear within each octave, a range is above a quarter of a bp, from 1 on."""
    fraction, exponent = math.frexp(moved)  # in [0.5, 1)
    return 4 * (exponent - 1 + 2) + int((2 * fraction - 1) * 4) + 1


def terciles(found: Iterable[int | None]) -> dict[int, str]:
    """Return which third each range is in, cut between different ranges where the three groups are most even."""
    known = sorted(moved for moved in found if moved is not None and moved != 65)
    values, n = sorted(set(known)), len(known)
    best: tuple[int, int, int, int] | None = None
    for i in range(len(values) + 1):
        for j in range(i, len(values) + 1):
            low = sum(known.count(moved) for moved in values[:i])
            high = sum(known.count(moved) for moved in values[j:])
            uneven = low**2 + high**2 + (n - low - high) ** 2
            best = min(best or (uneven, abs(low - high), i, j), (uneven, abs(low - high), i, j))
    if best is None:
        return {}
    return {m: "low" if k < best[2] else "middle" if k < best[3] else "high" for k, m in enumerate(values)}


def place(day: Day, order: Row) -> int:
    """Return the interval of the session that an order's benchmark time is in, or next to."""
    start, end = day.session
    at: int = order["benchmark_time"]
    return min(max(at - start, 0) // INTERVAL, -(-(end - start) // INTERVAL) - 1)


def peak(children: Sequence[Sequence[tuple[int, int]]]) -> int:
    """Return the most that children had filled or open together at one time.

    children : the (time, quantity filled or open from then on) of each, ascending
    """
    times = sorted({t for child in children for t, _ in child})
    return max(sum(([q for at, q in child if at <= t] or [0])[-1] for child in children) for t in times)
