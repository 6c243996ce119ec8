"""A table as formulas, and its columns: those of all scenarios and rows are worked out together."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driver.tables.columns.exact_sums import WantedSums
from driver.tables.columns.formulas import NOTHING, Count, Formula, Half, Quotient, Sum
from driver.tables.columns.quotients import Column, Factors, divided, doubles, halves, nothing_in, ratios
from kernels.base.columns import F64, I64


class Quotients:
    """Quotients of sums, of which some are kept in two integers."""

    def __init__(self, formulas: Sequence[Quotient]) -> None:
        """Keep what is not a sum of them."""
        self._up, self._down = Factors.of([one.up for one in formulas]), Factors.of([one.down for one in formulas])
        self._two = _places([one.over.rest != NOTHING or one.under.rest != NOTHING for one in formulas])
        self._unless = _places([one.unless != NOTHING for one in formulas])
        two, unless = [formulas[n] for n in self._two], [formulas[n] for n in self._unless]
        self.wanted = {
            "over": [one.over.whole for one in formulas],
            "under": [one.under.whole for one in formulas],
            "rest over": [one.over.rest for one in two],
            "rest under": [one.under.rest for one in two],
            "quotients unless": [one.unless for one in unless],
        }

    def of(self, sums: Mapping[str, Column]) -> F64:
        """Return them, (formulas, n): those with a rest to two units in the last place, all others correctly rounded.

        Python's integers for those with a rest would take most of a large table's time.
        """
        over, under, over_rest, under_rest, unless = (sums[name] for name in self.wanted)
        under[self._unless] = np.where(unless != 0, 0, under[self._unless])
        with_rest = (over_rest != 0) | (under_rest != 0)
        if not with_rest.any():
            return ratios(over, under, self._up, self._down)
        two, elsewhere = self._two, np.zeros(over.shape, np.bool_)
        elsewhere[two] = with_rest
        found = ratios(over, under, self._up, self._down, elsewhere)
        above, below = doubles(over[two], over_rest), doubles(under[two], under_rest)
        means = divided(above * self._up.doubles[two], below * self._down.doubles[two])
        found[elsewhere] = means[with_rest]
        return found


class Counts:
    """Sums as they are."""

    def __init__(self, formulas: Sequence[Count]) -> None:
        """Keep which may be missing."""
        self._unless = _places([one.unless != NOTHING for one in formulas])
        unless = [formulas[n].unless for n in self._unless]
        self.wanted = {"counts": [one.value for one in formulas], "counts unless": unless}

    def of(self, sums: Mapping[str, Column]) -> Column:
        """Return them, (formulas, n): in 64 bits where these hold them all."""
        found, unless = (sums[name] for name in self.wanted)
        if found.dtype.kind == "O":
            with suppress(OverflowError):
                found = found.astype(np.int64)
        found[self._unless] = np.where(unless != 0, nothing_in(found), found[self._unless])
        return found


class Halves:
    """Halves of sums that are kept in two integers."""

    def __init__(self, formulas: Sequence[Half]) -> None:
        """Keep nothing but the sums."""
        self.wanted = {
            "twice": [one.twice.whole for one in formulas],
            "rest of twice": [one.twice.rest for one in formulas],
            "halves unless": [one.unless for one in formulas],
        }

    def of(self, sums: Mapping[str, Column]) -> Column:
        """Return them, (formulas, n)."""
        twice, rest, unless = (sums[name] for name in self.wanted)
        found = halves(twice, rest)
        found[unless != 0] = None
        return found


@dataclass(frozen=True, slots=True)
class Stack:
    """Columns of one kind of formula, (columns, scenarios, n), of which not every scenario has each."""

    formulas: Quotients | Counts | Halves
    names: list[str]
    shape: tuple[int, int]
    there: I64  # the places of what there is, in columns x scenarios

    @classmethod
    def of(cls, table: Sequence[Mapping[str, Formula]], kind: Any, worked_out: Any) -> "Stack":
        """Return the columns that are of a kind of formula; table : of each scenario."""
        names = [name for name in table[0] if any(isinstance(of[name], kind) for of in table)]
        every = [of[name] for name in names for of in table]
        formulas = worked_out([one for one in every if one is not None])
        return cls(formulas, names, (len(names), len(table)), _places([one is not None for one in every]))

    def whole(self, sums: Mapping[str, Column]) -> Column:
        """Return the columns, with nothing where there is no formula."""
        found = self.formulas.of(sums)
        whole: Column = np.full((math.prod(self.shape), found.shape[1]), nothing_in(found), found.dtype)
        whole[self.there] = found
        return whole.reshape(*self.shape, found.shape[1])


class Sheet:
    """The columns of a kind of table that are made of sums."""

    def __init__(
        self,
        table: Sequence[Mapping[str, Formula]],
        names: Iterable[str],
        unknown: Sequence[Sum],
        always: Collection[str],
    ) -> None:
        """Take the formulas of each scenario, all of the same columns; names : of the sums.

        unknown : of each scenario, what is not 0 where nothing is known of it; always : columns that are, even there
        """
        kinds = ((Quotient, Quotients), (Count, Counts), (Half, Halves))
        self._stacks = [Stack.of(table, *kind) for kind in kinds]
        self._always = [[n for n, name in enumerate(stack.names) if name in always] for stack in self._stacks]
        wanted = {"unknown": unknown}
        for stack in self._stacks:
            wanted |= stack.formulas.wanted
        self._sums = WantedSums(wanted, {name: place for place, name in enumerate(names)})

    def lines(self, values: Column) -> tuple[dict[str, Column], NDArray[np.bool_]]:
        """Return the columns by name, in the order of lines, and where nothing is known of a scenario.

        values : (sums, n); unknown : (scenarios, n)
        """
        sums, columns = self._sums.of(values), dict[str, Column]()
        unknown = sums["unknown"] != 0
        for stack, always in zip(self._stacks, self._always, strict=True):
            columns |= zip(stack.names, in_lines(stack.whole(sums), unknown, always), strict=True)
        return columns, unknown


def in_lines(whole: Column, unknown: NDArray[np.bool_], always: Sequence[int] = ()) -> Column:
    """Return (columns, scenarios, n) in the order of lines: the scenarios of a row after those of the other.

    unknown : (scenarios, n), where nothing is known; always : the columns that are known even so
    """
    if unknown.any():
        known = whole[[*always]]
        whole[:, unknown] = nothing_in(whole)
        whole[[*always]] = known
    columns, scenarios, rows = whole.shape
    return whole.transpose(0, 2, 1).reshape(columns, rows * scenarios)


def _places(which: Sequence[bool]) -> I64:
    return np.flatnonzero(np.array(which, np.bool_))
