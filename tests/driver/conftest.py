"""One small market, converted once, for all tests of the command line."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.driver.whole_runs import darkreplay, tables


@dataclass(frozen=True)
class Market:
    """Raw files of four partitions, their store, and the tables of an undisturbed run."""

    folder: Path
    raw: Path
    store: Path
    tables: dict[str, bytes]


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = tmp_path_factory.mktemp("market")
    spec = ("--securities=101,102", "--date_start=2024-01-02", "--date_end=2024-01-03", "--orders=300")
    made = darkreplay("synth", "--out=raw", *spec, folder=folder)
    assert made.returncode == 0, made.stderr
    files = [f"--{table}=raw/{table}.csv" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("run", *files, "--store=store", "--results=clean", "--max_workers=2", folder=folder)
    assert done.returncode == 0, done.stderr
    return Market(folder, folder / "raw", folder / "store", tables(folder / "clean"))


@pytest.fixture
def in_own_folder(tmp_path: Path, market: Market, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the program in this process, in a folder of one's own, whose ``store`` is the market's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").symlink_to(market.store)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
