"""The rejects table: what it keeps of earlier conversions, and how duplicates are found."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tickstore.conversion.rejects
from tests.tickstore.conftest import DAY_NS, OPEN, ORDER_HEADER
from tests.tickstore.interrupted import PAGE, small
from tickstore import ConvertReport, ConvertRequest, InputError, convert
from tickstore.conversion.parse_task import ParseTask


def row(number: int, day: int = 0, quantity: str = "100") -> str:
    return f"{number},{OPEN + day * DAY_NS + number},101,3340,1,{quantity},100,0,69,{number}"


def load(folder: Path, name: str, *rows: str, most: int = 5, **options: Any) -> ConvertReport:
    path = folder / name
    text = "\n".join([ORDER_HEADER, *rows]) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return convert(ConvertRequest(orders=(path,), store=folder / "store", max_rejects=most, **options))


def listed(report: ConvertReport) -> list[tuple[str, int, str]]:
    assert report.rejects_path is not None
    with report.rejects_path.open(newline="") as file:
        return [(Path(r["file"]).name, int(r["line"]), r["reason"]) for r in csv.DictReader(file)]


def test_rejects_of_earlier_conversions_stay(tmp_path: Path) -> None:
    first = row(1), row(2, quantity="x\0"), row(3), row(3)
    mine = [("a.csv", 3, "NUL byte"), ("a.csv", 5, "duplicate")]
    assert listed(load(tmp_path, "a.csv", *first)) == mine
    assert b"," + rb"x\x00" + b"," in (tmp_path / "store" / "rejects.csv").read_bytes()
    later = load(tmp_path, "b.csv", row(11, 1), row(12, 1, quantity="-1"))
    assert listed(later) == [*mine, ("b.csv", 3, "negative value")]
    again = load(tmp_path, "a.csv", *first)
    assert again.nothing_to_do
    assert listed(again) == listed(later)
    assert listed(load(tmp_path, "b.csv", row(11, 1), "", row(12, 1), replace=True)) == mine  # a mended file's rows go


def test_too_many_duplicates_are_not_looked_for_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(n) for n in range(1, 400)]
    sought: list[int] = []
    lines_of = tickstore.conversion.rejects._lines_of

    def counting(task: ParseTask, offsets: list[int]) -> list[int]:
        sought.append(len(offsets))
        return lines_of(task, offsets)

    monkeypatch.setattr(tickstore.conversion.rejects, "_lines_of", counting)
    with pytest.raises(InputError, match=r"399 of 798 rows are bad, 5 allowed.*First: .*a.csv:401 duplicate"):
        load(tmp_path, "a.csv", *rows, *rows)
    assert sought == [3]
    report = load(tmp_path, "a.csv", *rows, *rows, most=399)
    assert [line for _, line, _ in listed(report)] == list(range(401, 800))


@pytest.mark.parametrize(
    ("limits", "stops"),
    [
        ({}, True),
        ({"max_rejects": 3}, False),
        ({"max_rejects": 2}, True),
        ({"max_rejects": 0}, True),
        ({"max_reject_ratio": 0.03}, False),
        ({"max_reject_ratio": 0.029}, True),
        ({"max_rejects": 3, "max_reject_ratio": 0.02}, True),
        ({"max_rejects": 2, "max_reject_ratio": 0.03}, True),
        ({"max_rejects": 3, "max_reject_ratio": 0.03}, False),
    ],
)
def test_each_limit_that_is_stated_holds(limits: dict[str, float], stops: bool, tmp_path: Path) -> None:
    rows = [row(n, quantity="x" if n in (7, 8, 9) else "5") for n in range(100)]
    (tmp_path / "o.csv").write_text("\n".join([ORDER_HEADER, *rows]) + "\n")
    given = ConvertRequest(orders=(tmp_path / "o.csv",), store=tmp_path / "store", **limits)  # type: ignore[arg-type]
    if stops:
        with pytest.raises(InputError, match=r"3 of 100 rows are bad, [0-2] allowed: nothing was stored. First: .*:9 "):
            convert(given)
        assert {path.name for path in (tmp_path / "store").iterdir()} <= {"rejects.csv", ".lock"}
        assert (tmp_path / "store/rejects.csv").read_text().count("malformed number") == 3
    else:
        assert convert(given).reject_reasons == {"malformed number": 3}


@pytest.mark.parametrize("pages", [1, 1000])
def test_reading_stops_at_rows_that_are_bad_beyond_all_measure(tmp_path: Path, pages: int) -> None:
    """The line is named where the file was read from its beginning, else the byte."""
    rows = [row(n, quantity="x" if 200 < n < 210 else "100") for n in range(1, 400)]
    text = "\n".join([ORDER_HEADER, *rows]) + "\n"
    at = [f"byte {text.index(line)}" for line in rows[200:203]] if pages == 1 else []
    first = [f"a.csv at {byte}" for byte in at] or [f"a.csv:{n}" for n in (202, 203, 204)]
    told = "; .*".join(f"{place} malformed number in quantity \\('x'\\)" for place in first)
    with pytest.raises(InputError, match=rf"more than 7 rows are bad: nothing was stored\. First: .*{told}\. In quan"):
        load(tmp_path, "a.csv", *rows, most=7, limits=replace(small(pages * PAGE), rejects=7))
    listed = (tmp_path / "store/rejects.csv").read_text().splitlines()
    assert len(listed) == 1 + 9
