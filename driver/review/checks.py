"""How far the results of a run can be relied on: checks that pass, warn, fail, or could not be run, with their figure.

Made from the tables alone. The command `preflight` prints them, the report has them as a section and as its alerts.
The limits are choices of this program, all of them named here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from driver.review.dominance import MOST, largest_participant
from driver.review.numbers import Row, Tables, count, number, signed
from driver.sums.impossible import LEAST_EQ
from driver.tables.quality_kinds import JOBS_MISSING
from driver.tables.replay_words import ALL, CENTRAL, NOT_TRUSTED, YES

PASS, WARN, FAIL, NOT_RUN = "pass", "warn", "fail", "not run"
SEVERITY: Final = (FAIL, WARN, NOT_RUN, PASS)
TABLES_READ: Final = (
    "global_summary", "by_security", "by_date", "by_participant", "statistics", "data_quality", "fidelity",
    "market",
)  # fmt: skip
SOME, MANY = 0.001, 0.01  # shares of orders or fills at fault: above, a check warns; above, it fails
GOOD_COVERAGE, LEAST_COVERAGE = 0.95, 0.80  # shares of orders, or of quotes, that can be used
FEW_CLUSTERS: Final = 5.0  # of equal size: intervals from fewer hardly say anything
SOURCES: Final = ("file", "stated", "auction", "activity", "config")
KNOWN_SOURCES: Final = ("file", "stated", "auction")
ADDED: Final = ("orders", "order_quantity", "filled_quantity", "shortfall_cost")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, how it came out, by which figure, and what that means."""

    name: str
    status: str
    figure: str
    meaning: str


def checks(tables: Tables) -> list[Check]:
    """Return every check of a run; ``tables`` has TABLES_READ."""
    total = {str(row["kind"]): count(row["count"]) for row in tables["data_quality"] if row["security_code"] == ALL}
    real, trusted = tables["global_summary"][0], _whole(tables["fidelity"])
    return [
        _completeness(total),
        _reconciliation(total),
        _contradictions(total),
        _prices(total),
        _sessions(total),
        _quotes(total, _whole(tables["market"])),
        _coverage(real),
        _fidelity(trusted),
        _placebo(tables["global_summary"]),
        _audit(total),
        _adding_up(tables),
        _identity(real),
        _clusters(tables["statistics"]),
        _impossible(tables),
        _dominance(tables["by_participant"]),
    ]


def alerts(found: Iterable[Check]) -> list[Check]:
    """Return what a reader must know first: what fails, then what warns."""
    return sorted((one for one in found if one.status in (FAIL, WARN)), key=lambda one: SEVERITY.index(one.status))


def _whole(rows: Iterable[Row]) -> Row | None:
    return next((row for row in rows if row["security_code"] == ALL == row["date"]), None)


def _graded(share: float, some: float = SOME, many: float = MANY) -> str:
    return FAIL if share > many else WARN if share > some else PASS


def _covered(share: float) -> str:
    return PASS if share >= GOOD_COVERAGE else WARN if share >= LEAST_COVERAGE else FAIL


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _completeness(total: Mapping[str, int]) -> Check:
    missing = total.get(JOBS_MISSING, 0)
    figure = f"{missing:,} security-day{'s' * (missing != 1)} missing"
    return Check("completeness", FAIL if missing else PASS, figure, "jobs that failed or were not done are in no table")


def _reconciliation(total: Mapping[str, int]) -> Check:
    name, meaning = "reconciliation", "fills of trades add up to what order states have matched"
    wrong = total.get("orders_not_reconciled", 0)
    known = total.get("orders_reconciled", 0) + wrong
    if not known or not total.get("fills", 0):
        return Check(name, NOT_RUN, "no trades, or no orders", meaning)
    return Check(
        name,
        _graded(wrong / known),
        f"{wrong:,} of {known:,} orders do not add up ({_percent(wrong / known)})",
        meaning,
    )


