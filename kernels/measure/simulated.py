"""What orders fill under a scenario that is replayed, and the same measures of it as of what really happened.

The replay makes ``SimulatedFills``, ``measure`` takes them: the same orders, with other fills. They go through the very
kernel that measures the real ones; who fills just as it really did, or nothing in both, keeps the measures it has.
What is a property of the order stays real: who it is, what it asked for, M0, m_T, its windows and its group; and so are
the market's prints. An order that never lived in continuous trading keeps its real fills, whatever the replay says.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import DTYPES, I8, I16, I32, I64, Array, FillColumns, OrderColumns, readonly
from kernels.base.compiling import kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.market.day_sums import Sums
from kernels.market.fill_marks import marks_of_fills
from kernels.measure import result_rows as r
from kernels.measure.fees import sum_fill_fees, write_net
from kernels.measure.result_rows import Rows, Work
from kernels.measure.rules import Inputs
from kernels.measure.stages import measure_orders

# What fills change, and what of the order stays real nevertheless.
KEPT_INTS = r.LEAVES_QUANTITY, r.MATCHED_QUANTITY, r.WITHDRAWN_QUANTITY
COSTS = r.COST, r.COST_TOUCH, r.COST_ZERO, r.COST_CLEANUP, r.OPPORTUNITY_COST, r.NET_SHORTFALL, r.FEES


class SimulatedFills(NamedTuple):
    """Fills of the orders that a scenario changes, by (order_index, time); all others keep their real fills."""

    orders: I32  # (k,) ascending rows of the orders that the scenario changes; one without fills here fills nothing
    order_index: I32  # (n,) row of the order table
    timestamp: I64  # (n,) ns UTC
    price2: I64  # (n,) exact price, half price units
    quantity: I64  # (n,) shares
    venue: I8  # (n,)
    deal_source: I16  # (n,)
    by_book: I8  # (n,) 1: the replayed book makes it; 0: it is history's, and stands


class Simulated(NamedTuple):
    """A day as a replayed scenario has it, for the orders that it changes."""

    changed: NDArray[np.bool_]  # (orders,) whether the scenario decides what the order fills
    anew: NDArray[np.bool_]  # (orders,) whether that is other than what it really filled
    orders: OrderColumns
    fills: FillColumns
    sums: Sums
    by_book: I64  # (orders,) shares that the replayed book makes of each


@kernel
def mark_others(
    changed: I32,
    real: FillColumns,
    real_price2: Array,
    real_places: tuple[Array, Array],
    fills: FillColumns,
    price2: Array,
    places: tuple[Array, Array],
    out: Array,
) -> None:
    """Write of the changed orders whether their fills differ from the real ones in anything that is measured.

    real_places, places : first fill and fills of each order; out : (orders,) bool
    """
    for i in changed:
        first, other, count = real_places[0][i], places[0][i], places[1][i]
        differs = count != real_places[1][i]
        k = 0
        while k < count and not differs:
            a, b = first + k, other + k
            differs = real.timestamp[a] != fills.timestamp[b] or real.quantity[a] != fills.quantity[b]
            differs |= real_price2[a] != price2[b] or real.price[a] != fills.price[b]
            differs |= real.venue[a] != fills.venue[b] or real.deal_source[a] != fills.deal_source[b]
            k += 1
        out[i] = differs


def simulated_day(found: SimulatedFills, inputs: Inputs, selected: I32) -> Simulated:
    """Return a day whose fills are those of a scenario; inputs : the real one.

    Raises
    ------
    ValueError
        fills are not by order and time, or of an order that is not listed
    """
    orders, changed, n = inputs.orders, readonly(np.asarray(found.orders, np.int32)), len(found.timestamp)
    is_changed = np.zeros(len(orders.first_fill), np.bool_)
    is_changed[changed] = True
    check_simulated(found, is_changed)
    known = {
        "timestamp": found.timestamp,
        "price": found.price2 >> 1,  # as the exchange publishes a price, cut to whole units
        "quantity": found.quantity,
        "deal_source": found.deal_source,
        "order_index": found.order_index,
        "side": orders.side[found.order_index],
        "venue": found.venue,
        "by_time": np.argsort(found.timestamp),  # for a walk along the quotes: those of one instant in any order
        "extended_price": np.zeros(0),
    }
    kinds, nothing = DTYPES[FillColumns], np.zeros(n)
    columns = (np.asarray(known.get(name, nothing), kinds.get(name, "i8")) for name in FillColumns._fields)
    fills = FillColumns(*map(readonly, columns))
    count = np.bincount(found.order_index, minlength=len(is_changed))
    first_fill = np.where(is_changed, np.cumsum(count) - count, orders.first_fill).astype(orders.first_fill.dtype)
    fill_count = np.where(is_changed, count, orders.fill_count).astype(orders.fill_count.dtype)
    orders = orders._replace(first_fill=readonly(first_fill), fill_count=readonly(fill_count))
    price2, anew = np.ascontiguousarray(found.price2, np.int64), np.zeros_like(is_changed)
    real, simulated = ((one.first_fill, one.fill_count) for one in (inputs.orders, orders))
    mark_others(changed, inputs.fills, inputs.sums.price2, real, fills, price2, simulated, anew)
    mine = selected[anew[selected]]
    marks = marks_of_fills(mine, orders, fills, inputs.quotes, inputs.sums.marks, inputs.rules, Buffers())
    by_book = np.zeros(len(is_changed), np.int64)
    np.add.at(by_book, found.order_index, np.where(found.by_book, found.quantity, 0))
    return Simulated(is_changed, anew, orders, fills, inputs.sums._replace(price2=price2, fill_marks=marks), by_book)


def check_simulated(found: SimulatedFills, changed: NDArray[np.bool_]) -> None:
    """Refuse fills that could not be told apart by order; changed : (orders,) which the scenario lists."""
    if np.any(np.diff(found.orders) <= 0):
        raise ValueError("simulated fills: orders must ascend, each of them once")
    order, time = np.diff(found.order_index), np.diff(found.timestamp)
    if np.any((order < 0) | ((order == 0) & (time < 0))):
        raise ValueError("simulated fills must be by order and time")
    index = found.order_index
    if len(index) and (index[0] < 0 or index[-1] >= len(changed) or not changed[index].all()):
        raise ValueError("simulated fills are of an order that is not among those the scenario changes")


def measure_simulated(
    chosen: I32, simulated: Simulated, inputs: Inputs, rows: Rows, work: tuple[Array, Work], fees: bool
) -> bool:
    """Measure orders under a scenario into ``rows``, which hold what is real of them: all that it does not change.

    Return whether it is known what they fill: without trades, or without quotes, it is not (decisions 50).

    chosen : (n,) ascending rows of the order table; work : as ``sub_block`` makes it; fees : whether any are set
    """
    rules = inputs.rules
    if rules.states_only or rules.no_quotes:
        _measure(chosen, _without_fills(simulated), inputs, rows, work, fees)
        rows.ints[r.SCENARIO_FILLED], rows.floats[[r.SCENARIO_NOTIONAL2, r.SCENARIO_PRICE, *COSTS]] = NULL, np.nan
        return False
    lived = rows.ints[r.WINDOW_START] <= rows.ints[r.WINDOW_END]  # the others no scenario changes (decisions 40)
    rows.ints[r.SIMULATED_QUANTITY] = np.where(lived & simulated.changed[chosen], simulated.by_book[chosen], 0)
    mine = np.flatnonzero(lived & simulated.anew[chosen])
    if len(mine) == len(chosen):
        _measure(chosen, simulated, inputs, rows, work, fees)
    elif len(mine):
        part = Rows(*(matrix.take(mine, axis=1) for matrix in rows))  # a tenth of what an index costs
        _measure(chosen[mine], simulated, inputs, part, work, fees)
        for matrix, values in zip(rows, part, strict=True):
            matrix[:, mine] = values
    return True


def _measure(
    chosen: I32, simulated: Simulated, inputs: Inputs, rows: Rows, work: tuple[Array, Work], fees: bool
) -> None:
    """Measure orders that the scenario changes."""
    orders, fills, sums = simulated.orders, simulated.fills, simulated.sums
    rules = inputs.rules._replace(benchmarks_given=1)
    kept, group = rows.ints[[*KEPT_INTS]], rows.flags[r.GROUP].copy()
    measure_orders(chosen, orders, inputs.events, fills, inputs.quotes, sums, rules, rows, *work)
    rows.ints[[*KEPT_INTS]], rows.flags[r.GROUP] = kept, group
    if fees:
        first, count = orders.first_fill[chosen], orders.fill_count[chosen]
        most, paid = rows.ints[r.ORDER_QUANTITY], rows.floats[r.FEES]
        sum_fill_fees(fills, sums.price2, first, count, most, rules.hours_end, rules.fees, paid)
        write_net(rows, 1)


def _without_fills(simulated: Simulated) -> Simulated:
    """Return the day without any fill."""
    none = readonly(np.zeros_like(simulated.orders.fill_count))
    return simulated._replace(orders=simulated.orders._replace(fill_count=none))
