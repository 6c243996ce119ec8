"""One market under both of the exchange's families of names: every table of a run has the same bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from marketgen import MarketSpec, generate
from tests.command import darkreplay_here as darkreplay
from tests.driver.whole_runs import tables
from tests.header_families import write_orders, write_trades

TABLES = ("orders", "trades", "nbbo")


def results(folder: Path, files: Path, *flags: str) -> dict[str, bytes]:
    """Return the tables of a run over the three files of a folder; a job's sums also name its day file's content."""
    given = [f"--{table}={files / table}.csv" for table in TABLES]
    where = (f"--store={folder / 'store'}", f"--results={folder / 'results'}")
    done = darkreplay("run", *given, *where, *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return {name: content for name, content in tables(folder / "results").items() if ".csv" in name}


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., None]:
    """Return a function that runs the files of a folder under both families and compares all tables."""

    def compare(lower: Path, *flags: str, trade_date: str = "", ranked: bool = True) -> None:
        capitals = tmp_path / "capitals"
        capitals.mkdir()
        write_orders(lower / "orders.csv", capitals / "orders.csv", trade_date, ranked)
        write_trades(lower / "trades.csv", capitals / "trades.csv")
        (capitals / "nbbo.csv").write_bytes((lower / "nbbo.csv").read_bytes())
        (tmp_path / "one").mkdir()
        (tmp_path / "other").mkdir()
        expected, found = results(tmp_path / "one", lower, *flags), results(tmp_path / "other", capitals, *flags)
        assert len(expected) > 10, list(expected)
        assert expected == found

    return compare


def test_a_generated_market(compare: Callable[..., None], tmp_path: Path) -> None:
    generate(MarketSpec(securities=(101,), date_end="2024-01-02", orders=300, seed=3), tmp_path / "market")
    compare(tmp_path / "market", "--mode=sequential")


@pytest.mark.parametrize("ranked", [True, False])
def test_the_real_day(ranked: bool, compare: Callable[..., None], real_day: Path) -> None:
    """With every scenario and no flag: the queue and the aggressors are told from the orders, stated or not."""
    compare(real_day, trade_date="2024-09-05", ranked=ranked)
