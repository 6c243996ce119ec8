"""A partition's columns against a slow oracle; the order of rows whatever the input's."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tickstore
from tests.tickstore.naive_day import Row, naive_day, naive_turned
from tickstore import ConvertRequest, open_day, write_day
from tickstore.building.ordered_tables import put, take
from tickstore.building.scratch import Scratch
from tickstore.building.time_order import time_order
from tickstore.day.check import check_day
from tickstore.day.schema import GROUPS

pytestmark = pytest.mark.reduced
# Another security's order, which is sound: an input of which every order contradicts itself is refused.
BESIDE = """order_id,timestamp,security,price,side,quantity,leaves_quantity,matched_quantity,participant
1,1725494536000000000,8,1,1,1,1,0,3
"""
BASE = 1_725_494_536_000_000_000  # 2024-09-05 in Sydney
times = st.integers(0, 12).map(lambda t: BASE + t)
sequences = st.integers(0, 6)
small = st.integers(0, 9)
order_rows = st.fixed_dictionaries(
    {
        "order_id": st.integers(1, 5),
        "timestamp": times,
        "price": small,
        "side": st.sampled_from([1, -1]),
        "quantity": small,
        "leaves_quantity": small,
        "matched_quantity": small,
        "participant": small,
        "sequence": sequences,
        "change_reason": st.sampled_from([-1, 3, 6]),
    }
)
trade_rows = st.fixed_dictionaries(
    {
        "order_id": st.integers(1, 8),
        "timestamp": times,
        "price": small,
        "side": st.sampled_from([1, -1]),
        "quantity": st.integers(1, 3),  # of none there is no trade
        "sequence": sequences,
        "deal_source": st.sampled_from([1, 5, 20, 44, 45, 46, 47, 48, 99]),
    }
)
quote_rows = st.fixed_dictionaries({"timestamp": times, "bid": small, "offer": small, "sequence": sequences})


def csv_text(rows: list[Row], names: tuple[str, ...]) -> str:
    shown = [{**row, "security": 7, "side": {1: 1, -1: 2}.get(row.get("side", 0), 0)} for row in rows]
    lines = [",".join(str(row[name]) for name in names) for row in shown]
    return "\n".join([",".join(names), *lines]) + "\n"


def convert_rows(folder: Path, orders: list[Row], trades: list[Row], nbbo: list[Row]) -> tickstore.DayFile:
    order_names = ("order_id", "timestamp", "security", "price", "side", "quantity", "leaves_quantity")
    (folder / "o.csv").write_text(
        csv_text(orders, (*order_names, "matched_quantity", "participant", "sequence", "change_reason"))
    )
    trade_names = ("order_id", "timestamp", "security", "price", "side", "quantity", "sequence", "deal_source")
    (folder / "beside.csv").write_text(BESIDE)
    (folder / "t.csv").write_text(csv_text(trades, trade_names))
    (folder / "q.csv").write_text(csv_text(nbbo, ("timestamp", "security", "bid", "offer", "sequence")))
    store = folder / "store"
    tickstore.convert(
        ConvertRequest(
            orders=(folder / "o.csv", folder / "beside.csv"), trades=(folder / "t.csv",), nbbo=(folder / "q.csv",),
            store=store, max_rejects=1000, replace=True,
        )
    )  # fmt: skip
    partition, _ = tickstore.read_catalog(store).partitions
    return tickstore.open_day(partition.path)


@given(
    orders=st.lists(order_rows, min_size=1, max_size=14),
    trades=st.lists(trade_rows, max_size=10),
    nbbo=st.lists(quote_rows, max_size=8),
    again=st.lists(st.integers(0, 13), max_size=3),
)
def test_a_day_equals_the_naive_day(
    orders: list[Row], trades: list[Row], nbbo: list[Row], again: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for rows in (orders, trades, nbbo):
        rows += [dict(rows[n]) for n in again if n < len(rows)]
    day = convert_rows(tmp_path_factory.mktemp("day"), orders, trades, nbbo)
    for path, values in naive_day(*(naive_turned([rows])[0] for rows in (orders, trades, nbbo))).items():
        group, _, name = path.partition("/")
        assert day.group(group)[name].tolist() == values, path


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=60), run=st.integers(1, 9))
def test_runs_merge_into_a_stable_sort(rows: list[tuple[int, int]], run: int) -> None:
    timestamp = np.array([t for t, _ in rows], np.int64)
    sequence = np.array([s for _, s in rows], np.int64)
    order = time_order(timestamp, sequence, Scratch(None), run)
    expected = sorted(range(len(rows)), key=lambda i: rows[i])
    if order is None:
        assert expected == list(range(len(rows)))
    else:
        assert order.tolist() == expected


@given(data=st.data(), kinds=st.tuples(*2 * [st.sampled_from(["i1", "i2", "i4", "i8"])]))
def test_rows_are_taken_and_put_whatever_the_types(data: st.DataObject, kinds: tuple[str, str]) -> None:
    values = data.draw(st.lists(st.integers(-128, 127), min_size=1, max_size=30))
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=30))
    places = data.draw(st.permutations(range(len(values))))
    column, taken = np.array(values, kinds[0]), np.empty(len(rows), kinds[1])
    take(column, np.array(rows, np.int32), taken)
    assert taken.tolist() == [values[row] for row in rows]
    there = np.empty(len(values), kinds[1])
    put(column, np.array(places, np.int32), there)
    assert dict(zip(places, values, strict=True)) == dict(enumerate(there.tolist()))


def test_scratch_arrays_do_not_overlap(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    for _ in range(2):  # the second time in the same memory
        arrays: list[NDArray[np.int64]] = [scratch.empty(n, "i8") for n in (5, 200_000, 300_000, 1, 9_000_000)]
        for number, array in enumerate(arrays):
            array[:] = number
        assert [(int(a.min()), int(a.max())) for a in arrays] == [(n, n) for n in range(5)]
        scratch.reset()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("files", [0, 1, 3, 100, 1000])
def test_attributes_without_room_in_hdf5_are_in_front_of_it(tmp_path: Path, files: int) -> None:
    groups = {
        group: {column.name: np.arange(3, dtype=column.dtype) for column in schema}
        for group, schema in GROUPS.items()
        if group != "quotes"
    }
    sources = [[f"a{k}.csv", k, "f" * 32, "orders"] for k in range(files)]
    write_day(tmp_path / "a.h5", "101", "2024-09-05", groups, {"sources": sources})
    assert check_day(tmp_path / "a.h5") == ""
    assert open_day(tmp_path / "a.h5").attributes["sources"] == sources
    with h5py.File(tmp_path / "a.h5") as file:
        assert list(file["events/price"]) == [0, 1, 2]
        copy = json.loads(file.attrs["index"])["attributes"]
    assert copy.get("sources") == (sources if files < 1000 else None)
