"""Peers give our answer, order by order and row by row of the tables: in a generated market and on the real day."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

import perf.peers.equality as equality
from perf.peers import markets, ours
from perf.peers.engines import MARKET, OURS, PEERS, STORE, answering, load, out_of
from perf.peers.question import read_market

for library in sorted({peer.library for peer in PEERS.values()}):
    pytest.importorskip(library)


def answer(folder: Path, engine: str) -> Path:
    """Let an engine store the market of a folder and answer once; return where its answer is."""
    if engine != OURS:
        load(engine, str(folder))
    with answering(engine, folder, 1) as once:
        once()
        once()  # what stays from one time to the next is of no harm
    return out_of(engine, folder)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    markets.write_files(folder, 6_000, 6, workers=1)
    load(OURS, str(folder))
    markets.describe(folder)
    answer(folder, OURS)
    return folder


@pytest.mark.parametrize("engine", PEERS)
def test_peers_answer_as_we_do(market: Path, engine: str) -> None:
    equality.check(out_of(OURS, market), answer(market, engine))


@pytest.mark.parametrize(("column", "by"), [("order_id", 1), ("fills", 1), ("A_price", 0.5), ("arrival_time", 1)])
def test_one_other_value_is_found(market: Path, tmp_path: Path, column: str, by: float) -> None:
    engine = "polars"
    given = answer(market, engine)
    for path in given.iterdir():
        table = parquet.read_table(path) if path.suffix == ".parquet" else None
        if table is None or path.name != "orders_0.parquet":
            (tmp_path / path.name).write_bytes(path.read_bytes())
            continue
        place = table.column_names.index(column)
        values = equality.plain(table.column(place)).to_pylist()
        row = next(row for row, value in enumerate(values) if value is not None)
        values[row] += by
        kind = table.schema.field(column).type
        changed = pa.array(values, pa.float64() if by < 1 else pa.int64()).cast(kind)
        parquet.write_table(table.set_column(place, column, changed), tmp_path / path.name)
    with pytest.raises(AssertionError, match=column):
        equality.check(out_of(OURS, market), tmp_path)


def test_market_is_described(market: Path) -> None:
    found = read_market(market / MARKET)
    assert [(p.security, p.date) for p in found.partitions] == [(str(101 + k), markets.DATE) for k in range(6)]
    assert found.event_rows == (market / "orders.csv").read_bytes().count(b"\n") - 1
    for partition in found.partitions:
        assert partition.begin < partition.start < partition.end < partition.stop
        assert partition.offset == 11 * 3_600 * 10**9  # Sydney in January


@pytest.fixture(scope="module")
def real_market(real_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    for name in ours.FILES:
        (folder / f"{name}.csv").symlink_to(real_day / f"{name}.csv")
    ours.convert({name: str(folder / f"{name}.csv") for name in ours.FILES}, folder / STORE, 1)
    markets.describe(folder)
    answer(folder, OURS)
    return folder


@pytest.mark.parametrize("engine", PEERS)
def test_peers_answer_as_we_do_on_the_real_day(real_market: Path, engine: str) -> None:
    equality.check(out_of(OURS, real_market), answer(real_market, engine))


@pytest.mark.parametrize(
    ("ours_", "theirs", "differ"),
    [
        ([1, 2, None], [1, 2, None], False),
        ([1, 2**62 + 1], [1, 2**62], True),  # integers are not compared as floats
        ([1, None], [1, 0], True),
        ([1, 2], [1], True),
        ([1.0, 1e6], [1.0 + 5e-10, 1e6 + 5e-4], False),
        ([1.0], [1.0 + 5e-9], True),
    ],
)
def test_differences_are_told(ours_: list[float], theirs: list[float], differ: bool) -> None:
    columns = (pa.chunked_array([values]) for values in (ours_, theirs))
    assert bool(list(equality.differences("x", *columns))) == differ
