"""Files of every packing, empty ones, files that are none, and the same file named twice."""

import bz2
import errno
import gzip
import itertools
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.tickstore.conftest import ORDER_HEADER, market_rows, write_market
from tests.tickstore.interrupted import request
from tickstore import ConvertReport, ConvertRequest, InputError, convert, inspect_file, read_catalog
from tickstore.request import Limits

TABLES = ("orders", "trades", "nbbo")
PLAIN = "order_id,time,security,price,side,quantity,leaves,matched,participant\n"
ROW = "7,1725494536001032398,5,3340,1,100,100,0,69\n"


def load(store: Path, *orders: Path, **options: Any) -> ConvertReport:
    return convert(ConvertRequest(orders=orders, store=store, **options))


def pack(source: Path, form: str) -> Path:
    """Write a CSV in another form, under a name that says nothing."""
    path = source.with_suffix(".packed")
    text = source.read_bytes()
    kind, _, codec = form.partition(" ")
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(source), path, compression=codec, row_group_size=700)
    elif form in ("gzip", "bz2"):
        path.write_bytes({"gzip": gzip, "bz2": bz2}[form].compress(text))
    else:
        path.write_bytes(pa.Codec(form).compress(text, asbytes=True))
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], str]]:
    folder = write_market(tmp_path_factory.mktemp("plain"), market_rows(1000))
    convert(request(folder))
    return folder, {(p.security, p.date): p.digest for p in read_catalog(folder / "store").partitions}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "form",
    ["gzip", "bz2", "zstd", "lz4", "parquet none", "parquet snappy", "parquet gzip", "parquet zstd", "parquet lz4",
     "parquet brotli"],
)  # fmt: skip
def test_each_table_may_come_in_each_form(
    plain: tuple[Path, dict[tuple[str, str], str]], tmp_path: Path, table: str, form: str
) -> None:
    paths: dict[str, Any] = {name: (plain[0] / f"{name}.csv",) for name in TABLES}
    copy = tmp_path / f"{table}.csv"
    copy.write_bytes(paths[table][0].read_bytes())
    paths[table] = (pack(copy, form),)
    report = convert(ConvertRequest(store=tmp_path / "store", max_rejects=0, **paths))
    assert {(p.security, p.date): p.digest for p in read_catalog(tmp_path / "store").partitions} == plain[1]
    assert report.tables[table].read == report.tables[table].stored > 0
    assert inspect_file(paths[table][0]).table == table


@pytest.mark.parametrize("form", ["plain", "gzip", "parquet zstd"])
def test_a_header_without_rows_is_taken_and_said(tmp_path: Path, form: str) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(PLAIN)
    full = tmp_path / "full.csv"
    full.write_text(PLAIN + ROW)
    if form != "plain":
        empty = pack(empty, form)
    report = load(tmp_path / "store", full, empty)
    assert (report.partitions, report.tables["orders"].read) == ((("5", "2024-09-05"),), 1)
    assert report.warnings == (f"1 of 2 files gave no rows: {empty}",)
    assert inspect_file(empty).rows_sampled == 0


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is empty"):
        load(tmp_path / "store", path)
    with pytest.raises(InputError, match="no header line"):
        inspect_file(path)
    assert not (tmp_path / "store").exists()


def test_lines_that_end_in_cr_alone_are_named(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_bytes((PLAIN + ROW).replace("\n", "\r").encode())
    for look in (inspect_file, lambda path: load(tmp_path / "store", path)):
        with pytest.raises(InputError, match="lines end in CR alone; convert them to LF or CRLF first"):
            look(path)


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null")):
        with pytest.raises(InputError, match="is not a regular file; write its content to one first"):
            load(tmp_path / "store", path)


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.csv"
    path.write_text(PLAIN + ROW)

    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"orders: cannot read .*o.csv: Permission denied"):
        load(tmp_path / "store", path)


def test_a_file_named_twice_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "o.csv"
    path.write_text(PLAIN + ROW)
    (tmp_path / "link.csv").symlink_to(path)
    names = path, Path("o.csv"), Path("./o.csv"), tmp_path / "*.csv", tmp_path / "link.csv", tmp_path / "[o].csv"
    assert load(tmp_path / "store", *names).tables["orders"].stored == 1


