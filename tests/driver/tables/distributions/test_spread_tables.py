"""distributions.csv and histograms.csv against the orders one by one, from the order files of whole runs."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from driver.sums.partial_file import PARTIAL_NAME, read_partial, write_partial
from driver.tables.aggregate import aggregate
from driver.tables.distributions.spread_words import GUIDES, KINDS, QUANTILES
from kernels.base.columns import F64
from kernels.conventions import NULL, REPLAYED
from tests.blocks import with_columns
from tests.command import darkreplay_here as darkreplay
from tests.driver.inference.samples import rounded, scipys_z
from tests.driver.job_folders import SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import empty_block, random_block

Rows = list[dict[str, str]]
OF_LIFE = "mid_drift", "mid_volatility", "spread_volatility"
WIDEST = 1 / 16  # from the middle of a bucket to its edge, of its lower edge
CLOSE = 1e-9  # by which a value in a file may be off an edge it is on


def read(results: Path, name: str) -> Rows:
    with (results / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(orders: Rows, name: str) -> F64:
    return np.array([float(order[name] or "nan") for order in orders])


def values_of(orders: Rows, measure: str, scenario: str) -> F64:
    """Return a measure of the orders that have it, in the unit of the tables."""
    before = "" if scenario == "real" else f"{scenario}_"
    asked = numbers(orders, "order_quantity")
    filled = numbers(orders, f"{before}filled_quantity")
    if measure in ("shortfall", "saving"):
        lived = numbers(orders, "window_end") >= numbers(orders, "window_start")
        found = np.where(lived, numbers(orders, f"{before}{measure}_bps"), np.nan)
        return found[np.isfinite(found)]
    if measure == "fill_ratio":
        return filled[asked > 0] / asked[asked > 0]
    if measure in OF_LIFE:
        found = numbers(orders, f"{measure}_bps")
        return found[np.isfinite(found)]
    fills = numbers(orders, f"{before}fills")
    span = (numbers(orders, f"{before}last_fill_time") - numbers(orders, f"{before}first_fill_time")) / 1e9
    made: dict[str, Callable[[], F64]] = {
        "fill_span": lambda: span,
        "time_between_fills": lambda: np.where(fills > 1, span, np.nan) / np.maximum(fills - 1, 1),
        "fill_size": lambda: np.where(fills > 0, filled, np.nan) / np.maximum(fills, 1),
        "time_to_first_fill": lambda: numbers(orders, f"{before}time_to_first_fill_ns") / 1e9,
        "execution_time": lambda: numbers(orders, f"{before}execution_time_ns") / 1e9,
    }
    found = made[measure]() if measure in made else numbers(orders, f"{before}{measure}_bps")
    return found[(fills > 0) & np.isfinite(found)]


def orders_of(results: Path, security: str) -> Rows:
    folders = results.glob("sec*/*" if security == "all" else f"sec{security}/*")
    return [order for folder in sorted(folders) for order in read(folder, "orders")]


def off(row: dict[str, str], values: F64) -> Iterator[str]:
    """Yield the quantiles of a row that are not those of the values, to a bucket's width."""
    ordered = np.sort(values)
    for name, share in QUANTILES.items():
        exact = ordered[int(np.ceil(share * len(ordered) - 1e-9)) - 1]
        small = {"bps": 2.0**-6, "share": 0.01, "s": 1.024e-6, "shares": 1.0}[row["unit"]]
        slack = 0.005 + CLOSE if row["unit"] == "share" else max(WIDEST * abs(exact), small) * (1 + CLOSE)
        if not abs(float(row[name]) - exact) <= slack:
            yield f"{row['security_code']} {row['measure']} {row['scenario']} {name}: {row[name]} is not {exact}"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    spec = "--securities=7,8", "--date_start=2024-01-02", "--date_end=2024-01-03", "--orders=300", "--seed=11"
    assert darkreplay("synth", "--out=raw", *spec, folder=folder).returncode == 0
    flags = "--store=store", "--results=results", "--format=csv", "--order_columns=all"
    done = darkreplay("run", "--input=raw", *flags, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "results"


def test_quantiles_are_those_of_the_orders(results: Path) -> None:
    rows = read(results, "distributions")
    assert {row["measure"] for row in rows} == set(KINDS)
    assert {row["scenario"] for row in rows if row["measure"] == "fill_span"} == {"real", *REPLAYED}
    assert {row["scenario"] for row in rows if row["measure"] in OF_LIFE} == {"real"}
    compared = 0
    for security in ("all", "7", "8"):
        orders = orders_of(results, security)
        for row in (row for row in rows if row["security_code"] == security):
            values = values_of(orders, row["measure"], row["scenario"])
            assert int(row["orders"]) == len(values), row
            if len(values):
                assert list(off(row, values)) == []
                compared += 1
    assert compared > 150


def test_buckets_hold_the_orders_between_their_edges(results: Path) -> None:
    orders = orders_of(results, "all")
    by_measure: dict[tuple[str, str], Rows] = {}
    for row in read(results, "histograms"):
        by_measure.setdefault((row["measure"], row["scenario"]), []).append(row)
    assert len(by_measure) > 50
    for (measure, scenario), rows in by_measure.items():
        values = values_of(orders, measure, scenario)
        assert sum(int(row["orders"]) for row in rows) == len(values)
        for row in rows:
            low, high = float(row["low"] or "-inf"), float(row["high"] or "inf")
            near = CLOSE * max(abs(low), 1e-6) if np.isfinite(low) else 0.0
            most = np.count_nonzero((values >= low - near) & (values < high + near))
            least = np.count_nonzero((values >= low + near) & (values < high - near))
            if low == high:
                least = most = np.count_nonzero(values == low)
            elif row["unit"] == "share" and low == 0.0:
                least = most = np.count_nonzero((values > 0.0) & (values < high))
            assert least <= int(row["orders"]) <= most, row


def test_ranks_and_correlations_are_scipys_of_the_orders(results: Path) -> None:
    orders, rows = orders_of(results, "all"), read(results, "statistics")
    for scenario in ("A", "B", "C", "R", "D"):
        (ranks, correlation) = (
            next(row for row in rows if (row["test"], row["scenario"]) == (test, scenario))
            for test in ("wilcoxon", "correlation")
        )
        expected = scipys_z(rounded(values_of(orders, "saving", scenario)))
        assert float(ranks["statistic"]) == pytest.approx(expected, rel=1e-9)
        costs = [values_of(orders, "shortfall", name) for name in ("real", scenario)]
        assert float(correlation["correlation"]) == pytest.approx(stats.pearsonr(*costs).statistic, rel=1e-9)
        assert (ranks["p_value"], ranks["orders"]) == ("", str(len(costs[0])))


def test_the_order_of_the_jobs_changes_no_byte(tmp_path: Path) -> None:
    partitions = [("9", "2024-01-01"), ("9", "2024-01-02"), ("101", "2024-01-01")]
    jobs = make_jobs(tmp_path, partitions)
    names = "distributions.csv", "histograms.csv"
    aggregate(tmp_path, jobs, SETTINGS)
    first = [(tmp_path / name).read_bytes() for name in names]
    assert first[1].count(b"\n") > 50
    for index, job in enumerate(reversed(jobs[:2])):
        object.__setattr__(job, "index", index)
    aggregate(tmp_path, jobs, SETTINGS)
    assert [(tmp_path / name).read_bytes() for name in names] == first


def test_a_scenario_that_is_not_known_of_every_order_has_no_distribution(tmp_path: Path) -> None:
    block = random_block(40, 5)
    filled = block.scenario_filled.copy()
    filled[1, 3] = NULL
    aggregate(
        tmp_path, [make_job(tmp_path, 0, "7", "2024-01-01", with_columns(block, scenario_filled=filled))], SETTINGS
    )
    rows = read(tmp_path, "distributions")
    assert {row["orders"] for row in rows if row["scenario"] == "A"} == {""}
    assert {row["median"] for row in rows if row["scenario"] == "A"} == {""}
    assert "" not in {row["orders"] for row in rows if row["scenario"] == "B"}
    assert "A" not in {row["scenario"] for row in read(tmp_path, "histograms")}


def test_of_no_orders_and_of_one(tmp_path: Path) -> None:
    job = make_job(tmp_path, 0, "7", "2024-01-01", empty_block(SETTINGS.simulation))
    aggregate(tmp_path, [job], SETTINGS)
    rows = read(tmp_path, "distributions")
    assert {(row["orders"], row["median"]) for row in rows} == {("0", "")}
    assert read(tmp_path, "histograms") == []
    one = make_job(
        tmp_path, 1, "8", "2024-01-01", with_columns(random_block(1, 3), order_quantity=9, filled_quantity=3)
    )
    aggregate(tmp_path, [job, one], SETTINGS)
    (row,) = [
        row for row in read(tmp_path, "distributions")
        if (row["security_code"], row["measure"], row["scenario"]) == ("8", "fill_ratio", "real")
    ]  # fmt: skip
    assert {row[name] for name in QUANTILES} == {"0.335"}


def test_a_security_that_no_order_is_selected_of_has_no_rows(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, [("9", "2024-01-01")])
    jobs += [make_job(tmp_path, 1, "101", "2024-01-01", empty_block(SETTINGS.simulation))]
    path = Path(jobs[1].folder) / PARTIAL_NAME
    write_partial(replace(read_partial(path), is_empty=True), path)
    aggregate(tmp_path, jobs, SETTINGS)
    assert {row["security_code"] for row in read(tmp_path, "distributions")} == {"all", "9"}


@pytest.mark.parametrize("name", GUIDES)
def test_what_is_written_is_described(results: Path, name: str) -> None:
    assert list(read(results, name)[0]) == [column.name for column in GUIDES[name]]
