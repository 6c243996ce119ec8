"""What the numbers say, in sentences: with intervals where inference is possible, and plainly where it is not.

`page` shows them first; they are made from the same tables as the rest.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from driver.config.keys import ASSUMED_SESSION
from driver.report.inferred import inference, of_scenario
from driver.review.numbers import Row, number, signed
from driver.tables.replay_words import ASSERTED
from kernels.conventions import ALGEBRA, SCENARIO_TABLE

ASSUMED = tuple(one.name for one in SCENARIO_TABLE if one.kind == ALGEBRA)  # a replay uses what was there, once
FEES = ("lit_bps", "dark_bps", "auction_bps", "booking_bps")


def findings(
    summary: Sequence[Row],
    statistics: Sequence[Row],
    quality: Mapping[str, int],
    settings: Mapping[str, Any],
    replay: Sequence[str] = (),
    below_floor: bool = False,
) -> list[str]:
    """Return the sentences of the report's first section, most important first.

    ``quality`` is kind -> count over all partitions, ``settings`` the configuration as run.json has it, or empty;
    ``replay`` is what there is to say of a replayed book.
    """
    real = summary[0]
    priced, orders = number(real["priced_orders"]), number(real["orders"])
    if not orders:
        return ["No order was selected: there is nothing to compare."]
    sentences = [reality(real)]
    if priced:
        told = [row for row in summary[1:] if row["scenario"] in ASSERTED]
        sentences += [of_scenario(row, statistics, below_floor) for row in told] + inference(statistics)
    sentences += [_sentence(text) for text in replay]
    sentences += _liquidity(real, [row for row in summary[1:] if row["scenario"] in ASSUMED])
    return sentences + _limits(real, quality, settings)


def reality(real: Row) -> str:
    """Return what the orders really did and cost."""
    text = (
        f"{number(real['orders']):,.0f} orders asked for {number(real['order_quantity']):,.0f} shares and got "
        f"{number(real['filled_quantity']):,.0f} of them ({100 * number(real['fill_ratio']):.1f} %)"
    )
    if real["shortfall_bps"] is None:
        return text + "."
    kind = "cost" if number(real["shortfall_bps"]) >= 0 else "gain"
    bps = abs(number(real["shortfall_bps"]))
    return text + f"; against the mid at arrival, unfilled shares included, that was a {kind} of {bps:.2f} bps."


def _sentence(text: str) -> str:
    """Return what a terminal shows as a sentence of the page, with a real minus."""
    minus = re.sub(r"(?<![\w-])-(?=\d)", "\N{MINUS SIGN}", text)
    return f"{minus[:1].upper()}{minus[1:]}."


def _liquidity(real: Row, scenarios: Sequence[Row]) -> list[str]:
    """Return which scenarios fill more than there was (decisions 41), and what these orders really filled."""
    times = {
        str(row["scenario"]): [number(row[f"of_{what}_volume"] or 0.0) for what in ("market", "dark")]
        for row in scenarios
    }
    beyond = [(name, market, dark) for name, (market, dark) in times.items() if max(market, dark) > 1.0]
    if not beyond:
        return []
    (first, market, dark), *others = beyond
    more = "".join(f"; {name} {market:.2f} and {dark:.2f} times" for name, market, dark in others)
    assume = "they assume" if others else "it assumes"
    said = (
        f"{first} fills {market:.2f} times what the market traded, and {dark:.2f} times what the dark book did{more}: "
        f"{assume} liquidity that was not there."
    )
    really = [real[f"of_{what}_volume"] for what in ("market", "dark")]
    if any(share is None for share in really):
        return [said]
    market, dark = map(number, really)
    return [
        f"{said} Really these orders filled {market:.2f} and {dark:.2f} times as much, the two sides of a match each."
    ]


def _unpriced(real: Row) -> list[str]:
    """Return how many orders the costs are about, and why the others have none."""
    priced, orders, unquoted = (number(real[name]) for name in ("priced_orders", "orders", "benchmark_none"))
    outside = number(real["never_in_session"])
    if priced == orders:
        return []
    lacking = orders - priced - unquoted
    reasons = [f"{unquoted:,.0f} have no valid quote to be measured from, or were filled before it"] if unquoted else []
    if lacking > 0:
        never = "never lived in continuous trading, or " if outside else ""
        reasons.append(f"{lacking:,.0f} {never}lack a valid quote at their end or the price of a fill")
    about = (
        f"Costs and savings are about {priced:,.0f} of {orders:,.0f} orders: {', '.join(reasons)}. Those count in "
        "quantities and fill rates, and have no cost in any headline."
    )
    return [about, *_diluted(real, outside)]


def _diluted(real: Row, outside: float) -> list[str]:
    """Return what the shortfall is with the orders that could not have traded in continuous trading."""
    if not outside or real["shortfall_diluted_bps"] is None:
        return []
    return [
        f"With the {outside:,.0f} orders that never lived in continuous trading, which no scenario can change, the "
        f"real shortfall is {signed(number(real['shortfall_diluted_bps']))} bps instead of "
        f"{signed(number(real['shortfall_bps']))}; they are the phase never_in_session of by_condition.csv."
    ]


def _limits(real: Row, quality: Mapping[str, int], settings: Mapping[str, Any]) -> list[str]:
    """Return what the figures leave out."""
    sentences = []
    priced = number(real["priced_orders"])
    if quality.get("fills") == 0:
        sentences.append(
            "No trades were given: quantities come from the order states, and no price paid is known"
            + (", so there are no costs and no savings." if not priced else ".")
        )
    if quality.get("quotes") == 0:
        sentences.append("No quotes were given: there is no arrival price, so there are no costs.")
    elif priced:
        sentences += _unpriced(real)
    if decimals := settings.get("quantity_decimals", 0):
        sentences.append(f"Quantities, here and in every table, are in units of 10^-{decimals}, not in whole shares.")
    if assumed := quality.get("session_from_config", 0):
        of = "one security-day" if assumed == 1 else f"{assumed:,} security-days"
        sentences.append(f"The sessions of {of} are {ASSUMED_SESSION}.")
    apart = quality.get("orders_set_apart", 0) + quality.get("orders_set_apart_in_hours", 0)
    if apart:
        sentences.append(f"{apart:,} orders contradict themselves and are in no figure; data_quality.csv says how.")
    if settings and priced and not any(settings.get(name) for name in FEES):
        sentences.append("Fees are set to zero: every figure is before fees.")
    elif settings and priced:
        sentences.append("Every figure here is before fees; net_saving_bps in the tables takes the fees set off.")
    return sentences


def meanings(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what each scenario is, in a line, with the shares and prices of this run where they are known."""
    share, impact = settings.get("dark_share"), settings.get("price_impact_percent")
    dark = f"{100 * share:g} % of the order" if share is not None else "the dark share"
    moved = f"{100 * impact:g} bps" if impact is not None else "a fixed impact"
    return {
        "real": "what the orders really did",
        "A": "unlimited dark liquidity: the whole order trades at a mid of its own life, where its limit allows",
        "B": f"limited: {dark} trades at that mid, the rest as it really did",
        "C": f"price impact: {dark} trades at that mid, the rest at the mid moved against the order by {moved}",
        "P": "placebo: the dark book replayed with nothing changed; its difference from reality is its own error",
        "R": "replay: the order rests in the dark book by the exchange's own rules instead of what it did",
        "R_optimistic": "the same at the front of the queue, minimums ignored: an upper bound on what it fills",
        "R_conservative": "the same with quantity that stayed open until its end: a lower bound on what it fills",
        "D": "dual posting: the order rests in the dark book and keeps its real life in the lit one",
    }
