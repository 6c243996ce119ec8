"""What the columns of a table are of the sums of its rows, as formulas: read one by one, worked out all at once.

A formula is made once for each scenario and kind of table, by name; `driver.tables.columns.sheet` works those of all
columns, scenarios and rows out together, since of small tables nearly all time goes into calls.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kernels.conventions import COST_SCALE

ONE = "one"  # the name of what is 1 in every row


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of sums by name, each so many times."""

    times: Mapping[str, int]

    def __add__(self, other: "Sum") -> "Sum":
        """Return both together."""
        names = {**self.times, **other.times}
        return Sum({name: self.times.get(name, 0) + other.times.get(name, 0) for name in names})

    def __sub__(self, other: "Sum") -> "Sum":
        """Return this without another."""
        return self + -1 * other

    def __rmul__(self, factor: int) -> "Sum":
        """Return this so many times."""
        return Sum({name: factor * times for name, times in self.times.items()})


NOTHING = Sum({})
UNIT = Sum({ONE: 1})


class TwoSums(NamedTuple):
    """A sum that is kept in two integers: itself and its rest, in 1/2^REST_BITS."""

    whole: Sum
    rest: Sum = NOTHING

    def less(self, other: "TwoSums") -> "TwoSums":
        """Return it without another."""
        return TwoSums(self.whole - other.whole, self.rest - other.rest)

    def times(self, factor: int) -> "TwoSums":
        """Return it so many times."""
        return TwoSums(factor * self.whole, factor * self.rest)


class Count(NamedTuple):
    """A column of integers, missing where ``unless`` is not 0."""

    value: Sum
    unless: Sum = NOTHING


class Quotient(NamedTuple):
    """A column of up x over / (down x under), missing where there is nothing under it, or ``unless`` is not 0."""

    over: TwoSums
    under: TwoSums
    up: int = 1
    down: int = 1
    unless: Sum = NOTHING


class Half(NamedTuple):
    """A column of halves, integers where they are whole; missing where ``unless`` is not 0."""

    twice: TwoSums
    unless: Sum = NOTHING


# What a column is under one scenario; None where it says nothing of it, or where it is not made of sums.
Formula = Count | Quotient | Half | None


def ratio(over: Sum, under: Sum, up: int = 1, down: int = 1, unless: Sum = NOTHING) -> Quotient:
    """Return up x over / (down x under), correctly rounded."""
    return Quotient(TwoSums(over), TwoSums(under), up, down, unless)


def costs_bps(cost: Sum, base: Sum) -> Quotient:
    """Return fixed-point sums of cost over sums of Q x M0 (half units), in bps."""
    return ratio(cost, base, 10_000, COST_SCALE)


def mean(over: TwoSums, under: Sum, up: int = 1, down: int = 1, unless: Sum = NOTHING) -> Quotient:
    """Return what ``ratio`` does of a sum that is kept in two integers."""
    return Quotient(over, TwoSums(under), up, down, unless)


def mean_bps(cost: TwoSums, base: Sum) -> Quotient:
    """Return fixed-point sums of cost with their rests over sums of weights (half units), in bps."""
    return mean(cost, base, 10_000, COST_SCALE)


@dataclass(frozen=True, slots=True)
class SumsBy:
    """The sums there are by name, seen from one scenario."""

    scenario: str
    names: Collection[str]

    def all(self, name: str) -> Sum:
        """Return a sum of all orders, whatever the scenario."""
        return self._named(name)

    def real(self, name: str) -> Sum:
        """Return what reality has of a sum that every scenario has."""
        return self._named(f"real.{name}")

    def own(self, name: str) -> Sum:
        """Return what this scenario has of it."""
        return self._named(f"{self.scenario}.{name}")

    def two_own(self, name: str) -> TwoSums:
        """Return the same of a sum in two integers."""
        return TwoSums(self.own(name), self.own(f"{name}_rest"))

    def happened(self, name: str) -> Sum:
        """Return a sum of what happened: under a replayed scenario as if its fills had happened.

        What is not about fills is as it really was.
        """
        own = f"{self.scenario}.{name.removeprefix('real.')}"
        return self._named(own if own in self.names else name)

    def two_happened(self, name: str) -> TwoSums:
        """Return the same of a sum in two integers."""
        return TwoSums(self.happened(name), self.happened(f"{name}_rest"))

    def _named(self, name: str) -> Sum:
        if name not in self.names:
            raise KeyError(f"there is no sum {name}")
        return Sum({name: 1})
