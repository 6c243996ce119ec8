"""The placebo of the real day: what it gives back as the file is, with minimums imputed, and with both repairs.

The bars are those of decisions 23 and of the prototype that met them. Where rules are taken away the placebo must get
worse: the day would show it if a rule were not followed, or if its switch did nothing.
"""

from pathlib import Path

import pytest

from kernels.measure.choices import ReplayChoices
from kernels.replay.fidelity import Fidelity, trusted
from kernels.replay.rulebook import SWITCHES
from perf.fidelity.left import UNKNOWN, differences, no_worse
from perf.fidelity.tables import Days, switched
from tests.inferred_day import MINIMUMS, QUOTES, REPAIRS

LEAST_MISSED = {  # shares that the placebo misses at least without a rule, of those it was found to need on this day
    "no_half_tick": 100_000, "no_sweeps": 50_000, "no_minimums": 10_000, "no_recheck": 5_000, "no_phantoms": 2_000,
    "preferencing_by_key": 5_000, "priority_kept": 1_000, "priority_lost_always": 1_000,
    "priority_lost_by_price": 1_000, "no_help": 1_000, "locked": 1_000, "no_match_at_amendment": 600,
    "minimum_stops": 10_000, "recheck_youngest": 2_000,
}  # fmt: skip

UNDECIDED = (
    "recheck_prefers", "sweeps_on_ticks", "implausible_quotes", "attributes_refused", "attributes_required",
    "no_attributes",
)  # fmt: skip


@pytest.fixture(scope="module")
def days(real_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    return Days(real_day, tmp_path_factory.mktemp("repaired"))


def check(found: Fidelity, named: int, most: float) -> None:
    """Check that so many of 472 first counterparties are named, and at most so much is missed and invented."""
    assert (found.real_matches, found.real_shares, found.events) == (573, 249_085, 472)
    assert found.named_events >= named, found
    assert max(found.missed_shares, found.invented_shares) <= most * found.real_shares, found
    assert trusted(found._asdict())


def test_as_the_file_is(days: Days) -> None:
    found = days.placebo(()).counts
    check(found, 433, 0.06)
    assert (found.absent_events, found.off_quote_events) == (24, 13)


def test_with_imputed_minimums(days: Days) -> None:
    check(days.placebo((), ReplayChoices(impute_minimums=True)).counts, 456, 0.03)


def test_with_what_the_file_lost(days: Days) -> None:
    found = days.placebo(REPAIRS).counts
    check(found, 470, 0.005)
    assert found.exact_matches >= 544


def test_either_repair_alone_is_worth_something(days: Days) -> None:
    plain = days.placebo(()).counts
    for repairs in (MINIMUMS, QUOTES):
        found = days.placebo(repairs).counts
        assert found.named_events > plain.named_events
        assert found.missed_shares < plain.missed_shares


@pytest.mark.parametrize("switch", LEAST_MISSED)
def test_without_a_rule_more_is_missed(days: Days, switch: str) -> None:
    assert switch in SWITCHES
    found, best = days.placebo(REPAIRS, ReplayChoices(switches=(switch,))).counts, days.placebo(REPAIRS).counts
    assert found.missed_shares >= LEAST_MISSED[switch] > best.missed_shares


def test_readings_that_the_day_does_not_decide(days: Days) -> None:
    """Preferencing for those who never show it, and readings of what this day does not have, change nothing."""
    best = days.placebo(REPAIRS).counts
    switched = (ReplayChoices(switches=(switch,)) for switch in UNDECIDED)
    for choices in (ReplayChoices(preferencing="all"), *switched):
        assert days.placebo(REPAIRS, choices).counts == best
    assert days.placebo(REPAIRS, ReplayChoices(preferencing="none")).counts.named_events < 440


def test_one_match_speaks_for_a_look_at_an_amendment_in_place(days: Days) -> None:
    found, best = (
        days.placebo(REPAIRS, choices).counts
        for choices in (ReplayChoices(switches=("match_in_place",)), ReplayChoices())
    )
    assert found.missed_shares == best.missed_shares - 60
    assert (found.named_events, found.invented_shares) == (best.named_events, best.invented_shares)


def test_what_is_left_with_both_repairs_is_explained_or_unknown(days: Days) -> None:
    """One price that no quote before it allows, one look in place, knock-ons; of the others nothing is known."""
    best = days.placebo(REPAIRS)
    in_place = days.placebo(REPAIRS, switched("match_in_place")), days.matches(REPAIRS, switched("match_in_place"))
    assert no_worse(in_place[0], best)
    found = list(differences(best, days.matches(REPAIRS), {"match_in_place": in_place}))
    assert sum(each.missed for each in found) == best.counts.missed_shares
    assert sum(each.invented for each in found) == best.counts.invented_shares
    assert sum(each.why == UNKNOWN for each in found) <= 4
    assert "not so with match_in_place" in {each.why for each in found}
