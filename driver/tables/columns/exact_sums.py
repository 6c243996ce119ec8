"""Sums of many rows by name: of all orders, under each scenario, and really beside each replayed scenario."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from driver.tables.columns.quotients import Column, TwoSums
from kernels.conventions import REPLAYED


@dataclass(frozen=True, slots=True)
class Sums:
    """Exact sums of n rows; ``values`` is (columns, n), named by ``names``."""

    scenarios: tuple[str, ...]
    names: tuple[str, ...]
    values: Column
    place: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Find where each name is."""
        object.__setattr__(self, "place", _places(self.names))

    @property
    def replayed(self) -> list[int]:
        """Return the places of the replayed scenarios."""
        return [k for k, name in enumerate(self.scenarios) if name in REPLAYED]

    def __getitem__(self, name: str) -> Column:
        """Return a sum of all orders, (n,)."""
        found: Column = self.values[self.place[name]]
        return found

    def get(self, name: str, other: Column) -> Column:
        """Return a sum if there is one, else the other."""
        return self[name] if name in self.place else other

    def under(self, name: str) -> Column:
        """Return a sum that every scenario has, (scenarios, n)."""
        return self._of(self.scenarios, name)

    def two_under(self, name: str) -> TwoSums:
        """Return a sum in two integers that every scenario has."""
        return TwoSums(self.under(name), self.under(f"{name}_rest"))

    def of_replayed(self, name: str) -> Column:
        """Return a sum that only replayed scenarios have, (replayed, n)."""
        return self._of([self.scenarios[k] for k in self.replayed], name)

    def _of(self, scenarios: Sequence[str], name: str) -> Column:
        found: Column = self.values[[self.place[f"{scenario}.{name}"] for scenario in scenarios]]
        return found

    def simulated(self, name: str) -> Column:
        """Return a sum that every scenario but reality has, (scenarios - 1, n)."""
        return self._of(self.scenarios[1:], name)

    def two_simulated(self, name: str) -> TwoSums:
        """Return the same of a sum in two integers."""
        return TwoSums(self.simulated(name), self.simulated(f"{name}_rest"))

    def happened(self, name: str) -> Column:
        """Return a sum of what really happened, then the same of each replayed scenario as if its fills had happened.

        What is not about fills is as it really was. (1 + replayed, n)
        """
        found: Column = self.values[_happened(self.names, self.scenarios)(name)]
        return found

    def two_happened(self, name: str) -> TwoSums:
        """Return the same of a sum in two integers."""
        return TwoSums(self.happened(name), self.happened(f"{name}_rest"))

    def all_happened(self, names: Sequence[str]) -> Column:
        """Return several of those, (names, 1 + replayed, n)."""
        of = _happened(self.names, self.scenarios)
        found: Column = self.values[[of(name) for name in names]]
        return found


@lru_cache(maxsize=64)
def _places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


@lru_cache(maxsize=64)
def _happened(names: tuple[str, ...], scenarios: tuple[str, ...]) -> Callable[[str], list[int]]:
    """Return what finds a sum really, and under each replayed scenario."""
    place = _places(names)
    replayed = [name for name in scenarios if name in REPLAYED]

    @cache
    def of(name: str) -> list[int]:
        own = (place.get(f"{scenario}.{name.removeprefix('real.')}", place[name]) for scenario in replayed)
        return [place[name], *own]

    return of
