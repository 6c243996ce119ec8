"""The tables of a results folder as a run left them, read back: CSV files, and run.json beside them."""

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from driver.config.combinations import KEYS
from driver.tables.csv_text import Value
from driver.tables.named_keys import NAME_COLUMNS
from driver.tables.replay_words import ALL
from driver.tables.table_list import TABLES
from tickstore.errors import InputError

Cells = dict[str, Value]
OPTIONAL_TABLES: Final = frozenset(table.name for table in TABLES if table.chosen_by)
REPLAY_TABLES: Final = ("fidelity", "bounds", "by_time_limit")  # only where scenarios are replayed
KIND_TABLES: Final = (  # only where there are orders
    "by_order_type", "by_mid_tick", "by_size_quartile", "by_deal_source", "unmatched",
)  # fmt: skip
MARKET_TABLES: Final = ("market", "market_participants")  # only where there are trades or quotes
PART_TABLES: Final = ("contrasts", "saving_split")  # only where savings have parts
CURVE_TABLES: Final = ("fill_curves",)  # only where orders wait for fills
KEY_COLUMNS: Final = frozenset(key for table in TABLES for key in table.keys) | frozenset(KEYS)
WORD_COLUMNS: Final = (
    "order_id", "scenario", "test", "weighting", "status", "note", "kind", "trusted", "identified", "bounds_agree",
    "best", "by", "few_orders", "until", "measure", "unit", "meaning", "venue", "reason", "about", "variant", "command",
    "name", "part", "parent_id", "saving_note", "saving_mean_note",
)  # fmt: skip
NAMES: Final = frozenset(name for names in NAME_COLUMNS.values() for name in names)
TEXT_COLUMNS: Final = KEY_COLUMNS | frozenset(WORD_COLUMNS) | NAMES
NUMBERS: Final = frozenset([("market_participants", "value")])  # what has the name of a key elsewhere


def read_table(path: Path, first: tuple[str, str] | None = None, days: int | None = None) -> list[Cells]:
    """Return the rows of one of the run's tables, numbers as numbers, missing as None.

    first : a column and a value; only the rows before the first that has another value there are read
    days : of a table of security-days, only the rows of all of them, and the first row of each of so many, are read

    A table that `aggregate_by` leaves out is empty, and so is one of the replay, or of the
    market, where nothing is known of it.
    """
    seldom = *OPTIONAL_TABLES, *REPLAY_TABLES, *KIND_TABLES, *MARKET_TABLES, *PART_TABLES, *CURVE_TABLES
    if path.stem in seldom and not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines: Iterator[list[str]] = csv.reader(file)
            names = next(lines, [])
            if first is not None:
                column, value = first
                at = names.index(column)
                lines = takewhile(lambda line: line[at] == value, lines)
            if days is not None:
                lines = _first_days(lines, names.index("security_code"), names.index("date"), days)
            columns = [
                _values(texts, is_text(path.stem, name))
                for name, *texts in zip(names, *filter(None, lines), strict=True)
            ]
            return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    except FileNotFoundError:
        remedy = "make the tables first with `python -m driver run` or `aggregate`"
        raise InputError(f"{path} is missing: {remedy}") from None
    except (ValueError, IndexError, csv.Error) as error:
        raise InputError(f"{path} is damaged ({error}): make it again with `python -m driver aggregate`") from None


def _first_days(lines: Iterator[list[str]], security: int, date: int, most: int) -> Iterator[list[str]]:
    """Yield the lines of all security-days together, and the first line of each of ``most`` of them."""
    seen: set[tuple[str, str]] = set()
    for line in lines:
        day = line[security], line[date]
        if day[0] == ALL or (day not in seen and len(seen) < most):
            yield line
            if day[0] != ALL:
                seen.add(day)


def is_text(table: str, column: str) -> bool:
    """Return whether a column holds texts, of which an id of digits alone is one; ``table`` : without its suffix."""
    return column in TEXT_COLUMNS and (table, column) not in NUMBERS


def _values(column: Sequence[str], text: bool) -> list[Value]:
    if text:
        return [one or None for one in column]
    # A letter of "nan", or of an exponent, tells a float as a point does. Of a run's tables all but few are numbers.
    return [None if one == "" else float(one) if "." in one or "e" in one or "n" in one else int(one) for one in column]


def read_tables(results: Path, *names: str) -> dict[str, list[Cells]]:
    """Return several tables by name."""
    return {name: read_table(results / f"{name}.csv") for name in names}


def run_facts(results: Path) -> dict[str, Any]:
    """Return what run.json says of the run, without what is of use to programs alone; empty where there is none."""
    try:
        facts = json.loads((results / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in facts.items() if key not in ("darkreplay", "state", "plan", "tables")}
