"""saving_split.csv and sensitivity.csv: what a saving is made of, and how far it depends on how it is asked for.

`aggregate` adds the splits of jobs (`driver.sums.orders.saving_split`), and hands over the measures of all tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driver.plan.jobs import Settings
from driver.sums.merging import add_lists
from driver.sums.orders.saving_split import PARTS, SPLIT_SUMS, UNKNOWN
from driver.sums.orders.variants import KINDS, MID, POPULATION, VariantSums, label_of, other_mids, other_populations
from driver.sums.partial import Partial
from driver.tables.column_guide import BPS, Column, header, plain
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.replay_words import ALL
from driver.tables.row_measures import COST_UNITS
from driver.tables.table_style import TableStyle, cost_bps, ratio
from kernels.conventions import SCENARIOS
from kernels.measure.order_columns import BENEFIT

Measures = Mapping[str, Value]
SPLIT: Final = (
    plain("security_code", "", "security, or all"),
    plain("scenario", "", "the scenario the row is about"),
    plain("part", "word", "fills: it fills any of the order; refuses: none, and reality did; neither"),
    plain("orders", "count", "selected order-days"),
    plain("priced_orders", "count", "those with costs"),
    plain("benchmark_notional", "half price units x shares", "asked x M0 of priced orders"),
    Column("saving_part_bps", BPS, BENEFIT, "part of the headline saving: over all parts they add up to saving_bps"),
    Column("saving_bps", BPS, BENEFIT, "saving over the value of the part's own orders"),
    Column("saving_value", "currency", BENEFIT, "saving in currency"),
)
SENSITIVITY: Final = (
    plain("scenario", "", "the scenario the row is about"),
    plain("about", "word", "changed: headline, charge, weighting, orders, participant, eligible, mid, population"),
    plain("variant", "", "to what"),
    Column("saving_bps", BPS, BENEFIT, "the saving then; empty where it takes another run, or nothing has a price"),
    plain("left_out", "share", "share of the headline's value at M0 that is left out"),
    plain("command", "", "flag of the run that answers, where this one did not ask or its sums cannot"),
)
GUIDES: Final = {"saving_split": SPLIT, "sensitivity": SENSITIVITY}
VARIANTS: Final = (  # about, variant, column of the tables
    ("headline", "by value, unfilled at the mid of the end", "saving_bps"),
    ("charge", "unfilled at the touch of the end", "saving_touch_bps"),
    ("charge", "unfilled charged nothing", "saving_zero_bps"),
    ("charge", "unfilled at the mid some time after the end (cleanup_s)", "saving_cleanup_bps"),
    ("charge", "with fees", "net_saving_bps"),
    ("weighting", "per order", "saving_mean_bps"),
    ("orders", "with those that never lived in continuous trading", "saving_diluted_bps"),
    ("orders", "engaged ones alone, descriptive", "saving_engaged_bps"),
)


@dataclass(slots=True)
class SplitSums:
    """The splits of the jobs of a run, of all and by security."""

    found: dict[str, dict[str, dict[str, list[int]]]] = field(default_factory=dict)

    def add(self, partial: Partial) -> None:
        """Add what a job says."""
        for security in (ALL, partial.security) if partial.split else ():
            scenarios = self.found.setdefault(security, {})
            for scenario, parts in partial.split.items():
                add_lists(scenarios.setdefault(scenario, {}), parts)

    def tables(self, style: TableStyle) -> dict[str, bytes]:
        """Return the file, by name; none without a scenario."""
        if not self.found:
            return {}
        rows = [
            [security, scenario, *row]
            for security, scenarios in self.found.items()
            for scenario, parts in scenarios.items()
            for row in split_rows(parts, style)
        ]
        return {"saving_split.csv": csv_bytes(header(SPLIT), rows)}


def split_rows(parts: Mapping[str, Sequence[int]], style: TableStyle) -> list[list[Value]]:
    """Return the parts of a scenario's saving; of one that is not known of every order only the orders."""
    rows: list[list[Value]] = []
    unknown = parts[UNKNOWN][0] > 0
    whole = sum(parts[part][SPLIT_SUMS.index("base")] for part in PARTS)
    for part in PARTS:
        orders, priced, base, saved = parts[part]
        value = ratio(saved, COST_UNITS * style.unit) if priced else None
        told = [orders, priced, base, cost_bps(saved, whole), cost_bps(saved, base), value]
        rows.append([part, *([None] * len(told) if unknown else told)])
    return rows


