"""How much of a real day the replay gives back: by rule, each taken away alone, and by cause, each repair taken away.

    python -m perf.fidelity [--folder ../shared/data/drr_2024-09-05] [--events]

The folder holds orders.csv, trades.csv and nbbo.csv of one day, and beside them ``inferred``: what the circulated files
lost (the minimums in force at each row, quotes mended). Without it only the first rows of the first table can be made.
Figures are of the placebo: first counterparties named, real dark shares missed and invented, in per cent, counted by
pair and price within a millisecond; matches exact to the nanosecond stand beside. With ``--events`` every difference
of the best run is listed.
"""

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import fire
import numpy as np

from driver.config.loading import load_config
from driver.plan.sessions import plan_sessions
from kernels.base.columns import I64
from kernels.base.memory import Buffers
from kernels.measure.choices import Choices, ReplayChoices, Selection, Simulation
from kernels.measure.rules import prepare
from kernels.replay.fidelity import Comparison, compare, trusted
from kernels.replay.fidelity.queue_test import queue_test
from kernels.replay.imputed_minimums import imputed_minimums
from kernels.replay.replay import replay
from kernels.replay.rulebook import SWITCHES
from tests.inferred_day import MINIMUMS, QUOTES, REPAIRS, convert_real_day, open_converted
from tickstore import read_catalog

FOLDER: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "drr_2024-09-05"
PLACEBO: Final = Choices(Selection(participants=(-1,)), Simulation(scenarios=("P",)))  # nobody is asked about
READINGS: Final = {
    "preferencing for everyone": ReplayChoices(preferencing="all"),
    "no preferencing (R14)": ReplayChoices(preferencing="none"),
}


class Days:
    """A folder's day with any of its repairs, converted once each."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.opened: dict[frozenset[str], Any] = {}
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

    def placebo(self, repairs: Collection[str], choices: ReplayChoices = PLACEBO.replay) -> Comparison:
        """Return the placebo of the day with these repairs against history."""
        day, told = self.day(repairs), replace(PLACEBO, replay=choices)
        minimums = None
        if choices.impute_minimums:
            imputed = imputed_minimums(day)
            minimums = imputed.minimum, imputed.single_fill
        price2 = self.price2(repairs)
        return compare(day, price2, replay(day, told, self.session, minimums).matches["P"])


def rule_rows(days: Days) -> Iterator[tuple[str, Comparison]]:
    """Yield the placebo of the file as it is and repaired, then of the repaired one by each other rule."""
    imputed = ReplayChoices(impute_minimums=True)
    yield "file as it is", days.placebo(())
    yield "minimums imputed", days.placebo((), imputed)
    if not (days.folder / "inferred").exists():
        return
    yield "minimums imputed, inferred quotes", days.placebo(QUOTES, imputed)
    yield "minimums as shown, inferred quotes", days.placebo(QUOTES)
    yield "inferred minimums, quotes of the file", days.placebo(MINIMUMS)
    yield "**both inferred**", days.placebo(REPAIRS)
    for name, choices in READINGS.items():
        yield f"both, {name}", days.placebo(REPAIRS, choices)
    for switch, meaning in SWITCHES.items():
        yield f"both, `{switch}`: {meaning}", days.placebo(REPAIRS, ReplayChoices(switches=(switch,)))


def figures(found: Comparison) -> str:
    """Return the cells of one row."""
    c = found.counts
    missed, invented = (100 * shares / max(c.real_shares, 1) for shares in (c.missed_shares, c.invented_shares))
    judged = "yes" if trusted(c._asdict()) else "no"
    return f"{c.named_events} of {c.events} | {missed:.2f} | {invented:.2f} | {c.exact_matches} | {judged}"


def seconds(time: int) -> str:
    """Return a time of day, ns UTC, as seconds of the UTC day."""
    return f"{time % 86_400_000_000_000 / 1e9:.6f}"


def wrong_events(found: Comparison) -> dict[int, str]:
    """Return the events that are not named, by row of the real matches, which are the same in all runs."""
    return {int(row): seconds(int(found.real.time[row])) for row in found.events[~found.named]}


def causes(plain: Comparison, without: Mapping[str, Comparison], best: Comparison) -> Counter[str]:
    """Return why the plain run misses events: the repairs without which alone the best run misses them too."""
    still = wrong_events(best)
    lost = {cause: wrong_events(found) for cause, found in without.items()}
    count: Counter[str] = Counter()
    for row in wrong_events(plain):
        needed = [REPAIRS[cause] for cause, rows in lost.items() if row in rows and row not in still]
        unknown = "unknown: wrong in the repaired run too" if row in still else "knock-on of others, no single cause"
        count[" + ".join(needed) if needed else unknown] += 1
    return count


def print_differences(found: Comparison) -> None:
    """Print every event that is not named, and every match that is missed."""
    real = found.real
    print("\n| s of the UTC day | buy | sell | shares | missed | first counterparty |\n|---|---|---|---|---|---|")
    named = dict(zip(found.events.tolist(), found.named.tolist(), strict=True))
    for row in range(len(real.time)):
        if found.missed[row] or not named.get(row, True):
            said = "" if row not in named else "named" if named[row] else "not named"
            orders = f"{real.buy_order_id[row]} | {real.sell_order_id[row]}"
            print(
                f"| {seconds(int(real.time[row]))} | {orders} | {real.quantity[row]} | {found.missed[row]} | {said} |"
            )
    print(f"\nInvented: {found.counts.invented_matches} matches, {found.counts.invented_shares} shares.")


def print_tables(days: Days, events: bool) -> None:
    """Print the queue test, fidelity by rule and by cause, as Markdown."""
    whole = (days.folder / "inferred").exists()
    for repairs, name in (((), "as it is"), *(((tuple(REPAIRS), "repaired"),) if whole else ())):
        asked = queue_test(days.day(repairs), days.price2(repairs))
        print(f"Queue test, file {name}: {int(np.count_nonzero(asked.right))} of {len(asked.right)} named.\n")
    print("| placebo | named | missed % | invented % | exact | trusted |\n|---|---|---|---|---|---|")
    for name, found in rule_rows(days):
        print(f"| {name} | {figures(found)} |", flush=True)
    if not whole:
        return
    best = days.placebo(REPAIRS)
    without = {cause: days.placebo(set(REPAIRS) - {cause}) for cause in REPAIRS}
    print("\n| both inferred, without one repair | named | missed % | invented % | exact | trusted |")
    print("|---|---|---|---|---|---|")
    for cause, found in without.items():
        print(f"| {REPAIRS[cause]} | {figures(found)} |")
    plain = days.placebo(())
    print("\n| first counterparties missed by the file as it is | events |\n|---|---|")
    for cause, count in causes(plain, without, best).most_common():
        print(f"| {cause} | {count} |")
    if events:
        print_differences(best)


def main(folder: str = str(FOLDER), events: bool = False) -> None:
    """Print how much of the day of a folder the replay gives back, by rule and by cause."""
    with tempfile.TemporaryDirectory() as scratch:
        print_tables(Days(Path(folder), Path(scratch)), events)


if __name__ == "__main__":
    fire.Fire(main)
