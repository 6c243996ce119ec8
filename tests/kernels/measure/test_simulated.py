"""Fills of a replayed scenario are measured as real ones are: columns against plain Python, and against reality."""

from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.base.memory import Buffers
from kernels.conventions import NULL, REPLAYED, VENUE_OF_DEAL, VENUE_OTHER
from kernels.measure.choices import Choices, Selection, Session, Simulation, hour_bounds
from kernels.measure.measure import measure
from kernels.measure.order_columns import DERIVED, SCENARIO
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import prepare
from kernels.measure.simulated import SimulatedFills, simulated_day
from tests.builders import MemoryDay, build_day
from tests.kernels.measure.test_measures import assert_close, assert_exact, plain_rules, with_nulls
from tests.oracles.measures import naive_measures
from tests.oracles.simulated import simulated_order
from tests.random_day import CLOSE, DEALS, NS, OPEN, random_day

pytestmark = pytest.mark.reduced  # small days: also run as plain Python and bounds-checked
Row = dict[str, Any]
SESSION = Session(OPEN, CLOSE, "test")
FEES = (1.0, 2.0, 3.0, 4.0)
SETTINGS = Choices(simulation=Simulation(fees_bps=FEES))
EXACT = "first_fill_time", "last_fill_time", "time_to_first_fill", "fills"
CLOSE_TO = (
    "execution_time", "execution_time_all", "effective_spread_bps", "price_improvement_bps", "fill_quoted_spread_bps",
    "eq_ratio", "arrival_slippage_bps", "arrival_improvement_bps", "vwap_slippage_bps", "close_slippage_bps",
)  # fmt: skip
COSTS = "cost", "cost_touch", "cost_zero", "cost_cleanup"


def simulated(fills: dict[int, list[Row]]) -> SimulatedFills:
    """Return fills by row of the order table as the replay would."""
    rows = [(i, fill) for i in sorted(fills) for fill in fills[i]]
    deals = [fill["deal_source"] for _, fill in rows]
    times, prices, shares = (
        np.array([fill[name] for _, fill in rows], np.int64) for name in ("timestamp", "price2", "quantity")
    )
    venues = np.array([VENUE_OF_DEAL.get(deal, VENUE_OTHER) for deal in deals], np.int8)
    orders, index = np.array(sorted(fills), np.int32), np.array([i for i, _ in rows], np.int32)
    by_book = np.array([fill.get("by_book", 1) for _, fill in rows], np.int8)
    return SimulatedFills(orders, index, times, prices, shares, venues, np.array(deals, np.int16), by_book)


def random_fills(rng: Random, day: MemoryDay, share: float = 0.7) -> dict[int, list[Row]]:
    """Return fills of some orders: none, parts or all of what they asked for, at times around their lives."""
    found: dict[int, list[Row]] = {}
    for i, (asked, arrival) in enumerate(zip(day.orders["parent_quantity"], day.orders["arrival_time"], strict=True)):
        if rng.random() > share:
            continue
        left, fills = int(asked), []
        for _ in range(rng.choice([0, 1, 1, 2, 5])):
            if left > 0:
                quantity = rng.choice([left, rng.randint(1, left)])
                left -= quantity
                after = rng.choice([0, 1, 10 * NS, rng.randrange(7_200 * NS), -rng.randrange(120 * NS)])
                deal = rng.choice([47, 46, 1, *(deal for deal in DEALS if deal != 5), 60])
                middle = 2 * int(day.orders["limit_price"][i] or 60) + rng.randint(-9, 9)
                fills.append({"timestamp": int(arrival) + after, "price2": max(middle, 1), "quantity": quantity,
                              "deal_source": deal, "by_book": quantity % 2})  # fmt: skip
        found[i] = sorted(fills, key=lambda fill: fill["timestamp"])
    return found


def real_fills(day: MemoryDay, settings: Choices = SETTINGS) -> SimulatedFills:
    """Return the real fills of every order, at their exact prices."""
    sums = prepare(day, settings, SESSION, Buffers()).sums
    own = day.fills["order_index"] >= 0
    names = "order_index", "timestamp"
    first, last = (day.fills[name][own] for name in names)
    quantity, venue, deal = (day.fills[name][own] for name in ("quantity", "venue", "deal_source"))
    every = np.arange(len(day.orders["order_id"]), dtype=np.int32)
    none = np.zeros(len(venue), np.int8)
    return SimulatedFills(every, first, last, sums.price2[own], quantity, venue, deal, none)


