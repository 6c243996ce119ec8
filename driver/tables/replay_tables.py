"""The tables on the replayed dark book: how faithful it is, what its bounds say, what a time limit would have done.

`aggregate` adds the partials of all jobs, in the order of the plan, and writes what there is: without a replayed
scenario none of these tables, without R neither bounds nor time limits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from driver.sums.partial import Partial
from driver.tables.column_guide import header
from driver.tables.csv_text import Value, csv_bytes, table_csv
from driver.tables.replay_guide import BIAS, BOUNDS, FIDELITY, FIDELITY_CAUSES, TIME_LIMITS
from driver.tables.replay_words import ALL, CENTRAL, CHARGED, NOT_IDENTIFIED, NOT_TRUSTED, RUNS, YES
from driver.tables.table_style import cost_bps, ratio
from kernels.replay.fidelity import Fidelity, trusted
from kernels.replay.fidelity.bias import COUNTS, ERRORS
from kernels.replay.fidelity.explanations import CAUSES, MEASURES, OF_RULES, RULES

AFTER_THE_FACT: Final = "chosen_after_the_fact"
BY_LIMIT: Final = "limit_away"  # why subjects of R fill nothing, of ``kernels.replay.reasons``
Key = tuple[str, str]  # security and date, or ALL


@dataclass(slots=True)
class ReplaySums:
    """What the jobs of a run say of the replay."""

    fidelity: dict[Key, Counter[str]] = field(default_factory=dict)  # of each job, then of all
    unfilled: dict[str, list[int]] = field(default_factory=dict)  # of all, by why: orders, and shares they ask for
    excluded: dict[Key, Counter[str]] = field(default_factory=dict)  # of all, by security and date
    limits: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)  # by security, and of all, and by seconds

    def add(self, partial: Partial) -> None:
        """Add what a job says."""
        if partial.fidelity:
            self.fidelity[partial.security, partial.date] = Counter(partial.fidelity)
        security, date = partial.security, partial.date
        for reason, counts in partial.unfilled.items():
            before = self.unfilled.get(reason, [0, 0])
            self.unfilled[reason] = [one + more for one, more in zip(before, counts, strict=True)]
        limit = partial.unfilled.get(BY_LIMIT, [0])[0]
        for key in ((ALL, ALL), (security, ALL), (ALL, date)):
            found = {"asked_orders": partial.asked, "excluded_by_limit": limit, "excluded_by_life": partial.lifeless}
            self.excluded.setdefault(key, Counter()).update(found)
        for name in (ALL, security) if partial.time_limits else ():
            of_security = self.limits.setdefault(name, {})
            for seconds, sums in partial.time_limits.items():
                of_security.setdefault(seconds, Counter()).update(sums)

    def tables(self, rows: Mapping[Key, Sequence[Mapping[str, Value]]]) -> dict[str, bytes]:
        """Return the files there are, by name; rows : measures of every scenario, of all and by security and date."""
        found = {}
        if self.fidelity:
            found["fidelity.csv"] = fidelity_csv(self.fidelity)
            found["fidelity_causes.csv"] = causes_csv(self.fidelity)
            found["fidelity_bias.csv"] = bias_csv(self.fidelity)
        if any(row["scenario"] == CENTRAL for row in rows[ALL, ALL]):
            faithful = self._faithful()
            bounds = [
                bounds_row(key, measured, self.excluded[key], trust(faithful.get(key, {})))
                for key, measured in rows.items()
                if key in self.excluded
            ]
            found["bounds.csv"] = table_csv(header(BOUNDS), bounds)
        if self.limits:
            found["by_time_limit.csv"] = limits_csv(self.limits)
        return found

    def _faithful(self) -> dict[Key, Counter[str]]:
        """Return the counts of fidelity of all jobs, by security and by date."""
        found: dict[Key, Counter[str]] = {}
        for (security, date), counts in self.fidelity.items():
            for key in ((ALL, ALL), (security, ALL), (ALL, date)):
                found.setdefault(key, Counter()).update(counts)
        return found

    def unexecuted(self) -> list[dict[str, Value]]:
        """Return rows of unexecuted.csv: subjects that fill nothing under R, by why."""
        return [
            {
                "breakdown": f"{CENTRAL}_reason", "value": reason, "scenario": CENTRAL, "orders": orders,
                "fully_filled": 0, "partially_filled": 0, "not_executed": orders, "order_quantity": shares,
                "filled_quantity": 0, "fill_ratio": ratio(0, shares),
            }
            for reason, (orders, shares) in sorted(self.unfilled.items())
        ]  # fmt: skip


def fidelity_csv(jobs: Mapping[Key, Mapping[str, int]]) -> bytes:
    """Return how faithful the placebo is by job, then of all: counts that add, and shares of them."""
    total = Counter[str]()
    for counts in jobs.values():
        total.update(counts)
    names = Fidelity._fields
    rows = [
        [*key, *(counts[name] for name in names), *fidelity_rates(counts)]
        for key, counts in {**jobs, (ALL, ALL): total}.items()
    ]
    return csv_bytes(header(FIDELITY), rows)


def causes_csv(jobs: Mapping[Key, Mapping[str, int]]) -> bytes:
    """Return what the placebo misses and invents by rule and by cause: of each job what there is, then all of it."""
    total = Counter[str]()
    for counts in jobs.values():
        total.update(counts)
    rows: list[list[Value]] = []
    for key, counts in {**jobs, (ALL, ALL): total}.items():
        for by, names in (("rule", RULES), ("cause", CAUSES)):
            for name in names:
                found = [counts.get(f"{by}.{name}.{measure}") for measure in (*MEASURES, *OF_RULES)]
                if any(found) or key == (ALL, ALL):
                    rows.append([*key, by, name, *found])
    return csv_bytes(header(FIDELITY_CAUSES), rows)


def bias_csv(jobs: Mapping[Key, Mapping[str, int]]) -> bytes:
    """Return what the placebo's errors cost the real dark orders, by job, then of all; costs are positive."""
    total = Counter[str]()
    for counts in jobs.values():
        total.update(counts)
    rows: list[list[Value]] = []
    for key, counts in {**jobs, (ALL, ALL): total}.items():
        shares = (counts.get(f"bias.{name}", 0) for name in COUNTS)
        base = counts.get("bias.notional2", 0)
        errors = (ratio(10_000 * counts.get(f"bias.{name}", 0), base) for name in ERRORS)
        rows.append([*key, *shares, base // 2, *errors])
    return csv_bytes(header(BIAS), rows)


def fidelity_rates(counts: Mapping[str, int]) -> tuple[Value, ...]:
    """Return first counterparties named of all events, exact matches of all, shares missed and invented of the real."""
    real = counts["real_shares"]
    return (
        ratio(counts["named_events"], counts["events"]),
        ratio(counts["exact_matches"], counts["real_matches"]),
        ratio(counts["missed_shares"], real),
        ratio(counts["invented_shares"], real),
        trust(counts),
    )


def trust(counts: Mapping[str, int]) -> Value:
    """Return whether a replay may be believed; nothing where no order really came in and traded in the dark."""
    if not counts.get("events"):
        return None
    return YES if trusted(counts) else NOT_TRUSTED


def bounds_row(
    key: Key, measured: Sequence[Mapping[str, Value]], excluded: Mapping[str, int], trusted: Value = YES
) -> dict[str, Value]:
    """Return what the three runs of R say of the orders of a key; measured : a row of measures for each scenario.

    trusted : whether the replay of that key may be believed; of one that may not no sign is identified
    """
    by_name = {str(row["scenario"]): row for row in measured}
    real, runs = by_name["real"], [by_name[name] for name in RUNS]
    row: dict[str, Value] = dict(zip(("security_code", "date"), key, strict=True))
    row |= {name: real[name] for name in ("orders", "priced_orders", "order_quantity")}
    for run in (real, *runs):  # fills of orders that never lived in the session are not the replay's
        row[f"{run['scenario']}_fill_ratio"] = run["fill_ratio_in_session"]
        row[f"{run['scenario']}_fill_ratio_diluted"] = run["fill_ratio"]
    row |= {name: excluded[name] for name in ("asked_orders", "excluded_by_limit", "excluded_by_life")}
    signs = set()
    for charge in CHARGED:
        row |= {f"{run['scenario']}_{charge}": run[charge] for run in runs}
        savings = [float(run[charge]) for run in runs if run[charge] is not None]  # type: ignore[arg-type]
        whole = len(savings) == len(runs)
        row |= {f"low_{charge}": min(savings) if whole else None, f"high_{charge}": max(savings) if whole else None}
        signs |= {(saving > 0) - (saving < 0) for saving in savings} if whole else {0}
    row["identified"] = YES if len(signs) == 1 and 0 not in signs else NOT_IDENTIFIED
    row["trusted"] = trusted
    if trusted == NOT_TRUSTED:
        row["identified"] = NOT_TRUSTED
    return row


def limits_csv(securities: Mapping[str, Mapping[str, Mapping[str, int]]]) -> bytes:
    """Return the curve of time limits, of all orders and by security; the best limit of each is marked."""
    rows: list[Mapping[str, Value]] = []
    for security, by_seconds in securities.items():
        found = [
            limit_row(seconds, sums) for seconds, sums in sorted(by_seconds.items(), key=lambda one: float(one[0]))
        ]
        savings = [row["saving_bps"] for row in found if row["saving_bps"] is not None]
        best = max(savings, key=float) if savings else None
        first = next((row for row in found if best is not None and row["saving_bps"] == best), None)
        for row in found:
            row |= {"security_code": security, "best": AFTER_THE_FACT if row is first else None}
            rows.append(row)
    return table_csv(header(TIME_LIMITS), rows)


def limit_row(seconds: str, sums: Mapping[str, int]) -> dict[str, Value]:
    """Return what R does with at most so many seconds in the dark, the rest as it really was."""
    row: dict[str, Value] = {"dark_seconds": float(seconds)}
    row |= {name: sums[name] for name in ("orders", "order_quantity", "priced_orders")}
    row["filled_quantity"] = sums["filled_quantity"]
    filled, asked = sums["filled_quantity"], sums["order_quantity"]
    row["fill_ratio"] = ratio(filled - sums["outside_filled"], asked - sums["outside_quantity"])
    row["fill_ratio_diluted"] = ratio(filled, asked)
    row["saving_bps"] = cost_bps(sums["saving"], sums["base"])
    row["saving_touch_bps"] = cost_bps(sums["saving_touch"], sums["base"])
    if sums["unknown_orders"]:
        row |= dict.fromkeys(("filled_quantity", "fill_ratio", "fill_ratio_diluted", "saving_bps", "saving_touch_bps"))
    return row
