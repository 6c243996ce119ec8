"""Marks of fills equal a search by hand, for all fills walked by time and for a few that are sorted first."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.market.fill_marks import LATER, MID2, SPREAD, marks_of_fills
from kernels.measure.choices import Choices, Selection, Session, Simulation
from kernels.measure.rules import prepare
from kernels.measure.selection import select
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import CLOSE, OPEN, random_day

pytestmark = pytest.mark.reduced
Row = dict[str, Any]


def mid2_and_spread(quotes: list[Row], before: int) -> tuple[int, int]:
    """Return mid and spread of the last quote before a time, NULL and 0 where it is not valid."""
    last = [quote for quote in quotes if quote["timestamp"] < before][-1:]
    if not last or last[0]["bid"] is None or last[0]["offer"] is None:
        return NULL, 0
    bid, offer = last[0]["bid"], last[0]["offer"]
    return (bid + offer, offer - bid) if 0 < bid <= offer else (NULL, 0)


@given(st.integers(0, 2**32), st.sampled_from([(), (3,), (99,)]), st.booleans())
def test_marks(seed: int, participants: tuple[int, ...], quotes_first: bool) -> None:
    """Equal times, bursts of quotes, no quotes at all, fills before the first: each mark is what a search finds."""
    events, fills, quotes = random_day(seed, n_orders=9, n_quotes=25)
    for place in range(0, len(quotes) - 1, 3):  # bursts: more quotes at one time than a walk's first steps take
        quotes[place]["timestamp"] = quotes[place + 1]["timestamp"]
    for sequence, quote in enumerate(quotes):
        quote["sequence"] = sequence
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    simulation = Simulation(markout_seconds=(0.0, 1.0, 3_600.0), quotes_first=quotes_first)
    settings = Choices(selection=Selection(participants=participants), simulation=simulation)
    buffers = Buffers()
    inputs = prepare(day, settings, Session(OPEN, CLOSE, "test"), buffers)
    chosen, _ = select(inputs, settings.selection, buffers)
    marks = marks_of_fills(chosen, inputs.orders, inputs.fills, inputs.quotes, inputs.sums.marks, inputs.rules, buffers)
    for order in chosen:
        first = int(inputs.orders.first_fill[order])
        for row in range(first, first + int(inputs.orders.fill_count[order])):
            t = int(inputs.fills.timestamp[row]) + quotes_first
            assert (marks[row, MID2], marks[row, SPREAD]) == mid2_and_spread(quotes, t)
            for h, seconds in enumerate(simulation.markout_seconds):
                assert marks[row, LATER + h] == mid2_and_spread(quotes, t + round(seconds * 1e9))[0]


def test_no_orders_no_fills() -> None:
    """A day without fills has no marks."""
    day = build_day(*random_day(1)[:1], [], [])
    buffers = Buffers()
    inputs = prepare(day, Choices(), Session(OPEN, CLOSE, "test"), buffers)
    nobody = np.empty(0, np.int32)
    marks = marks_of_fills(nobody, inputs.orders, inputs.fills, inputs.quotes, inputs.sums.marks, inputs.rules, buffers)
    assert marks.shape == (0, LATER + 2)
