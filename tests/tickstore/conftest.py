"""Inputs for conversions: a few securities and days, in the exchange's column names."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DAY_NS = 86_400 * 10**9
OPEN = 1_725_494_400 * 10**9  # 2024-09-05 10:00 in Sydney
ORDER_HEADER = (
    "order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participantid,sequence"
)
TRADE_HEADER = "sequence,tradetime,securitycode,orderid,dealsource,matchgroupid,tradeprice,quantity,side,participantid"
QUOTE_HEADER = "sequence,bidprice,offerprice,orderbookid,timestamp"


def market_rows(rows: int = 3000, days: int = 2, securities: int = 3, seed: int = 0) -> dict[str, list[str]]:
    """Return lines of orders, trades and nbbo in time order; every fourth row shows a trade of five shares.

    A trade has one row and no number that would tie it to another.
    """
    rng = np.random.default_rng(seed)
    times = np.sort(OPEN + rng.integers(0, days, rows) * DAY_NS + rng.integers(0, 6 * 3600 * 10**9, rows))
    lines: dict[str, list[str]] = {"orders": [], "trades": [], "nbbo": []}
    matched: Counter[int] = Counter()
    seen: dict[tuple[int, int], list[int]] = {}  # orders of a security and day
    for i, time in enumerate(times.tolist()):
        security = 101 + i % securities
        price = 3000 + int(rng.integers(0, 9)) * 10
        order = 7_904_794_000_000_000_000 + int(rng.integers(0, rows // 3 + 1)) * securities + i % securities
        orders = seen.setdefault((security, time // DAY_NS), [])
        if i % 4 == 0 and orders:
            order = orders[int(rng.integers(0, len(orders)))]
        if order not in matched:
            orders.append(order)
        matched[order] += 5 if i % 4 == 0 else 0
        state = f"100,{100 - matched[order]},{matched[order]}"
        lines["orders"].append(f"{order},{time},{security},{price},{1 + order % 2},{state},{order % 50},{3 * i + 1}")
        if i % 4 == 0:
            lines["trades"].append(f"{3 * i + 2},{time},{security},{order},{(1, 20, 47)[i % 3]},,{price},5,1,7")
        if i % 5 == 0:
            lines["nbbo"].append(f"{3 * i + 3},{price - 10},{price + 10},{security},{time}")
    return lines


def write_market(folder: Path, lines: dict[str, list[str]]) -> Path:
    """Write the lines as orders.csv, trades.csv and nbbo.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    headers = {"orders": ORDER_HEADER, "trades": TRADE_HEADER, "nbbo": QUOTE_HEADER}
    for name, rows in lines.items():
        (folder / f"{name}.csv").write_text("\n".join([headers[name], *rows]) + "\n")
    return folder


def tree(store: Path) -> dict[str, str]:
    """Return the digest of every file of a store but its lock."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(store.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Return a folder with a small market."""
    return write_market(tmp_path / "market", market_rows())


def as_catalog(entries: Iterable[Any]) -> str:
    """Return the text of catalog.json: a list of its head and a store's partitions, each on a line of its own."""
    return "[" + ",\n".join(json.dumps(entry, sort_keys=True) for entry in entries) + "]\n"
