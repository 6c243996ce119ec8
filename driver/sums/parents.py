"""Orders summed by the parent they are children of (decisions 18), where the input names parents.

A parent is one id on one date in one security. Its benchmark is the mid that its first selected child was
measured from. Everything is an integer, costs as everywhere in 1/COST_SCALE of a half price unit x share, notional in
half units and their rest in 1/2^REST_BITS, so parents add up exactly to the orders they are made of. What a parent had
filled or open follows its children's events in time, amendments included (decisions 44).

`driver.job.job` sums them block by block into the partial; `driver.tables.parent_table` writes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driver.sums.cells import check_fits
from kernels.base.columns import I32, I64, Array, readonly
from kernels.conventions import NULL
from kernels.measure.order_columns import PARENTS
from kernels.measure.result_rows import OrderBlock
from kernels.sums import moments, working
from kernels.sums.fixed_point import REST_SCALE
from kernels.sums.working import StateColumns

FIRST = ("parent_id", "arrival_time", "mid2")  # of the first child
COMBINED = ("end_time", "peak_quantity")  # of all children together
SUMMED = (
    "orders", "buy_orders", "priced_orders", "order_quantity", "priced_quantity", "base", "signed_base",
    "signed_quantity",
)  # fmt: skip
BY_SCENARIO = ("unknown_orders", "filled_quantity", "unpriced_quantity", "notional2", "notional2_rest", "cost")


@dataclass(slots=True)
class Parents:
    """Sums of n parents in the order of their first children; ``sums`` is (columns, n) int64, named by ``names``."""

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    sums: I64


def parent_names(scenarios: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns of parents."""
    return (*FIRST, *COMBINED, *SUMMED, *(f"{s}.{name}" for s in scenarios for name in BY_SCENARIO))


def state_columns(events: Mapping[str, Array], orders: Mapping[str, Array]) -> StateColumns:
    """Return what tells of a day's orders how much of them was open when."""
    return StateColumns(*(readonly((events if name in events else orders)[name]) for name in StateColumns._fields))


@dataclass(slots=True)
class ParentSums:
    """Sums blocks of orders, in arrival order, by parent. What it keeps of a block is its own."""

    states: StateColumns
    scenarios: tuple[str, ...] = ()
    parts: list[I64] = field(default_factory=list)  # (columns, parents of a block)
    children: list[I64] = field(default_factory=list)  # parents by order, in the order of arrival
    changes: list[I64] = field(default_factory=list)  # (3, k): parent, time, change of what was filled or open

    def add(self, block: OrderBlock) -> None:
        """Add a block; one whose input names no parents adds nothing."""
        if PARENTS not in block.given:
            return
        self.scenarios = block.scenarios
        ids = block.parent_id
        self.children.append(ids.copy())
        self.changes.append(self._changes(block))
        self.parts.append(_block_sums(block, ids))

    def _changes(self, block: OrderBlock) -> I64:
        """Return parent, time and size of each change of what the orders of a block had filled or open."""
        orders = block.order_index, block.end_time
        changes = np.empty((3, working.count_states(self.states, *orders)), np.int64)
        found = changes[:, : working.write_changes(self.states, *orders, block.filled_quantity, *changes)]
        found[0] = block.parent_id[found[0]]
        return found

    def parents(self) -> Parents | None:
        """Return the parents of all blocks together; None where the input names none."""
        if not self.parts:
            return None
        names = parent_names(self.scenarios)
        parts, changes = np.concatenate(self.parts, axis=1), np.concatenate(self.changes, axis=1)
        ids, first, place = np.unique(parts[0], return_index=True, return_inverse=True)
        sums = np.zeros((len(names), len(ids)), np.int64)
        added = len(FIRST) + len(COMBINED)
        moments.merge_rows(place.astype(np.int32), parts[added:], sums[added:])
        sums[: len(FIRST)] = parts[: len(FIRST), first]
        end, peak = names.index("end_time"), names.index("peak_quantity")
        sums[end] = np.iinfo(np.int64).min
        np.maximum.at(sums[end], place, parts[end])
        _, arrived = np.unique(np.concatenate(self.children), return_index=True)
        sums[peak] = peak_quantities(np.searchsorted(ids, changes[0]), *changes[1:], count=len(ids))
        alone = ids == NULL  # orders without a parent share a row, each its own parent
        sums[peak, alone] = sums[names.index("order_quantity"), alone]
        return Parents(self.scenarios, names, np.ascontiguousarray(sums[:, np.argsort(arrived)]))


