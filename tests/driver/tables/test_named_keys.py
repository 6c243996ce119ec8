"""Names stand beside the codes of every table, where any is known, and nothing else of a table changes."""

import csv
import io
from pathlib import Path

import pytest

from driver.tables.aggregate import aggregate
from driver.tables.csv_text import Value, csv_bytes
from driver.tables.named_keys import NamedKeys
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.tables.from_orders import read
from tickstore.input.reference_files import ParticipantFacts
from tickstore.store.names import StoredNames, StoredSecurity

NAMES = StoredNames(
    securities={"9": StoredSecurity(name="Nine, Inc"), "101": StoredSecurity(name='The "Hundred"')},
    participants={"69": ParticipantFacts(name="Gamma", type="broker")},
)
KEYS = NamedKeys(NAMES)
TABLE = csv_bytes(["date", "security_code", "x"], [["2024-01-01", "9", 1.5], ["2024-01-02", "7", None]])


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_names_follow_their_codes_and_cells_stay() -> None:
    found = rows_of(KEYS.beside(TABLE))
    assert found[0] == ["date", "security_code", "security_name", "x"]
    assert found[1:] == [["2024-01-01", "9", "Nine, Inc", "1.5"], ["2024-01-02", "7", "", ""]]


def test_both_kinds_of_codes_have_theirs() -> None:
    data = csv_bytes(["security_code", "participant_id", "y"], [["101", "69", 1], ["5", "70", 2]])
    head, first, second = rows_of(KEYS.beside(data))
    assert head == ["security_code", "security_name", "participant_id", "participant_name", "participant_type", "y"]
    assert first == ["101", 'The "Hundred"', "69", "Gamma", "broker", "1"]
    assert second == ["5", "", "70", "", "", "2"]


@pytest.mark.parametrize("data", [
    TABLE.replace(b"9", b"8"),  # no name of what it holds
    csv_bytes(["date", "x"], [["2024-01-01", 1]]),
    csv_bytes(["security_code", "security_name"], [["9", "as it was"]]),
])  # fmt: skip
def test_other_tables_stay_as_they_are(data: bytes) -> None:
    assert KEYS.beside(data) == data


def test_without_names_nothing_changes() -> None:
    assert NamedKeys(StoredNames()).beside(TABLE) == TABLE


def test_a_value_of_contrasts_is_a_security_where_it_says_so() -> None:
    data = csv_bytes(["by", "value", "x"], [["security", "9", 1], ["date", "9", 2]])
    assert rows_of(KEYS.beside(data)) == [
        ["by", "value", "security_name", "x"], ["security", "9", "Nine, Inc", "1"], ["date", "9", "", "2"],
    ]  # fmt: skip


def test_a_value_of_fill_curves_is_a_security_or_a_participant_where_it_says_so() -> None:
    rows: list[list[Value]] = [
        ["all", "all", 1], ["security_code", "9", 2], ["participant_id", "69", 3], ["date", "9", 4],
    ]  # fmt: skip
    assert rows_of(KEYS.beside(csv_bytes(["breakdown", "value", "x"], rows))) == [
        ["breakdown", "value", "security_name", "participant_name", "participant_type", "x"],
        ["all", "all", "", "", "", "1"],
        ["security_code", "9", "Nine, Inc", "", "", "2"],
        ["participant_id", "69", "", "Gamma", "broker", "3"],
        ["date", "9", "", "", "", "4"],
    ]
    other = csv_bytes(["breakdown", "value", "x"], [["hour", "9", 1.5], ["all", "all", None]])
    assert KEYS.beside(other) == other


def test_every_table_of_a_run_has_the_names_that_are_known(tmp_path: Path) -> None:
    """Beside that, named and unnamed runs have the same tables."""
    plain, named = tmp_path / "plain", tmp_path / "named"
    aggregate(plain, make_jobs(plain), SETTINGS)
    aggregate(named, make_jobs(named), SETTINGS, NAMES)
    for path in sorted(plain.glob("*.csv")):
        old, new = read(path), read(named / path.name)
        added = {"security_name", "participant_name", "participant_type"}
        if path.stem == "sensitivity":
            assert [row["saving_bps"] for row in old] == [row["saving_bps"] for row in new]
            continue
        assert [{key: row[key] for key in row if key not in added} for row in new] == old
        for row in new:
            if "security_code" in row and any("security_name" in one for one in new):
                known = NAMES.securities.get(row["security_code"])
                assert row["security_name"] == (known.name if known else "")
            if row.get("participant_id") == "69":
                assert (row["participant_name"], row["participant_type"]) == ("Gamma", "broker")
    held = {"by_security", "saving_split", "data_quality", "outliers"}
    assert all("security_name" in read(named / f"{name}.csv")[0] for name in held)


def test_a_security_of_which_no_job_is_done_has_its_name_where_its_days_are_missing(tmp_path: Path) -> None:
    jobs = [job for job in make_jobs(tmp_path, orders=20) if job.security == "9"]
    aggregate(tmp_path, jobs, SETTINGS, NAMES, missing=[("101", "2024-01-01"), ("7", "2024-01-01")])
    lines = rows_of((tmp_path / "data_quality.csv").read_bytes())
    assert lines[0][:2] == ["security_code", "security_name"]
    missing = [line for line in lines if line[3] == "jobs_missing"]
    assert [line[:3] for line in missing] == [
        ["all", "", "all"], ["101", 'The "Hundred"', "2024-01-01"], ["7", "", "2024-01-01"],
    ]  # fmt: skip
