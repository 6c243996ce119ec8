"""Look at an input file: what its columns are, which fields they match, what the values look like.

Beside the parser, called by the command line.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from kernels.conventions import NULL
from tickstore.input.fields import FIELDS, TABLES
from tickstore.inspect.batches import matched
from tickstore.inspect.column_guesses import guessed_columns
from tickstore.inspect.proposal import Proposal, propose
from tickstore.inspect.proposal_text import toml
from tickstore.inspect.reasons import message_column
from tickstore.inspect.sample import Sample, read_sample
from tickstore.inspect.trial import Trial, stored_texts, try_request
from tickstore.request import ConvertRequest
from tickstore.rules import rules_of

FIRST_ROWS: Final = 3
SHOWN_REASONS: Final = 5
_SENTINEL: Final = str(NULL)
_ENOUGH: Final = 0.5  # of the needed fields
_STATES: Final = {"leaves_quantity", "matched_quantity"}  # fields that tell states of orders from all else
_HINTS: Final = {"orders": ("order",), "trades": ("trade", "fill"), "nbbo": ("nbbo", "quote", "bbo")}


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column of the rows looked at."""

    name: str
    field: str  # the field it is taken for, or ""
    low: str
    high: str
    nulls: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file."""

    path: Path
    table: str  # orders, trades, nbbo or "" where no table fits
    delimiter: str
    rows_sampled: int
    columns: tuple[ColumnSummary, ...]
    missing: tuple[str, ...]  # required fields that nothing shows a column for
    mapping: str  # proposed TOML, which works when pasted where nothing is missing
    first_rows: tuple[dict[str, str], ...]  # as they would be stored with it
    notes: tuple[str, ...]


def inspect_file(
    path: Path | str, sample_bytes: int = 8 << 20, request: ConvertRequest | None = None, table: str = ""
) -> Inspection:
    """Return what a CSV or Parquet file, packed or not, holds, by its header and its first ``sample_bytes`` bytes.

    It is looked at as ``table`` where that is said, and read as ``request`` has it, whose own files do not matter.
    """
    path, request = Path(path), request or ConvertRequest((), Path())
    sample = read_sample(path, request, table, sample_bytes)
    found = table or _best_table(sample, request)
    made = propose(sample, found or "orders", request)
    trial = try_request(sample, made.table, made.request) if not made.open else Trial()
    fields = {rule.column: name for name, rule in reversed(made.rules.items()) if rule.column}
    summaries = tuple(_summary(name, fields.get(name, ""), sample.cells(n)) for n, name in enumerate(sample.names))
    return Inspection(
        path, found, sample.delimiter, len(sample.rows), summaries, made.open, toml(made, sample),
        stored_texts(trial, made.request, FIRST_ROWS), _notes(made, trial),
    )  # fmt: skip


def _notes(made: Proposal, trial: Trial) -> tuple[str, ...]:
    """Return what the proposal does not settle."""
    notes = list(made.notes)
    if trial.left_out:
        tried = trial.left_out + len(trial.rows) + trial.bad_rows
        notes.append(f"{trial.left_out:,} of {tried:,} rows tried are left out by [input.where]")
    if trial.problem:
        notes.append(f"not read with this: {trial.problem}")
    for (name, reason), count in trial.bad.most_common(SHOWN_REASONS):
        cell = trial.examples[name, reason]
        notes.append(
            f"{count:,} of {len(trial.rows) + trial.bad_rows:,} rows tried are refused: {name} {cell!r}: {reason}"
        )
    return tuple(notes)


def _best_table(sample: Sample, request: ConvertRequest) -> str:
    """Return the table of which most needed fields are found; one that the file's or its folder's name says wins.

    Where less than half are found and no name says anything, there is no table.
    """
    fields = {table: _fields_found(sample, table, request) for table in TABLES}
    if message_column(sample) and "order_id" in fields["orders"] and not fields["orders"] & _STATES:
        return "orders"  # that no mapping makes states
    said = f"{sample.path.parent.name}/{sample.path.name}".lower()
    best: tuple[float, int, str] | None = None
    for table in TABLES:
        needed = {f.name for f in FIELDS[table] if f.required}
        hinted = max((said.rfind(hint) for hint in _HINTS[table]), default=-1)
        share = len(needed & fields[table]) / len(needed)
        named = 1 + hinted / (1 + len(said)) if hinted >= 0 else 0
        candidate = (share + named, len(fields[table] & _STATES), table)
        if table == "orders" and fields[table] & _STATES and share >= _ENOUGH:  # which trades do not have
            candidate = (1 + named, len(fields[table]), table)
        if best is None or candidate[:2] > best[:2]:
            best = candidate
    return "" if best is None or best[0] < _ENOUGH else best[2]


def _fields_found(sample: Sample, table: str, request: ConvertRequest) -> set[str]:
    """Return the fields of a table that have a column, known or guessed."""
    columns, missing = matched(sample.names, table, rules_of(request.columns))
    left = {n: set(sample.cells(k)[:200]) for k, n in enumerate(sample.names) if n and k not in columns.values()}
    stated = {f.name for f in FIELDS[table] if f.required} - set(missing)
    return {*columns, *stated, *guessed_columns(table, missing, left)}


def _summary(name: str, field: str, texts: list[str]) -> ColumnSummary:
    present = {text for text in texts if text and text != _SENTINEL}
    low, high = _range(present) if present else ("", "")
    return ColumnSummary(name, field, low, high, sum(text not in present for text in texts), len(present))


def _range(texts: set[str]) -> tuple[str, str]:
    """Return the smallest and the largest: as exact numbers where all are numbers, else as text."""
    try:
        numbers = {Decimal(text): text for text in texts}
        if all(number.is_finite() for number in numbers):
            return numbers[min(numbers)], numbers[max(numbers)]
    except InvalidOperation:
        pass
    return min(texts), max(texts)
