"""How orders ended, and which have trades: by the last row of each order, in memory that does not grow with the rows.

Orders are known by 64-bit keys. When there are more than can be kept, every second one is let go, by a bit of its
key, of all tables alike: shares stay right, and the counts say that they are of a part. `folder` adds the batches.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.base.columns import I64
from kernels.conventions import NULL, TYPE_DARK, TYPE_SWEEP
from tickstore.inspect.codes import ENDED_EARLY
from tickstore.inspect.findings import OutcomeFinding
from tickstore.inspect.values import U64, groups

MOST_ORDERS: Final = 4_000_000
_FEWEST_ADDED: Final = 500_000  # rows worth a merge
_LIVES: Final = np.dtype(
    [("key", "u8"), ("time", "i8"), ("sequence", "i8"), ("leaves", "i8"), ("matched", "i8"), ("reason", "i8"),
     ("type", "i8")]
)  # fmt: skip
_TRADED: Final = np.dtype([("key", "u8"), ("rows", "i8")])
Rows = NDArray[np.void]


@dataclass(slots=True)
class _Kept:
    """Rows by key: one each once they are merged."""

    kind: np.dtype[np.void]
    most: int
    level: int = 0  # only keys whose lowest ``level`` bits are 0 are kept
    merged: Rows = field(init=False)
    added: list[Rows] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.merged = np.empty(0, self.kind)

    def add(self, rows: Rows) -> None:
        """Add rows; they are merged when enough have come."""
        self.added.append(rows[(rows["key"] != 0) & (self._left(rows["key"]))])
        if sum(map(len, self.added)) > max(_FEWEST_ADDED, len(self.merged)):
            self.all()

    def _left(self, keys: U64) -> NDArray[np.bool_]:
        left: NDArray[np.bool_] = (keys & np.uint64((1 << self.level) - 1)) == 0
        return left

    def raise_level(self, level: int) -> None:
        """Let go of keys until ``level`` is reached."""
        self.level = max(self.level, level)
        self.all()
        self.merged = self.merged[self._left(self.merged["key"])]

    def all(self) -> Rows:
        """Return one row a key."""
        if self.added:
            self.merged = _reduced(np.concatenate([self.merged, *self.added]))
            self.added = []
        while len(self.merged) > self.most:
            self.level += 1
            self.merged = self.merged[self._left(self.merged["key"])]
        return self.merged


def _reduced(rows: Rows) -> Rows:
    """Return one row a key: the latest of an order, with the type bits of all; or the sum of its trade rows."""
    is_orders = rows.dtype == _LIVES
    order = np.lexsort((rows["sequence"], rows["time"], rows["key"]) if is_orders else (rows["key"],))
    rows = rows[order]
    first, stop = groups(rows["key"])
    latest: Rows = rows[stop - 1]
    if not len(latest):
        return latest
    if is_orders:
        latest["type"] = np.bitwise_or.reduceat(rows["type"], first)
    else:
        latest["rows"] = np.add.reduceat(rows["rows"], first)
    return latest


class OrderLives:
    """The last row of each order, and the trade rows of each."""

    def __init__(self, most: int = MOST_ORDERS) -> None:
        self._orders = _Kept(_LIVES, most)
        self._traded = _Kept(_TRADED, most)

    def add_orders(self, keys: U64, columns: dict[str, I64]) -> None:
        """Add order rows. columns : time, sequence, leaves, matched, reason, type; NULL where not stated."""
        rows = np.zeros(len(keys), _LIVES)
        rows["key"] = keys
        for name, values in columns.items():
            rows[name] = values if name == "time" else np.where(values == NULL, 0, values)
        self._orders.add(_reduced(rows))

    def add_trades(self, keys: U64) -> None:
        """Add trade rows."""
        rows = np.ones(len(keys), _TRADED)
        rows["key"] = keys
        self._traded.add(_reduced(rows))

    def settle(self) -> float:
        """Bring all tables to the same share of orders; return it."""
        self._orders.all()
        self._traded.all()
        level = max(self._orders.level, self._traded.level)
        for kept in (self._orders, self._traded):
            kept.raise_level(level)
        return 0.5**level

    def outcomes(self) -> tuple[OutcomeFinding, ...]:
        """Return how orders ended, of all, of sweeps, and of orders that rest in the dark."""
        last = self._orders.all()
        ended_early = np.isin(last["reason"], ENDED_EARLY)
        fully = (last["matched"] > 0) & (last["leaves"] == 0) & ~ended_early
        partly = (last["matched"] > 0) & ~fully
        kinds = {
            "all": np.ones(len(last), np.bool_),
            "sweeps": (last["type"] & TYPE_SWEEP) != 0,
            "dark": (last["type"] & TYPE_DARK) != 0,
        }
        return tuple(
            OutcomeFinding(
                kind, int(of.sum()), int((of & fully).sum()), int((of & partly).sum()),
                int((of & ~fully & ~partly).sum()),
            )
            for kind, of in kinds.items()
        )  # fmt: skip

    def orphans(self) -> tuple[int, int, int, int]:
        """Return trade rows, those whose order is absent, orders that matched, and those without a trade."""
        orders, traded = self._orders.all(), self._traded.all()
        known = np.isin(traded["key"], orders["key"])
        matched = orders["key"][orders["matched"] > 0]
        with_trade = np.isin(matched, traded["key"])
        rows = traded["rows"]
        return int(rows.sum()), int(rows[~known].sum()), len(matched), int((~with_trade).sum())
