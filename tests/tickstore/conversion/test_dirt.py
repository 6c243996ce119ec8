"""Every kind of damage that the generator does is rejected for the right reason or repaired; none is silent."""

import csv
import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet
import pytest

from marketgen import MarketSpec, generate
from tests.tickstore.interrupted import request
from tickstore import InputError, convert, read_catalog

REJECTED = {
    "malformed": "malformed time",
    "missing": "missing value",
    "extra": "extra fields",
    "short": "missing fields",
    "duplicate": "duplicate",
    "big_id": "out of range",
    "negative": "negative value",
    "side": "unknown side",
}
BAD = {*REJECTED, "truncated"}
IN_PARQUET = ("malformed", "missing", "duplicate", "big_id", "negative", "side")  # the others are of texts
TABLES = ("orders", "trades", "nbbo")
REPAIRED = ("quoted", "bom", "crlf", "shuffled", "blank")


def market(folder: Path, *dirt: str) -> Path:
    generate(MarketSpec(securities=(101,), date_end="2024-01-02", orders=150, dirt=dirt), folder)
    return folder


def digests(folder: Path) -> dict[tuple[str, str], str]:
    return {(p.security, p.date): p.digest for p in read_catalog(folder / "store").partitions}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    folder = market(tmp_path_factory.mktemp("clean"))
    assert convert(request(folder, max_rejects=0)).reject_reasons == {}
    return digests(folder)


class BadRow(NamedTuple):
    """A row of the rejects table."""

    table: str
    file: str
    line: int
    offset: int
    column: str
    reason: str
    raw: str


def added_rows(dirty: Path, clean: Path, kind: str) -> list[BadRow]:
    """Return the rows that a dirty file has between those of the clean one; the damaged cell names the column."""
    true, found = clean.read_text().splitlines(), []
    names = true[0].split(",")
    place, offset = 0, 0
    for number, line in enumerate(dirty.read_text().splitlines(), 1):
        if place < len(true) and line == true[place]:
            place += 1
        else:  # it stands behind the row that it was made from
            cells, from_cells = line.split(","), true[place - 1].split(",")
            other = [name for name, a, b in zip(names, cells, from_cells, strict=False) if a != b]
            column = other[0] if other and len(cells) == len(names) else ""
            found.append(BadRow(dirty.stem, str(dirty), number, offset, column, REJECTED[kind], line))
        offset += len(line) + 1
    assert place == len(true)
    return found


