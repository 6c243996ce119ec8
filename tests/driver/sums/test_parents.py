"""Parents: exact sums of their children against a slow second way, over any blocks and jobs, and as a table."""

import csv
import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.job.job import run_job
from driver.plan.jobs import Job
from driver.sums.parents import Parents, ParentSums, peak_quantities, state_columns
from driver.sums.partial_file import read_partial, write_partial
from driver.tables.aggregate import aggregate
from driver.tables.parent_table import COLUMNS
from kernels.base.columns import Array
from kernels.conventions import NULL
from kernels.measure.choices import Session
from kernels.measure.order_columns import PARENTS
from kernels.measure.result_rows import OrderBlock
from kernels.sums import working
from kernels.sums.working import StateColumns
from tests.blocks import part_of, with_columns
from tests.builders import MemoryDay, build_day
from tests.driver.job.test_job import OPEN as START
from tests.driver.job.test_job import market
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import is_priced, random_block
from tests.driver.readme_tables import column_table
from tests.oracles.moments import naive_rounded
from tests.oracles.tables import peak
from tickstore.day.writer import write_day
from tickstore.store.names import StoredNames, StoredSecurity

pytestmark = pytest.mark.reduced
SCALE = 65_536


def with_parents(n: int, seed: int, parents: int = 5) -> OrderBlock:
    """Return random orders of a few parents; some have none."""
    block, rng = random_block(n, seed), np.random.default_rng(seed)
    ids = np.array([NULL, *(2**62 + rng.permutation(parents))])
    end = block.arrival_time + rng.integers(0, 3, n) * 10**12
    return with_columns(block, [PARENTS], end_time=end, parent_id=rng.choice(ids, n))


Life = list[tuple[int, int, int]]  # time, leaves, matched of each event


