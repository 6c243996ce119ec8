"""How many bad rows are too many."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tickstore.errors import InputError
from tickstore.rejects import BadRow
from tickstore.request import ConvertRequest


def check_rejects(
    request: ConvertRequest, counts: Mapping[str, Counter[str]], rejects: Sequence[BadRow], more: int = 0
) -> None:
    """Raise InputError when more rows were refused than the request allows: ``rejects`` and ``more`` that are alike."""
    rows = sum(count["read"] - count["blank"] for count in counts.values())
    limit = request.max_rejects if request.max_rejects is not None else int(request.max_reject_ratio * rows)
    count = len(rejects) + more
    if count > limit:
        first = "; ".join(
            f"{bad.path}:{bad.line} {bad.reason}{' in ' + bad.column if bad.column else ''}" for bad in rejects[:3]
        )
        raise InputError(
            f"{count} of {rows} rows are bad, {limit} allowed: nothing was stored. First: {first}. "
            "Mend the file or raise --max_rejects or --max_reject_ratio"
        )
