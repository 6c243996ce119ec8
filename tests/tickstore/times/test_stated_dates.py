"""The trade date a file states is compared with the one its time gives, counted, and changes nothing (decisions 1)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketgen import MarketSpec, generate
from tests.tickstore.interrupted import request
from tickstore import ConvertReport, ConvertRequest, convert, read_catalog
from tickstore.times.stated_dates import count_other_dates, read_stated_date
from tickstore.times.trade_dates import day_number, trade_calendar

ZONE = ZoneInfo("Australia/Sydney")
HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant,date\n"
NOON = 1_725_501_600 * 10**9  # 2024-09-05 12:00 in Sydney
EVENING = NOON + 7 * 3600 * 10**9  # 19:00: the next day's


def converted(
    folder: Path, rows: list[tuple[int, str]], zone: str = "Australia/Sydney", **options: object
) -> ConvertReport:
    folder.mkdir(exist_ok=True)
    path = folder / "orders.csv"
    path.write_text(HEADER + "".join(f"{n},{t},5,3340,1,100,100,0,69,{text}\n" for n, (t, text) in enumerate(rows)))
    return convert(ConvertRequest(orders=(path,), store=folder / "store", timezone=zone, max_rejects=0, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["2024-09-05", "20240905", "2024/09/05", "2024.09.05", "2024-09-05 00:00:00", "2024-09-05T10:00:00.5",
     '"2024-09-05"', " 2024-09-05 ", "19971", "1725494400", "1725494400000", "1725494400000000",
     "1725494400000000000",
     str((1_725_494_400 - 10 * 3600) * 10**9), "", "-9223372036854775808"],
)  # fmt: skip
def test_equal_dates_in_any_form_are_silent(tmp_path: Path, text: str) -> None:
    report = converted(tmp_path, [(NOON, text)])
    assert (report.tables["orders"].other_dates, report.warnings) == (0, ())


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2024-09-04", "2024-09-04"), ("20240906", "2024-09-06"), ("1725408000000000000", "2024-09-04"),
     ("19970", "2024-09-04"), ("5 Sep 2024", "no readable date"), ("2024-13-05", "no readable date"),
     ("-5", "no readable date"), ("x", "no readable date"), ("99999999999999999999999", "no readable date"),
     ("2024-09-0", "no readable date")],
)  # fmt: skip
def test_other_dates_are_counted_and_shown(tmp_path: Path, text: str, shown: str) -> None:
    report = converted(tmp_path, [(NOON, "2024-09-05"), (NOON, text), (NOON + 1, text)])
    count = report.tables["orders"]
    assert (count.stored, count.rejected, count.other_dates) == (3, 0, 2)
    (warning,) = [text for text in report.warnings if "read slowly" not in text]
    assert warning.startswith("2 of 3 rows of orders state another trade date than their time, zone and cutoff give")
    assert warning.endswith(f"first: {shown} where the time gives 2024-09-05")
    assert [p.date for p in read_catalog(tmp_path / "store").partitions] == ["2024-09-05"]


def test_evening_rows_are_compared_with_the_day_they_roll_to(tmp_path: Path) -> None:
    report = converted(tmp_path, [(NOON, "2024-09-05"), (EVENING, "2024-09-06"), (EVENING + 1, "2024-09-05")])
    assert report.partitions == (("5", "2024-09-05"), ("5", "2024-09-06"))
    assert report.warnings[0].endswith("first: 2024-09-05 where the time gives 2024-09-06")
    assert report.tables["orders"].other_dates == 1


def test_a_midnight_of_utc_is_that_date_in_every_zone_and_other_times_are_local(tmp_path: Path) -> None:
    noon = 1_725_555_600 * 10**9  # 2024-09-05 13:00 in New York
    local_midnight = 1_725_508_800 * 10**9
    texts = [str(1_725_494_400 * 10**9), str(local_midnight)]
    report = converted(tmp_path, [(noon, text) for text in texts], "America/New_York")
    assert (report.partitions, report.warnings) == ((("5", "2024-09-05"),), ())


def test_the_counts_stay_with_the_store(tmp_path: Path) -> None:
    rows = [(NOON, "2024-09-04")]
    first = converted(tmp_path, rows)
    path = tmp_path / "orders.csv"
    again = convert(ConvertRequest(orders=(path,), store=tmp_path / "store", max_rejects=0))
    assert (again.nothing_to_do, again.warnings) == (True, first.warnings)
    assert again.tables["orders"].other_dates == 1


def test_dates_do_not_tell_rows_apart(tmp_path: Path) -> None:
    """A row that states another date is the same row: the column is not stored."""
    plain = converted(tmp_path / "a", [(NOON, "2024-09-05")])
    other = converted(tmp_path / "b", [(NOON, "2024-09-04")])
    assert plain.partitions == other.partitions
    digests = [read_catalog(tmp_path / name / "store").partitions[0].digest for name in "ab"]
    assert digests[0] == digests[1]


def test_the_real_quotes_state_the_day_before(real_day: Path, tmp_path: Path) -> None:
    orders, trades, nbbo = ((real_day / f"{name}.csv",) for name in ("orders", "trades", "nbbo"))
    report = convert(ConvertRequest(orders=orders, trades=trades, nbbo=nbbo, store=tmp_path / "store"))
    assert {table: count.other_dates for table, count in report.tables.items()} == {
        "orders": 0,
        "trades": 0,
        "nbbo": 457,
    }
    assert report.warnings == (
        "457 of 457 rows of nbbo state another trade date than their time, zone and cutoff give, which counts; "
        "first: 2024-09-04 where the time gives 2024-09-05",
    )


def test_the_generator_states_the_right_dates(tmp_path: Path) -> None:
    generate(MarketSpec(securities=(101,), date_end="2024-01-03", orders=200), tmp_path)
    report = convert(request(tmp_path))
    assert [count.other_dates for count in report.tables.values()] == [0, 0, 0]


@pytest.mark.reduced
@given(
    days=st.integers(1, 60_000),
    second=st.one_of(st.just(0), st.integers(0, 86_399)),
    form=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "days", "s", "ms", "us", "ns"]),
)
def test_dates_equal_the_standard_library(days: int, second: int, form: str) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days, seconds=second)
    units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
    if form == "days":
        text, expected = str(days), moment.date()
    elif form in units:
        seconds = days * 86_400 + second
        if seconds < 10**8:  # fewer digits mean something else
            return
        text, expected = str(seconds * units[form]), moment.date() if second == 0 else moment.astimezone(ZONE).date()
    else:
        text, expected = moment.strftime(form), moment.date()
    calendar = trade_calendar("Australia/Sydney", "19:00", ())
    day = np.array([day_number(expected.isoformat())] * 2, np.int32)
    day[1] += 1
    first = np.zeros(2, np.int64)
    stated = np.array([read_stated_date(text)] * 2)
    assert count_other_dates(stated, day, calendar.changes, calendar.offsets, first) == 1
    assert first.tolist() == [day[0], day[1]]
