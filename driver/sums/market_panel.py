"""The quality of the market that a job's orders met, from all trades and quotes of the partition: integers that add up.

`driver.job.job` asks once a job, whatever is selected; `driver.tables.market_tables` adds days up and divides. A match
counts once, by its buyer's fill. What needs a direction or a mid is about trades of continuous trading.
"""

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I32, I64, Array, QuoteColumns, readonly
from kernels.base.memory import Buffers
from kernels.conventions import BPS, NS_PER_SECOND, NULL, REST_BITS, VENUE_DARK, VENUE_LIT, VENUE_OTHER, VENUES
from kernels.market.fill_marks import BATCH, LATER, MID2, mark_fills
from kernels.measure.choices import Session
from kernels.measure.rules import Day, Inputs
from kernels.sums.market_sums import (
    PARTS,
    STALE_SUMS,
    TRADE_SUMS,
    add_participants,
    add_trades,
    exact_parts,
    quoted_time,
    stale_fills,
)

COMPARED: Final = {"lit": VENUE_LIT, "dark": VENUE_DARK}  # venues whose spreads stand side by side
SQUARE_BITS: Final = 64  # squares and products of returns of the mid are whole numbers of 1/2^SQUARE_BITS bp^2
STEP: Final = 10 * NS_PER_SECOND  # between samples of the mid
STEPS: Final = 6  # of one long return
DENSE: Final = 2**16  # participants with smaller codes are counted in a table of codes
OF_PARTICIPANTS: Final = (
    "orders", "order_quantity", "fills", "filled_quantity", "notional2", "dark_notional2", "stale_fills", "stale_won2",
    "stale_lost2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traders:
    """Sums by participant of a day."""

    code: I64 = field(default_factory=lambda: np.zeros(0, np.int64))  # (n,)
    sums: I64 = field(default_factory=lambda: np.zeros((len(OF_PARTICIPANTS), 0), np.int64))


class Panel(NamedTuple):
    """What a day adds to the panel: sums by name, and by participant."""

    sums: dict[str, int]
    participants: Traders


def market_panel(day: Day, inputs: Inputs, session: Session, block_value: int, buffers: Buffers) -> Panel:
    """Return the panel of a day.

    inputs : prepared in ``buffers``; block_value : in price units x shares, from which a trade is large
    """
    fills = inputs.fills
    sums = {"security_days": 1, "orders": len(day.orders["order_id"]), "order_events": len(day.events["timestamp"])}
    sums |= _by_venue(inputs, block_value)
    sums |= _quoted(inputs.quotes, session) | _moves(inputs, session)
    inside = (fills.timestamp >= session.start) & (fills.timestamp < session.end)
    sums |= _spreads(day, inputs, inside, buffers)
    stale, won2, of_stale = _stale(inputs, session, buffers)
    sums |= of_stale
    return Panel(sums, _participants(day, inputs, stale, won2))


def _by_venue(inputs: Inputs, block_value: int) -> dict[str, int]:
    """Return trades, shares and value by venue, and the value of the market's large trades, and of the dark ones."""
    fills, found, large2 = inputs.fills, np.zeros((len(VENUES), TRADE_SUMS), np.int64), np.zeros(2, np.int64)
    add_trades(fills.venue, fills.side, fills.quantity, inputs.sums.price2, 2 * block_value, found, large2)
    sums: dict[str, int] = {}
    for code, (name, (trades, quantity, notional2)) in enumerate(zip(VENUES, found.tolist(), strict=True)):
        sums |= {f"{name}_trades": trades, f"{name}_quantity": quantity}
        if code != VENUE_OTHER:  # its prices may be none
            sums[f"{name}_notional2"] = notional2
    return sums | dict(zip(("block_notional2", "dark_block_notional2"), large2.tolist(), strict=True))


def _quoted(quotes: QuoteColumns, session: Session) -> dict[str, int]:
    """Return the time of the session with a valid quote, and the integral of its spread over it, as ``with_rest``."""
    start, end = int(session.start), int(session.end)
    first, last = (int(row) for row in quotes.timestamp.searchsorted((start, end)))
    rows = max(first - 1, 0), last
    lasted, spread, left = map(int, quoted_time(quotes, rows, (start, end)))
    return {"session_ns": max(end - start, 0), "quoted_ns": lasted, "quoted_spread_ns": (spread << REST_BITS) + left}


def _moves(inputs: Inputs, session: Session) -> dict[str, int]:
    """Return counts, squares and products of the mid's returns over one step and over STEPS of them."""
    marks = inputs.sums.marks
    at = np.arange(session.start, session.end + 1, STEP)
    row = inputs.quotes.timestamp.searchsorted(at, "right") - 1
    mid2 = np.where(row >= 0, marks[row, 1], NULL)
    short, whole = _returns(mid2), _returns(mid2[::STEPS])
    both = np.isfinite(short[1:]) & np.isfinite(short[:-1])
    one, next_one = short[:-1][both], short[1:][both]
    sums = {"return_pairs": len(one), "return_products": _added(one * next_one)}
    sums["return_pair_squares"] = _added(one**2 + next_one**2)
    for name, returns in (("short", short), ("long", whole)):
        known = returns[np.isfinite(returns)]
        sums |= {f"{name}_returns": len(known), f"{name}_squares": _added(known**2)}
    return sums


def _added(values: F64) -> int:
    """Return a sum as a whole number of 1/2^SQUARE_BITS."""
    parts = np.empty(PARTS)
    count = int(exact_parts(values, parts))
    return round(math.ldexp(math.fsum((values if count < 0 else parts[:count]).tolist()), SQUARE_BITS))


def _returns(mid2: I64) -> F64:
    """Return the returns between samples in bp, NaN where either mid is missing."""
    before, after = (np.where(mids != NULL, mids, np.nan) for mids in (mid2[:-1], mid2[1:]))
    returns: F64 = BPS * (after - before) / before
    return returns


def _spreads(day: Day, inputs: Inputs, inside: NDArray[np.bool_], buffers: Buffers) -> dict[str, int]:
    """Return what aggressors paid against the mid before, and against later ones, in the lit and in the dark book.

    About trades whose aggressor is known, with a mid before and at every horizon: so what was paid is what was realised
    and how the mid moved, exactly. Every sum is of half units x shares; the base is the mid's.
    """
    fills, rules = inputs.fills, inputs.rules
    aggressive = np.asarray(day.fills["aggressor"]) == 1
    chosen = (aggressive & inside & (fills.venue <= VENUE_DARK))[fills.by_time]
    rows = np.asarray(fills.by_time)[chosen]
    rows.flags.writeable = False
    horizons = len(rules.after_ns)
    marks = buffers.take("fill marks", (len(fills.by_time), LATER + horizons - 1), np.int64)
    scratch = np.empty(BATCH, np.int64), np.empty((BATCH, horizons), np.int64), np.full(horizons, -1, np.int64)
    mark_fills(rows, fills, inputs.sums.marks, inputs.quotes, rules.after_ns, scratch, marks)
    mids = marks[rows]
    known = mids[:, MID2] != NULL
    for h in range(horizons - 1):
        known &= mids[:, LATER + h] != NULL
    rows, mids = rows[known], mids[known]
    side, shares, price2 = fills.side[rows].astype(np.int64), fills.quantity[rows], inputs.sums.price2[rows]
    sums = {}
    for name, code in COMPARED.items():
        here = np.flatnonzero(fills.venue[rows] == code)
        signed, mid2 = (side * shares)[here], mids[here, MID2]
        sums[f"{name}_signed_trades"] = len(here)
        sums[f"{name}_base2"] = int((mid2 * shares[here]).sum())
        sums[f"{name}_effective2"] = int((2 * signed * (price2[here] - mid2)).sum())
        for h in range(horizons - 1):
            sums[f"{name}_impact2.{h}"] = int((2 * signed * (mids[here, LATER + h] - mid2)).sum())
    return sums


def _stale(inputs: Inputs, session: Session, buffers: Buffers) -> tuple[I32, I64, dict[str, int]]:
    """Return the dark fills at a mid that had moved, what each side won by it, half units x shares, and their sums."""
    fills, marks, price2 = inputs.fills, inputs.sums.marks, inputs.sums.price2
    n, sums = len(fills.venue), np.zeros(STALE_SUMS, np.int64)
    rows, won2 = buffers.take("stale.rows", (n,), np.int32), buffers.take("stale.won2", (n,), np.int64)
    trading = int(session.start), int(session.end)
    count = int(stale_fills(fills, price2, marks, trading, rows, won2, sums))
    names = "dark_known_trades", "stale_trades", "stale_notional2", "stale_moved2"
    return rows[:count], won2[:count], dict(zip(names, sums.tolist(), strict=True))


def _participants(day: Day, inputs: Inputs, stale: I32, won2: I64) -> Traders:
    """Return what each participant of the day asked for and traded on the market, and won and lost at stale mids."""
    fills, asked = inputs.fills, readonly(np.asarray(day.orders["parent_quantity"]))
    codes, (asking, trading) = _numbered([np.asarray(table["participant"]) for table in (day.orders, day.fills)])
    rows = np.zeros((len(codes), len(OF_PARTICIPANTS)), np.int64)
    add_participants(asking, asked, trading, fills.venue, fills.quantity, inputs.sums.price2, rows)
    amounts = np.ones_like(won2), won2.clip(min=0), (-won2).clip(min=0)
    for k, values in enumerate(amounts, OF_PARTICIPANTS.index("stale_fills")):
        np.add.at(rows[:, k], trading[stale], values)
    present = np.flatnonzero(rows.any(axis=1))
    return Traders(codes[present], np.ascontiguousarray(rows[present].T))


def _numbered(groups: list[Array]) -> tuple[I64, list[Array]]:
    """Return the codes there may be, and the place among them of each of several columns of codes."""
    highest = max((int(codes.max(initial=-1)) for codes in groups), default=-1)
    lowest = min((int(codes.min(initial=0)) for codes in groups), default=0)
    if lowest >= 0 and highest < DENSE:
        return np.arange(highest + 1), [readonly(codes) for codes in groups]
    codes, place = np.unique(np.concatenate(groups), return_inverse=True)
    places = np.split(place.astype(np.int32), np.cumsum([len(one) for one in groups])[:-1])
    return codes.astype(np.int64), [readonly(one) for one in places]
