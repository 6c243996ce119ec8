"""saving_split.csv and sensitivity.csv against the orders one by one, and against the tables beside them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from driver.tables.aggregate import aggregate
from driver.tables.split_table import GUIDES
from kernels.conventions import NULL
from kernels.measure.result_rows import OrderBlock
from tests.blocks import with_columns
from tests.driver.job_folders import SETTINGS, make_job, make_jobs
from tests.driver.order_blocks import is_priced, random_block
from tests.oracles.moments import naive_rounded


def read(results: Path, name: str) -> list[dict[str, str]]:
    with (results / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    aggregate(folder, make_jobs(folder), SETTINGS)
    return folder


def part_of(block: OrderBlock, s: int, i: int) -> str:
    if block.scenario_filled[s, i] > 0:
        return "fills"
    return "refuses" if block.filled_quantity[i] > 0 else "neither"


def test_parts_are_what_became_of_each_order(tmp_path: Path) -> None:
    block = random_block(200, 5)
    aggregate(tmp_path, [make_job(tmp_path, 0, "7", "2024-01-01", block)], SETTINGS)
    expected: dict[tuple[str, str], list[int]] = {}
    for s, scenario in enumerate(block.scenarios):
        for i in range(len(block) if s else 0):
            sums = expected.setdefault((scenario, part_of(block, s, i)), [0, 0, 0, 0])
            sums[0] += 1
            if is_priced(block, i):
                sums[1] += 1
                sums[2] += int(block.mid2[i] * block.order_quantity[i])
                sums[3] += naive_rounded(float(block.cost[0, i]) * 65_536)
                sums[3] -= naive_rounded(float(block.cost[s, i]) * 65_536)
    rows = {(r["scenario"], r["part"]): r for r in read(tmp_path, "saving_split") if r["security_code"] == "7"}
    assert len(expected) > 6
    for key, (orders, priced, base, saved) in expected.items():
        row = rows[key]
        assert [int(row[name]) for name in ("orders", "priced_orders", "benchmark_notional")] == [orders, priced, base]
        assert float(row["saving_value"] or 0) == pytest.approx(saved / 65_536 / 2 / 1_000, rel=1e-12)


def test_parts_add_up_to_the_saving_of_every_table(results: Path) -> None:
    split = read(results, "saving_split")
    headlines = [("all", row) for row in read(results, "global_summary")]
    headlines += [(row["security_code"], row) for row in read(results, "by_security")]
    for security, row in headlines:
        mine = [one for one in split if (one["security_code"], one["scenario"]) == (security, row["scenario"])]
        assert len(mine) == (0 if row["scenario"] == "real" else 3)
        if mine:
            parts = sum(float(one["saving_part_bps"]) for one in mine)
            assert parts == pytest.approx(float(row["saving_bps"]), abs=1e-9)
            for name in ("orders", "priced_orders", "benchmark_notional"):
                assert sum(int(one[name]) for one in mine) == int(row[name])


def test_a_scenario_that_is_not_known_of_every_order_has_no_parts(tmp_path: Path) -> None:
    block = random_block(20, 5)
    filled = block.scenario_filled.copy()
    filled[1, 3] = NULL
    changed = with_columns(block, scenario_filled=filled)
    aggregate(tmp_path, [make_job(tmp_path, 0, "7", "2024-01-01", changed)], SETTINGS)
    rows = read(tmp_path, "saving_split")
    assert {row["orders"] for row in rows if row["scenario"] == "A"} == {""}
    assert "" not in {row["orders"] for row in rows if row["scenario"] == "B"}


def test_sensitivity_repeats_the_tables_and_leaves_the_largest_participant_out(results: Path) -> None:
    summary = {row["scenario"]: row for row in read(results, "global_summary")}
    found = {(row["scenario"], row["about"], row["variant"]): row for row in read(results, "sensitivity")}
    participants = read(results, "by_participant")
    largest = max(
        (row for row in participants if row["scenario"] == "real"), key=lambda row: int(row["benchmark_notional"])
    )["participant_id"]
    for name in ("A", "B", "C"):
        row = summary[name]
        assert found[name, "headline", "by value, unfilled at the mid of the end"]["saving_bps"] == row["saving_bps"]
        assert found[name, "charge", "unfilled at the touch of the end"]["saving_bps"] == row["saving_touch_bps"]
        assert found[name, "weighting", "per order"]["saving_bps"] == row["saving_mean_bps"]
        others = [one for one in participants if one["participant_id"] != largest]
        cost = {s: sum(int(one["shortfall_cost"]) for one in others if one["scenario"] == s) for s in ("real", name)}
        base = sum(int(one["benchmark_notional"]) for one in others if one["scenario"] == name)
        without = found[name, "participant", f"without {largest}"]
        expected = 10_000 * (cost["real"] - cost[name]) / 65_536 / base
        assert float(without["saving_bps"]) == pytest.approx(expected, rel=1e-12)
        assert float(without["left_out"]) == pytest.approx(1 - base / int(row["benchmark_notional"]))
    reruns = {row["command"] for row in found.values() if row["command"]}
    assert reruns == {"--sensitivity"}


@pytest.mark.parametrize("name", GUIDES)
def test_what_is_written_is_described(results: Path, name: str) -> None:
    assert list(read(results, name)[0]) == [column.name for column in GUIDES[name]]


def test_with_one_participant_nobody_is_left_out(tmp_path: Path) -> None:
    block = random_block(30, 1)
    alone = with_columns(block, participant=np.zeros(30, np.int32))
    aggregate(tmp_path, [make_job(tmp_path, 0, "7", "2024-01-01", alone)], SETTINGS)
    assert not [row for row in read(tmp_path, "sensitivity") if row["about"] == "participant"]
