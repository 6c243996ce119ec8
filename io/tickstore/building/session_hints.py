"""What a day's own rows say about when continuous trading was (decisions 4)."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from kernels.base.columns import Array
from kernels.base.local_time import local_instant
from kernels.conventions import TYPE_DARK, UNKNOWN_CODE, VENUE_AUCTION, VENUE_DARK, VENUE_LIT

_CONTINUOUS_BOOKED: Final = (44, 48)  # bookings on the lit and the dark book; 45 and 91 are auction and post-close
_BLOCK: Final = 1 << 18


class _Range:
    """The least and the greatest of times seen so far."""

    def __init__(self) -> None:
        self.least: int | None = None
        self.greatest: int | None = None
        self.count = 0

    def add(self, times: Array) -> None:
        if len(times):
            least, greatest = int(times.min()), int(times.max())
            self.least = least if self.least is None else min(self.least, least)
            self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)
            self.count += len(times)


def session_hints(groups: Mapping[str, Mapping[str, Array]], timezone: str, date: str) -> dict[str, int | None]:
    """Return the hints of a partition, ns UTC or None, from its columns, block by block."""
    noon = local_instant(timezone, date, "12:00")
    early = local_instant(timezone, date, "09:59")
    auction, prints, from_early, dark, valid = (_Range() for _ in range(5))
    for fills in _blocks(groups["fills"], "timestamp", "venue", "deal_source"):
        time, venue, deal = fills
        auction.add(time[(venue == VENUE_AUCTION) & (time < noon)])
        on_lit = (venue == VENUE_LIT) & (deal != UNKNOWN_CODE)
        continuous = time[on_lit | (venue == VENUE_DARK) | np.isin(deal, _CONTINUOUS_BOOKED)]
        prints.add(continuous)
        from_early.add(continuous[continuous >= early])
    for arrival, order_type in _blocks(groups["orders"], "arrival_time", "order_type"):
        dark.add(arrival[((order_type & TYPE_DARK) != 0) & (arrival >= early)])
    for time, bid, offer in _blocks(groups["quotes"], "timestamp", "bid", "offer"):
        valid.add(time[(time >= early) & (bid > 0) & (bid <= offer)])
    return {
        "first_auction": auction.least,
        "first_continuous": from_early.least,
        "first_dark_entry": dark.least,
        "first_quote": valid.least,
        "last_continuous": prints.greatest,
        "last_dark_entry": dark.greatest,
        "continuous_prints": prints.count,
    }


def _blocks(group: Mapping[str, Array], *names: str) -> Iterator[tuple[Array, ...]]:
    columns = [group[name] for name in names]
    for start in range(0, len(columns[0]), _BLOCK):
        yield tuple(column[start : start + _BLOCK] for column in columns)
