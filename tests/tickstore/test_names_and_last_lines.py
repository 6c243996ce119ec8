"""Securities with awkward names, and files whose last line has no newline."""

from pathlib import Path

import pytest

from tests.tickstore.conftest import OPEN
from tickstore import ConvertReport, ConvertRequest, convert, read_catalog, verify

HEADER = "id,time,security,price,side,quantity,leaves,matched,participant\n"


def load(folder: Path, *lines: str, max_rejects: int = 0) -> ConvertReport:
    path = folder / "o.csv"
    path.write_text(HEADER + "\n".join(lines))
    return convert(ConvertRequest(orders=(path,), store=folder / "store", max_rejects=max_rejects))


def row(number: int, security: str = "101") -> str:
    return f"{number},{OPEN + number},{security},3340,1,100,100,0,69"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (".convert", "%2Econvert"),
        ("..", "%2E%2E"),
        ("manifest.jsonl", "manifest%2Ejsonl"),
        ("catalog.json.tmp", "catalog%2Ejson%2Etmp"),
        ("rejects.csv", "rejects%2Ecsv"),
        ("BRK.A", "BRK.A"),
    ],
)
def test_a_security_is_never_taken_for_a_file_of_the_store(name: str, folder: str, tmp_path: Path) -> None:
    load(tmp_path, row(1, name))
    load(tmp_path, row(1, name), row(2))
    catalog = read_catalog(tmp_path / "store")
    assert [(p.security, p.path.parent.name) for p in catalog.partitions] == [("101", "101"), (name, folder)]
    assert verify(tmp_path / "store").problems == ()


def test_a_security_whose_folder_would_be_too_long_is_a_reject(tmp_path: Path) -> None:
    report = load(tmp_path, row(1, "漢" * 40), row(2, "漢" * 20), max_rejects=1)
    assert report.reject_reasons == {"name too long": 1}
    assert report.partitions == (("漢" * 20, "2024-09-05"),)


def test_a_whole_last_line_needs_no_newline(tmp_path: Path) -> None:
    report = load(tmp_path, row(1), row(2))
    count = report.tables["orders"]
    assert (count.read, count.stored, count.rejected) == (2, 2, 0)
    assert read_catalog(tmp_path / "store").partitions[0].rows["events"] == 2


@pytest.mark.parametrize("rest", ["3", row(3)[:-3], row(3).rpartition(",")[0] + ",", row(3)[:-2] + '"69'])
def test_a_torn_last_line_is_a_reject(rest: str, tmp_path: Path) -> None:
    report = load(tmp_path, row(1), rest, max_rejects=1)
    assert report.reject_reasons == {"truncated last line": 1}
    assert report.tables["orders"].stored == 1