def _contradictions(total: Mapping[str, int]) -> Check:
    name, meaning = "contradictions", "orders that contradict themselves are in no table"
    apart = total.get("orders_set_apart", 0) + total.get("orders_set_apart_in_hours", 0)
    known = total.get("orders_reconciled", 0) + total.get("orders_not_reconciled", 0)
    if not known:
        return Check(name, NOT_RUN, "no orders", meaning)
    return Check(name, _graded(apart / known), f"{apart:,} set apart ({_percent(apart / known)} of orders)", meaning)


def _prices(total: Mapping[str, int]) -> Check:
    name, meaning = "prices and dates", "prices in one unit and near the quote, dates that belong together"
    odd = [kind for kind in ("prices_in_two_units", "date_implausible") if total.get(kind, 0)]
    wrong, fills = total.get("fills_price_implausible", 0), total.get("fills", 0)
    if odd:
        return Check(name, FAIL, ", ".join(f"{kind} {total[kind]:,}" for kind in odd), meaning)
    if not fills:
        return Check(name, NOT_RUN, "no trades", meaning)
    return Check(name, _graded(wrong / fills), f"{wrong:,} of {fills:,} fills implausible", meaning)


def _sessions(total: Mapping[str, int]) -> Check:
    name, meaning = "sessions", "continuous trading is known from files, from the user, or from the opening auction"
    days = {source: total.get(f"session_from_{source}", 0) for source in SOURCES}
    known, every = sum(days[source] for source in KNOWN_SOURCES), sum(days.values())
    if not every:
        return Check(name, NOT_RUN, "no security-day", meaning)
    figure = ", ".join(f"{source} {held:,}" for source, held in days.items() if held)
    status = FAIL if days["config"] == every else PASS if known == every else WARN
    return Check(name, status, f"security-days by source: {figure}", meaning)


def _quotes(total: Mapping[str, int], market: Row | None) -> Check:
    """By the time of continuous trading that has a valid quote, where that is known, else by rows of quotes."""
    name, meaning = "quotes", "valid quotes: two-sided, bid not above offer, in continuous trading"
    if market is not None and market["quoted_share"] is not None:
        share = number(market["quoted_share"])
        return Check(name, _covered(share), f"{_percent(share)} of the time of continuous trading", meaning)
    quotes, valid = total.get("quotes", 0), total.get("quotes_valid", 0)
    if not quotes:
        return Check(name, NOT_RUN, "no quotes", meaning)
    status = PASS if valid / quotes >= GOOD_COVERAGE else WARN  # rows of before the open are among them
    return Check(name, status, f"{valid:,} of {quotes:,} rows are valid ({_percent(valid / quotes)})", meaning)


def _coverage(real: Row) -> Check:
    name, meaning = "costs known", "share of the orders that lived in the session that have a cost"
    lived, priced = count(real["orders"]) - count(real["never_in_session"]), count(real["priced_orders"])
    if lived <= 0:
        return Check(name, NOT_RUN, "no order lived in the session", meaning)
    return Check(name, _covered(priced / lived), f"{priced:,} of {lived:,} ({_percent(priced / lived)})", meaning)


def _fidelity(whole: Row | None) -> Check:
    name = "fidelity"
    meaning = "what the placebo gives back of the real dark book; below its floor R and D are not to be trusted"
    if whole is None:
        return Check(name, NOT_RUN, "nothing was replayed", meaning)
    shares = {word: number(whole[f"{word}_share"]) for word in ("named", "missed", "invented")}
    figure = ", ".join(f"{word} {_percent(share)}" for word, share in shares.items() if math.isfinite(share))
    status = {YES: PASS, NOT_TRUSTED: FAIL}.get(str(whole["trusted"]), NOT_RUN)
    told = f": R and D are {NOT_TRUSTED}" if status == FAIL else ""
    return Check(name, status, (figure or "no real trade in the dark") + told, meaning)