@dataclass(frozen=True, slots=True)
class Variants:
    """What the orders of a run save by other mids and populations, where it asks for them: ``found`` adds up jobs."""

    settings: Settings
    found: VariantSums = field(default_factory=dict)

    def add(self, partial: Partial) -> None:
        """Add what a job says; one that kept more than the run asks for says it for nothing."""
        for label, scenarios in partial.sensitivity.items() if self.settings.sensitivity else ():
            add_lists(self.found.setdefault(label, {}), scenarios)

    def rows(self, headlines: Sequence[Measures]) -> list[list[Value]]:
        """Return the rows of sensitivity.csv; headlines : measures of all orders under each scenario but real."""
        asked, choices = self.settings.sensitivity, self.settings
        own = {MID: choices.simulation.mid, POPULATION: choices.selection.population}
        others = {MID: other_mids(own[MID]), POPULATION: other_populations(own[POPULATION])}
        if not set(choices.simulation.scenarios) & set(SCENARIOS):  # those alone are told of orders not replayed
            others[POPULATION] = ()
        rows: list[list[Value]] = []
        for about, kinds in KINDS.items():
            for kind, name in enumerate(kinds):
                label = label_of(about, kind)
                if asked and kind == own[about]:
                    rows += [[row["scenario"], about, name, row["saving_bps"], None, None] for row in headlines]
                elif asked and kind in others[about]:
                    rows += [[row["scenario"], about, name, *self._row(label, row)] for row in headlines]
                else:
                    answers = kind == own[about] or kind in others[about]
                    rows.append([ALL, about, name, None, None, "--sensitivity" if answers else f"--{label}"])
        return rows

    def _row(self, label: str, headline: Measures) -> list[Value]:
        """Return what a scenario saves by a variant, the value left out, and the flag of the run that tells it else."""
        sums = self.found.get(label, {}).get(str(headline["scenario"]))
        if sums is None:  # replayed: the orders of another population are not in the book
            return [None, None, f"--{label}"]
        base, real_cost, cost, unknown = sums
        whole = _base(headline)
        left_out = ratio(whole - base, whole) if base < whole else None
        return [None if unknown else cost_bps(real_cost - cost, base), left_out, None]


def sensitivity_csv(
    summary: Sequence[Measures],
    participants: Mapping[str, Sequence[Measures]],
    eligible: Mapping[str, Sequence[Measures]],
    variants: Variants,
) -> bytes:
    """Return how each scenario's saving changes with what is charged, weighted, counted and left out.

    summary : measures of all orders, by scenario; participants : the same of each participant's, by name
    eligible : the same of other sets of orders that could have been asked, by what they are
    """
    largest = max(participants, key=lambda name: _base(participants[name][0]), default="")
    rows: list[list[Value]] = []
    for s, row in enumerate(summary[1:], 1):
        scenario = row["scenario"]
        rows += [[scenario, about, variant, row[column], None, None] for about, variant, column in VARIANTS
                 if row.get(column) is not None]  # fmt: skip
        if len(participants) > 1 and row["saving_bps"] is not None:
            without = participants[largest]
            left = _base(row) - _base(without[s])
            saved = _saved(summary, s) - _saved(without, s)
            share = ratio(_base(without[s]), _base(row))
            rows.append([scenario, "participant", f"without {largest}", cost_bps(saved, left), share, None])
        rows += [
            [scenario, "eligible", variant, cost_bps(_saved(of, s), _base(of[0])), 1 - held, None]
            for variant, of in eligible.items()
            if of[s]["saving_bps"] is not None and (held := ratio(_base(of[0]), _base(row)) or 1.0) < 1
        ]
    return csv_bytes(header(SENSITIVITY), rows + variants.rows(summary[1:]))


def _base(row: Measures) -> int:
    return int(row["benchmark_notional"] or 0)


def _saved(rows: Sequence[Measures], s: int) -> int:
    """Return what a scenario saves of the real cost, as tables add it up."""
    return int(rows[0]["shortfall_cost"] or 0) - int(rows[s]["shortfall_cost"] or 0)
