"""The two fills of a match, found by the number they share."""

from typing import Final

import numpy as np

from kernels.base.columns import I32, Array
from kernels.base.compiling import kernel

NONE: Final = -1
UNSAID: Final = 0  # the number where the input has none


@kernel
def pair_neighbours(by_time: Array, match_id: Array, mate: I32) -> int:
    """Pair fills of one number that follow each other in time, as they mostly do; return how many stay alone."""
    k, alone = 0, 0
    while k < len(by_time):
        f = by_time[k]
        if k + 1 < len(by_time) and match_id[f] != UNSAID and match_id[by_time[k + 1]] == match_id[f]:
            mate[f], mate[by_time[k + 1]] = by_time[k + 1], f
            k += 2
            continue
        mate[f] = NONE
        alone += 1
        k += 1
    return alone


def mates(by_time: Array, match_id: Array) -> I32:
    """Return the row of the other fill of each match, (n,) int32; NONE for a fill that has none.

    by_time : (n,) rows in time order; match_id : (n,) int64
    """
    mate = np.empty(len(match_id), np.int32)
    if pair_neighbours(by_time, match_id, mate) > 1:
        left = np.flatnonzero((mate == NONE) & (match_id != UNSAID))
        left = left[np.argsort(match_id[left], kind="stable")]
        same = np.flatnonzero(match_id[left[1:]] == match_id[left[:-1]])
        if len(same):  # of three fills of a number the first two are a pair
            same = same[np.append(True, np.diff(same) > 1)]
        mate[left[same]], mate[left[same + 1]] = left[same + 1], left[same]
    return mate
