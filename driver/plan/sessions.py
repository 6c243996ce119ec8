"""When continuous trading began and ended, for every partition of a plan."""

import datetime
from bisect import bisect_left
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from driver.config.keys import Config
from kernels.measure.choices import Session
from tickstore.store.catalog import Partition

FEW_PRINTS = 5  # with fewer continuous prints a session cannot be seen in the data (decisions 4)
MINUTE = 60_000_000_000


def plan_sessions(config: Config, partitions: Sequence[Partition]) -> dict[tuple[str, str], Session]:
    """Return continuous trading of every partition: it ends no earlier than that of its peers (decisions 4)."""
    seen_ends: dict[str, list[int]] = {}
    for partition in partitions:
        end = _seen_end(partition)
        if end is not None:
            seen_ends.setdefault(partition.date, []).append(end)
    for ends in seen_ends.values():
        ends.sort()
    return {
        (p.security, p.date): _session(config, p, _median_of_others(seen_ends.get(p.date, []), _seen_end(p)))
        for p in partitions
    }


def _median_of_others(ends: Sequence[int], own: int | None) -> int:
    """Return the lower median of the ascending ``ends`` without one's own, 0 where there are no others."""
    count = len(ends) - (own is not None)
    if count == 0:
        return 0
    middle = (count - 1) // 2
    passes_own = own is not None and bisect_left(ends, own) <= middle
    return ends[middle + passes_own]


def _session(config: Config, partition: Partition, usual_end: int) -> Session:
    if partition.session is not None:
        start, end = partition.session
        return Session(start, end, "file")
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
    first, _, last = config.session.partition("-")
    zone = config.timezone
    return Session(local_instant(partition.date, first, zone), local_instant(partition.date, last, zone), "config")


def _seen_end(partition: Partition) -> int | None:
    """Return the end of trading that the data shows, up to the minute, or None where there are too few prints."""
    hints = partition.session_hints
    if hints.continuous_prints < FEW_PRINTS:
        return None
    ends = [time for time in (hints.last_continuous, hints.last_dark_entry) if time is not None]
    return -(-max(ends) // MINUTE) * MINUTE if ends else None


def local_instant(date: str, clock: str, zone: str) -> int:
    """Return the instant ``date clock`` of a zone in ns UTC."""
    moment = datetime.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 1_000_000_000
