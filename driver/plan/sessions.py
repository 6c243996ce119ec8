"""When trade dates start, and continuous trading began and ended, for every partition: `plan` asks for all at once."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from driver.config.keys import USUAL_SESSION, Config
from kernels.base.local_time import local_instant
from kernels.measure.choices import Session
from tickstore.store.catalog import Partition
from tickstore.times.trade_dates import first_instant

HINTED_ZONE = "Australia/Sydney"  # the exchange whose rules the hints in its data follow
FEW_PRINTS = 5  # with fewer continuous prints a session cannot be seen in the data (decisions 4)
MINUTE = 60_000_000_000


def plan_sessions(
    config: Config, partitions: Sequence[Partition], stated: bool = False
) -> dict[tuple[str, str], Session]:
    """Return continuous trading of every partition: it ends no earlier than that of its peers (decisions 4).

    ``stated`` says that the user gave the session, which then wins over what the data hints at.
    """
    seen_ends: dict[str, list[int]] = {}
    for partition in partitions:
        end = _seen_end(partition)
        if end is not None:
            seen_ends.setdefault(partition.date, []).append(end)
    for ends in seen_ends.values():
        ends.sort()
    rules = config.timezone, config.session_cutoff, config.holidays

    starts = {date: first_instant(*rules, date) for date in {p.date for p in partitions}}
    sessions = {}
    for p in partitions:
        usual_end = _median_of_others(seen_ends.get(p.date, []), _seen_end(p))
        sessions[p.security, p.date] = replace(_session(config, p, usual_end, stated), date_start=starts[p.date])
    return sessions


def _median_of_others(ends: Sequence[int], own: int | None) -> int:
    """Return the lower median of the ascending ``ends`` without one's own, 0 where there are no others."""
    count = len(ends) - (own is not None)
    if count == 0:
        return 0
    middle = (count - 1) // 2
    passes_own = own is not None and bisect_left(ends, own) <= middle
    return ends[middle + passes_own]


def _session(config: Config, partition: Partition, usual_end: int, stated: bool) -> Session:
    if partition.session is not None:
        start, *times, end = partition.session
        halts = tuple(halt for halt in zip(times[::2], times[1::2], strict=True) if halt[0] < halt[1])
        return Session(start, end, "file", halts=halts)
    first, _, last = (config.session or USUAL_SESSION).partition("-")
    start, end = (local_instant(config.timezone, partition.date, clock) for clock in (first, last))
    configured = Session(start, end, "stated" if stated else "config")
    if stated or config.timezone != HINTED_ZONE:
        return configured
    hints = partition.session_hints
    seen_end = _seen_end(partition)
    auction = hints.first_auction
    activity = [hints.first_continuous, hints.first_dark_entry, hints.first_quote]
    starts = [time for time in activity if time is not None]
    if seen_end is not None and (auction is not None or starts):
        start = auction if auction is not None else min(starts)
        end = max(seen_end, usual_end)
        if start < end:
            return Session(start, end, "auction" if auction is not None else "activity")
    return configured


def _seen_end(partition: Partition) -> int | None:
    """Return the end of trading that the data shows, up to the minute, or None where there are too few prints."""
    hints = partition.session_hints
    if hints.continuous_prints < FEW_PRINTS:
        return None
    ends = [time for time in (hints.last_continuous, hints.last_dark_entry) if time is not None]
    return -(-max(ends) // MINUTE) * MINUTE if ends else None
