"""What an order fills in a run of the plain replay."""

from dataclasses import dataclass
from fractions import Fraction

from tests.oracles.replay import Run
from tests.oracles.replay_market import is_dark_deal
from tests.oracles.replay_rows import REPORTS
from tests.oracles.replay_subjects import Dual, SubjectRun


@dataclass(frozen=True)
class OwnFill:
    """What an order fills in a run."""

    order: int
    time: int
    price: Fraction
    quantity: int
    dark: bool
    deal: int


def own_fills(run: Run, order: int) -> list[OwnFill]:
    """Return what an order fills in a run, in time order: dark fills of the book, and what stands of history."""
    plain = run.plain
    fills = []
    for m in run.book.matches:
        if order in (m.buy, m.sell):
            deal = 48 if m.booked else 46 if m.preferenced else 50 if m.rule == "block" else 47
            fills.append(OwnFill(order, m.time, m.price, m.quantity, True, deal))
    for row in range(len(plain.fills["order_index"])):
        deal, time = int(plain.fills["deal_source"][row]), int(plain.fills["timestamp"][row])
        if plain.fills["order_index"][row] != order or deal in REPORTS:
            continue
        quantity = stands(run, order, row, is_dark_deal(deal), time)
        if quantity > 0:
            price = Fraction(int(plain.fills["price"][row]))
            fills.append(OwnFill(order, time, price, quantity, is_dark_deal(deal), deal))
    return sorted(fills, key=lambda fill: fill.time)


def met_at_entry(run: Run, row: int) -> bool:
    """Tell if a fill is the other side of what a subject took in the dark as it entered."""
    entries = run.market.dark_entries.values() if isinstance(run, SubjectRun) else ()
    return any(other and other.row == row and other.time >= run.plain.start for legs in entries for _, other in legs)


def stands(run: Run, order: int, row: int, dark: bool, time: int) -> int:
    """Return how much of a fill of history an order keeps."""
    quantity = int(run.plain.fills["quantity"][row])
    subject = isinstance(run, SubjectRun) and run.is_subject(order)
    at_entry = time == int(run.plain.orders["arrival_time"][order])
    if subject and run.plain.from_rest and at_entry:
        return quantity
    if met_at_entry(run, row) and (not subject or isinstance(run, Dual)):
        return run.cut.get(row, quantity)
    if dark or (subject and not isinstance(run, Dual) and time >= run.plain.start):
        return 0
    return run.cut.get(row, quantity)
