"""Cells as long as a file can hold, and times at the ends of the calendar: exact, or a reject with its reason."""

from pathlib import Path

import pytest

from tests.tickstore.conftest import OPEN
from tickstore import ConvertRequest, convert, open_day, read_catalog

pytestmark = pytest.mark.reduced
HEADER = "order_id,time,security,price,side,quantity,leaves,matched,participant,note\n"
NINES = "9" * 5_000  # int() refuses so many


def load(folder: Path, cells: dict[str, str], max_rejects: int = 0) -> tuple[dict[str, int], list[int]]:
    """Convert one row with ``cells``; return the reasons of rejects and the prices stored."""
    plain = {"order_id": "1", "time": str(OPEN), "price": "3.4", "participant": "7", "note": ""} | cells
    good = plain | {"order_id": "2", "time": str(OPEN), "price": "3.4", "participant": "7", "note": ""}
    row = "{order_id},{time},5,{price},1,100,60,40,{participant},{note}\n"
    rows = [good] * (max_rejects > 0) + [plain]
    (folder / "o.csv").write_text(HEADER + "".join(map(row.format_map, rows)), encoding="utf-8")
    request = ConvertRequest(
        orders=(folder / "o.csv",), store=folder / "store", max_rejects=max_rejects, price_format="decimal"
    )
    reasons = convert(request).reject_reasons
    days = [open_day(partition.path) for partition in read_catalog(folder / "store").partitions]
    prices = [price for day in days for price in day.events["price"].tolist()]
    return reasons, prices[max_rejects:]  # without that of the good row beside the bad one


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"order_id": NINES}, "out of range"),
        ({"time": NINES}, "time out of range"),
        ({"time": f"{NINES}.5"}, "time out of range"),
        ({"time": f"-{OPEN}"}, "time out of range"),
        ({"time": "0001-01-01T00:00:00"}, "time out of range"),
        ({"time": "9999-12-31T23:59:59-23:59"}, "time out of range"),
        ({"participant": NINES}, "out of range"),
        ({"participant": "x" * 200_000}, "name too long"),
        ({"price": NINES}, "out of range"),
        ({"price": f"3.{NINES}"}, "too many decimals"),
        ({"price": "3." + "0" * 70 + "1"}, "too many decimals"),
        ({"price": "1234567890123456789012345678.9"}, "out of range"),
        ({"price": "100000000000.001"}, "out of range"),
        ({"note": "," + "x" * 200_000}, "extra fields"),
    ],
)
def test_what_no_field_can_hold_is_a_reject(cells: dict[str, str], reason: str, tmp_path: Path) -> None:
    assert load(tmp_path, cells, 1) == ({reason: 1}, [])


@pytest.mark.parametrize(
    ("cells", "price"),
    [
        ({"price": "0" * 5_000 + "3.405" + "0" * 5_000}, 3405),
        ({"price": "99999999999.999"}, 10**14 - 1),
        ({"price": "-0.000"}, 0),
        ({"note": '"' + "x" * 200_000 + '""y"'}, 3400),
        ({"time": "0" * 100 + "1725494400.000000000"}, 3400),
    ],
)
def test_long_cells_are_read_exactly(cells: dict[str, str], price: int, tmp_path: Path) -> None:
    assert load(tmp_path, cells) == ({}, [price])
