"""The notebook functions in plain Python."""

from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def naive_order_states(
    index: list[int], time: list[int], leaves: list[int], matched: list[int], until: int
) -> list[Row]:
    """Return each order's life and state from its rows before ``until``."""
    out = []
    for order in range(max(index, default=-1) + 1):
        rows = [row for row, i in enumerate(index) if i == order and time[row] < until]
        if not rows:
            out.append({"first_row": -1, "last_row": -1})
            continue
        carried, last = matched[rows[0]], rows[-1]
        out.append(
            {
                "first_row": rows[0],
                "last_row": last,
                "arrival_time": time[rows[0]],
                "end_time": time[last],
                "parent_quantity": max(leaves[row] + matched[row] - carried for row in rows),
                "leaves_quantity": leaves[last],
                "matched_quantity": matched[last] - carried,
            }
        )
    return out


def naive_window(quotes: list[Row], start: int, end: int) -> Fraction | None:
    """Return the time-weighted mid of one window in half units, nanosecond by nanosecond."""

    def mid2(t: int) -> int | None:
        """Return the mid in force just after t - 1."""
        found = [q for q in quotes if q["timestamp"] < t]
        if not found or found[-1]["bid"] is None or found[-1]["offer"] is None:
            return None
        bid, offer = found[-1]["bid"], found[-1]["offer"]
        return int(bid + offer) if 0 < bid <= offer else None

    inside = [mid for mid in (mid2(t + 1) for t in range(start, end)) if mid is not None]
    if inside:
        return Fraction(sum(inside), len(inside))
    before = mid2(start)
    return None if before is None else Fraction(before)


def naive_shortfall(
    side: int, total: int, filled: int, notional2: int, mid2: int | None, charge2: int | None
) -> Fraction | None:
    """Return one order's shortfall in bps."""
    unfilled = max(total - filled, 0)
    if mid2 is None or total == 0 or (unfilled and charge2 is None):
        return None
    rest = unfilled * (charge2 - mid2) if unfilled and charge2 is not None else 0
    return Fraction(10_000 * side * (notional2 - filled * mid2 + rest), total * mid2)
