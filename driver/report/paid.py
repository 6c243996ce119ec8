"""What was paid: the real shortfall and its parts, spreads, benchmarks and times, and how many orders each is of.

Beside reality stand the replayed scenarios, of whose fills the same is known. `page` places it.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from driver.review.numbers import Row, count, number
from driver.tables.table_style import few

VENUES: Final = ("lit", "dark", "auction", "booked", "other")
NEAR: Final = {  # label -> column, and the column that counts its orders
    "Shortfall": (
        ("delay, from decision to arrival, bps", "delay_bps", "delay_orders"),
        ("execution, paid on fills, bps", "execution_bps", "priced_orders"),
        ("opportunity, charged for the unfilled, bps", "opportunity_bps", "priced_orders"),
        ("shortfall, execution + opportunity, bps", "shortfall_bps", "priced_orders"),
        ("from the decision, delay included, bps", "decision_shortfall_bps", "decision_shortfall_orders"),
    ),
    "Spread": (
        ("quoted at arrival, bps", "quoted_spread_bps", "quoted_spread_orders"),
        ("quoted before the fills, bps", "fill_quoted_spread_bps", "fill_quoted_spread_orders"),
        ("effective, bps", "effective_spread_bps", "effective_spread_orders"),
        ("effective over quoted, E/Q", "eq_ratio", "effective_spread_orders"),
        ("price improvement on the quote, bps", "price_improvement_bps", "price_improvement_orders"),
    ),
}
LATER: Final = {  # after a horizon
    "realised spread after {} s, bps": "realised_spread_{}s",
    "impact after {} s, bps": "impact_{}s",
    "markout after {} s, bps": "markout_{}s",
}
FAR: Final = {
    "Against benchmarks": (
        ("fill price less arrival mid, bps", "arrival_slippage_bps", "arrival_slippage_orders"),
        ("fill price less the market's VWAP, bps", "vwap_slippage_bps", "vwap_slippage_orders"),
        ("fill price less the VWAP of others, bps", "vwap_slippage_ex_own_bps", "vwap_slippage_ex_own_orders"),
        ("fill price less the closing price, bps", "close_slippage_bps", "close_slippage_orders"),
    ),
    "Time": (
        ("from arrival to the first fill, s", "time_to_first_fill_s", "time_to_first_fill_orders"),
        ("from arrival to the average filled share, s", "execution_time_s", "time_to_first_fill_orders"),
        ("from the first fill to the last, s", "fill_span_s", "fill_span_orders"),
        ("from one fill to the next, s", "time_between_fills_s", ""),  # no table counts orders of several fills
    ),
    "Size": (("average fill, shares", "average_fill_size", "fill_span_orders"),),
}


class Cell(NamedTuple):
    """A figure, and whether it is of few orders."""

    value: float | None
    few: bool


Line = tuple[str, int | None, list[Cell]]  # what it is, the orders that it is known of, its figures


def paid(summary: Sequence[Row]) -> dict[str, Any]:
    """Return the parts of what was paid that are known, by group, for reality and each replayed scenario."""
    real = summary[0]
    rows = [row for row in summary if row.get("filled_quantity") and row.get("lit_quantity") is not None] or [real]
    seconds = horizons(real, "markout_{}s_bps")
    later = tuple(
        (label.format(horizon), f"{name.format(horizon)}_bps", f"{name.format(horizon)}_orders")
        for horizon in seconds
        for label, name in LATER.items()
    )
    groups = {**NEAR, "Spread": (*NEAR["Spread"], *later), **FAR}
    known = {title: [line for line in lines if real.get(line[1]) is not None] for title, lines in groups.items()}
    return {
        "columns": [str(row["scenario"]) for row in rows],
        "groups": [(title, [_line(rows, real, *line) for line in lines]) for title, lines in known.items() if lines],
        "venues": _venues(rows) if real["filled_quantity"] and real["lit_quantity"] is not None else [],
    }


def horizons(row: Row, pattern: str) -> list[str]:
    """Return the seconds that the columns of a pattern are about, least first."""
    before, after = pattern.split("{}")
    found = (re.fullmatch(f"{before}([0-9.]+){after}", name) for name in row)
    return sorted((match[1] for match in found if match), key=float)


def in_bps(label: str) -> bool:
    """Return whether a line is about prices, or a ratio of them; others are times and sizes, of which less is known."""
    return not label.endswith((", s", ", shares"))


def _line(rows: Sequence[Row], real: Row, label: str, name: str, counted: str) -> Line:
    cells = [Cell(value if (value := number(row[name])) == value else None, few(row.get(counted))) for row in rows]
    return label, count(real[counted]) if counted else None, cells


def _venues(rows: Sequence[Row]) -> list[tuple[str, list[Cell]]]:
    """Return the share of the filled shares by venue."""
    shares = [
        (venue, [Cell(number(row[f"{venue}_quantity"]) / number(row["filled_quantity"]), False) for row in rows])
        for venue in VENUES
    ]
    return [(venue, cells) for venue, cells in shares if any(cell.value for cell in cells)]
