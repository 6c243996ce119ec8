"""Whether an order left something resting after the instant of its entry, in plain Python."""

from typing import Any

Row = dict[str, Any]
REPORTS = (3, 5, 7, 36, 43)


def naive_left_resting(life: list[Row], fills: list[Row], carried: int) -> int:
    """Return the shares an order rests with after its entry: 0 if no row of it is later than its first instant.

    life : its rows in order; fills : its own; carried : what it had matched on earlier days
    """
    entry = life[0]["timestamp"]
    if life[-1]["timestamp"] == entry:
        return 0
    opening = [row for row in life if row["timestamp"] == entry][-1]
    taken = [fill for fill in fills if fill["deal_source"] not in REPORTS and fill["timestamp"] <= entry]
    at_entry = sum(fill["quantity"] for fill in taken if fill["timestamp"] == entry)
    unseen = sum(fill["quantity"] for fill in taken) - (opening["matched_quantity"] - carried)
    left: int = max(opening["leaves_quantity"] - min(max(unseen, 0), at_entry), 0)
    return left
