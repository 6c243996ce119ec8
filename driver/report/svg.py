"""SVG drawn by hand, for the charts of the report: elements, marks, and about how wide a text is.

Text stays text, in the font of the page around it; equal calls give equal bytes.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from driver.report.palette import EMPTY, INK, SOFT

FONT: Final = 13.0
SMALL: Final = 12.0
MARK: Final = 3.8  # half a mark's size
FAINT: Final = 0.4  # opacity of a mark that few orders stand behind
# Corners of marks, in units of MARK around their middle; a circle has none.
CORNERS: Final = {
    "bar": ((-1.4, -0.5), (1.4, -0.5), (1.4, 0.5), (-1.4, 0.5)),
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    "down": ((0, 1.15), (1.1, -0.85), (-1.1, -0.85)),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "cross": ((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
              (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
}  # fmt: skip
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_NARROW, _WIDE = frozenset("ijlI.,:;'|!()[] ftr"), frozenset("mwMW%@\N{MINUS SIGN}")


def text_width(text: str, size: float = FONT) -> float:
    """Return about how wide a text is in a wide sans-serif font: rather too much than too little."""
    return size * sum(0.38 if c in _NARROW else 0.97 if c in _WIDE else 0.7 if c.isupper() else 0.63 for c in text)


def shortened(text: str, width: float, size: float = FONT) -> str:
    """Return a text cut in its middle so that it fits a width: what tells names apart is often at their end."""
    for left in range(len(text), 0, -1):
        tail = left // 2 if left < len(text) else 0
        shown = text if left == len(text) else f"{text[: left - tail]}{ELLIPSIS}{text[len(text) - tail :]}"
        if text_width(shown, size) <= width:
            return shown
    return ELLIPSIS if text else ""


def place(value: float) -> str:
    """Return a coordinate as it is written: to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class Drawing:
    """The elements of one chart; x runs to the right and y down, in pixels at the chart's natural size."""

    def __init__(self, width: float, height: float) -> None:
        """Start empty."""
        self.width, self.height = width, height
        self._parts: list[str] = []

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        ends = f'x1="{place(x1)}" y1="{place(y1)}" x2="{place(x2)}" y2="{place(y2)}"'
        self._parts.append(f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>')

    def lines(
        self, points: Sequence[tuple[float, float]], colour: str, dashed: bool = False, faint: bool = False
    ) -> None:
        """Draw a line through points, faint where few orders stand behind it."""
        if len(points) > 1:
            corners = " ".join(f"{place(x)},{place(y)}" for x, y in points)
            dashes = ' stroke-dasharray="4 3"' if dashed else ""
            dashes += f' opacity="{FAINT:g}"' if faint else ""
            style = f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"{dashes}'
            self._parts.append(f'<polyline points="{corners}" {style}/>')

    def area(self, points: Sequence[tuple[float, float]], colour: str, opacity: float = 1, outline: str = "") -> None:
        """Draw a filled area inside points."""
        corners = " ".join(f"{place(x)},{place(y)}" for x, y in points)
        faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
        edge = f' stroke="{outline}" stroke-width="1"' if outline else ""
        self._parts.append(f'<polygon points="{corners}" fill="{colour}"{faint}{edge}/>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> None:
        """Draw a filled rectangle; what is empty or see-through has an outline, to be told from the ground."""
        where = f'x="{place(x)}" y="{place(y)}" width="{place(max(width, 0))}" height="{place(max(height, 0))}"'
        faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
        edge = colour if opacity < 1 else SOFT
        outline = f' stroke="{edge}" stroke-width="1"' if opacity < 1 or colour == EMPTY else ""
        self._parts.append(f'<rect {where} fill="{colour}"{faint}{outline}/>')

    def mark(self, shape: str, x: float, y: float, colour: str, hollow: bool = False, faint: bool = False) -> None:
        """Draw a mark around a point, faint where few orders stand behind it."""
        face = f'fill="{"#fff" if hollow else colour}" stroke="{colour}" stroke-width="{1.6 if hollow else 0.8}"'
        face += f' opacity="{FAINT:g}"' if faint else ""
        if shape not in CORNERS:
            self._parts.append(f'<circle cx="{place(x)}" cy="{place(y)}" r="{MARK:g}" {face}/>')
            return
        corners = " ".join(f"{place(x + MARK * dx)},{place(y + MARK * dy)}" for dx, dy in CORNERS[shape])
        self._parts.append(f'<polygon points="{corners}" {face}/>')

    def ring(self, x: float, y: float, colour: str) -> None:
        """Draw a ring around a mark."""
        style = f'fill="none" stroke="{colour}" stroke-width="1.2"'
        self._parts.append(f'<circle cx="{place(x)}" cy="{place(y)}" r="{2.1 * MARK:.1f}" {style}/>')

    def text(self, x: float, y: float, text: str, anchor: str = "start", colour: str = INK, size: float = FONT) -> None:
        """Write a text whose baseline is at ``y``; ``anchor`` is the part of it that is at ``x``."""
        anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
        dyed = "" if colour == INK else f' fill="{colour}"'
        sized = "" if size == FONT else f' font-size="{size:g}"'
        where = f'x="{place(x)}" y="{place(y)}"'
        self._parts.append(f"<text {where}{anchored}{dyed}{sized}>{escape(text)}</text>")

    def svg(self, title: str, data: str) -> str:
        """Return the <svg> element, with a title and all its data in words for those who cannot see it."""
        size = f'viewBox="0 0 {place(self.width)} {place(self.height)}"'
        words = f"<title>{escape(title)}</title>\n<desc>{escape(data)}</desc>"
        style = f'role="img" font-size="{FONT}" fill="{INK}"'
        return "\n".join((f"<svg {size} {style}>", words, *self._parts, "</svg>"))
