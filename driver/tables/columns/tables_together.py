"""The measures of several tables, worked out together: most have few rows, and a column costs its calls."""

from collections.abc import Mapping, Sequence

from driver.sums.totals import Totals
from driver.tables.columns.measured import Line, Measured
from driver.tables.replay_words import ALL
from driver.tables.row_measures import measures
from driver.tables.table_style import TableStyle


def measures_of(tables: Mapping[str, tuple[Totals, Sequence[int]]], style: TableStyle) -> dict[str, Measured]:
    """Return the measures of some rows of tables by name; those of tables with and without quantiles are apart."""
    found: dict[str, Measured] = {}
    for quantiles in (True, False):
        chosen = {name: one for name, one in tables.items() if (one[0].histogram is not None) == quantiles}
        if chosen:
            whole, first = measures(Totals.joined([*chosen.values()]), style), 0
            for name, (_, rows) in chosen.items():
                found[name] = whole.part(first, first + len(rows))
                first += len(rows)
    return found


def by_security_and_date(
    measured: Mapping[str, Measured], securities: Sequence[str], dates: Sequence[str]
) -> dict[tuple[str, str], Sequence[Line]]:
    """Return the measures of every scenario: of all orders, by security and by date, in the order of rows."""
    found: dict[tuple[str, str], Sequence[Line]] = {(ALL, ALL): measured["global_summary"].row(0)}
    found |= {(security, ALL): measured["by_security"].row(n) for n, security in enumerate(securities)}
    return found | {(ALL, date): measured["by_date"].row(n) for n, date in enumerate(dates)}
