"""Every kind of damage that the generator does is rejected for the right reason or repaired; none is silent."""

import csv
import json
from collections import Counter
from pathlib import Path

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


@pytest.mark.parametrize("kind", list(REJECTED))
def test_bad_rows_are_rejected_for_their_reason(kind: str, clean: dict[tuple[str, str], str], tmp_path: Path) -> None:
    folder = market(tmp_path, f"{kind}:3")
    done = json.loads((folder / "truth" / "dirt.json").read_text())
    expected = {name.partition(".")[0]: counts[kind] for name, counts in done.items() if counts.get(kind)}
    report = convert(request(folder, max_rejects=1000))
    with (folder / "store" / "rejects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["reason"] for row in rows} == {REJECTED[kind]}
    assert Counter(row["table"] for row in rows) == expected
    for row in rows:  # the line and the offset lead back to the row
        text = Path(row["file"]).read_bytes()
        assert text.splitlines()[int(row["line"]) - 1].decode() == row["raw"]
        assert text[int(row["byte_offset"]) :].startswith(row["raw"].encode())
    assert {name: count.rejected for name, count in report.tables.items() if count.rejected} == expected
    assert digests(folder) == clean
    with pytest.raises(InputError, match=rf"rows are bad, 0 allowed: nothing was stored. First: .*{REJECTED[kind]}"):
        convert(request(market(tmp_path / "strict", f"{kind}:3"), max_rejects=0))


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
    report = convert(request(folder, max_rejects=1000))
    for name, counts in done.items():
        count = report.tables[name.partition(".")[0]]
        bad = sum(counts.get(kind, 0) for kind in REJECTED) + counts.get("truncated", 0)
        assert (count.rejected, count.blank) == (bad, counts.get("blank", 0))
        text = (folder / name).read_bytes()
        assert count.read == text.count(b"\n") - 1 + (not text.endswith(b"\n"))
