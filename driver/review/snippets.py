"""The lines that read a table of results in pandas, Polars and DuckDB: keys stay text, so that ids keep their zeros."""

from typing import NamedTuple

from driver.review.read_back import is_text
from driver.tables.table_list import OTHER_FILES, TABLES, meaning_of


class Snippet(NamedTuple):
    """A table, what its rows are about, and how to read it."""

    name: str
    meaning: str
    pandas: str
    polars: str
    duckdb: str


def snippets(columns: dict[str, list[str]]) -> list[Snippet]:
    """Return how to read each table that there is; ``columns`` are the header lines by file name."""
    known = [*(f"{table.name}.csv" for table in TABLES), *OTHER_FILES]
    others = sorted(name for name in columns if name not in known)  # of combinations of keys
    return [_of(name, meaning_of(name), columns[name]) for name in (*known, *others) if name in columns]


def _of(name: str, meaning: str, columns: list[str]) -> Snippet:
    texts = [column for column in columns if is_text(name.removesuffix(".csv"), column)]
    typed = {
        "pandas": ", ".join(f'"{column}": str' for column in texts),
        "polars": ", ".join(f'"{column}": polars.String' for column in texts),
        "duckdb": ", ".join(f"'{column}': 'VARCHAR'" for column in texts),
    }
    return Snippet(
        name,
        meaning,
        f'pandas.read_csv("{name}", dtype={{{typed["pandas"]}}})',
        f'polars.read_csv("{name}", schema_overrides={{{typed["polars"]}}}, infer_schema_length=None)',
        f"duckdb.sql(\"FROM read_csv('{name}', types={{{typed['duckdb']}}})\")",
    )
