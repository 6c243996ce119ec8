"""The names of the sums of cells, in the order of what the rows of ``kernels.sums`` have. `job_sums` asks for them."""

from functools import lru_cache
from typing import NamedTuple

from kernels.conventions import REPLAYED
from kernels.sums import fill_rows


class Layout(NamedTuple):
    """Where the sums of cells are."""

    names: tuple[str, ...]
    rows: tuple[list[str], list[str]]  # names of what either row of ``kernels.sums`` has; of the second, in reality
    widths: tuple[int, int]  # of the rows


@lru_cache(maxsize=8)  # the same for every job of a run
def layout(scenarios: tuple[str, ...], markouts: int, within: int) -> Layout:
    """Return the names of the sums, of every order and then of orders with fills, really and under what is replayed."""
    rows = fill_rows.sum_names(scenarios, markouts, within)
    replayed = (f"{scenario}.{name}" for scenario in scenarios if scenario in REPLAYED for name in rows[1])
    return Layout((*rows[0], *rows[1], *replayed), rows, fill_rows.row_widths(scenarios, markouts, within))


def label(name: str) -> str:
    """Return what a sum is called where it does not fit."""
    scenario, _, what = name.removeprefix("outside_").rpartition(".")
    if what.startswith("base"):
        return "order quantity x mid"
    if what.startswith("cost"):
        return f"{what} of {scenario or 'real'}"
    name = name.removesuffix("_rest").removesuffix(".sum")
    return f"notional of {scenario}" if what == "notional2" and scenario else name
