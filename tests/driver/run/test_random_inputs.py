"""Whatever files and mappings go in: either a refusal, or tables in which nothing is that cannot be."""

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver.config.loading import load_config
from driver.job.job import run_job
from driver.run.monitor import Monitor
from driver.run.planning import convert_and_plan
from driver.tables.aggregate import aggregate
from tickstore.errors import UserError

OPEN: Final = 1_725_494_400  # 2024-09-05 10:00:00 in Sydney, s
SCENARIOS: Final = ("A", "B", "C")
SIDES: Final = st.sampled_from(["B", "S", "1", "2", "bid", "Sell", "-1"])
SECURITIES: Final = st.sampled_from(["101", "101", "101", "BHP"])
IDS: Final = st.sampled_from(["1", "2", "3", "4", "18446744073709551615"])
TEXT_IDS: Final = st.sampled_from(["a-1", "a-2", "7f3b2c1d-0000", "4"])
SHARES: Final = st.one_of(st.integers(0, 6).map(str), st.sampled_from(["100", "-1", "", "2.0", "999999999999999999"]))
PRICES: Final = st.one_of(
    st.integers(3338, 3362).map(str), st.sampled_from(["0", "", "33.5", "9999999999", "2147483647", "x", "1"])
)
SECONDS: Final = st.one_of(st.integers(0, 30), st.sampled_from([-3600, 21_600, 30_000, 90_000]))
COLUMNS: Final = {
    "orders": ("order_id", "timestamp", "security", "price", "side", "quantity", "leaves", "matched", "participant"),
    "trades": ("order_id", "timestamp", "security", "price", "side", "quantity"),
    "nbbo": ("timestamp", "security", "bid", "offer"),
}
EXTRA: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "orders": {"sequence": st.integers(1, 9), "changereason": st.sampled_from([3, 6, -1]), "midtick": st.integers(0, 4),
               "exchangeordertype": st.sampled_from([64, 2048, 4096]), "orderstatus": st.sampled_from(["NEW", "1"])},
    "trades": {"sequence": st.integers(1, 9), "matchgroupid": st.integers(1, 4),
               "dealsource": st.sampled_from([1, 20, 46, 47, 49, 52, 44, 5, 77])},
    "nbbo": {"sequence": st.integers(1, 9)},
}  # fmt: skip
FLAGS: Final = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.sampled_from(
            ["leaves_quantity:=0", "matched_quantity:=0", "leaves_quantity:quantity", "parent_id:order_id",
             "order_status:", "sequence:", "participant:=69", "decision_time:timestamp", "bid:offer"]
        ),
        "price_format": st.sampled_from(["units", "decimal"]),
        "duplicates": st.sampled_from(["keep", "reject"]),
        "null_values": st.sampled_from(["0", "100,3350"]),
        "session": st.sampled_from(["10:00-10:00:20", "10:00:10-16:00"]),
        "mid": st.sampled_from(["time_weighted", "snapshot_mean", "arrival"]),
        "hour_start": st.just("10"),
        "epoch": st.sampled_from(["2000-01-01"]),
        "quotes_from_orders": st.just("true"),
        "dark_share": st.sampled_from(["0", "0.3", "1"]),
    },
)  # fmt: skip


@st.composite
def files(draw: st.DrawFn, table: str, ids: st.SearchStrategy[str]) -> str:
    """Return a file whose rows need not agree with each other nor with those of another file."""
    extra = draw(st.lists(st.sampled_from(sorted(EXTRA[table])), unique=True))
    names = [*COLUMNS[table], *extra]
    kinds = {"order_id": ids, "security": SECURITIES, "side": SIDES, "participant": st.sampled_from(["69", "70", "X"])}
    kinds |= dict.fromkeys(("price", "bid", "offer"), PRICES)
    kinds |= dict.fromkeys(("quantity", "leaves", "matched"), SHARES)
    kinds |= {name: EXTRA[table][name].map(str) for name in extra}
    kinds["timestamp"] = SECONDS.map(lambda second: str(OPEN + second))
    rows = draw(st.lists(st.tuples(*(kinds[name] for name in names)), min_size=1, max_size=12))
    order = draw(st.sampled_from(["as drawn", "by time", "newest first"]))
    if order != "as drawn":
        place = names.index("timestamp")
        rows = sorted(rows, key=lambda row: int(row[place]), reverse=order == "newest first")
    return "\n".join(",".join(row) for row in [names, *rows]) + "\n"


