"""Subjects that enter as they really did: what they took in the dark then, nobody else can have (``from_rest``)."""

from tests.kernels.replay.hand_made import DARK, LIT, SWEEP, dark_trades, day, match, order, played, quantities, quote

RUNS = ("R", "R_optimistic", "D")


def test_a_contra_of_the_real_entry_is_not_met_again() -> None:
    """The sweep really took 100 of order 12; the book itself would have met the older order 11 first."""
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    taken = order(12, -1, DARK, [(1, 100, 0), (5, 0, 100)], 3_380)
    older = order(11, -1, DARK, [(0.5, 100, 0), (4_000, 100, 0)], 3_380)
    found = played(day([sweep, taken, older], [match(1, 5, 1, 12, 100)], [quote(0)]), from_rest=True)
    assert dark_trades(found, "P") == [(1, 11, 100), (1, 12, 50)]
    for name in RUNS:
        assert dark_trades(found, name) == [(1, 11, 50)], name
        assert quantities(found, name) == [50, 100], name
        assert found.counts[name]["displaced"] == 0


def test_a_real_entry_takes_what_its_contra_has_left_and_the_rest_is_displaced() -> None:
    """Order 13 really traded nothing before; in the book it meets the contra first, of whom 40 are left."""
    contra = order(12, -1, DARK, [(1, 100, 0), (5, 0, 100)], 3_380)
    early = order(13, 1, DARK, [(2, 60, 0), (6, 60, 0)])
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    made = day([contra, early, sweep], [match(1, 5, 1, 12, 100)], [quote(0)])
    for name in RUNS:
        found = played(made, from_rest=True)
        assert dark_trades(found, name) == [(13, 12, 60)], name
        assert found.counts[name]["displaced"] == 60


def test_the_fill_of_a_selected_contra_is_history_s_and_cut_as_the_book_has_it() -> None:
    """A selected dark order gave 100 to the entry of which the book leaves it 40: it fills all it has, once."""
    contra = order(2, -1, DARK, [(1, 100, 0), (5, 0, 100)], 3_380)
    early = order(13, 1, DARK, [(2, 60, 0), (6, 60, 0)])
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    found = played(day([contra, early, sweep], [match(1, 5, 1, 2, 100)], [quote(0)]), from_rest=True)
    for name in RUNS:
        fills = found.fills[name]
        own = [int(q) for q, row in zip(fills.quantity, fills.order_index, strict=True) if row == 0]
        assert own == [60, 40], name


def test_a_contra_that_comes_later_in_the_instant_takes_its_own_pass_first() -> None:
    """The entering order waits when a dark order of the same instant really took it: that fill comes after the rows."""
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    later = order(12, -1, DARK, [(5, 100, 0), (5, 0, 100)], 3_380)
    other = order(13, 1, DARK, [(1, 70, 0), (4_000, 70, 0)])
    found = played(day([other, sweep, later], [match(1, 5, 1, 12, 100)], [quote(0)]), from_rest=True)
    assert dark_trades(found, "R") == [(13, 12, 70), (1, 12, 30)]
    assert quantities(found, "R") == [30, 100]
    assert found.counts["R"]["displaced"] == 100


def test_without_from_rest_the_real_dark_fills_of_the_entry_say_nothing() -> None:
    sweep = order(1, 1, SWEEP, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    taken = order(12, -1, DARK, [(1, 100, 0), (5, 0, 100)], 3_380)
    older = order(11, -1, DARK, [(0.5, 100, 0), (4_000, 100, 0)], 3_380)
    found = played(day([sweep, taken, older], [match(1, 5, 1, 12, 100)], [quote(0)]))
    assert dark_trades(found, "R") == [(1, 11, 100), (1, 12, 50)]
    assert quantities(found, "R") == [50, 100]


def test_the_lit_fills_of_the_entry_stand_as_they_did() -> None:
    lit = order(1, 1, LIT, [(5, 150, 0), (5, 50, 100), (3_000, 50, 100)])
    resting = order(12, -1, SWEEP, [(1, 100, 0), (5, 0, 100)], 3_400)
    older = order(11, -1, DARK, [(0.5, 30, 0), (4_000, 30, 0)], 3_380)
    made = day([lit, resting, older], [match(1, 5, 1, 12, 100, 1, 3_400)], [quote(0)])
    found = played(made, from_rest=True)
    assert dark_trades(found, "R") == [(1, 11, 30)]
    assert quantities(found, "R") == [30, 100]
