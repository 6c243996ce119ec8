"""Every column of every table is described, nothing else is, and signs are what the names say."""

import csv
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from driver.config.combinations import OWN_TABLES
from driver.job.match_file import match_table
from driver.job.order_arrays import order_columns
from driver.job.order_ids import OrderIds
from driver.plan.jobs import Job, Settings
from driver.tables.aggregate import aggregate
from driver.tables.column_guide import COLUMNS, header
from driver.tables.distributions.spread_words import GUIDES as SPREAD_GUIDES
from driver.tables.fill_curves.curve_guide import GUIDES as CURVE_GUIDES
from driver.tables.kinds.deal_table import GUIDES as DEAL_GUIDES
from driver.tables.kinds.kind_tables import GUIDES as KIND_GUIDES
from driver.tables.kinds.size_intervals import GUIDES as SIZE_GUIDES
from driver.tables.kinds.unmatched_table import GUIDES as UNMATCHED_GUIDES
from driver.tables.market_tables import GUIDES as MARKET_GUIDES
from driver.tables.replay_guide import GUIDES as REPLAY_GUIDES
from driver.tables.replay_tables import bounds_row, fidelity_rates, limit_row
from driver.tables.replay_words import ALL, CHARGED, RUNS
from driver.tables.split_table import GUIDES as SPLIT_GUIDES
from driver.tables.table_list import FILES, TABLES
from kernels.measure.choices import Session, Simulation
from kernels.measure.measure import measure
from kernels.measure.order_columns import CORE, DECIDED, FEES, PARENTS
from kernels.measure.simulated import SimulatedFills
from kernels.replay.fidelity import Fidelity
from kernels.replay.fidelity.bias import ERRORS
from kernels.replay.fidelity.explanations import MEASURES, OF_RULES
from tests.blocks import with_columns
from tests.builders import build_day
from tests.driver.job_folders import SETTINGS, make_jobs
from tests.driver.order_blocks import HOUR, OPEN, empty_block
from tests.driver.readme_tables import OPTIONAL, ORDER_COLUMNS, REPLAYED, column_table, kind_table, table_table
from tests.kernels.replay.played_matches import matches_of

GUIDES = (
    REPLAY_GUIDES | MARKET_GUIDES | SPLIT_GUIDES | SPREAD_GUIDES | CURVE_GUIDES | KIND_GUIDES | DEAL_GUIDES
    | UNMATCHED_GUIDES | SIZE_GUIDES
)  # fmt: skip


def horizons(name: str) -> list[str]:
    """Return the horizons of an order file's column."""
    simulation = SETTINGS.simulation
    seconds = simulation.fill_seconds if name.startswith("fill_rate") else simulation.markout_seconds
    return [f"{second:g}" for second in seconds]


def described(name: str) -> str:
    return re.sub(r"_[0-9.]+s(_bps|_orders|)$", r"_<h>s\1", name)


@pytest.mark.parametrize("fees", [0.0, 1.0])
def test_tables_hold_the_described_columns_and_no_others(tmp_path: Path, fees: float) -> None:
    simulation = replace(SETTINGS.simulation, fees_bps=(fees, 0.0, 0.0, 0.0))
    aggregate(tmp_path, make_jobs(tmp_path), Settings(simulation=simulation))
    known = {column.name for column in COLUMNS} - (set() if fees else {"net_shortfall_bps", "net_saving_bps"})
    for table in TABLES:
        with (tmp_path / f"{table.name}.csv").open() as file:
            header = next(csv.reader(file))
        assert header[: len(table.keys)] == [*table.keys]
        own = {column.name for column in SIZE_GUIDES.get(table.name, ())}
        assert {described(name) for name in header[len(table.keys) :]} == known | own, table.name


def test_order_files_hold_the_described_columns_in_order() -> None:
    block = empty_block(Simulation())
    ready = with_columns(block, given=[PARENTS, DECIDED, FEES])
    for given, left_out in ((block, OPTIONAL), (ready, ())):
        names = [re.sub(r"^(real|[A-Z])_", "<s>_", described(name)) for name in order_columns(given)]
        expected = [column.name for column in ORDER_COLUMNS[2:] if column.name not in left_out]
        assert list(dict.fromkeys(names)) == expected
    core = list(order_columns(block, (CORE,)))
    assert core == list(order_columns(block))[: len(core)]
    assert core[-1] == "C_saving_bps"


