"""The fast path reads ISO times, and as the slow path does: every form, offset and change of summer time."""

import datetime
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tickstore.parse.blocks
from kernels.conventions import NULL
from tests.tickstore.times.clock_instants import instants
from tickstore import ConvertRequest
from tickstore.parse.blocks import BlockParser
from tickstore.parse.odd_lines import LineRules, read_line
from tickstore.parse.plan import find_sources, line_rules
from tickstore.times.reject_error import RejectError

ZONES = ("Australia/Sydney", "Australia/Lord_Howe", "America/New_York", "UTC", "Asia/Kolkata", "Africa/Casablanca")
HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant,decision_time\n"


def parsed(
    folder: Path, times: list[str], zone: str, decisions: list[str] | None = None
) -> tuple[list[int], list[int], LineRules, list[str]]:
    """Return times, decision times and rules of a file with these times, and its lines."""
    lines = [f'"{n}","{t}",5,3,1,1,1,0,69,{d}' for n, (t, d) in enumerate(zip(times, decisions or times, strict=True))]
    path = folder / "o.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    (source,) = find_sources(ConvertRequest(orders=(path,), store=folder / "store"))
    text = np.frombuffer(path.read_bytes(), np.uint8)
    found: tuple[list[int], list[int]] = [], []
    for block in BlockParser(source, zone, {}).parse((text, len(HEADER), len(text), len(HEADER))):
        for values, name in zip(found, ("timestamp", "decision_time"), strict=True):
            values += block.columns[name].tolist()
    return *found, line_rules(source, zone), lines


@st.composite
def iso_times(draw: st.DrawFn) -> str:
    moment = draw(
        st.one_of(
            st.datetimes(datetime.datetime(1979, 12, 30), datetime.datetime(2199, 12, 1)),
            st.sampled_from([datetime.datetime(2024, m, d, 2, 30) for m, d in ((3, 10), (4, 7), (10, 6), (11, 3))]),
        )
    )
    mark, point = draw(st.sampled_from("T t_Dd-:")), draw(st.sampled_from(".,"))
    date = draw(st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m/%d"]))
    fraction = draw(st.sampled_from(["", "0", "5", "123", "123456", "001032398", "1234567890", "x"]))
    offset = draw(
        st.sampled_from(["", "", "Z", "z", "+10", "-0430", "+10:00", "-00:00", "+24:00", "+09:60", " +10:00"])
    )
    return f"{moment:{date}{mark}%H:%M:%S}{fraction and point + fraction}{offset}"


digits = st.builds(lambda length, number: str(number)[:length], st.integers(1, 21), st.integers(10**20, 10**21 - 1))
dates = st.datetimes(datetime.datetime(1980, 1, 1), datetime.datetime(2100, 1, 1)).map(lambda t: f"{t:%Y%m%d%H%M%S%f}")
seconds = st.builds(
    lambda whole, fraction: f"{whole}.{fraction}",
    st.one_of(st.integers(10**7, 10**11), st.sampled_from([8_999_999_999, 9_000_000_000, 9_223_372_036])),
    st.sampled_from(["", "0", "5", "250", "123456789", "1234567890", "5x", " "]),
)
compact = st.builds(lambda text, length: text[:length], dates, st.sampled_from([8, 12, 14, 17, 20]))


@given(
    times=st.lists(st.one_of(iso_times(), digits, compact, seconds), min_size=1, max_size=20),
    zone=st.sampled_from(ZONES),
)
def test_the_fast_path_reads_times_as_the_slow_path_does(
    times: list[str], zone: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found, _, rules, lines = parsed(tmp_path_factory.mktemp("p"), times, zone, [""] * len(times))
    expected = []
    for line in lines:
        try:
            row = read_line(line.encode(), rules, {})
        except RejectError:
            continue
        assert row is not None
        expected.append(row[1])
    assert found == expected


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_the_days_around_changes_is_read_without_the_slow_path(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the slow path")

    monkeypatch.setattr(tickstore.parse.blocks, "read_line", refuse)
    days = [datetime.datetime(2024, month, day) for month in (3, 4, 10, 11) for day in range(1, 15)]
    clocks = [day + datetime.timedelta(minutes=30 * n) for day in days for n in range(48)]
    once = [(clock, shown[0]) for clock in clocks if len(shown := instants(clock, zone)) == 1]
    times = [clock.isoformat() for clock, _ in once]
    found, decided, _, _ = parsed(tmp_path, times, zone, ["", *(f"{clock}" for clock, _ in once[1:])])
    expected = [ns for _, ns in once]
    assert found == expected
    assert decided == [NULL, *expected[1:]]
    assert (len(once) < len(clocks)) == (zone not in ("UTC", "Asia/Kolkata"))


@given(seconds=st.lists(st.integers(400_000_000, 4_000_000_000), min_size=1, max_size=20))
def test_iso_times_equal_pyarrow(seconds: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    times = [f"{datetime.datetime.fromtimestamp(s, datetime.UTC):%Y-%m-%dT%H:%M:%S}.{s % 997:06}Z" for s in seconds]
    text = ("t\n" + "\n".join(times) + "\n").encode()
    kind = pa.timestamp("ns", "UTC")
    table = pyarrow.csv.read_csv(io.BytesIO(text), convert_options=pyarrow.csv.ConvertOptions(column_types={"t": kind}))
    found, *_ = parsed(tmp_path_factory.mktemp("p"), times, "Australia/Sydney")
    assert found == table["t"].cast(pa.int64()).to_pylist()


@pytest.mark.parametrize(
    "time",
    ["2024-02-30T10:00:00", "2023-02-29T10:00:00", "2024-09-05T24:00:00", "2024-09-05T10:00:60", "2024-09-31T10:00:00"],
)
def test_times_that_do_not_exist_on_any_clock_are_left_to_the_slow_path(time: str, tmp_path: Path) -> None:
    assert parsed(tmp_path, [time, "2024-02-29T10:00:00Z"], "UTC")[0] == [1_709_200_800 * 10**9]
