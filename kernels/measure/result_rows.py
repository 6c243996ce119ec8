"""Where each column of ``order_columns`` lies: the result matrices of a block, and the scratch between stages.

Kernels take row numbers from here as ``r.MID2``: the name of a stored column in capitals, without ``_bps``, is its
(first) row, an integer that is compiled in. Columns with a horizon have a number of their kind instead: kind k of H
markouts is rows k H .. k H + H - 1 of ``horizons``. ``OrderBlock`` is the same memory by name, for everybody else.

What is replayed stands behind, however many scenarios there are: each has all rows once more, as if its fills were the
real ones. ``part_of`` is where they are.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from kernels.base.columns import Array
from kernels.base.memory import Buffers
from kernels.conventions import FILL_VENUES, REPLAYED, SCENARIOS
from kernels.measure import derived_columns
from kernels.measure import order_columns as c  # not its names, which could be those of rows
from kernels.measure.order_columns import BY_NAME, COLUMNS, DERIVED, STORED, Column

if TYPE_CHECKING:

    def __getattr__(name: str) -> int:
        """Return a row number: those that no line below names are made from the list."""


SCENARIO_COUNT: Final = len(SCENARIOS)
VENUE_COUNT: Final = len(FILL_VENUES)
# Rows of a column by its axis; of horizons the kinds, each of which has as many rows as there are horizons.
LENGTH: Final = {c.ONE: 1, c.VENUE: VENUE_COUNT, c.SCENARIO: SCENARIO_COUNT, c.MARKOUT: 1, c.WITHIN: 1}
MATRIX: Final = {"i8": "ints", "f8": "floats", "i4": "codes", "i1": "flags"}
DTYPE: Final = {"ints": "i8", "floats": "f8", "codes": "i4", "flags": "i1", "horizons": "f8", "within": "i8"}


def matrix_of(column: Column) -> str:
    """Return the field of ``Rows`` that holds a stored column."""
    return {c.MARKOUT: "horizons", c.WITHIN: "within"}.get(column.axis, MATRIX[column.dtype])


def constant(name: str) -> str:
    """Return what a column's row number is called."""
    return name.removesuffix("_bps").upper()


def _layout() -> tuple[dict[str, int], dict[str, int]]:
    """Return the first row of each column that is not derived, and how many rows each matrix has."""
    first, size = {}, dict.fromkeys(DTYPE, 0)
    for column in STORED:
        first[column.name] = size[matrix_of(column)]
        size[matrix_of(column)] += LENGTH[column.axis]
    first |= {column.name: first[column.of] for column in COLUMNS if column.of in first}
    return first, size


ROW, SIZE = _layout()
globals().update({constant(name): row for name, row in ROW.items()})
HORIZON_KINDS: Final = SIZE["horizons"]
# Scratch of one sub-block, int64, one column per order.
S_LIMIT2: Final = 0  # limit with its half tick in half units; of a market order a bound that never binds
S_DARK: Final = 1  # d = floor(Q x dark_share)
S_NOTIONAL2: Final = 2  # real fills, half units, truncated dark prices rebuilt
S_REST_FILLED: Final = 3  # real fills taken in time order up to Q - d
S_REST_NOTIONAL2: Final = 4
S_MARKET_QUANTITY: Final = 5  # real fills without bookings
S_MARKET_NOTIONAL2: Final = 6
S_START_QUOTE: Final = 7  # benchmark quote
S_END_QUOTE: Final = 8  # quote at min(end, session_end)
S_FIRST_FILL: Final = 9
S_FILL_COUNT: Final = 10  # all of the order's fills: reports, and those after the hours, too
S_FIRST_PRINT: Final = 11  # prints before the arrival
S_LAST_PRINT: Final = 12  # prints before the end
S_VWAP_QUANTITY: Final = 13  # own fills that count in the market's VWAP
S_VWAP_NOTIONAL2: Final = 14
S_CLEANUP2: Final = 15  # mid cleanup_ns after the end
S_WINDOW_QUOTE: Final = 16  # quote that prevails at the window's start
S_VALID: Final = 17  # time in the window with a valid quote, in the units of the quote book
S_SPREAD_AREA: Final = 18  # integral of offer - bid over it
SCRATCH_ROWS: Final = 19
NO_LIMIT: Final = 2**61
REFUSED: Final = np.inf  # a window mid: the limit allows none of the window


