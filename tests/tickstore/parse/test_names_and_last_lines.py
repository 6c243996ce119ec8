"""Securities with awkward names, and files whose last line has no newline."""

from pathlib import Path

import pytest

from tests.tickstore.conftest import OPEN
from tickstore import ConvertReport, ConvertRequest, convert, read_catalog, verify
from tickstore.times.reject_error import RejectError
from tickstore.times.written_times import parse_time

MIDNIGHT = 1_725_494_400 * 10**9  # of 2024-09-05, UTC
HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant\n"


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-09-05T00:00:00Z", 0),
        ("2024-09-05T00:01", 60 - 36_000),  # minutes: some writers leave out seconds that are 0
        ("2024-09-05 00:00+00:00", 0),
        ("20240905T000001Z", 1),
        ("20240905-00:00:01.000", 1 - 36_000),  # as FIX writes it
        ("2024-09-05T00:00:01,5 +0000", 1.5),
    ],
)
def test_times_are_to_the_minute_or_finer(text: str, expected: float) -> None:
    assert parse_time(text, "Australia/Sydney") == MIDNIGHT + int(expected * 10**9)


@pytest.mark.parametrize(
    "text",
    ["2024-09-05", "2024-09-05T00", "2024-09-05T10Z", "2024-09-05+10:00", "2024-09-05T10.5", "2024-09-05T10:30.5",
     "20240905T10", "2024-W36-4T10:00", "2024-09-05T", "2024-09-05T10:0", "2024-09-05T10:00:0", "10:00:00"],
)  # fmt: skip
def test_a_date_or_part_of_a_time_is_no_time(text: str) -> None:
    with pytest.raises(RejectError, match="malformed time"):
        parse_time(text, "Australia/Sydney")


NBBO = "sequence,bidprice,offerprice,orderbookid,timestamp\n"
WHOLE = ("1725494400123456789", "2024-09-05T10:00:00.5Z", "2024-09-05 10:00:00.123456+10:00", "1725494400.25")


@pytest.mark.parametrize(
    ("whole", "torn"),
    [(WHOLE[0], WHOLE[0][:count]) for count in range(1, 19)]
    + [(WHOLE[1], WHOLE[1][:count]) for count in range(1, len(WHOLE[1]))]
    + [(WHOLE[2], WHOLE[2][:count]) for count in range(1, len(WHOLE[2]))]
    + [(WHOLE[3], WHOLE[3][:10]), ("2024-09-05T10:00:00", "2024-09-05T10:00")],
)
def test_what_is_left_of_a_time_is_no_time(whole: str, torn: str, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(HEADER + row(1) + "\n")
    (tmp_path / "q.csv").write_text(f"{NBBO}1,3330,3340,101,{whole}\n2,3330,3340,101,{torn}")
    report = convert(
        ConvertRequest(orders=(tmp_path / "o.csv",), nbbo=(tmp_path / "q.csv",), store=tmp_path / "s", max_rejects=1)
    )
    assert report.reject_reasons == {"truncated last line": 1}
    assert report.tables["nbbo"].stored == 1


@pytest.mark.parametrize("whole", WHOLE)
def test_a_whole_last_line_may_end_with_a_time(whole: str, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(HEADER + row(1) + "\n")
    (tmp_path / "q.csv").write_text(f"{NBBO}1,3330,3340,101,{whole}\n2,3330,3340,101,{whole}")
    convert(ConvertRequest(orders=(tmp_path / "o.csv",), nbbo=(tmp_path / "q.csv",), store=tmp_path / "s"))
    assert sum(partition.rows["quotes"] for partition in read_catalog(tmp_path / "s").partitions) == 2
