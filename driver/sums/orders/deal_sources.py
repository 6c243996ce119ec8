"""The fills of a job's selected orders by deal source: as they happened, and under each replayed scenario.

`driver.job.job` adds blocks as they are measured, which says whose fills count; `driver.tables.kinds` adds jobs up.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from kernels.base.columns import I8, readonly
from kernels.measure.result_rows import OrderBlock
from kernels.measure.rules import Inputs
from kernels.measure.simulated import SimulatedFills
from kernels.sums.deal_sources import LIVED, SELECTED, DealFills, add_fills, note_orders

SUMS: Final = ("fills", "quantity", "notional2")  # the last at exact prices, in half units
Found = dict[str, dict[str, list[int]]]  # by scenario and deal source


class DealSums:
    """Sums the fills of the orders of the blocks it is given; the exact prices that it keeps are its own."""

    def __init__(self, inputs: Inputs, orders: int) -> None:
        """Take the fills of a day with so many orders, none of which is selected yet."""
        rules, fills = inputs.rules, inputs.fills
        self._told = np.zeros(orders, np.int8)
        self._known, self._quoted, self._end = not rules.states_only, not rules.no_quotes, int(rules.hours_end)
        columns = fills.order_index, fills.timestamp, fills.deal_source, fills.quantity  # of the day file
        self._real = DealFills(*map(readonly, (*columns, inputs.sums.price2.copy())))

    def add(self, block: OrderBlock) -> None:
        """Note the orders of a block."""
        note_orders(block.rows, self._told)

    def found(self, simulated: Mapping[str, SimulatedFills]) -> Found:
        """Return the sums by scenario and deal source; nothing where fills or quotes are not known.

        Orders that a scenario does not change keep their real fills, and so do those that never lived in the session.
        """
        if not self._known:
            return {}
        out = {"real": self._by_source((self._real, self._told, SELECTED))}
        for name, scenario in simulated.items() if self._quoted else ():
            kept = self._told.copy()
            kept[scenario.orders[kept[scenario.orders] == LIVED]] = 0
            made = DealFills(*(readonly(getattr(scenario, column)) for column in DealFills._fields))
            out[name] = self._by_source((self._real, kept, SELECTED), (made, self._told, LIVED))
        return out

    def _by_source(self, *parts: tuple[DealFills, I8, int]) -> dict[str, list[int]]:
        """Return the sums by deal source of several kinds of fills, each of those orders of which enough is told."""
        lowest = min(int(fills.deal_source.min(initial=0)) for fills, *_ in parts)
        highest = max(int(fills.deal_source.max(initial=0)) for fills, *_ in parts)
        sums = np.zeros((highest - lowest + 1, len(SUMS)), np.int64)
        for fills, told, least in parts:
            add_fills(fills, told, least, self._end, lowest, sums)
        held = np.flatnonzero(sums[:, 0])
        return dict(zip(map(str, (held + lowest).tolist()), sums[held].tolist(), strict=True))
