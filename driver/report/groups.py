"""Rows of tables in groups, as the report draws and lists them."""

from collections.abc import Mapping, Sequence
from typing import Final

from driver.review.numbers import Row, number
from driver.review.read_back import Cells
from driver.tables.replay_words import ALL

SHOWN: Final = 20  # groups drawn or listed; the CSV has all of them


def grouped(rows: Sequence[Row], key: str, name: str = "") -> list[tuple[str, list[Row]]]:
    """Return consecutive rows with equal ``key`` together, as (label, one row per scenario).

    The label is the key and, where the rows have that column and it is not empty, ``name``.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{row[key]} {row.get(name) or ''}".strip(), []).append(row)
    return list(groups.items())


def size_name(bucket: str) -> str:
    """Return a bucket of shares as it is read: `1001-5000` with its thousands apart."""
    low, _, high = bucket.rstrip("+").partition("-")
    return f"{int(low):,} to {int(high):,}" if high else f"{int(low):,} and more"


def largest(groups: list[tuple[str, list[Row]]]) -> list[tuple[str, list[Row]]]:
    """Return the SHOWN groups of largest value at arrival, in table order; of most shares where no value is known."""
    known = any(rows[0]["benchmark_notional"] for _, rows in groups)
    measure = "benchmark_notional" if known else "order_quantity"
    ranked = sorted(range(len(groups)), key=lambda i: -number(groups[i][1][0][measure] or 0))
    return [groups[i] for i in sorted(ranked[:SHOWN])]


def without_unknown(tables: Mapping[str, list[Cells]]) -> tuple[dict[str, list[Cells]], list[str]]:
    """Return the tables without scenarios that nothing is known of, for want of trades or quotes, and their names.

    Tests stay: they say why there is none.
    """
    summary, parts = tables["global_summary"], ("global_summary", "by_security", "by_date")
    known = {row["scenario"] for name in parts for row in tables[name] if row["fill_ratio"] is not None}
    if not known:  # no order at all
        return dict(tables), []
    unknown = [str(row["scenario"]) for row in summary if row["scenario"] not in known]
    kept = {
        name: rows if name == "statistics" else [row for row in rows if row.get("scenario") not in unknown]
        for name, rows in tables.items()
    }
    return kept, unknown


def distinct(rows: Sequence[Cells]) -> list[Cells]:
    """Return rows by security and date, those left out that say of one security, or one date, what the first says."""
    several = {key: len({row[key] for row in rows} - {ALL}) > 1 for key in ("security_code", "date")}
    return [row for row in rows if all(row[key] == ALL or some for key, some in several.items())]
