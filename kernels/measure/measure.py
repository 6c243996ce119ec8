"""One partition's orders, measured: select, then every stage on blocks of orders, then what is optional.

The pipeline of an order is ``stages.measure_orders``, one call after the other: it is observed up to the end of the
hours, its own fills are added up, benchmarks are found, scenarios traded, costs charged. The driver's jobs and
notebooks call ``measure``; nothing above it looks into a kernel.
"""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import DTYPES, EventColumns, FillColumns, OrderColumns, QuoteColumns, take_columns
from kernels.base.memory import Buffers
from kernels.conventions import NULL, REPLAYED, SCENARIOS, USUAL_TICKS
from kernels.market.fill_marks import marks_of_fills
from kernels.market.plausible import Plausible
from kernels.market.quality import count_impossible, quality_counts
from kernels.market.rebuilt_prices import judge_rebuilt, usable_rows
from kernels.market.ticks import ticks_by_price
from kernels.measure import result_rows as r
from kernels.measure.choices import Choices, Session, Simulation
from kernels.measure.delay import DECISION_KINDS, FINE, decision_faults, write_delay
from kernels.measure.fees import write_fees
from kernels.measure.order_columns import DECIDED, FEES, PARENTS
from kernels.measure.own_fills import broken_order
from kernels.measure.result_rows import OrderBlock, Rows, empty_rows, part_of
from kernels.measure.rules import Day, Inputs, plausible_columns, prepare
from kernels.measure.selection import select
from kernels.measure.simulated import SimulatedFills, measure_simulated, simulated_day
from kernels.measure.stages import measure_orders, sub_block

# About 8 MB of columns, so that most of a shared cache is left to quotes and prints: 32,776 orders measured 7 % slower.
# Not a power of two: rows of a matrix a power of two apart would share cache sets and evict each other.
BLOCK_ORDERS: Final = 10_248
NOTHING: Final[Mapping[str, SimulatedFills]] = {}


def measure(
    day: Day,
    choices: Choices,
    session: Session,
    buffers: Buffers | None = None,
    replayed: Mapping[str, SimulatedFills] = NOTHING,
    plausible: Plausible | None = None,
    inputs: Inputs | None = None,
) -> Iterator[OrderBlock]:
    """Yield the selected orders of a day in arrival order, in blocks of some thousands, with every column of a run.

    Parameters
    ----------
    day : an open day file, or anything with its tables ``events``, ``orders``, ``fills``, ``quotes`` and its ``date``
    choices : which orders, which scenarios, how costs are charged
    session : continuous trading, ns UTC
    buffers : memory that many days may share one after the other; a block is then good until the next is asked for
    replayed : what orders fill under each scenario that was replayed, by its name
    plausible : what is plausible of the day's quotes and fills (``plausible_columns``), where it is known
    inputs : what ``prepare`` makes of all this in the same buffers, where it has been asked already

    Returns
    -------
    blocks of n orders; ``block.names`` lists the columns, ``block["cost"]`` or ``block.cost`` is one,
    (n,) or (axis, n). At least one block, without orders if none is selected: it has the columns all the same.

    Raises
    ------
    KeyError, ValueError
        a table lacks a column; a quote is too far from the others to average over time; a scenario is none that is
        replayed, or its fills are not in order
    """
    if strange := set(replayed).difference(REPLAYED):
        raise ValueError(f"replayed: {', '.join(sorted(strange))} is none of {', '.join(REPLAYED)}")

    kept, simulation, work = buffers or Buffers(), choices.simulation, sub_block()
    inputs = inputs or prepare(day, choices, session, kept, plausible)
    orders, fills, quotes, rules = inputs.orders, inputs.fills, inputs.quotes, inputs.rules
    selected, apart = select(inputs, choices.selection, kept)
    marks = marks_of_fills(selected, orders, fills, quotes, inputs.sums.marks, rules, kept)
    sums = inputs.sums._replace(fill_marks=marks)
    scenarios = tuple(name for name in SCENARIOS if name in (SCENARIOS[0], *simulation.scenarios))
    scenarios += tuple(name for name in REPLAYED if name in replayed)
    played = [simulated_day(replayed[name], inputs, selected) for name in REPLAYED if name in replayed]
    given = frozenset({PARENTS, DECIDED} & set(day.orders)) | ({FEES} if any(simulation.fees_bps) else set())
    size, horizons = BLOCK_ORDERS // (1 + len(played)), (len(rules.horizons_ns), len(rules.fill_ns))
    for start in range(0, max(len(selected), 1), size):
        chosen = selected[start : start + size]
        rows = empty_rows(len(chosen), horizons, buffers or Buffers(), len(played))
        real = part_of(rows, 0, len(played))
        measure_orders(chosen, orders, inputs.events, fills, quotes, sums, rules, real, *work)
        real.ints[r.SIMULATED_QUANTITY] = 0
        check_conservation(real)
        write_optional(day, inputs, real, given, session.date_start)
        for place, one in enumerate(played, 1):
            under = part_of(rows, place, len(played))
            for matrix, values in zip(under, real, strict=True):
                matrix[:] = values
            if measure_simulated(chosen, one, inputs, under, work, FEES in given):
                check_conservation(under)
        seconds = simulation.markout_seconds, simulation.fill_seconds
        of_the_day = (apart, inputs.ambiguous) if start == 0 else (0, 0)
        yield OrderBlock(rows, scenarios, *seconds, given, *of_the_day)


