"""Results in a notebook: tables by name, the orders of all jobs for whoever takes Arrow, the figures of the report."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pytest
from pyarrow import parquet

import darkreplay
from tests.darkreplay.whole_numbers import whole_numbers
from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT
from tests.driver.whole_runs import darkreplay as command
from tickstore.errors import UserError


@pytest.fixture
def results(market: Market) -> darkreplay.Results:
    return darkreplay.read_results(market.folder / "clean")


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = "{'numba', 'numpy', 'pyarrow', 'h5py'}"
    program = f"import sys, darkreplay; print({heavy} & set(sys.modules)); print(*darkreplay.__all__)"
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    first, names = done.stdout.splitlines()
    assert first == "set()"
    assert {"read_results", "open_day", "sessions"} <= set(names.split())


def test_every_table_by_its_name(results: darkreplay.Results, market: Market) -> None:
    names = {path.stem for path in (market.folder / "clean").glob("*.csv")}
    assert set(results.keys()) == set(results) == names
    for name in names:
        with (market.folder / "clean" / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        table = results[name]
        assert table.num_rows == len(rows)
        assert table.column_names == list(rows[0]) if rows else True
    summary = results["global_summary"].to_pylist()
    recorded = json.loads((market.folder / "clean" / "run.json").read_text())["summary"]
    assert [row["shortfall_bps"] for row in summary] == [row["shortfall_bps"] for row in recorded]
    assert results["by_security"].schema.field("security_code").type == pa.string()
    assert results.state == "complete"
    with pytest.raises(UserError, match="no table by_dat: did you mean by_date"):
        results["by_dat"]


def test_orders_of_all_jobs_are_one_table_for_whoever_takes_arrow(results: darkreplay.Results) -> None:
    files = sorted(
        results.folder.glob("sec*/*/orders.parquet"), key=lambda path: (int(path.parts[-3][3:]), path.parts[-2])
    )
    apart = [whole_numbers(parquet.read_table(path)).to_pydict() for path in files]
    expected = {name: [value for one in apart for value in one[name]] for name in apart[0]}
    orders = results.orders
    assert len(orders) == len(expected["order_id"]) == results.run["totals"]["orders"] > 0
    for taken in (pa.table(orders), pa.table(orders), pa.table(results)):  # as often as one likes
        assert whole_numbers(taken).to_pydict() == expected
    assert orders["order_id"].to_pylist() == expected["order_id"]
    assert orders.reader(["side", "order_id"]).read_all().column_names == ["side", "order_id"]
    assert len(results.matches) > 0
    with pytest.raises(UserError, match="no column sides: did you mean side"):
        orders["sides"]


def test_polars_duckdb_and_pandas_take_them(results: darkreplay.Results) -> None:
    orders = results.orders
    filled = sum(orders["filled_quantity"].to_pylist())
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    pytest.importorskip("pandas")
    assert polars.DataFrame(orders)["filled_quantity"].sum() == filled
    assert polars.scan_pyarrow_dataset(orders.dataset).select("filled_quantity").collect().sum().item() == filled
    assert duckdb.sql("SELECT sum(filled_quantity) FROM orders").fetchall() == [(filled,)]
    assert pa.table(orders).to_pandas()["filled_quantity"].sum() == filled


@pytest.mark.parametrize("form", ["csv", "gzip"])
def test_other_formats_give_the_same_rows(
    form: str, market: Market, tmp_path: Path, results: darkreplay.Results
) -> None:
    flags = (
        f"--store={market.store}",
        "--results=out",
        f"--format={form}",
        "--mode=sequential",
        "--date_end=2024-01-02",
    )
    done = command("run", *flags, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    other = darkreplay.read_results(tmp_path / "out").orders
    ids, prices = results.orders["order_id"].to_pylist(), results.orders["limit_price"].to_pylist()
    limits = dict(zip(ids, prices, strict=True))
    assert len(other) > 0
    found = zip(other["order_id"].to_pylist(), other["limit_price"].to_pylist(), strict=True)
    assert all(limits[number] == price for number, price in found)


def test_figures_are_those_of_the_report(results: darkreplay.Results) -> None:
    page = (results.folder / "report.html").read_text()
    assert {"outcomes", "hours", "fidelity"} <= set(results.figures)
    for name, figure in results.figures.items():
        assert figure._repr_svg_() in page, name


def test_how_they_look_and_complete(results: darkreplay.Results, market: Market, tmp_path: Path) -> None:
    page = results._repr_html_()
    assert "INCOMPLETE" not in page
    assert "<th>shortfall_bps</th>" in page
    assert "<code>by_date</code>" in page
    assert results._ipython_key_completions_() == results.keys()
    assert "hours" in results.figures._ipython_key_completions_()
    assert "order_id" in results.orders._ipython_key_completions_()
    copytree(results.folder, tmp_path / "<b>")
    facts = json.loads((tmp_path / "<b>" / "run.json").read_text())
    facts["jobs"] |= {"done": 2, "kept": 0, "failed": 1, "waiting": 1}
    (tmp_path / "<b>" / "run.json").write_text(json.dumps(facts))
    page = darkreplay.read_results(tmp_path / "<b>")._repr_html_()
    assert page.startswith("<p><b>INCOMPLETE: 2 of 4 jobs are missing.</b>")
    assert "&lt;b&gt;" in page


def test_what_is_no_results_folder_is_said(tmp_path: Path, market: Market) -> None:
    with pytest.raises(UserError, match="is not a results folder"):
        darkreplay.read_results(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        darkreplay.read_results(tmp_path)
    done = command(
        "run", f"--store={market.store}", "--results=out", "--order_level=false", "--mode=sequential", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(UserError, match="has no orders of its 4 finished jobs: run with --order_level=true"):
        _ = darkreplay.read_results(tmp_path / "out").orders