def _placebo(summary: Iterable[Row]) -> Check:
    name, meaning = "placebo", "what P seems to save is the replay's own error: it should be far below what R saves"
    saved = {str(row["scenario"]): number(row["saving_bps"]) for row in summary}
    error, saving = saved.get("P", math.nan), saved.get(CENTRAL, math.nan)
    if not (math.isfinite(error) and math.isfinite(saving)):
        return Check(name, NOT_RUN, "P or R was not run", meaning)
    status = WARN if abs(error) > abs(saving) else PASS
    return Check(name, status, f"P {signed(error, 3)} bps beside R {signed(saving, 3)} bps", meaning)


def _audit(total: Mapping[str, int]) -> Check:
    name, meaning = "conservation", "no order of the replay uses more shares than it has"
    audited = total.get("replay_orders_audited", 0)
    return Check(name, PASS if audited else NOT_RUN, f"{audited:,} orders added up", meaning)


def _adding_up(tables: Tables) -> Check:
    name, meaning = "tables add up", "by security, date and participant, integer for integer, in every scenario"
    parts = [table for table in ("by_security", "by_date", "by_participant") if tables[table]]
    if not parts:
        return Check(name, NOT_RUN, "no such table", meaning)
    whole = _sums(tables["global_summary"])
    wrong = [table for table in parts if _sums(tables[table]) != whole]
    return Check(name, FAIL if wrong else PASS, f"{len(parts) - len(wrong)} of {len(parts)} tables do", meaning)


def _sums(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        for name in ADDED:
            key = str(row["scenario"]), name
            sums[key] = sums.get(key, 0) + count(row[name])
    return sums


def _identity(real: Row) -> Check:
    name, meaning = "cost identity", "shortfall = execution + opportunity"
    whole, *parts = (number(real[f"{part}_bps"]) for part in ("shortfall", "execution", "opportunity"))
    if not math.isfinite(whole) or not all(map(math.isfinite, parts)):
        return Check(name, NOT_RUN, "no costs", meaning)
    off = abs(whole - sum(parts))
    if off <= 1e-6 * max(1.0, *map(abs, parts)):
        return Check(name, PASS, "holds to a millionth", meaning)
    return Check(name, FAIL, f"off by {off:.2g} bps", meaning)


def _clusters(statistics: Iterable[Row]) -> Check:
    name, meaning = "clusters", "securities or dates that intervals rest on, whichever are fewer"
    rows = [row for row in statistics if row["test"] == "cluster"]
    known = [number(row["effective_clusters"]) for row in rows if row["effective_clusters"] is not None]
    if not rows:
        return Check(name, NOT_RUN, "no scenario", meaning)
    if not known:
        why = next((str(row["note"]) for row in rows if row["note"]), "no interval")
        return Check(name, WARN, f"{why.split(':')[0]}: the figures describe these orders alone", meaning)
    return Check(
        name, PASS if min(known) >= FEW_CLUSTERS else WARN, f"as good as {min(known):.1f} of equal size", meaning
    )


def _impossible(tables: Tables) -> Check:
    name, meaning = "effective spreads", f"E/Q of groups of orders; below {LEAST_EQ:g} fills are beyond their own side"
    groups = [row for table in ("by_security", "by_date", "by_participant") for row in tables[table]]
    ratios = [number(row.get("eq_ratio")) for row in [*groups, tables["global_summary"][0]]]
    known = [ratio for ratio in ratios if math.isfinite(ratio)]
    beyond = sum(ratio < LEAST_EQ for ratio in known)
    if not known:
        return Check(name, NOT_RUN, "no effective spread", meaning)
    return Check(name, WARN if beyond else PASS, f"{beyond:,} of {len(known):,} groups have an impossible E/Q", meaning)


def _dominance(rows: Sequence[Row]) -> Check:
    name, meaning = "who dominates", f"whether one participant has over {100 * MOST:g} % of the value"
    found = largest_participant(rows)
    if found is None:
        why = "fewer than two participants" if rows else "no rows by participant: has aggregate_by participant_id?"
        return Check(name, NOT_RUN, why, meaning)
    figure = f"participant {found.label} has {_percent(found.share)} of the value at arrival"
    return Check(name, WARN if found.dominates else PASS, figure, meaning)
