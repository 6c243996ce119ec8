"""The tables of combinations of keys, written as partials go by: each row once it is complete.

`aggregate` hands over the sums of each partial, and says when a job has ended.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from driver.config.combinations import Keys, combination_name
from driver.sums.cells import Cells
from driver.sums.partial import Partial
from driver.sums.totals import Totals
from driver.tables.combinations.combination import JOB, RUN, SECURITY, Combination
from driver.tables.csv_text import Value, csv_bytes, text
from driver.tables.grouping import CodedSums, Dimensions
from driver.tables.named_keys import NamedKeys
from driver.tables.row_measures import measures
from driver.tables.table_style import TableStyle
from kernels.base.columns import I64
from tickstore.durable.files import atomic_file


@dataclass(frozen=True, slots=True)
class CombinationFile:
    """A table that is being written, and the sums of its rows that are not yet complete."""

    sums: Combination
    file: IO[bytes]
    names: Mapping[str, Mapping[str, Mapping[str, str]]]  # by key: columns that follow it, and their texts by label

    def labelled(self, labels: Sequence[Value]) -> list[Value]:
        """Return labels with their names behind them."""
        found: list[Value] = []
        for key, label in zip(self.sums.keys, labels, strict=True):
            found += [label, *(texts.get(str(label), "") for texts in self.names[key].values())]
        return found

    def write_rows(self, style: TableStyle) -> None:
        """Write the rows that there are, each scenario's line, and forget them."""
        rows = [*self.sums.taken()]
        if rows:
            before = ["".join([f"{text(value)}," for value in self.labelled(labels)]) for labels, _, _ in rows]
            measured = measures(rows[0][1].taken([row for _, _, row in rows]), style)
            self.file.write(measured.content(before, range(len(rows))))


class CombinationFiles:
    """The tables of combinations of keys of a run. They are complete once ``stack`` ends."""

    def __init__(
        self, results: Path, style: TableStyle, stack: ExitStack, dimensions: Dimensions, combinations: Collection[Keys]
    ) -> None:
        """Open nothing yet."""
        self.written = tuple(f"{combination_name(keys)}.csv" for keys in combinations)
        self._results, self._style, self._stack, self._dimensions = results, style, stack, dimensions
        self._combinations, self._files = combinations, list[CombinationFile]()

    def start(self, like: Cells, names: NamedKeys) -> None:
        """Write the header lines of tables that are made of such sums."""
        columns = measures(Totals.empty(like, 0, quantiles=False), self._style).columns
        securities = frozenset(str(label) for label in self._dimensions.labels("security"))
        for keys, name in zip(self._combinations, self.written, strict=True):
            file = self._stack.enter_context(atomic_file(self._results / name))
            known = {key: names.columns(key, securities) for key in keys}
            head = [column for key in keys for column in (key, *known[key])]
            file.write(csv_bytes([*head, *columns], []))
            self._files.append(CombinationFile(Combination.of(keys, self._dimensions), file, known))

    def add(self, sums: Mapping[str, CodedSums], partial: Partial, job: int) -> None:
        """Add the sums of a job of that number."""
        for table in self._files:
            table.sums.add(sums, partial, job)

    def end_security(self, terciles: I64) -> None:
        """Take in the volatility of a security whose partials have all gone by; terciles : of each range of the mid."""
        for table in self._files:
            table.sums.end_security(terciles)

    def end_job(self, security: str, next_security: str | None) -> None:
        """Write the rows that are complete with a job of a security; the next one is of ``next_security``."""
        ended = RUN if next_security is None else JOB if next_security == security else SECURITY
        for table in self._files:
            if table.sums.rows_end <= ended:
                table.write_rows(self._style)
