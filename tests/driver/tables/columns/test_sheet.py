"""Formulas of all columns, scenarios and rows at once give what each gives of Python's integers, one by one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from driver.tables.columns.formulas import (
    NOTHING,
    Count,
    Formula,
    Half,
    Quotient,
    Sum,
    SumsBy,
    TwoSums,
    costs_bps,
    mean,
    mean_bps,
    ratio,
)
from driver.tables.columns.sheet import Sheet, in_lines
from driver.tables.table_style import cost_bps
from kernels.conventions import NULL, REST_BITS

NAMES = ("a", "b", "c", "a_rest", "none", "unknown")
A, B, C, REST, NONE = (Sum({name: 1}) for name in NAMES[:5])
VALUES = st.lists(
    st.tuples(
        st.integers(-(2**58), 2**58),
        st.integers(-100, 2**58),
        st.integers(-(2**40), 2**40),
        st.one_of(st.just(0), st.integers(-(2**55), 2**55)),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=6,
)


def lines(formulas: dict[str, Formula], values: list[tuple[int, ...]]) -> dict[str, list[int | float | None]]:
    """Return columns of a single scenario that is known everywhere, a value for each of the given rows of sums."""
    table = np.array([[*row, 0] for row in values], object).T
    if all(abs(value) < 2**60 for row in values for value in row):
        table = table.astype(np.int64)
    found, unknown = Sheet([formulas], NAMES, [Sum({"unknown": 1})], ()).lines(table)
    assert not unknown.any()
    return {name: [None if one in (None, NULL) or one != one else one for one in of] for name, of in found.items()}


def exactly(above: int, below: int) -> float | None:
    """Return the nearest double of a quotient."""
    return float(Fraction(above, below)) if below else None


@given(values=VALUES, scale=st.sampled_from([1, 2**40]))
@example(values=[(5, 0, 1, 0, 0), (5, 3, 1, 0, 1), (2**53 + 1, 3, 0, 0, 0)], scale=1)
@settings(deadline=None)
def test_columns_are_those_of_single_rows(values: list[tuple[int, ...]], scale: int) -> None:
    values = [(a * scale, b, c, rest, none) for a, b, c, rest, none in values]
    found = lines(
        {
            "count": Count(A - 3 * B + C),
            "not always": Count(C, NONE),
            "ratio": ratio(A - B, B + C, 10_000, 65_536),
            "known": ratio(C, B, unless=NONE),
            "cost": costs_bps(A, B),
            "nothing": ratio(NOTHING, B),
        },
        values,
    )
    assert found == {
        "count": [a - 3 * b + c for a, b, c, _, _ in values],
        "not always": [None if none else c for _, _, c, _, none in values],
        "ratio": [exactly(10_000 * (a - b), 65_536 * (b + c)) for a, b, c, _, _ in values],
        "known": [None if none else exactly(c, b) for _, b, c, _, none in values],
        "cost": [cost_bps(a, b) for a, b, _, _, _ in values],
        "nothing": [0.0 if b else None for _, b, _, _, _ in values],
    }


@given(values=VALUES)
@example(values=[(1, 1, 0, -(2**31) + 1, 0), (0, 1, 0, 0, 0), (3, 0, 0, 0, 0), (3, 0, 0, 1, 0)])
@settings(deadline=None)
def test_sums_with_a_rest_are_divided_to_the_last_places(values: list[tuple[int, ...]]) -> None:
    twice = TwoSums(A, REST)
    formulas: dict[str, Formula] = {
        "mean": mean_bps(twice, B),
        "minus": mean(TwoSums(C).less(twice.times(2)), B, down=3, unless=NONE),
        "half": Half(twice, NONE),
    }
    found = lines(formulas, values)
    for n, (a, b, c, rest, none) in enumerate(values):
        near(found["mean"][n], (10_000 * a, 10_000 * rest), 65_536 * b)
        near(found["minus"][n], (c - 2 * a, -2 * rest), 3 * b * (not none))
        half = Fraction((a << REST_BITS) + rest, 2 << REST_BITS)
        assert found["half"][n] == (None if none else int(half) if half.denominator == 1 else float(half))


def near(found: float | None, over: tuple[int, int], under: int) -> None:
    """Check a quotient: correctly rounded without a rest; else as good as what two doubles leave of each other."""
    whole, rest = over
    if not under:
        assert found is None
        return
    assert found is not None
    exact = Fraction((whole << REST_BITS) + rest, under << REST_BITS)
    if rest == 0:
        assert found == float(exact)
    else:
        most = abs(Fraction(max(abs(whole) << REST_BITS, abs(rest)), under << REST_BITS))
        assert abs(Fraction(found) - exact) <= most / 2**51


def test_both_sums_of_a_quotient_may_have_a_rest() -> None:
    quotient = Quotient(TwoSums(A, REST), TwoSums(B, REST))
    found = lines({"q": quotient}, [(3, 1, 0, 1 << (REST_BITS - 1), 0), (3, 2, 0, 0, 0), (0, 0, 0, 0, 0)])
    assert found == {"q": [3.5 / 1.5, 1.5, None]}


def test_scenarios_stand_below_each_other_and_may_lack_columns() -> None:
    names = ("orders", "real.unknown_orders", "A.unknown_orders", "A.filled", "real.filled")
    table: list[dict[str, Formula]] = []
    for scenario in ("real", "A"):
        sums = SumsBy(scenario, names)
        filled = sums.own("filled")
        table.append({
            "orders": Count(sums.all("orders")),
            "filled": Count(filled),
            "more": Count(filled - sums.real("filled")) if scenario == "A" else None,
            "rate": ratio(filled, sums.all("orders")),
        })  # fmt: skip
    sheet = Sheet(table, names, [SumsBy(one, names).own("unknown_orders") for one in ("real", "A")], ("orders",))
    found, unknown = sheet.lines(np.array([[4, 8], [0, 0], [0, 1], [3, 5], [2, 6]]))
    assert unknown.tolist() == [[False, False], [False, True]]
    assert found["orders"].tolist() == [4, 4, 8, 8]
    assert found["filled"].tolist() == [2, 3, 6, NULL]
    assert found["more"].tolist() == [NULL, 1, NULL, NULL]
    assert str(found["rate"].tolist()) == "[0.5, 0.75, 0.75, nan]"


def test_the_order_of_lines() -> None:
    whole = np.arange(12.0).reshape(2, 3, 2)  # columns, scenarios, rows
    found = in_lines(whole, np.array([[False, False], [False, False], [True, False]]), [1])
    assert str(found.tolist()) == "[[0.0, 2.0, nan, 1.0, 3.0, 5.0], [6.0, 8.0, 10.0, 7.0, 9.0, 11.0]]"


def test_what_happened_is_a_replayed_scenarios_own_where_it_has_some() -> None:
    names = ("fills", "P.fills", "real.cost", "P.cost", "orders")
    assert SumsBy("P", names).happened("fills").times == {"P.fills": 1}
    assert SumsBy("P", names).happened("real.cost").times == {"P.cost": 1}
    assert SumsBy("P", names).happened("orders").times == {"orders": 1}
    assert SumsBy("real", names).happened("fills").times == {"fills": 1}
    with pytest.raises(KeyError, match="no sum A"):
        SumsBy("A", names).own("cost")
