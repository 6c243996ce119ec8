"""How much of a real day the replay gives back: by rule, each taken away alone, and by cause, each repair taken away.

    python -m perf.fidelity [--folder ../shared/data/drr_2024-09-05] [--events]

The folder holds orders.csv, trades.csv and nbbo.csv of one day, and beside them ``inferred``: what the circulated files
lost (the minimums in force at each row, quotes mended). Without it only the first rows of the first table can be made.
Figures are of the placebo: first counterparties named, real dark shares missed and invented, in per cent, counted by
pair and price within a millisecond; matches exact to the nanosecond stand beside, and what the errors cost the day's
dark orders, in basis points of what they really traded: in all, for how often they fill, for the price they fill at.
The last table lists every difference that is left with both repairs, and why; with ``--events`` also every first
counterparty that the file as it is misses.
"""

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from driver.config.loading import load_config
from driver.plan.sessions import plan_sessions
from kernels.base.columns import I64
from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, ReplayChoices, Selection, Simulation
from kernels.measure.rules import prepare
from kernels.replay.fidelity import Comparison, compare, trusted
from kernels.replay.fidelity.bias import ERRORS, bias_bps, dark_bias
from kernels.replay.fidelity.queue_test import queue_test
from kernels.replay.imputed_minimums import imputed_minimums
from kernels.replay.matches import Matches
from kernels.replay.replay import replay
from kernels.replay.rulebook import SWITCHES
from perf.fidelity.left import differences, no_worse
from tests.inferred_day import MINIMUMS, QUOTES, REPAIRS, convert_real_day, open_converted
from tickstore import read_catalog

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "drr_2024-09-05"
PLACEBO: Final = Choices(Selection(participants=(-1,)), Simulation(scenarios=("P",)))  # nobody is asked about
NO_CHOICES: Final = PLACEBO.replay
HEADER: Final = "named | missed % | invented % | exact | trusted | error bps | how often | price |\n" + "|---" * 9 + "|"
READINGS: Final = {
    "preferencing for everyone": ReplayChoices(preferencing="all"),
    "no preferencing (R14)": ReplayChoices(preferencing="none"),
}


class Days:
    """A folder's day with any of its repairs, converted once each."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.opened: dict[frozenset[str], Any] = {}
        self.replayed: dict[tuple[frozenset[str], ReplayChoices], Matches] = {}
        self.day(())
        partitions = read_catalog(scratch / "0" / "store").partitions
        (self.session,) = plan_sessions(load_config({}).config, partitions).values()

    def day(self, repairs: Collection[str]) -> Any:
        """Return the day with these repairs."""
        key = frozenset(repairs)
        if key not in self.opened:
            store = self.scratch / str(len(self.opened))
            convert_real_day(self.folder, store, repairs)
            self.opened[key] = open_converted(store)
        return self.opened[key]

    def price2(self, repairs: Collection[str]) -> I64:
        """Return the exact prices of the day's fills."""
        return prepare(self.day(repairs), PLACEBO, self.session, Buffers()).sums.price2

    def matches(self, repairs: Collection[str], choices: ReplayChoices = NO_CHOICES) -> Matches:
        """Return the placebo of the day with these repairs."""
        key = frozenset(repairs), choices
        if key not in self.replayed:
            day, minimums = self.day(repairs), None
            if choices.impute_minimums:
                imputed = imputed_minimums(day)
                minimums = imputed.minimum, imputed.single_fill
            told = replace(PLACEBO, replay=choices)
            self.replayed[key] = replay(day, told, self.session, minimums).matches["P"]
        return self.replayed[key]

    def placebo(self, repairs: Collection[str], choices: ReplayChoices = NO_CHOICES) -> Comparison:
        """Return the placebo of the day with these repairs against history."""
        return compare(self.day(repairs), self.price2(repairs), self.matches(repairs, choices))

    def bias(self, repairs: Collection[str], choices: ReplayChoices = NO_CHOICES) -> dict[str, float]:
        """Return what the errors of that placebo cost the day's dark orders, in basis points of what they traded."""
        day, price2 = self.day(repairs), self.price2(repairs).copy()
        return bias_bps(dark_bias(day, PLACEBO, self.session, price2, self.matches(repairs, choices)))

    def cells(self, repairs: Collection[str], choices: ReplayChoices = NO_CHOICES) -> str:
        """Return the cells of one row: fidelity, and the bias split."""
        c = self.placebo(repairs, choices).counts
        missed, invented = (100 * shares / max(c.real_shares, 1) for shares in (c.missed_shares, c.invented_shares))
        judged, bias = "yes" if trusted(c._asdict()) else "no", self.bias(repairs, choices)
        errors = " | ".join(f"{bias[name]:.2f}" for name in ERRORS)
        return (
            f"{c.named_events} of {c.events} | {missed:.2f} | {invented:.2f} | {c.exact_matches} | {judged} | {errors}"
        )


