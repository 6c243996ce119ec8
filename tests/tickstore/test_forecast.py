"""What a few rows of each file tell about the rest."""

import gzip
from pathlib import Path

import pytest

from tests.tickstore.conftest import DAY_NS, OPEN, QUOTE_HEADER
from tickstore.forecast import Forecast
from tickstore.outlook import BY_DAY, BY_NAME, BY_NUMBER, Outlook
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
        ([(0, 101 + i % 3) for i in range(99)], Outlook(FIRST, FIRST, None, (BY_DAY,))),
        ([(i // 300, 101) for i in range(900)], Outlook(FIRST, FIRST + 2, "101", (BY_DAY,))),
        ([(i // 300, 101 + i % 7) for i in range(900)], Outlook(FIRST, FIRST + 2, None, (BY_DAY,))),
        ([(2 - i // 300, 101) for i in range(900)], Outlook(FIRST, FIRST + 2, "101", ())),
        ([(2 - i // 300, 101 + i % 7) for i in range(900)], None),  # in no order: anything may be anywhere
        ([(-1, 1), (-1, 1), (0, 101), (0, 101), (-1, 1)], Outlook(FIRST, FIRST, "101", (BY_DAY,))),
        ([], None),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_known_by_a_few_rows(
    tmp_path: Path, rows: list[tuple[int, int]], expected: Outlook | None, packed: bool
) -> None:
    assert forecast_of(tmp_path, {"a.csv": rows}, packed).outlooks == [expected]


@pytest.mark.parametrize(
    ("securities", "order"),
    [
        ([8, 9, 10, 11], BY_NUMBER),
        ([10, 11, 8, 9], BY_NAME),
        ([10, 8, 11, 9], None),
    ],
)
def test_securities_one_after_the_other_are_seen(tmp_path: Path, securities: list[int], order: str | None) -> None:
    rows = [(day, security) for security in securities for day in range(3) for _ in range(200)]
    outlook = forecast_of(tmp_path, {"a.csv": rows}).outlooks[0]
    assert outlook == (None if order is None else Outlook(FIRST, FIRST + 2, None, (order,)))


def test_one_day_by_security_is_told_from_a_mixture(tmp_path: Path) -> None:
    (tmp_path / "sorted").mkdir()
    (tmp_path / "mixed").mkdir()
    (tmp_path / "few").mkdir()
    rows = [(0, security) for security in range(101, 106) for _ in range(300)]
    for folder, lines, order in (
        ("sorted", rows, BY_NUMBER),
        ("mixed", rows[::-1], BY_DAY),
        ("few", rows[::300], BY_DAY),
    ):
        outlook = forecast_of(tmp_path / folder, {"a.csv": lines}).outlooks[0]
        assert outlook == Outlook(FIRST, FIRST, None, (order,))


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


def test_a_file_by_day_passes_its_days_as_it_is_read(tmp_path: Path) -> None:
    forecast = forecast_of(tmp_path, {"a.csv": [(i // 300, 101 + i % 7) for i in range(900)]})
    keys = [(security, f"2024-09-0{day}") for day in (5, 6, 7) for security in ("101", "999")]

    def state() -> list[bool]:
        assert [forecast.passed(0, key) for key in keys] == [not forecast.may_come(key, set()) for key in keys]
        return [forecast.passed(0, key) for key in keys]

    assert state() == [False] * 6
    assert not forecast.reached(0, ("104", "2024-09-05"), -1)  # where it begins
    assert state() == [False] * 6
    assert forecast.reached(0, ("101", "2024-09-06"), -1)
    assert state() == [True] * 2 + [False] * 4
    assert not forecast.reached(0, ("101", "2024-09-05"), -1)  # a row out of order
    assert state() == [True] * 2 + [False] * 4
    assert forecast.reached(0, ("101", "2024-12-24"), -1)  # none of the rows looked at was so late
    assert state() == [True] * 6
    forecast.finished(0)
    assert not any(forecast.may_come(key, set()) for key in keys)
    assert set(forecast._open.values()) == {0}


def test_a_row_far_ahead_of_the_next_one_is_a_stray(tmp_path: Path) -> None:
    forecast = forecast_of(tmp_path, {"a.csv": [(i // 300, 101 + i % 7) for i in range(900)]})
    (second, *_) = [chunk.start for chunk in forecast._chunks if chunk.start]
    assert not forecast.reached(0, ("103", "2024-12-24"), second)
    assert forecast.may_come(("101", "2024-09-06"), set())
    assert forecast.reached(0, ("103", "2024-12-24"), -1)  # nothing is known of what follows
    assert not forecast.may_come(("101", "2024-09-06"), set())


def test_a_file_by_security_passes_its_securities(tmp_path: Path) -> None:
    rows = [(day, security) for security in (8, 9, 10, 11) for day in range(3) for _ in range(200)]
    forecast = forecast_of(tmp_path, {"a.csv": rows})
    assert not forecast.may_come(("7", "2024-09-05"), set())  # the file begins after it
    assert forecast.reached(0, ("9", "2024-09-06"), -1)
    passed = [("7", "2024-09-07"), ("8", "2024-09-07"), ("9", "2024-09-05")]
    unread = [("9", "2024-09-06"), ("10", "2024-09-05"), ("100", "2024-09-05"), ("A", "2024-09-05")]
    assert [forecast.may_come(key, set()) for key in passed + unread] == [False] * 3 + [True] * 4
    assert [forecast.passed(0, key) for key in passed + unread] == [True] * 3 + [False] * 4
    forecast.finished(0)
    assert not any(forecast.may_come(key, set()) for key in passed + unread)


def test_files_by_security_agree_on_the_order(tmp_path: Path) -> None:
    """Numbers of as many digits are in order either way; beside a file where names decide, that is by name."""
    files = {
        name: [(day, security) for security in securities for day in range(3) for _ in range(200)]
        for name, securities in (("a.csv", [10, 11, 8, 9]), ("b.csv", [10, 11, 12]))
    }
    assert [o and o.order for o in forecast_of(tmp_path, files).outlooks] == [BY_NAME, BY_NAME]


def test_a_small_file_follows_the_others(tmp_path: Path) -> None:
    """Its rows are in order of days by chance, and in that of securities as well."""
    rows = [(day, security) for security in (8, 9, 10, 11) for day in range(3) for _ in range(200)]
    few = [(0, 8), (0, 9), (1, 9), (1, 10), (2, 11), (2, 11)]
    alone = forecast_of(tmp_path, {"b.csv": few}).outlooks
    (tmp_path / "both").mkdir()
    both = forecast_of(tmp_path / "both", {"a.csv": rows, "b.csv": few}).outlooks
    assert [o and o.order for o in alone + both] == [BY_DAY, BY_NUMBER, BY_NUMBER]


def test_a_few_strays_leave_the_order_of_the_rest(tmp_path: Path) -> None:
    rows = [(i // 300, 101 + i % 7) for i in range(3000)]
    outlook = forecast_of(tmp_path, {"a.csv": [*rows, (1, 103)]}).outlooks[0]
    assert outlook == Outlook(FIRST, FIRST + 9, None, (BY_DAY,))


@pytest.mark.parametrize("other", ["by security", "by day"])
def test_files_by_security_are_read_in_that_order(tmp_path: Path, other: str) -> None:
    rows = [(day, security) for security in (8, 9, 10, 11) for day in range(3) for _ in range(200)]
    rest = rows if other == "by security" else [(day, s) for day, s in sorted(rows) for _ in range(2)]
    forecast = forecast_of(tmp_path, {"a.csv": rows, "b.csv": rest})
    order = forecast.reading_order()
    for source in (0, 1):
        starts = [forecast._chunks[number].start for number in order if forecast._chunks[number].source == source]
        assert starts == sorted(starts)
    sources = [forecast._chunks[number].source for number in order]
    assert (sources == sorted(sources)) == (other == "by day")  # else both go on together


def test_files_of_a_day_each_go_one_after_the_other(tmp_path: Path) -> None:
    files = {f"{day}.csv": [(day, security) for security in range(8, 20) for _ in range(100)] for day in (2, 0, 1)}
    forecast = forecast_of(tmp_path, files)
    assert [o and o.order for o in forecast.outlooks] == [BY_NUMBER] * 3
    sources = [forecast._chunks[number].source for number in forecast.reading_order()]
    assert sources == sorted(sources, key=lambda n: (1, 2, 0).index(n))
    assert forecast.may_come(("8", "2024-09-06"), set())
    assert forecast.reached(2, ("9", "2024-09-06"), -1)
    assert not forecast.may_come(("8", "2024-09-06"), set())  # whatever the files of other days may hold
    assert forecast.may_come(("8", "2024-09-05"), set())


def test_what_is_in_flight_is_a_day_or_a_security(tmp_path: Path) -> None:
    for name, rows, share in (
        ("days", [(i // 300, 101 + i % 7) for i in range(3000)], 10),
        ("securities", [(day, s) for s in range(11, 15) for day in range(3) for _ in range(200)], 4),
        ("neither", [(2 - i // 300, 101 + i % 7) for i in range(900)], 1),
    ):
        (tmp_path / name).mkdir()
        forecast = forecast_of(tmp_path / name, {"a.csv": rows})
        assert forecast.bytes_in_flight() == sum(forecast._sizes) // share
