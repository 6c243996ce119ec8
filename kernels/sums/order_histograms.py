"""How measures of single orders spread, each order counting the same: counts on fixed buckets, by scenario.

Shares filled are counted for every scenario, what is about fills for reality and the replayed ones, how the quote moved
while an order lived for reality alone. Buckets never depend on the data, so counts of blocks and jobs add up exactly,
in any order. Spreads have the buckets of ``histograms``; times and sizes, which are never negative, begin with one of
all that is small, then eight to the octave; of shares filled none, all, and the hundredths between are told apart.
"""

from typing import Final

import numpy as np

from kernels.base.columns import F64, I32, I64
from kernels.base.compiling import inlined, kernel
from kernels.base.memory import Buffers
from kernels.conventions import NULL
from kernels.measure import result_rows as r
from kernels.measure.result_rows import Rows, empty_rows
from kernels.sums.histograms import BUCKETS, BUCKETS_PER_OCTAVE, FRACTION_SHIFT, bucket_edges, bucket_of
from kernels.sums.order_rows import Asked
from kernels.sums.spread_measures import MEASURES, OF_LIFE, SHARE, SIZE, SPREAD, TIME

FILL_RATIO, FIRST_FILL, EXECUTION, SPAN, BETWEEN, FILL_SIZE = map(
    list(MEASURES).index,
    ("fill_ratio", "time_to_first_fill", "execution_time", "fill_span", "time_between_fills", "fill_size"),
)
ALL_SPREADS: Final = tuple(
    (place, r.ROW[f"{name}_bps"], name in OF_LIFE)
    for place, (name, kind) in enumerate(MEASURES.items())
    if kind == SPREAD
)
SPREADS, LIVES = (tuple((place, row) for place, row, life in ALL_SPREADS if life == of) for of in (False, True))
PARTS: Final = 100  # of a whole order
UNFILLED, ALL_FILLED, UNKNOWN = 0, PARTS + 1, PARTS + 2  # buckets of shares filled; part k of 100 is bucket 1 + k
FIRST_OCTAVE: Final = {TIME: 10, SIZE: 0}  # what is below 2^it, in ns or shares, is in the bucket of all that is small
TIME_PLACE, SIZE_PLACE = ((1023 + FIRST_OCTAVE[kind]) * BUCKETS_PER_OCTAVE for kind in (TIME, SIZE))
CODES, LARGE = r.SIZE["codes"], 2**56  # hundredths of larger quantities could leave 64 bits


@inlined
def _above(bits: int, first: int) -> int:
    """Return the bucket of a value from 0 on, ``bits`` being a float64 seen as an integer."""
    place = (bits >> FRACTION_SHIFT) - first
    return min(max(place, -1), BUCKETS - 2) + 1


