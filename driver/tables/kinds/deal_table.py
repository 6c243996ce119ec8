"""by_deal_source.csv: fills of selected orders by the exchange's deal source, real beside each replayed scenario.

`aggregate` adds the sums of jobs (`driver.sums.orders.deal_sources`). Where a job lacks a scenario it is left empty.
"""

from dataclasses import dataclass, field
from typing import Final

from driver.sums.merging import add_lists
from driver.sums.partial import Partial
from driver.tables.column_guide import header, plain
from driver.tables.csv_text import Value, table_csv
from driver.tables.grouping import natural
from driver.tables.kinds.meanings import DEAL_SOURCES, UNKNOWN, venue_name
from driver.tables.table_style import TableStyle, ratio
from kernels.conventions import REPLAYED, VENUE_REPORT, VENUES

DEALS: Final = (
    plain("deal_source", "code", "how the exchange says a fill came about; -1: not stated"),
    plain("meaning", "", "what the code says, in words"),
    plain("venue", "word", "where that is; fills of reports consume no order"),
    plain("scenario", "", "real, or a replayed scenario: what it does not change is as it was"),
    plain("fills", "count", "of selected orders in the selected hours, each side of a match by itself"),
    plain("quantity", "shares", "their shares"),
    plain("quantity_share", "share", "the same over all of the scenario, reports left out"),
    plain("notional_value", "currency", "their value at exact prices"),
)
GUIDES: Final = {"by_deal_source": DEALS}
REPORT: Final = VENUES[VENUE_REPORT]


@dataclass(slots=True)
class DealTable:
    """The fills of the jobs of a run by scenario and deal source."""

    found: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    scenarios: tuple[str, ...] = ()  # real, and what is replayed
    unknown: set[str] = field(default_factory=set)  # those that some job does not know

    def add(self, partial: Partial) -> None:
        """Add what a job says."""
        self.scenarios = ("real", *(name for name in partial.cells.scenarios if name in REPLAYED))
        self.unknown |= set(self.scenarios) - set(partial.deals)
        for scenario, sources in partial.deals.items():
            add_lists(self.found.setdefault(scenario, {}), sources)

    def tables(self, style: TableStyle) -> dict[str, bytes]:
        """Return the file, by name; none where no fill is known."""
        sources = sorted({source for of in self.found.values() for source in of}, key=natural)
        rows = [self._row(source, scenario, style) for source in sources for scenario in self.scenarios]
        return {"by_deal_source.csv": table_csv(header(DEALS), rows)} if rows else {}

    def _row(self, source: str, scenario: str, style: TableStyle) -> dict[str, Value]:
        of, code = self.found.get(scenario, {}), int(source)
        row: dict[str, Value] = {"deal_source": source, "meaning": DEAL_SOURCES.get(code, UNKNOWN)}
        row |= {"venue": venue_name(code), "scenario": scenario}
        if scenario in self.unknown:
            return row
        fills, quantity, value2 = of.get(source, (0, 0, 0))
        whole = sum(sums[1] for other, sums in of.items() if venue_name(int(other)) != REPORT)
        share = None if row["venue"] == REPORT else ratio(quantity, whole)
        row |= {"fills": fills, "quantity": quantity, "quantity_share": share}
        return row | {"notional_value": ratio(value2, 2 * style.unit)}
