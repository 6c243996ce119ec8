"""Every column of every table is described, nothing else is, and signs are what the names say."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from driver.aggregate import aggregate
from driver.column_guide import COLUMNS
from driver.settings import Settings
from tests.driver.job_folders import SETTINGS, make_jobs

KEYS = {"security_code", "date", "participant_id", "group", "hour", "size_bucket", "breakdown", "value", "condition"}
OTHER_SHAPES = {"statistics", "data_quality", "outliers"}


def described(name: str) -> str:
    return re.sub(r"_[0-9.]+s_bps$", "_<h>s_bps", name)


@pytest.mark.parametrize("fees", [0.0, 1.0])
def test_tables_hold_the_described_columns_and_no_others(tmp_path: Path, fees: float) -> None:
    simulation = replace(SETTINGS.simulation, fees_bps=(fees, 0.0, 0.0, 0.0))
    tables = aggregate(tmp_path, make_jobs(tmp_path), Settings(simulation=simulation)).tables
    known = {column.name for column in COLUMNS} - (set() if fees else {"net_shortfall_bps", "net_saving_bps"})
    for table in tables:
        if Path(table).stem not in OTHER_SHAPES:
            with (tmp_path / table).open() as file:
                header = next(csv.reader(file))
            assert {described(name) for name in header} - KEYS == known, table


def test_names_are_unique_and_signs_follow_the_names() -> None:
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    for column in COLUMNS:
        if "saving" in column.name and "_sd_" not in column.name:
            assert column.sign == "benefit", column.name
        if any(word in column.name for word in ("shortfall", "slippage")):
            assert column.sign == "cost", column.name
        if "improvement" in column.name or "markout" in column.name:
            assert column.sign == "benefit", column.name
