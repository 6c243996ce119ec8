"""The lines that a report shows to read a table do read it, with ids as text and numbers as numbers."""

import csv
from pathlib import Path
from types import ModuleType

import pytest

from driver.review.read_back import read_table
from driver.review.snippets import Snippet, snippets
from driver.tables.aggregate import aggregate
from tests.driver.job_folders import SETTINGS, make_jobs


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    aggregate(folder, make_jobs(folder), SETTINGS)
    return folder


def shown(results: Path) -> list[Snippet]:
    found = {}
    for path in results.glob("*.csv"):
        with path.open(newline="") as file:
            found[path.name] = next(csv.reader(file))
    return snippets(found)


def rows_of(path: Path) -> int:
    with path.open(newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb"])
def test_every_table_is_read(library: str, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: ModuleType = pytest.importorskip(library)
    monkeypatch.chdir(results)
    found = shown(results)
    assert {"global_summary.csv", "by_security.csv", "statistics.csv", "outliers.csv"} <= {one.name for one in found}
    for one in found:
        table = eval(getattr(one, library), {library: module})
        if library == "duckdb":
            table = table.df()
        assert len(table) == rows_of(results / one.name), one
        if one.name == "by_security.csv":
            assert list(table["security_code"])[::4] == ["9", "101", "BRK.B"]
            assert int(table["orders"].sum()) == 4 * 370


def test_what_is_named_as_a_key_elsewhere_is_read_as_a_number(tmp_path: Path) -> None:
    """The value of what a broker traded is no value of a condition."""
    lines = dict.fromkeys(("market_participants.csv", "by_condition.csv"), f"participant_id,value\n007,{1.5}\n")
    for name, text in lines.items():
        (tmp_path / name).write_text(text)
    assert read_table(tmp_path / "market_participants.csv") == [{"participant_id": "007", "value": 1.5}]
    assert read_table(tmp_path / "by_condition.csv") == [{"participant_id": "007", "value": "1.5"}]
    found = {one.name: one.pandas for one in snippets({name: ["participant_id", "value"] for name in lines})}
    assert {name: '"value": str' in line for name, line in found.items()} == {
        "market_participants.csv": False,
        "by_condition.csv": True,
    }
