"""Driving runs through a day: decode a piece, play it into every book, make room where it runs out."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from kernels.base.columns import DTYPES, I64, FillColumns, readonly
from kernels.dark.book import grown
from kernels.dark.records import Book, Records, records
from kernels.market.grouping import rows_by_order
from kernels.market.pairs import mates
from kernels.measure.simulated import mark_others
from kernels.replay.decode import decode
from kernels.replay.play import play
from kernels.replay.prepare import Prepared
from kernels.replay.reasons import write_reach
from kernels.replay.runs import Facts, Run, new_run, state_of
from kernels.replay.steps import CURSOR, STEP, Later, Plan, Quotes, Rows, Seekers, Trades

PIECE: Final = 65_536  # steps decoded at a time; to hand all columns to a kernel costs as much as hundreds of them


class Player:
    """A run with what it has written so far."""

    def __init__(self, name: str, run: Run, facts: Facts) -> None:
        self.name, self.run, self.facts = name, run, facts
        self.matches: list[Any] = []
        self.cuts: list[Any] = []

    def play(self, steps: Records, count: int) -> None:
        """Play steps; where the book or a buffer is full, make room and go on."""
        done = play(steps, 0, count, self.run, self.facts)
        while done < count:
            self.make_room()
            done = play(steps, done, count, self.run, self.facts)

    def make_room(self) -> None:
        """Take away what was written, and enlarge what still has no room for one more step."""
        state, book = state_of(self.run), self.run.book
        self.flush()
        live = int(book.state[0].live)
        if live + 2 > len(book.orders):
            self.run = self.run._replace(book=grown(book))
        if 2 * live + 8 > len(self.run.matches):
            self.run = self.run._replace(matches=records(4 * live + 8, self.run.matches.dtype))
        assert state.matches == 0

    def forget(self) -> None:
        """Drop what was written."""
        state_of(self.run).matches = state_of(self.run).cuts = 0
        self.matches, self.cuts = [], []

    def follow(self, other: "Player") -> None:
        """Go on from where another run of the same kind stands, with the subjects of one's own."""
        own, theirs = self.run, other.run
        if len(own.book.orders) < len(theirs.book.orders):
            own = own._replace(book=Book(*(column.copy() for column in theirs.book)))
        for mine, column in zip(own.book, theirs.book, strict=True):
            mine[:] = column
        own.slot[:], own.leaves[:] = theirs.slot, theirs.leaves
        if len(self.facts.open_at_end):
            self.facts.open_at_end[:] = other.facts.open_at_end
        state, before = state_of(own), state_of(theirs)
        state.open, state.bid, state.offer = before.open, before.bid, before.offer
        self.run = own

    def flush(self) -> None:
        """Take away what was written."""
        state = state_of(self.run)
        self.matches.append(self.run.matches[: int(state.matches)].copy())
        self.cuts.append(self.run.cuts[: int(state.cuts)].copy())
        state.matches = state.cuts = 0

    def written(self) -> tuple[Any, Any]:
        """Return all matches and cuts, in the order in which they happened."""
        self.flush()
        return np.concatenate(self.matches).view(np.recarray), np.concatenate(self.cuts).view(np.recarray)


def drive(prepared: Prepared, players: Iterable[Player], note: Callable[[Records, int], None] | None = None) -> int:
    """Play a day into every run, P first; return the number of steps. note : is shown each piece afterwards."""
    most = int(prepared.rows.fill_count.max(initial=0))
    steps, total = records(max(PIECE, 2 * most + 16), STEP), 0
    while True:
        count = decode(*prepared[1:5], prepared.plan, prepared.later, prepared.cursor, steps)
        if count == 0:
            return total
        total += count
        for player in players:
            player.play(steps, count)
        if note is not None:
            note(steps, count)


# Types of a day's columns that are not int64, as the decoder is compiled for them.
ROW_TYPES: Final = dict.fromkeys(("order_index", "next_row", "last_row", "first_row", "first_fill", "fill_count"), "i4")
ROW_TYPES.update({"single": "i1", "mid_tick": "i1", "reason": "i2", "status": "i1"})
TRADE_TYPES: Final = {
    "by_time": "i4", "order_index": "i4", "venue": "i1", "deal": "i2", "side": "i1", "aggressor": "i1",
    "participant": "i4",
}  # fmt: skip


def warm() -> None:
    """Compile every kernel that a replay calls beside those of measuring, by replaying a day of no rows."""
    rows = Rows._make(readonly(np.zeros(0, ROW_TYPES.get(name, "i8"))) for name in Rows._fields)
    columns = [readonly(np.zeros(0, TRADE_TYPES.get(name, "i8"))) for name in Trades._fields[:-2]]
    none: I64 = readonly(np.zeros(0, np.int64))
    flags, places = np.zeros(0, np.int8), np.zeros(0, np.int32)
    trades = Trades._make([*columns, mates(columns[1], none), flags])
    quotes, cursor = Quotes(none, none, none), np.zeros(1, CURSOR).view(np.recarray)
    plan = Plan(0, 0, -1, 0, 0, 1, 0, 0, 0, readonly(np.zeros(2, np.int64)))
    seekers = Seekers(flags, flags, flags, flags, places)
    steps, ticks = records(PIECE, STEP), np.zeros((2, 1), np.int64)
    count = decode(rows, trades, quotes, seekers, plan, Later(places, places), cursor, steps)
    own = np.zeros(0, np.int64)
    facts = Facts(flags, readonly(np.zeros(0, np.int8)), none, none, flags, flags, own, own, own, ticks)
    Player("warm", new_run(0, 1, 1, locked=False), facts).play(steps, count)
    grown(new_run(0, 1, 1, locked=False).book)
    write_reach(none, none, none, 0, own, own, own, own, flags)
    rows_by_order(none, 0)
    fills = FillColumns(*(readonly(np.zeros(0, DTYPES[FillColumns].get(name, "i8"))) for name in FillColumns._fields))
    nobody = readonly(places)
    mark_others(nobody, fills, own, (nobody, nobody), fills, own, (nobody, nobody), np.zeros(0, np.bool_))
