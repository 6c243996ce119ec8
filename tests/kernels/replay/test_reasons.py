"""Why an order fills nothing in R: one small day for each word."""

from random import Random
from typing import Any

import numpy as np
import pytest

from kernels.replay.prepare import changes_of
from kernels.replay.reasons import REASONS, in_force
from kernels.replay.steps import Quotes
from tests.builders import NULL
from tests.kernels.replay.hand_made import DARK, LIT, SWEEP, Rows, dark_trades, day, match, order, played, quote

LATE = 4_000.0


def lit(number: int = 1, first: float = 2, last: float = LATE, leaves: int = 100, price: int = 3_400) -> Rows:
    return order(number, 1, LIT, [(first, leaves, 0), (last, leaves, 0)], price)


def seller(first: float = 3, leaves: int = 100, price: int = 3_380, **more: Any) -> Rows:
    return order(11, -1, DARK, [(first, leaves, 0), (LATE, leaves, 0)], price, **more)


def why(orders: list[Rows], quotes: Rows | None = None, simulation: Any = None, **chosen: Any) -> str:
    """Return why the one order that is asked about fills nothing."""
    found = played(day(orders, [], quotes or [quote(0)]), simulation, **chosen)
    (reason,) = found.unfilled_reason.tolist()
    return REASONS[reason]


def test_an_order_that_meets_a_contra_is_filled() -> None:
    assert why([lit(), seller()]) == "filled"


def test_an_order_that_comes_as_trading_ends_is_out_of_the_session() -> None:
    assert why([lit(first=21_600, last=21_601), seller()]) == "session"


def test_without_a_usable_quote_nothing_matches() -> None:
    assert why([lit()], [quote(0, 3_390, 3_390)]) == "quote_invalid"
    assert why([lit()], [quote(0, 3_400, 3_390)]) == "quote_invalid"
    assert why([lit(), seller(price=0)], [quote(0, 0, 3_400)]) == "quote_invalid"


def test_in_a_halt_no_quote_is_in_force() -> None:
    """Before it and from its end on one is: the one shown meanwhile, too."""
    halts = ((10, 40),)
    assert why([lit(first=20, last=30), seller()], halts=halts) == "quote_invalid"
    assert why([lit(first=20, last=30)], halts=halts) == "quote_invalid"
    assert why([lit(first=20, last=41), seller()], halts=halts) == "filled"
    assert why([lit(first=9, last=30)], halts=halts) == "no_contra"
    assert why([lit(first=20, last=41)], [quote(0, 0), quote(30)], halts=halts) == "no_contra"
    assert why([lit(first=20, last=41, price=3_370)], halts=halts) == "limit_away"


def test_the_quotes_in_force_are_those_shown_but_for_halts() -> None:
    rng = Random(5)
    for _ in range(300):
        times = sorted(rng.randrange(40) for _ in range(rng.randrange(8)))
        shown = Quotes(*(np.array(column, np.int64) for column in (times, range(len(times)), range(len(times)))))
        halts = tuple(zip(*[iter(sorted(rng.sample(range(1, 40), rng.choice((0, 2, 4, 6)))))] * 2, strict=True))
        time, bid, offer = (column.tolist() for column in in_force(shown, changes_of(0, 40, halts)))
        assert time == sorted(time)
        for t in set(range(41)) - {end for _, end in halts}:
            before = [NULL, *range(sum(s < t for s in times))]
            wanted = NULL if any(begin <= t < end for begin, end in halts) else before[-1]
            for column in (bid, offer):
                assert [NULL, *(value for s, value in zip(time, column, strict=True) if s < t)][-1] == wanted


def test_halts_that_meet_are_one() -> None:
    assert changes_of(10, 90, ()).tolist() == [10, 90]
    halts = ((60, 70), (20, 30), (30, 40), (35, 38), (50, 50))
    assert changes_of(10, 90, halts).tolist() == [10, 20, 40, 60, 70, 90]


@pytest.mark.parametrize("halt", [(10, 20), (5, 9), (80, 90), (95, 99), (40, 30)])
def test_a_halt_that_is_not_within_the_session_is_refused(halt: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"halts: {halt[0]} to {halt[1]} is not within the session from 10 to 90"):
        changes_of(10, 90, (halt,))


