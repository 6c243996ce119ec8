"""Trade dates by zone, cutoff and holidays, against the calendar worked out row by row; session files."""

import datetime as dt
import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.local_time import local_instant
from tests.tickstore.conftest import DAY_NS, OPEN
from tickstore import ConvertRequest, InputError, UserError, convert, open_day, read_catalog
from tickstore.conversion.earlier_report import date_rules
from tickstore.input.session_file import read_sessions
from tickstore.times.trade_dates import day_number, day_text, first_instant, trade_calendar
from tickstore.times.trade_days import trade_days

pytestmark = pytest.mark.reduced
SYDNEY = ("Australia/Sydney", "19:00", ())
HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant\n"


def dates(stamps: list[int], zone: str, cutoff: str, holidays: tuple[str, ...]) -> list[str]:
    calendar = trade_calendar(zone, cutoff, holidays)
    days = np.empty(len(stamps), np.int32)
    trade_days(
        np.array(stamps, np.int64), calendar.changes, calendar.offsets, calendar.roll, calendar.cutoff, days
    )  # fmt: skip
    return [day_text(day) for day in days.tolist()]


def naive_date(stamp: int, zone: str, cutoff: str, holidays: tuple[str, ...]) -> str:
    local = dt.datetime.fromtimestamp(stamp // 10**9, ZoneInfo(zone))
    day = local.date()
    if local.time() >= dt.time.fromisoformat(cutoff):
        day += dt.timedelta(days=1)
        while day.weekday() >= 5 or day.isoformat() in holidays:
            day += dt.timedelta(days=1)
    return day.isoformat()


@given(
    stamps=st.lists(st.integers(10**17, 4 * 10**18), min_size=1, max_size=20),
    zone=st.sampled_from(["Australia/Sydney", "America/New_York", "Europe/London", "Asia/Kolkata", "UTC"]),
    cutoff=st.sampled_from(["19:00", "17:30", "23:59:59"]),
)
def test_trade_dates_equal_the_calendar(stamps: list[int], zone: str, cutoff: str) -> None:
    holidays = ("2024-12-25", "2024-12-26")
    assert dates(stamps, zone, cutoff, holidays) == [naive_date(s, zone, cutoff, holidays) for s in stamps]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2024-09-04 18:59:59", "2024-09-04"),
        ("2024-09-04 19:00:00", "2024-09-05"),  # the cutoff is inclusive
        ("2024-09-04 21:22:21", "2024-09-05"),  # the evening reload of the real day
        ("2024-09-06 19:00:00", "2024-09-09"),  # Friday evening: Monday
        ("2024-09-07 12:00:00", "2024-09-07"),  # a weekend row stays on its date
        ("2024-12-24 20:00:00", "2024-12-27"),  # past the holidays
        ("2024-10-05 18:59:59", "2024-10-05"),  # the day before summer time: UTC+10
        ("2024-10-06 18:59:59", "2024-10-06"),  # the day it begins: UTC+11
        ("2024-10-07 19:00:00", "2024-10-08"),
        ("2024-04-07 01:30:00", "2024-04-07"),  # the day it ends
        ("2024-04-08 19:00:00", "2024-04-09"),
    ],
)
def test_the_evening_rolls_on_both_sides_of_summer_time(local: str, expected: str) -> None:
    moment = dt.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Australia/Sydney"))
    stamp = round(moment.timestamp()) * 10**9
    assert dates([stamp], "Australia/Sydney", "19:00", ("2024-12-25", "2024-12-26")) == [expected]
    day, clock = local.split()
    assert local_instant("Australia/Sydney", day, clock) == stamp


