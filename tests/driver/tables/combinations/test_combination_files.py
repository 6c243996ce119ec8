"""Tables of every combination of keys, against the orders themselves, counted in plain Python, and each other."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, combinations
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from driver.config.combinations import KEYS, OF_CELLS, PARTITION, TOGETHER, Keys, combination_name
from driver.tables.aggregate import aggregate
from driver.tables.column_guide import header
from driver.tables.grouping import natural
from driver.tables.kinds.size_intervals import INTERVALS
from kernels.conventions import SIZE_EDGES
from kernels.measure.result_rows import OrderBlock
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import random_block
from tests.driver.tables.from_orders import read
from tickstore.input.reference_files import ParticipantFacts
from tickstore.store.names import StoredNames, StoredSecurity

FINE = replace(SETTINGS, cell_sums=True)
JOBS = tuple((security, date) for security in ("9", "101") for date in ("2024-01-01", "2024-01-02"))
BLOCKS = tuple(random_block(25 + 3 * k, k, 2 + k % 3) for k in range(len(JOBS)))
TEXTS = {"7": "Alpha", "12": 'Beta, "B"'}  # participants of security 101, as ``make_job`` has them
INTEGERS = ("orders", "order_quantity", "filled_quantity", "priced_orders", "benchmark_notional", "shortfall_cost")
Table = list[dict[str, str]]


def subsets(keys: Keys) -> Iterator[Keys]:
    return chain.from_iterable(combinations(keys, size) for size in range(len(keys) + 1))


# All sets of keys that every job sums its orders by, each in an order of its own.
SETS = sorted({*chain.from_iterable(subsets((*PARTITION, *together)) for together in TOGETHER)} - {()})
ORDERED = {keys: tuple(Random(str(keys)).sample(keys, len(keys))) for keys in SETS}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    jobs = [make_job(folder, k, *where, BLOCKS[k], FINE) for k, where in enumerate(JOBS)]
    found = aggregate(folder, jobs, FINE, combinations=list(ORDERED.values()))
    assert {f"{combination_name(keys)}.csv" for keys in ORDERED.values()} <= set(found.tables)
    return folder


def labels_of(security: str, date: str, block: OrderBlock, i: int) -> dict[str, str]:
    """Return what tables call an order by each key of cells."""
    local = datetime.fromtimestamp(int(block.benchmark_time[i]) // 10**9, ZoneInfo(SETTINGS.timezone))
    below = [edge for edge in SIZE_EDGES if edge < block.order_quantity[i]]
    low, above = (below[-1] + 1 if below else 1), SIZE_EDGES[len(below) :]
    code = str(block.participant[i])
    return {
        "security_code": security,
        "date": date,
        "participant_id": TEXTS.get(code, code) if security == "101" else code,
        "hour": str(local.hour),
        "size_bucket": f"{low}-{above[0]}" if len(above) else f"{low}+",
        "group": str(block.group[i]),
    }


def counted(keys: Keys) -> dict[tuple[str, ...], Counter[str]]:
    """Return sums of the orders by keys, counted one by one."""
    found: dict[tuple[str, ...], Counter[str]] = {}
    for (security, date), block in zip(JOBS, BLOCKS, strict=True):
        for i in range(len(block)):
            labels = labels_of(security, date, block, i)
            sums = found.setdefault(tuple(labels[key] for key in keys), Counter())
            sums["orders"] += 1
            sums["order_quantity"] += int(block.order_quantity[i])
            sums["filled_quantity"] += int(block.filled_quantity[i])
    return found


def table(results: Path, keys: Keys) -> Table:
    return read(results / f"{combination_name(ORDERED[keys])}.csv")


@pytest.mark.parametrize("keys", [keys for keys in SETS if set(keys) <= {*PARTITION, *OF_CELLS}], ids="+".join)
def test_every_row_is_what_its_orders_say(keys: Keys, results: Path) -> None:
    real = [row for row in table(results, keys) if row["scenario"] == "real"]
    found = {tuple(row[key] for key in keys): row for row in real}
    expected = counted(keys)
    assert len(found) == len(real)
    assert found.keys() == expected.keys(), "rows where there are orders, and no others"
    for label, sums in expected.items():
        assert {name: int(found[label][name]) for name in sums} == sums


@pytest.mark.parametrize("keys", SETS, ids="+".join)
def test_coarser_rows_are_the_sums_of_finer_ones(keys: Keys, results: Path) -> None:
    rows = table(results, keys)
    for coarser in ((*keys[:at], *keys[at + 1 :]) for at in range(len(keys))):
        by, name = (*coarser, "scenario"), combination_name(ORDERED[coarser]) if coarser else "global_summary"
        sums: dict[tuple[str, ...], Counter[str]] = {}
        for row in rows:
            into = sums.setdefault(tuple(row[key] for key in by), Counter())
            into.update({column: int(row[column]) for column in INTEGERS})
        whole = read(results / f"{name}.csv")
        assert {
            tuple(row[key] for key in by): {column: int(row[column]) for column in INTEGERS} for row in whole
        } == sums


def ranked(key: str, label: str) -> Any:
    """Return what tables sort a label by."""
    if key in ("phase", "spread", "volume_share", "volatility", "marketability"):
        return 0  # in an order of their own
    if key == "size_bucket":
        return int(label.rstrip("+").partition("-")[0])
    return natural(label)


@pytest.mark.parametrize("keys", SETS, ids="+".join)
def test_columns_are_the_keys_and_the_measures_and_rows_are_sorted(keys: Keys, results: Path) -> None:
    rows, ordered = table(results, keys), ORDERED[keys]
    assert tuple(rows[0])[: len(keys)] == ordered
    assert tuple(rows[0])[len(keys) :] == tuple(read(results / "global_summary.csv")[0])
    by = [key for key in PARTITION if key in keys] + [key for key in ordered if key not in PARTITION]
    if not set(keys) & {"phase", "spread", "volume_share", "volatility", "marketability"}:
        labels = [[ranked(key, row[key]) for key in by] for row in rows]
        assert labels == sorted(labels)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("security_code",), "by_security"), (("date",), "by_date"), (("participant_id",), "by_participant"),
        (("hour",), "by_time_of_day"), (("size_bucket",), "by_order_size"), (("group",), "by_group"),
        (("marketability",), "by_marketability"), (("date", "hour"), "time_series"),
    ],
)  # fmt: skip
def test_tables_that_there_are_anyway_say_the_same(keys: Keys, name: str, results: Path) -> None:
    places = [f"_{place}_bps" for place in ("p5", "p10", "p25", "median", "p75", "p90", "p95")]

    def without(row: dict[str, str]) -> dict[str, str]:
        intervals = header(INTERVALS) if name == "by_order_size" else []
        return {one: value for one, value in row.items() if not one.endswith(tuple(places)) and one not in intervals}

    mine, theirs = ([without(row) for row in rows] for rows in (table(results, keys), read(results / f"{name}.csv")))
    assert len(mine) == len(theirs)
    for row, other in zip(mine, theirs, strict=True):
        for column in other:
            if column not in keys and "." in other[column]:  # means are merged along another path
                assert float(row[column]) == pytest.approx(float(other[column]), rel=1e-12, abs=1e-12)
            else:
                assert row[column] == other[column]


def test_conditions_that_stand_alone_say_what_by_condition_says(results: Path) -> None:
    rows = read(results / "by_condition.csv")
    for key in ("phase", "spread", "volume_share", "volatility"):
        theirs = [[row["value"], row["scenario"], *(row[name] for name in INTEGERS)]
                  for row in rows if row["condition"] == key]  # fmt: skip
        mine = [[row[key], row["scenario"], *(row[name] for name in INTEGERS)] for row in table(results, (key,))]
        assert mine == theirs


def test_rows_do_not_depend_on_what_else_is_asked_for_or_on_finer_sums(results: Path, tmp_path: Path) -> None:
    asked = [("date", "security_code"), ("hour", "date"), ("participant_id", "security_code"), ("phase", "date")]
    jobs = [make_job(tmp_path, k, *where, BLOCKS[k]) for k, where in enumerate(JOBS)]
    aggregate(tmp_path, jobs[::-1], SETTINGS, combinations=asked)
    for keys in asked:
        found = read(tmp_path / f"{combination_name(keys)}.csv")
        assert [{key: row[key] for key in sorted(row)} for row in found] == [
            {key: row[key] for key in sorted(row)} for row in table(results, tuple(k for k in KEYS if k in keys))
        ]
    assert not (tmp_path / "by_phase.csv").exists()


def test_names_follow_their_keys(tmp_path: Path) -> None:
    names = StoredNames(
        securities={"9": StoredSecurity(name="Nine, Inc"), "5": StoredSecurity(name="not of this run")},
        participants={"69": ParticipantFacts(name="Gamma")},
    )
    jobs = [make_job(tmp_path, k, *where, BLOCKS[k]) for k, where in enumerate(JOBS)]
    keys = "participant_id", "date", "security_code"
    aggregate(tmp_path, jobs, SETTINGS, names, combinations=[keys, ("date", "hour")])
    rows = read(tmp_path / f"{combination_name(keys)}.csv")
    assert list(rows[0])[:6] == [
        "participant_id",
        "participant_name",
        "date",
        "security_code",
        "security_name",
        "scenario",
    ]
    assert {(row["security_code"], row["security_name"]) for row in rows} == {("9", "Nine, Inc"), ("101", "")}
    assert {row["participant_name"] for row in rows if row["participant_id"] == "69"} == {"Gamma"}
    assert {row["participant_name"] for row in rows if row["participant_id"] != "69"} == {""}
    with (tmp_path / "by_date_hour.csv").open(newline="") as file:
        assert next(csv.reader(file))[:3] == ["date", "hour", "scenario"]


def test_no_more_is_kept_than_a_job_or_a_security_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from driver.tables.combinations.combination import Combination

    most: Counter[Keys] = Counter()
    add = Combination.add

    def watched(self: Combination, *arguments: Any) -> None:
        add(self, *arguments)
        most[self.keys] = max(most[self.keys], len(self.rows))

    monkeypatch.setattr(Combination, "add", watched)
    jobs = [make_job(tmp_path, k, *where, BLOCKS[k]) for k, where in enumerate(JOBS)]
    keys = [("date", "security_code", "group"), ("security_code", "group"), ("date", "group")]
    aggregate(tmp_path, jobs, SETTINGS, combinations=keys)
    assert most == {keys[0]: 3, keys[1]: 3, keys[2]: 6}


def test_a_job_without_orders_adds_no_row(results: Path, tmp_path: Path) -> None:
    """A day of trades alone is opened, and nothing of it is summed."""
    places = [("9", "2023-12-31"), JOBS[0], ("9", "2024-01-02")]
    jobs = [make_job(tmp_path, 0, *places[0], random_block(0, 0, 1), FINE)]
    jobs += [make_job(tmp_path, 1, *places[1], BLOCKS[0], FINE)]
    jobs += [make_job(tmp_path, 2, *places[2], random_block(0, 0, 1), FINE)]
    aggregate(tmp_path, jobs, FINE, combinations=list(ORDERED.values()))
    for keys in (keys for keys in SETS if {*PARTITION} <= {*keys}):
        name = f"{combination_name(ORDERED[keys])}.csv"
        assert read(tmp_path / name) == [
            row for row in read(results / name) if (row["security_code"], row["date"]) == JOBS[0]
        ]
