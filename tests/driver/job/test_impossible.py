"""Whatever rows a day holds, no order of a block has a quantity that cannot be, and all that is left out is counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.job.job import run_job
from driver.job.quality import UNITS
from driver.plan.jobs import Job, Settings
from driver.sums.partial_file import PARTIAL_NAME, read_partial
from driver.tables.quality_kinds import DATE_IMPLAUSIBLE, JOBS_MISSING, KIND_MEANINGS
from kernels.base.memory import Buffers
from kernels.conventions import FAULTS_SET_APART, REPLAYED
from kernels.market.quality import QUALITY_KINDS
from kernels.measure.choices import Choices, Selection, Session
from kernels.measure.delay import DECISION_KINDS
from kernels.measure.measure import check_conservation, measure
from kernels.measure.result_rows import OrderBlock, empty_rows
from kernels.measure.rules import faults_of
from tests.builders import NULL, Row, build_day
from tests.random_day import CLOSE, OPEN
from tickstore.day.schema import NO_SHARES
from tickstore.day.writer import write_day

pytestmark = pytest.mark.reduced
MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
SESSION = Session(OPEN, CLOSE, "file")
PRICE = 3_390
minutes = st.integers(-90, 400).map(lambda minute: OPEN + minute * MINUTE)
shares = st.integers(0, 200)
any_event = st.builds(
    lambda number, time, leaves, matched, side: {
        "order_id": number, "timestamp": time, "leaves_quantity": leaves, "matched_quantity": matched,
        "quantity": leaves + matched, "side": side, "price": PRICE, "participant": 3,
    },
    st.integers(1, 3), minutes, shares, shares, st.sampled_from([1, -1]),
)  # fmt: skip
any_fill = st.builds(
    lambda number, time, quantity, deal: {
        "order_id": number, "timestamp": time, "quantity": quantity, "deal_source": deal, "side": 1, "price": PRICE,
        "national_bid": NULL, "national_offer": NULL,
    },
    st.integers(1, 4), minutes, shares, st.sampled_from([1, 5, 20, 44, 47]),
)  # fmt: skip
any_quote = st.builds(
    lambda time, bid, width: {"timestamp": time, "bid": bid, "offer": bid + width},
    minutes, st.integers(3_300, 3_400), st.sampled_from([-10, 0, 10, 10**7]),
)  # fmt: skip


def blocks_of(day: Any, hours: tuple[int, int]) -> list[OrderBlock]:
    return list(measure(day, Choices(Selection(hour_start=hours[0], hour_end=hours[1])), SESSION))


@given(
    events=st.lists(any_event, min_size=1, max_size=10),
    fills=st.lists(any_fill, max_size=6),
    quotes=st.lists(any_quote, max_size=6),
    hours=st.sampled_from([(0, 23), (10, 11), (12, 12)]),
)
def test_no_table_can_hold_what_cannot_be(
    events: list[Row], fills: list[Row], quotes: list[Row], hours: tuple[int, int]
) -> None:
    day = build_day(events, fills, quotes)
    for fault in (True, False):  # a store that is older than the bits: every order is looked at
        (block,) = blocks_of(day, hours)
        filled, asked = block.filled_quantity, block.order_quantity
        assert np.all(filled + block.leaves_quantity + block.withdrawn_quantity == asked)
        for column in (filled, asked, block.leaves_quantity, block.withdrawn_quantity, block.matched_quantity):
            assert np.all(column >= 0)
        for scenario in block.scenario_filled:
            assert np.all((scenario == NULL) | ((scenario >= 0) & (scenario <= asked)))  # null where it is not known
        late = (block.first_fill_time != NULL) & (block.first_fill_time < block.window_start)
        assert np.all(block.benchmark[late] == 0)
        assert np.all(np.isnan(block.cost[:, late]))
        assert np.all((block.time_to_first_fill == NULL) | (block.time_to_first_fill >= 0))
        if fault:
            sound = {int(day.orders["order_id"][k]) for k in np.flatnonzero(faults_of(day) & FAULTS_SET_APART == 0)}
            assert set(block.order_id.tolist()) <= sound
            del day.orders["fault"]


def state(number: int, minute: int, leaves: int, matched: int) -> Row:
    row = {"order_id": number, "timestamp": OPEN + minute * MINUTE, "price": PRICE, "side": 1, "participant": 3}
    return row | {"quantity": leaves + matched, "leaves_quantity": leaves, "matched_quantity": matched}


def paid(number: int, minute: int, quantity: int) -> Row:
    row = {"order_id": number, "timestamp": OPEN + minute * MINUTE, "price": PRICE, "side": 1, "deal_source": 1}
    return row | {"quantity": quantity}


EVENTS = [
    *(state(1, 10, 100, 0), state(1, 30, 0, 100)),  # sound
    *(state(2, 10, 100, 0), state(2, 20, 0, 100), state(2, 40, 50, 0)),  # its id is used again
    *(state(3, 10, 100, 0), state(3, 90, 0, 100)),  # its fill is known before its row
    *(state(4, 10, 100, 0), state(4, 20, 60, 40)),  # filled before it was entered
    *(state(5, -30, 100, 0), state(5, -20, 100, 0)),  # gone before the session
    *(state(6, 10, 100, 0), state(6, 90, 0, 150)),  # sound as a whole, but amended only after its fill
]
FILLS = [paid(1, 30, 100), paid(2, 20, 100), paid(3, 40, 100), paid(4, 5, 40), paid(6, 30, 150)]
QUOTES = [{"timestamp": OPEN + minute * MINUTE, "bid": PRICE - 10, "offer": PRICE + 10} for minute in (-1, 15)]
QUOTES += [{"timestamp": OPEN + 50 * MINUTE, "bid": PRICE, "offer": 10**10}]


def test_a_job_counts_and_warns_of_what_it_leaves_out(tmp_path: Path) -> None:
    day = build_day(EVENTS, FILLS, QUOTES)
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    write_day(tmp_path / "day.h5", "101", "2024-09-05", groups, {})
    for name, hours, orders, late in (("all", (0, 23), 5, 0), ("ten", (10, 10), 3, 1)):
        settings = Settings(selection=Selection(hour_start=hours[0], hour_end=hours[1]), output_format="csv")
        path, folder = str(tmp_path / "day.h5"), tmp_path / name
        report = run_job(Job(0, "101", "2024-09-05", path, str(folder), SESSION, settings, 11, "print"))
        counts = read_partial(folder / PARTIAL_NAME).quality
        assert report.orders == orders
        assert counts["orders_set_apart"] == counts["orders_matched_falls"] == 1
        assert counts["orders_set_apart_in_hours"] == late
        assert (counts["orders_filled_before_benchmark"], counts["orders_filled_before_entry"]) == (1, 1)
        assert (counts["orders_without_window"], counts["quotes_absurd_spread"]) == (1, 1)
        assert counts["session_from_file"] == 1
        assert [text for text in report.warnings if "end of the hours" not in text] == [
            "1 orders do not agree with their fills; first: order 2 (matched 0, fills 100)",
            "1 orders contradict themselves and are in no table; first: order 2 (orders_matched_falls, "
            "orders_filled_beyond_leaves)",
            "1 orders have fills before the time they are measured from, and so no costs; first: order 4",
            "1 quotes have a spread above a fifth of the mid and count as one-sided; first: 3390 to 10000000000 price "
            "units at 2024-09-05T00:50:00.000000000Z",
        ]
        assert len(report.warnings) == 4 + late


def test_spreads_that_the_quotes_before_fills_hardly_allow_are_counted(tmp_path: Path) -> None:
    """A fill at one's own side of the quote is at E/Q -1. One beyond it is what sweeps do: counted, and no warning."""
    own, prices = PRICE - 10, (PRICE - 10, PRICE - 11, PRICE - 12, PRICE * 111 // 100)
    orders = dict(enumerate(prices, 1))
    events = [row | {"price": PRICE * 2} for number in orders
              for row in (state(number, 10, 100, 0), state(number, 20, 0, 100))]  # fmt: skip
    fills = [paid(number, 20, 100) | {"price": price} for number, price in orders.items()]
    quotes = [{"timestamp": OPEN, "bid": own, "offer": PRICE + 10}]
    day = build_day(events, fills, quotes)
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    write_day(tmp_path / "day.h5", "101", "2024-09-05", groups, {})
    job = Job(0, "101", "2024-09-05", str(tmp_path / "day.h5"), str(tmp_path / "job"), SESSION, Settings(), 11, "print")
    report = run_job(job)
    counts = read_partial(tmp_path / "job" / PARTIAL_NAME).quality
    assert (counts["orders_filled_beyond_own_side"], counts["orders_effective_spread_absurd"]) == (2, 1)
    assert [text for text in report.warnings if "spread" in text or "side" in text] == [
        "1 orders have an effective spread above a fifth of the mid in size; first: order 4"
    ]


def test_an_order_that_breaks_conservation_is_an_internal_error() -> None:
    rows = empty_rows(3, (0, 0), Buffers())
    for matrix in rows:
        matrix[:] = 0
    check_conservation(rows)
    block = OrderBlock(rows, ("real", "A", "B", "C"), (), ())
    block.stored("order_id")[:] = 7, 8, 9
    for name in ("filled_quantity", "leaves_quantity", "withdrawn_quantity", "matched_quantity"):
        block.stored(name)[1] = -1
        with pytest.raises(RuntimeError, match="order 8: filled, leaves and withdrawn do not add up"):
            check_conservation(rows)
        block.stored(name)[1] = 0
    block.stored("scenario_filled")[2, 2] = 1
    with pytest.raises(RuntimeError, match="order 9"):
        check_conservation(rows)


def test_every_kind_has_a_meaning() -> None:
    counted = {*QUALITY_KINDS, "orders_set_apart_in_hours", "prices_ambiguous", *DECISION_KINDS}
    counted |= {
        "orders_filled_beyond_own_side",
        "orders_effective_spread_absurd",
        UNITS,
        DATE_IMPLAUSIBLE,
        JOBS_MISSING,
        NO_SHARES,
        *(f"day_without_{table}" for table in ("orders", "trades", "quotes")),
    }
    sources = {f"session_from_{source}" for source in ("file", "stated", "auction", "activity", "config")}
    replayed = {f"replay_displaced_{name}" for name in REPLAYED} | {
        "replay_phantoms", "replay_orders_audited", "replay_left_open", "replay_orders_above_optimistic",
        "replay_orders_below_conservative", "replay_orders_left_out", "replay_minimums_imputed",
        "replay_minimums_restated", "replay_attributes_carried", "replay_attributes_lacking",
    }  # fmt: skip
    assert set(KIND_MEANINGS) == counted | sources | replayed
