"""How the times of a file are to be read where they do not say it: units, epochs, clocks with a date, formats.

Each way is tried on the first rows; what reads them all, with dates that can be, is proposed. For `proposal`.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from tickstore.input.fields import FIELDS, canonical
from tickstore.input.readings import date_in_name
from tickstore.inspect.sample import Sample
from tickstore.inspect.trial import Trial, try_request
from tickstore.request import ConvertRequest
from tickstore.rules import MIDNIGHT, ColumnRule
from tickstore.times.stated_dates import DAYS_BELOW, UNREADABLE, read_stated_date
from tickstore.times.trade_dates import DAY_NS, day_number

_FORMATS: Final = tuple(
    f"{day} {clock}"
    for day in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y")
    for clock in ("%H:%M:%S.%f", "%I:%M:%S.%f %p")
)
_EPOCHS: Final = ("2000-01-01", "1980-01-01")  # kdb+, NSE
_UNITS: Final = ("s", "ms", "us", "ns")
_SPREADSHEET: Final = "1899-12-30"  # from which its days count
_SERIALS: Final = (36_526, 73_050)  # those of 2000 to 2099
_CLOCK_UNITS: Final = ("s", "hhmmss", "hhmmssfff", "ms", "us", "ns")  # 103000 is half past ten, not 103 seconds
_OLD_DAYS: Final = 5 * 365  # between trading and the writing of its file: beyond, another epoch is likelier
_TOO_OLD: Final = 10  # years
_FINE: Final = 10**14  # numbers from here on count us or ns, which nobody did before 2000
_LOOKED_AT: Final = 200
_MOST_BAD: Final = 0.1
_CLOCK: Final = re.compile(r"(0?\d|1\d|2[0-3])([0-5]\d[0-5]\d\d{3}|:[0-5]\d:[0-5]\d(\.\d+)?)", re.ASCII)
RECENT, POSSIBLE, IMPOSSIBLE = 2, 1, 0


@dataclass(frozen=True, slots=True)
class TimeProposal:
    """A rule for the timestamps, and why it is not the usual one."""

    rule: ColumnRule
    why: str = ""
    note: str = ""  # what else they might be
    choices: tuple[ColumnRule, ...] = ()  # rules that read them all alike, of which nothing shows the right one


def propose_times(sample: Sample, table: str, request: ConvertRequest, column: str) -> TimeProposal:
    """Return how the timestamps in ``column`` are to be read; ``request`` maps all other fields."""
    small = replace(sample, rows=sample.rows[:_LOOKED_AT])
    dated = _stated_days(sample)
    best: tuple[int, TimeProposal] | None = None
    others: list[str] = []
    years = 0.0
    for proposal in _ways(sample, column):
        trial = try_request(small, table, _with(request, table, proposal.rule))
        if not trial.stamps or trial.bad_rows > _MOST_BAD * len(small.rows):
            continue
        sense = _sense(trial, sample, dated)
        if proposal.rule.epoch in _EPOCHS and _years_old(trial, sample) > _TOO_OLD:
            continue
        if best is not None and sense == RECENT and best[0] != RECENT and not proposal.rule.date:
            others.append(f"{_day(trial)} counted from {proposal.rule.epoch}")
        proposal = _explicit(proposal, trial, sample)
        if best is None or (sense > best[0] and (best[0] == IMPOSSIBLE or dated or _is_fine(sample, column))):
            best, years = (sense, proposal), _years_old(trial, sample)
        if best[0] == RECENT:
            break
    if not dated and _are_clocks(sample, column):
        digits = ":" not in "".join(sample.cells(sample.names.index(column))[:_LOOKED_AT])
        rule = ColumnRule(column, date="YYYY-MM-DD", unit="hhmmssfff" if digits else "")
        note = (
            f"times look like clocks{' (hhmmssfff)' * digits}, and no column or file name has a date that can be read"
        )
        return TimeProposal(rule, note=f"{note}: state one", choices=(rule,))
    if best is None:
        return TimeProposal(ColumnRule(column))
    if best[1].rule.format:
        return _of_two_orders(best[1], sample, table, request, dated)
    if others and best[0] == POSSIBLE:
        return replace(best[1], note=f"times may also be {' or '.join(others)}: then say so with epoch and unit")
    if not dated and years > _TOO_OLD:
        note = f"times are {years:.0f} years before the file's own: if that cannot be, say epoch and unit"
        return replace(best[1], note=note)
    return best[1]


def _of_two_orders(
    proposal: TimeProposal, sample: Sample, table: str, request: ConvertRequest, dated: set[int]
) -> TimeProposal:
    """Return a proposal that leaves open whether the day or the month is first, where rows and dates show neither."""
    form = proposal.rule.format
    both = sorted((form, form.translate(str.maketrans("dm", "md"))))  # the letters stand for nothing else here
    refused: dict[ColumnRule, int] = {}
    for one in both:
        rule = replace(proposal.rule, format=one)
        trial = try_request(sample, table, _with(request, table, rule))
        days = {stamp // DAY_NS for stamp in trial.stamps}
        if days and not _is_beyond(days, dated):
            refused[rule] = trial.bad_rows
    can = [rule for rule, rows in refused.items() if rows == min(refused.values())]
    if len(can) < len(both):
        return replace(proposal, rule=can[0], why=f"written as {can[0].format}") if can else proposal
    text = next(text for text in sample.cells(sample.names.index(str(proposal.rule.column))) if text)
    note = f"{text!r} may have the day first ({both[0]}) or the month ({both[1]}): take one of the two lines"
    return replace(proposal, note=note, choices=tuple(can))


def _explicit(proposal: TimeProposal, trial: Trial, sample: Sample) -> TimeProposal:
    """Return a proposal that states where the date of clocks is, which the reader found by itself."""
    readings = () if trial.source is None else trial.source.readings
    reading = next((r for r in readings if r.field.name == "timestamp" and r.clock), None)
    if reading is None or proposal.rule.date:
        return proposal
    date = sample.names[reading.date_column] if reading.date_column >= 0 else reading.date
    where = f"is in {date}" if reading.date_column >= 0 else "is in the file's name"
    return replace(proposal, rule=replace(proposal.rule, date=date), why=f"clocks, their date {where}")


def _with(request: ConvertRequest, table: str, rule: ColumnRule) -> ConvertRequest:
    columns = [pair for pair in request.columns if pair[0].rpartition(".")[2] != "timestamp"]
    return replace(request, columns=(*columns, (f"{table}.timestamp", rule)))


def _ways(sample: Sample, column: str) -> Iterator[TimeProposal]:
    """Yield ways to read times, the likeliest first."""
    texts = [text for text in sample.cells(sample.names.index(column))[:_LOOKED_AT] if text]
    numbers = [float(text) for text in texts if _is_number(text)]
    of_numbers = bool(numbers) and len(numbers) == len(texts)
    yield TimeProposal(ColumnRule(column))
    days = [name for name in date_columns(sample) if name != column]
    for name in days:
        yield TimeProposal(ColumnRule(column, date=name), f"clocks, their date is in {name}")
    named = date_in_name(str(sample.path))
    if named:
        yield TimeProposal(ColumnRule(column, date=named), "clocks, their date is in the file's name")
    if of_numbers:
        for unit in _CLOCK_UNITS:
            for day in (*days, *([named] if named else [])):
                rule = ColumnRule(column, date=day, epoch=MIDNIGHT if unit in _UNITS else "", unit=unit)
                yield TimeProposal(rule, f"{unit} since local midnight" if unit in _UNITS else f"clocks as {unit}")
        for epoch in _EPOCHS:
            for unit in _UNITS:
                if _in_range(max(numbers), unit):
                    rule = ColumnRule(column, epoch=epoch, unit=unit)
                    yield TimeProposal(rule, f"counted from {epoch}: from 1970 they would be of other years")
        if _SERIALS[0] <= min(numbers) and max(numbers) < _SERIALS[1] and "." in "".join(texts):
            note = (
                f"times are taken for days of a spreadsheet, from {_SPREADSHEET}, in UTC; local ones need the offset "
                f'of the day, such as epoch = "{_SPREADSHEET}T00:00:00+10:00"'
            )
            yield TimeProposal(ColumnRule(column, epoch=_SPREADSHEET, unit="d"), "days of a spreadsheet", note)
    else:
        for form in _FORMATS:
            yield TimeProposal(ColumnRule(column, format=form), f"written as {form}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _in_range(number: float, unit: str) -> bool:
    """Return whether a number of units is some ten to eighty years, as an epoch of our time has it."""
    years = number / {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit] / (365.25 * 86_400)
    return 3 < years < 80


def _is_fine(sample: Sample, column: str) -> bool:
    cells = (text for text in sample.cells(sample.names.index(column))[:_LOOKED_AT] if _is_number(text))
    return all(float(text) >= _FINE for text in cells)


def date_columns(sample: Sample) -> list[str]:
    """Return the columns that hold dates, by their names and cells."""
    names = next(field for field in FIELDS["orders"] if field.name == "trade_date").aliases
    found = []
    for number, name in enumerate(sample.names):
        cells = [text for text in sample.cells(number)[:_LOOKED_AT] if text]
        if (canonical(name) in names or "date" in canonical(name)) and cells and all(map(_is_date, cells)):
            found.append(name)
    return found


def _is_date(text: str) -> bool:
    return _day_of(text) is not None


def _day_of(text: str) -> int | None:
    """Return the day number of a stated date, None where it is none."""
    number = read_stated_date(text)
    if number == UNREADABLE:
        return None
    if 19_000_000 < number < 22_000_000:
        digits = str(number)
        return day_number(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    return number if number < DAYS_BELOW else number // DAY_NS


def _stated_days(sample: Sample) -> set[int]:
    """Return the days that columns of dates, or else the file's name, state."""
    days = {
        _day_of(text)
        for name in date_columns(sample)
        for text in set(sample.cells(sample.names.index(name))[:_LOOKED_AT]) - {""}
    }
    named = date_in_name(str(sample.path))
    if not days and named:
        days = {_day_of(named)}
    return {day for day in days if day is not None}


