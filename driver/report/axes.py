"""Axes of the report's charts: scales with round ticks, the frame of a chart of rows and of a chart along places."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from driver.report.palette import BARS, GRID, INK, LINE, SOFT
from driver.report.svg import FONT, SMALL, Drawing, shortened, text_width

WIDTH: Final = 400.0  # as wide as a phone, where text is then hardly smaller than on the page around it
LABELS: Final = 160.0  # most that labels of rows take
PERCENT_STEP: Final = 20.0
TICKS: Final = 5  # about as many as an axis has
STEPS: Final = (1.0, 2.0, 5.0, 10.0)
MOST_DECIMALS: Final = 6
PANEL, LOWER = 150.0, 46.0  # heights: of the panel of a chart along places, and of that below it


def number_text(value: float, decimals: int) -> str:
    """Return a number with a real minus, and thousands separated; what rounds to zero has no sign."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}") if text.strip("-0.,") else text.removeprefix("-")


@dataclass(frozen=True, slots=True)
class Scale:
    """Values low .. high along start .. end, with a round step between ticks."""

    low: float
    high: float
    step: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value is."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the values that are marked."""
        return [self.low + i * self.step for i in range(math.floor((self.high - self.low) / self.step + 1e-9) + 1)]

    def label(self, value: float) -> str:
        """Return a tick as text."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return number_text(value, decimals) if decimals <= MOST_DECIMALS else f"{value:.3g}"


def round_scale(values: Iterable[float], start: float, end: float, wanted: int = TICKS, whole: bool = False) -> Scale:
    """Return a scale with 0 and all values in it, from one round tick to another; ``whole`` ones only for counts."""
    known = [0.0, *(value for value in values if math.isfinite(value))]
    low, high = min(known), max(known)
    if low == high:
        high = 1.0
    power = 10.0 ** math.floor(math.log10((high - low) / wanted))
    step = power * next(times for times in STEPS if power * times * wanted >= (high - low) * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step, start, end)


def percent_scale(values: Iterable[float], start: float, end: float) -> Scale:
    """Return a scale of shares of a whole, 0 to 100 or to the most there is, which needs no tick."""
    most = max([100.0, *(value for value in values if math.isfinite(value))])
    return Scale(0.0, most, PERCENT_STEP, start, end) if most < 2 * 100.0 else round_scale([most], start, end)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a legend: a mark, a box where ``shape`` is empty."""

    text: str
    colour: str
    shape: str = ""
    hollow: bool = False


def legend_rows(entries: Sequence[Entry], width: float = WIDTH) -> list[list[tuple[float, Entry]]]:
    """Return the entries in rows that fit, each with where it begins."""
    rows: list[list[tuple[float, Entry]]] = [[]]
    x = 0.0
    for entry in entries:
        wide = 18 + text_width(entry.text) + 14
        if x + wide > width + 14 and rows[-1]:
            rows.append([])
            x = 0.0
        rows[-1].append((x, entry))
        x += wide
    return rows


def draw_legend(drawing: Drawing, rows: Sequence[Sequence[tuple[float, Entry]]]) -> None:
    """Draw a legend at the top."""
    for n, row in enumerate(rows):
        for x, entry in row:
            middle = 10 + 19 * n
            if entry.shape:
                drawing.mark(entry.shape, x + 6, middle, entry.colour, entry.hollow)
            else:
                drawing.box(x, middle - 5, 13, 10, entry.colour)
            drawing.text(x + 18, middle + 4.4, entry.text)


@dataclass(frozen=True, slots=True)
class Rows:
    """A chart of rows under each other, with values along them."""

    drawing: Drawing
    scale: Scale
    top: float
    height: float  # of a row

    def middle(self, row: int) -> float:
        """Return where the middle of a row is."""
        return self.top + (row + 0.5) * self.height


def rows_chart(
    labels: Sequence[str],
    values: Iterable[float],
    below: str,
    height: float,
    legend: Sequence[Entry] = (),
    scaled: Callable[[Iterable[float], float, float], Scale] = round_scale,
) -> Rows:
    """Return the frame of a chart of rows: legend, grid, ticks, labels, and what is measured along them."""
    entries = legend_rows(legend) if legend else []
    top = 19.0 * len(entries) + 6
    bottom = top + height * len(labels)
    left = min(LABELS, max(map(text_width, labels), default=0)) + 10
    drawing = Drawing(WIDTH, bottom + 44)
    draw_legend(drawing, entries)
    scale = scaled(values, left, WIDTH - 24)
    for value in scale.ticks():
        x = scale(value)
        zero = abs(value) < scale.step / 2
        drawing.line((x, top), (x, bottom), LINE if zero else GRID, 1.2 if zero else 1)
        drawing.text(x, bottom + 16, scale.label(value), "middle", SOFT, SMALL)
    for row, label in enumerate(labels):
        middle = top + (row + 0.5) * height
        drawing.text(left - 8, middle + 4.4, shortened(label, LABELS), "end")
    half = text_width(below) / 2
    drawing.text(min(max((left + WIDTH) / 2, half), WIDTH - half), bottom + 37, below, "middle", SOFT)
    return Rows(drawing, scale, top, height)


@dataclass(frozen=True, slots=True)
class Places:
    """A chart of values over places along an axis, with bars in a panel below."""

    drawing: Drawing
    scale: Scale
    left: float
    slot: float  # width of a place

    def middle(self, n: int) -> float:
        """Return where the middle of a place is."""
        return self.left + (n + 0.5) * self.slot


def places_chart(
    labels: Sequence[str],
    values: Iterable[float],
    names: tuple[str, str, str],
    bars: Sequence[float],
    legend: Sequence[Entry],
    whole: bool = True,
) -> Places:
    """Return the frame of a chart along places, with its bars; names : of the values, of the bars, of the places."""
    entries = legend_rows(legend)
    top = 19.0 * len(entries) + 34
    bottom = top + PANEL
    lower_top = bottom + 38
    lower_bottom = lower_top + LOWER
    drawing = Drawing(WIDTH, lower_bottom + 42)
    draw_legend(drawing, entries)
    upper = round_scale(values, bottom, top)
    lower = round_scale(bars, lower_bottom, lower_top, 2, whole)
    left = max(text_width(scale.label(v), SMALL) for scale in (upper, lower) for v in scale.ticks()) + 8
    for name, scale, y in ((names[0], upper, top - 15), (names[1], lower, lower_top - 15)):
        drawing.text(0, y, name, colour=SOFT)
        for value in scale.ticks():
            zero = abs(value) < scale.step / 2
            drawing.line((left, scale(value)), (WIDTH, scale(value)), LINE if zero else GRID, 1.2 if zero else 1)
            drawing.text(left - 7, scale(value) + 4, scale.label(value), "end", SOFT, SMALL)
    frame = Places(drawing, upper, left, (WIDTH - left) / max(1, len(labels)))
    wide = min(0.7 * frame.slot, 40.0)
    for n, height in enumerate(bars):
        if math.isfinite(height):
            y = lower(height)
            drawing.box(frame.middle(n) - wide / 2, y, wide, lower_bottom - y, BARS)
    every = math.ceil((max(map(text_width, labels), default=0) + 8) / frame.slot)
    for n in range(0, len(labels), max(1, every)):
        half = text_width(labels[n], SMALL) / 2
        x = min(max(frame.middle(n), half), WIDTH - half)
        drawing.text(x, lower_bottom + 16, labels[n], "middle", INK, SMALL)
    drawing.text((left + WIDTH) / 2, lower_bottom + 36, names[2], "middle", SOFT, FONT)
    return frame
