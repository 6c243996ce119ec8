"""Parquet files of whatever types: what can be read exactly is; what cannot is a reject or a question, no guess."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from tickstore import ConvertReport, ConvertRequest, InputError, convert, open_day, read_catalog

STAMP = 1_725_494_400_000_000_000
PRICES = [3405, 3400, 0]


def write(folder: Path, **columns: Any) -> Path:
    """Write three orders, ``columns`` in the place of the plain ones or beside them."""
    plain = {
        "order_id": [1, 2, 3], "time": [STAMP, STAMP + 1, STAMP + 2], "security": [101] * 3, "price": PRICES,
        "side": [1, 2, 1], "quantity": [100] * 3, "leaves": [60] * 3, "matched": [40] * 3, "participant": [7] * 3,
    }  # fmt: skip
    path = folder / "o.parquet"
    pyarrow.parquet.write_table(pa.table({**plain, **columns}), path)
    return path


def load(path: Path, max_rejects: int = 0, **options: Any) -> tuple[ConvertReport, list[int]]:
    """Convert a file and return the report and the prices stored."""
    report = convert(ConvertRequest(orders=(path,), store=path.parent / "store", max_rejects=max_rejects, **options))
    catalog = read_catalog(path.parent / "store")
    return report, [price for p in catalog.partitions for price in open_day(p.path).events["price"].tolist()]


@pytest.mark.parametrize(
    "prices",
    [
        pa.array([3.405, 3.4, 0.0]),
        pa.array([3.405, 3.4, 0.0], pa.float32()),
        pa.array([Decimal("3.405"), Decimal("3.4"), Decimal(0)], pa.decimal128(18, 3)),
        pa.array([Decimal("3.405"), Decimal("3.4"), Decimal(0)], pa.decimal128(38, 18)),  # zero is written 0E-18
        pa.array([Decimal("3.405"), Decimal("3.4"), Decimal(0)], pa.decimal256(60, 9)),
        pa.array(["3.405", "3.40", "0"]),
        pa.array(["3.405", "3.40", "0"], pa.large_string()),
        pa.array([b"3.405", b"3.40", b"0"]),
        pa.array(["3.405", "3.40", "0"]).dictionary_encode(),
        pa.array(PRICES, pa.int16()),
        pa.array(PRICES, pa.uint64()),
        pa.array(map(str, PRICES), pa.string_view()),
    ],
    ids=lambda column: str(column.type),
)
def test_prices_of_any_type_are_exact(prices: Any, tmp_path: Path) -> None:
    assert load(write(tmp_path, price=prices))[1] == PRICES


def test_whole_prices_kept_as_floats_are_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path, price=pa.array([34.0, 33.0, 0.0]))
    with pytest.raises(InputError, match=r"whole numbers kept as floats.*Say --price_format=decimal or"):
        load(path)
    assert load(path, price_format="decimal")[1] == [34_000, 33_000, 0]
    assert load(path, price_format="units", replace=True)[1] == [34, 33, 0]


def test_one_fraction_tells_that_floats_are_decimal(tmp_path: Path) -> None:
    assert load(write(tmp_path, price=pa.array([34.0, 33.0, 32.5])))[1] == [34_000, 33_000, 32_500]


def test_a_time_beyond_all_years_is_a_reject_and_stops_nothing(tmp_path: Path) -> None:
    times = [datetime.datetime(2024, 9, 5), datetime.datetime(9999, 12, 31), datetime.datetime(2024, 9, 5, 1)]
    report, prices = load(write(tmp_path, time=pa.array(times, pa.timestamp("us", "UTC"))), 1)
    assert report.reject_reasons == {"time out of range": 1}
    assert prices == [3405, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1], None, [3]]),
        pa.array([{"a": 1}] * 3),
        pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
        pa.array([b"\xff\xfe", b"", None]),
        pa.array(["two\nlines", "a\r\n,\"b'", None]),
        pa.array([1, 2, None], pa.duration("s")),
        pa.array(np.array([1, 2, 3], np.float16)),
        pa.nulls(3),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_that_are_not_read_may_hold_anything(column: Any, tmp_path: Path) -> None:
    report, prices = load(write(tmp_path, **{'note "of"\nthe day': column}))
    assert (report.tables["orders"].read, prices) == (3, PRICES)


def test_needed_values_that_no_text_can_hold_are_rejects(tmp_path: Path) -> None:
    report, _ = load(write(tmp_path, security=pa.array([b"AB", b"\xff\xfe", None])), 2)
    assert report.reject_reasons == {"missing value": 2}


def test_a_line_break_in_a_text_is_read_as_a_blank(tmp_path: Path) -> None:
    load(write(tmp_path, participant=pa.array(["x\ny", "x", "y"])))
    assert read_catalog(tmp_path / "store").participants == {"x": 0, "x y": 1, "y": 2}


def test_ids_as_floats_too_large_to_be_exact_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"column 'order_id' has '7\.904794000153245e\+18': .* orders cannot be told apart"
    ):
        load(write(tmp_path, order_id=pa.array([7_904_794_000_153_245_123.0, 2.0, 3.0])), 1)
