"""A mapping tried on the first rows of a file, as a conversion would read them: what would be stored, what refused."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from kernels.conventions import NULL
from tickstore.errors import InputError, UserError
from tickstore.input.fields import DATE, IDS, NAME, PRICE, SIDE, TIME, canonical
from tickstore.input.files import Source
from tickstore.input.readings import Reading
from tickstore.inspect.sample import Sample
from tickstore.parse.odd_lines import read_cells
from tickstore.parse.plan import line_rules, source_of
from tickstore.request import ConvertRequest
from tickstore.times.reject_error import RejectError

_ROWS: Final = 5_000
_NO_TEXT: Final = "\ufffd"  # what a sample has for bytes that are no text
_SECOND: Final = 10**9


@dataclass(slots=True)
class Trial:
    """What became of the rows."""

    source: Source | None = None
    problem: str = ""  # why the file would be refused before any row is read
    rows: list[tuple[list[str], dict[str, int]]] = field(default_factory=list)  # cells, values by field
    bad: Counter[tuple[str, str]] = field(default_factory=Counter)  # (field, reason) -> rows
    examples: dict[tuple[str, str], str] = field(default_factory=dict)  # their first cell
    refused: list[list[str]] = field(default_factory=list)  # cells of the rows that have one that cannot be read
    left_out: int = 0  # rows that the user wants not

    @property
    def stamps(self) -> list[int]:
        """Return the timestamps that could be read."""
        return [values["timestamp"] for _, values in self.rows if "timestamp" in values]

    @property
    def bad_rows(self) -> int:
        """Return how many rows have a cell that cannot be read."""
        return sum(self.bad.values())


def try_request(sample: Sample, table: str, request: ConvertRequest) -> Trial:
    """Return what ``request`` would make of the sample's rows."""
    trial = Trial()
    try:
        trial.source = source_of(sample.path, table, request)
    except (InputError, UserError) as error:
        trial.problem = error.message.removeprefix(f"{sample.path}: ")
    if trial.source is None:
        return trial
    rules = line_rules(trial.source, request.timezone)
    where = trial.source.where
    for cells in sample.rows[:_ROWS]:
        if len(cells) != len(rules.names):
            _count(trial, "", "another number of cells than the header", "")
            continue
        if not all(cells[column] in texts for column, texts in where):
            trial.left_out += 1
            continue
        if sorted(map(canonical, cells)) == sorted(map(canonical, rules.names)):
            _count(trial, "", "another header: files were put one behind the other; split them there", cells[0])
            continue
        values: dict[str, int] = {}
        for reading in rules.readings:
            try:
                if reading.column >= 0 and _NO_TEXT in cells[reading.column]:
                    raise RejectError("not UTF-8")
                values[reading.field.name] = read_cells(cells, reading, rules, {})
            except RejectError as error:
                cell = cells[reading.column] if reading.column >= 0 else reading.constant
                _count(trial, reading.field.name, error.reason, cell)
                trial.refused.append(cells)
                break
        else:
            trial.rows.append((cells, values))
    return trial


def _count(trial: Trial, name: str, reason: str, cell: str) -> None:
    trial.bad[name, reason] += 1
    trial.examples.setdefault((name, reason), cell)


def stored_texts(trial: Trial, request: ConvertRequest, most: int) -> tuple[dict[str, str], ...]:
    """Return the first rows as they would be stored, for people: fields without a value left out."""
    readings = () if trial.source is None else trial.source.readings
    return tuple(
        {
            reading.field.name: text
            for reading in readings
            if (text := _text(reading, cells, values[reading.field.name], request))
        }
        for cells, values in trial.rows[:most]
    )


def _text(reading: Reading, cells: list[str], value: int, request: ConvertRequest) -> str:
    """Return a value in words: a time in UTC and local, a price in currency, a side as such."""
    kind, cell = reading.kind, (cells[reading.column] if reading.column >= 0 else reading.constant).strip()
    if value == NULL or (kind == DATE and not cell):
        return ""
    if kind == TIME:
        return time_text(value, request.timezone)
    if kind == PRICE:
        return f"{scaled_text(value, request.price_decimals)} ({value} units)"
    if kind == SIDE:
        return "buy" if value > 0 else "sell"
    if kind in (NAME, DATE) or reading.field.name in IDS:
        return dict(reading.words).get(cell, cell)
    return scaled_text(value, len(str(reading.scale)) - 1) if reading.scale > 1 else str(value)


def time_text(stamp: int, zone: str) -> str:
    """Return a time in UTC to the ns and the clock of the exchange.

    Examples
    --------
    >>> time_text(1725494536001032398, "Australia/Sydney")
    '2024-09-05T00:02:16.001032398Z (local 2024-09-05 10:02:16)'
    """
    seconds, rest = divmod(stamp, _SECOND)
    moment = datetime.fromtimestamp(seconds, UTC)
    local = moment.astimezone(ZoneInfo(zone))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09}Z (local {local:%Y-%m-%d %H:%M:%S})"


def scaled_text(value: int, decimals: int) -> str:
    """Return a whole number of 10^-decimals as a decimal number.

    Examples
    --------
    >>> scaled_text(3340, 3), scaled_text(-5, 2), scaled_text(7, 0)
    ('3.340', '-0.05', '7')
    """
    if decimals == 0:
        return str(value)
    whole, fraction = divmod(abs(value), 10**decimals)
    return f"{'-' * (value < 0)}{whole}.{fraction:0{decimals}}"
