"""unmatched.csv: what stood against R's subjects by why they fill nothing. `aggregate` adds the jobs' sums."""

from dataclasses import dataclass, field
from typing import Final

from driver.sums.merging import add_lists
from driver.sums.orders.contra import CONTRA_SUMS
from driver.sums.partial import Partial
from driver.tables.column_guide import header, plain
from driver.tables.csv_text import Value, table_csv
from driver.tables.kinds.meanings import REASON_WORDS
from driver.tables.table_style import few, ratio

UNMATCHED: Final = (
    plain("reason", "word", "why an order fills nothing under R; filled: it does, for comparison"),
    plain("meaning", "", "the same in words"),
    plain("orders", "count", "selected order-days that were not dark orders already, which R lets rest in the dark"),
    plain("order_quantity", "shares", "what they ask for"),
    plain(
        "contra_depth", "shares", "mean of the open dark shares of the other side as they came, whatever their limits"
    ),
    plain("without_depth", "share", "part of them that met none"),
    plain("contra_arrivals", "count", "mean of dark orders and sweeps of the other side that came while they rested"),
    plain("contra_arrival_quantity", "shares", "mean of what these asked for"),
    plain("without_arrivals", "share", "part of them for whom none came"),
    plain("few_orders", "words", "all, where figures are of fewer than 5 orders; else empty"),
)
GUIDES: Final = {"unmatched": UNMATCHED}


@dataclass(slots=True)
class UnmatchedTable:
    """The sums of the jobs of a run by reason."""

    found: dict[str, list[int]] = field(default_factory=dict)

    def add(self, partial: Partial) -> None:
        """Add what a job says."""
        add_lists(self.found, partial.contra)

    def tables(self) -> dict[str, bytes]:
        """Return the file, by name; none without subjects."""
        rows = [_row(reason, self.found[reason]) for reason in REASON_WORDS if reason in self.found]
        return {"unmatched.csv": table_csv(header(UNMATCHED), rows)} if rows else {}


def _row(reason: str, sums: list[int]) -> dict[str, Value]:
    of = dict(zip(CONTRA_SUMS, sums, strict=True))
    row: dict[str, Value] = {"reason": reason, "meaning": REASON_WORDS[reason]}
    row |= {name: of[name] for name in ("orders", "order_quantity")}
    row |= {name: ratio(of[name], of["orders"]) for name in CONTRA_SUMS[2:]}
    return row | {"few_orders": "all" if few(of["orders"]) else ""}
