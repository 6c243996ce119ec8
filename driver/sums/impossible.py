"""Spreads that the quotes before an order's fills hardly allow: their limits, and the kinds they are counted as.

Jobs count orders by them, the report groups; nothing heavy is imported.
"""

from typing import Final

from kernels.conventions import ABSURD_SPREAD, BPS

BEYOND_OWN_SIDE: Final = "orders_filled_beyond_own_side"
ABSURD_EFFECTIVE: Final = "orders_effective_spread_absurd"
LEAST_EQ: Final = -1.0  # E/Q below: fills beyond their own side of the quotes before them
MOST_EFFECTIVE: Final = BPS * ABSURD_SPREAD  # in size
