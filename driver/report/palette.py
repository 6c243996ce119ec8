"""The colours and marks of the report's charts: a scenario has the same in every one of them.

Hues are Okabe and Ito's, told apart by colour-blind readers; the light ones are darker here, so that each has a
contrast of 3 to 1 against white. No seven colours have that among each other too, so marks differ in shape; areas
that touch have it, or are empty inside an outline.
"""

from typing import Final

from kernels.conventions import BOUNDS

INK: Final = "#1f2328"
SOFT: Final = "#57606a"
LINE: Final = "#8c959f"
GRID: Final = "#e3e7eb"
BARS: Final = "#868e97"
EMPTY: Final = "#ffffff"  # an area with an outline

COLOURS: Final = {
    "real": "#555555", "A": "#0072b2", "B": "#bd8200", "C": "#009e73", "R": "#d55e00", "P": "#c2669a", "D": "#3394cc",
}  # fmt: skip
SHAPES: Final = {
    "real": "bar", "A": "circle", "B": "square", "C": "triangle", "R": "diamond", "P": "down", "D": "cross",
}  # fmt: skip
# Filled fully, partially, not at all; and what a replay gives back, misses and invents.
OUTCOMES: Final = ("#003f66", "#4596cc", EMPTY)
GIVEN_BACK, MISSED, INVENTED = "#5e1440", EMPTY, "#c2669a"


def colour(scenario: str) -> str:
    """Return a scenario's colour; the bounds of R have R's."""
    return COLOURS["R" if scenario in BOUNDS else scenario]


def shape(scenario: str) -> str:
    """Return a scenario's mark."""
    return SHAPES["R" if scenario in BOUNDS else scenario]
