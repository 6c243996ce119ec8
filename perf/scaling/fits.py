"""What measured times say of larger inputs: exponents of growth, and the projection to a year of a whole exchange."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

ORDER_ROWS, TRADE_ROWS = 2_000_000_000, 1_000_000_000
PARTITION_ROWS: Final = 500_000  # order rows of a security's date, on average
CORES: Final = (8, 64)
REACH: Final = 100  # an exponent is of the sizes from the largest down to this part of it


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return k of value = c size^k by least squares of logarithms; of small sizes the fixed cost is most."""
    points = [
        (math.log(x), math.log(y))
        for x, y in zip(sizes, values, strict=True)
        if x >= max(sizes) / REACH * (1 - 1e-9) and y > 0
    ]
    if len(points) < 2:
        return math.nan
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return float(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread)


@dataclass(frozen=True)
class Basis:
    """What a projection is made of: seconds at each number of workers, of a market of so many rows and bytes."""

    order_rows: int
    trade_rows: int
    csv_bytes: int
    partitions: int
    convert: dict[int, float]
    jobs: dict[int, float]  # with order files
    start: dict[str, dict[int, float]]  # the same of one partition of hardly any rows
    tables: tuple[float, float]  # whatever the number of partitions, and for each

    def growing(self, phase: str) -> dict[int, float]:
        """Return the seconds at each number of workers of what grows with the rows, converting or in jobs."""
        seconds: dict[int, float] = getattr(self, phase)
        return {workers: taken - self.start[phase][workers] for workers, taken in seconds.items()}


def efficiency(seconds: dict[int, float]) -> float:
    """Return how much of each core the most workers that were measured make use of, at most all."""
    most = max(seconds)
    return min(seconds[min(seconds)] * min(seconds) / (most * seconds[most]), 1.0)


def projected(basis: Basis, cores: int) -> dict[str, float]:
    """Return the seconds of the large input on so many cores.

    Rows cost what they cost here, beyond what one partition of hardly any takes, which is added once: the start of the
    workers; trade rows cost as much as order rows; more cores than were measured are used as well as the most that
    were; partitions are of PARTITION_ROWS; storage keeps up.
    """
    rows = ORDER_ROWS + TRADE_ROWS
    times = rows / (basis.order_rows + basis.trade_rows)

    def scaled(phase: str) -> float:
        seconds, start = basis.growing(phase), basis.start[phase]
        one = min(seconds)
        return start[max(start)] + seconds[one] * one * times / (cores * efficiency(seconds))

    tables = basis.tables[0] + basis.tables[1] * ORDER_ROWS / PARTITION_ROWS
    found = {"convert": scaled("convert"), "jobs": scaled("jobs"), "tables": tables}
    found["warm"] = found["jobs"] + found["tables"]
    found["cold"] = found["convert"] + found["warm"]
    found["read_gb_s"] = basis.csv_bytes * times / 1e9 / found["convert"]  # what storage must give
    return found


def assumptions(basis: Basis) -> str:
    """Return in words what a projection takes for granted."""
    size = basis.csv_bytes * (ORDER_ROWS + TRADE_ROWS) / (basis.order_rows + basis.trade_rows) / 1e9
    measured = f"{basis.order_rows:,} order rows and {basis.trade_rows:,} trade rows in {basis.partitions:,} partitions"
    converting, measuring = (efficiency(basis.growing(phase)) for phase in ("convert", "jobs"))
    return (
        f"Projected from {measured}. Assumed: {ORDER_ROWS:,} order rows and {TRADE_ROWS:,} trade rows "
        f"({size:,.0f} GB of CSV as wide as these) in {ORDER_ROWS // PARTITION_ROWS:,} partitions; beyond the start "
        f"of the workers, which is measured apart and added once, cost is linear in rows, and a trade row costs what "
        f"an order row costs; each core is used as well as with {max(basis.jobs)} workers here ({converting:.0%} "
        f"converting, {measuring:.0%} in jobs); storage keeps up, and warm, the store is in the page cache."
    )
