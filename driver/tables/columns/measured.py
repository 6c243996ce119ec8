"""The measures of many rows, a line for each scenario: as columns, as lines of a table, one by one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from driver.tables.columns.lines import TEXT, column_texts, encoded, joined
from driver.tables.columns.quotients import Column, value_at
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
    """Measures of rows: ``columns`` have the lines of one row, a scenario each, after those of the other."""

    scenarios: tuple[str, ...]
    columns: dict[str, Column]

    def taken(self, rows: Sequence[int]) -> "Measured":
        """Return those of some rows, in their order."""
        K, at = len(self.scenarios), np.asarray(rows, np.int64)
        return Measured(self.scenarios, {name: of.reshape(-1, K)[at].ravel() for name, of in self.columns.items()})

    def row(self, row: int) -> list[Line]:
        """Return the lines of a row, one per scenario."""
        K = len(self.scenarios)
        return [Line(self.columns, row * K + s) for s in range(K)]

    def content(self, before: Sequence[str], behind: Sequence[str] = ()) -> bytes:
        """Return the lines as they stand in a file.

        before : what the lines of each row begin with; behind : what each line ends with; both empty where nothing does
        """
        K, texts = len(self.scenarios), column_texts([*self.columns.values()])
        if before:
            texts.insert(0, pa.array([text for text in before for _ in range(K)], TEXT))
        if behind:
            texts.append(pa.array(behind, TEXT))
        return encoded(joined(texts).to_pylist())
