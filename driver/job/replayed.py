"""The replay of a job's day: fills and matches by scenario, and the counts of it that add up over jobs.

`job` calls it before it measures. Nothing of the replay is imported where no scenario needs it: it compiles for long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from driver.job.measured import measured
from driver.job.order_ids import OrderIds
from driver.plan.jobs import Job
from driver.sums.conditions import Market
from driver.sums.job_sums import JobSums
from driver.sums.orders.contra import contra_sums
from driver.sums.orders.fill_times import NOBODY, Rests
from driver.tables.csv_text import csv_bytes
from kernels.base.memory import Buffers
from kernels.conventions import BOUNDS, NULL, REPLAYED, TYPE_DARK
from kernels.market.ticks import ticks_by_price
from kernels.measure.choices import ReplayChoices
from kernels.measure.rules import Day
from kernels.measure.simulated import SimulatedFills
from tickstore.durable.files import atomic_write

PLACEBO: Final = "P"
CENTRAL: Final = "R"
# What a time limit adds up, of the sums that every table is made of.
LIMIT_SUMS: Final = (
    "orders", "order_quantity", "priced_orders", "base", "outside_quantity", "outside_filled",
)  # fmt: skip
LIMIT_SCENARIO_SUMS: Final = ("filled_quantity", "unknown_orders")


@dataclass(frozen=True, slots=True)
class Played:
    """What the replay of a job's day says; empty where no scenario is replayed."""

    fills: Mapping[str, SimulatedFills] = field(default_factory=dict)
    matches: Mapping[str, Any] = field(default_factory=dict)  # of ``kernels.replay.matches``
    counts: dict[str, int] = field(default_factory=dict)  # kinds of data_quality.csv
    fidelity: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, list[int]] = field(default_factory=dict)  # why, then orders and the shares they ask for
    lifeless: int = 0  # subjects that fill nothing, for another reason than their limit, and rest for no time
    asked: int = 0  # subjects
    contra: dict[str, list[int]] = field(default_factory=dict)  # of `driver.sums.orders.contra`, by why
    limits: Mapping[float, SimulatedFills] = field(default_factory=dict)  # R by seconds in the dark
    crossed: Any = None  # ``kernels.replay.results.Crossed``: subjects outside R's bounds
    rests: Rests = NOBODY

    def facts(self) -> dict[str, Any]:
        """Return what the partial keeps."""
        names = "fidelity", "unfilled", "lifeless", "asked", "contra"
        return {name: getattr(self, name) for name in names}


def play(day: Day, job: Job, buffers: Buffers) -> Played:
    """Replay the dark book of a job's day, if any of its scenarios is replayed."""
    settings = job.settings
    if not set(settings.simulation.scenarios) & set(REPLAYED):
        return Played()
    if lacks_data(day):
        return unknown(settings.simulation.scenarios, settings.replay.dark_seconds)
    minimums, counts = _minimums(day, job)
    played = _replay(day, job, settings.replay, settings.simulation.scenarios, minimums)
    asked = tuple(name for name in REPLAYED if name in played.fills)
    in_bounds, crossed = played.in_bounds()
    fills = {name: in_bounds[name] for name in asked}
    matches = {name: played.matches[name] for name in asked}
    placebo = played
    if settings.replay.without:  # the placebo has everybody's orders
        placebo = _replay(day, job, replace(settings.replay, without=()), (PLACEBO,), minimums)
        own = np.isin(day.orders["participant"], np.array(settings.replay.without, np.int64))
        dark = np.asarray(day.orders["order_type"]) & TYPE_DARK != 0
        counts["replay_orders_left_out"] = int(np.count_nonzero(own & dark))
        if PLACEBO in asked:
            fills[PLACEBO], matches[PLACEBO] = placebo.fills[PLACEBO], placebo.matches[PLACEBO]
    told = ("phantoms", "attributes_carried", "attributes_lacking")
    counts |= {f"replay_{name}": played.counts[PLACEBO][name] for name in told}
    displaced = {name: played.counts.get(name, {}).get("displaced") for name in asked}
    counts |= {f"replay_displaced_{name}": count for name, count in displaced.items() if count is not None}
    counts |= {"replay_orders_audited": sum(each.get("audited", 0) for each in played.counts.values())}
    counts |= {"replay_left_open": played.counts.get(CENTRAL, {}).get("left_open", 0)}
    return Played(
        fills=fills,
        matches=matches,
        counts=counts | _outside_bounds(crossed),
        fidelity=_fidelity(day, job, placebo, buffers),
        limits=played.time_limits,
        crossed=crossed,
        rests=_rests(day, played),
        **(_why(day, played) if CENTRAL in asked else {}),
    )


def lacks_data(day: Day) -> bool:
    """Return whether the trades or the quotes of a day are not given: nothing can then be replayed (decisions 50)."""
    no_trades = len(day.fills["quantity"]) == 0 and bool(np.any(np.asarray(day.orders["matched_quantity"])))
    return no_trades or len(day.quotes["timestamp"]) == 0


def unknown(scenarios: tuple[str, ...], dark_seconds: tuple[float, ...]) -> Played:
    """Return what is said of a day that cannot be replayed: which scenarios were asked for, all without fills."""
    bounds = BOUNDS if CENTRAL in scenarios else ()
    none = np.zeros(0, np.int32)
    empty = SimulatedFills(none, none, *(none.astype(kind) for kind in ("i8", "i8", "i8", "i1", "i2", "i1")))
    return Played(
        fills={name: empty for name in REPLAYED if name in (*scenarios, *bounds)},
        limits=dict.fromkeys(dark_seconds if CENTRAL in scenarios else (), empty),
    )


