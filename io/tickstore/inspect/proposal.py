"""A mapping for a file with foreign names, that works when it is pasted into the settings: rules, each with its reason.

By names first, then by what the cells are; what nothing shows is left open, to be filled in. `inspection` asks for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tickstore.input.fields import FIELDS, IDS, NAME, PRICE, QUANTITIES, SIDE, canonical
from tickstore.inspect.batches import matched
from tickstore.inspect.column_guesses import are_numbers, guessed_columns, likely_columns, side_words
from tickstore.inspect.reasons import readable_kinds, reasons
from tickstore.inspect.sample import Sample
from tickstore.inspect.time_proposals import propose_times
from tickstore.inspect.trial import Trial, try_request
from tickstore.parse.odd_lines import SIDES
from tickstore.request import ConvertRequest
from tickstore.rules import NO_PRICE, ColumnRule, rules_of
from tickstore.times.written_times import NULL_TEXT

_MOST_DECIMALS: Final = 9
_PLAIN: Final = re.compile(r"-?\d*\.(\d+)", re.ASCII)
_NANO: Final = 10**9


@dataclass(slots=True)
class Proposal:
    """Settings of [input] and rules by field, with reasons; ``open`` are needed fields that nothing shows."""

    table: str
    request: ConvertRequest  # with all that is proposed
    settings: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, ColumnRule] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    choices: dict[str, tuple[ColumnRule, ...]] = field(default_factory=dict)  # of open fields: what they may be
    notes: list[str] = field(default_factory=list)
    where: tuple[str, tuple[str, ...]] | None = None  # a column, and what rows have in it that are read

    def set(self, name: str, value: Any, why: str) -> None:
        """Propose a setting of [input]."""
        self.settings[name], self.why[f"input.{name}"] = value, why
        self.request = replace(self.request, **{name: value})

    def columns(self) -> tuple[tuple[str, str | ColumnRule], ...]:
        """Return the rules as a request has them, in the order of the fields."""
        order = [f.name for f in FIELDS[self.table]]
        return tuple((f"{self.table}.{name}", self.rules[name]) for name in sorted(self.rules, key=order.index))

    def untaken(self, sample: Sample) -> dict[str, int]:
        """Return the columns that no field is read from, with their numbers."""
        taken = {rule.column for rule in self.rules.values()} | {rule.date for rule in self.rules.values()}
        taken |= {rule.column for choices in self.choices.values() for rule in choices}
        return {name: n for n, name in enumerate(sample.names) if name and name not in taken}

    def leave_open(self, name: str, choices: tuple[ColumnRule, ...]) -> None:
        """Take back what was proposed for a field: it is for the user to choose."""
        self.rules.pop(name, None)
        self.choices[name] = choices
        self.open = (*self.open, name)


def propose(sample: Sample, table: str, request: ConvertRequest) -> Proposal:
    """Return what would read a file as ``table``; what the user states in ``request`` stands."""
    made = Proposal(table, request)
    if sample.header:
        name = "header" if table == "orders" else f"{table}_header"
        made.set(name, sample.header, "the file has no header line")
    given = {name.rpartition(".")[2]: rule for name, rule in rules_of(request.columns).items()
             if name.rpartition(".")[0] in ("", table)}  # fmt: skip
    columns, missing = matched(sample.names, table, rules_of(request.columns))
    columns, missing = _without_row_numbers(sample, table, columns, missing, given)
    made.rules = {name: given.get(name, ColumnRule(sample.names[n])) for name, n in columns.items()}
    made.rules |= {name: rule for name, rule in given.items() if rule.constant is not None or rule.column == ""}
    _guess(made, sample, missing)
    made.notes += reasons(sample, table, _open(made), {name: rule.column or "" for name, rule in made.rules.items()})
    if not made.notes:
        _share(made, sample)
    made.open = _open(made)
    _scale(made, sample)
    _sides(made, sample, given)
    made.request = replace(made.request, columns=made.columns())
    if not made.open:
        _times(made, sample, given)
    if not made.open:
        _kinds(made, sample)
        _unreadable(made, sample)
    return made


def _open(made: Proposal) -> tuple[str, ...]:
    return tuple(f.name for f in FIELDS[made.table] if f.required and f.name not in made.rules)


def _without_row_numbers(
    sample: Sample, table: str, columns: Mapping[str, int], missing: tuple[str, ...], given: Mapping[str, ColumnRule]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the columns without a bare ``id`` that has another value on every row: it is not the order."""
    numbering = {
        f.name
        for f in FIELDS[table]
        if f.name in columns and f.name not in given and canonical(sample.names[columns[f.name]]) in f.weak
        and 1 < len(cells := sample.cells(columns[f.name])[:200]) == len(set(cells))
    }  # fmt: skip
    left = {name: n for name, n in columns.items() if name not in numbering}
    needed = [f.name for f in FIELDS[table] if f.name in numbering or f.name in missing]
    return left, tuple(needed)


