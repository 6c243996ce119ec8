"""Tables add up to the global row exactly, do not depend on the order of anything, and refuse what does not fit."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driver.sums.outliers import robust_z
from driver.sums.partial_file import read_partial, write_partial
from driver.tables.aggregate import aggregate
from driver.tables.csv_text import csv_bytes
from driver.tables.grouping import natural, size_labels
from kernels.conventions import NULL
from kernels.measure.choices import Simulation
from tests.blocks import cells_of, with_columns
from tests.driver.job_folders import PARTITIONS, SETTINGS, make_job, make_jobs, partial_sums_of
from tests.driver.order_blocks import empty_block, is_priced, random_block
from tickstore.errors import StoreError

pytestmark = pytest.mark.reduced
OUTCOMES = ["fully_filled", "partially_filled", "not_executed"]
MEASURES = ["orders", *OUTCOMES, "order_quantity", "filled_quantity", "fill_ratio", "notional", "vwap"]

MEASURES += ["shortfall_bps", "saving_bps"]

INTEGERS = ["orders", *OUTCOMES, "order_quantity", "filled_quantity", "priced_orders"]

INTEGERS += ["better", "equal", "worse", "benchmark_notional", "shortfall_cost"]

REAL_INTEGERS = ["lit_quantity", "dark_quantity", "auction_quantity", "booked_quantity", "leaves_quantity"]

REAL_INTEGERS += ["notional", "lit_notional", "dark_notional", "auction_notional", "booked_notional"]
REAL_INTEGERS += ["other_quantity", "other_notional"]

REAL_INTEGERS += ["effective_spread_orders", "markout_60s_orders", "time_to_first_fill_orders", "fill_span_orders"]

REAL_INTEGERS += ["withdrawn_quantity", "fills", "fills_after_hours", "not_eligible"]

REAL_INTEGERS += ["benchmark_arrival", "benchmark_open", "benchmark_close", "benchmark_none"]

TABLES = {
    "by_security": ["security_code"], "by_date": ["date"], "by_participant": ["participant_id"], "by_group": ["group"],
    "by_time_of_day": ["hour"], "by_order_size": ["size_bucket"], "time_series": ["date", "hour"],
}  # fmt: skip
Table = list[dict[str, str]]


def read(results: Path, name: str) -> Table:
    with (results / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def of(table: Table, scenario: str) -> Table:
    return [row for row in table if row["scenario"] == scenario]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    return tmp_path


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scenario", ["real", "A", "B", "C"])
def test_every_table_adds_up_to_the_global_row_exactly(results: Path, name: str, scenario: str) -> None:
    (whole,) = of(read(results, "global_summary"), scenario)
    rows = of(read(results, name), scenario)
    assert len(rows) > 1
    for column in INTEGERS + (REAL_INTEGERS if scenario == "real" else []):
        assert sum(int(row[column]) for row in rows) == int(whole[column]), column
    for column in ("notional", "notional_value", "shortfall_value", "saving_value"):
        assert sum(float(row[column]) for row in rows) == pytest.approx(float(whole[column]), rel=1e-12)


@pytest.mark.parametrize(("name", "keys"), [("global_summary", []), *TABLES.items()])
def test_columns_are_keys_scenario_and_measures_in_order(results: Path, name: str, keys: list[str]) -> None:
    header = list(read(results, name)[0])
    assert header[: len(keys) + 1 + len(MEASURES)] == [*keys, "scenario", *MEASURES]


def test_the_global_row_is_what_the_orders_say(tmp_path: Path) -> None:
    blocks = [random_block(50, seed) for seed in range(3)]
    jobs = [make_job(tmp_path, i, "1", f"2024-01-0{i + 1}", block) for i, block in enumerate(blocks)]
    aggregate(tmp_path, jobs, SETTINGS)
    quantity = np.concatenate([block.order_quantity for block in blocks])
    filled = np.concatenate([block.filled_quantity for block in blocks])
    notional = np.concatenate([block.notional for block in blocks])
    mid2 = np.concatenate([block.mid2 for block in blocks])
    cost = np.concatenate([block.cost for block in blocks], axis=1)
    priced = np.array([is_priced(block, i) for block in blocks for i in range(len(block))])
    base = (mid2 * quantity)[priced].astype(float)
    (real,), (a,) = (of(read(tmp_path, "global_summary"), scenario) for scenario in ("real", "A"))
    assert int(real["orders"]) == 150
    assert float(real["fill_ratio"]) == filled.sum() / quantity.sum()
    assert float(real["vwap"]) == notional.sum() / filled.sum()  # one security: a vwap has a meaning
    assert float(real["shortfall_bps"]) == pytest.approx(1e4 * cost[0, priced].sum() / base.sum(), rel=1e-9)
    assert float(a["saving_bps"]) == pytest.approx(1e4 * (cost[0] - cost[1])[priced].sum() / base.sum(), rel=1e-9)
    each = 1e4 * cost[:, priced] / base
    assert float(a["shortfall_mean_bps"]) == pytest.approx(each[1].mean(), rel=1e-9)
    assert float(a["saving_mean_bps"]) == pytest.approx((each[0] - each[1]).mean(), rel=1e-9)
    assert float(a["saving_sd_bps"]) == pytest.approx((each[0] - each[1]).std(ddof=1), rel=1e-9)
    median = np.quantile(each[1], 0.5, method="inverted_cdf")
    assert float(a["shortfall_median_bps"]) == pytest.approx(median, rel=0.07)


def test_every_metric_says_how_many_orders_it_is_about(tmp_path: Path) -> None:
    block = random_block(80, 4)
    aggregate(tmp_path, [make_job(tmp_path, 0, "1", "2024-01-01", block)], SETTINGS)
    (real,) = of(read(tmp_path, "global_summary"), "real")
    market = block.venue_notional[:3].sum(axis=0) > 0  # crossing bookings and unknown deal sources are no market
    effective = market & np.isfinite(block.effective_spread_bps)
    second = int((effective & np.isfinite(block.impact_bps[0])).sum())
    assert int(effective.sum()) > second
    assert int(real["effective_spread_orders"]) == int(effective.sum())  # whatever horizons are asked for
    assert int(real["markout_1s_orders"]) == second > 0
    assert int(real["time_to_first_fill_orders"]) == int((block.time_to_first_fill != NULL).sum())
    assert int(real["auction_notional"]) == int(block.venue_notional[2].sum())


def test_vwap_is_empty_where_securities_mix(results: Path) -> None:
    assert {row["vwap"] for row in read(results, "global_summary")} == {""}
    assert all(row["vwap"] for row in read(results, "by_security") if int(row["filled_quantity"]))


def test_the_order_of_jobs_given_is_nothing(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path)
    aggregate(tmp_path, jobs, SETTINGS)
    first = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    aggregate(tmp_path, jobs[::-1], SETTINGS)
    assert first == {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}


def test_rows_are_sorted_and_text_ids_are_text(results: Path) -> None:
    assert [row["security_code"] for row in of(read(results, "by_security"), "real")] == ["9", "101", "BRK.B"]
    names = [row["participant_id"] for row in of(read(results, "by_participant"), "real")]
    assert names == sorted(names, key=natural)
    assert {"Alpha", 'Beta, "B"', "7", "69"} <= set(names)


def test_groups_are_the_real_outcome_and_outcomes_are_the_scenarios(results: Path) -> None:
    rows = read(results, "by_group")
    assert [row["group"] for row in of(rows, "A")] == ["1", "2", "3"]
    (full, _, none) = of(rows, "real")
    assert full["orders"] == full["fully_filled"]
    assert none["orders"] == none["not_executed"]
    assert int(of(rows, "A")[2]["fully_filled"]) > 0


def test_unexecuted_orders_are_group_3_by_hour_and_by_size(results: Path) -> None:
    rows = read(results, "unexecuted")
    group3 = {row["scenario"]: row for row in read(results, "by_group") if row["group"] == "3"}
    for scenario, whole in group3.items():
        mine = of(rows, scenario)
        assert [row["orders"] for row in mine if row["breakdown"] == "all"] == [whole["orders"]]
        for breakdown in ("hour", "size_bucket"):
            part = [row for row in mine if row["breakdown"] == breakdown]
            assert sum(int(row["shortfall_cost"]) for row in part) == int(whole["shortfall_cost"])


@pytest.mark.parametrize("condition", ["phase", "spread", "volume_share", "volatility"])
def test_conditions_add_up_to_the_global_row_exactly(results: Path, condition: str) -> None:
    (whole,) = of(read(results, "global_summary"), "B")
    rows = [row for row in of(read(results, "by_condition"), "B") if row["condition"] == condition]
    assert len(rows) > 1
    for column in INTEGERS:
        assert sum(int(row[column]) for row in rows) == int(whole[column]), column


def test_data_quality_has_totals_then_partitions(results: Path) -> None:
    rows = read(results, "data_quality")
    totals = {row["kind"]: int(row["count"]) for row in rows if row["security_code"] == "all"}
    assert totals["quotes_crossed"] == sum(range(len(PARTITIONS)))
    mine = [row for row in rows if row["security_code"] == "BRK.B"]
    assert {row["kind"]: row["count"] for row in mine}["quotes_crossed"] == "4"


def test_outliers_are_the_orders_of_largest_cost(results: Path) -> None:
    rows = read(results, "outliers")
    costs = [abs(float(row["shortfall_value"])) for row in rows]
    assert costs == sorted(costs, reverse=True)
    largest = max(
        float(np.nanmax(np.abs(random_block(60 + 7 * i, i, 2 + i % 3).cost[0]))) for i in range(len(PARTITIONS))
    )
    assert costs[0] == pytest.approx(largest / 2_000)


def test_statistics_are_written(results: Path) -> None:
    rows = read(results, "statistics")
    assert {row["test"] for row in rows} == {
        "cluster", "paired_t", "sign", "wilcoxon", "correlation", "rm_anova", "hotelling",
    }  # fmt: skip
    assert {row["clusters"] for row in rows if row["test"] == "cluster"} == {str(len(PARTITIONS))}


def test_the_summary_is_the_global_row(tmp_path: Path) -> None:
    found = aggregate(tmp_path, make_jobs(tmp_path), SETTINGS)
    for row, line in zip(found.measures, read(tmp_path, "global_summary"), strict=True):
        assert csv_bytes(list(row), [list(row.values())]).decode().splitlines()[1] == ",".join(line.values())
    assert sorted(found.tables) == sorted(path.name for path in tmp_path.glob("*.csv"))


def test_jobs_without_orders_leave_no_rows_but_the_global_and_groups(tmp_path: Path) -> None:
    empty = empty_block(Simulation())
    jobs = [make_job(tmp_path, 0, "5", "2024-01-01", empty), make_job(tmp_path, 1, "6", "2024-01-01", empty)]
    aggregate(tmp_path, jobs, SETTINGS)
    (real, *_) = read(tmp_path, "global_summary")
    assert (real["orders"], real["fill_ratio"], real["shortfall_bps"]) == ("0", "", "")
    assert len(read(tmp_path, "by_group")) == 12
    assert read(tmp_path, "by_security") == []


def test_large_costs_add_up_exactly(tmp_path: Path) -> None:
    block = random_block(40, 0)
    large = with_columns(block, cost=block.cost * 1e6)
    jobs = [make_job(tmp_path, i, str(i), "2024-01-01", large) for i in range(4)]
    one = int(cells_of(large, SETTINGS.timezone).sums[read_partial_names(tmp_path).index("real.cost")].sum())
    aggregate(tmp_path, jobs, SETTINGS)
    assert int(read(tmp_path, "global_summary")[0]["shortfall_cost"]) == 4 * one


def read_partial_names(results: Path) -> tuple[str, ...]:
    return read_partial(next(results.rglob("partial.arrow"))).marginals.names


def test_a_partial_of_other_settings_is_refused(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path)
    with pytest.raises(StoreError, match="belongs to other settings or data"):
        aggregate(tmp_path, [replace(jobs[0], fingerprint="other"), *jobs[1:]], SETTINGS)


def test_partials_with_other_columns_are_refused(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path)
    path = next(Path(jobs[2].folder).glob("partial.arrow"))
    partial = read_partial(path)
    names = "cells", "conditions", "volatility", "marketability", "marginals"
    sums: Any = dict(zip(names, partial_sums_of(random_block(9, 0, markouts=1)), strict=True))
    partial = replace(partial, **sums)
    write_partial(partial, path)
    with pytest.raises(StoreError, match="has other columns"):
        aggregate(tmp_path, jobs, SETTINGS)


def test_nothing_to_aggregate_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no finished job"):
        aggregate(tmp_path, [], SETTINGS)


def test_sizes_and_ids_by_hand() -> None:
    assert size_labels() == ["1-100", "101-500", "501-1000", "1001-5000", "5001-10000", "10001-50000", "50001+"]
    assert sorted(["b", "10", "9", "A"], key=natural) == ["9", "10", "A", "b"]


def test_outliers_say_how_far_from_usual_they_are(tmp_path: Path) -> None:
    """Against median and median absolute deviation of the orders themselves, which histograms know to 6 %."""
    blocks = [random_block(400, seed) for seed in range(2)]
    jobs = [make_job(tmp_path, i, "1", f"2024-01-0{i + 1}", block) for i, block in enumerate(blocks)]
    aggregate(tmp_path, jobs, SETTINGS)
    mid2 = np.concatenate([block.mid2 for block in blocks])
    cost = np.concatenate([block.cost for block in blocks], axis=1)
    priced = np.array([is_priced(block, i) for block in blocks for i in range(len(block))])
    base = mid2 * np.concatenate([block.order_quantity for block in blocks]).astype(float)
    shortfall = 1e4 * cost[0, priced] / base[priced]
    median = float(np.median(shortfall))
    deviation = 1.4826 * float(np.median(np.abs(shortfall - median)))
    rows = read(tmp_path, "outliers")
    assert len(rows) == SETTINGS.outliers
    for row in rows:
        expected = (float(row["shortfall_bps"]) - median) / deviation
        assert float(row["shortfall_z"]) == pytest.approx(expected, rel=0.15, abs=0.15)


def test_a_deviation_below_a_basis_point_counts_as_one() -> None:
    assert robust_z(3.0, (1.0, 2.0)) == pytest.approx(1 / 1.4826)
    assert robust_z(3.0, (1.0, 0.0)) == robust_z(3.0, (1.0, 0.9)) == pytest.approx(2 / 1.4826)
    assert [robust_z(None, (1.0, 2.0)), robust_z(3.0, None)] == [None] * 2


@pytest.mark.parametrize("kept", [1, 7, 40])
def test_outliers_are_the_largest_of_the_run_though_one_job_has_them_all(tmp_path: Path, kept: int) -> None:
    settings = replace(SETTINGS, outliers=kept)
    blocks = [random_block(90, seed) for seed in range(3)]
    blocks[1] = with_columns(blocks[1], cost=blocks[1].cost * 1e3)
    jobs = [make_job(tmp_path, i, "1", f"2024-01-0{i + 1}", block, settings) for i, block in enumerate(blocks)]
    aggregate(tmp_path, jobs, settings)
    costs = np.concatenate([np.abs(block.cost[0]) for block in blocks])
    largest = np.sort(costs[np.isfinite(costs)])[::-1][:kept]
    found = [2_000 * abs(float(row["shortfall_value"])) for row in read(tmp_path, "outliers")]
    assert found == pytest.approx(largest.tolist())


def test_filled_stands_over_the_volume_of_the_security_days_a_row_is_from(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path)
    for index, job in enumerate(jobs):
        path = Path(job.folder) / "partial.arrow"
        write_partial(replace(read_partial(path), volumes=(10_000 + index, 1_000 + index)), path)
    aggregate(tmp_path, jobs, SETTINGS)
    days = {("9", "2024-01-01"): 0, ("9", "2024-01-02"): 1, ("101", "2024-01-01"): 2, ("101", "2024-01-02"): 3}
    for row in read(tmp_path, "by_security"):
        if (security := row["security_code"]) in ("9", "101"):
            market, dark = (sum(base + days[security, f"2024-01-0{k}"] for k in (1, 2)) for base in (10_000, 1_000))
            filled = int(row["filled_quantity"])
            in_dark = int(row["dark_quantity"]) if row["scenario"] == "real" else filled
            assert float(row["of_market_volume"]) == filled / market
            assert float(row["of_dark_volume"]) == in_dark / dark
    (whole,) = of(read(tmp_path, "global_summary"), "A")
    assert float(whole["of_market_volume"]) == int(whole["filled_quantity"]) / sum(10_000 + k for k in range(len(jobs)))