@pytest.mark.parametrize("sequence", [True, False])
def test_a_copy_of_a_file_is_not_converted_beside_it(tmp_path: Path, sequence: bool) -> None:
    text = ORDER_HEADER + "\n" + "\n".join(market_rows(20)["orders"]) + "\n" if sequence else PLAIN + ROW
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(text)
    with pytest.raises(InputError, match=r"orders: .*a.csv and .*b.csv hold the same, byte for byte; give one of them"):
        load(tmp_path / "store", tmp_path / "*.csv")
    assert not (tmp_path / "store").exists()
    load(tmp_path / "store", tmp_path / "a.csv")
    assert load(tmp_path / "store", tmp_path / "b.csv").written == ()


@pytest.mark.parametrize("rows", [1, 3000])
@pytest.mark.parametrize("pieces", [4096, 10_000, 1 << 24])
def test_a_packed_copy_of_a_file_is_not_converted_beside_it(tmp_path: Path, rows: int, pieces: int) -> None:
    limits = Limits(page_bytes=4096, piece_bytes=pieces)
    text = (ORDER_HEADER + "\n" + "\n".join(market_rows(rows)["orders"])).encode()
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text, mtime=1))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(text, 1, mtime=2))
    (tmp_path / "d.csv.bz2").write_bytes(bz2.compress(text))
    for one, two in itertools.combinations(sorted(tmp_path.glob("*.csv*")), 2):
        with pytest.raises(InputError, match=rf"{one.name} and .*{two.name} hold the same, byte for byte; give one"):
            load(tmp_path / "store", one, two, limits=limits)


def test_copies_of_a_header_alone_do_no_harm(tmp_path: Path) -> None:
    for name, text in (("a", ""), ("b", ""), ("c", ROW)):
        (tmp_path / f"{name}.csv").write_text(PLAIN + text)
    report = load(tmp_path / "store", tmp_path / "*.csv")
    assert (report.tables["orders"].stored, report.warnings[0][:25]) == (1, "2 of 3 files gave no rows")


@pytest.mark.parametrize(
    "time",
    [
        "20240905",
        "36000000",
        "36000000000000",
        "1",
        "20241305100000",  # no date of any month
        "202402301000001",
        "9000000000000",
        "9200000000",
    ],
)
def test_a_date_or_a_clock_is_not_taken_for_an_epoch_time(tmp_path: Path, time: str) -> None:
    path = tmp_path / "o.csv"
    path.write_text(PLAIN + ROW + ROW.replace("1725494536001032398", time))
    report = load(tmp_path / "store", path, max_rejects=1)
    assert (report.reject_reasons, report.partitions) == ({"time out of range": 1}, (("5", "2024-09-05"),))


@pytest.mark.parametrize(
    "time", ["20240905100000", "20240905100000123", "20240905-10:00:00.123", "5 Sep 2024 10:00:00"]
)
def test_a_date_with_a_clock_in_a_form_of_vendors_is_stored(tmp_path: Path, time: str) -> None:
    path = tmp_path / "o.csv"
    path.write_text(PLAIN + ROW + ROW.replace("1725494536001032398", time))
    report = load(tmp_path / "store", path)
    assert (report.tables["orders"].stored, report.partitions) == (2, (("5", "2024-09-05"),))


def test_rows_that_differ_in_columns_that_are_not_stored_are_repetitions(tmp_path: Path) -> None:
    """A message's number is the exchange's: the same number, time and content is the same message, row_num or not."""
    path = tmp_path / "o.csv"
    header, row = PLAIN.strip() + ",sequence,row_num,exchange\n", ROW.strip()
    path.write_text(header + f"{row},5,1,3\n{row},5,2,3\n{row},6,3,3\n{row},0,4,3\n{row},0,5,3\n")
    report = load(tmp_path / "store", path, max_rejects=1)
    assert (report.reject_reasons, report.tables["orders"].stored) == ({"duplicate": 1}, 4)
    assert f"{row},5,2,3" in (tmp_path / "store" / "rejects.csv").read_text()


def test_a_file_given_as_two_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(PLAIN + ROW)
    (tmp_path / "t.csv").symlink_to("o.csv")
    with pytest.raises(InputError, match=r"t.csv: given as orders and as trades; it can be one of them"):
        load(tmp_path / "store", tmp_path / "o.csv", trades=(tmp_path / "t.csv",))
