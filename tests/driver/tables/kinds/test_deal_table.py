"""by_deal_source.csv adds jobs up, and leaves empty what some job does not know."""

from types import SimpleNamespace
from typing import cast

from driver.plan.jobs import Settings
from driver.sums.partial import Partial
from driver.tables.kinds.deal_table import DealTable
from driver.tables.table_style import TableStyle

STYLE = TableStyle.of(Settings())


def partial(**deals: dict[str, list[int]]) -> Partial:
    cells = SimpleNamespace(scenarios=("real", "A", "R"))
    return cast(Partial, SimpleNamespace(cells=cells, deals=deals))


def rows(table: DealTable) -> list[list[str]]:
    return [line.split(",") for line in table.tables(STYLE)["by_deal_source.csv"].decode().splitlines()]


def test_jobs_add_up_and_reports_have_no_share() -> None:
    table = DealTable()
    table.add(partial(real={"1": [2, 300, 600_000], "5": [1, 50, 100]}, R={"47": [1, 100, 200_000]}))
    table.add(partial(real={"1": [1, 100, 200_000]}, R={}))
    head, *lines = rows(table)
    found = {(line[0], line[3]): dict(zip(head, line, strict=True)) for line in lines}
    assert list(found) == [(source, name) for source in ("1", "5", "47") for name in ("real", "R")]
    lit = found["1", "real"]
    assert [lit[name] for name in ("fills", "quantity", "quantity_share", "notional_value")] == [
        "3",
        "400",
        "1.0",
        "400.0",
    ]
    assert (lit["meaning"], lit["venue"]) == ("continuous lit", "lit")
    assert [found["5", "real"][name] for name in ("quantity", "quantity_share")] == ["50", ""]
    assert [found["47", name]["quantity"] for name in ("real", "R")] == ["0", "100"]


def test_a_scenario_that_a_job_does_not_know_is_empty() -> None:
    table = DealTable()
    table.add(partial(real={"1": [2, 300, 600_000]}, R={"47": [1, 100, 200_000]}))
    table.add(partial(real={"1": [1, 100, 200_000]}))
    _, *lines = rows(table)
    assert [line[4:] for line in lines if line[3] == "R"] == [[""] * 4] * 2
    assert [line[5] for line in lines if line[3] == "real"] == ["400", "0"]


def test_without_fills_there_is_no_file() -> None:
    table = DealTable()
    table.add(partial())
    assert table.tables(STYLE) == {}
