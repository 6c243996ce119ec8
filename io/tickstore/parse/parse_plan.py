"""What the fast path goes by: the readings of a file as one table of numbers, and what is left to do for whole blocks.

Made once a byte range by `blocks`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from kernels.base.columns import I64
from kernels.conventions import NULL
from tickstore.errors import InputError
from tickstore.input.fields import DATE, IDS, INTEGER, NAME, ODD, PRICE, SIDE, TIME
from tickstore.input.files import Source
from tickstore.input.readings import Reading
from tickstore.parse.odd_lines import LineRules, read_cells
from tickstore.parse.plain_fields import (
    DEFAULT,
    DIVISOR,
    EASY_HIGH,
    EASY_LOW,
    EMPTY_OK,
    HIGH,
    KIND,
    LEARN,
    LOW,
    PATTERN,
    PATTERNS,
    PLAN_HEIGHT,
    SCALE,
    SLOT,
    STATED,
    UNSIGNED,
    WORD_BYTES,
    WORD_FIRST,
    WORD_SIZES,
    WORD_STOP,
)
from tickstore.times.reject_error import RejectError
from tickstore.times.stated_dates import read_stated_date

Patterns = tuple[tuple[int, tuple[int, ...]], ...]  # of times: (file column, pattern)
_IN_NS: Final = 10**17  # from here on a time is in ns: see the line parser
_LARGEST_NAME: Final = 10**18 - 1  # of 18 digits: an id beyond it is text
_ANY_NUMBER: Final = 2**63 - 1
_DAY_NS: Final = 86_400 * 10**9
_SMALL_WORD: Final = 10**6  # words of digits below it cut off the low end of what is easy, those above it the high one


@dataclass(frozen=True, slots=True)
class ParsePlan:
    """A file's columns for the kernel, and how blocks of its rows are completed."""

    plan: I64  # (PLAN_HEIGHT, file columns, then words)
    slots: int  # rows of the parser's output: fields, then the dates of clocks
    copies: tuple[tuple[int, int], ...]  # (slot, slot it is a copy of)
    constants: tuple[tuple[int, int], ...]  # (slot, value)
    clocks: tuple[tuple[int, int], ...]  # (slot of a clock, slot of its date)


def parse_plan(source: Source, rules: LineRules, long_names: dict[str, int]) -> ParsePlan:
    """Return what the fast path needs to read ``source``; long names among constants get a number."""
    if long_names:
        return _made(rules, source.patterns, long_names)
    plan, names = _first_plan(rules, source.patterns)
    long_names.update(names)
    return plan


@lru_cache(maxsize=8)
def _first_plan(rules: LineRules, patterns: Patterns) -> tuple[ParsePlan, dict[str, int]]:
    """Return a plan and the long names in it, where there are no others: the byte ranges of a file share it."""
    names: dict[str, int] = {}
    return _made(rules, patterns, names), names


def _made(rules: LineRules, patterns: Patterns, long_names: dict[str, int]) -> ParsePlan:
    made = _Maker(rules, patterns, long_names)
    for slot, reading in enumerate(rules.readings):
        made.add(slot, reading)
    for slot, reading in enumerate(rules.readings):
        if reading.clock and reading.column >= 0:
            made.add_date(slot, reading)
    return made.finish()


