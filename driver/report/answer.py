"""The answer in three sentences, and who and what it is about: the report's first screen, and the terminal's."""

from collections.abc import Mapping, Sequence
from typing import Any

from driver.report.findings import reality
from driver.report.inferred import MEASURES, NO_INFERENCE
from driver.review.numbers import Row, less_or_more, number, signed
from driver.tables.replay_guide import CHARGES
from driver.tables.replay_words import ASSERTED, CENTRAL, NOT_TRUSTED, YES

ALL_HOURS = "all"
NAMED = 6  # securities or participants that are named; more are counted


def answer(summary: Sequence[Row], statistics: Sequence[Row], bounds: Row | None, below_floor: bool) -> list[str]:
    """Return what really happened, what the dark would have changed, and how sure that is.

    bounds : the row of all orders of bounds.csv, where there is one
    """
    real = summary[0]
    if not real["orders"]:
        return ["No order was selected: there is nothing to compare."]
    if not real["priced_orders"]:
        return [reality(real), "Costs and savings are not known, for want of quotes or trades that cover these orders."]
    told = {str(row["scenario"]): row for row in summary[1:] if row["scenario"] in ASSERTED and _known(row)}
    if not told:
        return [reality(real), "No scenario with a known cost was asked for."]
    name = CENTRAL if CENTRAL in told else next(iter(told))
    return [reality(real), _change(real, told[name], name), _certainty(name, statistics, bounds, below_floor)]


def _known(row: Row) -> bool:
    return all(row[measure] is not None for measure in MEASURES.values())


def _change(real: Row, row: Row, name: str) -> str:
    filled, really = (number(one["fill_ratio_in_session" if name == CENTRAL else "fill_ratio"]) for one in (row, real))
    what = "Had they rested in the dark instead (R)" if name == CENTRAL else f"Under the assumption {name}"
    by_value, per_order = (number(row[measure]) for measure in MEASURES.values())
    where = " asked in the session" if name == CENTRAL else ""
    return (
        f"{what}, they would have cost {less_or_more(by_value)} by value and {less_or_more(per_order)} per order, "
        f"and filled {100 * filled:.1f} % of the shares{where} ({100 * really:.1f} % really)."
    )


def _certainty(name: str, statistics: Sequence[Row], bounds: Row | None, below_floor: bool) -> str:
    if name != CENTRAL:
        return f"{name} is arithmetic on a mid, an assumption worked out: it says nothing of liquidity that was there."
    if below_floor:
        return f"This is {NOT_TRUSTED}: the replay gives back too little of the real dark book."
    said = []
    if bounds is not None and bounds["low_saving_bps"] is not None:
        least, most = (signed(number(bounds[f"{end}_saving_bps"])) for end in ("low", "high"))
        sign = "its sign is the same throughout" if bounds["identified"] == YES else "its sign is not identified"
        ends = [number(bounds[f"{end}_{charge}"]) for charge in CHARGES for end in ("low", "high")]
        if bounds["identified"] != YES and ends[0] * ends[1] > 0:
            sign += f": charged at the touch it is {signed(ends[2])} to {signed(ends[3])}"
        said.append(f"between its bounds R saves {least} to {most} bps, charged at the mid, and {sign}")
    row = next((one for one in statistics if one["test"] == "cluster" and one["scenario"] == name), None)
    if row is not None and row["ci_low"] is not None:
        low, high = number(row["ci_low"]), number(row["ci_high"])
        zero = ", zero included" if low <= 0 <= high else ""
        said.append(f"its 95 % interval by value is {signed(low)} to {signed(high)} bps{zero}")
    elif row is not None:
        said.append(f"{NO_INFERENCE.lower()} beyond these orders: {str(row['note']).split(':')[0]}")
    text = "; ".join(said) or "how sure that is, is not known"
    return f"{text[:1].upper()}{text[1:]}."


def subject(facts: Mapping[str, Any], settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return who and what the results are about: each with what to call it; ``facts`` as `page` has them."""
    about = [
        ("securities", _some(facts["security_names"])),
        ("dates", _span(facts["dates"])),
        ("participants", _some(facts["participant_names"])),
    ]
    if "timezone" in settings:
        start, end = settings["hour_start"], settings["hour_end"]
        hours = ALL_HOURS if (start, end) == (0, 23) else f"{start:02d}:00 to {end:02d}:59"
        about.append(("hours", f"{hours}, {settings['timezone']}"))
        about.append(("population", str(settings["population"])))
    about.append(("orders", f"{facts['orders']:,}"))
    return [(what, text) for what, text in about if text]


def _some(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{len(names):,}: {', '.join(names[:NAMED])} and others"


def _span(dates: Sequence[str]) -> str:
    return f"{dates[0]} to {dates[-1]} ({len(dates)} dates)" if len(dates) > 1 else "".join(dates)


def headline(about: Sequence[tuple[str, str]], settings: Mapping[str, Any], missing: str) -> str:
    """Return who and what in a line: what was selected of participants and hours, where not all was."""
    texts = dict(about)
    parts = [texts[name] for name in ("securities", "dates") if name in texts]
    if (chosen := settings.get("participant_ids")) and "participants" in texts:
        parts.append(f"participant{'s' if len(chosen) > 1 else ''} {texts['participants']}")
    if not (hours := texts.get("hours", ALL_HOURS)).startswith(ALL_HOURS):
        parts.append(hours)
    return f"{', '.join([*parts, texts['orders']])} orders{' (incomplete)' if missing else ''}"


def title(line: str, version: str) -> str:
    """Return the title of the page, which tells it from others in a row of tabs."""
    return f"darkreplay{f' {version}' if version not in ('', 'absent') else ''}: {line}"
