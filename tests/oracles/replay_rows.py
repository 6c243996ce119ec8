"""What the rows of an order say to the plain replay (decisions 21), and the tables and choices it reads.

Constants are written out as numbers of the exchange's documents; nothing here comes from the project's kernels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

NULL = -(2**63)
DARK_DEALS = (46, 47, 49, 50, 51, 52)
DARK_BOOKING = 48
REPORTS = (3, 5, 7, 36, 43)
PREFERENCED = 46
TYPE_DARK, TYPE_SWEEP = 64 | 4096, 2048
SET_APART = 1 | 2 | 4 | 8 | 64  # faults that make an order's numbers useless
CANCELS, EXPIRIES = (1, 4, 9, 15, 19, 20, 21, 23, 27, 100), (24, 25, 26)
INACTIVE, NOT_ON_BOOK = 4, 2
HALF_TICKS = (1, 4, 6)
MINUTE = 60_000_000_000
Table = Mapping[str, Any]


@dataclass
class Plain:
    """The day and the choices as plain values."""

    events: Table
    orders: Table
    fills: Table
    quotes: Table
    start: int
    end: int
    ticks: tuple[tuple[int, int], ...] = ((0, 1), (100, 5), (2000, 10))
    locked: bool = False
    quotes_first: bool = False
    tier: int = 200_000_000  # price units x shares
    preferencing: str = "inferred"
    preferring: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    subjects: tuple[int, ...] = ()  # rows of selected orders that are not dark orders
    subject_limit: str = "own"
    horizon: str = "rest_s"
    rest_ns: int = 300_000_000_000
    from_rest: bool = False
    subjects_meet: bool = False
    minimum: int = 0
    latency: int = 0
    switches: tuple[str, ...] = ()  # rules that are taken away or changed
    most_dark_ns: int | None = None  # after which a subject follows history again
    halts: tuple[tuple[int, int], ...] = ()  # [begin, end): nothing matches


@dataclass(frozen=True)
class Leg:
    """A fill of history."""

    row: int  # of the fill table
    order: int  # row of the order table, -1
    order_id: int
    price: int
    quantity: int
    time: int
    aggressor: int


@dataclass(frozen=True)
class Step:
    """``kind``: open, halt, resume, enter, amend, same, leave, filled, late (of a subject), trade, phantom, quote."""

    time: int
    kind: str
    order: int = -1
    row: int = -1  # of the event table
    price: int = 0
    mid_tick: int = 0
    change: int = 0  # of the total; the leaves of an entry
    left: int = 0  # what the row says is left
    minimum: int = 0
    asked: int = 0  # what a subject asks of the dark
    single: bool = False
    keeps: bool = False
    legs: tuple[Leg, ...] = ()
    quote: tuple[int | None, int | None] = (None, None)
    order_id: int = 0
    participant: int = 0
    side: int = 0


def tick_at(price: int, ticks: tuple[tuple[int, int], ...]) -> int:
    return max((start, tick) for start, tick in ticks if start <= price)[1]


def half_tick(price: int, mid_tick: int, ticks: tuple[tuple[int, int], ...]) -> Fraction:
    """R5, domain.md 1.2: the improvement of a limit."""
    return Fraction(tick_at(price, ticks), 2) if mid_tick in HALF_TICKS and price > 0 else Fraction(0)


def is_dark(plain: Plain, order: int) -> bool:
    return bool(plain.orders["order_type"][order] & TYPE_DARK)


def is_sweep(plain: Plain, order: int) -> bool:
    return bool(plain.orders["order_type"][order] & TYPE_SWEEP) and not is_dark(plain, order)


def attributes_of(plain: Plain, order: int) -> tuple[int, int]:
    """Return what an order carries and what it names, by its first row; 0 where the file has no such columns."""
    if "counter_attributes" not in plain.events:
        return 0, 0
    row = plain.orders["first_row"][order]
    return int(plain.events["participant_attribute"][row]), int(plain.events["counter_attributes"][row])


def takes_part(plain: Plain, order: int) -> bool:
    """Seekers and subjects, without orders whose numbers are useless and brokers that are left out."""
    if plain.orders["fault"][order] & SET_APART:
        return False
    if is_dark(plain, order) and int(plain.orders["participant"][order]) in plain.without:
        return False
    return is_dark(plain, order) or is_sweep(plain, order) or order in plain.subjects


def rows_of(plain: Plain, order: int) -> list[int]:
    """Return the event rows of an order."""
    rows = [int(plain.orders["first_row"][order])]
    while (following := int(plain.events["next_row"][rows[-1]])) >= 0:
        rows.append(following)
    return rows


def total(plain: Plain, row: int) -> int:
    """Return leaves and matched; what earlier days matched is in all rows alike."""
    return int(plain.events["leaves_quantity"][row]) + int(plain.events["matched_quantity"][row])


def ended(plain: Plain, row: int) -> bool:
    """Tell if a last row with leaves says that the order is off the book."""
    status, reason = int(plain.events["order_status"][row]), int(plain.events["change_reason"][row])
    return reason in CANCELS or reason in EXPIRIES or status in (INACTIVE, NOT_ON_BOOK)


def bounces(plain: Plain, order: int) -> bool:
    """R25, fill-and-kill: stated, or where nothing is, over at the instant of its entry."""
    e, first, last = plain.events, *(int(plain.orders[name][order]) for name in ("first_row", "last_row"))
    validity = int(plain.orders["time_validity"][order])
    over = e["leaves_quantity"][last] <= 0 or ended(plain, last)
    return validity == 0 or bool(validity == -1 and over and e["timestamp"][first] == e["timestamp"][last])


def keeps_place(plain: Plain, before: int, row: int) -> bool:
    """R13; the file's own ranking time settles it where there is one."""
    e = plain.events
    if "ranking_time" in e and e["ranking_time"][before] != NULL and e["ranking_time"][row] != NULL:
        return bool(e["ranking_time"][before] == e["ranking_time"][row])
    price, flag = (bool(e[name][before] != e[name][row]) for name in ("price", "mid_tick"))
    more = total(plain, row) > total(plain, before)
    variants = {
        "priority_kept": False,
        "priority_lost_always": True,
        "priority_lost_by_price": price or flag,
        "priority_lost_by_increase": more,
    }
    return not next((lost for name, lost in variants.items() if name in plain.switches), price or flag or more)