class _Maker:
    """Fills a plan, field by field."""

    def __init__(self, rules: LineRules, patterns: Patterns, long_names: dict[str, int]) -> None:
        self._rules, self._long_names = rules, long_names
        self._width = len(rules.names)
        self._patterns = dict(patterns)
        self._plan = np.zeros((PLAN_HEIGHT, self._width), np.int64)
        self._plan[[SLOT, PATTERN]] = -1
        self._plan[DIVISOR] = 1
        self._plan[EASY_HIGH] = _ANY_NUMBER  # of columns that are skipped
        self._taken: dict[int, tuple[int, Reading]] = {}  # file column -> its slot and first reading
        self._slots = len(rules.readings)
        self._copies: list[tuple[int, int]] = []
        self._constants: list[tuple[int, int]] = []
        self._clocks: list[tuple[int, int]] = []
        self._words: list[tuple[int, ...]] = []
        self._steps: list[int] = []  # of all patterns

    def add(self, slot: int, reading: Reading) -> None:
        """Add a field: a constant, the first field of its column, or another one."""
        if reading.column < 0:
            self._constants.append((slot, self._constant(reading)))
        elif reading.column in self._taken:
            first, other = self._taken[reading.column]
            self._copies.append((slot, first))
            self._share(reading, other)
        else:
            self._taken[reading.column] = slot, reading
            self._fill(slot, reading)

    def _constant(self, reading: Reading) -> int:
        try:
            return read_cells((), reading, self._rules, self._long_names)
        except RejectError as error:
            name = reading.field.name
            raise InputError(
                f"[input.columns] the constant {reading.constant!r} of {name} cannot be read: {error.reason}"
            ) from None

    def add_date(self, slot: int, reading: Reading) -> None:
        """Add the date of a clock: one for all rows, or that of a column."""
        if reading.date_column in self._taken:
            place, other = self._taken[reading.date_column]
            if other.kind != DATE:
                self._make_odd(reading.date_column)
        else:
            place = self._slots
            self._slots += 1
            if reading.date_column < 0:
                self._constants.append((place, read_stated_date(reading.date)))
            else:
                self._taken[reading.date_column] = place, replace(reading, kind=DATE)
                rows = [KIND, SLOT, HIGH, EASY_HIGH]
                self._plan[rows, reading.date_column] = DATE, place, _ANY_NUMBER, _ANY_NUMBER
        self._clocks.append((slot, place))

    def _fill(self, slot: int, reading: Reading) -> None:
        field, kind, row = reading.field, reading.kind, self._plan[:, reading.column]
        low, high = self._limits(reading)
        row[[KIND, SLOT, DEFAULT, LOW, HIGH]] = kind, slot, field.default, low, high
        decimal = kind == PRICE or (kind == INTEGER and field.name not in IDS)  # a code may be written 12.0
        row[[SCALE, DIVISOR]] = reading.scale if decimal and reading.points else 0, reading.divisor
        row[EMPTY_OK] = not field.required or field.nullable
        row[UNSIGNED] = field.name in IDS and kind == INTEGER
        known = all(len(text.encode()) <= WORD_BYTES for text, _ in reading.words)  # to the fast path
        row[LEARN] = field.name in IDS and kind == NAME and known
        row[[EASY_LOW, EASY_HIGH]] = self._easy_range(reading, low, high)
        if kind == TIME:
            self._fill_time(reading, row)
        if reading.words:
            self._fill_words(reading, row)

    def _limits(self, reading: Reading) -> tuple[int, int]:
        """Return the smallest and the largest number that the fast path takes."""
        if reading.kind == TIME:
            return (0, _DAY_NS - 1) if reading.clock else (self._rules.earliest, self._rules.latest)
        return (-1, 1) if reading.kind == SIDE else (reading.field.low, reading.field.high)

    def _fill_time(self, reading: Reading, row: I64) -> None:
        row[STATED] = bool(reading.format or reading.unit or reading.epoch or reading.clock)
        steps = self._patterns.get(reading.column, ())
        if steps:
            row[PATTERN] = len(self._steps)
            self._steps += steps

    def _fill_words(self, reading: Reading, row: I64) -> None:
        """Enter the words of a column, and take the numbers among them out of what is easy."""
        row[WORD_FIRST] = self._width + len(self._words)
        for text, meant in reading.words:
            if not text and meant:  # what an empty cell means only the slow path asks
                row[EMPTY_OK] = False
        known, low, high = _packed_words(tuple(text for text, _ in reading.words))
        row[EASY_LOW], row[EASY_HIGH] = max(row[EASY_LOW], low), min(row[EASY_HIGH], high)
        for (text, meant), packed in zip(reading.words, known, strict=True):
            if packed:
                row[WORD_SIZES] |= 1 << packed[-1]
                self._words.append((*packed, NULL if meant == "" else self._meant(reading, text, meant)))
        row[WORD_STOP] = self._width + len(self._words)

    def _meant(self, reading: Reading, text: str, meant: str) -> int:
        try:
            stands = replace(reading, column=-1, constant=meant, words=())
            return read_cells((), stands, self._rules, self._long_names)
        except RejectError:
            raise InputError(f"[input.columns] {reading.field.name}: {text!r} cannot stand for {meant!r}") from None

    @staticmethod
    def _easy_range(reading: Reading, low: int, high: int) -> tuple[int, int]:
        """Return which numbers, written as digits alone, are a field's value as they are, or for a side its code."""
        if reading.kind == SIDE:
            return 1, 2
        if reading.kind == TIME:
            in_ns = not reading.format and not reading.epoch and (reading.unit == "ns" or not reading.unit)
            return (low if reading.unit else max(low, _IN_NS), high) if in_ns and not reading.clock else (1, 0)
        if reading.kind == NAME:
            return 0, _LARGEST_NAME
        if reading.kind in (INTEGER, PRICE) and reading.scale == reading.divisor == 1:
            return max(low, 0), high
        return 1, 0

    def _share(self, reading: Reading, other: Reading) -> None:
        """Let a column serve another field, too: where the fast path reads it, both have the value."""
        row, field = self._plan[:, reading.column], reading.field
        same = [replace(r, field=field) for r in (reading, other)]
        if same[0] != same[1] or (field.name in IDS) != (other.field.name in IDS):
            self._make_odd(reading.column)
            return
        low, high = self._limits(reading)
        row[LOW], row[HIGH] = max(row[LOW], low), min(row[HIGH], high)
        row[EASY_LOW], row[EASY_HIGH] = max(row[EASY_LOW], row[LOW]), min(row[EASY_HIGH], row[HIGH])
        empty_ok = (not field.required or field.nullable) and field.default == row[DEFAULT]
        row[EMPTY_OK] = bool(row[EMPTY_OK]) and empty_ok

    def _make_odd(self, column: int) -> None:
        """Leave a column, and every line, to the slow path."""
        self._plan[KIND, column] = ODD
        self._plan[[EASY_LOW, EASY_HIGH], column] = 1, 0

    def finish(self) -> ParsePlan:
        """Return the plan, words and patterns behind the file's columns."""
        width = max(self._width + len(self._words), len(self._steps))
        plan = np.zeros((PLAN_HEIGHT, width), np.int64)
        plan[:, : self._width] = self._plan
        if self._words:
            plan[: WORD_BYTES // 8 + 2, self._width : self._width + len(self._words)] = np.array(self._words).T
        plan[PATTERNS] = 0
        plan[PATTERNS, : len(self._steps)] = self._steps
        return ParsePlan(plan, self._slots, tuple(self._copies), tuple(self._constants), tuple(self._clocks))


@lru_cache(maxsize=256)
def _packed_words(texts: tuple[str, ...]) -> tuple[tuple[tuple[int, ...], ...], int, int]:
    """Return words as the kernel packs them, with their lengths, and from where to where numbers are none of them.

    Of a word that is too long there is nothing: the slow path knows it.
    """
    found: list[tuple[int, ...]] = []
    low, high = -(2**63), _ANY_NUMBER
    for text in texts:
        packed = text.encode()
        if len(packed) > WORD_BYTES:
            found.append(())
            continue
        numbers = (int.from_bytes(packed[n : n + 8], "big") for n in range(0, WORD_BYTES, 8))
        found.append((*(number - (1 << 64) if number >= 1 << 63 else number for number in numbers), len(packed)))
        if text.isdigit() and int(text) <= _ANY_NUMBER:
            low = max(low, int(text) + 1) if int(text) < _SMALL_WORD else low
            high = min(high, int(text) - 1) if int(text) >= _SMALL_WORD else high
    return tuple(found), low, high
