"""What a local clock shows when, by the standard library and by trying: an oracle for times without an offset."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instants(moment: datetime, zone: str) -> list[int]:
    """Return each ns UTC at which a clock in a zone shows a time: one, or none, or two where its offset changes."""
    shown = []
    for quarters in range(-14 * 4, 15 * 4):  # every offset that a zone may have today
        instant = moment.replace(tzinfo=UTC) - timedelta(minutes=15 * quarters)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment:
            shown.append((instant - EPOCH) // timedelta(microseconds=1) * 1_000)
    return sorted(shown)
