"""What the report says first, as text of 80 columns and as Markdown, of every kind of run."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from driver.report.page import report_content
from driver.report.plain import WIDTH, report_markdown, summary_text
from tests.driver.conftest import Market
from tests.driver.report.kinds_of_runs import KINDS

CELL = re.compile(r"(?<!\\)\|")  # a bar that is not of the text


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind.__name__))
def results(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind: Callable[[Path], None] = request.param
    kind(tmp_path)
    return tmp_path


def tables(text: str) -> list[list[str]]:
    """Return the lines of each table of a Markdown text."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [block for block in blocks if block[0].startswith("|")]


def test_text_fits_and_markdown_has_whole_tables(results: Path) -> None:
    assert max(map(len, summary_text(results).splitlines())) <= WIDTH
    found = tables(report_markdown(results))
    assert len(found) == 4
    for table in found:
        assert len({len(CELL.findall(line)) for line in table}) == 1, table


def test_what_was_paid_is_told_of_a_run_whose_orders_fill_in_several_steps(market: Market) -> None:
    """No table counts the orders that have a time between fills."""
    folder = market.folder / "clean"
    paid = [line for _, lines in report_content(folder)["paid"]["groups"] for line in lines]
    assert any(orders is None for _, orders, _ in paid)
    told = report_markdown(folder)
    for label, *_ in paid:
        assert f"\n| {label} |" in told