def _block_sums(block: OrderBlock, ids: I64) -> I64:
    """Return the columns of the parents of one block; ``peak_quantity`` is left 0."""
    names = parent_names(block.scenarios)
    distinct, first, place = np.unique(ids, return_index=True, return_inverse=True)
    cell = place.astype(np.int32)
    sums = np.zeros((len(names), len(distinct)), np.int64)
    row = dict(zip(names, sums, strict=True))
    sums[: len(FIRST)] = distinct, block.arrival_time[first], block.mid2[first]
    row["end_time"][:] = np.iinfo(np.int64).min
    np.maximum.at(row["end_time"], cell, block.end_time)
    base = np.empty(len(block), np.int64)
    check_fits("order quantity x mid", moments.priced_base(block.mid2, block.order_quantity, block.cost, base))
    base[block.window_start > block.window_end] = 0  # as in tables: it never lived in continuous trading
    side, quantity = block.side.astype(np.int64), np.where(base > 0, block.order_quantity, 0)
    counts = (np.asarray(one, np.int64) for one in (np.ones(len(block)), side > 0, base > 0))
    columns = *counts, block.order_quantity, quantity, base, side * base, side * quantity
    for name, column in zip(SUMMED, columns, strict=True):
        moments.add_integers(cell, column, row[name])
    _add_scenarios(block, cell, base, row)
    return sums


def _add_scenarios(block: OrderBlock, cell: I32, base: I64, row: dict[str, I64]) -> None:
    for s, scenario in enumerate(block.scenarios):
        filled, notional2 = block.scenario_filled[s], block.scenario_notional2[s]
        moments.add_integers(cell, (filled == NULL).astype(np.int64), row[f"{scenario}.unknown_orders"])
        moments.add_integers(cell, filled, row[f"{scenario}.filled_quantity"])
        unpriced = np.where(np.isnan(notional2), filled, 0)
        moments.add_integers(cell, unpriced, row[f"{scenario}.unpriced_quantity"])
        total2, left = row[f"{scenario}.notional2"], row[f"{scenario}.notional2_rest"]
        if s == 0:  # at published prices
            moments.add_integers(cell, 2 * np.where(block.notional == NULL, 0, block.notional), total2)
        else:
            check_fits("notional", moments.add_rounded(cell, notional2, 1.0, total2))
            moments.add_rounded(cell, notional2 - np.rint(notional2), REST_SCALE, left)
        check_fits("cost", moments.add_fixed_cost(cell, block.cost[s], base, row[f"{scenario}.cost"]))


def peak_quantities(parent: I64, time: I64, change: I64, *, count: int) -> I64:
    """Return the largest quantity each of ``count`` parents had filled or open at one time.

    parent, time, change : (k,) a change of it, of any child; those of one instant count together, so that an order
    that is cancelled and entered again counts once. Every parent has a change.
    """
    if len(parent) == 0:
        return np.zeros(count, np.int64)
    order = np.lexsort((time, parent))
    parent, time, running = parent[order], time[order], np.cumsum(change[order])
    settled = np.append((parent[1:] != parent[:-1]) | (time[1:] != time[:-1]), True)
    numbers = np.arange(count)
    before = np.append(0, running)[np.searchsorted(parent, numbers)]
    peak: I64 = np.maximum.reduceat(running[settled], np.searchsorted(parent[settled], numbers)) - before
    return peak
