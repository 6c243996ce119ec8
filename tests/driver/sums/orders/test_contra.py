"""What stood against subjects equals plain loops over the rows of the other side."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from driver.sums.orders.contra import CONTRA_SUMS, contra_sums, open_before
from tests.builders import build_day

NAMES = "filled", "no_contra", "limit_away"
ENDS = 1, 4, 9, 15, 21, 24, 25, 26, 27  # change reasons with which orders leave, some of them


def random_rows(seed: int, orders: int = 25) -> list[dict[str, Any]]:
    """Return a few rows of each order, in time: amended, traded, cancelled; statuses stated or not."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(orders):
        side, kind, stated = int(rng.choice([1, -1])), int(rng.choice([0, 64, 2048, 4096, 4098])), rng.random() < 0.7
        times = np.sort(rng.integers(0, 100, rng.integers(1, 5)))
        for n, time in enumerate(times):
            over = n == len(times) - 1 and rng.random() < 0.8
            rows.append({
                "order_id": number + 1, "timestamp": int(time), "sequence": len(rows), "price": 100, "side": side,
                "order_type": kind, "leaves_quantity": int(rng.integers(0, 50)), "matched_quantity": 0, "quantity": 50,
                "order_status": (2 if over else 1) if stated else -1,
                "change_reason": int(rng.choice(ENDS)) if over else 6,
                "participant": 1,
            })  # fmt: skip
    return rows


def open_shares(rows: list[dict[str, Any]], side: int, time: int) -> int:
    last = {row["order_id"]: row for row in rows if row["timestamp"] < time}
    on = [row for row in last.values() if row["side"] == side and row["order_type"] & (64 | 4096)]
    stays = [row for row in on if row["order_status"] == 1
             or (row["order_status"] == -1 and row["change_reason"] not in ENDS)]  # fmt: skip
    return sum(row["leaves_quantity"] for row in stays)


@pytest.mark.parametrize("seed", range(5))
def test_depth_and_arrivals_are_those_of_the_other_side(seed: int) -> None:
    rows, rng = random_rows(seed), np.random.default_rng(seed + 100)
    day = build_day(rows, [], [])
    k = 12
    chosen = np.sort(rng.permutation(len(day.orders["order_id"]))[:k])
    entry = rng.integers(0, 100, k)
    until = entry + rng.integers(-3, 40, k)
    reason = rng.choice(len(NAMES), k)
    subjects = SimpleNamespace(rows=chosen, entry=entry, until=until)
    rows = sorted(rows, key=lambda row: (row["timestamp"], row["sequence"]))
    expected: dict[str, list[int]] = {}
    for i, place in enumerate(chosen):
        side = int(day.orders["side"][place])
        depth = open_shares(rows, -side, int(entry[i]))
        first: dict[int, dict[str, Any]] = {}
        asked: dict[int, int] = {}
        for row in rows:
            first.setdefault(row["order_id"], row)
            asked[row["order_id"]] = max(asked.get(row["order_id"], 0), row["leaves_quantity"])
        came = [asked[number] for number, row in first.items() if row["side"] == -side
                and row["order_type"] & (64 | 2048 | 4096) and entry[i] < row["timestamp"] <= until[i]]  # fmt: skip
        mine = int(day.orders["parent_quantity"][place])
        values = [1, mine, depth, int(depth == 0), len(came), sum(came), int(not came)]
        before = expected.setdefault(NAMES[reason[i]], [0] * len(CONTRA_SUMS))
        expected[NAMES[reason[i]]] = [one + more for one, more in zip(before, values, strict=True)]
    assert contra_sums(day, subjects, reason, NAMES) == expected


def test_without_dark_orders_nothing_is_open() -> None:
    rows = [row | {"order_type": 2048} for row in random_rows(1)]
    day = build_day(rows, [], [])
    assert open_before(day, 1, np.array([0, 50, 1_000])).tolist() == [0, 0, 0]
    none = SimpleNamespace(rows=np.zeros(0, np.int32), entry=np.zeros(0, np.int64), until=np.zeros(0, np.int64))
    assert contra_sums(day, none, np.zeros(0, np.int8), NAMES) == {}