def _guess(made: Proposal, sample: Sample, missing: tuple[str, ...]) -> None:
    """Take columns that stand out for fields that no name finds."""
    left = {name: set(sample.cells(n)[:2000]) for name, n in made.untaken(sample).items()}
    for name, column in guessed_columns(made.table, missing, left).items():
        made.rules[name], made.why[name] = ColumnRule(column), "a guess, by its name or its cells"


def _share(made: Proposal, sample: Sample) -> None:
    """Let fields that have no column share one, or stand as constants, where no other column could be meant."""
    left = {name: sample.cells(n)[:2000] for name, n in made.untaken(sample).items()}
    likely = likely_columns(left)
    lacking = [name for name in ("security", "participant") if name in _open(made)]
    if likely:
        made.notes += [f"{name} may be in {', '.join(likely)}: say which, or state a constant" for name in lacking]
    if any(are_numbers(set(cells)) for cells in left.values()):
        return
    if made.table == "orders" and "quantity" in made.rules and "leaves_quantity" not in made.rules:
        made.rules["leaves_quantity"] = made.rules["quantity"]
        made.why["leaves_quantity"] = "no column of its own: right where the quantity is what is still open"
        if "matched_quantity" not in made.rules:
            made.rules["matched_quantity"] = ColumnRule(constant="0")
            made.why["matched_quantity"] = "no column: right where fills come from trades alone"
    if "participant" in lacking and not likely:
        made.rules["participant"] = ColumnRule(constant="0")
        made.why["participant"] = "no column: all orders are of one participant"
    if "security" in lacking and not likely:
        name = sample.path.name.split(".")[0].split("_")[0]
        made.rules["security"] = ColumnRule(constant=name)
        made.why["security"] = "no column: the whole file is of one security, here by the file's name"


def _scale(made: Proposal, sample: Sample) -> None:
    """Propose decimals of prices and quantities, which only later rows may have."""
    kinds = {f.name: f.kind for f in FIELDS[made.table]}
    _divisor(made, sample, [name for name in made.rules if kinds[name] == PRICE])
    prices = _most_decimals(made, sample, {name for name in made.rules if kinds[name] == PRICE})
    if prices and made.request.price_format == "auto":
        made.set("price_format", "decimal", "prices have decimals")
    if prices > made.request.price_decimals and prices <= _MOST_DECIMALS:
        made.set("price_decimals", prices, f"prices have up to {prices} decimals")
    quantities = _most_decimals(made, sample, {name for name in made.rules if name in QUANTITIES})
    if quantities > made.request.quantity_decimals and quantities <= _MOST_DECIMALS:
        made.set("quantity_decimals", quantities, f"quantities have up to {quantities} decimals")


def _divisor(made: Proposal, sample: Sample, names: list[str]) -> None:
    """Propose the unit of prices that are whole numbers of 10^-9, as some vendors write them."""
    columns = [rule.column for rule in (made.rules[name] for name in names) if rule.divisor is None]
    places = [sample.names.index(column) for column in columns if column in sample.names]
    texts = {text for place in places for text in sample.cells(place)[:5000]} - {*NO_PRICE, "", NULL_TEXT}
    if not texts or made.request.price_divisor > 1 or not all(text.isascii() and text.isdigit() for text in texts):
        return
    units = [int(text) for text in texts if int(text)]
    if units and min(units) >= _NANO // 100 and not any(unit % 10**4 for unit in units):
        made.set("price_divisor", _NANO, "prices seem to be whole numbers of 10^-9")
        digits = next(d for d in range(10) if not any(unit % 10 ** (9 - d) for unit in units))
        if digits > made.request.price_decimals:
            made.set("price_decimals", digits, f"prices have up to {digits} decimals")


