"""The default sample is consistent: fills pair, order states agree with fills."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from marketgen import MarketSpec, generate


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_match_has_two_fills_and_states_agree_with_fills(tmp_path: Path) -> None:
    files = generate(MarketSpec(date_end="2024-01-01", orders=300), tmp_path)
    orders, trades = read(files.orders), read(files.trades)
    filled: Counter[str] = Counter()
    matches = defaultdict(list)
    for row in trades:
        matches[row["matchgroupid"]].append(row)
        if row["dealsource"] != "5":
            filled[row["orderid"]] += int(row["quantity"])
    assert all(sorted(r["side"] for r in pair) == ["1", "2"] for pair in matches.values())
    first = {row["order_id"]: row for row in reversed(orders)}
    last = {row["order_id"]: row for row in orders}
    for order_id, row in last.items():
        day = int(row["totalmatchedquantity"]) - int(first[order_id]["totalmatchedquantity"])
        assert day == filled[order_id]


def test_equal_specs_give_equal_bytes(tmp_path: Path) -> None:
    spec = MarketSpec(date_end="2024-01-02", orders=100)
    one, two = generate(spec, tmp_path / "one"), generate(spec, tmp_path / "two")
    assert one.orders.read_bytes() == two.orders.read_bytes()
    assert one.trades.read_bytes() == two.trades.read_bytes()
    assert one.nbbo.read_bytes() == two.nbbo.read_bytes()


def test_a_wrong_dial_is_named() -> None:
    with pytest.raises(ValueError, match="date_start = 'x' is not a date"):
        MarketSpec(date_start="x")
    with pytest.raises(ValueError, match="orders = 0 is outside"):
        MarketSpec(orders=0)