def moved(plain: Plain, before: int, row: int) -> bool:
    return any(bool(plain.events[name][before] != plain.events[name][row]) for name in ("price", "mid_tick"))


def order_steps(plain: Plain, order: int) -> list[tuple[int, Step]]:
    """Decisions 21: what an order's rows say, without those that only reflect a fill. With the event row of each."""
    e, rows = plain.events, rows_of(plain, order)
    steps = []
    for place, row in enumerate(rows):
        values: dict[str, Any] = {
            name: int(e[column][row])
            for name, column in (("price", "price"), ("mid_tick", "mid_tick"), ("minimum", "minimum_quantity"))
        }
        values |= {"order": order, "row": row, "single": bool(e["single_fill"][row] == 1)}
        values["asked"] = asked_of(plain, order, row)
        time, left = int(e["timestamp"][row]), int(e["leaves_quantity"][row])
        before = rows[place - 1]
        if place == 0:
            carried = int(plain.orders["carried_quantity"][order])
            leaves = total(plain, row) - carried - filled_before(plain, order, time)
            steps.append((row, Step(time, "enter", change=leaves, left=left, **values)))
            if row == rows[-1] and left > 0 and ended(plain, row):
                steps.append((row, Step(time, "leave", order=order, row=row, left=left)))
        elif row == rows[-1] and left > 0 and ended(plain, row):
            steps.append((row, Step(time, "leave", order=order, row=row, left=left)))
        elif is_amended(plain, before, row):
            change = total(plain, row) - total(plain, before)
            keeps = keeps_place(plain, before, row)
            steps.append((row, Step(time, "amend", change=change, left=left, keeps=keeps, **values)))
        else:
            steps.append((row, Step(time, "same", left=left, **values)))
        if row == rows[-1] and left <= 0:
            steps.append((row, Step(time, "filled", order=order)))
    return steps


def asked_of(plain: Plain, order: int, row: int) -> int:
    """Return what a subject asks of the dark: all it wants by a row, without what it had before it came there."""
    comes = max(int(plain.orders["arrival_time"][order]) + int(plain.from_rest), plain.start)
    carried = int(plain.orders["carried_quantity"][order])
    return total(plain, row) - carried - filled_before(plain, order, comes)


def filled_before(plain: Plain, order: int, time: int) -> int:
    """Return what fills before an instant took of an order."""
    first, count = int(plain.orders["first_fill"][order]), int(plain.orders["fill_count"][order])
    rows = [row for row in range(first, first + count) if plain.fills["timestamp"][row] < time]
    return sum(int(plain.fills["quantity"][row]) for row in rows if plain.fills["deal_source"][row] not in REPORTS)


def is_amended(plain: Plain, before: int, row: int) -> bool:
    """A row of a fill, or one that repeats the state, changes nothing."""
    e = plain.events
    if total(plain, row) != total(plain, before) or moved(plain, before, row):
        return True
    if e["matched_quantity"][row] != e["matched_quantity"][before]:
        return False
    names = ("minimum_quantity", "single_fill", *(["ranking_time"] if "ranking_time" in e else []))
    return any(bool(e[name][before] != e[name][row]) for name in names)


def left_at(plain: Plain, order: int, row: int, time: int) -> int:
    """Return what an order has left by a row of it, less what its fills before an instant took more than rows say."""
    if plain.events["next_row"][row] < 0 and ended(plain, row):
        return 0
    carried = int(plain.orders["carried_quantity"][order])
    by_fills = total(plain, row) - carried - filled_before(plain, order, time)
    return max(0, min(int(plain.events["leaves_quantity"][row]), by_fills))