def _replay(day: Day, job: Job, choices: ReplayChoices, scenarios: tuple[str, ...], minimums: Any) -> Any:
    from kernels.replay.replay import replay

    simulation = replace(job.settings.simulation, scenarios=scenarios)
    return replay(day, replace(job.settings, simulation=simulation, replay=choices), job.session, minimums)


def _rests(day: Day, played: Any) -> Rests:
    """Return until when the orders that are asked about rest in the dark."""
    until = np.full(len(day.orders["order_id"]), NULL, np.int64)
    until[played.subjects.rows] = played.subjects.until
    return Rests(until, played.bounces)


def _minimums(day: Day, job: Job) -> tuple[Any, dict[str, int]]:
    """Return the minimums to take instead of the file's, if any, and how many orders they are of."""
    if not job.settings.replay.impute_minimums:
        return None, {}
    from kernels.replay.imputed_minimums import imputed_minimums

    found = imputed_minimums(day)
    counts = {"replay_minimums_imputed": found.orders, "replay_minimums_restated": found.amended}
    return (found.minimum, found.single_fill), counts


def _fidelity(day: Day, job: Job, placebo: Any, buffers: Buffers) -> dict[str, int]:
    """Return what a placebo gives back of the real dark book, by which rule and cause it does not, and at what cost.

    The sums of the bias begin with ``bias.``.
    """
    from kernels.replay.fidelity import compare, fidelity_row
    from kernels.replay.fidelity.bias import dark_bias
    from kernels.replay.fidelity.explanations import explanation_row

    ticks, price2, matches = ticks_by_price(job.settings.simulation.ticks), placebo.price2, placebo.matches[PLACEBO]
    found = compare(day, price2, matches, ticks)
    bias = dark_bias(day, job.settings, job.session, price2, matches, buffers)
    told = {f"bias.{name}": value for name, value in bias.items()}
    return fidelity_row(found.counts) | explanation_row(day, found, matches) | told


def _why(day: Day, played: Any) -> dict[str, Any]:
    """Return why subjects fill nothing under R, how many of them rest for no time, and how many there are."""
    from kernels.replay.reasons import REASONS

    subjects, reason = played.subjects, played.unfilled_reason
    asked = np.asarray(day.orders["parent_quantity"])[subjects.rows]
    unfilled = {
        name: [int(np.count_nonzero(reason == code)), int(asked[reason == code].sum())]
        for code, name in enumerate(REASONS)
        if code and np.any(reason == code)
    }
    by_limit = reason == REASONS.index("limit_away")  # wherever their life ended
    lifeless = (reason != 0) & ~by_limit & (subjects.until <= subjects.entry)
    return {
        "unfilled": unfilled,
        "lifeless": int(np.count_nonzero(lifeless)),
        "asked": len(subjects.rows),
        "contra": contra_sums(day, subjects, reason, REASONS),
    }


def _outside_bounds(crossed: Any) -> dict[str, int]:
    """Return how many subjects fill more under R than at the front of the queue, or less than what nobody wanted.

    Alone hardly any would: where subjects compete, one may take what another would have had.
    """
    if crossed is None:
        return {}
    return {
        "replay_orders_above_optimistic": int(np.count_nonzero(crossed.central > crossed.optimistic)),
        "replay_orders_below_conservative": int(np.count_nonzero(crossed.central < crossed.conservative)),
    }


def write_outside_bounds(folder: Path, ids: OrderIds, order_id: Any, crossed: Any) -> None:
    """List the subjects that are outside their bounds in a file of the job's folder; remove it if there are none."""
    path = folder / "outside_bounds.csv"
    if crossed is None or not len(crossed.rows):
        path.unlink(missing_ok=True)
        return
    names = ids.shown(np.asarray(order_id)[crossed.rows]).to_pylist()
    columns = ("order_id", *(f"{name}_filled_quantity" for name in (CENTRAL, *BOUNDS)))
    rows = zip(names, *(shares.tolist() for shares in crossed[1:]), strict=True)
    atomic_write(path, csv_bytes(columns, rows))


def limit_sums(day: Day, job: Job, played: Played, market: Market, buffers: tuple[Buffers, Buffers]) -> Any:
    """Return the sums of each time limit by its seconds as text: R's orders measured with that much time in the dark.

    buffers : for blocks, and for sums
    """
    settings = replace(job.settings, simulation=replace(job.settings.simulation, scenarios=(CENTRAL,)))
    found = {}
    for seconds, fills in sorted(played.limits.items()):
        sums = JobSums(market, settings.timezone, buffers[1])
        for block in measured(day, settings, job.session, buffers[0], {CENTRAL: fills}):
            sums.add(block)
        total = sums.marginals().total
        kept = {name: total(name) for name in LIMIT_SUMS}
        kept |= {name: total(f"{CENTRAL}.{name}") for name in LIMIT_SCENARIO_SUMS}
        for charge in ("", "_touch"):
            kept[f"saving{charge}"] = total(f"real.cost{charge}") - total(f"{CENTRAL}.cost{charge}")
        found[repr(seconds).removesuffix(".0")] = kept
    return found
