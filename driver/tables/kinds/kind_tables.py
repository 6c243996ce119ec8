"""by_order_type.csv, by_mid_tick.csv, by_size_quartile.csv; and what of them contrasts and the sensitivity need.

`aggregate` adds the jobs' sums (`driver.sums.orders.kinds`), all of them integers.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

import numpy as np

from driver.sums.merging import KeyedSums
from driver.sums.orders.kinds import KINDS, LABELS, OF_ORDERS, Found, by_kind, exact, label_of, sum_names
from driver.sums.partial import Partial
from driver.tables.column_guide import BPS, Column, header, plain
from driver.tables.csv_text import Value, table_csv
from driver.tables.grouping import natural
from driver.tables.kinds.meanings import GROUP_WORDS, MEANINGS, SHOWN
from driver.tables.kinds.size_intervals import TESTS, intervals_by, with_tests
from driver.tables.row_measures import COST_UNITS
from driver.tables.table_style import TableStyle, cost_bps, few, ratio
from kernels.base.columns import F64, I64
from kernels.conventions import COST_SCALE, MEAN_SCALE, TYPE_DARK, TYPE_SWEEP
from kernels.measure.order_columns import BENEFIT, COST

Row = dict[str, Value]
OF_KIND: Final = (
    plain("meaning", "", "what the code says, in words"),
    plain("scenario", "", "real, or the scenario the row is about"),
    plain("orders", "count", "selected order-days"),
    plain("order_quantity", "shares", "asked for"),
    plain("priced_orders", "count", "those with costs"),
    plain("filled_orders", "count", "orders with any fill under the row's scenario"),
    plain("filled_quantity", "shares", "filled under the row's scenario, crossing bookings included"),
    plain("fill_ratio", "share", "filled over asked"),
    Column("shortfall_bps", BPS, COST, "cost over value at M0, unfilled charged at the mid of the end: the headline"),
    Column("saving_bps", BPS, BENEFIT, "real shortfall less the scenario's"),
    Column("shortfall_mean_bps", BPS, COST, "mean over orders, each counting the same"),
    Column("saving_mean_bps", BPS, BENEFIT, "the same of the saving"),
    Column("saving_value", "currency", BENEFIT, "saving in currency"),
    plain("benchmark_notional", "half price units x shares", "asked x M0 of priced orders, an exact integer"),
    Column("shortfall_cost", "1/65536 half price units x shares", COST, "cost as the exact integer"),
    plain("few_orders", "words", "all or costs, where figures are of fewer than 5 orders; else empty"),
)
KEYS: Final = {
    "order_type": plain("order_type", "bit mask", "exchange order type of the order's first row"),
    "mid_tick": plain("mid_tick", "code", "mid-tick flag of the order's first row"),
    "size_quartile": plain("size_quartile", "1 to 4", "quarter of its day's orders by quantity; equals stay together"),
}
QUARTILE: Final = "size_quartile"
GUIDES: Final = {f"by_{kind}": (key, *OF_KIND, *(TESTS if kind == QUARTILE else ())) for kind, key in KEYS.items()}
PRICED, BASE = OF_ORDERS.index("priced_orders"), OF_ORDERS.index("base")
CONTRASTED: Final = [KINDS.index(kind) for kind in ("size_bucket", QUARTILE)]
ELIGIBLE: Final[dict[str, tuple[str, Callable[[int], bool]]]] = {  # variant -> kind, and which labels are in it
    "orders that lived in the session with a mid": ("eligible", lambda code: code == 1),
    "sweeps alone": ("order_type", lambda code: code & TYPE_SWEEP != 0),
    "dark orders alone": ("order_type", lambda code: code & TYPE_DARK != 0),
    "without dark orders": ("order_type", lambda code: code & TYPE_DARK == 0),
}


@dataclass(slots=True)
class Clusters:
    """What the jobs' orders of one label weigh, by order and by value, and the means of their shortfalls: flat numbers.

    There are as many as jobs times sizes, so that objects of their own would take most of the memory of a large run.
    """

    jobs: "array[int]" = field(default_factory=lambda: array("q"))  # places among those of the run
    values: "array[float]" = field(default_factory=lambda: array("d"))  # two weights, two means of each scenario

    def arrays(self) -> tuple[I64, F64, F64]:
        """Return the jobs, (n,), their weights, (n, 2), and means, (n, 2, K): once all jobs are added."""
        jobs = np.asarray(self.jobs)
        values = np.asarray(self.values).reshape(len(jobs), -1)
        return jobs, values[:, :2], values[:, 2:].reshape(len(jobs), 2, -1)


@dataclass
class KindTables:
    """The sums of the jobs of a run by kind and label."""

    scenarios: tuple[str, ...] = ()
    sums: KeyedSums = field(default_factory=KeyedSums)  # by the keys of ``Kinds``
    clusters: dict[tuple[str, str], Clusters] = field(default_factory=dict)

    def add(self, partial: Partial, job: int) -> None:
        """Add what a job says; ``job`` is its place among those of the run."""
        self.scenarios = partial.cells.scenarios
        if not len(partial.kinds):
            return
        keys = partial.kinds.key.tolist()
        self.sums.add(keys, partial.kinds.sums)
        places = _places(self.scenarios)
        chosen = [place for place, key in enumerate(keys) if key // LABELS in CONTRASTED]
        for place, of_label in zip(chosen, partial.kinds.sums[:, chosen].T.tolist(), strict=True):
            if of_label[PRICED]:
                sums = exact(of_label)
                priced, base = sums[PRICED], sums[BASE]
                mine = self.clusters.setdefault(label_of(keys[place]), Clusters())
                mine.jobs.append(job)
                mine.values.extend((priced, base))
                mine.values.extend([sums[place] / (MEAN_SCALE * priced) for place in places[1]])
                mine.values.extend([10_000 * sums[place] / (COST_SCALE * base) for place in places[0]])

    @cached_property
    def found(self) -> Found:
        """Return the sums of all jobs by kind and label; asked once they are all added."""
        return by_kind(self.sums.items())

    def rows(self, kind: str, style: TableStyle) -> list[Row]:
        """Return the rows of a kind's table."""
        labels = sorted(self.found.get(kind, {}), key=natural)
        return [
            {kind: label, "meaning": MEANINGS[kind](int(label)), **row}
            for label in labels
            for row in self._measured(self.found[kind][label], style)
        ]

    def _measured(self, sums: Sequence[int], style: TableStyle) -> list[Row]:
        of = dict(zip(sum_names(self.scenarios), sums, strict=True))
        asked, priced, base, real = of["order_quantity"], of["priced_orders"], of["base"], self.scenarios[0]
        rows = []
        for name in self.scenarios:
            filled, cost, mean = (of[f"{name}.{what}"] for what in ("filled_quantity", "cost", "shortfall"))
            saved, saved_mean = of[f"{real}.cost"] - cost, of[f"{real}.shortfall"] - mean
            row: Row = {
                "filled_orders": of[f"{name}.filled_orders"],
                "filled_quantity": filled,
                "fill_ratio": ratio(filled, asked),
                "shortfall_bps": cost_bps(cost, base),
                "saving_bps": cost_bps(saved, base),
                "shortfall_mean_bps": ratio(mean, MEAN_SCALE * priced),
                "saving_mean_bps": ratio(saved_mean, MEAN_SCALE * priced),
                "saving_value": ratio(saved, COST_UNITS * style.unit) if priced else None,
                "shortfall_cost": cost,
            }
            if of[f"{name}.unknown_orders"]:
                row = dict.fromkeys(row)
            known: Row = {"scenario": name, "orders": of["orders"], "order_quantity": asked, "priced_orders": priced}
            marked = "all" if few(of["orders"]) else "costs" if few(priced) else ""
            rows.append(known | row | {"benchmark_notional": base, "few_orders": marked})
        return rows

    def tables(self, style: TableStyle, contrasts: Sequence[Row]) -> dict[str, bytes]:
        """Return the files, by name; none without orders. contrasts : the rows of contrasts.csv."""
        if not self.found:
            return {}
        rows = {kind: self.rows(kind, style) for kind in KEYS}
        shown = {label: SHOWN[QUARTILE](int(label)) for label in self.found[QUARTILE]}
        tests = with_tests(intervals_by(QUARTILE, contrasts), shown, self.scenarios[1:])
        rows[QUARTILE] = [row | tests.get((str(row[QUARTILE]), str(row["scenario"])), {}) for row in rows[QUARTILE]]
        return {f"by_{kind}.csv": table_csv(header(GUIDES[f"by_{kind}"]), of) for kind, of in rows.items()}

    def eligible_sets(
        self, style: TableStyle, groups: Sequence[Sequence[Mapping[str, Value]]]
    ) -> dict[str, Sequence[Mapping[str, Value]]]:
        """Return the measures of other sets of orders that could have been asked, by what they are.

        groups : the measures of orders really filled in full, in part and not at all: outcomes, which describe
        """
        sets: dict[str, Sequence[Mapping[str, Value]]] = {}
        for variant, (kind, chosen) in ELIGIBLE.items():
            sums = [one for label, one in self.found.get(kind, {}).items() if chosen(int(label))]
            if sums:
                sets[variant] = self._measured([sum(values) for values in zip(*sums, strict=True)], style)
        return sets | {f"{words} alone, descriptive": of for words, of in zip(GROUP_WORDS, groups, strict=True)}


@cache
def _places(scenarios: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return where the cost of each scenario is among the sums, and where the sum of its shortfalls in bps is."""
    names = sum_names(scenarios)
    return tuple(tuple(names.index(f"{name}.{what}") for name in scenarios) for what in ("cost", "shortfall"))
