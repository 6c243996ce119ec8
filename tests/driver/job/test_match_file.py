"""Files of simulated matches: what stands in them, in every format; and as trades, which convert back."""

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from driver.job.match_file import write_matches
from driver.plan.jobs import Job, Settings
from kernels.conventions import NULL
from kernels.measure.choices import Session
from kernels.replay.matches import deal_sources
from tests.builders import build_day
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay
from tests.kernels.replay.played_matches import USUAL, matches_of
from tickstore import open_day, read_catalog

PLACE = "BRK.B", "2024-09-05"
COLUMNS = [
    "security_code", "trade_date", "scenario", "time", "buy_order_id", "sell_order_id", "quantity", "price", "mid",
    "aggressor_side", "rule", "booked", "preferenced",
]  # fmt: skip
ROWS = [
    {"time": 10, "buy": 0, "sell": 1, "buy_order_id": 8, "sell_order_id": 9, "quantity": 5, "price2": 67, "mid2": 67},
    {"time": 11, "sell": 1, "buy_order_id": 2**62 + 1, "sell_order_id": 9, "quantity": 7, "price2": 66, "mid2": 69,
     "aggressor_side": -1, "rule": 2, "preferenced": 1},
    {"time": 11, "buy": 0, "sell": 1, "buy_order_id": 8, "sell_order_id": 9, "quantity": 1, "price2": 60, "mid2": 69,
     "aggressor_side": 0, "rule": 3},
    {"time": 12, "buy": 0, "sell": 1, "buy_order_id": 8, "sell_order_id": 9, "quantity": 2, "price2": 69, "mid2": 69,
     "booked": 1, "preferenced": 1},
]  # fmt: skip
SHOWN = [
    [*PLACE, "P", "10", "8", "9", "5", "33.5", "33.5", "1", "mid", "0", "0"],
    [*PLACE, "P", "11", str(2**62 + 1), "9", "7", "33", "34.5", "2", "dark_limit", "0", "1"],
    [*PLACE, "P", "11", "8", "9", "1", "30", "34.5", "0", "block", "0", "0"],
    [*PLACE, "P", "12", "8", "9", "2", "34.5", "34.5", "1", "mid", "1", "1"],
    [*PLACE, "R", "10", "8", "9", "5", "33.5", "33.5", "1", "mid", "0", "0"],
]


def two_orders() -> Any:
    common = {"timestamp": 5, "price": 34, "leaves_quantity": 50, "matched_quantity": 0, "order_type": 64}
    events = [
        common | {"order_id": 8, "side": 1, "participant": 7},
        common | {"order_id": 9, "side": -1, "participant": 12},
    ]
    stray = {"order_id": 2**62 + 1, "timestamp": 11, "side": 1, "price": 33, "quantity": 7, "participant": 99}
    return build_day(events, [stray | {"deal_source": 46}], [])


def a_job(folder: Path, output_format: str, **more: Any) -> Job:
    settings = Settings(output_format=output_format, **more)
    return Job(0, "BRK.B", "2024-09-05", "", str(folder), Session(0, 100, "file"), settings, 2, "print")


def played() -> dict[str, Any]:
    return {"P": matches_of([USUAL | row for row in ROWS]), "R": matches_of([USUAL | ROWS[0]])}