def test_order_files_show_a_replay_by_the_names_of_reality() -> None:
    """Behind all other columns; files with the core columns have the four that each scenario has."""
    none = np.zeros(0, np.int32)
    fills = SimulatedFills(none, none, *(none.astype(kind) for kind in ("i8", "i8", "i8", "i1", "i2", "i1")))
    day, session = build_day([], [], []), Session(OPEN, OPEN + 6 * HOUR, "file")
    given = {"R_optimistic": fills, "R": fills}
    (block,) = measure(day, SETTINGS, session, None, given)
    (without,) = measure(day, SETTINGS, session)
    scenarios = "R", "R_optimistic"
    core, four = list(order_columns(block, (CORE,))), ("filled_quantity", "price", "shortfall_bps", "saving_bps")
    assert core == [*order_columns(without, (CORE,)), *(f"{name}_{of}" for name in scenarios for of in four)]
    every = list(order_columns(block))
    behind = [
        name for one in REPLAYED for name in ([one.replace("<h>", h) for h in horizons(one)] if "<h>" in one else [one])
    ]
    expected = {name: [f"{name}_{one}" for one in behind] for name in scenarios}
    for name in scenarios:
        found = [one for one in every[-2 * len(behind) :] if one.startswith(f"{name}_") and one in expected[name]]
        assert sorted(found) == sorted(expected[name])
    assert every[: len(core)] == core
    for name in every[-2 * len(behind) :]:
        assert len(block[name]) == 0
    assert len(set(every)) == len(every)


def test_the_readme_names_what_order_files_have_of_a_replay() -> None:
    text = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    assert ", ".join(f"`{name}`" for name in REPLAYED) in text.replace("\n", " ")


def test_the_readme_shows_the_columns_of_order_files() -> None:
    text = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    assert text.partition("<!-- order columns -->\n")[2].partition("<!-- end of order columns -->")[0] == column_table(
        ORDER_COLUMNS
    )


@pytest.mark.parametrize("name", GUIDES)
def test_the_readme_shows_the_columns_of_other_tables(name: str) -> None:
    text = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    shown = text.partition(f"<!-- {name} columns -->\n")[2].partition(f"<!-- end of {name} columns -->")[0]
    assert shown == column_table(GUIDES[name])


def test_the_columns_on_the_replayed_book_are_what_is_written() -> None:
    empty = matches_of([])
    job = Job(0, "BHP", "2024-01-01", "", "", Session(0, 1), Settings(), 0, "")
    columns = match_table(job, "P", empty, OrderIds({"order_id": empty.time})).column_names
    assert columns == [column.name for column in GUIDES["matches"]]
    partition = ["security_code", "date"]
    assert header(GUIDES["fidelity_causes"]) == [*partition, "by", "name", *MEASURES, *OF_RULES]
    assert header(GUIDES["fidelity_bias"])[-3:] == [f"{name}_bps" for name in ERRORS]
    counts = Counter[str]()
    shares = header(GUIDES["fidelity"])[len(partition) + len(Fidelity._fields) :]
    assert header(GUIDES["fidelity"]) == [*partition, *Fidelity._fields, *shares]
    assert len(shares) == len(fidelity_rates(counts))
    assert {"security_code", "best", *limit_row("1", counts)} == {*header(GUIDES["by_time_limit"])}
    cells = dict.fromkeys(
        ("orders", "priced_orders", "order_quantity", "fill_ratio", "fill_ratio_in_session", *CHARGED), 1
    )
    measured = [{"scenario": name, **cells} for name in ("real", *RUNS)]
    assert {*bounds_row((ALL, ALL), measured, counts)} == {*header(GUIDES["bounds"])}


def test_both_readmes_list_the_tables() -> None:
    root = Path(__file__).resolve().parents[3]
    guide = (root / "driver" / "README.md").read_text(encoding="utf-8")
    assert guide.partition("<!-- tables -->\n")[2].partition("<!-- end of tables -->")[0] == table_table()
    overview = (root / "README.md").read_text(encoding="utf-8").partition("## Results")[2].partition("\n## ")[0]
    of_jobs = {"metrics.csv", "orders.csv", "matches.csv", "outside_bounds.csv"}
    assert set(re.findall(r"\w+\.(?:csv|html)\b", overview)) - of_jobs == FILES


def test_each_choice_of_aggregate_by_is_one_table() -> None:
    assert sorted(table.chosen_by for table in TABLES if table.chosen_by) == sorted(OWN_TABLES)


def test_names_are_unique_and_signs_follow_the_names() -> None:
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert len({column.name for column in ORDER_COLUMNS}) == len(ORDER_COLUMNS)
    for column in (*COLUMNS, *ORDER_COLUMNS):
        if column.unit == "count":
            continue
        if "saving" in column.name and "_sd_" not in column.name:
            assert column.sign == "benefit", column.name
        if any(word in column.name for word in ("shortfall", "slippage")):
            assert column.sign == "cost", column.name
        if "improvement" in column.name or "markout" in column.name:
            assert column.sign == "benefit", column.name


def test_the_readme_lists_the_kinds_of_data_quality() -> None:
    text = (Path(__file__).resolve().parents[3] / "driver" / "README.md").read_text(encoding="utf-8")
    assert text.partition("<!-- kinds -->\n")[2].partition("<!-- end of kinds -->")[0] == kind_table()
