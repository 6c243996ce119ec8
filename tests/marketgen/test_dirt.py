"""Dirt on demand: the files differ, what a loader makes of them does not, and every kind is counted."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from marketgen import GeneratedFiles, MarketSpec, generate
from marketgen.dirt import KINDS
from tickstore import ConvertReport, ConvertRequest, convert, open_day

DIALS = {"securities": (101,), "date_end": "2024-01-02", "orders": 120, "seed": 4}


CONFIG: Any = numba.config
pytestmark = pytest.mark.skipif(bool(CONFIG.DISABLE_JIT), reason="the converter wraps integers, which Python does not")


def converted(files: GeneratedFiles, store: Path) -> ConvertReport:
    """Convert, copies of quotes being rejects, too."""
    tables = (files.orders,), store, (files.trades,), (files.nbbo,)
    return convert(ConvertRequest(*tables, max_reject_ratio=0.5, duplicates="reject"))


def columns(store: Path, day: str) -> dict[str, list[int]]:
    with open_day(store / "101" / f"{day}.h5") as file:
        groups = {"events": file.events, "orders": file.orders, "fills": file.fills, "quotes": file.quotes}
        return {
            f"{g}/{name}": np.asarray(column).tolist() for g, table in groups.items() for name, column in table.items()
        }


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    converted(generate(MarketSpec(**DIALS), folder), folder / "store")  # type: ignore[arg-type]
    return folder / "store"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_leaves_the_stored_columns_alone(kind: str, clean: Path, tmp_path: Path) -> None:
    files = generate(MarketSpec(**DIALS, dirt=(f"{kind}:3",)), tmp_path)  # type: ignore[arg-type]
    report = converted(files, tmp_path / "store")
    for day in ("2024-01-01", "2024-01-02"):
        want, got = columns(clean, day), columns(tmp_path / "store", day)
        if kind == "null":  # an optional field of a few rows now says nothing
            want = {k: v for k, v in want.items() if k not in ("fills/national_bid",)}
        assert {k: got[k] for k in want} == want
    told = json.loads((tmp_path / "truth" / "dirt.json").read_text())
    expected = Counter({name: sum(count.get(kind, 0) for kind in REJECTED) for name, count in told.items()})
    rejected: Counter[str] = Counter()
    if report.rejects_path is not None and report.rejects_path.exists():
        with report.rejects_path.open(newline="") as file:
            rejected = Counter(Path(row["file"]).name for row in csv.DictReader(file))
    assert +expected == rejected
    if kind == "blank":
        assert sum(table.blank for table in report.tables.values()) == sum(c["blank"] for c in told.values())


REJECTED = ("malformed", "missing", "extra", "short", "duplicate", "big_id", "negative", "side", "truncated")


def test_all_kinds_at_once_are_counted(tmp_path: Path) -> None:
    files = generate(MarketSpec(**DIALS, dirt=tuple(f"{kind}:2" for kind in KINDS)), tmp_path)  # type: ignore[arg-type]
    told = json.loads((tmp_path / "truth" / "dirt.json").read_text())
    assert told["orders.csv"] == {
        **dict.fromkeys(sorted((*REJECTED[:-1], "blank", "quoted", "null")), 4),
        "shuffled": files.order_rows,
        **dict.fromkeys(("bom", "crlf", "truncated"), 1),
    }
    raw = files.orders.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == files.order_rows + 1 + 4 * 9
    assert not raw.endswith(b"\n")


@pytest.mark.parametrize(
    ("dirt", "message"), [("mud:3", "'mud' is none of malformed, missing"), ("blank", "needs a count, as in blank:3")]
)
def test_unknown_dirt_is_named(dirt: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MarketSpec(dirt=(dirt,))
