"""The measures of many rows, a line for each scenario: as columns, as lines of a table, one by one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from driver.tables.columns.lines import encoded, lines_of
from driver.tables.columns.quotients import Column, joined, value_at
from driver.tables.csv_text import Value


class Line(Mapping[str, Value]):
    """A line of a table by column, whose values are looked up when they are asked for."""

    def __init__(self, columns: Mapping[str, Column], place: int) -> None:
        """Keep the columns; ``place`` is the line's in each."""
        self._columns, self._place = columns, place

    def __getitem__(self, name: str) -> Value:
        """Return the value of a column."""
        return value_at(self._columns[name], self._place)

    def __iter__(self) -> Iterator[str]:
        """Return the names of the columns."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self._columns)


@dataclass(frozen=True, slots=True)
class Measured:
    """Measures of rows: ``columns`` have the lines of one row, a scenario each, after those of the other.

    ``lines`` has them as text, without what stands before and behind them in a table.
    """

    scenarios: tuple[str, ...]
    columns: dict[str, Column]
    lines: list[str]

    @classmethod
    def of(cls, scenarios: tuple[str, ...], columns: dict[str, Column]) -> Self:
        """Return measures with their lines."""
        return cls(scenarios, columns, lines_of([*columns.values()]))

    @classmethod
    def joined(cls, parts: Sequence["Measured"]) -> "Measured":
        """Return the rows of several, one below the other."""
        first = parts[0]
        if len(parts) == 1:
            return first
        columns = {name: joined([part.columns[name] for part in parts]) for name in first.columns}
        return cls(first.scenarios, columns, [line for part in parts for line in part.lines])

    def part(self, first: int, stop: int) -> "Measured":
        """Return those of some rows that follow each other."""
        lines = slice(first * len(self.scenarios), stop * len(self.scenarios))
        return Measured(self.scenarios, {name: of[lines] for name, of in self.columns.items()}, self.lines[lines])

    def row(self, row: int) -> list[Line]:
        """Return the lines of a row, one per scenario."""
        K = len(self.scenarios)
        return [Line(self.columns, row * K + s) for s in range(K)]

    def content(self, before: Sequence[str], rows: Sequence[int], behind: Sequence[str] = ()) -> bytes:
        """Return lines as they stand in a file.

        before : what the lines of each row begin with; rows : their places here; behind : what each line ends with,
        empty where that is nothing
        """
        K = len(self.scenarios)
        lines = [f"{text}{self.lines[row * K + s]}" for text, row in zip(before, rows, strict=True) for s in range(K)]
        return encoded(map(",".join, zip(lines, behind, strict=True)) if behind else lines)
