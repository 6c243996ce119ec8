"""Orders summed by what they are: their type, their mid-tick flag, whether they were eligible, and how large they are.

Size is told in the fixed buckets of tables, and in quarters of the orders of the day: by quantity in steps of a 16th of
an octave (4 %, exact below 32 shares), equal steps never parted. `driver.job.job` adds blocks as they are measured,
`driver.tables.kinds` adds jobs up. All sums are integers, costs in 1/COST_SCALE, bps of orders in 1/MEAN_SCALE, which
may leave 64 bits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from driver.sums.growing_tables import GrowingArrays
from kernels.base.columns import I32, I64, Array, readonly
from kernels.base.memory import Buffers
from kernels.conventions import REST_BITS
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums import order_kinds
from kernels.sums.cell_keys import SIZE_CODES
from kernels.sums.cell_tables import add_rows
from kernels.sums.order_kinds import ELIGIBLE_AT, HEADS, SIZE_AT, STEPS, TICK_AT, TILE, TYPE_AT, KindTable, Scratch

KINDS: Final = ("order_type", "mid_tick", "eligible", "size_bucket", "size_quartile")
QUARTERS: Final = 4
OF_ORDERS: Final = ("orders", "order_quantity", "priced_orders", "base")
BY_SCENARIO: Final = ("unknown_orders", "filled_orders", "filled_quantity", "cost", "shortfall")
Found = dict[str, dict[str, list[int]]]
ROOM: Final = 256  # kinds there is room for at first
TICKS: Final = 256
LEAST_LABEL, LABELS = -(2**31), 2**32


def sum_names(scenarios: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the sums of a label are of, in their order."""
    return (*OF_ORDERS, *(f"{scenario}.{name}" for scenario in scenarios for name in BY_SCENARIO))


@dataclass(slots=True)
class Kinds:
    """Sums of n labels. A key, which ascends, is LABELS x the kind's place + how far the label is from LEAST_LABEL."""

    key: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    sums: I64 = field(default_factory=lambda: np.zeros((0, 0), np.int64))  # (sums as ``exact`` takes them, n)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.key)


@dataclass(slots=True)
class KindSums:
    """The sums of the orders of a job; ``mid_tick`` is that of each row of the day's order table."""

    mid_tick: Array
    buffers: Buffers = field(default_factory=Buffers)
    behind: tuple[I64, I64] | None = None  # as ``add_kinds`` takes it
    kept: GrowingArrays = field(init=False)
    heads: I32 = field(default_factory=lambda: np.full(HEADS, -1, np.int32))
    count: int = 0
    room: int = ROOM
    scratch: Scratch = field(init=False)
    steps: I64 = field(init=False)  # sums by step of the quantity

    def __post_init__(self) -> None:
        """Start without orders."""
        self.mid_tick, self.kept = readonly(np.asarray(self.mid_tick)), GrowingArrays("kinds", self.buffers)

    def add(self, block: OrderBlock) -> None:
        """Add the orders of a block."""
        if self.behind is None:
            ints, floats = (np.array(scenario_offsets(block.scenarios, matrix)) for matrix in ("ints", "floats"))
            self.behind = ints, floats
            width = order_kinds.OF_ORDERS + order_kinds.BY_SCENARIO * len(ints)
            self.scratch = order_kinds.new_scratch(width)
            self.steps = self.buffers.take("kinds.steps", (STEPS, width), np.int64)
            self.steps[:] = 0
        done = 0
        while done < len(block):
            while self.room < self.count + TILE:
                self.room *= 2
            table, before = self._table(), (done, self.count)
            found = order_kinds.add_kinds(block.rows, self.behind, self.mid_tick, table, *before, self.scratch)
            done, self.count = map(int, found)

    def _table(self) -> KindTable:
        shapes = {"before": (np.int32, ()), "keys": (np.int64, ()), "sums": (np.int64, self.steps.shape[1:])}
        before, keys, sums = (
            self.kept.longer(name, (self.room, *more), kind, self.count) for name, (kind, more) in shapes.items()
        )
        return KindTable(self.heads, before, keys, sums, self.steps)

    def found(self) -> Kinds:
        """Return the sums by kind and label."""
        if not self.count:
            return Kinds()
        table = self._table()
        key, sums = table.keys[: self.count], table.sums[: self.count]
        step = np.flatnonzero(self.steps[:, 0])
        steps = self.steps[step]
        ticks = ((key >> TICK_AT) & (TICKS - 1)).astype(np.int8).astype(np.int64)
        eligible, size = (key >> ELIGIBLE_AT) & 1, (key >> SIZE_AT) & (SIZE_CODES - 1)
        labels = key >> TYPE_AT, ticks, eligible, size, quarter_of(step, steps[:, 0])  # of each of KINDS
        keys = np.concatenate([LABELS * kind - LEAST_LABEL + label for kind, label in enumerate(labels)])
        found, place = np.unique(keys, return_inverse=True)
        out = np.zeros((len(found), sums.shape[1]), np.int64)
        add_rows(np.concatenate([*[sums] * (len(KINDS) - 1), steps]), place.astype(np.int32), out)
        return Kinds(found, np.ascontiguousarray(out.T))


def quarter_of(step: I64, orders: I64) -> I64:
    """Return the quarter of the orders, 1 to 4, that each step is in; orders : how many each entry stands for."""
    held = np.bincount(step, orders, STEPS).astype(np.int64)
    below = np.cumsum(held) - held
    middle = 2 * below + held  # twice the orders below the middle of a step
    quarter: I64 = np.minimum(QUARTERS * middle // (2 * held.sum()), QUARTERS - 1) + 1
    return quarter[step]


def label_of(key: int) -> tuple[str, str]:
    """Return the kind and the label of a key."""
    kind, label = divmod(key, LABELS)
    return KINDS[kind], str(label + LEAST_LABEL)


def by_kind(sums: Iterable[tuple[int, Sequence[int]]]) -> Found:
    """Return sums by kind and label, each as `sum_names` has them, given those of each key."""
    found: Found = {}
    for key, of_key in sums:
        kind, label = label_of(key)
        found.setdefault(kind, {})[label] = exact(of_key)
    return found


def exact(sums: Sequence[int]) -> list[int]:
    """Return the sums of a label as `sum_names` has them: each shortfall, the last two of a scenario's, in one."""
    found, each = [*sums[: order_kinds.OF_ORDERS]], order_kinds.BY_SCENARIO
    for at in range(order_kinds.OF_ORDERS, len(sums), each):
        *others, whole, rest = sums[at : at + each]
        found += [*others, (whole << REST_BITS) + rest]
    return found
