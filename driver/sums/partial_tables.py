"""Which tables a partial has, and the partial that tables are of: between `partial_file` and what jobs add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from driver.sums.cells import COUNTED, Cells, Marginals
from driver.sums.market_panel import Traders
from driver.sums.mixed.mixed_keys import MixedCells
from driver.sums.orders.fill_times import FillTimes
from driver.sums.orders.histograms import BucketCounts
from driver.sums.orders.kinds import Kinds
from driver.sums.outliers import Outliers
from driver.sums.parents import Parents
from driver.sums.partial import Partial
from driver.sums.partial_arrays import Entries, Lists, Table
from kernels.base.columns import I32, I64
from kernels.base.memory import Buffers
from kernels.sums import fill_times, histograms

_CELLS: Final = ("cells", "conditions", "volatility", "marketability")
_COUNTS: Final = ("histograms", "savings")
_FACTS: Final = (
    "security", "date", "fingerprint", "quality", "participants", "intervals", "volumes", "parents_shown", "fidelity",
    "unfilled", "lifeless", "asked", "time_limits", "is_empty", "market", "split", "ranks", "deals", "contra",
    "sensitivity",
)  # fmt: skip


def facts_of(partial: Partial) -> dict[str, Any]:
    """Return all of a partial that is not an array, but the names of its sums."""
    facts = {name: getattr(partial, name) for name in _FACTS}
    facts["scenarios"] = partial.cells.scenarios
    facts |= {"outliers": partial.outliers.names, "code_bits": histograms.code_bits(len(partial.cells.scenarios))}
    if (times := partial.fill_times) is not None:
        facts |= {"timed": times.scenarios, "timed_code_bits": fill_times.code_bits(len(times.scenarios))}
    if partial.parents is not None:
        facts["parents"] = partial.parents.names
    if partial.mixed is not None:
        facts["mixed"] = partial.mixed.keys
    return facts


def tables_of(partial: Partial) -> dict[str, Table]:
    """Return the tables of a partial, by name."""
    tables = {name: _of_cells(getattr(partial, name)) for name in _CELLS}
    marginals, largest, traders = partial.marginals, partial.outliers, partial.market_participants
    tables["marginals_by_kind"] = Table(marginals.kind, marginals.kind_sums)
    tables["marginals_by_participant"] = Table(marginals.participant, marginals.participant_sums)
    for name in _COUNTS:
        counts: BucketCounts = getattr(partial, name)
        tables[name] = Table(counts.code, counts.count[None])
    tables["outliers"] = Table(largest.columns[0], largest.columns[1:], (largest.cost,))
    tables["kinds"] = Table(partial.kinds.key, partial.kinds.sums)
    tables["market_participants"] = Table(traders.code, traders.sums)
    if (times := partial.fill_times) is not None:
        bits = fill_times.code_bits(len(times.scenarios))
        entries = Entries(times.histogram_start, times.histogram_code, times.histogram_count, bits)
        tables["fill_times"] = Table(times.key, np.empty((0, len(times.key)), np.int64), entries=entries)
    if (parents := partial.parents) is not None:
        tables["parents"] = Table(parents.sums[0], parents.sums[1:])
    if partial.mixed is not None:
        tables["mixed"] = _of_cells(partial.mixed.cells)
    return tables


def _of_cells(cells: Cells) -> Table:
    """Return the table of cells."""
    bits = histograms.code_bits(len(cells.scenarios))
    entries = Entries(cells.histogram_start, cells.histogram_code, cells.histogram_count, bits)
    return Table(cells.key, cells.sums, (cells.mean, cells.comoment), entries)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes arrays of the lists of tables: in their memory, and in ``buffers`` until these serve another partial."""

    facts: dict[str, Any]
    places: dict[str, int]  # of tables
    lists: Lists
    buffers: Buffers

    def rows(self, table: str) -> I64:
        """Return all integers of a table."""
        return self.lists.rows(self.places[table], self.buffers)

    def keyed(self, table: str) -> tuple[I64, I64]:
        """Return keys and their sums."""
        rows = self.rows(table)
        return rows[0], rows[1:]

    def counted(self, table: str, code_bits: str) -> tuple[I64, I64, tuple[I64, I32, I32]]:
        """Return keys, their sums, and their entries; code_bits : the fact with that name."""
        rows = self.rows(table)
        found = self.lists.entries(self.places[table], rows[1], self.facts[code_bits], self.buffers)
        return rows[0], rows[2:], (found.start, found.codes, found.counts)

    def cells(self, table: str) -> Cells:
        """Return cells, which have all sums or those of COUNTED alone."""
        scenarios, names = tuple(self.facts["scenarios"]), self.facts["names"]
        key, sums, entries = self.counted(table, "code_bits")
        n, S = len(key), len(scenarios)
        moments = self.lists.part("moments", self.places[table])
        mean, comoment = moments[: n * S].reshape(n, S), moments[n * S :].reshape(n, S * (S + 1) // 2)
        return Cells(scenarios, COUNTED if len(sums) == len(COUNTED) else names, key, sums, mean, comoment, *entries)


def partial_of(facts: dict[str, Any], tables: Sequence[str], lists: Lists, buffers: Buffers) -> Partial:
    """Return the partial of these facts and lists, good as long as their memory and that of ``buffers``."""
    read = _Reader(facts, {name: place for place, name in enumerate(tables)}, lists, buffers)
    scenarios, names = tuple(facts["scenarios"]), facts["names"]
    parts: dict[str, Any] = {name: facts[name] for name in _FACTS} | {"volumes": tuple(facts["volumes"])}
    parts |= {name: read.cells(name) for name in _CELLS}
    parts |= {name: BucketCounts(*read.rows(name)) for name in _COUNTS}
    parts["marginals"] = Marginals(names, *read.keyed("marginals_by_kind"), *read.keyed("marginals_by_participant"))
    cost = lists.part("moments", read.places["outliers"]).reshape(len(scenarios), -1)
    parts["outliers"] = Outliers(read.rows("outliers"), cost, facts["outliers"])
    parts["kinds"] = Kinds(*read.keyed("kinds"))
    parts["market_participants"] = Traders(*read.keyed("market_participants"))
    if "timed" in facts:
        key, _, entries = read.counted("fill_times", "timed_code_bits")
        parts["fill_times"] = FillTimes(tuple(facts["timed"]), key, *entries)
    if "parents" in facts:
        parts["parents"] = Parents(scenarios, tuple(facts["parents"]), read.rows("parents"))
    if "mixed" in facts:
        parts["mixed"] = MixedCells(tuple(facts["mixed"]), read.cells("mixed"))
    return Partial(**parts)