@pytest.mark.parametrize("kind", list(REJECTED))
def test_bad_rows_are_rejected_for_their_reason(kind: str, clean: dict[tuple[str, str], str], tmp_path: Path) -> None:
    folder = market(tmp_path, f"{kind}:3")
    done = json.loads((folder / "truth" / "dirt.json").read_text())
    expected = {name.partition(".")[0]: counts[kind] for name, counts in done.items() if counts.get(kind)}
    report = convert(request(folder, max_rejects=1000, duplicates="reject"))
    with (folder / "store" / "rejects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["table"] for row in rows) == expected
    found = [
        BadRow(r["table"], r["file"], int(r["line"]), int(r["byte_offset"]), r["column"], r["reason"], r["raw"])
        for r in rows
    ]
    undamaged = market(tmp_path / "undamaged")
    assert sorted(found) == sorted(
        bad for table in TABLES for bad in added_rows(folder / f"{table}.csv", undamaged / f"{table}.csv", kind)
    )
    assert {name: count.rejected for name, count in report.tables.items() if count.rejected} == expected
    assert digests(folder) == clean
    with pytest.raises(InputError, match=rf"rows are bad, 0 allowed: nothing was stored. First: .*{REJECTED[kind]}"):
        convert(request(market(tmp_path / "strict", f"{kind}:3"), max_rejects=0))


def test_copies_of_orders_and_trades_are_told_and_those_of_quotes_kept(
    clean: dict[tuple[str, str], str], tmp_path: Path
) -> None:
    folder = market(tmp_path, "duplicate:3")
    done = json.loads((folder / "truth" / "dirt.json").read_text())
    report = convert(request(folder, max_rejects=1000))
    rejected = {table: count.rejected for table, count in report.tables.items()}
    assert rejected == {"orders": done["orders.csv"]["duplicate"], "trades": done["trades.csv"]["duplicate"], "nbbo": 0}
    for table in TABLES[:2]:  # what is left of them is what there was
        assert report.tables[table].stored == report.tables[table].read - rejected[table]
    assert digests(folder).keys() == clean.keys()


@pytest.mark.parametrize("kind", REPAIRED)
def test_dressed_files_are_repaired(kind: str, clean: dict[tuple[str, str], str], tmp_path: Path) -> None:
    folder = market(tmp_path, f"{kind}:4")
    report = convert(request(folder, max_rejects=0))
    assert digests(folder) == clean
    blank = sum(count.blank for count in report.tables.values())
    assert (blank > 0) == (kind == "blank")


def test_null_sentinels_in_optional_columns_are_taken(tmp_path: Path) -> None:
    assert convert(request(market(tmp_path, "null:5"), max_rejects=0)).reject_reasons == {}


def test_a_truncated_file_loses_its_last_line_and_says_so(clean: dict[tuple[str, str], str], tmp_path: Path) -> None:
    folder = market(tmp_path, "truncated:1")
    report = convert(request(folder, max_rejects=3))
    assert report.reject_reasons == {"truncated last line": 3}
    assert digests(folder) == clean


def test_all_kinds_at_once_add_up(tmp_path: Path) -> None:
    kinds = [*REJECTED, *REPAIRED, "truncated"]
    folder = market(tmp_path, *(f"{kind}:2" for kind in kinds))
    done = json.loads((folder / "truth" / "dirt.json").read_text())
    report = convert(request(folder, max_rejects=1000, duplicates="reject"))
    for name, counts in done.items():
        count = report.tables[name.partition(".")[0]]
        bad = sum(counts.get(kind, 0) for kind in REJECTED) + counts.get("truncated", 0)
        assert (count.rejected, count.blank) == (bad, counts.get("blank", 0))
        text = (folder / name).read_bytes()
        assert count.read == text.count(b"\n") - 1 + (not text.endswith(b"\n"))


def reasons(folder: Path) -> dict[str, int]:
    """Return how many rows the generator made bad, by the reason that each must have."""
    totals: Counter[str] = Counter()
    for counts in json.loads((folder / "truth" / "dirt.json").read_text()).values():
        totals.update({(REJECTED | {"truncated": "truncated last line"})[k]: n for k, n in counts.items() if k in BAD})
    return dict(totals)


def test_packed_files_are_rejected_and_repaired_alike(tmp_path: Path) -> None:
    folder = market(tmp_path, *(f"{kind}:3" for kind in [*REJECTED, *REPAIRED, "null", "truncated"]))
    plain = convert(request(folder, max_rejects=1000, duplicates="reject"))
    with (folder / "store" / "rejects.csv").open(newline="") as file:
        bad = list(csv.reader(file))
    paths = {}
    for table in TABLES:
        paths[table] = (folder / f"{table}.csv.gz",)
        paths[table][0].write_bytes(gzip.compress((folder / f"{table}.csv").read_bytes()))
    packed = convert(replace(request(folder, max_rejects=1000, duplicates="reject"), store=folder / "packed", **paths))  # type: ignore[arg-type]
    assert packed.reject_reasons == plain.reject_reasons == reasons(folder)
    assert packed.tables == plain.tables
    with (folder / "packed" / "rejects.csv").open(newline="") as file:
        assert [[cell.removesuffix(".gz") for cell in row] for row in csv.reader(file)] == bad
    assert [p.digest for p in read_catalog(folder / "packed").partitions] == list(digests(folder).values())


def column_of(cells: list[str]) -> pa.Array:
    """Return cells as numbers if they are, else as texts; an empty one is null."""
    values = [None if cell == "" else cell for cell in cells]
    for kind in (pa.int64(), pa.uint64()):
        try:
            return pa.array(values, pa.string()).cast(kind)
        except pa.ArrowInvalid:
            continue
    return pa.array(values, pa.string())


@pytest.mark.parametrize("kinds", [IN_PARQUET, ("big_id", "null", "shuffled"), ("negative", "side")])
def test_parquet_is_rejected_and_repaired_alike(kinds: tuple[str, ...], tmp_path: Path) -> None:
    folder = market(tmp_path, *(f"{kind}:3" for kind in kinds))
    plain = convert(request(folder, max_rejects=1000, duplicates="reject"))
    paths = {}
    for table in TABLES:
        with (folder / f"{table}.csv").open(newline="") as file:
            names, *rows = csv.reader(file)
        columns = [column_of([row[place] for row in rows]) for place in range(len(names))]
        paths[table] = (folder / f"{table}.parquet",)
        pyarrow.parquet.write_table(pa.table(columns, names=names), paths[table][0])
    packed = convert(replace(request(folder, max_rejects=1000, duplicates="reject"), store=folder / "packed", **paths))  # type: ignore[arg-type]
    assert packed.reject_reasons == plain.reject_reasons == reasons(folder)
    assert packed.tables == plain.tables
    assert [p.digest for p in read_catalog(folder / "packed").partitions] == list(digests(folder).values())
