"""Formats, units and epochs that the user states, for times, clocks and dates; and clocks joined with dates."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.conventions import NULL
from tests.tickstore.times.clock_instants import instants
from tickstore.errors import UserError
from tickstore.times.iso_times import NO_TIME, to_utc
from tickstore.times.local_clocks import REPEATED, SKIPPED
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import UNREADABLE, join_dates, read_stated_date
from tickstore.times.stated_formats import format_clock, format_date, read_format
from tickstore.times.stated_numbers import clock_ns, number_time, read_epoch
from tickstore.times.trade_dates import local_changes, trade_calendar

DAY = 86_400 * 10**9
TEN = 1_725_494_400 * 10**9  # 2024-09-05 10:00:00 in Sydney, midnight UTC
SYDNEY = "Australia/Sydney"


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("05/09/2024 10:00:00.123", "%d/%m/%Y %H:%M:%S.%f", TEN + 123_000_000),
        ("05/09/2024 10:00:00", "%d/%m/%Y %H:%M:%S.%f", TEN),  # whole seconds have no fraction
        ("5/9/2024 10:00", "%d/%m/%Y %H:%M", TEN),
        ("9/5/2024 10:00:00 AM", "%m/%d/%Y %I:%M:%S %p", TEN),
        ("9/5/2024 12:00:00 am", "%m/%d/%Y %I:%M:%S %p", TEN - 10 * 3_600 * 10**9),
        ("240905100000123456789", "%y%m%d%H%M%S%f", TEN + 123_456_789),
        ("20240905 10:00:00+1000", "%Y%m%d %H:%M:%S%z", TEN),
        ("UTC 00.00.00 5-sep-24", "%z %H.%M.%S %d-%b-%y", TEN),
        ("249 2024T10:00:00", "%j %YT%H:%M:%S", TEN),
        ("100% 2024-09-05 10:00", "100%% %Y-%m-%d %H:%M", TEN),
        ("2015-07-01 09:59:60.5", "%Y-%m-%d %H:%M:%S.%f", 1_435_708_800 * 10**9 + 500_000_000),
        ("010199 10:00", "%d%m%y %H:%M", 915_145_200 * 10**9),
    ],
)
def test_formats_are_read(text: str, form: str, expected: int) -> None:
    assert read_format(text, form, SYDNEY) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [("31/02/2024 10:00", "%d/%m/%Y %H:%M"), ("5/9/2024", "%d/%m/%Y %H:%M"), ("366 2023 10:00", "%j %Y %H:%M"),
     ("5/9/2024 24:00", "%d/%m/%Y %H:%M"), ("5/9/2024 0:00 AM", "%d/%m/%Y %I:%M %p"), ("", "%d/%m/%Y %H:%M"),
     ("5/9/2024 10:00 ", "%d/%m/%Y %H:%M"), ("0 2024 10:00", "%j %Y %H:%M"), ("59924 10:00", "%d%m%y %H:%M"),
     ("5/9/2024 10:00:00.", "%d/%m/%Y %H:%M:%S.%f")],
)  # fmt: skip
def test_other_texts_are_refused(text: str, form: str) -> None:
    with pytest.raises(RejectError, match="time_format"):
        read_format(text, form, SYDNEY)


@pytest.mark.parametrize(
    ("form", "message"),
    [("%Y-%m-%d %H:%M:%Q", "%Q is not known; use %Y"), ("%Y-%m-%d %H:%M%", "% is not known"), ("%T", "%T is not known"),
     ("%Y-%m-%d", "has no clock"), ("%H:%M:%S", "has no date"), ("%Y-%d %H:%M", "for a date"), ("%m-%d %H:%M", "date"),
     ("%Y-%m-%d %H", "%M for a clock"), ("%Y-%m-%d %I:%M", "%I with %p"), ("%Y-%m-%d %H:%M %p", "%I with %p"),
     ("%Y-%m-%d %H:%M.%f", "%S where it has %f"), ("%Y %Y-%m-%d %H:%M", "states the year twice"), ("now", "no letters"),
     ("%y %Y-%m-%d %H:%M", "for a date"), ("%M:%S.%f%H %Y-%m-%d", "behind %f"), ("", "no letters")],
)  # fmt: skip
def test_formats_that_make_no_time_are_refused(form: str, message: str) -> None:
    with pytest.raises(UserError, match="time_format") as error:
        read_format("2024-09-05", form, SYDNEY)
    assert message in error.value.message
    assert "\n" not in error.value.message


@given(
    moment=st.datetimes(datetime(1980, 1, 2), datetime(2190, 1, 1)),
    form=st.sampled_from(
        ["%d/%m/%Y %H:%M:%S.%f", "%m-%d-%Y %I:%M:%S.%f %p", "%Y%m%d%H%M%S%f", "%Y %j %H:%M:%S.%f",
         "%b %d %Y;%H:%M:%S,%f", "%Y-%m-%d %H:%M:%S.%f %z"]
    ),
)  # fmt: skip
def test_formats_equal_the_standard_library(moment: datetime, form: str) -> None:
    aware = moment.replace(tzinfo=ZoneInfo(SYDNEY))
    text = aware.strftime(form)
    expected = (datetime.strptime(text, form).replace(tzinfo=aware.tzinfo) - datetime(1970, 1, 1, tzinfo=UTC)) // (
        timedelta(microseconds=1)
    )
    if "%z" in form:
        expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert read_format(text, form, SYDNEY) == expected * 1_000


def test_dates_and_clocks_of_two_columns() -> None:
    assert format_date("5.9.24", "%d.%m.%y") == 20240905
    assert format_date("31.2.24", "%d.%m.%y") == format_date("2024-09-05", "%d.%m.%y") == UNREADABLE
    assert format_clock("9.30.00,5", "%H.%M.%S,%f") == 34_200_500_000_000
    with pytest.raises(UserError, match="no clock"):
        format_clock("2024", "%Y-%m-%d")
    with pytest.raises(UserError, match="no date"):
        format_date("10:00", "%H:%M")
    with pytest.raises(RejectError, match="time_format"):
        format_clock("25:00", "%H:%M")


@pytest.mark.parametrize(
    ("text", "unit", "epoch", "expected"),
    [
        ("778811400000000000", "ns", "2000-01-01", 1_725_496_200 * 10**9),
        ("1409963400", "s", "1980-01-01", 1_725_496_200 * 10**9),
        ("778811400123.456", "ms", "2000-01-01", 1_725_496_200_123_456_000),
        ("45540", "d", "1899-12-30", TEN),
        ("45540.5", "d", "1899-12-30", TEN + DAY // 2),
        ("0.1", "s", "1970-01-01", 100_000_000),
        ("-0.5", "min", "1970-01-01", -30 * 10**9),
        ("1.9", "ns", "1970-01-01", 1),
        ("1.0000000009", "s", "1970-01-01", 10**9),
        ("1", "us", "1970-01-01T00:00:00.5-01:00", 3_600_500_001_000),
    ],
)
def test_numbers_count_from_their_epoch(text: str, unit: str, epoch: str, expected: int) -> None:
    assert number_time(text, unit, read_epoch(epoch)) == expected


@given(
    whole=st.integers(0, 10**20),
    fraction=st.text("0123456789", min_size=1, max_size=14),
    unit=st.sampled_from([("s", 10**9), ("ms", 10**6), ("us", 1000), ("ns", 1), ("min", 60 * 10**9), ("d", DAY)]),
)
def test_numbers_are_exact(whole: int, fraction: str, unit: tuple[str, int]) -> None:
    exact = (whole + Fraction(int(fraction), 10 ** len(fraction))) * unit[1]
    assert number_time(f"{whole}.{fraction}", unit[0], 7) == 7 + exact // 1


@pytest.mark.parametrize("text", ["", "x", ".5", "1.2.3", "+1", "1,5", "１", "10:00"])
def test_other_numbers_are_refused(text: str) -> None:
    with pytest.raises(RejectError, match="malformed time"):
        number_time(text, "s", 0)


def test_units_and_epochs_that_are_none_are_refused() -> None:
    with pytest.raises(UserError, match="unit 'h' is not known: use one of ns, 100ns, us, ms, s, min, d"):
        number_time("1", "h", 0)
    for epoch in ("", "2000", "0", "2000-13-01", "1.1.2000"):
        with pytest.raises(UserError, match="is not a date like 2000-01-01"):
            read_epoch(epoch)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("10:00:00.123456", "s", 36_000_123_456_000),
        ("9:30:00", "s", 34_200 * 10**9),
        ("9:30", "s", 34_200 * 10**9),
        ("1:30:00.5 PM", "s", 48_600_500_000_000),
        ("12:00:00 AM", "ms", 0),  # whatever the unit
        ("23:59:59.999999999", "s", DAY - 1),
        ("23:59:60.25", "s", DAY + 250_000_000),
        ("34200.017459617", "s", 34_200_017_459_617),
        ("34200", "s", 34_200 * 10**9),
        ("34200017", "ms", 34_200_017_000_000),
        ("34200017459", "us", 34_200_017_459_000),
        ("34200017459617", "ns", 34_200_017_459_617),
        ("0.5", "d", DAY // 2),
        ("100000123", "hhmmss", 36_000_123_000_000),
        ("93000123", "hhmmss", 34_200_123_000_000),
        ("93000", "hhmmss", 34_200 * 10**9),
        ("093000", "hhmmss", 34_200 * 10**9),
        ("93000.5", "hhmmss", 34_200_500_000_000),
        ("100000123456", "hhmmss", 36_000_123_456_000),
        ("1", "hhmmssfff", 1_000_000),
        ("100000", "hhmmssfff", 60 * 10**9),
        ("0", "hhmmssfff", 0),
        ("93000123456", "hhmmssffffff", 34_200_123_456_000),
    ],
)
def test_clocks(text: str, unit: str, expected: int) -> None:
    assert clock_ns(text, unit) == expected


@pytest.mark.parametrize(
    ("text", "unit"),
    [("24:00:00", "s"), ("10:00:60", "s"), ("10:0:00", "s"), ("-1", "s"), ("86401", "s"), ("10:00:00Z", "s"),
     ("13:00 PM", "s"), ("", "s"), ("1000000", "hhmmss"), ("930", "hhmmss"), ("240000", "hhmmss"), ("96000", "hhmmss"),
     ("-93000", "hhmmss"), ("1000001234", "hhmmssfff"), ("93000.5", "hhmmssfff"), ("x", "hhmmss"),
     ("10:00:00:123", "s")],
)  # fmt: skip
def test_what_is_no_clock_is_refused(text: str, unit: str) -> None:
    with pytest.raises(RejectError, match=r"malformed time|clock beyond a day"):
        clock_ns(text, unit)


def joined(clock: list[int], date: list[int], zone: str) -> list[int]:
    """Return the times of clocks and dates."""
    times, calendar = np.array(clock, np.int64), trade_calendar(zone, "19:00", ())
    join_dates(times, np.array(date, np.int64), calendar.changes, calendar.offsets)
    to_utc(times, *local_changes(zone))
    return [int(time) for time in times]


@pytest.mark.reduced
@given(
    rows=st.lists(
        st.tuples(
            st.datetimes(datetime(1980, 1, 2), datetime(2199, 12, 1)),
            st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%dT00:00:00", "days", "s", "ns"]),
        ),
        min_size=1,
        max_size=9,
    ),
    zone=st.sampled_from([SYDNEY, "America/New_York", "UTC"]),
)
def test_clocks_and_dates_equal_the_standard_library(rows: list[tuple[datetime, str]], zone: str) -> None:
    clocks, dates, expected = [], [], []
    for moment, form in rows:
        day = (moment - datetime(1970, 1, 1)).days
        clock = (moment - datetime(1970, 1, 1) - timedelta(days=day)) // timedelta(microseconds=1) * 1_000
        texts = {"days": str(day), "s": str(day * 86_400), "ns": str(day * DAY)}
        clocks.append(clock)
        dates.append(read_stated_date(texts.get(form) or moment.strftime(form)))
        shown = instants(moment, zone)
        expected.append(shown[0] if len(shown) == 1 else REPEATED if shown else SKIPPED)
    assert joined(clocks, dates, zone) == expected


@pytest.mark.reduced
def test_a_clock_without_a_date_is_no_time() -> None:
    noon = DAY // 2
    dates = [NULL, UNREADABLE, 20240230, 20241301, 20230229, 19000229, 19791231, 22000101, 3_651, 84_006, -5, 2024]
    assert joined([noon] * len(dates), dates, "UTC") == [NO_TIME] * len(dates)
    assert joined([NULL, NULL, -1], [20240905, NULL, 20240905], "UTC") == [NULL, NULL, NO_TIME]
    ends = [19800101, 21991231, 20240229, 20000229, 3_652, 84_005]
    assert NO_TIME not in joined([noon] * len(ends), ends, "UTC")


def test_a_leap_second_is_the_first_of_the_next_day() -> None:
    leap = clock_ns("23:59:60.5")
    assert joined([leap], [20150630], "UTC") == [1_435_708_800 * 10**9 + 500_000_000]


def test_an_epoch_beside_a_clock_is_the_local_date() -> None:
    midnight = TEN - 10 * 3_600 * 10**9  # in Sydney: the day before in UTC
    assert joined([36_000 * 10**9] * 2, [midnight, TEN], SYDNEY) == [TEN, TEN]
