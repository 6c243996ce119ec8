"""The colours and marks of the report's charts: a scenario has the same in every one of them.

Hues are Okabe and Ito's, told apart by colour-blind readers; the light ones are darker here, so that each has a
contrast of 3 to 1 against white. Marks differ too, for print without colour.
"""

from typing import Final

from kernels.conventions import BOUNDS

INK: Final = "#1f2328"
SOFT: Final = "#57606a"
LINE: Final = "#8c959f"
GRID: Final = "#e3e7eb"
BARS: Final = "#b6bdc5"

COLOURS: Final = {
    "real": "#555555", "A": "#0072b2", "B": "#bd8200", "C": "#009e73", "R": "#d55e00", "P": "#c2669a", "D": "#3394cc",
}  # fmt: skip
SHAPES: Final = {
    "real": "circle", "A": "circle", "B": "square", "C": "triangle", "R": "diamond", "P": "down", "D": "cross",
}  # fmt: skip
# Filled fully, partially, not at all; and what a replay gives back, misses and invents.
OUTCOMES: Final = ("#0072b2", "#9ecae1", "#dde1e6")
GIVEN_BACK, MISSED, INVENTED = "#c2669a", "#e9d3df", "#555555"


def colour(scenario: str) -> str:
    """Return a scenario's colour; the bounds of R have R's."""
    return COLOURS["R" if scenario in BOUNDS else scenario]


def shape(scenario: str) -> str:
    """Return a scenario's mark."""
    return SHAPES["R" if scenario in BOUNDS else scenario]
