"""The measures of tables: several worked out together, since a column costs its calls, or many rows some at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from driver.sums.totals import Totals
from driver.tables.columns.measured import Line, Measured
from driver.tables.named_keys import Labels
from driver.tables.replay_words import ALL
from driver.tables.row_measures import measures, totals_csv
from driver.tables.table_style import TableStyle

AT_ONCE: Final = 128  # rows, whose measures take a few MB


def measures_of(tables: Mapping[str, tuple[Totals, Sequence[int]]], style: TableStyle) -> dict[str, Measured]:
    """Return the measures of some rows of tables by name: tables that all have histograms, or none of them."""
    if len({totals.histogram is None for totals, _ in tables.values()}) > 1:
        raise ValueError("tables with and without histograms cannot be measured together")
    pieces = [measures(Totals.joined(piece), style) for piece in _pieces([*tables.values()])]
    whole = Measured.joined(pieces)
    found, first = dict[str, Measured](), 0
    for name, (_, rows) in tables.items():
        found[name] = whole.part(first, first + len(rows))
        first += len(rows)
    return found


def _pieces(parts: Sequence[tuple[Totals, Sequence[int]]]) -> Iterator[list[tuple[Totals, Sequence[int]]]]:
    """Yield the rows of totals, some of them at a time, in their order."""
    piece, left = list[tuple[Totals, Sequence[int]]](), AT_ONCE
    for totals, rows in parts:
        first = 0
        while len(rows) - first > left:
            yield [*piece, (totals, rows[first : first + left])]
            piece, first, left = [], first + left, AT_ONCE
        piece.append((totals, rows[first:]))
        left -= len(rows) - first
    yield piece


def table_in_pieces(keys: Sequence[str], labels: Labels, totals: Totals, style: TableStyle) -> bytes:
    """Return a table of the rows of totals that ``labels`` tell: the measures of a piece are gone before the next."""
    parts: list[bytes] = []
    for first in range(0, max(len(labels), 1), AT_ONCE):
        piece = labels[first : first + AT_ONCE]
        measured = measures(totals.taken([row for _, row in piece]), style)
        part = totals_csv(keys, [(label, place) for place, (label, _) in enumerate(piece)], measured)
        parts.append(part.partition(b"\n")[2] if parts else part)
    return b"".join(parts)


def by_security_and_date(
    measured: Mapping[str, Measured], securities: Sequence[str], dates: Sequence[str]
) -> dict[tuple[str, str], Sequence[Line]]:
    """Return the measures of every scenario: of all orders, by security and by date, in the order of rows."""
    found: dict[tuple[str, str], Sequence[Line]] = {(ALL, ALL): measured["global_summary"].row(0)}
    found |= {(security, ALL): measured["by_security"].row(n) for n, security in enumerate(securities)}
    return found | {(ALL, date): measured["by_date"].row(n) for n, date in enumerate(dates)}
