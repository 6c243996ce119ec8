"""Every table says which of its columns tell its rows apart; a new one cannot be forgotten."""

import csv
from pathlib import Path

import pytest

from driver.review.read_back import read_table
from driver.tables.aggregate import aggregate
from driver.tables.table_list import FILES, NO_ROWS, OTHER_FILES, ROW_KEYS, TABLES, row_keys
from tests.driver.conftest import Market
from tests.driver.job_folders import SETTINGS, make_jobs


def test_every_file_has_keys_or_a_reason_to_have_none() -> None:
    assert not {*ROW_KEYS} & {*NO_ROWS}
    assert {*ROW_KEYS, *NO_ROWS} == {*OTHER_FILES}
    assert {f"{table.name}.csv" for table in TABLES} == FILES - {*OTHER_FILES}


def check(path: Path) -> None:
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        rows, columns = list(reader), reader.fieldnames or ()
    keys = row_keys(path.name, columns)
    assert keys == ROW_KEYS.get(path.name, keys), "every key is a column"
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows), path.name
    assert len(read_table(path)) == len(rows)  # words are known from figures


def test_keys_tell_the_rows_of_every_table_apart(market: Market) -> None:
    written = {name for name in market.tables if "/" not in name and name.endswith(".csv")}
    assert written >= {"by_deal_source.csv", "unmatched.csv", "fidelity_causes.csv", "bounds.csv", "market.csv"}
    for name in written - {*NO_ROWS}:
        check(market.folder / "clean" / name)


def test_keys_tell_the_rows_of_tables_of_several_dates_apart(tmp_path: Path) -> None:
    for name in aggregate(tmp_path, make_jobs(tmp_path), SETTINGS).tables:
        check(tmp_path / name)


@pytest.mark.parametrize(
    ("columns", "keys"),
    [
        (["date", "hour", "scenario", "orders"], ("date", "hour", "scenario")),
        (["scenario", "orders"], ("scenario",)),
        (["thing", "orders"], ("thing",)),
        ([], ()),
    ],
)
def test_a_table_of_no_list_has_its_keys_first(columns: list[str], keys: tuple[str, ...]) -> None:
    assert row_keys("by_anything.csv", columns) == keys


def test_names_beside_codes_are_no_keys() -> None:
    columns = ["security_code", "security_name", "scenario", "orders"]
    assert row_keys("by_security.csv", columns) == ("security_code", "scenario")
