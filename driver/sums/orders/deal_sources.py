"""The fills of a job's selected orders by deal source: as they happened, and under each replayed scenario.

`driver.job.job` adds blocks as they are measured, which says whose fills count; `driver.tables.kinds` adds jobs up.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import Array, readonly
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Inputs
from kernels.measure.simulated import SimulatedFills
from kernels.sums.deal_sources import DealFills, add_fills

SUMS: Final = ("fills", "quantity", "notional2")  # the last at exact prices, in half units
Found = dict[str, dict[str, list[int]]]  # by scenario and deal source
Chosen = NDArray[np.bool_]


class DealSums:
    """Sums the fills of the orders of the blocks it is given; what it keeps of a day's fills is its own."""

    def __init__(self, inputs: Inputs, orders: int) -> None:
        """Take the fills of a day with so many orders, none of which is selected yet."""
        rules, fills = inputs.rules, inputs.fills
        self._selected, self._lived = np.zeros(orders, np.bool_), np.zeros(orders, np.bool_)
        self._known, self._quoted, self._end = not rules.states_only, not rules.no_quotes, int(rules.hours_end)
        columns: tuple[Array, ...] = fills.order_index, fills.timestamp, fills.deal_source, fills.quantity
        self._real = DealFills(*(readonly(column.copy()) for column in (*columns, inputs.sums.price2)))

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
        out = {"real": self._by_source((self._real, self._selected))}
        for name, scenario in simulated.items() if self._quoted else ():
            kept = self._selected.copy()
            kept[scenario.orders[self._lived[scenario.orders]]] = False
            made = DealFills(*(readonly(getattr(scenario, column)) for column in DealFills._fields))
            out[name] = self._by_source((self._real, kept), (made, self._lived))
        return out

    def _by_source(self, *parts: tuple[DealFills, Chosen]) -> dict[str, list[int]]:
        """Return the sums by deal source of several kinds of fills, each of those orders that are chosen for it."""
        lowest = min(int(fills.deal_source.min(initial=0)) for fills, _ in parts)
        highest = max(int(fills.deal_source.max(initial=0)) for fills, _ in parts)
        sums = np.zeros((highest - lowest + 1, len(SUMS)), np.int64)
        for fills, chosen in parts:
            add_fills(fills, chosen, self._end, lowest, sums)
        held = np.flatnonzero(sums[:, 0])
        return dict(zip(map(str, (held + lowest).tolist()), sums[held].tolist(), strict=True))