def _sense(trial: Trial, sample: Sample, stated: set[int]) -> int:
    """Return how sensible the dates of times are."""
    days = {stamp // DAY_NS for stamp in trial.stamps}
    written = int(sample.path.stat().st_mtime) * 10**9 // DAY_NS
    if _is_beyond(days, stated):
        return IMPOSSIBLE
    if stated:
        return RECENT
    if all((day + 3) % 7 >= 5 for day in days):  # 1970-01-01 was a Thursday
        return IMPOSSIBLE
    return RECENT if min(_today(), written) - max(days) <= _OLD_DAYS else POSSIBLE


def _is_beyond(days: set[int], stated: set[int]) -> bool:
    """Return whether days are to come, or others than those stated, three off for zones, evenings and weekends."""
    near = all(any(abs(day - other) <= 3 for other in stated) for day in days)
    return max(days) > _today() + 1 or (bool(stated) and not near)


def _today() -> int:
    return time.time_ns() // DAY_NS


def _years_old(trial: Trial, sample: Sample) -> float:
    """Return how many years before the writing of the file the last time is."""
    return (sample.path.stat().st_mtime - max(trial.stamps) / 1e9) / (365.25 * 86_400)


def _are_clocks(sample: Sample, column: str) -> bool:
    """Return whether times are clocks: of digits with ms, too, which as seconds would be of the seventies."""
    cells = [text for text in sample.cells(sample.names.index(column))[:_LOOKED_AT] if text]
    return bool(cells) and all(_CLOCK.fullmatch(text) for text in cells)


def _day(trial: Trial) -> str:
    return datetime.fromtimestamp(min(trial.stamps) / 1e9, UTC).date().isoformat()
