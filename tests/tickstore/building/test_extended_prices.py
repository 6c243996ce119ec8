"""Exact trade prices, where a file states them, reach the day file; a file without them leaves no column."""

from pathlib import Path

import pytest

import tickstore
from kernels.base.columns import I64
from kernels.conventions import NULL
from tickstore import ConvertRequest

ORDERS = """order_id,timestamp,security,price,side,quantity,leaves_quantity,matched_quantity,participant
1,1725494536000000000,7,15,1,9,9,0,3
1,1725494536000000003,7,15,1,9,0,9,3
"""
TRADES = """order_id,timestamp,security,price,side,quantity,sequence,deal_source{column}
1,1725494536000000002,7,15,1,5,2,47{second}
1,1725494536000000001,7,15,1,4,1,47{first}
"""


@pytest.mark.parametrize("name", ["ExtendedPrice", "extended_price"])
def test_exact_prices_are_stored_as_they_are_written(tmp_path: Path, name: str) -> None:
    fills = converted(tmp_path, TRADES.format(column=f",{name}", first=",155000", second=","))
    assert fills["extended_price"].tolist() == [155_000, NULL]


def test_a_file_without_them_has_no_such_column(tmp_path: Path) -> None:
    assert "extended_price" not in converted(tmp_path, TRADES.format(column="", first="", second=""))


def converted(folder: Path, trades: str) -> dict[str, I64]:
    (folder / "o.csv").write_text(ORDERS)
    (folder / "t.csv").write_text(trades)
    tickstore.convert(ConvertRequest(orders=(folder / "o.csv",), trades=(folder / "t.csv",), store=folder / "store"))
    (partition,) = tickstore.read_catalog(folder / "store").partitions
    with tickstore.open_day(partition.path) as day:
        return {name: column.copy() for name, column in day.fills.items()}
