"""Tables whose rows are measured some at a time say what they say when all are measured at once."""

from pathlib import Path
from typing import Any

import pytest

from driver.tables.aggregate import aggregate
from driver.tables.columns import tables_together
from tests.driver.job_folders import SETTINGS, make_jobs


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_tables_do_not_depend_on_how_many_rows_are_measured_at_once(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = make_jobs(tmp_path, orders=40)
    names = aggregate(tmp_path, jobs, SETTINGS).tables
    at_once = {name: (tmp_path / name).read_bytes() for name in names}
    assert at_once["time_series.csv"].count(b"\n") > 1 + 7 * 4  # more than a piece
    monkeypatch.setattr(tables_together, "AT_ONCE", rows)
    assert aggregate(tmp_path, jobs, SETTINGS).tables == names
    assert {name: (tmp_path / name).read_bytes() for name in names} == at_once


def test_rows_are_cut_into_pieces_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_together, "AT_ONCE", 3)
    one, other, third = "one", "other", "third"
    parts: Any = [(one, range(4)), (other, range(0)), (third, range(5))]
    pieces: Any = [[(name, [*rows]) for name, rows in piece] for piece in tables_together._pieces(parts)]
    assert pieces == [[(one, [0, 1, 2])], [(one, [3]), (other, []), (third, [0, 1])], [(third, [2, 3, 4])]]
