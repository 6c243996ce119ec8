"""Quotes and fills that cannot be: absurd spreads, jumps, prices far from quotes, fills beyond limits."""

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.columns import EventColumns, FillColumns, OrderColumns, QuoteColumns, take_columns
from kernels.conventions import ABSURD_SPREAD, ABSURD_TICKS, USUAL_TICKS
from kernels.market.beyond_limits import mark_beyond, new_scratch
from kernels.market.plausible import ABSURD, JUMPING, is_absurd, plausible_quotes, quote_kinds
from kernels.market.ticks import tick_of, ticks_by_price
from kernels.measure.choices import Choices, Session
from kernels.measure.measure import data_quality, measure
from tests.builders import NULL, build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.oracles.plausible import naive_beyond, naive_kinds
from tests.random_day import CLOSE, NS, OPEN

pytestmark = pytest.mark.reduced
Row = dict[str, Any]
SESSION = Session(OPEN, CLOSE, "test")
TICKS = ticks_by_price(USUAL_TICKS)
MINUTE = 60 * NS


def quotes_at(*sides: tuple[int, int]) -> QuoteColumns:
    """Return quotes a minute apart."""
    bid, offer = (np.array(side, np.int64) for side in zip(*sides, strict=True))
    return QuoteColumns(OPEN + MINUTE * np.arange(len(bid)), bid, offer)


def kinds_of(*sides: tuple[int, int]) -> list[int]:
    quotes = quotes_at(*sides)
    for column in quotes:
        column.flags.writeable = False
    kinds, count = quote_kinds(quotes, TICKS)
    assert count == np.count_nonzero(kinds)
    expected = naive_kinds([{"bid": bid, "offer": offer} for bid, offer in sides])
    assert [{"absurd_spread": 1, "jumping": 2}.get(kind, 0) for kind in expected] == kinds.tolist()
    return [int(kind) for kind in kinds]


