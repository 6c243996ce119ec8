"""What a day's own rows say about when continuous trading was (decisions 4). For the build task.

Quotes and dark orders of the pre-open, or of the evening before, tell nothing: what counts is from 09:59 on, the
earliest opening of the exchange. Until its auction a security's quotes are overlapping orders: locked or crossed.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from kernels.base.columns import Array
from kernels.base.local_time import local_instant
from kernels.conventions import TYPE_DARK, UNKNOWN_CODE, VENUE_AUCTION, VENUE_DARK, VENUE_LIT

_CONTINUOUS_BOOKED: Final = (44, 48)  # bookings on the lit and the dark book; 45 and 91 are auction and post-close
_AUCTION_BOOKED: Final = 45
_BLOCK: Final = 1 << 18


def session_hints(groups: Mapping[str, Mapping[str, Array]], timezone: str, date: str) -> dict[str, int | None]:
    """Return the hints of a partition, ns UTC or None, from its columns, block by block."""
    noon = local_instant(timezone, date, "12:00")
    early = local_instant(timezone, date, "09:59")
    auction, prints, from_early, dark, valid, apart = (list[int]() for _ in range(6))  # the ends of each block
    count = 0
    for time, venue, deal in _blocks(groups["fills"], "timestamp", "venue", "deal_source"):
        auction += _ends(time[((venue == VENUE_AUCTION) | (deal == _AUCTION_BOOKED)) & (time < noon)])
        on_lit = (venue == VENUE_LIT) & (deal != UNKNOWN_CODE)
        continuous = time[on_lit | (venue == VENUE_DARK) | np.isin(deal, _CONTINUOUS_BOOKED)]
        count += len(continuous)
        prints += _ends(continuous)
        from_early += _ends(continuous[continuous >= early])
    for arrival, order_type in _blocks(groups["orders"], "arrival_time", "order_type"):
        dark += _ends(arrival[((order_type & TYPE_DARK) != 0) & (arrival >= early)])
    for time, bid, offer in _blocks(groups["quotes"], "timestamp", "bid", "offer"):
        two_sided = (time >= early) & (bid > 0) & (bid <= offer)
        valid += _ends(time[two_sided])
        apart += _ends(time[two_sided & (bid < offer)])
    opening = min(auction, default=None)
    if opening is not None and min([*from_early, *dark, *apart], default=opening) < opening:
        opening = None  # trading had begun: a halt ended with that auction
    return {
        "first_auction": opening,
        "first_continuous": min(from_early, default=None),
        "first_dark_entry": min(dark, default=None),
        "first_quote": min(valid, default=None),
        "last_continuous": max(prints, default=None),
        "last_dark_entry": max(dark, default=None),
        "continuous_prints": count,
    }


def _ends(times: Array) -> list[int]:
    return [int(times.min()), int(times.max())] if len(times) else []


def _blocks(group: Mapping[str, Array], *names: str) -> Iterator[tuple[Array, ...]]:
    columns = [group[name] for name in names]
    for start in range(0, len(columns[0]), _BLOCK):
        yield tuple(column[start : start + _BLOCK] for column in columns)
