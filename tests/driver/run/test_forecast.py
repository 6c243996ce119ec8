"""`plan` tells what a run would do and take, and writes nothing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from driver.config.loading import load_config
from driver.plan.estimates import USUAL, VARIANT, Rates, estimate, job_memory, rates_of
from driver.run.forecast import _earlier_jobs, _estimate, _variants, raw_table
from kernels.conventions import MID_KINDS, POPULATIONS
from tests.driver.conftest import Market
from tests.driver.whole_runs import darkreplay


def test_input_that_is_not_converted_is_estimated_and_nothing_is_written(market: Market, tmp_path: Path) -> None:
    files = [f"--{table}={market.raw / table}.csv" for table in ("orders", "trades", "nbbo")]
    facts = darkreplay("plan", *files, "--json", "--temp_dir=temp", folder=tmp_path)
    assert facts.returncode == 0, facts.stderr
    assert list(tmp_path.iterdir()) == []
    found = json.loads(facts.stdout)
    rows = {table: (market.raw / f"{table}.csv").read_bytes().count(b"\n") for table in ("orders", "trades", "nbbo")}
    assert {one["table"]: one["rows"] for one in found["not_converted"]} == rows, "files this small are seen whole"
    assert found["jobs"] is None
    assert found["estimated_seconds"] > 0
    text = darkreplay("plan", *files, folder=tmp_path).stdout
    assert "not converted yet" in text
    assert "then one job for each security and day" in text


def test_the_sample_is_told_of_and_not_unpacked(tmp_path: Path) -> None:
    shown = darkreplay("plan", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "a run takes the built-in sample" in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_rates_of_the_last_run_count(market: Market, tmp_path: Path) -> None:
    words = ("plan", f"--store={market.store}", "--json")
    usual = json.loads(darkreplay(*words, folder=tmp_path).stdout)
    assert usual["rates"] == "usual rates"
    own = json.loads(darkreplay(*words, f"--results={market.folder / 'clean'}", folder=tmp_path).stdout)
    assert own["rates"] == "the rates of the last run there"
    sizes = sum(path.stat().st_size for path in (market.folder / "clean").glob("sec*/*/*"))
    assert own["results_bytes"] == pytest.approx(sizes, rel=0.01)
    assert list(tmp_path.iterdir()) == []


def test_estimates_follow_workers_cores_and_the_largest_job() -> None:
    rates = Rates(1e-3, 10.0, "made up")
    four = [4_000, 1_000, 1_000, 2_000]
    assert [estimate(four, workers, 4, False, rates).seconds for workers in (1, 2, 4)] == [10.0, 6.0, 6.0]
    assert estimate(four, 4, 1, False, rates).seconds == 10.0
    two = estimate(four, 2, 2, True, rates)
    assert two.memory == job_memory(4_000, True) + job_memory(2_000, True) + 2 * (64 << 20)
    assert two.disk == 80_000
    assert rates_of([{"state": "failed", "events": "", "seconds": "", "bytes": ""}], False) == USUAL
    done = {"state": "done", "events": "100", "seconds": "2.0", "bytes": "700"}
    assert rates_of([done], False) == Rates(0.02, 7.0, "the rates of the last run there")


def test_summing_by_mixed_keys_is_expected_to_take_more_the_more_cells_there_may_be() -> None:
    usual, few, many = (job_memory(3_000_000, True, keys) for keys in (0, 2, 9))
    assert few - usual == 40 * 3_000_000 + 2_000 * 10**2
    assert many - usual == 40 * 3_000_000 + 2_000 * 10**6
    rates = Rates(1e-3, 10.0, "made up")
    assert estimate([3_000_000], 1, 1, True, rates, 9).memory == many + (64 << 20)


def test_orders_that_are_measured_by_other_mids_and_populations_too_take_longer() -> None:
    rates = Rates(1e-3, 10.0, "made up")
    plain, five = (estimate([10_000], 1, 1, False, rates, variants=number) for number in (0, 5))
    assert (plain.seconds, five.seconds) == (2.0 + 10.0, 2.0 + 10.0 * (1 + 5 * VARIANT))
    assert five.memory == plain.memory
    done = {"state": "done", "events": "100", "seconds": "3.0", "bytes": "700"}
    assert rates_of([done], False, 5).seconds == pytest.approx(0.03 / (1 + 5 * VARIANT))


def test_a_plan_counts_the_sensitivity_that_is_asked_for() -> None:
    usual = load_config({}).config
    asked = replace(usual, sensitivity=True)
    changes: tuple[dict[str, Any], ...] = ({}, {"population": "sweep"}, {"dark_pool_scenarios": ("R",)})
    found = [_variants(replace(asked, **change)) for change in changes]
    others = len(MID_KINDS) - 1
    assert found == [others + len(POPULATIONS) - 1, others + 1, others]
    assert _variants(usual) == 0
    times = [_estimate(config, [10**6], 1, USUAL).seconds - 2.0 for config in (usual, asked)]
    assert times[1] == pytest.approx((1 + VARIANT * found[0]) * times[0])


def test_rates_of_an_earlier_run_are_of_what_that_run_measured(market: Market, tmp_path: Path) -> None:
    asked = f"--store={market.store}", "--results=out", "--dark_pool_scenarios=A", "--sensitivity"
    done = darkreplay("run", *asked, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    config = replace(load_config({}).config, sensitivity=True, dark_pool_scenarios=("A",))
    _, _, before = _earlier_jobs(tmp_path / "out", replace(config, population="sweep"))
    assert before == _variants(config) != _variants(replace(config, population="sweep"))


def test_packed_files_are_taken_for_more_than_their_size(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\0" + bytes(range(256)) * 54)
    assert raw_table("orders", [tmp_path / "a.gz"]).rows == (3 + 256 * 54) * 8 // 138
