"""What `compare` says, in a terminal of 80 columns: which jobs and settings differ, savings, then table by table."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from driver.report.plain import WIDTH
from driver.review.comparison import Comparison, Jobs, Verdict
from driver.review.table_changes import Difference, TableChange
from driver.tables.csv_text import Value

SHOWN: Final = 4  # changes of a table, and rows of one run alone, unless all are asked for
LEAST: Final = 1e-3  # figures below have an exponent
DAYS: Final = 6  # security-days of one run alone
DIGITS: Final = (4, 6, 9, 15)  # as few as tell two figures apart
OTHER_DAYS: Final = "*"
SIGNED: Final = "+"
PLACES: Final = frozenset(("input", "orders", "trades", "nbbo"))  # where data was; of the same figures nothing to know
WAYS: Final = {"notional": "by value", "equal": "per order"}


def comparison_text(before: Path, after: Path, found: Comparison, every: bool = False) -> str:
    """Return what changed, jobs and settings first: other orders or another simulation explain the rest."""
    jobs, lines = found.jobs, [f"A: {before}", f"B: {after}"]
    lines += [_wrapped(f"INCOMPLETE: {text}") for text in found.missing]
    settings = [one for one in found.settings if not (found.is_same and one[0] in PLACES)]
    asked = [*_differing("settings", settings), *_differing("versions", found.versions)]
    if found.is_same:
        rounded = sum(table.rounded for table in found.tables)
        but = f" but for rounding ({_counted(rounded, 'figure')})" if rounded else ""
        same = f"identical{but}: {_counted(len(jobs.both), 'security-day')}, {_counted(len(found.tables), 'table')}"
        return "\n".join([*lines, *asked, same])
    lines += _jobs(jobs, None if every else DAYS)
    lines += asked or ["settings: the same selection and simulation"]
    lines += ["", "savings, bps over all orders of each (A -> B, and if that is more than chance):"]
    lines += [_wrapped(text, "  ") for text in _verdicts(found.verdicts)]
    lines += [_wrapped(found.why_not_paired, "  ")] if found.why_not_paired else []
    return "\n".join([*lines, "", *_tables(found, every)])


def _tables(found: Comparison, every: bool) -> list[str]:
    """Return table by table what changed, then which did not, and which have nothing to compare."""
    other = found.jobs.only_before or found.jobs.only_after
    lines = [f"{OTHER_DAYS} this row counts security-days of one run alone"] * bool(every and other)
    lists = {"the same in both": [one.table for one in found.tables if one.is_same]}
    lists["of other security-days"] = [one.table for one in found.tables if one.is_of_other_days and not every]
    told = [one for one in found.tables if one.table not in chain(*lists.values())]
    lines += [line for table in told for line in _table_lines(table, every, name_alone=every or not other)]
    lists |= {"tables only in A": found.only_before, "tables only in B": found.only_after}
    lines += [_wrapped(f"{what}: {', '.join(names)}") for what, names in lists.items() if names]
    lines += [_wrapped(f"not compared: {file}: {why}") for file, why in found.left_out.items()]
    hidden = any(len(one.differences) > SHOWN or one.other_days for one in found.tables if not one.is_same)
    return [*lines, *(["all changes: --all, or --json"] if hidden and not every else [])]


def _wrapped(text: str, indent: str = "") -> str:
    return "\n".join(
        textwrap.wrap(
            text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False,
            break_on_hyphens=False,
        )
    )  # fmt: skip


def _jobs(jobs: Jobs, most: int | None) -> list[str]:
    lines = [f"jobs: {_counted(len(jobs.both), 'security-day')} in both"]
    for name, days in (("A", jobs.only_before), ("B", jobs.only_after)):
        if days:
            shown = _some(["/".join(day) for day in days], most)
            lines.append(_wrapped(f"jobs: {len(days):,} only in {name}: {shown}"))
    return lines


def _some(names: Sequence[str], most: int | None) -> str:
    """Return the first of many names, and how many more there are."""
    left = len(names) - len(names[:most])
    return ", ".join([*names[:most], *([f"and {left:,} more"] if left else [])])


def _differing(what: str, found: Sequence[tuple[str, Any, Any]]) -> list[str]:
    told = [_wrapped(f"{name}: {_setting(old)} -> {_setting(new)}", "  ") for name, old, new in found]
    return [f"{what} that differ:", *told] if told else []


def _setting(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return "not set" if value is None else text or "not set"


def _verdicts(found: Sequence[Verdict]) -> list[str]:
    """Return each saving that changed, then those that did not."""
    if not found:
        return ["no scenario is in both"]
    moved = [one for one in found if one.before != one.after or (one.paired and one.paired.estimate)]
    same = ", ".join(f"{one.scenario} {WAYS[one.weighting]}" for one in found if one not in moved)
    return [*map(_verdict, moved), *([f"the same in both: {same}"] if same else [])]


def _verdict(one: Verdict) -> str:
    old, new = _figures(one.before, one.after, SIGNED)
    text = f"{one.scenario}, {WAYS[one.weighting]}: {old} -> {new}; {one.intervals}"
    if one.paired is None:
        return text
    if not (one.paired.estimate or one.paired.low or one.paired.high):
        return f"{text}; unchanged over the {_counted(one.paired.days, 'security-day')} of both"
    moved = f"; paired over {one.paired.days:,} security-days {one.paired.estimate:+.4f}"
    if one.paired.low is None or one.paired.high is None:
        return f"{text}{moved} ({one.paired.note})"
    words = "more than chance" if one.paired.significant else "no more than chance"
    verdict = words if one.status == "tested" else "described, not tested"
    return f"{text}{moved} ({one.paired.low:+.4f} to {one.paired.high:+.4f}): {verdict}"


def _table_lines(table: TableChange, every: bool, name_alone: bool) -> list[str]:
    most = None if every else SHOWN
    shown = [one for one in table.differences if every or one.same_days]
    sides = (("A", table.only_before, table.columns_only_before), ("B", table.only_after, table.columns_only_after))
    lines = [_wrapped(f"{table.table}.csv: {', '.join(_counts(table))}")]
    lines += [line for one in shown[:most] for line in _difference(one)]
    for name, alone, columns in sides:
        lines += (
            [_wrapped(f"only in {name}: {_some([_about(row) for row in alone], most)}", "  ")]
            if alone and name_alone
            else []
        )
        lines += [_wrapped(f"columns only in {name}: {_some(columns, most)}", "  ")] if columns else []
    return lines


def _counts(table: TableChange) -> list[str]:
    """Return how many rows differ, of those that count the same security-days, and how many do not count the same."""
    same_days = [one for one in table.differences if one.same_days]
    rows, measures = len({tuple(one.row.values()) for one in same_days}), len({one.measure for one in same_days})
    comparable = table.rows - table.other_days
    said = [f"{rows:,} of {_counted(comparable, 'row')} differ, in {_counted(measures, 'column')}"] * bool(rows)
    said += [f"{_counted(comparable, 'row')} the same"] * bool(comparable and not rows)
    said += [f"{_counted(table.other_days, 'row')} of other security-days"] * bool(table.other_days)
    alone = (("A", table.only_before), ("B", table.only_after))
    return said + [f"{len(held):,} only in {name}" for name, held in alone if held]


def _about(row: Mapping[str, str]) -> str:
    return " ".join(text for text in row.values() if text)


def _difference(one: Difference) -> Iterable[str]:
    """Yield a change in a line, its figures last, and in another what intervals say of it."""
    old, new = _figures(one.before, one.after, SIGNED if one.measure.endswith("_bps") else "")
    label, figures = f"{'' if one.same_days else OTHER_DAYS}{_about(one.row)} {one.measure}".strip(), f"{old} -> {new}"
    if len(label) + len(figures) + 4 <= WIDTH:
        yield f"  {label}: {figures}"
    else:
        yield _wrapped(f"{label}:", "  ")
        yield _wrapped(figures, "    ")
    if one.paired is not None and one.paired.low is not None and one.paired.high is not None:
        moved, low, high = one.paired.estimate, one.paired.low, one.paired.high
        yield f"    paired over {one.paired.days:,} security-days {moved:+.4f} ({low:+.4f} to {high:+.4f}), not tested"
    elif one.intervals:
        yield f"    {one.intervals}"


def _figures(before: Value, after: Value, sign: str = "") -> tuple[str, str]:
    """Return two cells with as many digits as tell them apart."""
    for digits in DIGITS:
        old, new = (_cell(value, digits, sign) for value in (before, after))
        if old != new or before == after:
            break
    return old, new


def _cell(value: Value, digits: int, sign: str) -> str:
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:{sign},.{digits}f}" if sign or abs(value) >= LEAST or value == 0 else f"{value:.{digits}g}"


def _counted(held: int, one: str) -> str:
    return f"{held:,} {one}{'s' * (held != 1)}"
