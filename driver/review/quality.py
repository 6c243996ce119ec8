"""What the counts of data_quality.csv amount to: a share of what they are among, and a judgement in a word."""

from collections.abc import Mapping, Sequence
from typing import Final

from driver.review.checks import MANY, SOME
from driver.review.numbers import Row, count
from driver.tables.quality_kinds import DATE_IMPLAUSIBLE, JOBS_MISSING, KIND_MEANINGS
from driver.tables.replay_words import ALL

NONE, LITTLE, LOOK, BEWARE = "none", "little", "look at it", "beware"
# What is no fault: how much there is of it, and where sessions are known from.
NEUTRAL: Final = frozenset((
    "orders_reconciled", "orders_carried_over", "orders_without_window", "fills", "fills_without_order",
    "fills_booked", "fills_off_market", "quotes", "quotes_valid", "quotes_locked", "quotes_empty",
    *(kind for kind in KIND_MEANINGS if kind.startswith(("replay_", "session_from_"))),
))  # fmt: skip
DAYS: Final = ("day_", "session_", "prices_in_two_units", DATE_IMPLAUSIBLE, JOBS_MISSING)


def judged(rows: Sequence[Row]) -> list[dict[str, str | int | float | None]]:
    """Return the totals of data_quality.csv with ``share``, ``of`` and ``judgement``."""
    total = {str(row["kind"]): count(row["count"]) for row in rows if row["security_code"] == ALL}
    parts = {(row["security_code"], row["date"]) for row in rows if row["security_code"] != ALL}
    found: list[dict[str, str | int | float | None]] = []
    for kind, held in total.items():
        of, whole = _whole(kind, total, len(parts))
        share = held / whole if whole else None
        found.append({
            "kind": kind, "count": held, "share": share, "of": of, "judgement": _judgement(kind, held, share),
            "meaning": KIND_MEANINGS.get(kind, ""),
        })  # fmt: skip
    return found


def _whole(kind: str, total: Mapping[str, int], days: int) -> tuple[str, int]:
    """Return what a kind is counted among, and how many there are of it."""
    if kind.startswith(DAYS):
        return "security-days", days
    if kind.startswith(("orders", "carried", "decisions")):
        return "orders", total.get("orders_reconciled", 0) + total.get("orders_not_reconciled", 0)
    if kind.startswith(("fills", "prices")):
        return "fills", total.get("fills", 0)
    return ("quotes", total.get("quotes", 0)) if kind.startswith("quotes") else ("", 0)


def _judgement(kind: str, held: int, share: float | None) -> str:
    if kind in NEUTRAL:
        return ""
    if not held:
        return NONE
    if share is None:
        return LOOK
    return BEWARE if share > MANY else LOOK if share > SOME else LITTLE