def write_optional(day: Day, inputs: Inputs, rows: Rows, given: frozenset[str], date_start: int) -> None:
    """Write the columns that only some inputs or choices give: parent, delay, fees (decisions 18).

    Shares filled within a horizon, and the value offside, become NULL where only the state tells of a fill.
    """
    place = rows.codes[r.ORDER_INDEX]
    if inputs.rules.states_only:
        told = rows.ints[r.FILLED_QUANTITY] > 0
        rows.within[:, told] = rows.ints[r.OFFSIDE_VALUE, told] = NULL
    if PARENTS in given:
        rows.ints[r.PARENT_ID] = np.asarray(day.orders["parent_id"])[place]
    if DECIDED in given:
        write_delay(inputs, np.asarray(day.orders["decision_time"])[place], date_start, rows)
    if FEES in given:
        write_fees(inputs, rows)


def check_conservation(rows: Rows) -> None:
    """Raise RuntimeError naming an order that has a negative quantity, or more filled than asked for, anywhere."""
    broken = int(broken_order(rows.ints))
    if broken >= 0:
        raise RuntimeError(f"order {rows.ints[r.ORDER_ID, broken]}: filled, leaves and withdrawn do not add up")


def data_quality(
    day: Day,
    session: Session,
    ticks: tuple[tuple[int, int], ...] = USUAL_TICKS,
    plausible: Plausible | None = None,
    beyond: NDArray[np.bool_] | None = None,
) -> dict[str, int]:
    """Return counts by kind over the whole partition: what reconciles, what does not, what is no market.

    plausible : as ``plausible_columns`` gives it, where it is known
    beyond : (fills,) whether each is beyond its order's limit, to write where the caller wants to know
    """
    orders, events = take_columns(OrderColumns, day.orders), take_columns(EventColumns, day.events)
    tables = orders, events, take_columns(FillColumns, day.fills), take_columns(QuoteColumns, day.quotes)
    by_price = ticks_by_price(ticks)
    beyond = np.empty(len(day.fills["venue"]), np.bool_) if beyond is None else beyond
    trading = int(session.start), int(session.end)
    counts = quality_counts(tables, plausible or plausible_columns(day, by_price), by_price, trading, beyond)
    if "decision_time" in day.orders:
        decided = np.asarray(day.orders["decision_time"])
        arrival = np.asarray(day.orders["arrival_time"])
        counts["decisions_missing"] = int(np.count_nonzero(decided == NULL))
        decided = np.where(decided == NULL, arrival, decided)
        fault = decision_faults(decided, arrival, session.date_start)
        for code, kind in enumerate(DECISION_KINDS, FINE + 1):
            counts[kind] = int(np.count_nonzero(fault == code))
    return counts


def warm() -> None:
    """Compile every kernel that measuring calls, by measuring a day of no rows with every option."""
    kinds: tuple[Any, ...] = EventColumns, OrderColumns, FillColumns, QuoteColumns
    empty = {
        table: {name: np.zeros(0, DTYPES[kind].get(name, "i8")) for name in kind._fields}
        for table, kind in zip(("events", "orders", "fills", "quotes"), kinds, strict=True)
    }
    empty["orders"] |= {"decision_time": np.zeros(0, np.int64), "fault": np.zeros(0, np.int8)}
    day: Any = SimpleNamespace(date="", **empty)
    choices, session = Choices(simulation=Simulation(fees_bps=(1.0, 1.0, 1.0, 1.0))), Session(0, 0)
    list(measure(day, choices, session))
    data_quality(day, session)
    count_impossible(np.zeros(0), np.zeros(0), 0.0, 0.0)
    inputs = prepare(day, choices, session, Buffers())
    columns, ticks = (inputs.fills, inputs.orders, inputs.events, inputs.quotes), inputs.rules.ticks
    known, rank, usable = np.zeros(0, np.int16), np.zeros(0, np.int32), np.zeros(0, np.int32)
    usable_rows(inputs.quotes, usable)
    judge_rebuilt(*columns, usable, ticks, inputs.sums.price2, known, rank)
