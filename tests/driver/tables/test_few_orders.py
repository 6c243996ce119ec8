"""A row says itself which of its figures are of fewer than five orders."""

from pathlib import Path

import pytest

from driver.tables.aggregate import aggregate
from driver.tables.table_style import FEW, few
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.tables.from_orders import read


def names_of(count: str, row: dict[str, str]) -> list[str]:
    """Return the figures that a column counts the orders of, by the names of the columns alone."""
    name = count.removesuffix("_orders")
    later = name.removeprefix("impact_")
    alike = {"effective_spread": "eq_ratio", f"impact_{later}": f"adverse_selection_{later}_bps"}.get(name, "")
    return [one for one in (f"{name}_bps", f"{name}_s", alike) if one in row]


def expected(row: dict[str, str]) -> set[str]:
    if 0 < int(row["orders"]) < FEW:
        return {"all"}
    counts = {name: int(row[name] or 0) for name in row if name.endswith("_orders") and name != "few_orders"}
    small = [name for name, held in counts.items() if 0 < held < FEW]
    words = {"priced_orders": ["costs"], "engaged_orders": ["engaged"]}
    return {one for name in small for one in words.get(name) or names_of(name, row)}


@pytest.mark.parametrize(("held", "said"), [(0, False), (1, True), (4, True), (5, False), (None, False), ("", False)])
def test_few_is_one_to_four(held: int | str | None, said: bool) -> None:
    assert few(held) == said


def test_every_table_marks_what_is_of_few_orders(tmp_path: Path) -> None:
    aggregate(tmp_path, make_jobs(tmp_path, orders=4), SETTINGS)
    found = set()
    for table in ("global_summary", "by_security", "by_participant", "by_time_of_day", "by_order_size", "time_series"):
        for row in read(tmp_path / f"{table}.csv"):
            marked = set(row["few_orders"].split())
            assert marked == expected(row), table
            found |= marked
    assert {"all", "eq_ratio"} <= found
