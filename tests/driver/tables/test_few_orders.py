"""A row says itself which of its figures are of fewer than five orders."""

from pathlib import Path

import pytest

from driver.tables.aggregate import aggregate
from driver.tables.table_style import few
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.tables.from_orders import few_words, read


@pytest.mark.parametrize(("held", "said"), [(0, False), (1, True), (4, True), (5, False), (None, False), ("", False)])
def test_few_is_one_to_four(held: int | str | None, said: bool) -> None:
    assert few(held) == said


def test_every_table_marks_what_is_of_few_orders(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path, orders=4), SETTINGS)
    found = set()
    for table in ("global_summary", "by_security", "by_participant", "by_time_of_day", "by_order_size", "time_series"):
        for row in read(tmp_path / f"{table}.csv"):
            marked = set(row["few_orders"].split())
            assert marked == few_words(row), table
            found |= marked
    assert {"all", "eq_ratio"} <= found