def random_input(seed: int) -> tuple[MemoryDay, list[Row], list[Row], list[Row]]:
    events, fills, quotes = random_day(seed)
    return build_day(events, with_nulls(fills), with_nulls(quotes)), events, fills, quotes


def measured(day: MemoryDay, settings: Choices, **replayed: SimulatedFills) -> OrderBlock:
    (block,) = measure(day, settings, SESSION, None, replayed)
    return block


def assert_same(block: OrderBlock, other: OrderBlock, chosen: Any = slice(None)) -> None:
    """Every column of two blocks is the same to the last bit, of the chosen orders."""
    for column in block.columns():
        mine, theirs = (np.atleast_2d(one[column.name])[:, chosen] for one in (block, other))
        np.testing.assert_array_equal(mine, theirs, err_msg=column.name)


@given(seed=st.integers(0, 10**9), quotes_first=st.booleans())
def test_columns_are_those_of_plain_python(seed: int, quotes_first: bool) -> None:
    day, events, fills, quotes = random_input(seed)
    if not quotes or not fills:
        return
    settings = Choices(simulation=Simulation(quotes_first=quotes_first))
    changed = random_fills(Random(seed), day)
    block = measured(day, settings, R=simulated(changed))
    rules = plain_rules(settings, hour_bounds("2024-09-05", settings.selection, settings.timezone))
    real = naive_measures(events, fills, quotes, rules)
    lived = (block.window_start <= block.window_end).tolist()
    mine = [(k, row) for k, row in enumerate(block.order_index.tolist()) if row in changed and lived[k]]
    expected = [simulated_order(real[k], changed[row], fills, quotes, rules) for k, row in mine]
    assert block.scenarios == ("real", "A", "B", "C", "R")
    side, at = block.under("R"), [k for k, _ in mine]
    assert_exact("filled", block.scenario_filled[4, at], [row["filled"] for row in expected])
    assert_close("notional2", block.scenario_notional2[4, at], [row["notional2"] for row in expected])
    assert_close("price", block["R_price"][at], [row["price"] for row in expected])
    for name in COSTS:
        assert_close(name, block[name][4, at], [row[name] for row in expected], 1e-4)
    for name in ("execution_cost", "opportunity_cost"):
        assert_close(name, side[name][at], [row[name] for row in expected], 1e-4)
    shares = [sum(fill["quantity"] for fill in changed[row] if fill["by_book"]) for _, row in mine]
    assert_exact("simulated_quantity", side.simulated_quantity[at], shares)
    assert not block.simulated_quantity.any()
    for name in EXACT:
        assert_exact(name, side[name][at], [row[name] for row in expected])
    for name in CLOSE_TO:
        assert_close(name, side[name][at], [row[name] for row in expected])
    for h in range(len(settings.simulation.fill_seconds)):
        assert_exact("within", side.filled_within[h, at], [row[f"within_{h}"] for row in expected])
    for h in range(len(settings.simulation.markout_seconds)):
        columns = {"markout": "markout_bps", "realised": "realised_spread_bps", "impact": "impact_bps"}
        for name, column in (columns | {"adverse": "adverse_selection_bps"}).items():
            assert_close(name, side[column][h, at], [row[f"{name}_{h}"] for row in expected])
    for venue in range(5):
        assert_exact("venue", side.venue_quantity[venue, at], [row["venues"][venue] for row in expected])


@given(seed=st.integers(0, 10**9))
def test_fills_that_are_the_real_ones_give_what_is_real(seed: int) -> None:
    """Reports that the real fills have among them included: they consume nothing here either."""
    day, *_ = random_input(seed)
    if not len(day.fills["price"]) or not len(day.quotes["bid"]):
        return
    block = measured(day, SETTINGS, P=real_fills(day), D=real_fills(day))
    real = replace(block.under("P"), rows=measured(day, SETTINGS).rows)
    assert_same(block.under("P"), real)
    assert_same(block.under("D"), real)
    for name in ("cost", "scenario_filled", "fees", "net_shortfall_bps"):
        np.testing.assert_array_equal(block[name][4:], block[name][[0, 0]])


