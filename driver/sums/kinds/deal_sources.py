"""The fills of a job's selected orders by deal source: as they happened, and under each replayed scenario.

`driver.job.job` adds blocks as they are measured, which says whose fills count; `driver.tables.kinds` adds jobs up.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Inputs
from kernels.measure.simulated import SimulatedFills

SUMS: Final = ("fills", "quantity", "notional2")  # the last at exact prices, in half units
Found = dict[str, dict[str, list[int]]]  # by scenario and deal source


class DealSums:
    """Sums the fills of the orders of the blocks it is given; what it keeps of a day's fills is its own."""

    def __init__(self, inputs: Inputs, orders: int) -> None:
        """Take the fills of a day with so many orders, none of which is selected yet."""
        rules, fills = inputs.rules, inputs.fills
        self._selected, self._lived = np.zeros(orders, np.bool_), np.zeros(orders, np.bool_)
        self._known, self._quoted, self._end = not rules.states_only, not rules.no_quotes, int(rules.hours_end)
        self._index, self._time = fills.order_index.copy(), fills.timestamp.copy()
        self._real: list[Array] = [fills.deal_source.copy(), fills.quantity.copy(), inputs.sums.price2.copy()]

    def add(self, block: OrderBlock) -> None:
        """Note the orders of a block."""
        self._selected[block.order_index] = True
        self._lived[block.order_index] = block.window_start <= block.window_end

    def found(self, simulated: Mapping[str, SimulatedFills]) -> Found:
        """Return the sums by scenario and deal source; nothing where fills or quotes are not known.

        Orders that a scenario does not change keep their real fills, and so do those that never lived in the session.
        """
        if not self._known:
            return {}
        mine = _of(self._selected, self._index) & (self._time < self._end)
        out = {"real": _by_source(*(column[mine] for column in self._real))}
        for name, scenario in simulated.items() if self._quoted else ():
            changed = np.zeros_like(self._selected)
            changed[scenario.orders] = True
            kept = mine & ~_of(changed & self._lived, self._index)
            taken = _of(self._selected & self._lived, scenario.order_index) & (scenario.timestamp < self._end)
            made: list[Array] = [scenario.deal_source, scenario.quantity, scenario.price2]
            both = (np.append(one[kept], other[taken]) for one, other in zip(self._real, made, strict=True))
            out[name] = _by_source(*both)
        return out


def _of(orders: NDArray[np.bool_], index: Array) -> NDArray[np.bool_]:
    """Return whether each fill is of one of the orders; those without an order are not."""
    held: NDArray[np.bool_] = np.append(orders, False)[np.where(index >= 0, index, len(orders))]
    return held


def _by_source(source: Array, quantity: Array, price2: Array) -> dict[str, list[int]]:
    distinct, place = np.unique(source, return_inverse=True)
    sums = np.zeros((len(distinct), len(SUMS)), np.int64)
    np.add.at(sums, place, np.stack([np.ones(len(source), np.int64), quantity, quantity * price2], axis=1))
    return dict(zip(map(str, distinct.tolist()), sums.tolist(), strict=True))
