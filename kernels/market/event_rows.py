"""Finding an order's event rows: the last one observed, the one in force at an instant, and fills after them."""

from kernels.base.columns import Array, FillColumns
from kernels.base.compiling import inlined
from kernels.conventions import VENUE_REPORT


@inlined
def has_event_between(next_row: Array, first_row: int, row_start: int, row_end: int) -> bool:
    """Return whether the order that starts at ``first_row`` has an event row in [row_start, row_end)."""
    row = first_row
    while row >= 0 and row < row_start:
        row = next_row[row]
    return row >= 0 and row < row_end


@inlined
def last_observed(
    next_row: Array, leaves: Array, matched: Array, first_row: int, row_end: int, carried: int
) -> tuple[int, int]:
    """Return the order's last event row before ``row_end`` and its parent quantity up to there."""
    parent = 0
    last = first_row
    row = first_row
    while row >= 0 and row < row_end:
        last = row
        parent = max(parent, leaves[row] + matched[row] - carried)
        row = next_row[row]
    return last, parent


@inlined
def row_in_force(next_row: Array, timestamp: Array, first_row: int, row_end: int, t: int) -> int:
    """Return the order's last event row stamped at or before ``t``, observed rows only; at least the first."""
    last = first_row
    row = first_row
    while row >= 0 and row < row_end and timestamp[row] <= t:
        last = row
        row = next_row[row]
    return last


@inlined
def fills_not_shown(fills: FillColumns, own: tuple[int, int], since: int, until: int, done: int) -> int:
    """Return the shares of an order's fills in (since, until) that its counter lacks: their rows come later.

    own : first fill of the order, and how many; since : time of the last row observed, where the counter is ``done``
    """
    filled = after = 0
    for f in range(own[0], own[0] + own[1]):
        if fills.timestamp[f] < until and fills.venue[f] != VENUE_REPORT:
            filled += fills.quantity[f]
            after += fills.quantity[f] if fills.timestamp[f] > since else 0
    return max(min(after, filled - done), 0)