class Work(NamedTuple):
    """Scratch of one sub-block, inside stages and between them."""

    at: Array  # (SUB_BLOCK,) int64 times
    rows: Array  # (SUB_BLOCK,) int64 quote rows
    traded: Array  # (SUB_BLOCK + 1,) int64: places of orders with fills
    mid2: Array  # (SUB_BLOCK,) float64: window mids in half units
    charges: Array  # (C_COUNT, SUB_BLOCK) float64: side, M0, and what an unfilled share costs
    touched: Array  # (1,) int64: a sink for loads


class Rows(NamedTuple):
    """Result columns of a block of n orders, as rows of a few matrices; then the same of each replayed scenario."""

    ints: Array  # (SIZE["ints"], n) int64
    floats: Array  # (SIZE["floats"], n) float64
    codes: Array  # (SIZE["codes"], n) int32
    flags: Array  # (SIZE["flags"], n) int8
    horizons: Array  # (HORIZON_KINDS * H, n) float64
    within: Array  # (F, n) int64


PLACE: Final = {
    name: (Rows._fields.index(matrix_of(BY_NAME[name])), row, BY_NAME[name].axis) for name, row in ROW.items()
}


def empty_rows(n: int, horizons: tuple[int, int], buffers: Buffers, replayed: int = 0) -> Rows:
    """Return result matrices for ``n`` orders, not initialised.

    horizons : number of markouts, of fill rates; replayed : number of scenarios that stand behind
    """
    rows = SIZE | {"horizons": HORIZON_KINDS * horizons[0], "within": horizons[1]}
    shapes = {name: ((1 + replayed) * rows[name], n) for name in Rows._fields}
    return Rows(*(buffers.take(name, shape, np.dtype(DTYPE[name]).type) for name, shape in shapes.items()))