def check_orders(path: Path) -> None:
    """Fail for an order whose shares do not add up, that fills too much, or that is measured from after its fill."""
    with path.open(newline="") as file:
        for order in csv.DictReader(file):
            asked, *parts = (int(order[f"{name}_quantity"]) for name in ("order", "filled", "leaves", "withdrawn"))
            assert sum(parts) == asked, order
            assert min(parts) >= 0, order
            for scenario in SCENARIOS:
                filled = order[f"{scenario}_filled_quantity"]
                assert filled == "" or 0 <= int(filled) <= asked, order
            if order["shortfall_bps"] and order["first_fill_time"]:
                assert int(order["benchmark_time"]) <= int(order["first_fill_time"]), order


def check_table(path: Path) -> None:
    """Fail for a negative quantity, and for a share of a whole that is more than the whole."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for name, cell in row.items():
                if name.endswith("quantity") and cell:
                    assert float(cell) >= 0, (path.name, name, row)
                if name.startswith("fill_ratio") and cell:
                    assert 0 <= float(cell) <= 1, (path.name, name, row)


def run(folder: Path, texts: dict[str, str], flags: dict[str, str]) -> Sequence[Path]:
    """Convert, measure and sum in this process; return the tables. UserError: the input is refused."""
    paths = {table: folder / f"{table}.csv" for table in texts}
    for table, text in texts.items():
        paths[table].write_text(text)
    usual = {"store": str(folder / "store"), "results": str(folder / "results"), "max_rejects": "6"}
    usual |= {"format": "csv", "order_columns": "all"}
    loaded = load_config(usual | {table: str(path) for table, path in paths.items()} | flags)
    plan, _ = convert_and_plan(loaded.config, Monitor(), loaded.session_stated)
    for job in plan.jobs:
        run_job(job)
    aggregate(folder / "results", plan.jobs, plan.jobs[0].settings, plan.names)
    return sorted((folder / "results").rglob("*.csv"))


def check(texts: dict[str, str], flags: dict[str, str]) -> bool:
    """Run and check; return whether there were tables."""
    with tempfile.TemporaryDirectory() as folder:
        tables: Sequence[Path] = ()
        refusal = ""
        try:
            tables = run(Path(folder), texts, flags)
        except UserError as error:
            refusal = error.message
        assert "\n" not in refusal
        assert "fault of this program" not in refusal
        for path in tables:
            (check_orders if path.name == "orders.csv" else check_table)(path)
        return not refusal


@pytest.mark.parametrize("ids", [IDS, TEXT_IDS], ids=["numbers", "texts"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_no_table_holds_what_cannot_be(ids: st.SearchStrategy[str], data: st.DataObject) -> None:
    given_tables = data.draw(st.sets(st.sampled_from(["trades", "nbbo"])))
    texts = {table: data.draw(files(table, ids), label=table) for table in ("orders", *sorted(given_tables))}
    check(texts, data.draw(FLAGS, label="flags"))


def test_such_files_do_make_tables() -> None:
    """The check above would pass if everything were refused."""
    rows = [f"{n},{OPEN + n},101,3350,B,5,{5 - n},{n},69" for n in range(3)]
    orders = "\n".join([",".join(COLUMNS["orders"]), *(row.replace(row[0], "1", 1) for row in rows)]) + "\n"
    assert check({"orders": orders}, {})