Asked = tuple[str, Collection[str], ReplayChoices]


def rule_rows(days: Days) -> Iterator[Asked]:
    """Yield the file as it is and repaired, then the repaired one by each other rule."""
    imputed = ReplayChoices(impute_minimums=True)
    yield "file as it is", (), NO_CHOICES
    yield "minimums imputed", (), imputed
    if not (days.folder / "inferred").exists():
        return
    yield "minimums imputed, inferred quotes", QUOTES, imputed
    yield "minimums as shown, inferred quotes", QUOTES, NO_CHOICES
    yield "inferred minimums, quotes of the file", MINIMUMS, NO_CHOICES
    yield "**both inferred**", REPAIRS, NO_CHOICES
    for name, choices in READINGS.items():
        yield f"both, {name}", REPAIRS, choices
    for switch, meaning in SWITCHES.items():
        yield f"both, `{switch}`: {meaning}", REPAIRS, switched(switch)


def switched(switch: str) -> ReplayChoices:
    """Return the choices with one rule taken away or changed."""
    return ReplayChoices(switches=(switch,))


def seconds(time: int) -> str:
    """Return a time of day, ns UTC, as seconds of the UTC day."""
    return f"{time % 86_400_000_000_000 / 1e9:.6f}"


def wrong_events(found: Comparison) -> dict[int, str]:
    """Return the events that are not named, by row of the real matches, which are the same in all runs."""
    return {int(row): seconds(int(found.real.time[row])) for row in found.events[~found.named]}


def causes(plain: Comparison, without: Mapping[str, Comparison], best: Comparison) -> dict[int, str]:
    """Return why the plain run misses events: the repairs without which alone the best run misses them too."""
    still = wrong_events(best)
    lost = {cause: wrong_events(found) for cause, found in without.items()}
    found = {}
    for row in wrong_events(plain):
        needed = [REPAIRS[cause] for cause, rows in lost.items() if row in rows and row not in still]
        unknown = "unknown: wrong in the repaired run too" if row in still else "knock-on of others, no single cause"
        found[row] = " + ".join(needed) if needed else unknown
    return found


def print_left(days: Days) -> None:
    """Print every match that the best run misses or invents, and why."""
    best = days.placebo(REPAIRS)
    others = {f"`{switch}`": switched(switch) for switch in SWITCHES}
    readings = {
        name: (days.placebo(REPAIRS, choices), days.matches(REPAIRS, choices)) for name, choices in others.items()
    }
    better = {name: pair for name, pair in readings.items() if no_worse(pair[0], best)}
    print("\n| left with both, s of the UTC day | buy | sell | missed | invented | why |\n|---|---|---|---|---|---|")
    for each in differences(best, days.matches(REPAIRS), better):
        orders = f"{each.buy_order_id} | {each.sell_order_id} | {each.missed} | {each.invented}"
        print(f"| {seconds(each.time)} | {orders} | {each.why} |")


def print_tables(days: Days, events: bool) -> None:
    """Print the queue test, fidelity by rule and by cause, and what is left, as Markdown."""
    whole = (days.folder / "inferred").exists()
    for repairs, name in (((), "as it is"), *(((tuple(REPAIRS), "repaired"),) if whole else ())):
        asked = queue_test(days.day(repairs), days.price2(repairs))
        print(f"Queue test, file {name}: {int(np.count_nonzero(asked.right))} of {len(asked.right)} named.\n")
    print(f"| placebo | {HEADER}")
    for name, repairs, choices in rule_rows(days):
        print(f"| {name} | {days.cells(repairs, choices)} |", flush=True)
    if not whole:
        return
    print(f"\n| both inferred, without one repair | {HEADER}")
    for cause in REPAIRS:
        print(f"| {REPAIRS[cause]} | {days.cells(set(REPAIRS) - {cause})} |")
    plain, best = days.placebo(()), days.placebo(REPAIRS)
    found = causes(plain, {cause: days.placebo(set(REPAIRS) - {cause}) for cause in REPAIRS}, best)
    print("\n| first counterparties missed by the file as it is | events |\n|---|---|")
    for cause, count in Counter(found.values()).most_common():
        print(f"| {cause} | {count} |")
    if events:
        print("\n| each of them, s of the UTC day | buy | sell | why |\n|---|---|---|---|")
        for row, cause in found.items():
            orders = f"{plain.real.buy_order_id[row]} | {plain.real.sell_order_id[row]}"
            print(f"| {seconds(int(plain.real.time[row]))} | {orders} | {cause} |")
    print_left(days)


def main(folder: str = str(FOLDER), events: bool = False) -> None:
    """Print how much of the day of a folder the replay gives back, by rule and by cause."""
    with tempfile.TemporaryDirectory() as scratch:
        print_tables(Days(Path(folder), Path(scratch)), events)
