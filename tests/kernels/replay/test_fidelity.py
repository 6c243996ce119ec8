"""Fidelity: by hand on small days, against plain Python on random ones, and on the real day against itself."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.replay.fidelity import TOLERANCE_NS, Fidelity, compare, fidelity_row, trusted
from kernels.replay.fidelity.real_matches import real_matches
from tests.builders import MemoryDay, build_real_day
from tests.kernels.replay.played_matches import QUOTE, T, day_of, history, match, played

pytestmark = pytest.mark.reduced
Row = dict[str, Any]
MS = TOLERANCE_NS


def counts(day: MemoryDay, *rows: tuple[int, int, int, int, int]) -> Fidelity:
    return compare(day, 2 * day.fills["price"], played(*rows)).counts


def test_what_is_given_back_to_the_nanosecond() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105), known=(1, 2)), (T, 1, 2, 50, 210))
    assert (found.real_matches, found.real_shares, found.exact_matches) == (1, 50, 1)
    assert (found.missed_shares, found.invented_shares) == (0, 0)
    assert (found.events, found.named_events, found.absent_events, found.off_quote_events) == (1, 1, 0, 0)


@pytest.mark.parametrize(("late", "given_back"), [(MS, True), (-MS, True), (MS + 1, False), (-MS - 1, False)])
def test_within_a_millisecond_is_given_back_and_beyond_it_missed_and_invented(late: int, given_back: bool) -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105)), (T + late, 1, 2, 50, 210))
    wrong = 0 if given_back else 50
    assert (found.missed_shares, found.invented_shares, found.exact_matches) == (wrong, wrong, 0)
    assert found.named_events == int(given_back)


def test_a_larger_quantity_invents_the_rest_and_a_smaller_one_misses_it() -> None:
    day = day_of(match(T, 1, 2, 50, 105))
    more, less = counts(day, (T, 1, 2, 70, 210)), counts(day, (T, 1, 2, 20, 210))
    assert (more.missed_shares, more.invented_shares, more.wrong_quantity_matches) == (0, 20, 0)
    assert (less.missed_shares, less.invented_shares, less.wrong_quantity_matches) == (30, 0, 1)
    assert more.named_events == less.named_events == 1


def test_one_match_may_be_given_back_in_two() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105)), (T, 1, 2, 20, 210), (T + 5, 1, 2, 30, 210))
    assert (found.missed_shares, found.invented_shares, found.exact_matches) == (0, 0, 0)


def test_another_price_is_wrong_though_the_orders_are_right() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105)), (T, 1, 2, 50, 211))
    assert (found.missed_shares, found.invented_shares, found.wrong_price_matches) == (50, 50, 1)
    assert found.named_events == 0


def test_another_counterparty_is_neither_named_nor_a_wrong_price() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105)), (T, 1, 3, 50, 210))
    assert (found.missed_matches, found.invented_matches, found.wrong_price_matches, found.named_events) == (1, 1, 0, 0)


def test_an_event_is_named_by_its_first_match_alone() -> None:
    day = day_of(match(T, 5, 1, 10, 105), match(T, 5, 2, 10, 105))
    right, wrong = (T, 5, 1, 10, 210), (T, 5, 2, 10, 210)
    assert counts(day, right).named_events == 1
    assert counts(day, wrong, right).named_events == 0
    assert counts(day, wrong, right).missed_shares == 0
    assert counts(day, right).events == 1


def test_the_placebos_instant_nearest_to_an_event_answers_it() -> None:
    """Two events of one order half a millisecond apart do not answer for each other."""
    day = day_of(match(T, 5, 1, 10, 105), match(T + MS // 2, 5, 2, 10, 105))
    found = counts(day, (T, 5, 1, 10, 210), (T + MS // 2, 5, 2, 10, 210))
    assert (found.events, found.named_events) == (2, 2)


def test_matches_of_two_that_rested_are_no_events() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105, acts=0)), (T + 300, 1, 2, 50, 210))
    assert (found.events, found.missed_shares, found.invented_shares) == (0, 0, 0)


def test_sellers_act_too_and_may_be_absent_from_the_order_file() -> None:
    day = day_of(match(T, 1, 2, 50, 105, acts=-1), match(T + 5 * MS, 1, 3, 50, 105, acts=-1), known=(1, 2))
    found = counts(day, (T, 1, 2, 50, 210), (T + 5 * MS, 1, 3, 50, 210))
    assert (found.events, found.named_events, found.absent_events) == (2, 2, 1)


def test_dark_matches_are_those_of_dark_deal_sources_and_the_dark_booking() -> None:
    deals = (1, 5, 20, 44, 45, 46, 47, 48, 49, 50, 52)
    day = day_of(*(match(T + deal, 1, 2, 1 << place, 105, deal_source=deal) for place, deal in enumerate(deals)))
    assert counts(day).real_shares == sum(1 << deals.index(deal) for deal in (46, 47, 48, 49, 50, 52))


def test_a_dark_fill_without_the_other_side_is_counted_apart() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105)[:1], match(T + 9, 3, 4, 5, 105)))
    assert (found.single_fills, found.real_shares) == (1, 5)


def test_alike_matches_without_match_numbers_are_paired_in_sequence() -> None:
    day = day_of(match(T, 1, 2, 50, 105, match_id=0), match(T, 3, 4, 50, 105, match_id=0))
    found, single = real_matches(day.fills, 2 * day.fills["price"])
    assert single == 0
    assert list(zip(found.buy_order_id.tolist(), found.sell_order_id.tolist(), strict=True)) == [(1, 2), (3, 4)]


@pytest.mark.parametrize(
    ("bid", "offer", "price", "deal", "off"),
    [
        (100, 110, 105, 47, False),  # the mid
        (100, 110, 103, 47, True),  # inside, neither the mid nor on a tick
        (100, 115, 105, 47, False),  # on a tick inside
        (100, 105, 105, 47, True),
        (105, 105, 105, 47, True),  # locked: its mid, at which nothing matches
        (100, 110, 120, 50, False),  # a block
    ],
)
def test_what_the_quote_before_does_not_allow(bid: int, offer: int, price: int, deal: int, off: bool) -> None:
    quotes = [QUOTE | {"bid": bid, "offer": offer}]
    found = counts(day_of(match(T, 1, 2, 50, price, deal_source=deal), quotes=quotes))
    assert (found.off_quote_events, found.off_quote_shares) == (int(off), 50 * int(off))


def test_without_any_quote_nothing_is_allowed() -> None:
    assert counts(day_of(match(T, 1, 2, 50, 105), quotes=())).off_quote_events == 1


def test_a_day_without_dark_matches() -> None:
    found = counts(day_of(match(T, 1, 2, 50, 105, deal_source=1)))
    assert set(found) == {0}
    assert trusted(fidelity_row(found))
    assert not trusted(fidelity_row(counts(day_of(), (T, 1, 2, 50, 210))))


def test_the_floor_of_trust() -> None:
    sums = dict.fromkeys(Fidelity._fields, 0) | {"events": 472, "named_events": 432, "real_shares": 100}
    assert trusted(sums | {"missed_shares": 7, "invented_shares": 7})
    assert not trusted(sums | {"missed_shares": 8})
    assert not trusted(sums | {"invented_shares": 8})
    assert not trusted(sums | {"named_events": 424})


def naive_left(real: list[Row], other: list[Row], keys: Sequence[str]) -> tuple[int, int]:
    """Return the shares missed and invented: each real match in time takes from the earliest that are near enough."""
    left = [row["quantity"] for row in other]
    missed = 0
    for row in real:
        wanted = row["quantity"]
        for place, candidate in enumerate(other):
            near = abs(candidate["time"] - row["time"]) <= MS
            if near and all(candidate[key] == row[key] for key in keys):
                common = min(wanted, left[place])
                wanted -= common
                left[place] -= common
        missed += wanted
    return missed, sum(left)


@given(seed=st.integers(0, 10**9))
def test_missed_and_invented_equal_plain_python(seed: int) -> None:
    rng = Random(seed)

    def random_rows(n: int) -> list[tuple[int, int, int, int, int]]:
        times = sorted(T + rng.choice([0, 1, MS // 2, MS, 2 * MS]) * rng.randint(0, 3) for _ in range(n))
        return [(t, rng.randint(1, 2), rng.randint(3, 4), rng.randint(1, 30), rng.choice([210, 212])) for t in times]

    real, other = random_rows(rng.randint(0, 12)), random_rows(rng.randint(0, 12))
    day = day_of(*(match(t, b, s, q, p // 2, match_id=k) for k, (t, b, s, q, p) in enumerate(real)))
    names = ("time", "buy", "sell", "quantity", "price2")
    rows, other_rows = ([dict(zip(names, row, strict=True)) for row in table] for table in (real, other))
    found = counts(day, *other)
    assert (found.missed_shares, found.invented_shares) == naive_left(rows, other_rows, ("buy", "sell", "price2"))
    exact = 0
    rest = list(other)
    for row in real:
        if row in rest:
            rest.remove(row)
            exact += 1
    assert found.exact_matches == exact


def test_the_real_day_gives_itself_back(real_day: Path) -> None:
    day = build_real_day(real_day)
    price2 = 2 * day.fills["price"]
    found = compare(day, price2, history(day, price2)).counts
    assert (found.real_matches, found.real_shares, found.exact_matches) == (573, 249_085, 573)
    assert (found.events, found.named_events, found.absent_events, found.single_fills) == (472, 472, 24, 0)
    assert (found.missed_shares, found.invented_shares) == (0, 0)
    nothing = compare(day, price2, played()).counts
    assert (nothing.missed_matches, nothing.missed_shares, nothing.named_events) == (573, 249_085, 0)


def test_the_real_days_aggressive_matches(real_day: Path) -> None:
    day = build_real_day(real_day)
    found, _ = real_matches(day.fills, 2 * day.fills["price"])
    assert np.count_nonzero(found.aggressor_side) == 540
