"""Crowded days, where nothing is as in a small one, equal the plain-Python oracle.

Many sub-blocks, several blocks, memory that other days left behind, bursts of quotes at one instant, everything
at one time or out of hours, sessions of no length, fills that are few enough to sort and others that are not.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import tests.random_day
from kernels.base.memory import Buffers
from kernels.conventions import POPULATION_ALL, POPULATION_SWEEP, POPULATION_TRADED
from kernels.measure import measure as measuring
from kernels.measure.choices import Choices, Selection, Session, Simulation, hour_bounds
from kernels.measure.measure import measure
from kernels.measure.stages import SUB_BLOCK
from tests.blocks import joined
from tests.builders import build_day
from tests.kernels.measure.test_measures import assert_block_is, plain_rules, with_nulls
from tests.oracles.measures import naive_measures
from tests.random_day import CLOSE, NS, OPEN, random_time

pytestmark = pytest.mark.reduced  # also run as plain Python and bounds-checked
Row = dict[str, Any]
Tables = tuple[list[Row], list[Row], list[Row]]
HOUR = 3_600 * NS
RARE = 5  # a participant with few orders
SHARED = Buffers()


def times(rng: Random) -> Callable[[Random], int]:
    """Return what draws times: as on small days, from an instant or a few of them, or out of the session."""
    hot = [OPEN + rng.randrange(6 * HOUR) for _ in range(rng.choice([1, 3]))]
    before, after = OPEN - 10 * HOUR, CLOSE + 3 * HOUR
    kinds: list[Callable[[Random], int]] = [
        random_time,
        lambda r: OPEN + r.randrange(6 * HOUR),
        lambda r: r.choice(hot) + r.randint(-2, 2),
        lambda r: r.randrange(before, OPEN) if r.random() < 0.95 else OPEN + r.randint(-1, 1),
        lambda r: r.randrange(CLOSE, after) if r.random() < 0.95 else CLOSE + r.randint(-1, 1),
    ]
    return rng.choice(kinds)


def in_order(table: list[Row]) -> list[Row]:
    return [{**row, "sequence": k} for k, row in enumerate(sorted(table, key=lambda row: row["timestamp"]))]


def crowded_day(rng: Random) -> Tables:
    level = rng.choice([None, None, (1, 60), (10, 115), (1_000, 2**16)])  # more needs coarser time: test_window_mids
    n_orders, n_quotes = rng.choice([40, 40, 400, SUB_BLOCK + 52]), rng.choice([2, 40, 400])
    events, fills, quotes = tests.random_day.random_day(rng.randrange(10**9), n_orders, n_quotes, level)
    for event in events:
        event["participant"] = RARE if event["order_id"] % 17 == 1 else event["participant"]
    for _ in range(rng.choice([0, 3, 20]) if quotes else 0):  # bursts: more quotes at once than are tried one by one
        at = rng.choice(events + fills + quotes)["timestamp"] + rng.choice([0, 0, 1, -1, 60 * NS])
        quotes += [{**rng.choice(quotes), "timestamp": at} for _ in range(rng.choice([1, 6, 30]))]
    kept = rng.choice([1.0, 1.0, 1.0, 0.05, 0.0])
    return events, in_order([row for row in fills if rng.random() < kept]), in_order(quotes)


def random_settings(rng: Random) -> Choices:
    seconds = [0.0, 1e-9, 0.05, 60.0, 3_600.0, 1e5]
    simulation = Simulation(
        mid=rng.choice([0, 0, 1, 2]),
        dark_share_ppm=rng.choice([0, 333_333, 500_000, 1_000_000]),
        markout_seconds=tuple(sorted(rng.sample(seconds, rng.choice([0, 2, 5])))),
        fill_seconds=tuple(sorted(rng.sample(seconds, rng.choice([0, 1, 4])))),
        cleanup_seconds=rng.choice([0.0, 300.0, 1e5]),
        quotes_first=rng.random() < 0.3,
    )
    start = rng.choice([0, 0, 10, 12])
    participants = rng.choice([(), (), (3, 70), (RARE,), (4,)])
    population = rng.choice([POPULATION_ALL, POPULATION_ALL, POPULATION_SWEEP, POPULATION_TRADED])
    kinds = rng.choice([(), (), (64, 2048), (4096,), (0,), (0, 2)])
    return Choices(Selection(participants, start, rng.choice([23, 23, start + 2]), population, kinds), simulation)


def is_chosen(order: Row, first: Row, selection: Selection) -> bool:
    """Return whether the selection keeps an order that was measured, given its first row (decisions 6, 29)."""
    kind, kinds = first["order_type"], selection.order_types
    lit = not any(kind & bit for bit in (64, 256, 2048, 4096))
    return (
        first["participant"] in (selection.participants or (first["participant"],))
        and (not kinds or any(kind & bit for bit in kinds) or (0 in kinds and lit))
        and (selection.population != POPULATION_SWEEP or kind & 2048 != 0)
        and (selection.population != POPULATION_TRADED or order["filled_quantity"] > 0)
    )


@pytest.mark.parametrize("seed", range(60))
def test_crowded_day(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(seed)
    monkeypatch.setattr(tests.random_day, "random_time", times(rng))
    events, fills, quotes = crowded_day(rng)
    settings = random_settings(rng)
    start, end = rng.choice([(OPEN, CLOSE)] * 3 + [(OPEN, OPEN), (OPEN + HOUR, OPEN + HOUR + 7), (OPEN - HOUR, CLOSE)])
    monkeypatch.setattr(measuring, "BLOCK_ORDERS", rng.choice([100, SUB_BLOCK + 1, 10_248]))
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    rules = plain_rules(settings, hour_bounds(day.date, settings.selection, settings.timezone))
    rules |= {"session_start": start, "session_end": end}
    first = {event["order_id"]: event for event in reversed(events)}
    orders = naive_measures(events, fills, quotes, rules)
    expected = [row for row in orders if is_chosen(row, first[row["order_id"]], settings.selection)]
    blocks = [joined([block]) for block in measure(day, settings, Session(start, end, "test"), SHARED)]
    assert len(blocks) == max(1, -(-len(expected) // measuring.BLOCK_ORDERS))
    assert_block_is(joined(blocks), expected, settings.simulation)
