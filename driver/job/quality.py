"""What is odd about a job's partition: counts by kind for data_quality.csv, and a line on each impossible kind.

`job` calls it: first for the day's own counts, last for the warnings, when the blocks have been measured.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driver.plan.jobs import Job
from kernels.base.columns import FillColumns, QuoteColumns, take_columns
from kernels.conventions import FAULT_KINDS, FAULTS_SET_APART, NULL, VENUE_OTHER, VENUE_REPORT
from kernels.market.quality import is_far
from kernels.market.quote_book import opening_time
from kernels.market.ticks import ticks_by_price
from kernels.measure.measure import data_quality
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Day, faults_of, plausible_columns
from tickstore.parse.text_ids import order_name

SET_APART_LATE: Final = "orders_set_apart_in_hours"
WARNINGS: Final = {
    "orders_not_reconciled": "orders do not agree with their fills",
    "orders_set_apart": "orders contradict themselves and are in no table",
    SET_APART_LATE: "orders contradict themselves at the end of the hours and are in no table",
    "orders_filled_before_benchmark": "orders have fills before the time they are measured from, and so no costs",
    "carried_unknown": "orders begin with a row that may show an execution; all it has matched counts as of this day",
    "fills_unknown_deal_source": "fills have deal sources nobody knows: they fill their orders and belong to no venue",
    "fills_price_implausible": "fills have no price, or one more than 8 times off the mid",
    "quotes_absurd_spread": "quotes have a spread above half of the mid and count as one-sided",
}


def count_kinds(day: Day, job: Job) -> dict[str, int]:
    """Return how many orders, fills and quotes are of each kind, and where the session is known from."""
    counts = data_quality(day, job.session, job.settings.simulation.ticks)
    return counts | {f"session_from_{job.session.source}": 1}


def note_set_apart(blocks: Iterable[OrderBlock], counts: dict[str, int]) -> Iterator[OrderBlock]:
    """Yield the blocks; count the orders that they leave out."""
    counts[SET_APART_LATE] = 0
    for block in blocks:
        counts[SET_APART_LATE] += block.set_apart
        yield block


def warnings_of(day: Day, job: Job, counts: dict[str, int]) -> tuple[str, ...]:
    """Return a line on each kind that should not be, with the first place where it can be told."""
    lines = []
    for kind, text in WARNINGS.items():
        if counts.get(kind) and not (kind == "orders_not_reconciled" and counts["fills"] == 0):  # a run says that once
            first = _first(day, job, kind)
            lines.append(f"{counts[kind]} {text}" + (f"; first: {first}" if first else ""))
    return tuple(lines)


def _first(day: Day, job: Job, kind: str) -> str:
    """Return the first order or quote of a kind."""
    fault, orders = faults_of(day), day.orders
    if kind == "orders_set_apart":
        row = int(np.argmax(fault & FAULTS_SET_APART != 0))
        kinds = [name for bit, name in FAULT_KINDS.items() if fault[row] & FAULTS_SET_APART & bit]
        return f"order {order_name(orders, row)} ({', '.join(kinds)})"
    bits = {name: bit for bit, name in FAULT_KINDS.items()}
    if kind in bits:
        return f"order {order_name(orders, int(np.argmax(fault & bits[kind] != 0)))}"
    if kind == "orders_filled_before_benchmark":
        return f"order {order_name(orders, _first_filled_early(day, job))}"
    if kind == "orders_not_reconciled":
        return _first_not_reconciled(day)
    if kind == "fills_unknown_deal_source":
        codes, counts = np.unique(day.fills["deal_source"][day.fills["venue"] == VENUE_OTHER], return_counts=True)
        return ", ".join(f"{code} ({count} fills)" for code, count in zip(codes.tolist(), counts.tolist(), strict=True))
    if kind == "fills_price_implausible":
        return _first_far(day, job)
    if kind == "quotes_absurd_spread":
        quotes = plausible_columns(day, ticks_by_price(job.settings.simulation.ticks))
        row = int(np.argmax((quotes.offer == NULL) & (day.quotes["offer"] != NULL)))
        bid, offer, time = (int(day.quotes[name][row]) for name in ("bid", "offer", "timestamp"))
        return f"{bid} to {offer} price units at {np.datetime64(time, 'ns')}Z"
    return ""


def _first_filled_early(day: Day, job: Job) -> int:
    """Return the first order, of those not set apart, that has a fill before its benchmark is known."""
    fills, fault, arrival, opens = day.fills, faults_of(day), day.orders["arrival_time"], job.session.start
    quotes, ticks = take_columns(QuoteColumns, day.quotes), ticks_by_price(job.settings.simulation.ticks)
    start = np.where(arrival > opens, arrival, opening_time(quotes, opens, ticks))
    index: NDArray[Any] = fills["order_index"]
    known = np.flatnonzero((index >= 0) & (fills["venue"] != VENUE_REPORT))
    order = index[known]
    early = fills["timestamp"][known] < start[order]
    if len(fault):
        early &= (fault[order] & FAULTS_SET_APART) == 0
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


def _first_far(day: Day, job: Job) -> str:
    """Return the first fill, in the order of the day file, at a price that cannot be."""
    quotes, ticks = take_columns(QuoteColumns, day.quotes), ticks_by_price(job.settings.simulation.ticks)
    fills = take_columns(FillColumns, day.fills)
    for row in np.flatnonzero(fills.venue != VENUE_REPORT):
        price = int(fills.price[row])
        if is_far(price, int(fills.quote[row]), quotes, ticks):
            when = np.datetime64(int(fills.timestamp[row]), "ns")
            return f"{price} price units at {when}Z, of order {int(day.fills['order_id'][row]) % 2**64}"
    return ""


def plausible_table(day: Day, job: Job) -> dict[str, NDArray[Any]]:
    """Return the quotes by name, those of an absurd spread one-sided."""
    quotes: QuoteColumns = plausible_columns(day, ticks_by_price(job.settings.simulation.ticks))
    return quotes._asdict()
