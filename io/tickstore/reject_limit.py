"""How many bad rows are too many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from typing import Final

from tickstore.errors import InputError
from tickstore.rejects import BadRow
from tickstore.request import ConvertRequest

_USUAL_RATIO: Final = next(f.default for f in fields(ConvertRequest) if f.name == "max_reject_ratio")


def most_rejects(request: ConvertRequest, rows: int) -> int:
    """Return how many of ``rows`` may be bad: no more than either limit that is stated, else the usual share.

    Examples
    --------
    >>> from pathlib import Path
    >>> def most(**limits): return most_rejects(ConvertRequest((), Path(), **limits), 1000)
    >>> most(), most(max_reject_ratio=0.29), most(max_rejects=0), most(max_rejects=7)
    (1, 290, 0, 7)
    >>> most(max_rejects=7, max_reject_ratio=0.005)
    5
    """
    by_share = int(Fraction(str(request.max_reject_ratio)) * rows)  # 0.29 of 100 is 29, not 28.999...
    if request.max_rejects is None:
        return by_share
    return request.max_rejects if request.max_reject_ratio == _USUAL_RATIO else min(request.max_rejects, by_share)


def check_rejects(
    request: ConvertRequest, counts: Mapping[str, Counter[str]], rejects: Sequence[BadRow], more: int = 0
) -> None:
    """Raise InputError when more rows were refused than the request allows: ``rejects`` and ``more`` that are alike."""
    rows = sum(count["read"] - count["blank"] for count in counts.values())
    limit = most_rejects(request, rows)
    count = len(rejects) + more
    if count > limit:
        first = "; ".join(
            f"{bad.path}:{bad.line} {bad.reason}{' in ' + bad.column if bad.column else ''}" for bad in rejects[:3]
        )
        raise InputError(
            f"{count} of {rows} rows are bad, {limit} allowed: nothing was stored. First: {first}. "
            "Mend the file or raise --max_rejects or --max_reject_ratio"
        )
