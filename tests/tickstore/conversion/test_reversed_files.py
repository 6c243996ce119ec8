"""Files that list the newest row first: rows of one instant are turned round, too."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickstore.conftest import OPEN
from tickstore import ConvertReport, ConvertRequest, DayFile, convert, open_day, read_catalog
from tickstore.request import Limits

HEADERS = {
    "orders": "order_id,timestamp,security,price,side,quantity,leaves,matched,participant",
    "trades": "order_id,timestamp,security,price,side,quantity",
    "nbbo": "timestamp,security,bid,offer",
}
SECOND = 10**9
SAID = "files that list the newest row first"


def rows_of(seconds: list[int]) -> dict[str, list[str]]:
    """Return lines of each table in true order, several of an instant where ``seconds`` repeat."""
    times = [OPEN + second * SECOND for second in sorted(seconds)]
    n = len(times)
    return {
        "orders": [f"{k % 3},{t},101,{100 + k},1,{n},{n - k},{k},7" for k, t in enumerate(times)],
        "trades": [f"{k % 3},{t},101,{100 + k},1,1" for k, t in enumerate(times)],
        "nbbo": [f"{t},101,{100 + k},{110 + k}" for k, t in enumerate(times)],
    }


def converted(folder: Path, rows: dict[str, list[str]], limits: Limits | None = None) -> tuple[DayFile, ConvertReport]:
    folder.mkdir()
    for table, lines in rows.items():
        (folder / f"{table}.csv").write_text("\n".join([HEADERS[table], *lines]) + "\n")
    paths = {table: (folder / f"{table}.csv",) for table in rows}
    report = convert(ConvertRequest(**paths, store=folder / "store", limits=limits or Limits()))  # type: ignore[arg-type]
    (partition,) = read_catalog(folder / "store").partitions
    return open_day(partition.path), report


def content(day: DayFile) -> str:
    digest: str = day.attributes["digest"]
    return digest


@given(seconds=st.lists(st.integers(0, 5), min_size=2, max_size=30).filter(lambda times: len(set(times)) > 1))
def test_a_reversed_file_is_the_same_day(seconds: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, rows = tmp_path_factory.mktemp("reversed"), rows_of(seconds)
    forwards, told = converted(folder / "a", rows)
    backwards, report = converted(folder / "b", {table: lines[::-1] for table, lines in rows.items()})
    assert content(forwards) == content(backwards)
    assert not [text for text in told.warnings if SAID in text]
    assert next(text for text in report.warnings if SAID in text).startswith(f"{SAID}: 3; first: ")


def test_byte_ranges_are_taken_from_the_last_to_the_first(tmp_path: Path) -> None:
    rows = rows_of([k // 7 for k in range(3_000)])
    forwards, _ = converted(tmp_path / "a", rows)
    small = Limits(in_memory_bytes=0, range_bytes=8_192, page_bytes=4_096, process_bytes=1 << 40)
    turned = {table: lines[::-1] for table, lines in rows.items()}
    for name, limits in (("b", small), ("c", replace(small, piece_bytes=4_096))):
        assert content(converted(tmp_path / name, turned, limits)[0]) == content(forwards)


@pytest.mark.parametrize("step", [0, 1], ids=["constant", "row numbers"])
@pytest.mark.parametrize("limits", [None, Limits(in_memory_bytes=0, range_bytes=8_192, page_bytes=4_096)])
def test_a_sequence_that_does_not_follow_time_is_left_out(step: int, limits: Limits | None, tmp_path: Path) -> None:
    rows = rows_of([k // 7 for k in range(900)])
    forwards, _ = converted(tmp_path / "a", rows)
    paths = {}
    for table, lines in rows.items():
        paths[table] = (tmp_path / f"{table}.csv",)
        numbered = [f"{line},{place * step}" for place, line in enumerate(lines[::-1])]
        paths[table][0].write_text("\n".join([HEADERS[table] + ",sequence", *numbered]) + "\n")
    report = convert(ConvertRequest(**paths, store=tmp_path / "store", limits=limits or Limits()))  # type: ignore[arg-type]
    (partition,) = read_catalog(tmp_path / "store").partitions
    assert content(open_day(partition.path)) == content(forwards)
    assert next(text for text in report.warnings if SAID in text).startswith(f"{SAID}: 3; first: ")


def test_packed_files_are_turned_round(tmp_path: Path) -> None:
    rows = rows_of([0, 0, 1, 1])
    forwards, _ = converted(tmp_path / "a", rows)
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADERS["orders"], *rows["orders"][::-1]]).encode() + b"\n"))
    convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    (partition,) = read_catalog(tmp_path / "store").partitions
    for name in ("price", "matched_quantity"):
        assert open_day(partition.path).events[name].tolist() == forwards.events[name].tolist()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["1,5,101,1,1,9,9,0,7", "1,5,101,1,1,9,4,5,7"], id="one instant"),
        pytest.param(
            ["1,9,101,1,1,9,9,0,7", "1,9,101,1,1,9,4,5,7", "2,5,101,1,1,9,9,0,7", "2,6,101,1,1,9,0,9,7"], id="rises"
        ),
    ],
)  # fmt: skip
def test_other_files_stay_as_they_are(lines: list[str], tmp_path: Path) -> None:
    rows = [line.replace(",", f",{OPEN // SECOND + int(line.split(',')[1])},", 1) for line in lines]
    rows = [",".join([*row.split(",")[:2], *row.split(",")[3:]]) for row in rows]
    day, report = converted(tmp_path / "a", {"orders": rows})
    first = day.orders["order_id"].tolist().index(1)
    mine = day.events["order_index"] == first
    assert day.events["matched_quantity"][mine].tolist() == [0, 5]
    assert not [text for text in report.warnings if SAID in text]


def test_a_sequence_says_the_order_itself(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = ["1,9,101,1,1,9,9,0,7,2", "1,9,101,1,1,9,4,5,7,3", "2,5,101,1,1,9,9,0,7,1"]
    rows = [",".join([a, str(OPEN // SECOND + int(b)), *rest]) for a, b, *rest in (line.split(",") for line in lines)]
    path.write_text("\n".join([HEADERS["orders"] + ",sequence", *rows]) + "\n")
    report = convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    (partition,) = read_catalog(tmp_path / "store").partitions
    assert open_day(partition.path).events["sequence"].tolist() == [1, 2, 3]
    assert report.warnings == ()


def test_a_file_of_one_instant_goes_by_the_others_of_its_table(tmp_path: Path) -> None:
    """An export cut into files, the newest row first, clocks to the second: one file holds rows of one second alone."""
    names = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant"
    rows = [(3, 0, 1000), (3, 500, 500), (2, 700, 300), (1, 1000, 0)]
    lines = [f"11,172549440{second},101,3350,B,1000,{leaves},{matched},69" for second, leaves, matched in rows]
    parts = lines[:2], lines[2:]
    for number, part in enumerate(parts):
        (tmp_path / f"o{number}.csv").write_text("\n".join([names, *part]) + "\n")
    paths = tuple(tmp_path / f"o{number}.csv" for number in range(2))
    report = convert(ConvertRequest(paths, tmp_path / "store"))
    assert any("newest row first: 2" in line for line in report.warnings)
    with open_day(next((tmp_path / "store").glob("*/*.h5"))) as day:
        assert day.events["matched_quantity"].tolist() == [0, 300, 500, 1000]
        assert day.orders["fault"].tolist() in ([0], [32])  # without trades: what was carried is not known
