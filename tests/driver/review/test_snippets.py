"""The lines that a report shows to read a table do read it, with ids as text and numbers as numbers."""

import csv
from pathlib import Path
from types import ModuleType

import pytest

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
