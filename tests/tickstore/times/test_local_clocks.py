"""Local times that the clock skips or shows twice are rejects, however they are written; all others are read."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.tickstore.times.clock_instants import instants
from tickstore import ConvertRequest, convert, open_day
from tickstore.conversion.rejects import BadRow
from tickstore.errors import InputError
from tickstore.times.local_clocks import REPEATED_TIME, SKIPPED_TIME

NAMES = "order_id,date,timestamp,security,price,side,quantity,leaves,matched,participant"
# Summer time begins, in Sydney and on Lord Howe (by half an hour), or ends, on these days.
CHANGES = ((2024, 10, 6), (2024, 4, 7))
STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "iso": ("%Y-%m-%dT%H:%M:%S", {}),
    "fix": ("%Y%m%d-%H:%M:%S.250", {}),
    "digits": ("%Y%m%d%H%M%S", {}),
    "american": ("%m/%d/%Y %H:%M:%S", {"time_format": "%m/%d/%Y %H:%M:%S"}),
    "clock": ("%H:%M:%S", {}),
    "clock in digits": ("%H%M%S", {"columns": (("timestamp", {"date": "date", "unit": "hhmmss"}),)}),
    "seconds": ("", {"columns": (("timestamp", {"date": "date", "unit": "s"}),)}),
}


def convert_local(folder: Path, texts: list[str], days: list[str], zone: str, **settings: Any) -> list[BadRow]:
    """Convert orders with these times on these days; return the table of rejects, without the text of lines."""
    rows = [f"{n},{day},{text},101,3340,B,100,100,0,69" for n, (text, day) in enumerate(zip(texts, days, strict=True))]
    (folder / "orders.csv").write_text("\n".join([NAMES, *rows]) + "\n")
    convert(
        ConvertRequest((folder / "orders.csv",), folder / "store", timezone=zone, session_cutoff="24:00", **settings)
    )
    with (folder / "store" / "rejects.csv").open(newline="") as file:
        return [
            BadRow(r["table"], r["file"], int(r["line"]), int(r["byte_offset"]), r["column"], r["reason"], "")
            for r in csv.DictReader(file)
        ]


def stored(folder: Path) -> list[tuple[int, int]]:
    """Return order and time of each event in the store."""
    found: list[tuple[int, int]] = []
    for path in (folder / "store").glob("*/*.h5"):
        with open_day(path) as day:
            ids = day.orders["order_id"][day.events["order_index"]].tolist()
            found += zip(ids, day.events["timestamp"].tolist(), strict=True)
    return sorted(found)


@pytest.mark.parametrize("zone", ["Australia/Sydney", "Australia/Lord_Howe", "Etc/GMT-10"])
@pytest.mark.parametrize("style", STYLES)
def test_each_time_around_a_change_is_the_instant_it_names_or_a_reject(style: str, zone: str, tmp_path: Path) -> None:
    moments = [datetime(*day) + timedelta(minutes=15 * n) for day in CHANGES for n in range(6, 17)]
    form, settings = STYLES[style]
    texts = [f"{m:{form}}" if form else str(m.hour * 3_600 + m.minute * 60) for m in moments]
    bad = convert_local(tmp_path, texts, [f"{m:%Y-%m-%d}" for m in moments], zone, max_rejects=99, **settings)
    shown = [instants(m, zone) for m in moments]
    fraction = 250_000_000 * (style == "fix")
    assert stored(tmp_path) == [(n, ns[0] + fraction) for n, ns in enumerate(shown) if len(ns) == 1]
    reasons = {0: SKIPPED_TIME, 2: REPEATED_TIME}
    expected = [(n + 2, "timestamp", reasons[len(ns)]) for n, ns in enumerate(shown) if len(ns) != 1]
    assert [(row.line, row.column, row.reason) for row in bad] == expected
    assert bool(expected) == (zone != "Etc/GMT-10")


def test_what_can_be_done_about_a_skipped_time_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"orders.csv:2 local time that its clock skips in timestamp \('02:30:00'\)"
    ) as told:
        convert_local(tmp_path, ["02:30:00", "04:00:00"], ["2024-10-06"] * 2, "Australia/Sydney")
    assert "with their offset (2024-10-06T03:30:00+11:00)" in told.value.message
    assert "--timezone=UTC" in told.value.message
    assert not list((tmp_path / "store").glob("*/*.h5"))


def test_an_offset_or_a_number_is_read_where_the_clock_changes(tmp_path: Path) -> None:
    texts = ["2024-04-07T02:30:00+11:00", "2024-04-07T02:30:00+10:00", "2024-04-06T16:30:00Z", "1712421000"]
    assert convert_local(tmp_path, texts, [""] * 4, "Australia/Sydney", max_rejects=0) == []
    first = datetime(2024, 4, 6, 15, 30)
    expected = [instants(first + timedelta(hours=hours), "UTC")[0] for hours in (0, 1, 1, 1)]
    assert stored(tmp_path) == list(enumerate(expected))


def test_times_of_parquet_without_a_zone_are_local_ones(tmp_path: Path) -> None:
    moments = [datetime(2024, 10, 6, 1, 59, 59), datetime(2024, 10, 6, 2, 0), datetime(2024, 10, 6, 3, 0)]
    columns: dict[str, Any] = {name: [1] * 3 for name in NAMES.split(",") if name not in ("date", "side")}
    columns |= {"order_id": [0, 1, 2], "timestamp": pa.array(moments, pa.timestamp("us")), "side": ["B"] * 3}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "orders.parquet")
    report = convert(
        ConvertRequest((tmp_path / "orders.parquet",), tmp_path / "store", session_cutoff="24:00", max_rejects=1)
    )
    assert report.reject_reasons == {SKIPPED_TIME: 1}
    assert stored(tmp_path) == [(n, instants(moments[n], "Australia/Sydney")[0]) for n in (0, 2)]


def test_an_optional_time_that_the_clock_skips_is_a_reject_of_its_own_column(tmp_path: Path) -> None:
    row = "{},2024-10-06T04:00:00,101,3340,B,100,100,0,69,2024-10-06T{}:30:00"
    rows = [row.format(n, hour) for n, hour in enumerate(("01", "02", "03", "04"))]
    names = NAMES.replace("date,", "") + ",decision_time"
    (tmp_path / "orders.csv").write_text("\n".join([names, *rows]) + "\n")
    convert(ConvertRequest((tmp_path / "orders.csv",), tmp_path / "store", max_rejects=1))
    with (tmp_path / "store" / "rejects.csv").open(newline="") as file:
        assert [(r["line"], r["column"], r["reason"]) for r in csv.DictReader(file)] == [
            ("3", "decision_time", SKIPPED_TIME)
        ]
