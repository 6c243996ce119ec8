"""The research API takes stored columns as they are, and names the argument at fault, whichever it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kernels.market.quote_book
import kernels.market.quotes
import kernels.research
import tickstore
from kernels.measure import groups
from kernels.replay import causes
from tests.builders import build_day
from tests.kernels.measure.test_measures import with_nulls
from tests.random_day import random_day

pytestmark = pytest.mark.reduced  # small arrays: also run as plain Python and bounds-checked
TICKS = ((0, 1), (100, 5))
Arguments = dict[str, Any]
# Arguments that are right, for every public function that takes columns.
GOOD: dict[str, Arguments] = {
    "classify": {"matched_quantity": [0, 5], "leaves_quantity": [1, 0]},
    "effective_spread_bps": {"side": [1, -1], "price2": [20, 21], "mid2": [21, 21]},
    "fill_totals": {"order_index": [0, 1], "price": [9, 9], "quantity": [1, 2], "venue": [0, 1], "n_orders": 2},
    "limit2": {"limit_price": [0, 9], "mid_tick": [1, 2], "side": [1, -1], "ticks": TICKS},
    "markout_bps": {"side": [1, -1], "price2": [20, 21], "mid2": [21, 21], "later_mid2": [21, 22]},
    "mid2": {"bid": [9, 9], "offer": [10, 10]},
    "order_states": {
        "order_index": [0, 1],
        "timestamp": [5, 6],
        "leaves_quantity": [1, 1],
        "matched_quantity": [0, 0],
        "until": 9,
    },
    "prevailing_quote": {"quote_time": [1, 2], "time": [2, 3]},
    "shortfall_bps": {
        "side": [1, -1],
        "order_quantity": [9, 9],
        "filled_quantity": [1, 2],
        "notional2": [20.0, 40.0],
        "mid2": [20, 20],
        "charge2": [20, 20],
    },
    "venue_of": {"deal_source": [1, 47]},
    "window_mid2": {"quote_time": [1, 2], "bid": [9, 9], "offer": [10, 10], "start": [1, 2], "end": [3, 3]},
}
COLUMNS = [(name, column) for name, good in GOOD.items() for column, value in good.items() if isinstance(value, list)]
ALONE = [("venue_of", "deal_source"), ("prevailing_quote", "quote_time"), ("prevailing_quote", "time")]


def test_every_function_that_takes_columns_is_here() -> None:
    others = {"change_causes", "measure", "replay", "seek", "warm"}
    assert (
        set(GOOD)
        == {
            name
            for name in kernels.__all__
            if callable(value := getattr(kernels, name)) and not isinstance(value, type)
        }
        - others
    )


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_column_of_the_wrong_shape_or_type_is_named(name: str, column: str) -> None:
    function, good = getattr(kernels, name), GOOD[name]
    function(**good)
    with pytest.raises(ValueError, match=rf"^{column}: expected a 1-D array, got shape \(1, 2\)"):
        function(**{**good, column: [good[column]]})
    with pytest.raises(TypeError, match=rf"^{column}: expected (int64|integers|float64), got <U"):
        function(**{**good, column: ["a", "b"]})
    if column != "notional2":
        with pytest.raises(TypeError, match=rf"^{column}: expected (int64|integers), got float64"):
            function(**{**good, column: [1.0, 2.0]})


@pytest.mark.parametrize(("name", "column"), [pair for pair in COLUMNS if pair not in ALONE])
def test_a_column_of_another_length_is_named_with_its_peers(name: str, column: str) -> None:
    """No other name than those of the function's own arguments is in the message."""
    good = GOOD[name]
    with pytest.raises(ValueError, match=rf"lengths differ: .*\b{column} has 1") as raised:
        getattr(kernels, name)(**{**good, column: good[column][:1]})
    for part in str(raised.value).removeprefix("lengths differ: ").split(", "):
        assert part.split(" has ")[0] in good


