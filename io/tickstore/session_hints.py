"""What a day's own rows say about when continuous trading was (decisions 4)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.conventions import DEAL_BOOKED, TYPE_DARK, UNKNOWN_CODE, VENUE_AUCTION, VENUE_DARK, VENUE_LIT
from tickstore.trade_dates import local_time_ns

_AUCTION_BOOKED = 45
_POST_CLOSE_BOOKED = 91


def session_hints(groups: Mapping[str, Mapping[str, NDArray[Any]]], timezone: str, date: str) -> dict[str, int | None]:
    """Return the hints of a partition, ns UTC or None, from its assembled columns."""
    noon = local_time_ns(timezone, date, "12:00")
    early = local_time_ns(timezone, date, "09:59")
    fills, quotes, orders = groups["fills"], groups["quotes"], groups["orders"]
    time, venue, deal = fills["timestamp"], fills["venue"], fills["deal_source"]
    auction = time[(venue == VENUE_AUCTION) & (time < noon)]
    booked = np.isin(deal, [d for d in DEAL_BOOKED if d not in (_AUCTION_BOOKED, _POST_CLOSE_BOOKED)])
    prints = time[((venue == VENUE_LIT) & (deal != UNKNOWN_CODE)) | (venue == VENUE_DARK) | booked]
    arrivals = orders["arrival_time"]
    dark = arrivals[((orders["order_type"] & TYPE_DARK) != 0) & (arrivals >= early)]
    valid = quotes["timestamp"][
        (quotes["timestamp"] >= early) & (quotes["bid"] > 0) & (quotes["bid"] <= quotes["offer"])
    ]
    return {
        "first_auction": _least(auction),
        "first_continuous": _least(prints[prints >= early]),
        "first_dark_entry": _least(dark),
        "first_quote": _least(valid),
        "last_continuous": _greatest(prints),
        "last_dark_entry": _greatest(dark),
        "continuous_prints": len(prints),
    }


def _least(times: NDArray[Any]) -> int | None:
    return int(times.min()) if len(times) else None


def _greatest(times: NDArray[Any]) -> int | None:
    return int(times.max()) if len(times) else None