def read(path: Path) -> list[list[str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [*csv.reader(text.decode().splitlines())]


@pytest.mark.parametrize("output_format", ["csv", "gzip"])
def test_every_scenario_in_turn_with_exact_prices(tmp_path: Path, output_format: str) -> None:
    write_matches(a_job(tmp_path, output_format), two_orders(), {}, played())
    (path,) = tmp_path.iterdir()
    assert path.name == {"csv": "matches.csv", "gzip": "matches.csv.gz"}[output_format]
    assert read(path) == [COLUMNS, *SHOWN]


def test_parquet_has_the_same_rows_and_timestamps(tmp_path: Path) -> None:
    write_matches(a_job(tmp_path, "parquet"), two_orders(), {}, played())
    table = parquet.read_table(tmp_path / "matches.parquet")
    assert table.column_names == COLUMNS
    assert table.schema.field("time").type == pa.timestamp("ns", "UTC")
    assert table.schema.field("trade_date").type == pa.date32()
    place = COLUMNS.index("time")
    shown = table.set_column(place, "time", table.column("time").cast(pa.int64())).to_pylist()
    assert [
        [f"{value:g}" if isinstance(value, float) else str(value) for value in row.values()] for row in shown
    ] == SHOWN


def test_a_scenario_without_matches_leaves_no_row_and_none_no_file(tmp_path: Path) -> None:
    write_matches(a_job(tmp_path, "csv"), two_orders(), {}, {"P": matches_of([])})
    assert read(tmp_path / "matches.csv") == [COLUMNS]
    write_matches(a_job(tmp_path, "gzip", matches_as="trades"), two_orders(), {}, {"P": matches_of([])})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matches.csv.gz", "trades_P.csv.gz"]
    write_matches(a_job(tmp_path, "gzip"), two_orders(), {}, {})
    assert not [*tmp_path.iterdir()]


def test_trades_are_two_rows_a_match(tmp_path: Path) -> None:
    texts = {7: 'Alpha, "A"', 12: "Beta", 99: "Gone"}
    write_matches(a_job(tmp_path, "csv", matches_as="trades"), two_orders(), texts, played())
    header, *rows = read(tmp_path / "trades_P.csv")
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["dealsource"] for row in found] == ["47", "47", "46", "46", "50", "50", "48", "48"]
    assert [row["matchgroupid"] for row in found] == ["1", "1", "2", "2", "3", "3", "4", "4"]
    assert [row["orderid"] for row in found[:4]] == ["8", "9", str(2**62 + 1), "9"]
    assert [row["participantid"] for row in found[:4]] == ['Alpha, "A"', "Beta", "Gone", "Beta"]
    assert [row["side"] for row in found] == ["1", "2"] * 4
    assert [row["passiveaggressive"] for row in found] == ["1", "0", "0", "1", "0", "0", "1", "0"]
    assert [(row["tradeprice"], row["extendedprice"]) for row in found[::2]] == [
        ("33", "335000"), ("33", "330000"), ("30", "300000"), ("34", "345000"),
    ]  # fmt: skip
    assert {(row["tradedate"], row["securitycode"], row["nationalbidpricesnapshot"]) for row in found} == {
        ("2024-09-05", "BRK.B", "")
    }
    assert len({row["sequence"] for row in found}) == len(found)
    assert len(read(tmp_path / "trades_R.csv")) == 3


def test_quantities_with_decimals_are_written_as_the_input_has_them(tmp_path: Path) -> None:
    write_matches(a_job(tmp_path, "csv", matches_as="trades", quantity_decimals=2), two_orders(), {}, played())
    header, *rows = read(tmp_path / "trades_P.csv")
    assert [row[header.index("quantity")] for row in rows[::2]] == ["0.05", "0.07", "0.01", "0.02"]


def test_ids_as_text_stand_where_the_day_knows_them(tmp_path: Path) -> None:
    day = two_orders()
    words = np.array([int.from_bytes(b"ORD-8\0\0\0", "big"), int.from_bytes(b"ORD-9\0\0\0", "big")])
    day.orders |= {f"order_text_{k}": words if k == 0 else np.zeros(2, np.int64) for k in range(8)}
    write_matches(a_job(tmp_path, "csv"), day, {}, played())
    assert [row[4:6] for row in read(tmp_path / "matches.csv")[1:3]] == [
        ["ORD-8", "ORD-9"], [str(2**62 + 1), "ORD-9"],
    ]  # fmt: skip


@pytest.mark.parametrize("output_format", ["csv", "gzip", "parquet"])
def test_trades_convert_back(tmp_path: Path, market: Market, output_format: str) -> None:
    """Dark prints of a generated day, written as trades, are the dark prints of the store made of them."""
    partition = read_catalog(market.store).partitions[0]
    rng = np.random.default_rng(3)
    with open_day(partition.path) as day:
        number, arrival = np.asarray(day.orders["order_id"]), np.asarray(day.orders["arrival_time"])
        pairs = rng.integers(0, len(number), (200, 2))
        rows = [
            USUAL | {
                "time": int(arrival[pair].max()) + 1_000_000 * k, "buy": pair[0], "sell": pair[1],
                "buy_order_id": number[pair[0]], "sell_order_id": number[pair[1]], "quantity": k + 1,
                "price2": 6_000 + k, "aggressor_side": k % 3 - 1, "rule": 1 + 2 * (k % 5 == 0), "booked": k % 7 == 0,
                "preferenced": k % 2,
            }
            for k, pair in enumerate(pairs)
        ]  # fmt: skip
        found = matches_of(sorted(rows, key=lambda row: int(row["time"])))
        job = Job(0, partition.security, partition.date, "", str(tmp_path), Session(0, 1), Settings(
            output_format=output_format, matches_as="trades"), 1, "")  # fmt: skip
        write_matches(job, day, {}, {"P": found})
    (path,) = tmp_path.glob("trades_P.*")
    arguments = ["--store=after", f"--orders={market.raw / 'orders.csv'}", f"--trades={path}"]
    done = darkreplay("convert", *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (again,) = [
        one for one in read_catalog(tmp_path / "after").partitions
        if (one.security, one.date) == (partition.security, partition.date)
    ]  # fmt: skip
    with open_day(again.path) as day:
        fills = {name: np.asarray(day.fills[name]) for name in day.fills}
        buys = fills["side"] > 0
        order = np.lexsort((fills["match_id"][buys],))
        table = {name: column[buys][order] for name, column in fills.items()}
        sells = {name: column[~buys][np.argsort(fills["match_id"][~buys])] for name, column in fills.items()}
        broker = np.asarray(day.orders["participant"])
        np.testing.assert_array_equal(table["participant"], broker[table["order_index"]])
    np.testing.assert_array_equal(table["timestamp"], found.time)
    np.testing.assert_array_equal(table["order_id"], found.buy_order_id)
    np.testing.assert_array_equal(sells["order_id"], found.sell_order_id)
    np.testing.assert_array_equal(table["quantity"], found.quantity)
    np.testing.assert_array_equal(table["price"], found.price2 // 2)
    np.testing.assert_array_equal(table["extended_price"], found.price2 * 5_000)
    np.testing.assert_array_equal(table["deal_source"], deal_sources(found.booked, found.preferenced, found.rule))
    np.testing.assert_array_equal(table["aggressor"], np.array([0, 0, 1])[found.aggressor_side + 1])
    np.testing.assert_array_equal(sells["aggressor"], np.array([1, 0, 0])[found.aggressor_side + 1])
    assert NULL not in table["match_id"]
