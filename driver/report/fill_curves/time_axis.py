"""The frame of a chart of shares along waits: a logarithmic axis of time, and curves that step where their rows are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from driver.report.axes import Scale
from driver.report.palette import GRID, LINE, SOFT
from driver.report.svg import SMALL, Drawing, text_width

FIRST: Final = 1e-3  # seconds: what is sooner stands at the start
TICKS: Final = {
    "1 ms": 1e-3, "10 ms": 1e-2, "0.1 s": 0.1, "1 s": 1.0, "10 s": 10.0, "1 min": 60.0, "10 min": 600.0, "1 h": 3_600.0,
    "8 h": 28_800.0,
}  # fmt: skip
APART: Final = 10.0  # least pixels between the texts of two ticks
Steps = Sequence[tuple[float, float]]  # seconds, and the value from then on


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a drawing with time along it."""

    left: float
    right: float
    last: float  # seconds at the right
    shares: Scale

    def x(self, seconds: float) -> float:
        """Return where a wait is."""
        along = math.log(max(seconds, FIRST) / FIRST) / math.log(self.last / FIRST)
        return self.left + min(along, 1.0) * (self.right - self.left)

    def steps(self, curve: Steps, goes_on: bool = True) -> list[tuple[float, float]]:
        """Return the corners of a curve that is 0 before its first row; goes_on : to the end of the axis."""
        points, before = [(self.left, self.shares(0.0))], self.shares(0.0)
        for seconds, value in curve:
            x, y = self.x(seconds), self.shares(value)
            points += [(x, before), (x, y)]
            before = y
        return [*points, (self.right, before)] if goes_on else points

    def draw(self, drawing: Drawing, labelled: bool) -> None:
        """Draw grid and ticks; labelled : whether shares have texts at the left."""
        top, bottom = self.shares(self.shares.high), self.shares(0.0)
        for value in self.shares.ticks():
            y = self.shares(value)
            drawing.line((self.left, y), (self.right, y), LINE if value == 0 else GRID, 1.2 if value == 0 else 1)
            if labelled:
                drawing.text(self.left - 7, y + 4, self.shares.label(value), "end", SOFT, SMALL)
        written = -math.inf
        for text, seconds in TICKS.items():
            x = self.x(seconds)
            if seconds > self.last:
                break
            drawing.line((x, top), (x, bottom), GRID)
            wide = text_width(text, SMALL)
            start = min(max(x - wide / 2, self.left), self.right - wide)
            if start - written >= APART:
                drawing.text(start, bottom + 16, text, "start", SOFT, SMALL)
                written = start + wide