BAD: list[tuple[str, Arguments, type[Exception], str]] = [
    ("fill_totals", {"n_orders": -1, "order_index": [-1, -1]}, ValueError, "n_orders: must not be negative, got -1"),
    ("fill_totals", {"n_orders": 2.0}, TypeError, "n_orders: expected a whole number, got 2.0"),
    ("order_states", {"until": 9.5}, TypeError, "until: expected a whole number, got 9.5"),
    ("order_states", {"timestamp": [6, 5]}, ValueError, "timestamp: must ascend"),
    ("window_mid2", {"quote_time": [2, 1]}, ValueError, "quote_time: must ascend"),
    ("prevailing_quote", {"quote_time": [2, 1]}, ValueError, "quote_time: must ascend"),
]


@pytest.mark.parametrize(("name", "wrong", "kind", "message"), BAD)
def test_a_number_or_an_order_that_is_wrong_is_named(
    name: str, wrong: Arguments, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        getattr(kernels, name)(**{**GOOD[name], **wrong})


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    good = GOOD["order_states"]
    assert kernels.order_states(**{**good, "until": np.int64(6)}).last_row.tolist() == [0, -1]
    assert len(kernels.fill_totals(**{**GOOD["fill_totals"], "n_orders": np.int32(2)}).fills) == 2


def test_causes_need_events_in_time_order() -> None:
    day = build_day(*map(with_nulls, random_day(3)))
    events = {**day.events, "timestamp": day.events["timestamp"][::-1]}
    with pytest.raises(ValueError, match=r"events\['timestamp'\]: must ascend, but row"):
        kernels.change_causes(events, day.orders, day.fills)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what the kernels behind the functions are called with, filled as they are called."""
    seen: list[Any] = []

    def listen(module: Any, name: str) -> None:
        behind: Callable[..., Any] = getattr(module, name)

        def heard(*arguments: Any) -> Any:
            for argument in arguments:
                seen.extend(argument if isinstance(argument, tuple) else [argument])
            return behind(*arguments)

        monkeypatch.setattr(module, name, heard)

    for module, name in (
        (groups, "_classify"),
        (kernels.market.quotes, "_mid2"),
        (kernels.market.quotes, "_prevailing"),
        (kernels.market.quote_book, "fill_book"),
        (kernels.research, "_order_states"),
        (kernels.research, "_fill_totals"),
        (kernels.research, "_window_mid2"),
        (causes, "write_fill_causes"),
        (causes, "write_causes"),
    ):
        listen(module, name)
    return seen


def test_columns_of_a_day_file_reach_the_kernels_without_a_copy(tmp_path: Path, taken: list[Any]) -> None:
    """Narrow columns too: they are stored in as few bytes as they need, and kernels take them so."""
    memory = build_day(*map(with_nulls, random_day(7)))
    tables = {"events": memory.events, "orders": memory.orders, "fills": memory.fills, "quotes": memory.quotes}
    tickstore.write_day(tmp_path / "day.h5", "1", "2024-09-05", tables)
    with tickstore.open_day(tmp_path / "day.h5") as day:
        events, orders, fills, quotes = day.events, day.orders, day.fills, day.quotes
        states: list[Any] = [events[n] for n in ("order_index", "timestamp", "leaves_quantity", "matched_quantity")]
        traded: list[Any] = [fills[n] for n in ("order_index", "price", "quantity", "venue")]
        kernels.order_states(*states)
        kernels.fill_totals(traded[0], len(orders["order_id"]), *traded[1:])
        kernels.classify(orders["matched_quantity"], orders["leaves_quantity"])
        kernels.mid2(quotes["bid"], quotes["offer"])
        kernels.prevailing_quote(quotes["timestamp"], orders["arrival_time"])
        windows = orders["arrival_time"], orders["end_time"]
        kernels.window_mid2(quotes["timestamp"], quotes["bid"], quotes["offer"], *windows)
        kernels.change_causes(events, orders, fills)
        given = [*states, *traded, orders["matched_quantity"], orders["leaves_quantity"], *windows]
        given += [quotes[name] for name in ("timestamp", "bid", "offer")]
        given += [events[name] for name in causes.ChangeColumns._fields]
        given += [orders["first_fill"], orders["fill_count"]]
        arrays = [one for one in taken if isinstance(one, np.ndarray) and one.size]
        for column in given:
            assert not column.flags.writeable
            assert any(np.shares_memory(column, one) and one.dtype == column.dtype for one in arrays)
        del given, arrays, states, traded, windows, column
        taken.clear()