def test_a_fill_that_locked_quotes_alone_allow_is_kept_away_by_the_quote() -> None:
    """The upper bound matches at locked quotes; R does so where that is chosen."""
    locked = [quote(0, 3_390, 3_390)]
    assert why([lit(), seller()], locked) == "quote_invalid"
    assert why([lit(), seller()], locked, {"allow_locked": True}) == "filled"
    assert why([lit(), seller()], locked, switches=("locked",)) == "filled"
    cancelled = order(11, -1, DARK, [(3, 100, 0), (10, 100, 0)], 3_380)
    assert why([lit(), cancelled], [*locked, quote(20)]) == "quote_invalid"


def test_a_mid_beyond_the_limit_keeps_an_order_away() -> None:
    assert why([lit(price=3_370), seller()]) == "limit_away"
    assert why([lit(price=3_385), seller()], subject_limit="own") == "limit_away"
    assert why([lit(price=3_385), seller()], subject_limit="half_tick") == "filled"
    assert why([lit(price=3_385), seller()], subject_limit="half_tick", switches=("no_half_tick",)) == "limit_away"


def test_nobody_on_the_other_side() -> None:
    assert why([lit()]) == "no_contra"


def test_a_minimum_of_the_contra() -> None:
    assert why([lit(), seller(leaves=500, minimum_quantity=500, single_fill=1)]) == "contra_minimum"


def test_a_minimum_of_its_own() -> None:
    assert why([lit(), seller(leaves=30)], minimum=50) == "own_minimum"
    assert why([lit(), seller(leaves=30)], minimum=50, switches=("no_minimums",)) == "filled"


def test_who_came_earlier_took_it() -> None:
    assert why([order(12, 1, DARK, [(1, 100, 0), (LATE, 100, 0)]), lit(), seller()]) == "competed_away"


def test_an_entry_delayed_beyond_the_end_is_too_late() -> None:
    second = 1_000_000_000
    assert why([lit(last=2.5), seller()], latency_ns=second) == "too_late"
    assert why([lit(last=2.5, price=3_370), seller()], latency_ns=second) == "too_late"
    assert why([lit(price=3_370), seller()], latency_ns=second) == "limit_away"
    assert why([lit(first=21_600, last=21_605), seller()], latency_ns=second) == "session"


def test_a_minimum_above_the_quantity_asks_for_all_of_it() -> None:
    """Not for nothing at all: 100 shares with a minimum of 1,000 take 100 or none (R16), however it is amended."""
    assert why([lit(), seller(leaves=60)], minimum=1_000) == "own_minimum"
    assert why([lit(), seller()], minimum=1_000) == "filled"
    repriced = order(1, 1, LIT, [(2, 100, 0), (2.5, 100, 0), (LATE, 100, 0)])
    repriced[1]["price"] = 3_410
    assert why([repriced, seller(leaves=60)], minimum=1_000) == "own_minimum"
    larger = order(1, 1, LIT, [(2, 50, 0), (2.5, 100, 0), (LATE, 100, 0)])
    assert why([larger, seller(leaves=60)], minimum=1_000) == "own_minimum"


def test_what_rests_after_the_real_entry_has_a_minimum_of_at_most_itself() -> None:
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (LATE, 50, 100)])
    taken = order(12, -1, DARK, [(1, 100, 0), (5, 0, 100)], 3_380)
    for leaves, trades in ((30, []), (60, [(1, 11, 50)])):
        made = day([sweep, taken, seller(6, leaves)], [match(1, 5, 1, 12, 100)], [quote(0)])
        assert dark_trades(played(made, from_rest=True, minimum=100), "R") == trades


def test_without_minimums_and_half_ticks_d_has_none_either() -> None:
    made = day([lit(price=3_385), seller(leaves=30)], [], [quote(0)])
    assert dark_trades(played(made), "D") == [(1, 11, 30)]
    assert not dark_trades(played(made, switches=("no_half_tick",)), "D")
    assert not dark_trades(played(made, minimum=50), "D")
    assert dark_trades(played(made, minimum=50, switches=("no_minimums",)), "D") == [(1, 11, 30)]
