"""What is odd about a job's partition: counts by kind for data_quality.csv, and a line on each impossible kind.

`job` calls it: first for the day's own counts, last for the warnings, when the blocks have been measured.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driver.plan.jobs import Job
from driver.sums.impossible import ABSURD_EFFECTIVE, BEYOND_OWN_SIDE, LEAST_EQ, MOST_EFFECTIVE
from kernels.conventions import FAULT_KINDS, FAULTS_SET_APART, VENUE_OTHER, VENUE_REPORT
from kernels.market.plausible import ABSURD, JUMPING, Plausible
from kernels.market.quality import count_impossible
from kernels.market.quote_book import opening_time
from kernels.market.ticks import ticks_by_price
from kernels.measure.measure import data_quality
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, plausible_columns
from tickstore.building.oddities import Oddity, other_unit, usual_mid
from tickstore.day.schema import NO_SHARES
from tickstore.parse.text_ids import order_name

UNITS: Final = "prices_in_two_units"
AMBIGUOUS: Final = "prices_ambiguous"
SET_APART_LATE: Final = "orders_set_apart_in_hours"
WARNINGS: Final = {
    "orders_not_reconciled": "orders do not agree with their fills",
    "orders_set_apart": "orders contradict themselves and are in no table",
    SET_APART_LATE: "orders contradict themselves at the end of the hours and are in no table",
    "orders_filled_before_benchmark": "orders have fills before the time they are measured from, and so no costs",
    "carried_unknown": "orders begin with a row that may show an execution; all it has matched counts as of this day",
    "fills_unknown_deal_source": "fills have deal sources nobody knows: they fill their orders and belong to no venue",
    "fills_price_implausible": "fills have no price, or one more than 8 times off the mid",
    UNITS: "tables have prices in another unit than the quotes (see --price_format, --price_decimals)",
    "fills_beyond_limit": "fills are beyond the limits of their orders",
    "quotes_absurd_spread": "quotes have a spread above a fifth of the mid and count as one-sided",
    ABSURD_EFFECTIVE: "orders have an effective spread above a fifth of the mid in size",
    "quotes_jumping": "quotes jump from the quotes before and after them, which agree, and count as one-sided",
}
QUOTE_MARKS: Final = {"quotes_absurd_spread": ABSURD, "quotes_jumping": JUMPING}


class Judged(NamedTuple):
    """What of a day's quotes and fills is plausible, by the ticks of the job: told once, used all over it."""

    plausible: Plausible
    beyond: NDArray[np.bool_]  # of each fill, once kinds are counted: whether it is beyond its order's limit
    first: dict[str, int]  # id of the first measured order of a kind, once blocks have gone by


def judge(day: Day, job: Job) -> Judged:
    """Return what is plausible of a day."""
    plausible = plausible_columns(day, ticks_by_price(job.settings.simulation.ticks))
    return Judged(plausible, np.empty(len(day.fills["venue"]), np.bool_), {})


def count_kinds(day: Day, job: Job, judged: Judged, attributes: Mapping[str, Any]) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind, and where the session is known from.

    attributes : of the day file, which counts trades of no shares: they are no rows of it
    """
    counts = data_quality(day, job.session, job.settings.simulation.ticks, judged.plausible, judged.beyond)
    counts[NO_SHARES] = int(attributes.get(NO_SHARES, 0))
    return counts | _never_met(day, counts) | {UNITS: len(_units(day, job)), f"session_from_{job.session.source}": 1}


def _never_met(day: Day, counts: dict[str, int]) -> dict[str, int]:
    """Return which tables of the day lack what others have: names may be written in two ways, or dates be others."""
    orders, executed = len(day.orders["order_id"]), bool(np.any(day.orders["matched_quantity"]))
    return {
        "day_without_orders": int(orders == 0),
        "day_without_trades": int(counts["fills"] == 0 and executed),
        "day_without_quotes": int(counts["quotes"] == 0),
    }


def _units(day: Day, job: Job) -> list[Oddity]:
    """Return which of the day's prices are in another unit than its quotes."""
    tables, decimals = {"order": day.events["price"], "trade": day.fills["price"]}, job.settings.price_decimals
    mid = usual_mid(day.quotes["bid"], day.quotes["offer"])
    return [odd for name, prices in tables.items() for odd in other_unit(name, prices, mid, decimals)]


def note_blocks(blocks: Iterable[OrderBlock], counts: dict[str, int], first: dict[str, int]) -> Iterator[OrderBlock]:
    """Yield the blocks; count the orders that they leave out, ambiguous fills of the day, and impossible spreads.

    first : the id of the first order of each kind of the latter is written here
    """
    counts |= dict.fromkeys((SET_APART_LATE, AMBIGUOUS, BEYOND_OWN_SIDE, ABSURD_EFFECTIVE), 0)
    for block in blocks:
        counts[SET_APART_LATE] += block.set_apart
        counts[AMBIGUOUS] += block.ambiguous
        _note_impossible(block, counts, first)
        yield block