@given(
    day=st.dates(dt.date(2023, 1, 1), dt.date(2026, 1, 1)),
    zone=st.sampled_from(["Australia/Sydney", "America/New_York", "Asia/Kolkata", "UTC"]),
    cutoff=st.sampled_from(["19:00", "17:30", "24:00"]),
)
def test_a_trade_date_starts_with_its_first_instant(day: dt.date, zone: str, cutoff: str) -> None:
    """The first instant has the date, the one before another."""
    holidays, date = ("2024-01-29", "2024-12-25", "2024-12-26"), day.isoformat()
    start = first_instant(zone, cutoff, holidays, date)
    assert dates([start], zone, cutoff, holidays) == [date]
    assert dates([start - 1], zone, cutoff, holidays)[0] != date
    assert start <= local_instant(zone, day, 0)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (("Sydney", "19:00", ()), "timezone 'Sydney' is unknown: use an IANA name such as Australia/Sydney"),
        (("UTC", "7pm", ()), "session_cutoff '7pm' is not a time of day like 19:00"),
        (("UTC", "19:00", ("25.12.2024",)), "'25.12.2024' is not a date like 2024-09-05"),
    ],
)
def test_wrong_rules_are_one_clear_line(rules: tuple[str, str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        trade_calendar(*rules)


def test_weekend_rows_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(HEADER + f"7,{OPEN + 2 * DAY_NS},5,3340,1,100,100,0,69\n")
    report = convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    assert report.partitions == (("5", "2024-09-07"),)
    assert report.warnings == ("1 rows are dated on a weekend",)


def test_a_store_knows_the_rules_of_its_trade_dates(tmp_path: Path) -> None:
    """A run of the store alone has them from there: the last cutoff, and the holidays of every conversion."""
    store = tmp_path / "store"
    assert date_rules(store) == {}
    for number, holiday in enumerate(("2024-12-25", "2023-12-25")):
        path = tmp_path / f"{number}.csv"
        path.write_text(HEADER + f"7,{OPEN + number * DAY_NS},5,3340,1,100,100,0,69\n")
        convert(ConvertRequest(orders=(path,), store=store, session_cutoff="18:00", holidays=(holiday,)))
    assert date_rules(store) == {"session_cutoff": "18:00", "holidays": ("2023-12-25", "2024-12-25")}


def test_sessions_as_spans_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("Security,Date,Start,End\n5,2024-09-05,10:02:16,16:00\n5,,09:59:45,16:10\n")
    table = read_sessions([path], *SYDNEY)
    assert table.find("5", "2024-09-05") == (OPEN + 136 * 10**9, OPEN + 6 * 3600 * 10**9)
    assert table.find("5", "2024-09-06") == (OPEN + DAY_NS - 15 * 10**9, OPEN + DAY_NS + 6 * 3600 * 10**9 + 600 * 10**9)
    assert table.find("6", "2024-09-05") is None


def test_sessions_as_the_exchange_writes_them_are_read(tmp_path: Path) -> None:
    path = tmp_path / "session.csv"
    end = OPEN + 6 * 3600 * 10**9
    rows = [(OPEN - 10**12, 4), (OPEN, 1), (OPEN + 5, 3), (OPEN + 9, 1), (end, 4), (end + 9, 3)]
    path.write_text(" Partition,OrderBookId,Timestamp,MatchingType\n" + "".join(f" 3,5,{t},{m}\n" for t, m in rows))
    assert read_sessions([path], *SYDNEY).dated == {("5", "2024-09-05"): (OPEN, OPEN + 5, OPEN + 9, end)}


def test_continuous_matching_of_no_length_is_none(tmp_path: Path) -> None:
    rows = "".join(f"5,{OPEN + at},{m}\n" for at, m in ((0, 1), (0, 3), (5, 1), (9, 4), (9, 1), (9, 3)))
    (tmp_path / "s.csv").write_text("security,time,matchingtype\n" + rows)
    assert read_sessions([tmp_path / "s.csv"], *SYDNEY).dated == {("5", "2024-09-05"): (OPEN + 5, OPEN + 9)}
    (tmp_path / "s.csv").write_text(f"security,time,matchingtype\n5,{OPEN},1\n5,{OPEN},3\n")
    assert read_sessions([tmp_path / "s.csv"], *SYDNEY).dated == {("5", "2024-09-05"): (OPEN, OPEN)}


def test_a_halt_is_what_lies_between_two_spans_of_a_session(tmp_path: Path) -> None:
    """Rows of one date or of all dates, in any order; one may be repeated, and they may touch."""
    (tmp_path / "s.csv").write_text(
        "security,date,start,end\n5,2024-09-05,13:00,16:00\n5,2024-09-05,10:00,12:00\n5,2024-09-05,13:00,16:00\n"
        "6,,12:30:30,15:00\n6,,9:00,12:30\n7,,10:00,12:00\n7,,12:00,16:00\n"
    )
    table = read_sessions([tmp_path / "s.csv"], *SYDNEY)
    hour = 3600 * 10**9
    assert table.find("5", "2024-09-05") == (OPEN, OPEN + 2 * hour, OPEN + 3 * hour, OPEN + 6 * hour)
    noon = OPEN + 2 * hour + hour // 2
    assert table.find("6", "2024-09-05") == (OPEN - hour, noon, noon + 30 * 10**9, OPEN + 5 * hour)
    assert table.find("7", "2024-09-05") == (OPEN, OPEN + 2 * hour, OPEN + 2 * hour, OPEN + 6 * hour)
    (tmp_path / "o.csv").write_text(HEADER + f"7,{OPEN},5,3340,1,100,100,0,69\n")
    convert(ConvertRequest(orders=(tmp_path / "o.csv",), sessions=(tmp_path / "s.csv",), store=tmp_path / "store"))
    (partition,) = read_catalog(tmp_path / "store").partitions
    assert partition.session == table.find("5", "2024-09-05")


@pytest.mark.parametrize(
    "date", ["2024-09-05", "2024/09/05", "20240905", "19971", "1725494400", "1725494400000", f"{OPEN - 10**9}"]
)
def test_dates_of_sessions_are_stated_like_those_of_rows(tmp_path: Path, date: str) -> None:
    (tmp_path / "s.csv").write_text(f"security,date,start,end\r\n5,{date},9:30,16:00:30\r\n")
    span = OPEN - 1800 * 10**9, OPEN + 6 * 3600 * 10**9 + 30 * 10**9
    assert read_sessions([tmp_path / "s.csv"], *SYDNEY).dated == {("5", "2024-09-05"): span}


def test_a_session_may_begin_on_the_evening_before(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("security,date,start,end\n5,2024-09-09,2024-09-06T19:10,2024-09-09T16:30\n")
    (span,) = read_sessions([tmp_path / "s.csv"], *SYDNEY).dated.values()
    assert span == (OPEN + 33 * 3600 * 10**9 + 600 * 10**9, OPEN + 4 * DAY_NS + 6 * 3600 * 10**9 + 1800 * 10**9)


def test_continuous_matching_stated_twice_begins_with_the_first(tmp_path: Path) -> None:
    rows = "".join(f"5,{t},{m}\n" for t, m in ((OPEN, 1), (OPEN + 7, 1), (OPEN + 9, 2), (OPEN + 11, 3)))
    (tmp_path / "s.csv").write_text("security,time,matchingtype\n" + rows)
    assert read_sessions([tmp_path / "s.csv"], *SYDNEY).dated == {("5", "2024-09-05"): (OPEN, OPEN + 9)}


def test_a_session_file_reaches_the_partition(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("security,start,end\n5,10:00,16:00\n")
    (tmp_path / "o.csv").write_text(HEADER + f"7,{OPEN},5,3340,1,100,100,0,69\n")
    convert(ConvertRequest(orders=(tmp_path / "o.csv",), sessions=(tmp_path / "s.csv",), store=tmp_path / "store"))
    (partition,) = read_catalog(tmp_path / "store").partitions
    assert partition.session == (OPEN, OPEN + 6 * 3600 * 10**9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("security,start\n", "a session file needs the columns security, start and end"),
        ("security,start,end\n", r"s.csv: no sessions in it"),
        ("security,start,end\n5,ten,16:00\n", r"s.csv:2: without a date, start and end are clocks such as 10:00"),
        ("security,start,end\n5,10:00,16:61\n", r"s.csv:2: a time or date cannot be read"),
        ("security,date,start,end\n5,5.9.,10:00,16:00\n", r"s.csv:2: '5.9.' is not a date like 2024-09-05"),
        ("security,date,start,end\n5,2024-02-30,10:00,16:00\n", r"s.csv:2: a time or date cannot be read"),
        ("security,date,start,end\n5,2024-09-05,10:00Z,16:00Z\n", r"s.csv:2: '10:00Z' is not a time like 10:00"),
        ("security,date,start,end\n\n5,2024-09-05,10:00\n", r"s.csv:3: '' is not a time like 10:00"),
        ("security,start,end\n,10:00,16:00\n", r"s.csv:2: the security is missing"),
        (
            "security,date,start,end\n5,2024-09-05,2023-09-05T10:00:00,2023-09-05T16:00:00\n",
            r"s.csv:2: the session is not on 2024-09-05",
        ),
        (
            "security,date,start,end\n5,2024-09-05,10:00,16:00\n5,20240905,10:00,16:00\n5,2024-09-05,10:00,15:00\n",
            r"s.csv:4: another session of 5 than a row before it states",
        ),
        ("security,start,end\n5,10:00,16:00\n5,10:00,15:00\n", r"s.csv:3: another session of 5"),
        (f"security,time,matchingtype\n5,{OPEN},1\n5,x,2\n", r"s.csv:2: .* does not end on 2024-09-05"),
        (
            f"security,time,matchingtype\n5,{OPEN},1\n5,{OPEN + DAY_NS},2\n",
            r"s.csv:2: continuous matching of 5 does not end on 2024-09-05",
        ),
        (f"security,time,matchingtype\n5,{OPEN},4\n5,x,2\n", r"s.csv:3: a time or date cannot be read"),
    ],
)
def test_a_bad_session_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises((InputError, UserError), match=message):
        read_sessions([tmp_path / "s.csv"], *SYDNEY)


def test_quotes_can_come_from_order_rows(tmp_path: Path) -> None:
    header = HEADER[:-1] + ",national_bid,national_offer\n"
    row = "7,{},5,3340,1,100,100,0,69,{},{}\n"
    snapshots = [(10, 20), (10, 20), ("", ""), (10, 30), ("", 30), (10, 30)]
    (tmp_path / "o.csv").write_text(header + "".join(row.format(OPEN + i, b, o) for i, (b, o) in enumerate(snapshots)))
    for wanted in (False, True):
        store = tmp_path / str(wanted)
        convert(ConvertRequest(orders=(tmp_path / "o.csv",), store=store, quotes_from_orders=wanted))
        day = open_day(read_catalog(store).partitions[0].path)
        null = -(2**63)
        expected = [(OPEN, 10, 20), (OPEN + 3, 10, 30), (OPEN + 4, null, 30), (OPEN + 5, 10, 30)] if wanted else []
        quotes = zip(*(day.quotes[name].tolist() for name in ("timestamp", "bid", "offer")), strict=True)
        assert list(quotes) == expected
    assert day.orders["end_quote"].tolist() == [2]
    assert day_number("2024-09-05") == 19971


def test_a_session_file_that_comes_later_or_changes_is_taken(tmp_path: Path) -> None:
    sessions, store = tmp_path / "s.csv", tmp_path / "store"
    (tmp_path / "o.csv").write_text(HEADER + f"7,{OPEN},5,3340,1,100,100,0,69\n")
    for end in ("", "16:00", "15:00", "16:00"):
        sessions.write_text(f"security,start,end\n5,10:00,{end}\n6,10:00,16:00\n")
        given = sessions if end else None
        report = convert(ConvertRequest(orders=(tmp_path / "o.csv",), sessions=(given,) if given else (), store=store))
        (partition,) = read_catalog(store).partitions
        assert partition.session == ((OPEN, OPEN + (int(end[:2]) - 10) * 3600 * 10**9) if end else None)
        assert report.written == (("5", "2024-09-05"),)
        assert report.warnings == ((f"1 sessions of {sessions} match no security and date of this input",) * bool(end))
    other = tmp_path / "other.csv"
    other.write_text("security,start,end\n5,10:00,14:00\n")
    for path, hours in ((other, 4), (sessions, 6), (None, 6)):
        convert(ConvertRequest(orders=(tmp_path / "o.csv",), sessions=(path,) if path else (), store=store))
        assert read_catalog(store).partitions[0].session == (OPEN, OPEN + hours * 3600 * 10**9)


@pytest.mark.parametrize("row", ["5,2024-09-05,16:00,10:00", "5,,10:00,10:00"])
def test_a_session_that_ends_before_it_starts_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(f"security,date,start,end\n5,2024-09-05,10:00,16:00\n\n{row}\n")
    with pytest.raises(InputError, match=r"s.csv:4: the session ends before it starts"):
        read_sessions([tmp_path / "s.csv"], *SYDNEY)


@pytest.mark.parametrize("holiday", ["2300-01-01", "1969-12-31"])
def test_holidays_beyond_the_calendar_are_refused(holiday: str) -> None:
    with pytest.raises(UserError, match=f"holiday '{holiday}' is not a date from 1970 to 2199"):
        trade_calendar("UTC", "19:00", (holiday,))


def test_several_session_files_are_read_as_one(tmp_path: Path) -> None:
    """Leading blanks, packing and columns as the exchange writes them; a day's changes may be in two files."""
    header = " Partition,Sequence,TradeDate,Id,Level,MatchingType,Name,OrderBookId,Timestamp,Type,isEndOfTrading\n"
    end = OPEN + 6 * 3600 * 10**9
    row = " 3,1,2024-09-05,9,2,{},{},5,{},1,0\n"
    (tmp_path / "a.csv").write_text(header + row.format(4, "PRE_OPEN", OPEN - 9) + row.format(1, "OPEN", OPEN))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((header + row.format(4, "PRE_CSPA", end)).encode()))
    (tmp_path / "c.csv").write_text("security,start,end\n6,10:00,16:00\n")
    (tmp_path / "d.csv").write_text(header)
    table = read_sessions([tmp_path / name for name in ("a.csv", "b.csv.gz", "c.csv", "d.csv")], *SYDNEY)
    assert table.dated == {("5", "2024-09-05"): (OPEN, end)}
    assert table.find("6", "2024-09-05") == (OPEN, end)
    (tmp_path / "e.csv").write_text("security,start,end\n\n6,10:00,15:00\n")
    with pytest.raises(InputError, match=r"e.csv:3: another session of 6 than a row before it states"):
        read_sessions([tmp_path / "c.csv", tmp_path / "e.csv"], *SYDNEY)
