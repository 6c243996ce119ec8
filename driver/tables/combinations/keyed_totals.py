"""Totals by codes: a row for each combination of them that occurs, in the order of first sums. For `combination`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driver.sums.cells import Cells
from driver.sums.totals import Totals
from driver.tables.grouping import LEFT_OUT
from kernels.base.columns import I32, I64


@dataclass(slots=True)
class KeyedTotals:
    """Rows by the codes in some dimensions, folded into one number."""

    widths: Mapping[str, int]  # how many codes each dimension has; the first may have any number
    places: dict[int, int] = field(default_factory=dict)
    totals: Totals | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.places)

    def rows_of(self, codes: Mapping[str, I64], n: int, counted: NDArray[np.bool_] | None = None) -> I32:
        """Return the row of each of n sums, a new one where codes meet for the first time; of those not counted none.

        codes : (n,) of each dimension
        """
        number = np.zeros(n, np.int64)
        for name, width in self.widths.items():
            number = number * width + codes[name]
        chosen = np.ones(n, np.bool_) if counted is None else counted
        distinct, each = np.unique(number[chosen], return_inverse=True)
        found = [self.places.setdefault(one, len(self.places)) for one in distinct.tolist()]
        rows = np.full(n, LEFT_OUT, np.int32)
        rows[chosen] = np.array(found, np.int32)[each]
        return rows

    def merge(
        self, sums: Cells | Totals, rows: I32, security: int, like: Cells | Totals, integers: tuple[I64, I32] | None
    ) -> Totals:
        """Add sums to their rows; return the totals, which have the names and scenarios of ``like``."""
        if self.totals is None:
            self.totals = Totals.empty(like, 1, quantiles=False)
        self.totals.grow(len(self))
        self.totals.merge(sums, rows, security, integers)
        return self.totals

    def take(self) -> tuple[Totals | None, dict[str, I64]]:
        """Return the totals, and the codes of their rows; after that there are no rows any more."""
        codes, number = dict[str, I64](), np.array([*self.places], np.int64)
        for name, width in [*self.widths.items()][:0:-1]:
            number, codes[name] = np.divmod(number, width)
        codes |= dict.fromkeys([*self.widths][:1], number)
        totals, self.totals, self.places = self.totals, None, {}
        return totals, codes
