"""One table of names, units and signs: every column is in it, README shows it, and the signs are true."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.measure.choices import Session, Settings, Simulation
from kernels.measure.measure import measure
from kernels.measure.metrics import METRICS
from kernels.measure.optional_columns import derived_columns
from kernels.measure.order_block import OrderBlock
from tests.builders import MemoryDay, build_day
from tests.random_day import CLOSE, NS, OPEN

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings(simulation=Simulation(fees_bps=(1.0, 1.0, 1.0, 1.0), markout_seconds=(1.0,)))


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


def column_names(block: OrderBlock) -> set[str]:
    """Return every column's name in the table's form."""
    names = {field.name for field in fields(block)} - {"scenarios", "extra"}
    for name in block.extra | derived_columns(block):
        name = re.sub(r"^(real|A|B|C)_", "<scenario>_", name)
        names.add(re.sub(r"_[0-9.]+s(_bps|)$", r"_<h>s\1", name))
    return names


def test_every_column_is_in_the_table_and_nothing_else() -> None:
    assert column_names(measured(1, 102)) == {metric.name for metric in METRICS}


def test_readme_shows_the_table() -> None:
    text = (ROOT / "kernels" / "README.md").read_text(encoding="utf-8")
    for metric in METRICS:
        line = f"| `{metric.name}` | {metric.unit} | {metric.sign} | {metric.meaning} |"
        assert line in text, line


@pytest.mark.parametrize("side", [1, -1])
def test_signs(side: int) -> None:
    """An order pays 2 more than the mid; the mid then moves 1 against what is left of it."""
    block = measured(side, 100 + 2 * side)
    for metric in METRICS:
        if metric.name == "delay_cost":  # the mid had not moved since the decision
            assert block.extra["delay_cost"][0] == 0
            continue
        if metric.name == "adverse_selection_<h>s_bps":  # the mid went on with the order: it gained
            assert derived_columns(block)["adverse_selection_1s_bps"][0] < 0
            continue
        name = metric.name.replace("<h>", "1").replace("<scenario>", "real")
        further = block.extra | derived_columns(block)
        value = further[name] if name in further else getattr(block, name)
        first = float(value[0, 0] if value.ndim == 2 else value[0])
        if metric.sign == "cost":
            assert first > 0, name
        elif metric.sign == "benefit":
            assert first < 0, name
