"""What is said of the replay after a run and in the report, from fidelity.csv and bounds.csv alone.

Nothing heavy is imported: a run that finds everything up to date says it too.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kernels.conventions import BOUNDS, PLACEBO, SCENARIO_TABLE

Cells = Mapping[str, str]
ALL: Final = "all"
CENTRAL: Final = "R"
RUNS: Final = (CENTRAL, *BOUNDS)
# Whose savings are asserted: what is said of the placebo and of the bounds of a replay, their tables say.
ASSERTED: Final = tuple(one.name for one in SCENARIO_TABLE if one.chosen and one.kind != PLACEBO)
YES, NOT_IDENTIFIED, NOT_TRUSTED = "yes", "not identified", "not to be trusted"
# A sign is identified only where all runs agree in both.
CHARGED: Final = {"saving_bps": "at the mid of the end", "saving_touch_bps": "at the touch"}


def replay_notes(results: Path, from_rest: bool = False) -> tuple[str, ...]:
    """Return a sentence on fidelity, and one on the bounds, of a run that replayed the dark book.

    from_rest : whether orders kept what they really filled as they entered
    """
    fidelity, bounds = (_whole(results / f"{name}.csv") for name in ("fidelity", "bounds"))
    return (*(fidelity_words(fidelity) if fidelity else ()), *(bounds_words(bounds, from_rest) if bounds else ()))


def below_floor(results: Path) -> bool:
    """Return whether the replay of a run gives back too little of the real dark book to be trusted."""
    fidelity = _whole(results / "fidelity.csv")
    return fidelity is not None and fidelity["trusted"] == NOT_TRUSTED


def _whole(path: Path) -> Cells | None:
    """Return the row of all orders of a table, None where there is no such table."""
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return next((row for row in csv.DictReader(file) if row["security_code"] == ALL == row["date"]), None)


def fidelity_words(row: Cells) -> tuple[str, ...]:
    """Return what the placebo gives back, and that the rest is not to be trusted where it is too little."""
    events, shares = int(row["events"]), int(row["real_shares"])
    named = f"{int(row['named_events']):,} of {events:,} first counterparties" if events else "no first counterparty"
    said = (
        f"the replay gives back {named} of the real dark book (P); of {shares:,} dark shares it misses "
        f"{_percent(row['missed_share'])} and invents {_percent(row['invented_share'])}"
    )
    if not shares:
        said = (
            f"no real trade in the dark is known; the replay (P) trades {int(row['placebo_shares']):,} shares there: "
            "how far R and D may be trusted is open"
        )
    return (said, _floor()) if row["trusted"] == NOT_TRUSTED else (said,)


def _floor() -> str:
    from kernels.replay.fidelity import LEAST_NAMED, MOST_WRONG  # with numba, which most runs that end so do without

    floor = (
        f"{100 * LEAST_NAMED:g} % of first counterparties named, {100 * MOST_WRONG:g} % of shares missed or invented"
    )
    return f"R and D are {NOT_TRUSTED}: the replay is below the floor of {floor}"


def bounds_words(row: Cells, from_rest: bool = False) -> tuple[str, ...]:
    """Return what R saves between its bounds, whether its sign is known, and what it fills."""
    if not all(row[f"{run}_{charge}"] for run in RUNS for charge in CHARGED):
        return ()
    if row["asked_orders"] == "0":
        return ("R asks nobody: no selected order was in the session without being dark itself",)
    bands = [
        f"{_less_or_more(row[f'{CENTRAL}_{charge}'])} {how} (savings of {_signed(row[f'low_{charge}'])} to "
        f"{_signed(row[f'high_{charge}'])} bps)"
        for charge, how in CHARGED.items()
    ]
    low, high = sorted(float(row[f"{run}_fill_ratio"]) for run in BOUNDS)
    signs = {YES: "its sign is identified", NOT_TRUSTED: f"its sign is {NOT_TRUSTED}"}
    sign = signs.get(row["identified"], "its sign is not identified")
    filled = (
        f"{_percent(row[f'{CENTRAL}_fill_ratio'])} of what was asked in the session ({100 * low:.1f} to "
        f"{100 * high:.1f} %)"
    )
    really = f"{_percent(row['real_fill_ratio'])} really filled" + (
        ", fills of the instant of entry in both (from_rest)" if from_rest else ""
    )
    excluded = f"{int(row['excluded_by_limit']):,} orders are excluded by their limit, {int(row['excluded_by_life']):,}"
    return (
        f"R {' and '.join(bands)} between its bounds: {sign}. It fills {filled}, {really}; {excluded} by their life",
    )


def _percent(share: str) -> str:
    return f"{100 * float(share):.2f} %" if share else "none"


def _less_or_more(saving: str) -> str:
    """Return a saving in words: one below zero is a cost."""
    bps = float(saving)
    return f"saves {abs(bps):.2f} bps" if round(bps, 2) >= 0 else f"costs {-bps:.2f} bps more"


def _signed(value: str) -> str:
    return f"{float(value):+.2f}"