def part_of(rows: Rows, place: int, replayed: int) -> Rows:
    """Return the rows of reality and algebra, at place 0, or of the place-th of so many replayed scenarios: views."""
    sizes = (len(matrix) // (1 + replayed) for matrix in rows)
    return Rows(*(matrix[place * size : (place + 1) * size] for matrix, size in zip(rows, sizes, strict=True)))


def scenario_offsets(scenarios: tuple[str, ...], matrix: str) -> list[int]:
    """Return by how many rows of ``ints`` or ``floats`` each scenario is behind the first one, reality."""
    replayed = [name for name in scenarios if name in REPLAYED]
    behind = {name: (1 + place) * SIZE[matrix] for place, name in enumerate(replayed)}
    return [behind.get(name) or SCENARIOS.index(name) for name in scenarios]


@dataclass(slots=True)
class OrderBlock:
    """The results of n orders, in arrival order, by the names of ``order_columns.COLUMNS``.

    ``block.mid2`` and ``block["mid2"]`` are views of the result matrices, (n,), or (axis, n) where the column has an
    axis; so is one row of an axis by its own name, ``block["markout_60s_bps"]``. Derived columns are computed each
    time. With buffers of one's own a block is good until the next is asked for.
    """

    rows: Rows
    scenarios: tuple[str, ...]  # ("real", "A", "B", "C"): real first, those that are replayed last
    markout_seconds: tuple[float, ...]
    fill_seconds: tuple[float, ...]
    given: frozenset[str] = frozenset()  # of PARENTS, DECIDED, FEES: what the columns that need one can be had of
    set_apart: int = 0  # orders left out since they contradict themselves at the end of the hours; in the first block
    ambiguous: int = 0  # fills of the day of which the limits alone do not tell the price (R7); in the first block

    def __len__(self) -> int:
        """Return the number of orders."""
        return int(self.rows.ints.shape[1])

    def __getattr__(self, name: str) -> Array:
        """Return a column by name."""
        if name not in BY_NAME:
            raise AttributeError(f"a block of orders has no column {name!r}")
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this block has no column {name!r}: there is no {BY_NAME[name].needs}") from None

    def __getitem__(self, name: str) -> Array:
        """Return a column by name, or one row of a column with an axis by the name it is shown by.

        Raises
        ------
        KeyError
            no column has that name, or what it needs was not given
        """
        if name not in BY_NAME:
            return self._shown_row(name)
        column = BY_NAME[name]
        if column.needs and column.needs not in self.given:
            raise KeyError(name)
        if column.of == DERIVED:
            return derived_columns.compute(self, name)
        if column.axis != c.SCENARIO or self.scenarios == SCENARIOS:
            return self.stored(name)
        place, first, _ = PLACE[name]
        places = [first + behind for behind in scenario_offsets(self.scenarios, Rows._fields[place])]
        chosen: Array = self.rows[place][places]
        return chosen

    def _shown_row(self, name: str) -> Array:
        """Return one row by the name that order files show it by; a replayed scenario's stand after its own name."""
        sides = [("", self, self.columns())]
        sides += [(f"{one}_", self.under(one), tuple(BY_NAME[name] for name in c.REPLAYED)) for one in self.replayed]
        for before, block, columns in sides:
            for column in columns:
                shown = [f"{before}{row}" for row in block.shown(column)]
                if name in shown:
                    found = block[column.name]
                    row: Array = found[shown.index(name)] if column.axis else found
                    return row
        raise KeyError(name)

    @property
    def replayed(self) -> tuple[str, ...]:
        """Return the scenarios that are replayed."""
        return tuple(name for name in self.scenarios if name in REPLAYED)

    def under(self, scenario: str) -> "OrderBlock":
        """Return the same orders as if what they fill under a replayed scenario had really happened; views.

        Who they are, what they asked for and met, their benchmarks and their real group stay what they are.
        """
        rows = part_of(self.rows, 1 + self.replayed.index(scenario), len(self.replayed))
        return replace(self, rows=rows, scenarios=self.scenarios[:1])

    def stored(self, name: str) -> Array:
        """Return the view of all rows of a column that is not derived: real and algebra, asked for or not."""
        place, row, axis = PLACE[name]
        matrix: Array = self.rows[place]
        if axis == c.ONE:
            one: Array = matrix[row]
            return one
        if axis in (c.MARKOUT, c.WITHIN):
            length = len(self.markout_seconds if axis == c.MARKOUT else self.fill_seconds)
            return matrix[row * length : (row + 1) * length]
        return matrix[row : row + LENGTH[axis]]

    def columns(self) -> tuple[Column, ...]:
        """Return the columns that this block has, in the order of order files."""
        return tuple(column for column in COLUMNS if column.needs in ("", *self.given))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its columns."""
        return tuple(column.name for column in self.columns())

    def shown(self, column: Column) -> tuple[str, ...]:
        """Return the names of a column's rows where each stands alone; of one without an axis its only name."""
        pattern = column.shown or column.name
        if column.axis in (c.SCENARIO, c.SIMULATED):
            names = self.scenarios if column.axis == c.SCENARIO else self.scenarios[1:]
            return tuple(pattern.replace("<s>", name) for name in names)
        if column.axis in (c.MARKOUT, c.WITHIN):
            seconds = self.markout_seconds if column.axis == c.MARKOUT else self.fill_seconds
            return tuple(pattern.replace("<h>", f"{second:g}") for second in seconds)
        return (pattern,) * LENGTH[column.axis]
