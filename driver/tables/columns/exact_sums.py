"""Many sums of sums of many rows at once, exactly."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np

from driver.tables.columns.formulas import Sum
from driver.tables.columns.quotients import Column


class WantedSums:
    """Sums of sums, in named lists: worked out together, the first terms of all, then the second of some, ..."""

    def __init__(self, wanted: Mapping[str, Sequence[Sum]], place: Mapping[str, int]) -> None:
        """Find their terms; place : of each name among the sums that they are made of."""
        self._steps, self._parts, end = [], dict[str, slice](), 0
        for name, sums in wanted.items():
            self._parts[name], end = slice(end, end + len(sums)), end + len(sums)
        zero = (next(iter(place)), 0)
        for terms in zip_longest(*([*one.times.items()] or [zero] for sums in wanted.values() for one in sums)):
            there = [term for term in terms if term]
            which = np.array([row for row, term in enumerate(terms) if term])
            factors = np.array([times for _, times in there])[:, None]
            places = np.array([place[name] for name, _ in there])
            self._steps.append((which, places, factors if (factors != 1).any() else None))

    def of(self, values: Column) -> dict[str, Column]:
        """Return each list, (sums of it, n); values : (sums, n), whole numbers of 64 bits or Python's."""
        found = np.zeros((0, values.shape[1]), values.dtype)
        for step, (which, places, factors) in enumerate(self._steps):
            terms: Column = values[places]
            if factors is not None:
                terms *= factors
            if step:
                found[which] += terms
            else:
                found = terms
        return {name: found[part] for name, part in self._parts.items()}