@pytest.mark.parametrize("bid", [1, 8, 9, 10, 99, 100, 450, 499, 901, 3_340, 10**12, 2**62])
def test_the_threshold_of_a_spread_is_exact(bid: int) -> None:
    least = max(2 * bid // 9, ABSURD_TICKS * int(tick_of(bid, TICKS)))
    assert not is_absurd(bid, bid + least, TICKS)
    assert is_absurd(bid, bid + least + 1, TICKS)
    if 2 * bid // 9 == least:
        assert 2 * (least + 1) > Fraction(str(ABSURD_SPREAD)) * (2 * bid + least + 1)


SOUND = (3_340, 3_360)


@pytest.mark.parametrize(
    ("between", "jumps"),
    [
        ([(33_400, 33_600)], 1),  # ten times
        ([(334, 336)], 1),  # a tenth
        ([(6_660, 6_680)], 0),  # not more than twice
        ([(6_710, 6_730)], 1),
        ([(33_400, 33_600), (334, 336), (33_400, 33_400)], 3),  # locked ones are quotes, too
        ([(33_400, 33_600)] * 4, 0),  # a new level
        ([(33_400, 33_600), (0, 3_360), (NULL, NULL), (33_400, 33_600)], 2),  # others are passed over
        ([(33_400, 33_600), (33_800, 33_000)], 1),
    ],
)
def test_quotes_that_leave_the_level_and_come_back_have_jumped(between: list[tuple[int, int]], jumps: int) -> None:
    assert kinds_of(SOUND, *between, SOUND).count(JUMPING) == jumps
    assert kinds_of(SOUND, *between, (3_640, 3_660)).count(JUMPING) == jumps  # within a tenth
    assert JUMPING not in kinds_of(SOUND, *between, (3_740, 3_760))
    assert JUMPING not in kinds_of(SOUND, *between)  # nothing says that it was not a move
    assert JUMPING not in kinds_of(between[0], SOUND, SOUND)  # nothing is before it


def test_a_few_ticks_are_no_jump() -> None:
    assert kinds_of((3, 5), (9, 11), (3, 5)) == [0, 0, 0]
    assert kinds_of((20, 22), (62, 64), (20, 22)) == [0, JUMPING, 0]


def test_what_cannot_be_is_one_sided() -> None:
    quotes = quotes_at(SOUND, (3_340, 5_000), (33_400, 33_600), SOUND)
    for column in quotes:
        column.flags.writeable = False
    assert quote_kinds(quotes, TICKS)[0].tolist() == [0, ABSURD, JUMPING, 0]
    assert plausible_quotes(quotes, TICKS)[0].offer.tolist() == [3_360, NULL, NULL, 3_360]
    sound = quotes_at(SOUND)
    sound.bid.flags.writeable = sound.offer.flags.writeable = False
    assert plausible_quotes(sound, TICKS)[0] is sound


@given(
    sides=st.lists(
        st.tuples(st.sampled_from([0, 30, 33, 40, 90, 300, 330, 3_300, NULL]), st.sampled_from([0, 1, 2, 500, -1])),
        max_size=12,
    )
)
def test_kinds_of_quotes_equal_the_oracle(sides: list[tuple[int, int]]) -> None:
    if sides:
        kinds_of(*((bid, bid if bid == NULL else bid + width) for bid, width in sides))


def life(number: int, side: int, price: int, **more: int) -> list[Row]:
    base = {"order_id": number, "side": side, "price": price, "participant": 3, "order_type": 64, **more}
    return [
        {**base, "timestamp": OPEN + MINUTE, "leaves_quantity": 50, "matched_quantity": 0},
        {**base, "timestamp": OPEN + 3 * MINUTE, "leaves_quantity": 0, "matched_quantity": 50},
    ]


def paid(number: int, side: int, price: int, deal: int = 1) -> Row:
    return {"order_id": number, "side": side, "price": price, "quantity": 50, "deal_source": deal,
            "timestamp": OPEN + 3 * MINUTE}  # fmt: skip


@pytest.mark.parametrize(("price", "apart"), [(3_350, 0), (26_800, 0), (26_810, 1), (0, 1), (418, 1)])
@pytest.mark.parametrize("jumped", [False, True])
def test_an_order_with_a_fill_at_a_price_that_cannot_be_is_set_apart(price: int, apart: int, jumped: bool) -> None:
    """A quote that jumped contradicts no price, for it is no quote; the market lacks the fills of both sides."""
    events = [*life(1, 1, 0), *life(2, -1, 0), *life(3, 1, 0)]
    fills = [paid(1, 1, price), paid(2, -1, price), paid(3, 1, 3_350), paid(99, -1, 3_350)]
    quotes = [{"timestamp": OPEN, "bid": 3_340, "offer": 3_360}]
    if jumped:
        far = {"timestamp": OPEN + 2 * MINUTE, "bid": 100 * 3_340, "offer": 100 * 3_360}
        quotes += [far, {**quotes[0], "timestamp": OPEN + 4 * MINUTE}]
        apart = int(price == 0)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    (block,) = measure(day, Choices(), SESSION)
    assert set(block.order_id.tolist()) == ({3} if apart else {1, 2, 3})
    assert block["market_volume"].tolist()[-1] == (50 if apart else 100)
    counts = data_quality(day, SESSION)
    assert (counts["fills_price_implausible"], counts["orders_price_implausible"]) == (2 * apart, 2 * apart)
    assert (counts["orders_set_apart"], counts["quotes_jumping"]) == (2 * apart, int(jumped))


@pytest.mark.parametrize(
    ("side", "limit", "mid_tick", "price", "deal", "beyond"),
    [
        (1, 3_350, 2, 3_350, 1, False),
        (1, 3_350, 2, 3_360, 1, True),
        (1, 3_350, 1, 3_351, 1, True),  # half a tick is for the dark
        (1, 3_350, 1, 3_355, 47, False),
        (1, 3_350, 1, 3_356, 47, True),
        (1, 3_350, 2, 3_355, 47, True),
        (1, 3_350, 0, 3_355, 47, False),  # nobody says whether it has it
        (-1, 3_350, 2, 3_349, 47, True),  # 3,349.5 at most
        (-1, 15, 1, 14, 47, False),  # 14.5, and half a tick
        (-1, 15, 2, 14, 47, True),
        (-1, 3_350, 2, 3_340, 5, False),  # a report
        (1, 0, 2, 9_000, 1, False),  # a market order
    ],
)
def test_fills_beyond_limits(side: int, limit: int, mid_tick: int, price: int, deal: int, beyond: bool) -> None:
    day = build_day(life(1, side, limit, mid_tick=mid_tick), with_nulls([paid(1, side, price, deal)]), [])
    assert data_quality(day, SESSION)["fills_beyond_limit"] == beyond
    (block,) = measure(day, Choices(), SESSION)
    assert block.order_id.tolist() == [1]  # the price was paid: the limit may lack an amendment


@given(seed=st.integers(0, 10**9))
def test_fills_beyond_limits_equal_the_oracle(seed: int) -> None:
    rng = Random(seed)
    state = {"leaves_quantity": 5, "matched_quantity": 0}
    events = [
        {**state, "order_id": number, "timestamp": OPEN + rng.randint(0, 5), "side": 1 if number < 3 else -1,
         "price": rng.choice([0, 14, 15, 16, 17, 110] + [16] * 9), "mid_tick": rng.randint(0, 6)}
        for number in (1, 2, 3) for _ in range(rng.randint(1, 4))
    ]  # fmt: skip
    fills = [
        {"order_id": number, "timestamp": OPEN + rng.randint(0, 6), "price": rng.choice([14, 15, 16]),
         "quantity": 1, "deal_source": rng.choice([1, 5, 20, 44, 47, 60])}
        for number in (1, 2, 3) for _ in range(rng.randint(0, 4))
    ]  # fmt: skip
    day = build_day(events, with_nulls(fills), [])
    beyond = np.empty(len(fills), np.bool_)
    tables = take_columns(OrderColumns, day.orders), take_columns(EventColumns, day.events)
    mark_beyond(*tables, take_columns(FillColumns, day.fills), TICKS, new_scratch(), beyond)
    found = sorted(zip(day.fills["order_id"].tolist(), day.fills["timestamp"].tolist(), beyond.tolist(), strict=True))
    expected = [
        (f["order_id"], f["timestamp"], naive_beyond(f, [e for e in events if e["order_id"] == f["order_id"]]))
        for f in fills
    ]
    assert found == sorted(expected)
