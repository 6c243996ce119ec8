"""The slow path reads the forms of vendors that are clear, refuses the others, and tells times that were cut short."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickstore.times.reject_error import RejectError
from tickstore.times.written_times import describe_forms, looks_whole, parse_time, time_shape

SYDNEY = ZoneInfo("Australia/Sydney")
TEN = 1_725_494_400 * 10**9  # 2024-09-05 10:00:00 in Sydney, midnight UTC
HOUR = 3_600 * 10**9
# Each with what strftime makes of a moment: one form a vendor, all without a fraction and an offset.
FORMS = (
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%dD%H:%M:%S", "%Y.%m.%dT%H:%M:%S"),
    *("%Y%m%d-%H:%M:%S", "%Y%m%d %H:%M:%S", "%Y%m%dT%H%M%S", "%d-%b-%Y %H:%M:%S", "%-d %b %Y %H:%M:%S"),
    *("%d%b%Y:%H:%M:%S", "%b %-d, %Y %-H:%M:%S", "%Y-%b-%d %H:%M:%S", "%d %B %Y %H:%M:%S", "%Y-%m-%dT%-H:%M:%S"),
    *("%Y/%-m/%-d %-I:%M:%S %p", "%d/%b/%Y:%H:%M:%S"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024.09.05D10:00:00.123456789", TEN + 123_456_789),
        ("2024.09.05T10:00:00", TEN),
        ("2024/09/05 10:00:00", TEN),
        ("05-SEP-2024 10:00:00.123", TEN + 123_000_000),
        ("5 sep 2024 10:00:00", TEN),
        ("05SEP2024:10:00:00.5", TEN + 500_000_000),
        ("Sep 5, 2024 10:00:00", TEN),
        ("2024-Sep-05 10:00", TEN),
        ("2024-09-05 10:00:00.123 UTC", TEN + 10 * HOUR + 123_000_000),
        ("2024-09-05 10:00:00 GMT", TEN + 10 * HOUR),
        ("2024.09.05D10:00:00 Z", TEN + 10 * HOUR),
        ("20240905-10:00:00.123", TEN + 123_000_000),
        ("20240905100000123", TEN + 123_000_000),
        ("20240905100000", TEN),
        ("20240905100000.25", TEN + 250_000_000),
        ("20240905100000123456789", TEN + 123_456_789),
        ("2024-09-05T9:30:00", TEN - HOUR // 2),
        ("2024-09-05 9:30:00 PM", TEN + 11 * HOUR + HOUR // 2),
        ("2024-09-05 12:00:00 am", TEN - 10 * HOUR),
        ("2015-06-30T23:59:60.250Z", 1_435_708_800 * 10**9 + 250_000_000),
        ("2015-07-01 09:59:60", 1_435_708_800 * 10**9),  # the same in Sydney
        ("2015-07-01T05:29:60+05:30", 1_435_708_800 * 10**9),
        ("2015-06-30 23:59:60", (1_435_708_800 - 10 * 3_600) * 10**9),  # a clock that was never set to a zone
    ],
)
def test_clear_forms_are_read(text: str, expected: int) -> None:
    assert parse_time(text, "Australia/Sydney") == expected


@pytest.mark.parametrize(
    "text",
    ["2024-09-05-10:00", "2024-09-05D1:0:00", "2024.09/05 10:00:00", "2024-09-05 10:00:60", "2024-09-05T10:59:60Z",
     "5 Spt 2024 10:00:00", "31 Feb 2024 10:00:00", "2024-09-05 13:00:00 PM", "2024-09-05 0:00:00 AM",
     "2024-09-05 24:00:00", "2024-09-05 10:00:00 AEST", "2024-09-05 10:00:00.1234567890", "2024-09-05 10:00:00 +24",
     "2024-9-5", "5 Sep 2024", "2024-09-05T9:30:61", "２０２４-09-05 10:00:00", "0000-01-01 10:00:00"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RejectError, match="malformed time"):
        parse_time(text, "Australia/Sydney")


@pytest.mark.parametrize(
    "text", ["09/05/2024 10:00:00 AM", "05.09.2024 10:00", "5-9-24 10:00:00", "05-SEP-24 10.00.00", "24-09-05T10:00"]
)
def test_dates_of_more_than_one_meaning_name_the_setting(text: str) -> None:
    with pytest.raises(RejectError, match="time_format"):
        parse_time(text, "Australia/Sydney")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024090510000012", 2_024_090_510_000_012_000),  # us of 2034
        ("2024090510000012345", 2_024_090_510_000_012_345),
        ("20241305100000", 20_241_305_100_000 * 10**6),  # no month 13: ms that are out of range
        ("00001725494400", TEN),
        ("-20240905100000", -1),
    ],
)
def test_digits_that_count_to_a_time_of_a_store_are_no_date(text: str, expected: int) -> None:
    assert parse_time(text, "Australia/Sydney") == expected


@given(
    moment=st.datetimes(datetime(1980, 1, 2), datetime(2199, 1, 1)).map(lambda t: t.replace(microsecond=0)),
    form=st.sampled_from(FORMS),
    fraction=st.text("0123456789", max_size=9),
    zone=st.sampled_from(["", "Z", " UTC", "gmt", "+10:00", "-0430", " +05"]),
)
def test_forms_equal_the_standard_library(moment: datetime, form: str, fraction: str, zone: str) -> None:
    clock = form.replace("%S", f"%S.{fraction}" if fraction else "%S")
    ahead = {"+10:00": 600, "-0430": -270, " +05": 300}.get(zone, 0)
    local = moment.replace(tzinfo=UTC) - timedelta(minutes=ahead) if zone else moment.replace(tzinfo=SYDNEY)
    expected = int(local.timestamp()) * 10**9 + int(fraction.ljust(9, "0"))
    assert parse_time(moment.strftime(clock) + zone, "Australia/Sydney") == expected


@pytest.mark.parametrize("form", FORMS)
def test_cut_short_a_time_is_not_whole_or_no_time(form: str) -> None:
    whole = datetime(2024, 10, 15, 21, 30, 45).strftime(form)
    assert looks_whole(whole, time_shape(whole))
    assert looks_whole(whole.replace("PM", "am"), time_shape(whole))
    for length in range(1, len(whole)):
        cut = whole[:length].strip()
        if looks_whole(cut, time_shape(whole)):
            with pytest.raises(RejectError):
                parse_time(cut, "UTC")


@pytest.mark.parametrize(("whole", "cut"), [("9:30:00", "9:30"), ("10:00:00", "10:00"), ("9:30:00 PM", "9:30:00")])
def test_a_clock_that_was_cut_short_is_not_whole(whole: str, cut: str) -> None:
    assert looks_whole(whole, time_shape(whole))
    assert not looks_whole(cut, time_shape(whole))


def test_every_form_that_is_described_is_read() -> None:
    forms = describe_forms().removeprefix("times are read as ").split(", each with")[0].split(", ")
    assert len(forms) == 7
    assert {parse_time(form, "Etc/GMT-10") // 10**9 for form in forms} == {TEN // 10**9, TEN // 10**9 + 36_000}
