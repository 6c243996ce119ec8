"""Times on a local clock on the days when its offset changes: the clock skips some of them, and shows others twice.

A skipped time is none, and of one that is shown twice nothing says which is meant: neither is stored. The slow path
asks here, the fast path by the tables of `trade_dates`.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from kernels.conventions import NULL
from tickstore.times.reject_error import RejectError

# In place of such a time, and of the offset there.
SKIPPED: Final = NULL + 2
REPEATED: Final = NULL + 3
SKIPPED_TIME: Final = "local time that its clock skips"
REPEATED_TIME: Final = "local time that its clock shows twice"


def local_offset(moment: datetime, timezone: str) -> int:
    """Return the seconds that the local clock is ahead of UTC when it shows ``moment``.

    RejectError: it never does, or does so twice.
    """
    zone = ZoneInfo(timezone)
    before, after = (moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if before is None or after is None:
        return 0
    if before != after:
        raise RejectError(SKIPPED_TIME if before < after else REPEATED_TIME)
    return round(before.total_seconds())
