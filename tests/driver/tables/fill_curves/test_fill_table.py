"""fill_curves.csv against the orders of its jobs one by one, in whatever order they come."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driver.sums.orders.fill_times import FillTimes
from driver.sums.partial import Partial
from driver.sums.partial_file import read_partial
from driver.tables.aggregate import aggregate
from driver.tables.fill_curves.curve_guide import COLUMNS, NAME, WORDS
from driver.tables.fill_curves.fill_table import FillCurveSums
from kernels.conventions import GROUPS
from kernels.measure.choices import Simulation
from kernels.sums.fill_times import CODES, LOOKS, UNKNOWN
from tests.driver.job_folders import SETTINGS, make_job
from tests.driver.order_blocks import empty_block, random_block
from tests.driver.sums.orders.test_fill_times import block_and_lives, counted
from tests.driver.tables.from_orders import read
from tests.oracles.waits import FATES, FEW, GRID, curve

PARTITIONS = (("9", "2024-01-01"), ("9", "2024-01-02"), ("101", "2024-01-01"), ("BRK.B", "2024-01-02"))
SEEDS = 0, 2, 3, 4
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def partials(tmp_path_factory: pytest.TempPathFactory) -> list[Partial]:
    """Return partials of random orders under every replayed scenario."""
    found = []
    for index, ((security, date), seed) in enumerate(zip(PARTITIONS, SEEDS, strict=True)):
        block, lives = block_and_lives(seed)
        folder = tmp_path_factory.mktemp("results")
        make_job(folder, index, security, date, random_block(3, 1))
        partial = read_partial(folder / f"sec{security}" / date / "partial.arrow")
        partial.fill_times = counted([block], lives)
        found.append(partial)
    return found


def table(partials: Iterable[Partial]) -> bytes:
    sums = FillCurveSums()
    for partial in partials:
        sums.add(partial)
    return sums.tables()[NAME]


def written(folder: Path, partials: Iterable[Partial]) -> Rows:
    (folder / NAME).write_bytes(table(partials))
    return read(folder / NAME)


def waits_of(times: FillTimes, partial: Partial) -> dict[tuple[str, ...], list[tuple[str, int]]]:
    """Return the waits of a partial's orders by breakdown, value, scenario and look, ns within their bins."""
    found: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    keys = np.repeat(times.key, np.diff(times.histogram_start)).tolist()
    for key, code, count in zip(keys, times.histogram_code.tolist(), times.histogram_count.tolist(), strict=True):
        look, ended = divmod(code, CODES)
        fate, place = divmod(ended, len(GRID))
        wait = ("unknown", 0) if ended == UNKNOWN else (FATES[fate], int(GRID[place] * 10**9))
        person = str(key // 6)
        labels = [
            ("all", "all"),
            ("group", str(GROUPS[key % 6 // 2])),
            ("side", str(1 + key % 2)),
            ("date", partial.date),
            ("security_code", partial.security),
            ("participant_id", partial.participants.get(person, person)),
        ]
        for label in labels:
            of = (*label, times.scenarios[look // 2], LOOKS[look % 2])
            found.setdefault(of, []).extend([wait] * count)
    return found


def test_rows_are_what_the_orders_say(partials: list[Partial], tmp_path: Path) -> None:
    waits: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for partial in partials:
        assert partial.fill_times is not None
        for label, more in waits_of(partial.fill_times, partial).items():
            waits.setdefault(label, []).extend(more)
    rows = written(tmp_path, partials)
    labels = {(row["breakdown"], row["value"], row["scenario"], row["until"]) for row in rows}
    known = {label for label, found in waits.items() if ("unknown", 0) not in found}
    assert labels == {label for label in known if label[0] == "all" or label[2] in ("real", "R", "D")}
    assert len(labels) > 50
    for label in labels:
        fine = label[0] == "all"
        mine = [row for row in rows if (row["breakdown"], row["value"], row["scenario"], row["until"]) == label]
        compare(mine, curve(waits[label], GRID if fine else FEW))


def compare(rows: Rows, expected: list[dict[str, Any]]) -> None:
    assert len(rows) == len(expected)
    for row, told in zip(rows, expected, strict=True):
        for name, value in told.items():
            if isinstance(value, int):
                assert int(row[name]) == value, name
            else:
                shown = float(row[name]) if row[name] else None
                assert shown == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)), name


def test_jobs_may_come_in_any_order(partials: list[Partial]) -> None:
    assert table(partials[::-1]).splitlines()[0] == table(partials).splitlines()[0]
    both = [sorted(table(of).splitlines()) for of in (partials, partials[::-1], [*partials[2:], *partials[:2]])]
    assert both[0] == both[1] == both[2]  # securities stand in the order of the jobs


def test_curves_of_groups_and_sides_start_with_all_orders(partials: list[Partial], tmp_path: Path) -> None:
    rows = written(tmp_path, partials)
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        if (row["scenario"], row["until"]) == ("real", "first_fill"):
            first.setdefault((row["breakdown"], row["value"]), int(row["at_risk"]))
    for breakdown in ("group", "side", "security_code", "date", "participant_id"):
        assert sum(n for (name, _), n in first.items() if name == breakdown) == first["all", "all"]


def test_a_wait_that_is_not_known_of_every_order_has_no_curve(partials: list[Partial], tmp_path: Path) -> None:
    block, lives = block_and_lives(1)  # without trades
    one = read_partial_like(partials[0], counted([block], lives))
    rows = written(tmp_path, [one])
    assert one.fill_times is not None
    unknown = {code // CODES for code in one.fill_times.histogram_code.tolist() if code % CODES == UNKNOWN}
    shown = {(row["scenario"], row["until"]) for row in rows if row["breakdown"] == "all"}
    looks = [(scenario, look) for scenario in one.fill_times.scenarios for look in LOOKS]
    assert unknown
    assert shown == {label for place, label in enumerate(looks) if place not in unknown}


def read_partial_like(partial: Partial, times: FillTimes) -> Partial:
    """Return a partial with other fill times."""
    values = {name: getattr(partial, name) for name in Partial.__slots__}
    return Partial(**(values | {"fill_times": times}))


def test_without_orders_there_is_no_table(tmp_path: Path) -> None:
    job = make_job(tmp_path, 0, "7", "2024-01-01", empty_block(Simulation()))
    assert FillCurveSums().tables() == {}
    found = aggregate(tmp_path, [job], SETTINGS)
    assert NAME not in found.tables


def test_the_columns_are_the_described_ones(partials: list[Partial]) -> None:
    assert table(partials).splitlines()[0].decode().split(",") == [column.name for column in COLUMNS]
    assert tuple(WORDS) == FATES
