"""data_quality.csv: what each of its kinds counts, of a security on a date, and how the counts of jobs become a table.

`driver.job.quality` counts them, `aggregate` adds them up, the report shows these words beside the counts, and
driver/README.md lists them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driver.tables.csv_text import csv_bytes, csv_lines
from kernels.conventions import FAULT_KINDS, REPLAYED

QUALITY_COLUMNS: Final = ("security_code", "date", "kind", "count")
DATE_IMPLAUSIBLE: Final = "date_implausible"
JOBS_MISSING: Final = "jobs_missing"
_SOURCES: Final = {
    "file": "a session file",
    "stated": "the user's own --session",
    "auction": "the opening auction that the data shows",
    "activity": "the first print, dark order or quote that the data shows",
    "config": "the default of --session: the data does not show it, or is of another exchange's zone",
}
_FAULTS: Final = {
    "orders_matched_falls": "the matched counter falls between two rows: rows out of order, or an id used again",
    "orders_negative_quantity": "a row has negative leaves or matched",
    "orders_filled_above_quantity": "fills exceed the quantity of the rows, or an execution raises it: over 100 %",
    "orders_filled_beyond_leaves": "fills and the leaves of the last row together exceed it",
    "orders_filled_before_entry": "fills before the first row exceed what that row has matched; such orders stay",
    "carried_unknown": "without trades of it: the first row's matched may be of earlier days, but counts as of this",
    "orders_rows_out_of_order": "an entry after other rows, another side or participant: an id used again, or disorder",
    "orders_price_implausible": "a fill is at a price that cannot be (fills_price_implausible), which the market lacks",
}
KIND_MEANINGS: Final = {
    JOBS_MISSING: "security-days that are in no table, since their jobs failed or were not done: the run is incomplete",
    "orders_reconciled": "orders whose fills add up to what their states have matched",
    "orders_not_reconciled": "orders whose fills do not add up to what their states have matched",
    "orders_filled_above_matched": "orders with more fills than matched",
    "orders_filled_below_matched": "orders with fewer fills than matched",
    "orders_carried_over": "orders that had matched something on earlier days",
    "orders_set_apart": "with a fault below other than orders_filled_before_entry or carried_unknown: in no table",
    **{kind: _FAULTS[kind] for kind in FAULT_KINDS.values()},
    "orders_set_apart_in_hours": "orders that contradict themselves as of the end of the selected hours only",
    "orders_filled_before_benchmark": "orders with fills before their benchmark, or opening quote, is known: no costs",
    "orders_filled_beyond_own_side": "E/Q below -1: fills beyond their own side of the quotes before them, as where an "
    "aggressor went through several prices, or where times do not fit",
    "orders_effective_spread_absurd": "an effective spread above a fifth of the mid in size: fills far off the quotes",
    "orders_without_window": "orders that ended before the session, or arrived after it",
    "fills": "rows of trades",
    "trades_without_shares": "rows of trades of no shares: they are left out, and no fills",
    "fills_without_order": "of orders that are not in the order files",
    "fills_booked": "crossing bookings",
    "fills_off_market": "off-market reports, which consume no order",
    "fills_unknown_deal_source": "of deal sources nobody knows: they fill their orders and belong to no venue",
    "fills_before_first_quote": "fills before the day's first quote",
    "fills_price_implausible": "of no price, or more than 8 times off the mid of the quote before them, reports aside",
    "fills_beyond_limit": "beyond the best limit their order had by then, with its half tick in the dark: they stay",
    "prices_ambiguous": "dark fills printed on a tick whose limits allow that and half a unit more: who acted decides",
    "quotes": "rows of quotes",
    "quotes_valid": "two-sided, bid below offer",
    "quotes_locked": "bid equal to offer",
    "quotes_crossed": "bid above offer: no benchmark",
    "quotes_one_sided": "one side is missing: no benchmark",
    "quotes_empty": "both sides are missing",
    "quotes_absurd_spread": "a spread above a fifth of the mid and above 20 ticks: taken for one-sided",
    "quotes_jumping": "up to three rows at over twice, or under half, the level before and after: taken for one-sided",
    "prices_in_two_units": "1 or 2: of orders and trades, those whose usual price is over 8 times off the usual mid",
    "day_without_orders": "1: trades or quotes, and no orders: securities or dates that never meet",
    "day_without_trades": "1: orders that matched, and no trades",
    "day_without_quotes": "1: no quotes",
    DATE_IMPLAUSIBLE: "1: before 2000, or parted from most dates of the run by 10 years: another epoch or unit",
    "decisions_after_arrival": "decision times after the order's arrival: taken for missing",
    "decisions_on_an_earlier_date": "decision times on an earlier trade date: taken for missing",
    "replay_phantoms": "incoming orders of the dark book that the order files lack: their trades stand for them",
    "replay_attributes_carried": "real dark matches of which an order names an attribute that the other one carries",
    "replay_attributes_lacking": "and of which it carries none; from 20 matches on, and with none of one of these two "
    "kinds, orders meet as the others show",
    **{
        f"replay_displaced_{name}": f"shares of real lit fills that orders not asked no longer have under {name}"
        for name in REPLAYED
    },
    "replay_orders_audited": "orders added up, once in every run of the replay: none uses more shares than it has",
    "replay_left_open": "shares of real fills that orders do not have under R; their counterparties, now without one, "
    "keep theirs",
    "replay_orders_left_out": "dark orders that are left out of the book of R and D (--without_participants)",
    "replay_orders_above_optimistic": "orders that fill more under R than under its upper bound: they compete there",
    "replay_orders_below_conservative": "orders that fill less under R than under its lower bound, for the same reason",
    "replay_minimums_imputed": "orders that show no minimum and take that of their kind (--impute_minimums)",
    "replay_minimums_restated": "orders that show their last minimum and take an earlier one before it",
    **{f"session_from_{source}": f"1: continuous trading is known from {text}" for source, text in _SOURCES.items()},
}


@dataclass(slots=True)
class QualityCounts:
    """The counts of the jobs of a run: those of jobs as lines, since they are many times as many as jobs.

    missing : security and date of those that the run lacks: the table begins with them
    names : of securities; where there are any they stand after the codes
    """

    missing: Sequence[tuple[str, str]]
    names: Mapping[str, str] = field(default_factory=dict)
    total: Counter[str] = field(default_factory=Counter)
    jobs: list[bytes] = field(default_factory=list)

    def add(self, security: str, date: str, counts: Mapping[str, int]) -> None:
        """Add what a job counted."""
        self.total.update(counts)
        self.jobs.append(self._lines(security, date, {kind: count for kind, count in counts.items() if count}))

    def _lines(self, security: str, date: str, counts: Mapping[str, int]) -> bytes:
        named = [self.names.get(security, "")] if self.names else []
        return csv_lines([[security, *named, date, kind, count] for kind, count in sorted(counts.items())])

    def by_day(self) -> dict[str, list[bytes]]:
        """Return the parts of the file by its name."""
        code, *others = QUALITY_COLUMNS
        head = csv_bytes([code, *["security_name"] * bool(self.names), *others], [])
        first = [self._lines("all", "all", {JOBS_MISSING: len(self.missing)})] * bool(self.missing)
        first += [self._lines(security, date, {JOBS_MISSING: 1}) for security, date in self.missing]
        return {"data_quality.csv": [head, *first, self._lines("all", "all", self.total), *self.jobs]}