@inlined
def _fill_ratios(filled: I64, quantity: I64, places: I32, counts: I64) -> None:
    """Count shares filled of what n orders asked for; places : (n,) scratch, counts : (BUCKETS,).

    What most are, nothing or all of it, is added up apart from memory, several orders at a time. Orders that are filled
    in part, where there are any, are listed first: whether one is could not be predicted.
    """
    none = whole = unknown = unasked = parts = 0
    for i in range(filled.shape[0]):
        shares, asked = filled[i], quantity[i]
        known = (shares != NULL) & (asked > 0)
        unknown += int(shares == NULL)
        unasked += int((shares != NULL) & (asked <= 0))
        none += int(known & (shares <= 0))
        whole += int(known & (shares > 0) & (shares >= asked))
    if none + whole + unknown + unasked < filled.shape[0]:
        for i in range(filled.shape[0]):
            places[parts] = i
            parts += int((filled[i] > 0) & (filled[i] < quantity[i]))
    for k in range(parts):
        shares, asked = filled[places[k]], quantity[places[k]]
        if asked < LARGE:
            counts[1 + PARTS * shares // asked] += 1
        else:
            counts[1 + min(PARTS * (shares // PARTS) // (asked // PARTS), PARTS - 1)] += 1
    counts[UNFILLED] += none
    counts[ALL_FILLED] += whole
    counts[UNKNOWN] += unknown


@inlined
def _fills(
    rows: Rows, row_bits: I64, scenario: tuple[int, int, int], places: I32, value: F64, bits: I64, counts: I64
) -> None:
    """Count what is about the fills of orders that have any, which are listed first.

    scenario : its first rows in ints, floats and codes; places : (n,) scratch
    """
    ints, floats, codes = scenario
    fills, filled = rows.codes[r.FILLS + codes], rows.ints[r.SCENARIO_FILLED + ints]
    first, last = rows.ints[r.FIRST_FILL_TIME + ints], rows.ints[r.LAST_FILL_TIME + ints]
    waited, execution = rows.ints[r.TIME_TO_FIRST_FILL + ints], rows.floats[r.EXECUTION_TIME + floats]
    traded = 0
    for i in range(fills.shape[0]):
        places[traded] = i
        traded += int((fills[i] > 0) & (filled[i] > 0))  # a scenario that is not known fills NULL
    for k in range(traded):
        i = places[k]
        n = fills[i]
        for measure, row in SPREADS:
            if rows.floats[row + floats, i] == rows.floats[row + floats, i]:
                counts[measure, bucket_of(row_bits[row + floats, i])] += 1
        if waited[i] != NULL:
            value[FIRST_FILL], value[EXECUTION] = float(waited[i]), execution[i]
            counts[FIRST_FILL, _above(bits[FIRST_FILL], TIME_PLACE)] += 1
            counts[EXECUTION, _above(bits[EXECUTION], TIME_PLACE)] += 1
        value[SPAN], value[FILL_SIZE] = float(last[i] - first[i]), float(filled[i]) / float(n)
        counts[SPAN, _above(bits[SPAN], TIME_PLACE)] += 1
        counts[FILL_SIZE, _above(bits[FILL_SIZE], SIZE_PLACE)] += 1
        if n > 1:
            value[BETWEEN] = value[SPAN] / float(n - 1)
            counts[BETWEEN, _above(bits[BETWEEN], TIME_PLACE)] += 1


@inlined
def _lives(rows: Rows, row_bits: I64, places: I32, counts: I64) -> None:
    """Count how the quote moved while orders lived; of real rows, seen as floats and as integers. places : scratch."""
    for measure, row in LIVES:
        column, bits = rows.floats[row], row_bits[row]
        for i in range(column.shape[0]):
            places[i] = bucket_of(bits[i]) if column[i] == column[i] else -1
        for i in range(column.shape[0]):
            if places[i] >= 0:
                counts[measure, places[i]] += 1


@kernel
def count_orders(rows: Rows, row_bits: I64, asked: Asked, places: I32, value: F64, bits: I64, counts: I64) -> None:
    """Add a block of n orders to ``counts``, (scenarios, MEASURES, BUCKETS).

    row_bits : the memory of ``rows.floats`` as integers
    places : (n,) scratch; value : (MEASURES,) scratch; bits : the same memory as integers
    """
    quantity = rows.ints[r.ORDER_QUANTITY]
    for s in range(asked.ints.shape[0]):
        _fill_ratios(rows.ints[r.SCENARIO_FILLED + asked.ints[s]], quantity, places, counts[s, FILL_RATIO])
    for part in range(1 + asked.replayed):  # reality, then what is replayed; one call, for it is compiled into this
        s = asked.ints.shape[0] - asked.replayed + part - 1 if part else 0
        _fills(rows, row_bits, (asked.ints[s], asked.floats[s], part * CODES), places, value, bits, counts[s])
    _lives(rows, row_bits, places, counts[0])


def bucket_bounds(kind: str) -> F64:
    """Return the (BUCKETS + 1,) ascending edges of the buckets of a kind, in its unit; the last one is infinite.

    A bucket holds its edge nearer to 0. Those of shares filled are of hundredths, then of all; the first is of none.
    """
    if kind == SPREAD:
        return bucket_edges()
    if kind == SHARE:
        parts = np.arange(PARTS + 1) / PARTS
        return np.concatenate(([0.0], parts, np.full(BUCKETS - PARTS - 1, 1.0)))
    steps = np.arange(BUCKETS - 1)
    fraction = 1.0 + steps % BUCKETS_PER_OCTAVE / BUCKETS_PER_OCTAVE
    return np.concatenate(([0.0], np.ldexp(fraction, FIRST_OCTAVE[kind] + steps // BUCKETS_PER_OCTAVE), [np.inf]))


def warm() -> None:
    """Compile the kernel for the array types that jobs use, by calling it on no orders."""
    value, one = np.zeros(len(MEASURES)), np.zeros(1, np.int64)
    counts = np.zeros((1, len(MEASURES), BUCKETS), np.int64)
    rows, asked = empty_rows(0, (1, 1), Buffers()), Asked(one, one, 0, 0, 0)
    row_bits = rows.floats.view(np.int64)
    count_orders(rows, row_bits, asked, np.zeros(0, np.int32), value, value.view(np.int64), counts)
