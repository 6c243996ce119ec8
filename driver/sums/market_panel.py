"""The quality of the market that a job's orders met, from all trades and quotes of the partition: integers that add up.

`driver.job.job` asks once a job, whatever is selected; `driver.tables.market_tables` adds days up and divides. A match
counts once, by its buyer's fill. What needs a direction or a mid is about trades of continuous trading.
"""

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import F64, I64, Array, QuoteColumns, readonly
from kernels.base.memory import Buffers
from kernels.conventions import BPS, BUY, NS_PER_SECOND, NULL, REST_BITS, VENUE_DARK, VENUE_LIT, VENUE_OTHER, VENUES
from kernels.market.fill_marks import BATCH, LATER, MID2, mark_fills
from kernels.market.prints import REBUILT_FIRST, REBUILT_LAST
from kernels.measure.choices import Session
from kernels.measure.rules import Day, Inputs
from kernels.sums.market_sums import TRADE_SUMS, add_participants, add_trades, quoted_time

COMPARED: Final = {"lit": VENUE_LIT, "dark": VENUE_DARK}  # venues whose spreads stand side by side
SQUARE_BITS: Final = 64  # squares and products of returns of the mid are whole numbers of 1/2^SQUARE_BITS bp^2
STEP: Final = 10 * NS_PER_SECOND  # between samples of the mid
STEPS: Final = 6  # of one long return
STALE_NS: Final = NS_PER_SECOND  # a mid that was in force so shortly before a dark print is its reference
LOOKED_BACK: Final = 32  # quotes
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
    stale, won2 = stale_fills(inputs, inside)
    bought = fills.side[stale] == BUY
    sums |= _stale_sums(inputs, inside, stale[bought], won2[bought])
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
    row = marks[:-1, 0].searchsorted(at, "right") - 1
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
    return round(math.ldexp(math.fsum(values.tolist()), SQUARE_BITS))


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


def stale_fills(inputs: Inputs, inside: NDArray[np.bool_]) -> tuple[NDArray[np.intp], I64]:
    """Return the dark fills at a mid that had moved, and what each side won by it, half units x shares.

    Such a price is not the mid in force, nor one of the fill's own instant (a new quote makes resting orders meet), but
    that of a quote that was in force within the second before.
    """
    fills, marks, price2 = inputs.fills, inputs.sums.marks, inputs.sums.price2
    mid_priced = (fills.deal_source >= REBUILT_FIRST) & (fills.deal_source <= REBUILT_LAST)
    rows = np.flatnonzero((fills.venue == VENUE_DARK) & mid_priced & inside & (fills.quote > 0))
    now2 = marks[fills.quote[rows], 1]
    other = (now2 != NULL) & (now2 != price2[rows])
    rows, now2 = rows[other], now2[other]
    time, wanted, quote = fills.timestamp[rows], price2[rows], fills.quote[rows].astype(np.int64)
    last = marks[:-1, 0].searchsorted(time, "right")
    step = np.arange(1, LOOKED_BACK + 1)[:, None]
    place = np.maximum(quote - step, 0)
    in_force = (quote >= step) & (marks[place + 1, 0] > time - STALE_NS)
    stale = (in_force & (marks[place, 1] == wanted)).any(axis=0)
    place = np.minimum(quote + step, len(marks) - 2)
    renewed = ((quote + step < last) & (marks[place, 1] == wanted)).any(axis=0)
    found = stale & ~renewed
    rows = rows[found]
    return rows, fills.side[rows] * (now2[found] - price2[rows]) * fills.quantity[rows]


def _stale_sums(inputs: Inputs, inside: NDArray[np.bool_], stale: NDArray[np.intp], won2: I64) -> dict[str, int]:
    """Return how many dark trades have a mid before them, how many are stale, their value and what changed hands."""
    fills, marks = inputs.fills, inputs.sums.marks
    dark = np.flatnonzero((fills.venue == VENUE_DARK) & (fills.side == BUY) & inside & (fills.quote >= 0))
    return {
        "dark_known_trades": int(np.count_nonzero(marks[fills.quote[dark], 1] != NULL)),
        "stale_trades": len(stale),
        "stale_notional2": int((inputs.sums.price2[stale] * fills.quantity[stale]).sum()),
        "stale_moved2": int(np.abs(won2).sum()),
    }


def _participants(day: Day, inputs: Inputs, stale: NDArray[np.intp], won2: I64) -> Traders:
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
