"""What mixed cells are by: some of all keys that orders are summed by, in one number. For sums, partials and tables.

Jobs sum orders by who and when, and by the market met, each for itself: by all together there would be nearly as many
cells as orders. By the few keys that a run asks for together there are fewer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from driver.sums.cells import Cells, cell_dimensions
from driver.sums.conditions import MARKETABILITY, PHASES, SHARES, SPREADS, condition_dimensions, market_cuts
from driver.sums.volatility import RANGES
from kernels.base.columns import I64
from kernels.sums.cell_keys import GROUP_CODES, HOURS, SIZE_CODES

PARTICIPANT: Final = "participant_id"  # first among the keys of any cells, since no number ends it
CODES: Final = {  # how many codes the others have; of volatility it is the range of the mid, not yet the tercile
    "hour": HOURS, "size_bucket": SIZE_CODES, "group": GROUP_CODES, "phase": len(PHASES), "spread": len(SPREADS),
    "volume_share": len(SHARES), "volatility": RANGES, "marketability": len(MARKETABILITY),
}  # fmt: skip


@dataclass(slots=True)
class MixedCells:
    """Sums of a job's orders by some keys. Cells have no histograms: tables of combinations have no quantiles."""

    keys: tuple[str, ...]
    cells: Cells

    def codes(self) -> dict[str, I64]:
        """Return the code of each cell by key, as the job numbers them."""
        found, rest = dict[str, I64](), self.cells.key
        for key in reversed(self.keys):
            if key == PARTICIPANT:
                found[key] = rest
            else:
                rest, found[key] = np.divmod(rest, CODES[key])
        return found


def mixed_key(keys: Sequence[str], main: I64, market: I64) -> I64:
    """Return the mixed key of each order, given its keys in either cube; a participant comes first of ``keys``."""
    conditions, ranges, places = market_cuts(market)
    codes = condition_dimensions(conditions) | {"volatility": ranges, "marketability": places}
    who = cell_dimensions(main)
    codes |= {PARTICIPANT: who["participant"], "hour": who["hour"], "size_bucket": who["size"], "group": who["group"]}
    found = np.zeros(len(main), np.int64)
    for key in keys:
        found = found * CODES.get(key, 1) + codes[key]
    return found
