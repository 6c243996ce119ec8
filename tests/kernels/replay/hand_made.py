"""Small days written by hand: one order after the other, times in seconds of continuous trading."""

from typing import Any

from kernels.measure.choices import Choices, ReplayChoices, Selection, Session, Simulation
from kernels.replay.collecting import Replayed
from kernels.replay.replay import replay
from tests.builders import MemoryDay, build_day

START = 1_725_494_400_000_000_000
END = START + 6 * 3_600_000_000_000
LIT, DARK, SWEEP = 0, 64, 2048
ASKED, OTHER = 9, 5  # participants: who is asked about, and the rest
Rows = list[dict[str, Any]]


def at(seconds: float) -> int:
    return START + round(seconds * 1_000_000_000)


def order(
    number: int, side: int, kind: int, states: list[tuple[float, int, int]], price: int = 3_400, **more: Any
) -> Rows:
    """Return the rows of an order; states : time, leaves, matched. The last one ends it: filled, or cancelled."""
    rows = []
    for time, leaves, matched in states:
        last = (time, leaves, matched) == states[-1]
        row = {
            "order_id": number, "timestamp": at(time), "side": side, "order_type": kind, "price": price,
            "participant": ASKED if number < 10 else OTHER, "mid_tick": 2 if kind == DARK else 0,
            "time_validity": 256, "quantity": leaves + matched, "leaves_quantity": leaves, "matched_quantity": matched,
            "order_status": 2 if last else 1, "change_reason": (1 if leaves else 3) if last else -1,
        }  # fmt: skip
        rows.append(row | more)
    return rows


def match(number: int, time: float, buy: int, sell: int, quantity: int, deal: int = 47, price: int = 3_390) -> Rows:
    """Return both fills of a match; the buyer acts."""
    return [
        {
            "order_id": who, "timestamp": at(time), "side": side, "price": price, "quantity": quantity,
            "deal_source": deal, "aggressor": int(side == 1), "match_id": number,
            "participant": ASKED if who < 10 else OTHER,
        }
        for who, side in ((buy, 1), (sell, -1))
    ]  # fmt: skip


def quote(time: float, bid: int = 3_380, offer: int = 3_400) -> dict[str, Any]:
    return {"timestamp": at(time), "bid": bid, "offer": offer}


def day(orders: list[Rows], fills: list[Rows], quotes: Rows) -> MemoryDay:
    """Return a day; rows of one instant stand as they are given."""
    rows = sorted((row for each in orders for row in each), key=lambda row: int(row["timestamp"]))
    legs = [leg for each in fills for leg in each]
    return build_day(*([{"sequence": k + 1, **row} for k, row in enumerate(table)] for table in (rows, legs, quotes)))


def played(
    made: MemoryDay,
    simulation: dict[str, Any] | None = None,
    halts: tuple[tuple[float, float], ...] = (),
    **chosen: Any,
) -> Replayed:
    """Replay a day, asking about the orders of one participant; halts : begin and end of each, seconds."""
    names = {"scenarios": ("P", "R", "D"), **(simulation or {})}
    choices = Choices(Selection(participants=(ASKED,)), Simulation(**names), replay=ReplayChoices(**chosen))
    return replay(made, choices, Session(START, END, halts=tuple((at(begin), at(end)) for begin, end in halts)))


def dark_trades(found: Replayed, name: str) -> list[tuple[int, int, int]]:
    """Return who bought, who sold and how much, in the matches of a run."""
    matches = found.matches[name]
    return [
        (int(buy), int(sell), int(quantity))
        for buy, sell, quantity in zip(matches.buy_order_id, matches.sell_order_id, matches.quantity, strict=True)
    ]


def quantities(found: Replayed, name: str) -> list[int]:
    """Return the fills under a scenario of all orders that it lists, smallest first."""
    return sorted(int(quantity) for quantity in found.fills[name].quantity)
