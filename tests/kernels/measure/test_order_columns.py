"""One table of names, units and signs: every column is in it, README shows it, and the signs are true."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.measure import result_rows
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.derived_columns import DERIVE
from kernels.measure.measure import measure
from kernels.measure.order_columns import (
    BENEFIT,
    COLUMNS,
    COST,
    DERIVED,
    MARKOUT,
    ONE,
    SCENARIO,
    SIMULATED,
    STORED,
    VENUE,
    WITHIN,
    table,
)
from kernels.measure.result_rows import LENGTH, ROW, SIZE, OrderBlock, constant, matrix_of
from tests.builders import MemoryDay, build_day
from tests.random_day import CLOSE, NS, OPEN

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Choices(simulation=Simulation(fees_bps=(1.0, 1.0, 1.0, 1.0), markout_seconds=(1.0,)))


def one_order(side: int, price: int) -> MemoryDay:
    """Return a day with one order that fills half at ``price``; then the mid moves from 100 against the rest."""
    quotes = [
        {"timestamp": OPEN - NS, "bid": 99, "offer": 101},
        {"timestamp": OPEN + 14 * NS + NS // 2, "bid": 99 + side, "offer": 101 + side},
        {"timestamp": OPEN + 60 * NS, "bid": 99 + side, "offer": 101 + side},
    ]
    base = {"order_id": 1, "side": side, "price": 0, "order_type": 64}
    events = [
        {**base, "timestamp": OPEN + 5 * NS, "leaves_quantity": 100, "matched_quantity": 0},
        {**base, "timestamp": OPEN + 14 * NS, "leaves_quantity": 50, "matched_quantity": 50},
        {**base, "timestamp": OPEN + 50 * NS, "leaves_quantity": 50, "matched_quantity": 50},
    ]
    other = {"order_id": 2, "timestamp": OPEN + 20 * NS, "price": 100, "quantity": 50, "deal_source": 1}
    fills = [
        {"order_id": 1, "side": side, "timestamp": OPEN + 14 * NS, "price": price, "quantity": 50, "deal_source": 1},
        {**other, "side": 1, "sequence": 8},
        {**other, "side": -1, "sequence": 9},
    ]
    if side < 0:
        fills.append({**fills[0], "order_id": 3, "side": 1})
    day = build_day(events, fills, quotes)
    day.orders["decision_time"] = np.array([OPEN + 2 * NS])
    day.orders["parent_id"] = np.array([7])
    return day


def measured(side: int, price: int) -> OrderBlock:
    (block,) = measure(one_order(side, price), SETTINGS, Session(OPEN, CLOSE, "test"))
    return block


def test_every_column_is_there_and_of_its_type_and_shape() -> None:
    block = measured(1, 102)
    assert block.names == tuple(column.name for column in COLUMNS)
    length = {ONE: (), VENUE: (5,), SCENARIO: (4,), SIMULATED: (3,), MARKOUT: (1,), WITHIN: (4,)}
    for column in COLUMNS:
        found = block[column.name]
        assert found.dtype == np.dtype(column.dtype), column.name
        assert found.shape == (*length[column.axis], 1), column.name
        assert np.array_equal(getattr(block, column.name), found, equal_nan=True)
        if column.axis and column.shown:
            for row, name in zip(found, block.shown(column), strict=True):
                assert np.array_equal(block[name], row, equal_nan=True), name


def test_a_column_that_is_not_given_is_not_there() -> None:
    (block,) = measure(build_day([], [], []), Choices(), Session(OPEN, CLOSE))
    left_out = {column.name for column in COLUMNS if column.needs}
    assert set(block.names) == {column.name for column in COLUMNS} - left_out
    for name in (*left_out, "no_such_column", "real_fees"):
        assert not hasattr(block, name)
        with pytest.raises(KeyError, match=name):
            block[name]


def test_rows_of_the_result_matrices_are_used_once() -> None:
    """Every row of every matrix belongs to one stored column, and to the columns that say they are its first row."""
    used = Counter((matrix_of(column), ROW[column.name] + k) for column in STORED for k in range(LENGTH[column.axis]))
    assert used == Counter((name, row) for name, rows in SIZE.items() for row in range(rows))
    for column in COLUMNS:
        if column.of not in ("", DERIVED):
            assert ROW[column.name] == ROW[column.of]
    assert all(getattr(result_rows, constant(name)) == row for name, row in ROW.items())


def test_names_are_unique_and_rules_named() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert set(DERIVE) == {column.name for column in COLUMNS if column.of == DERIVED}
    for column in COLUMNS:
        assert re.fullmatch(r"(domain|decisions|design) \d+(\.\d+)?", column.rule), column.name


def test_readme_shows_the_table() -> None:
    text = (ROOT / "kernels" / "README.md").read_text(encoding="utf-8")
    assert text.partition("<!-- columns -->\n")[2].partition("<!-- end of columns -->")[0] == table()


@pytest.mark.parametrize("side", [1, -1])
def test_signs(side: int) -> None:
    """An order pays 2 more than the mid; the mid then moves 1 against what is left of it."""
    block = measured(side, 100 + 2 * side)
    for column in COLUMNS:
        value = block[column.name]
        first = float(value[0, 0] if column.axis else value[0])
        if column.name in ("delay_cost", "delay_bps"):  # the mid had not moved since the decision
            assert first == 0
        elif column.name == "adverse_selection_bps":  # the mid went on with the order: it gained
            assert first < 0
        elif column.axis == SIMULATED:  # A trades at the mid, so it costs less than the real order
            assert first > 0 if column.sign == BENEFIT else first >= 0, column.name
        elif column.sign == COST:
            assert first > 0, column.name
        elif column.sign == BENEFIT:
            assert first < 0, column.name
