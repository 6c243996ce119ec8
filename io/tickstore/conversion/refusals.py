"""Why a conversion is refused because of its rows, in words a user can act on. For parse tasks and `rejects`."""

import re
from collections.abc import Sequence

from tickstore.conversion.advice import advice_for
from tickstore.errors import InputError
from tickstore.input.fields import PRICE
from tickstore.input.files import Source
from tickstore.parse.blocks import Reject
from tickstore.parse.odd_lines import ANOTHER_HEADER, GROUPED, TOO_MANY_DECIMALS


class TooManyBadError(InputError):
    """A byte range has more bad rows than are allowed at all; it brings them along."""

    def __init__(self, message: str, number: int, rejects: list[Reject]) -> None:
        super().__init__(message)
        self.args = message, number, rejects
        self.number, self.rejects = number, rejects

    def __str__(self) -> str:
        return self.message


def check_contradictions(rejects: list[Reject], source: Source, start: int) -> None:
    """Raise InputError for a line that shows that the whole file is not what it was taken for."""
    prices = {source.header.names[r.column] for r in source.readings if r.kind == PRICE and r.column >= 0}
    for reject in rejects:
        place = place_of(reject, source, start)
        if reject.reason == ANOTHER_HEADER:
            raise InputError(
                f"{place}: a header in the middle of the file, of other columns or in another order "
                f"({reject.raw[:80]}): what follows it would be misread; split the file there and give both parts"
            )
        if reject.reason == GROUPED:
            raise InputError(
                f"{place}: {reject.cell} in {reject.column} has a point before decimals, or between thousands, while "
                "those before have none; nothing was stored. Write numbers without separators of thousands, or say "
                f"that these are decimals: [input.columns] {reject.field} = "
                f'{{column = "{reject.column}", decimals = 0}}'
            )
        whole = source.price_format == "units" and not source.unit_stated
        if whole and reject.reason == TOO_MANY_DECIMALS and reject.column in prices:
            raise InputError(
                f"{place}: {reject.cell} in {reject.column} has decimals, while the prices before were "
                "taken for whole numbers of the price unit; nothing was stored. Say --price_format=decimal (prices are "
                "of the currency) or --price_format=units (this row is bad)"
            )


def too_many_bad(what: str, first: Sequence[tuple[str, str, str, str, str]], rejects: str = "") -> InputError:
    """Return the error for more bad rows than allowed; ``first``: place, reason, column, cell, field of some."""
    rows = "; ".join(
        f"{place} {reason}{' in ' + column if column else ''}{f' ({_shown(cell)})' if cell else ''}"
        for place, reason, column, cell, _ in first
    )
    advice = dict.fromkeys(advice_for(reason, column, field, cell) for _, reason, column, cell, field in first)
    told = "; ".join(advice)
    listed = f". All are in {rejects}" if rejects else ""
    return InputError(
        f"{what}: nothing was stored. First: {rows}. {told[:1].upper()}{told[1:]}; or raise --max_rejects or "
        f"--max_reject_ratio{listed}"
    )


def _shown(cell: str) -> str:
    """Return a cell in quotes; a byte that is no text by its two digits."""
    return re.sub(r"\\udc([89a-f][0-9a-f])", r"\\x\1", repr(cell[:60]))


def place_of(reject: Reject, source: Source, start: int) -> str:
    """Return where a bad row is; its line is only known where the lines before it are."""
    if start == 0:
        return f"{source.path}:{source.header.first_line + reject.line}"
    return f"{source.path} at byte {reject.offset}"