def _most_decimals(made: Proposal, sample: Sample, names: set[str]) -> int:
    """Return the most digits after a point, zeros at the end apart, among the cells of fields."""
    most = 0
    for name in names:
        rule = made.rules[name]
        if rule.column and rule.divisor is None and rule.column in sample.names:
            for text in set(sample.cells(sample.names.index(rule.column))):
                most = max(most, _decimals(text))
    return most


def _decimals(text: str) -> int:
    """Return the digits after a point of a plain number that is no word for no price.

    Examples
    --------
    >>> [_decimals(text) for text in ("3.340", "3400", "0.00012", "214748.3647", "x.5")]
    [2, 0, 5, 0, 0]
    """
    found = None if text in NO_PRICE else _PLAIN.fullmatch(text)
    return len(found[1].rstrip("0")) if found else 0


def _sides(made: Proposal, sample: Sample, given: Mapping[str, ColumnRule]) -> None:
    """Propose what words for sides mean, where the reader does not know them."""
    name = next((f.name for f in FIELDS[made.table] if f.kind == SIDE and f.name in made.rules), None)
    if name is None or name in given or not made.rules[name].column:
        return
    rule = made.rules[name]
    words = side_words(set(sample.cells(sample.names.index(str(rule.column)))[:5000]), str(rule.column))
    if words and not all(SIDES.get(word.lower()) == (1 if side == "B" else -1) for word, side in words):
        made.rules[name], made.why[name] = replace(rule, values=words), "what the words seem to mean"


def _times(made: Proposal, sample: Sample, given: Mapping[str, ColumnRule]) -> None:
    rule = made.rules["timestamp"]
    if "timestamp" in given or not rule.column:
        return
    needed = {f"{made.table}.{f.name}" for f in FIELDS[made.table] if f.required}
    request = replace(made.request, columns=tuple(pair for pair in made.request.columns if pair[0] in needed))
    found = propose_times(sample, made.table, request, rule.column)
    made.rules["timestamp"] = found.rule
    if found.why:
        made.why["timestamp"] = found.why
    made.notes += [found.note] * bool(found.note)
    if found.choices:
        made.leave_open("timestamp", found.choices)
    made.request = replace(made.request, columns=made.columns())


def _kinds(made: Proposal, sample: Sample) -> None:
    """Leave out rows of kinds that cannot be read at all: a file may hold others than those of the table."""
    trial = try_request(sample, made.table, made.request)
    found = readable_kinds(sample, [cells for cells, _ in trial.rows], trial.refused)
    if found and not made.request.where:
        made.where = f"{made.table}.{found[0]}", found[1:]
        made.request = replace(made.request, where=(made.where,))


def _unreadable(made: Proposal, sample: Sample) -> None:
    """Leave out columns that a file need not have and whose cells are none; say that ids are text."""
    trial = try_request(sample, made.table, made.request)
    if trial.source is not None and made.request.order_ids == "auto":
        kinds = {r.kind for r in trial.source.readings if r.field.name in IDS and r.field.required}
        if NAME in kinds:
            made.set("order_ids", "text", "ids are no whole numbers")
    needed = {f.name for f in FIELDS[made.table] if f.required}
    while (worst := _worst(trial)) is not None and worst[0] not in needed:
        name, cell, _ = worst
        made.rules[name], made.why[name] = ColumnRule(""), f"left out: {cell[:30]!r} is none"
        made.request = replace(made.request, columns=made.columns())
        trial = try_request(sample, made.table, made.request)
    if worst is not None:
        name, cell, reason = worst
        made.notes.append(f"{name}: {cell[:30]!r} of {made.rules[name].column} is not read: {reason}")
        made.leave_open(name, (made.rules[name],))
    elif trial.problem:
        made.notes.append(f"not read with this: {trial.problem}")
        made.leave_open("timestamp", (made.rules["timestamp"],))


def _worst(trial: Trial) -> tuple[str, str, str] | None:
    """Return the field for which most rows would be refused, half of them at least, one of its cells, and why."""
    for (name, reason), count in trial.bad.most_common(1):
        if name and 2 * count > len(trial.rows) + trial.bad_rows:
            return name, trial.examples[name, reason], reason
    return None