def _note_impossible(block: OrderBlock, counts: dict[str, int], first: dict[str, int]) -> None:
    """Count the orders of a block whose spreads the quotes before their fills hardly allow; NaN is none of them."""
    effective, quoted = block.effective_spread_bps, block.fill_quoted_spread_bps
    found = count_impossible(effective, quoted, LEAST_EQ, MOST_EFFECTIVE)
    for kind, count in zip((BEYOND_OWN_SIDE, ABSURD_EFFECTIVE), map(int, found), strict=True):
        counts[kind] += count
        if count and kind not in first:
            below = (quoted > 0) & (effective < LEAST_EQ * quoted)
            marked = below if kind == BEYOND_OWN_SIDE else np.abs(effective) > MOST_EFFECTIVE
            first[kind] = int(block.order_id[np.argmax(marked)])


def warnings_of(day: Day, job: Job, counts: dict[str, int], judged: Judged) -> tuple[str, ...]:
    """Return a line on each kind that should not be, with the first place where it can be told."""
    lines = []
    for kind, text in WARNINGS.items():
        if counts.get(kind) and not (kind == "orders_not_reconciled" and counts["fills"] == 0):  # a run says that once
            first = _first(day, job, kind, judged)
            lines.append(f"{counts[kind]} {text}" + (f"; first: {first}" if first else ""))
    return tuple(lines)


def _first(day: Day, job: Job, kind: str, judged: Judged) -> str:
    """Return the first order, fill or quote of a kind."""
    plausible, orders = judged.plausible, day.orders
    fault, bits = plausible.fault, {name: bit for bit, name in FAULT_KINDS.items()}
    if kind == "orders_set_apart":
        row = int(np.argmax(fault & FAULTS_SET_APART != 0))
        kinds = [name for bit, name in FAULT_KINDS.items() if fault[row] & FAULTS_SET_APART & bit]
        return f"order {order_name(orders, row)} ({', '.join(kinds)})"
    if kind in bits:
        return f"order {order_name(orders, int(np.argmax(fault & bits[kind] != 0)))}"
    if kind == "orders_filled_before_benchmark":
        return f"order {order_name(orders, _first_filled_early(day, job, plausible))}"
    if kind in judged.first:
        return f"order {order_name(orders, int(np.argmax(orders['order_id'] == judged.first[kind])))}"
    if kind == "orders_not_reconciled":
        return _first_not_reconciled(day)
    if kind == "fills_unknown_deal_source":
        codes, counts = np.unique(day.fills["deal_source"][day.fills["venue"] == VENUE_OTHER], return_counts=True)
        return ", ".join(f"{code} ({count} fills)" for code, count in zip(codes.tolist(), counts.tolist(), strict=True))
    if kind in ("fills_price_implausible", "fills_beyond_limit"):
        return _first_fill(day, plausible.far if kind == "fills_price_implausible" else judged.beyond)
    if kind == UNITS:
        return _units(day, job)[0].first
    if kind in QUOTE_MARKS:
        row = int(np.argmax(plausible.quote_kind == QUOTE_MARKS[kind]))
        bid, offer, time = (int(day.quotes[name][row]) for name in ("bid", "offer", "timestamp"))
        return f"{bid} to {offer} price units at {np.datetime64(time, 'ns')}Z"
    return ""


def _first_filled_early(day: Day, job: Job, plausible: Plausible) -> int:
    """Return the first order, of those not set apart, that has a fill before its benchmark is known."""
    fills, arrival, opens = day.fills, day.orders["arrival_time"], job.session.start
    start = np.where(arrival > opens, arrival, opening_time(plausible.quotes, opens))
    index: NDArray[Any] = fills["order_index"]
    known = np.flatnonzero((index >= 0) & (fills["venue"] != VENUE_REPORT))
    order = index[known]
    early = (fills["timestamp"][known] < start[order]) & (plausible.fault[order] & FAULTS_SET_APART == 0)
    return int(order[early].min())


def _first_not_reconciled(day: Day) -> str:
    """Return the first order whose fills are not what its counter has matched, with both."""
    fills, orders = day.fills, day.orders
    consumes = (fills["order_index"] >= 0) & (fills["venue"] != VENUE_REPORT)
    filled = np.zeros(len(orders["order_id"]), np.int64)
    np.add.at(filled, fills["order_index"][consumes], fills["quantity"][consumes])
    row = int(np.argmax(filled != orders["matched_quantity"]))
    matched = int(orders["matched_quantity"][row])
    return f"order {order_name(orders, row)} (matched {matched}, fills {filled[row]})"


def _first_fill(day: Day, marked: NDArray[np.bool_]) -> str:
    """Return the first marked fill, in the order of the day file."""
    row = int(np.argmax(marked))
    when, place = np.datetime64(int(day.fills["timestamp"][row]), "ns"), int(day.fills["order_index"][row])
    name = order_name(day.orders, place) if place >= 0 else str(int(day.fills["order_id"][row]) % 2**64)
    return f"{int(day.fills['price'][row])} price units at {when}Z, of order {name}"
