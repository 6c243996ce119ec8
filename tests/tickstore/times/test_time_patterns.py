"""Patterns read times as the slow path does, or leave them to it: every form, clock, format and unit, and misspelt."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.columns import I64
from tests.tickstore.times.clock_instants import instants
from tests.tickstore.times.test_written_forms import FORMS
from tickstore.times.iso_times import LOCAL, NO_TIME, to_utc
from tickstore.times.local_clocks import REPEATED, SKIPPED
from tickstore.times.pattern_forms import format_pattern, infer_clock_pattern, infer_pattern, number_pattern
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_formats import format_clock, read_format
from tickstore.times.stated_numbers import clock_ns, number_time, read_epoch
from tickstore.times.time_patterns import read_pattern
from tickstore.times.trade_dates import local_changes
from tickstore.times.written_times import parse_time

ZONES = ("Australia/Sydney", "America/New_York", "UTC", "Asia/Kolkata")
FORMATS = (
    *("%d/%m/%Y %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S %p", "%y%m%d%H%M%S%f", "%Y%m%d %H%M%S%z", "%d.%m.%y %H:%M"),
    *("%H:%M:%S.%f on %b %d %Y", "%Y年%m月%d日 %H:%M:%S,%f", "%Y-%m-%dT%H:%M:%S %z", "%I.%M.%S.%f%p %d%b%Y"),
    *("%Y %j %H:%M:%S", "%z %Y-%m-%d %H:%M:%S", "%Y-%m-%d%%%H:%M:%S:%f"),
)
clocks = st.builds(
    lambda seconds, form: (datetime(2000, 1, 1) + timedelta(seconds=seconds)).strftime(form),
    st.integers(0, 86_399),
    st.sampled_from(["%H:%M:%S", "%-H:%M:%S", "%-I:%M:%S %p", "%H:%M"]),
)
moments = st.one_of(
    st.datetimes(datetime(1979, 12, 30), datetime(2101, 1, 1)),
    st.datetimes(datetime(2024, 2, 28), datetime(2024, 3, 2)),
    st.sampled_from([datetime(2024, m, d, 2, 30) for m, d in ((3, 10), (4, 7), (10, 6), (11, 3))]),
)
fractions = st.text("0123456789", max_size=10)


def read(text: str, pattern: I64, zone: str = "UTC") -> int:
    """Return what the fast path makes of a text among others; SKIPPED and REPEATED are no times."""
    data = np.frombuffer(b"#17" + text.encode() + b"22:\n", np.uint8)
    padded = np.concatenate([np.array([-1, 7], np.int64), pattern])
    times = np.array([read_pattern(data, 3, data.shape[0] - 4, padded, 2)], np.int64)
    to_utc(times, *local_changes(zone))
    return int(times[0])


def _time(found: int) -> int | None:
    """Return what the fast path found as the slow one says it: None for a time that the clock skips or repeats."""
    return None if found in (SKIPPED, REPEATED) else found


def slow(reader: Callable[[], int]) -> int | None:
    try:
        return reader()
    except RejectError:
        return None


@st.composite
def misspelt(draw: st.DrawFn, text: str) -> str:
    """Return the text with a character changed, added, left out or what follows it cut off, or as it is."""
    place = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(" 0123569.,:-/+TDZAPMaezUCs"))
    return draw(
        st.sampled_from(
            [
                text,
                text[:place],
                text[:place] + letter + text[place + 1 :],
                text[:place] + letter + text[place:],
                text[:place] + text[place + 1 :],
            ]
        )
    )


@st.composite
def written_times(draw: st.DrawFn) -> str:
    form, fraction = draw(st.sampled_from((*FORMS, "%Y%m%d%H%M%S"))), draw(fractions)
    mark = draw(st.sampled_from(["", ".", ","])) if form == "%Y%m%d%H%M%S" else "."
    zone = draw(st.sampled_from(["", "", "Z", " UTC", "gmt", "+10:00", "-0430", " +05", "+24", "+0960"]))
    return draw(moments).strftime(form.replace("%S", f"%S{mark}{fraction}" if fraction else "%S")) + zone


@pytest.mark.reduced
@given(samples=st.lists(written_times(), min_size=1, max_size=3), data=st.data(), zone=st.sampled_from(ZONES))
def test_inferred_patterns_read_as_the_slow_path_or_not_at_all(
    samples: list[str], data: st.DataObject, zone: str
) -> None:
    pattern = infer_pattern(samples)
    if not len(pattern):
        return
    for text in [*samples, data.draw(misspelt(data.draw(st.sampled_from(samples)))), data.draw(written_times())]:
        found = read(text, pattern, zone)
        assert _time(found) in (NO_TIME, slow(lambda text=text: parse_time(text, zone))), text  # type: ignore[misc]


@given(
    moment=st.datetimes(datetime(1981, 1, 2), datetime(2098, 12, 30)).map(lambda t: t.replace(microsecond=0)),
    form=st.sampled_from([form for form in FORMS if "%B" not in form]),
    fraction=st.text("0123456789", max_size=9),
    zone=st.sampled_from(["", "Z", " UTC", "gmt", "+10:00", "-0430", " +05"]),
)
def test_times_of_a_form_are_read_by_its_pattern(moment: datetime, form: str, fraction: str, zone: str) -> None:
    """Days of one digit and two, fractions of any length or none, and offsets may stand in one column."""
    sample = datetime(2024, 12, 25, 22, 10, 33).strftime(form.replace("%S", "%S.25"))
    pattern = infer_pattern([sample, sample, "x", "", "2024-09-05T10:00:00"])
    if not len(pattern):
        assert form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%-H:%M:%S")  # as ISO has them
        return
    text = moment.strftime(form.replace("%S", f"%S.{fraction}" if fraction else "%S")) + zone
    assert read(text, pattern, "Australia/Sydney") == parse_time(text, "Australia/Sydney")


@pytest.mark.parametrize(
    "text",
    ["20240905100000", "202409051000001", "20240905100000123", "20240905100000123456", "20240905100000123456789"],
)
def test_digits_alone_are_read_by_a_pattern(text: str) -> None:
    pattern = infer_pattern([text])
    assert read(text, pattern) == parse_time(text, "UTC") // 10**9 * 10**9 + int(text[14:].ljust(9, "0"))
    assert read(text[:-1], pattern) == read(text + "0", pattern) == NO_TIME


def test_without_an_offset_a_time_is_below_local() -> None:
    data = np.frombuffer(b"2024/09/05 10:00:00.5", np.uint8)
    found = int(read_pattern(data, 0, len(data), infer_pattern([bytes(data).decode()]), 0))
    assert found == -(1_725_530_400 * 10**9 + 500_000_000) < LOCAL


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_the_days_around_changes(zone: str) -> None:
    pattern = infer_pattern(["20240905-10:00:00.123"])
    for month in (3, 4, 10, 11):
        for step in range(14 * 48):
            moment = datetime(2024, month, 1) + timedelta(minutes=30 * step)
            shown = instants(moment, zone)
            expected = shown[0] if len(shown) == 1 else REPEATED if shown else SKIPPED
            assert read(f"{moment:%Y%m%d-%H:%M:%S}", pattern, zone) == expected


@pytest.mark.parametrize(
    "text", ["1725494400", "1725494400123456789", "2024-09-05T10:00:00.1Z", "x", "05/09/2024 10:00:00", "10:00", ""]
)
def test_what_is_read_without_one_or_not_at_all_has_no_pattern(text: str) -> None:
    assert infer_pattern([text]).shape == (0,)
    assert infer_pattern([]).shape == (0,)


@given(
    seconds=st.integers(0, 9_100_000_000), fraction=fractions, data=st.data(), sample=st.sampled_from(["1725494400.5"])
)
def test_fractional_epochs(seconds: int, fraction: str, data: st.DataObject, sample: str) -> None:
    pattern = infer_pattern([sample])
    text = data.draw(misspelt(f"{seconds}.{fraction}"))
    assert read(text, pattern) in (NO_TIME, slow(lambda: parse_time(text, "UTC")))
    assert read(sample, pattern) == 1_725_494_400_500_000_000


@pytest.mark.reduced
@given(text=clocks, fraction=fractions, sample=clocks, data=st.data())
def test_clocks_are_read_as_the_slow_path_does(text: str, fraction: str, sample: str, data: st.DataObject) -> None:
    pattern = infer_clock_pattern([sample, sample, "x"])
    assert read(sample, pattern) == clock_ns(sample)
    text = data.draw(misspelt(text.replace(" ", f".{fraction} ") if " " in text else f"{text}.{fraction}"))
    assert read(text, pattern) in (NO_TIME, slow(lambda: clock_ns(text)))


@given(
    number=st.integers(0, 10**15),
    fraction=st.one_of(st.none(), fractions),
    unit=st.sampled_from(["s", "ms", "us", "ns", "min", "d", "hhmmss", "hhmmssfff"]),
    data=st.data(),
)
def test_clocks_in_units_are_read_as_the_slow_path_does(
    number: int, fraction: str | None, unit: str, data: st.DataObject
) -> None:
    number //= 10 ** data.draw(st.integers(0, 15))
    text = data.draw(misspelt(str(number) if fraction is None else f"{number}.{fraction}"))
    samples = {"d": "0.5", "hhmmss": data.draw(st.sampled_from(["93000", "93000123", "100000", "100000123456"]))}
    pattern = infer_clock_pattern([samples.get(unit, "93000123" if "f" in unit else "1000")], unit)
    assert len(pattern)
    assert read(text, pattern) in (NO_TIME, slow(lambda: clock_ns(text, unit)))


@pytest.mark.parametrize(
    ("sample", "unit", "text", "expected"),
    [
        ("100000123", "hhmmss", "93000123", 34_200_123_000_000),
        ("93000", "hhmmss", "235959", 86_399_000_000_000),
        ("93000123", "hhmmssfff", "103000123", 37_800_123_000_000),
        ("34200.017459617", "s", "34200", 34_200_000_000_000),
        ("34200000", "ms", "34200001.5", 34_200_001_500_000),
        ("34200000000000", "ns", "86399999999999", 86_399_999_999_999),
        ("0.5", "d", "0.25", 21_600_000_000_000),
        ("570", "min", "570.5", 34_230_000_000_000),
        ("9:30:00", "s", "10:00:00.123456", 36_000_123_456_000),
    ],
)
def test_clocks_of_one_column_share_a_pattern(sample: str, unit: str, text: str, expected: int) -> None:
    assert read(text, infer_clock_pattern([sample], unit)) == clock_ns(text, unit) == expected


@given(moment=moments, form=st.sampled_from(FORMATS), fraction=fractions, data=st.data(), zone=st.sampled_from(ZONES))
def test_stated_formats_are_read_as_the_slow_path_does(
    moment: datetime, form: str, fraction: str, data: st.DataObject, zone: str
) -> None:
    pattern = format_pattern(form)
    written = form.replace("%f", fraction).replace("%z", data.draw(st.sampled_from(["Z", "+1000", "-04:30", ""])))
    whole = moment.strftime(written)
    for text in (whole, data.draw(misspelt(whole))):
        expected = slow(lambda text=text: read_format(text, form, zone))  # type: ignore[misc]
        if not len(pattern):
            assert form in ("%Y %j %H:%M:%S", "%z %Y-%m-%d %H:%M:%S")
            return
        found = read(text, pattern, zone)
        assert _time(found) in (NO_TIME, expected), text
        usual = 2000 <= moment.year < 2069 if "%y" in form else 1981 < moment.year < 2098
        assert found != NO_TIME or expected is None or not usual or text != whole


@given(text=clocks, data=st.data())
def test_formats_of_clocks(text: str, data: st.DataObject) -> None:
    spelt = data.draw(misspelt(text))
    for form in ("%H:%M:%S.%f", "%I:%M:%S %p", "%H:%M"):
        found = read(spelt, format_pattern(form))
        assert found in (NO_TIME, slow(lambda form=form: format_clock(spelt, form)))  # type: ignore[misc]
        assert found != NO_TIME or read(text, format_pattern(form)) == NO_TIME or spelt != text


def test_a_format_of_a_date_alone_or_an_offset_alone_has_no_pattern() -> None:
    assert format_pattern("%d/%m/%Y").shape == format_pattern("%H:%M:%S%z").shape == (0,)


@given(
    number=st.integers(0, 2**64),
    cut=st.integers(0, 18),
    fraction=st.one_of(st.none(), fractions),
    unit=st.sampled_from(["s", "ms", "us", "ns", "min", "d"]),
    epoch=st.sampled_from(["2000-01-01", "1980-01-01", "1970-01-01", "1904-01-01", "1899-12-30", "1700-01-01+10:00"]),
)
def test_numbers_since_an_epoch(number: int, cut: int, fraction: str | None, unit: str, epoch: str) -> None:
    text = str(number // 10**cut) + ("" if fraction is None else f".{fraction}")
    zero = read_epoch(epoch)
    found, expected = read(text, number_pattern(unit, zero)), number_time(text, unit, zero)
    assert found in (NO_TIME, expected)
    fits = 0 <= expected <= 7 * 10**18 and expected - zero < 9 * 10**18
    assert found == expected or not fits or fraction == "" or len(fraction or "") > 9


def test_epochs_too_early_for_ns_have_no_pattern() -> None:
    assert number_pattern("s", read_epoch("1601-01-01")).shape == (0,)
    assert number_time("13369968000", "s", read_epoch("1601-01-01")) == 1_725_494_400 * 10**9
