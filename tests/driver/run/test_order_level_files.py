"""Order-level files of whole runs: the same bytes however they are run, and what the settings of the output ask for."""

from pathlib import Path

import pytest
from pyarrow import parquet

from tests.command import darkreplay_here
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay, tables


def run(market: Market, folder: Path, name: str, *flags: str) -> dict[str, bytes]:
    start = darkreplay_here if "--mode=sequential" in flags else darkreplay
    done = start("run", f"--store={market.store}", f"--results={name}", *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return tables(folder / name)


@pytest.mark.parametrize("columns", ["core", "all"])
def test_parquet_has_the_same_bytes_on_any_number_of_workers(market: Market, tmp_path: Path, columns: str) -> None:
    flags = f"--order_columns={columns}", "--dark_pool_scenarios=A,C,R"
    alone = run(market, tmp_path, "alone", *flags, "--mode=sequential")
    assert sum(name.endswith("orders.parquet") for name in alone) == 4
    assert sum(name.endswith("matches.parquet") for name in alone) == 4
    assert run(market, tmp_path, "two", *flags, "--max_workers=2") == alone


def test_other_columns_are_written_again_and_the_tables_stay(market: Market, tmp_path: Path) -> None:
    flags = "--dark_pool_scenarios=A", "--security_codes=101", "--date_end=2024-01-02", "--mode=sequential"
    core = run(market, tmp_path, "results", *flags)
    (path,) = (tmp_path / "results").rglob("orders.parquet")
    first = parquet.read_table(path)
    every = run(market, tmp_path, "results", *flags, "--order_columns=all")
    again = parquet.read_table(path)
    assert first.column_names[:3] == ["security_code", "trade_date", "order_id"]
    assert first.column_names[-1] == "A_saving_bps"
    assert again.num_columns > first.num_columns
    assert again.select(first.column_names).equals(first)
    for name in ("global_summary.csv", "by_security.csv"):
        assert core[name] == every[name]
