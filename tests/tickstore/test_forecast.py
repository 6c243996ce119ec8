"""What a few rows of each file tell about the rest."""

import gzip
from pathlib import Path

import pytest

from tests.tickstore.conftest import DAY_NS, OPEN, QUOTE_HEADER
from tickstore.forecast import Forecast, Outlook
from tickstore.request import ConvertRequest
from tickstore.sources import cut_chunks, find_sources
from tickstore.trade_dates import day_number, trade_calendar

FIRST = day_number("2024-09-05")


def forecast_of(folder: Path, files: dict[str, list[tuple[int, int]]], packed: bool = False) -> Forecast:
    """Return the forecast for quote files of (day, security) rows; a day of -1 is a line that is no row."""
    paths = []
    for name, rows in files.items():
        lines = [f"{i},3000,3010,{s},{OPEN + d * DAY_NS + i if d >= 0 else 'x'}" for i, (d, s) in enumerate(rows)]
        text = "\n".join([QUOTE_HEADER, *lines]) + "\n"
        paths.append(folder / name)
        paths[-1].write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    (folder / "store").mkdir()
    (folder / "store" / "manifest.jsonl").touch()  # quotes may come alone
    sources = find_sources(ConvertRequest(orders=(), nbbo=tuple(paths), store=folder / "store"))
    calendar = trade_calendar("Australia/Sydney", "19:00", ())
    return Forecast(sources, cut_chunks(sources, 4096), "Australia/Sydney", calendar)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 101 + i % 3) for i in range(99)], Outlook(FIRST, FIRST, None)),
        ([(i // 300, 101) for i in range(900)], Outlook(FIRST, FIRST + 2, "101")),
        ([(i // 300, 101 + i % 7) for i in range(900)], Outlook(FIRST, FIRST + 2, None)),
        ([(2 - i // 300, 101) for i in range(900)], Outlook(FIRST, FIRST + 2, "101")),
        ([(2 - i // 300, 101 + i % 7) for i in range(900)], None),  # in no order: anything may be anywhere
        ([(-1, 1), (-1, 1), (0, 101), (0, 101), (-1, 1)], Outlook(FIRST, FIRST, "101")),
        ([], None),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_known_by_a_few_rows(
    tmp_path: Path, rows: list[tuple[int, int]], expected: Outlook | None, packed: bool
) -> None:
    assert forecast_of(tmp_path, {"a.csv": rows}, packed).outlooks == [expected]


def test_a_partition_is_awaited_until_files_that_may_hold_it_are_read(tmp_path: Path) -> None:
    files = {
        "all.csv": [(i // 300, 101 + i % 7) for i in range(900)],
        "one.csv": [(i // 300, 103) for i in range(1500)],
    }
    forecast = forecast_of(tmp_path, files)

    def awaited() -> list[bool]:
        keys = [("103", "2024-09-05"), ("103", "2024-09-09"), ("104", "2024-09-07"), ("104", "2024-09-09")]
        return [forecast.may_come(key, {"nbbo"}) for key in keys]

    assert awaited() == [True, True, True, False]
    forecast.finished(0)
    assert awaited() == [True, True, False, False]
    forecast.finished(1)
    assert awaited() == [False, False, False, False]


def test_a_packed_file_may_hold_more_than_its_beginning_tells(tmp_path: Path) -> None:
    forecast = forecast_of(tmp_path, {"a.csv.gz": [(0, 101)] * 5}, packed=True)
    assert forecast.may_come(("101", "2024-10-01"), {"orders"})
    assert not forecast.may_come(("101", "2024-10-01"), {"orders", "nbbo"})


def test_ranges_are_read_by_time_and_files_of_one_security_by_security(tmp_path: Path) -> None:
    (tmp_path / "days").mkdir()
    (tmp_path / "securities").mkdir()
    days = {f"{day}.csv": [(day, 101 + i % 3) for i in range(300)] for day in (2, 0, 1)}
    forecast = forecast_of(tmp_path / "days", days)
    sources = [forecast._chunks[number].source for number in forecast.reading_order()]
    assert sources == sorted(sources, key=lambda n: (1, 2, 0).index(n))
    securities = {f"{s}.csv": [(i // 200, s) for i in range(600)] for s in (103, 101, 102)}
    forecast = forecast_of(tmp_path / "securities", securities)
    sources = [forecast._chunks[number].source for number in forecast.reading_order()]
    assert sources == sorted(sources, key=lambda n: (1, 2, 0).index(n))
    assert len(sources) > 6
