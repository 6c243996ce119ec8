"""What a job's orders are summed in until the job ends: cells with numbers of their own, and tables that grow.

The lowest of `driver.sums`: `job_sums` keeps its cells in them, the kernels of `kernels.sums` fill them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from kernels.base.columns import I32, I64, Array
from kernels.base.memory import Buffers
from kernels.sums import cell_tables
from kernels.sums.cell_tables import CubeTables
from kernels.sums.moments import Integers

DIRECT: Final = 2**16  # participants with smaller codes are numbered by a table of codes


@dataclass(slots=True)
class GrowingArrays:
    """Arrays by name that grow and keep what they hold; their memory serves job after job."""

    name: str
    buffers: Buffers
    taken: dict[str, Array] = field(default_factory=dict)  # with room for more than was asked for

    def longer(self, name: str, shape: tuple[int, ...], kind: Any, used: int) -> Array:
        """Return the array of that name with room for ``shape``; its first ``used`` rows stay what they were."""
        array, (rows, *row) = self.taken.get(name), shape
        if array is None or len(array) < rows:
            before, more = array, 0 if array is None else rows // 4  # so that it is seldom moved
            array = self.taken[name] = self.buffers.take(f"{self.name}.{name}", (rows + more, *row), kind)
            if before is not None and before.ctypes.data != array.ctypes.data:
                array[:used] = before[:used]
        return array[:rows]


@dataclass(slots=True)
class KeyNumbers(GrowingArrays):
    """Numbers of keys, in the order of first use, from a dense table of all keys there may be."""

    count: int = 0
    room: int = 0

    def __len__(self) -> int:
        """Return how many keys have a number."""
        return self.count

    def number(self, key: Integers, room: int, out: I32) -> None:
        """Write the number of each key, all of which are below ``room``."""
        room = max(room, self.room)
        number = self.longer("number", (room,), np.int32, self.room)
        number[self.room :] = -1
        keys = self.longer("keys", (self.count + len(key),), np.int64, self.count)
        self.count, self.room = int(cell_tables.number_keys(key, number, keys, self.count, out)), room

    def numbered(self, key: I64, room: int) -> I32:
        """Return the number of each key, all of which are below ``room``; good until the next block."""
        out = self.buffers.take(f"{self.name}.out", key.shape, np.int32)
        self.number(key, room, out)
        return out

    def keys(self) -> I64:
        """Return the keys by number."""
        return self.taken["keys"][: self.count] if self.count else np.zeros(0, np.int64)


class Participants:
    """Numbers that stand for participants in keys, so that a table of all keys there may be is small."""

    def __init__(self, buffers: Buffers) -> None:
        """Start without participants."""
        self._buffers, self._numbers = buffers, KeyNumbers("participants", buffers)
        self._large: dict[int, int] | None = None  # code -> number, once a code is too large for a table

    def __len__(self) -> int:
        """Return how many participants there are so far."""
        return len(self._numbers if self._large is None else self._large)

    def add(self, codes: I32) -> I32:
        """Return the number of each order's participant, good until the next block."""
        room = int(codes.max(initial=-1)) + 1
        if self._large is None and room > DIRECT:
            self._large = {code: number for number, code in enumerate(self.codes().tolist())}
        if self._large is not None:
            distinct, place = np.unique(codes, return_inverse=True)
            numbers = [self._large.setdefault(code, len(self._large)) for code in distinct.tolist()]
            return np.array(numbers, np.int32)[place]
        out = self._buffers.take("participants.out", codes.shape, np.int32)
        self._numbers.number(codes, room, out)
        return out

    def codes(self) -> I64:
        """Return the participants' codes by number."""
        return self._numbers.keys() if self._large is None else np.array(list(self._large), np.int64)


@dataclass(slots=True)
class GrowingSums(GrowingArrays):
    """The sums of cells, which are numbered elsewhere, while they are added up."""

    widths: tuple[int, int] = (0, 0)  # as ``kernels.sums.cell_tables.table_widths`` gives them
    count: int = 0

    def of(self, count: int) -> CubeTables:
        """Return the tables of so many cells, no fewer than there were; new ones are zeroed."""
        before, self.count = self.count, count
        if count > before or not self.taken:
            for name, width in zip(CubeTables._fields, self.widths, strict=True):
                self.longer(name, (count, width), np.int64, before)[before:] = 0
        return self.tables()

    def tables(self) -> CubeTables:
        """Return the tables of all cells."""
        return CubeTables(*(self.taken[name][: self.count] for name in CubeTables._fields))
