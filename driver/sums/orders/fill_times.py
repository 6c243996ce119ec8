"""How long a job's orders waited for their first fill and their last, and what came instead, as counts that merge.

`driver.job.job` adds blocks as they are measured; the partial keeps what is found, `driver.tables.fill_curves` makes
curves of it. What is kept of an order until the job ends is its cell and four bytes for each scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from driver.sums.growing_tables import DIRECT, GrowingArrays, KeyNumbers
from driver.sums.regrouped import sparse_by_cell
from kernels.base.columns import F64, I32, I64, Array, readonly
from kernels.base.memory import Buffers
from kernels.conventions import BOUNDS, REPLAYED
from kernels.measure.result_rows import OrderBlock, scenario_offsets
from kernels.sums import fill_times
from kernels.sums.fill_times import BOTH, KEYS_OF_PARTICIPANT, LOOKS, RESTS, Clock, Lives, Scenarios

REAL: Final = "real"
IN_THE_DARK: Final = ("R", *BOUNDS)
IN_BOTH: Final = "D"


class Rests(NamedTuple):
    """Until when the orders that are asked about rest in the dark, as ``Lives`` has it."""

    until: Array
    bounces: Array


NOBODY: Final = Rests(np.zeros(0, np.int64), np.zeros(0, np.int8))


@dataclass(slots=True)
class FillTimes:
    """Counts of n cells: participant, real group and side. ``key`` ascends, entries are those of `Cells`.

    A key is (participant x groups + the group's place) x sides + side, 0 for buys.
    """

    scenarios: tuple[str, ...]  # those in which fills have times: reality and what is replayed
    key: I64
    histogram_start: I64
    histogram_code: I32  # (scenario, look, fate, bin): place x ``fill_times.CODES`` + code
    histogram_count: I32


def timed(scenarios: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scenarios in which fills have times: arithmetic on an order gives none."""
    return tuple(name for name in scenarios if name == REAL or name in REPLAYED)


def lives_of(day: Any, rests: Rests = NOBODY) -> Lives:
    """Return what a day says of how its orders ended."""
    orders: Mapping[str, Array] = day.orders
    events: Mapping[str, Array] = day.events
    of_orders, of_events = (orders["last_row"], orders["end_time"]), (events["change_reason"], events["order_status"])
    return Lives(*map(readonly, (*of_orders, *of_events, *rests)))


@dataclass(slots=True)
class FillTimeSums:
    """Counts blocks of orders. With ``buffers``, memory serves job after job."""

    lives: Lives
    clock: Clock
    buffers: Buffers = field(default_factory=Buffers)
    scenarios: tuple[str, ...] = ()
    asked: Scenarios = field(init=False)
    room: int = 0  # above the numbers of participants
    large: dict[int, int] = field(default_factory=dict)  # other codes -> in which order they came
    cells: KeyNumbers = field(init=False)
    kept: GrowingArrays = field(init=False)
    orders: int = 0
    value: F64 = field(default_factory=lambda: np.zeros(1))

    def add(self, block: OrderBlock) -> None:
        """Add the orders of one block that lived in continuous trading."""
        if not self.scenarios:
            self._start(block)
        n = len(block)
        if n == 0:
            return
        participant = self._numbers(block.participant)
        keys = self.buffers.take("fill_times.key", (n,), np.int64)
        room, looks = self.orders + n, len(LOOKS) * len(self.scenarios)
        codes = self.kept.longer("codes", (room, looks), np.int16, self.orders)[self.orders :]
        cell = self.kept.longer("cell", (room,), np.int32, self.orders)[self.orders :]
        scratch = self.value, self.value.view(np.int64)
        count = fill_times.write_looks(
            block.rows, self.lives, self.clock, self.asked, participant, keys, codes, *scratch
        )
        self.cells.number(keys[:count], KEYS_OF_PARTICIPANT * self.room, cell[:count])
        self.orders += int(count)

    def _start(self, block: OrderBlock) -> None:
        self.scenarios = timed(block.scenarios)
        offsets = dict(zip(block.scenarios, scenario_offsets(block.scenarios, "ints"), strict=True))
        ends = {IN_BOTH: BOTH} | dict.fromkeys(IN_THE_DARK, RESTS)
        behind = [offsets[name] for name in self.scenarios]
        self.asked = Scenarios(np.array(behind), np.array([ends.get(name, 0) for name in self.scenarios]))
        self.cells = KeyNumbers("fill_times.cells", self.buffers)
        self.kept = GrowingArrays("fill_times", self.buffers)

    def _numbers(self, codes: I32) -> I32:
        """Return numbers that stand for participants: their codes, unless these are too large for a table of keys."""
        highest = int(codes.view(np.uint32).max())  # of a negative code, too
        if highest < DIRECT:
            self.room = max(self.room, highest + 1)
            return codes
        distinct, place = np.unique(codes, return_inverse=True)
        known = [
            code if 0 <= code < DIRECT else DIRECT + self.large.setdefault(code, len(self.large))
            for code in distinct.tolist()
        ]
        self.room = DIRECT + len(self.large)
        return np.array(known, np.int32)[place]

    def found(self) -> FillTimes:
        """Return the counts of all blocks."""
        if not self.orders:
            none = np.zeros(0, np.int32)
            return FillTimes(self.scenarios, np.zeros(0, np.int64), np.zeros(1, np.int64), none, none)
        number, rest = np.divmod(self.cells.keys(), KEYS_OF_PARTICIPANT)
        above = number >= DIRECT
        number[above] = np.array(list(self.large), np.int64)[number[above] - DIRECT]
        key = number * KEYS_OF_PARTICIPANT + rest
        ascending = np.argsort(key)
        codes, cell = (self.kept.taken[name][: self.orders] for name in ("codes", "cell"))
        entry, code, count = sparse_by_cell(cell, ascending, codes, fill_times.CODES, self.buffers, "fill_times")
        return FillTimes(self.scenarios, key[ascending], entry, code.copy(), count.copy())