def lives_of(block: OrderBlock) -> list[Life]:
    """Return events of each order that begin and end with it, some amended up or down, some at one instant."""
    rng, lives = np.random.default_rng(len(block)), []
    columns = (block[name].tolist() for name in ("arrival_time", "end_time", "order_quantity"))
    for arrival, end, asked in zip(*columns, strict=True):
        inside = sorted(rng.choice([arrival, (arrival + end) // 2, end], rng.integers(0, 4)).tolist())
        times = [arrival, *inside, *([end] if end > arrival or rng.random() < 0.5 else [])]
        lives.append([(t, int(rng.integers(0, asked + 1)), int(rng.integers(0, 99))) for t in times])
    return lives


def states_of(lives: list[Life]) -> StateColumns:
    """Return the columns of those events; each order carries 7 shares from the day before."""
    ends = np.cumsum([0, *map(len, lives)])
    following = np.arange(1, ends[-1] + 1, dtype=np.int32)
    following[ends[1:] - 1] = -1
    time, leaves, matched = np.array([event for life in lives for event in life], np.int64).reshape(-1, 3).T
    events = {"timestamp": time, "leaves_quantity": leaves, "matched_quantity": matched + 7, "next_row": following}
    orders = {"first_row": ends[:-1].astype(np.int32), "carried_quantity": np.full(len(lives), 7)}
    return state_columns({name: np.ascontiguousarray(column) for name, column in events.items()}, orders)


def summed(block: OrderBlock, *cuts: int) -> Parents | None:
    """Return the parents of a block, handed over in pieces whose memory is used again."""
    sums = ParentSums(states_of(lives_of(block)))
    edges = sorted({0, len(block), *(min(cut, len(block)) for cut in cuts)})
    for low, high in pairwise(edges):
        piece = part_of(block, slice(low, high))
        sums.add(piece)
        for matrix in piece.rows:
            matrix.fill(7)
    return sums.parents()


def naive_peak(children: list[int], block: OrderBlock) -> int:
    """Return the most that was filled or open, each child from its events but for the last, then what it filled."""
    lives = lives_of(block)
    steps = []
    for i in children:
        open_then = [(t, leaves + matched) for t, leaves, matched in (lives[i][:-1] or lives[i])]
        ended = max(int(block.end_time[i]), open_then[0][0] + 1)
        steps.append([*open_then, (ended, int(block.filled_quantity[i]))])
    return peak(steps)


def naive_parents(block: OrderBlock) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i, number in enumerate(block["parent_id"].tolist()):
        found.setdefault(number, []).append(i)
    return found


@given(n=st.integers(1, 60), seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 60), max_size=3))
def test_parents_are_the_sums_of_their_children(n: int, seed: int, cuts: list[int]) -> None:
    block = with_parents(n, seed)
    parents = summed(block, *cuts)
    assert parents is not None
    expected = naive_parents(block)
    assert parents.sums[0].tolist() == list(expected)  # in the order of their first children
    for p, (number, children) in enumerate(expected.items()):
        found = dict(zip(parents.names, parents.sums[:, p].tolist(), strict=True))
        priced = [i for i in children if is_priced(block, i)]
        assert (found["arrival_time"], found["mid2"]) == (block.arrival_time[children[0]], block.mid2[children[0]])
        assert found["end_time"] == max(block.end_time[children].tolist())
        assert (found["orders"], found["priced_orders"]) == (len(children), len(priced))
        assert found["order_quantity"] == sum(block.order_quantity[children].tolist())
        assert found["base"] == sum(int(block.mid2[i]) * int(block.order_quantity[i]) for i in priced)
        whole = found["order_quantity"]
        assert found["peak_quantity"] == (whole if number == NULL else naive_peak(children, block))
        for s, scenario in enumerate(block.scenarios):
            assert found[f"{scenario}.filled_quantity"] == sum(block.scenario_filled[s, children].tolist())
            assert found[f"{scenario}.cost"] == sum(naive_rounded(float(block.cost[s, i]) * SCALE) for i in priced)


def quantities(*lives: Life, filled: list[int]) -> int:
    """Return the peak of one parent with these children."""
    n = len(lives)
    index, end = np.arange(n, dtype=np.int32), np.array([life[-1][0] for life in lives])
    states, done = states_of(list(lives)), np.array(filled)
    changes = np.empty((3, working.count_states(states, index, end)), np.int64)
    count = working.write_changes(states, index, end, done, *changes)
    changes[0] = 0
    return int(peak_quantities(*changes[:, :count], count=1)[0])


def test_what_was_sent_again_or_moved_between_children_counts_once() -> None:
    first, again = [(0, 100, 0), (3, 70, 30), (5, 70, 30)], [(5, 70, 0), (9, 0, 70)]
    assert quantities(first, again, filled=[30, 70]) == 100  # cancelled after 30, sent again as 70
    beside = [(0, 50, 0), (9, 50, 0)]
    assert quantities([(4, 50, 0), (9, 50, 0)], beside, filled=[0, 50]) == 100


def test_amendments_count_from_when_they_were_made() -> None:
    """One child is taken down from 100 to 40 as the other is entered with 60; and one that grows counts less before."""
    down, other = [(0, 100, 0), (5, 40, 0), (9, 40, 0)], [(5, 60, 0), (9, 60, 0)]
    assert quantities(down, other, filled=[0, 0]) == 100
    grows, early = [(0, 10, 0), (6, 90, 0), (9, 90, 0)], [(0, 50, 0), (6, 50, 0)]
    assert quantities(grows, early, filled=[0, 0]) == 90  # never 90 + 50: the other had ended


def test_a_child_that_ends_as_it_arrives_was_there() -> None:
    assert quantities([(5, 80, 0), (5, 80, 0)], [(5, 20, 0)], filled=[0, 20]) == 100
    assert peak_quantities(*np.zeros((3, 0), np.int64), count=0).tolist() == []


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_each_parent_of_each_date_against_its_own_mid(tmp_path: Path) -> None:
    blocks = [with_parents(60, seed) for seed in range(3)]
    jobs = [make_job(tmp_path, i, "1", f"2024-01-0{i + 1}", block) for i, block in enumerate(blocks)]
    assert not (tmp_path / "by_parent.csv").exists()
    for job, block in zip(jobs, blocks, strict=True):
        path = Path(job.folder) / "partial.arrow"
        write_partial(replace(read_partial(path), parents=summed(block)), path)
    tables = aggregate(tmp_path, jobs, SETTINGS).tables
    assert "by_parent.csv" in tables
    rows = read(tmp_path / "by_parent.csv")
    assert list(rows[0]) == [column.name for column in COLUMNS]
    keys = [(f"2024-01-0{d + 1}", "" if p == NULL else str(p)) for d, b in enumerate(blocks) for p in naive_parents(b)]
    assert [(row["date"], row["parent_id"]) for row in rows if row["scenario"] == "A"] == keys
    by_key = {(row["date"], row["parent_id"], row["scenario"]): row for row in rows}
    for d, block in enumerate(blocks):
        for number, children in naive_parents(block).items():
            for s, scenario in enumerate(block.scenarios):
                shown = "" if number == NULL else str(number)
                check_row(by_key[f"2024-01-0{d + 1}", shown, scenario], block, children, s)
    whole = {row["scenario"]: row for row in read(tmp_path / "global_summary.csv")}
    for scenario in ("real", "A", "B", "C"):
        mine = [row for row in rows if row["scenario"] == scenario]
        for column in ("orders", "order_quantity", "filled_quantity", "priced_orders"):
            assert sum(int(row[column]) for row in mine) == int(whole[scenario][column]), column
        notional = math.fsum(float(row["notional"]) for row in mine)
        assert notional == pytest.approx(float(whole[scenario]["notional"]), rel=1e-15 * len(mine))
        assert sum(int(row["orders_cost"]) for row in mine) == int(whole[scenario]["shortfall_cost"])


def check_row(row: dict[str, str], block: OrderBlock, children: list[int], s: int) -> None:
    """Compare a row with the shortfall of its children against the mid of the first one, from prices."""
    priced = [i for i in children if is_priced(block, i)]
    mid2 = int(block.mid2[children[0]])
    alone = row["parent_id"] == ""
    sides = {int(block.side[i]) for i in children}
    assert row["side"] == ("1" if sides == {1} else "2" if sides == {-1} else "")
    if not priced or (mid2 == NULL and not alone):
        assert (row["shortfall_bps"], row["drift_bps"], row["shortfall_cost"]) == ("", "", "")
        return
    cost = drift = base = Fraction(0)
    for i in priced:
        reference = int(block.mid2[i]) if alone else mid2
        moved = int(block.side[i]) * int(block.order_quantity[i]) * (int(block.mid2[i]) - reference)
        cost += naive_rounded(float(block.cost[s, i]) * SCALE) + SCALE * moved
        drift += moved
        base += int(block.order_quantity[i]) * reference
    assert int(row["shortfall_cost"]) == cost
    assert float(row["shortfall_bps"]) == pytest.approx(float(10_000 * cost / (SCALE * base)), rel=1e-12, abs=1e-12)
    assert float(row["drift_bps"]) == pytest.approx(float(10_000 * drift / base), rel=1e-12, abs=1e-12)
    assert row["mid"] == ("" if alone else repr(mid2 / 2))


def test_without_parents_there_is_no_table(tmp_path: Path) -> None:
    block = random_block(20, 0)
    assert summed(block) is None
    job = make_job(tmp_path, 0, "1", "2024-01-01", block)
    assert "by_parent.csv" not in aggregate(tmp_path, [job], SETTINGS).tables


def test_parents_survive_the_partial(tmp_path: Path) -> None:
    block = with_parents(40, 1)
    job = make_job(tmp_path, 0, "1", "2024-01-01", block)
    path, parents = Path(job.folder) / "partial.arrow", summed(block)
    assert parents is not None
    write_partial(replace(read_partial(path), parents=parents), path)
    back: Any = read_partial(path).parents
    assert (back.scenarios, back.names) == (parents.scenarios, parents.names)
    np.testing.assert_array_equal(back.sums, parents.sums)


def test_the_readme_shows_the_columns() -> None:
    text = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    assert text.partition("<!-- parent columns -->\n")[2].partition("<!-- end of parent columns -->")[
        0
    ] == column_table(COLUMNS)


def test_the_name_of_a_security_follows_its_code_where_any_is_known(tmp_path: Path) -> None:
    found = {}
    for folder, names in (("plain", StoredNames()), ("named", StoredNames({"1": StoredSecurity("One")}))):
        jobs = [make_job(tmp_path / folder, i, code, "2024-01-01", with_parents(20, i)) for i, code in enumerate("12")]
        for i, job in enumerate(jobs):
            path = Path(job.folder) / "partial.arrow"
            write_partial(replace(read_partial(path), parents=summed(with_parents(20, i))), path)
        aggregate(tmp_path / folder, jobs, SETTINGS, names)
        found[folder] = read(tmp_path / folder / "by_parent.csv")
    assert list(found["named"][0])[:3] == ["security_code", "security_name", "date"]
    assert {(row["security_code"], row.pop("security_name")) for row in found["named"]} == {("1", "One"), ("2", "")}
    assert found["named"] == found["plain"]


def test_a_scenario_that_is_not_known_has_no_cells(tmp_path: Path) -> None:
    block = with_parents(30, 2)
    block.stored("scenario_filled")[2], block.stored("scenario_notional2")[2] = NULL, np.nan
    for charge in ("cost", "cost_touch", "cost_zero", "cost_cleanup"):
        block.stored(charge)[:] = np.nan
    job = make_job(tmp_path, 0, "1", "2024-01-01", block)
    path = Path(job.folder) / "partial.arrow"
    write_partial(replace(read_partial(path), parents=summed(block)), path)
    aggregate(tmp_path, [job], SETTINGS)
    for row in read(tmp_path / "by_parent.csv"):
        cells = [row[name] for name in ("filled_quantity", "fill_ratio", "notional", "vwap", "orders_cost")]
        assert cells[0] != "" or row["scenario"] == "B"
        assert cells == [""] * 5 or row["scenario"] != "B"


def test_a_job_of_a_day_file_with_parents_sums_them(tmp_path: Path) -> None:
    day = build_day(*market())
    names = np.arange(len(day.orders["order_id"])) // 4 + 2**62
    aggregated(tmp_path, day, day.orders | {"parent_id": names})
    rows = [row for row in read(tmp_path / "by_parent.csv") if row["scenario"] == "real"]
    assert {int(row["parent_id"]): int(row["orders"]) for row in rows} == {2**62 + k: 4 for k in range(15)}
    (whole,) = (row for row in read(tmp_path / "global_summary.csv") if row["scenario"] == "real")
    assert sum(int(row["orders_cost"]) for row in rows) == int(whole["shortfall_cost"])


def aggregated(folder: Path, day: MemoryDay, orders: Mapping[str, Array]) -> None:
    """Run a day whose orders have these columns, and make its tables."""
    groups = {"events": day.events, "orders": dict(orders), "fills": day.fills, "quotes": day.quotes}
    write_day(folder / "day.h5", "101", "2024-09-05", groups, {})
    session = Session(START, START + 6 * 3_600 * 10**9, "file")
    settings = replace(SETTINGS, order_level=True, output_format="csv", order_columns="all")
    job = Job(0, "101", "2024-09-05", str(folder / "day.h5"), str(folder / "a"), session, settings, 120, "print")
    run_job(job)
    aggregate(folder, [job], settings)


def test_parents_that_are_orders_of_the_day_are_shown_by_their_text(tmp_path: Path) -> None:
    day = build_day(*market())
    ids = day.orders["order_id"]
    n = len(ids)
    parents = np.where(np.arange(n) < n // 2, ids[np.arange(n) // 4 * 4], 2**62 + 5)
    parents[-3:] = NULL
    texts = [f"order-{k:04}" for k in range(n)]
    kept = np.array([np.frombuffer(text.encode().ljust(64, b"\0"), ">i8") for text in texts], np.int64)
    words = {f"order_text_{k}": kept[:, k] for k in range(8)}
    aggregated(tmp_path, day, {**day.orders, "parent_id": parents, **words})
    found = {row["parent_id"] for row in read(tmp_path / "by_parent.csv")}
    expected = {texts[k // 4 * 4] for k in range(n // 2)} | {str(2**62 + 5), ""}
    assert found == expected
    assert {row["parent_id"] for row in read(tmp_path / "a" / "orders.csv")} == expected
