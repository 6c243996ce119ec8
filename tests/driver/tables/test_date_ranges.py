"""Dates that can hardly be are told from those that most of a run has."""

import pytest

from driver.tables.date_ranges import implausible_dates


@pytest.mark.parametrize(
    ("dates", "odd"),
    [
        ([], []),
        (["2024-09-05"], []),
        (["1994-09-05"], ["1994-09-05"]),
        (["2024-09-05", "2024-09-06", "2013-09-05"], ["2013-09-05"]),
        (["2024-09-05", "2015-09-05"], []),  # nine years
        (["2054-09-05", "2024-09-05"], ["2024-09-05"]),  # as many: one of them is doubted
        (["2054-09-05", "2024-09-05", "2024-09-05", "2024-09-06"], ["2054-09-05"]),
        (["2024-09-05", "2016-09-05", "2008-09-05", "2000-09-05", "1999-12-31"], ["1999-12-31"]),
    ],
)
def test_dates_far_from_most(dates: list[str], odd: list[str]) -> None:
    assert implausible_dates(dates) == frozenset(odd)
