"""The rows of a block that the slow path read, and where their lines are. For `blocks`."""

from dataclasses import dataclass, field

import numpy as np

from kernels.base.columns import I64, U8
from tickstore.input.page_digests import count_newlines


@dataclass(slots=True)
class OddRows:
    """The rows among the odd lines of a block."""

    line: int  # of the byte ``counted``
    counted: int
    values: list[list[int]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def line_of(self, data: U8, start: int) -> int:
        """Return which line begins at ``start``; asked for ascending places, or again from the beginning."""
        self.line += int(count_newlines(data[self.counted : start])) if start >= self.counted else 0
        if start < self.counted:
            self.line -= int(count_newlines(data[start : self.counted]))
        self.counted = start
        return self.line

    def merged(self, values: I64, line_start: I64) -> tuple[I64, I64]:
        """Return the rows in their places among those of the fast path, and where the line of each begins."""
        starts = np.concatenate([line_start, np.array(self.starts, np.int64)])
        order = np.argsort(starts, kind="stable")
        rows: I64 = np.concatenate([values, np.array(self.values, np.int64).T], axis=1)[:, order]
        return rows, starts[order]


def line_end(data: U8, start: int) -> int:
    """Return where the line that begins at ``start`` has its LF."""
    size = 1 << 8
    while True:
        end = data[start : start + size].tobytes().find(b"\n")
        if end >= 0:
            return start + end
        size *= 2