@given(seed=st.integers(0, 10**9), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_only_who_fills_otherwise_is_measured_anew(seed: int, share: float) -> None:
    """Of real fills some are changed in one thing; what is measured of the others is what is real."""
    day, *_ = random_input(seed)
    if not len(day.fills["price"]) or not len(day.quotes["bid"]):
        return
    rng, fills = np.random.default_rng(seed), real_fills(day)
    columns = {name: column.copy() for name, column in fills._asdict().items()}
    for name in ("quantity", "price2", "venue", "deal_source"):
        columns[name][rng.random(len(fills.quantity)) < share / 4] += 1
    kept = ~((rng.random(len(fills.quantity)) < share / 4) & (fills.quantity > 0))
    found = SimulatedFills(columns["orders"], *(columns[name][kept] for name in SimulatedFills._fields[1:]))
    inputs = prepare(day, SETTINGS, SESSION, Buffers())
    anew = simulated_day(found, inputs, np.arange(len(day.orders["side"]), dtype=np.int32)).anew

    def told(table: Any, price2: Any, i: int) -> list[tuple[Any, ...]]:
        names = "timestamp", "quantity", "venue", "deal_source"
        of_order = np.flatnonzero(np.asarray(table["order_index"]) == i)
        return [(*(int(table[name][row]) for name in names), int(price2[row])) for row in of_order]

    listed = set(found.orders.tolist())
    wanted = [
        i in listed and told(found._asdict(), found.price2, i) != told(day.fills, inputs.sums.price2, i)
        for i in range(len(anew))
    ]
    assert anew.tolist() == wanted


@given(seed=st.integers(0, 10**9))
def test_orders_that_are_not_listed_keep_their_real_fills_and_all_their_marks(seed: int) -> None:
    """So do those that never lived in continuous trading, listed or not."""
    day, *_ = random_input(seed)
    if not len(day.fills["price"]) or not len(day.quotes["bid"]):
        return
    changed = {name: random_fills(Random(f"{seed}{name}"), day, 0.5) for name in REPLAYED}
    block = measured(day, SETTINGS, **{name: simulated(found) for name, found in changed.items()})
    alone = measured(day, SETTINGS)
    assert block.scenarios == (*alone.scenarios, *REPLAYED)
    real = replace(alone, scenarios=("real",))
    for name in REPLAYED:
        lived = (block.window_start <= block.window_end).tolist()
        kept = [k for k, row in enumerate(block.order_index.tolist()) if row not in changed[name] or not lived[k]]
        assert_same(block.under(name), real, kept)
        # M0, m_T and who is priced are properties of the order.
        side = block.under(name)
        for column in ("mid2", "end_mid2", "benchmark", "eligible", "window_end", "group", "leaves_quantity"):
            np.testing.assert_array_equal(side[column], alone[column], err_msg=column)
        for column in COSTS:
            assert np.array_equal(np.isnan(side[column][0]), np.isnan(alone[column][0])), column
    for one in block.columns():
        if one.of != DERIVED:
            rows = slice(0, 4) if one.axis == SCENARIO else slice(None)
            np.testing.assert_array_equal(block[one.name][rows], alone[one.name], err_msg=one.name)


@given(seed=st.integers(0, 10**9))
def test_fees_are_those_of_the_venues(seed: int) -> None:
    day, *_ = random_input(seed)
    if not len(day.fills["price"]) or not len(day.quotes["bid"]):
        return
    changed = random_fills(Random(seed), day)
    block = measured(day, SETTINGS, D=simulated(changed))
    rate = dict(enumerate(FEES))
    for k, row in enumerate(block.order_index.tolist()):
        if row in changed and block.window_start[k] <= block.window_end[k]:
            paid = [f["quantity"] * f["price2"] * rate.get(VENUE_OF_DEAL.get(f["deal_source"], 5), 0.0) / 1e4
                    for f in changed[row]]  # fmt: skip
            fees = block["D_fees"][k]
            assert fees == pytest.approx(sum(paid), rel=1e-12, abs=0.51 / 65_536)
            base = float(block.mid2[k]) * float(block.order_quantity[k])
            if block.mid2[k] != NULL and block.order_quantity[k] > 0:
                net = 10_000 * (block.cost[4, k] + fees) / base
                assert block["D_net_shortfall_bps"][k] == pytest.approx(net, nan_ok=True)


@given(seed=st.integers(0, 10**9), without=st.sampled_from(["trades", "nbbo"]))
def test_without_trades_or_quotes_no_replay_is_known(seed: int, without: str) -> None:
    events, fills, quotes = random_day(seed)
    day = build_day(events, with_nulls([] if without == "trades" else fills),
                    with_nulls([] if without == "nbbo" else quotes))  # fmt: skip
    if without == "trades" and not np.any(day.orders["matched_quantity"]):
        return
    block = measured(day, SETTINGS, R=simulated(random_fills(Random(seed), day)))
    if len(block):
        assert (block.scenario_filled[4] == NULL).all()
        for name in (*COSTS, "scenario_price", "scenario_notional2", "fees", "net_shortfall_bps"):
            assert np.isnan(block[name][4]).all(), name
        assert not block.under("R").fills.any()
        assert (block.under("R").first_fill_time == NULL).all()


def test_fills_after_the_selected_hours_are_not_seen() -> None:
    day, *_ = random_input(7)
    late = {0: [{"timestamp": OPEN + 7_199 * NS + k * NS, "price2": 121, "quantity": 1, "deal_source": 47}
                for k in range(2)]}  # fmt: skip
    settings = replace(SETTINGS, selection=Selection(hour_end=11))
    block = measured(day, settings, R=simulated(late))
    place = block.order_index.tolist().index(0)
    assert (block.scenario_filled[4, place], block.under("R").fills_after_hours[place]) == (1, 1)


def test_more_than_was_asked_for_is_refused() -> None:
    day, *_ = random_input(7)
    asked = int(day.orders["parent_quantity"][0])
    fill = {"timestamp": OPEN, "price2": 121, "quantity": asked + 1, "deal_source": 47}
    with pytest.raises(RuntimeError, match="do not add up"):
        measured(day, SETTINGS, R=simulated({0: [fill]}))


def test_what_is_no_replay_is_refused() -> None:
    day, *_ = random_input(7)
    fine = simulated(random_fills(Random(1), day, 1.0))
    with pytest.raises(ValueError, match="replayed: A is none of P, R"):
        list(measure(day, SETTINGS, SESSION, None, {"A": fine}))
    backwards = SimpleNamespace(**{name: column[::-1] for name, column in fine._asdict().items()})
    for change, message in (
        ({"orders": fine.orders[::-1]}, "orders must ascend"),
        ({"orders": fine.orders[:1]}, "not among those"),
        ({"timestamp": backwards.timestamp}, "by order and time"),
    ):
        with pytest.raises(ValueError, match=message):
            measured(day, SETTINGS, R=fine._replace(**change))


def test_blocks_and_buffers_do_not_show() -> None:
    """Thousands of orders, in blocks, with memory that is used again."""
    events, fills, quotes = random_day(3, n_orders=4_000)
    day = build_day(events, with_nulls(fills), with_nulls(quotes))
    changed = {name: simulated(random_fills(Random(name), day, 0.5)) for name in ("R", "R_optimistic", "D")}
    kept = Buffers()
    names = "order_id", "cost", "scenario_filled", "fees"
    sides = "first_fill_time", "effective_spread_bps", "markout_bps", "filled_within"
    runs = []
    for buffers in (None, kept, kept):
        found: dict[str, list[Any]] = {}
        for block in measure(day, SETTINGS, SESSION, buffers, changed):
            for name in names:
                found.setdefault(name, []).append(block[name].copy())
            for name in sides:
                found.setdefault(name, []).append(block.under("D")[name].copy())
        runs.append({name: np.concatenate(parts, axis=-1) for name, parts in found.items()})
    assert len(runs[0]["order_id"]) > 3_000
    for other in runs[1:]:
        for name, column in runs[0].items():
            np.testing.assert_array_equal(column, other[name], err_msg=name)
