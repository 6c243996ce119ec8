"""Random draws inside compiled code, and the calibrated distributions they come from.

Two multiplicative generators combined (L'Ecuyer 1988): integers only, the same with and without compilation.
The quantiles below are counted on one real day of one mid-size stock (README.md beside this file).
Above ``market``; ``agents``, ``records`` and ``simulate`` draw, ``partition`` takes the tables.
"""

from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.base.compiling import inlined
from marketgen.market import QUANTILES, Market

SIZE: Final = 0  # shares of an order
LIFE: Final = 1  # ns from a resting order's last action to its next
GAP: Final = 2  # exponential, mean 1,024
STAY: Final = 3  # the same for lit orders that are no sweeps
FAR: Final = 4  # ticks behind the touch of a passive order
PERCENT: Final = 2**31 // 100
_SIZE: Final = (
    *(1, 4, 28, 72, 125, 186, 229, 271, 353, 632),
    *(1007, 1182, 1299, 1338, 1508, 1720, 1950, 4465, 10400, 10400),
)
_LIFE_SECONDS: Final = (
    *(0.0002, 0.03, 0.08, 0.2, 0.4, 0.85, 1.6, 2.7, 4.5, 7),
    *(11, 16, 25, 40, 75, 140, 260, 500, 1300, 7000),
)
_STAY_SECONDS: Final = (
    *(0.001, 1, 5, 15, 40, 90, 180, 300, 480, 700),
    *(1000, 1400, 2000, 2800, 4000, 6000, 9000, 14000, 20000, 20000),
)
_FAR: Final = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 7, 12)


def tables() -> I64:
    """Return the (5, QUANTILES) table of quantiles, equally spaced."""
    at = np.linspace(0, 1, QUANTILES)
    table = np.zeros((5, QUANTILES), np.int64)
    table[SIZE] = np.interp(at, np.linspace(0, 1, len(_SIZE)), _SIZE)
    table[LIFE] = np.interp(at, np.linspace(0, 1, len(_LIFE_SECONDS)), _LIFE_SECONDS) * 1_000_000_000
    table[STAY] = np.interp(at, np.linspace(0, 1, len(_STAY_SECONDS)), _STAY_SECONDS) * 1_000_000_000
    table[GAP, :-1] = -1024 * np.log1p(-at[:-1])
    table[GAP, -1] = 8_192
    table[FAR] = np.floor(np.interp(at, np.linspace(0, 1, len(_FAR)), _FAR) + 0.3)
    return table


@inlined
def draw(m: Market) -> int:
    """Return a number in 0..2**31 - 1, the next of the market's stream.

    ``draw(m) * n >> 31`` is a number below ``n``; ``draw(m) < k * PERCENT`` is true k times of a hundred.
    (Not functions: Numba would compile each of them once for every constant.)
    """
    a = m.state.random_1 * 40_014 % 2_147_483_563
    b = m.state.random_2 * 40_692 % 2_147_483_399
    m.state.random_1 = a
    m.state.random_2 = b
    return int((a - b) % 2_147_483_562)


@inlined
def sampled(m: Market, row: int) -> int:
    """Return a draw from a row of quantiles, interpolated."""
    z = draw(m)
    at = z >> 21
    low, high = m.quantiles[row, at], m.quantiles[row, at + 1]
    return int(low + ((high - low) * ((z >> 11) & 1023) >> 10))
