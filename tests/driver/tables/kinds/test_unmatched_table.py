"""unmatched.csv adds jobs up by reason, in the order of the replay's own reasons."""

from types import SimpleNamespace
from typing import cast

from driver.sums.partial import Partial
from driver.tables.kinds.meanings import REASON_WORDS
from driver.tables.kinds.unmatched_table import UnmatchedTable
from kernels.replay.reasons import REASONS


def partial(**contra: list[int]) -> Partial:
    return cast(Partial, SimpleNamespace(contra=contra))


def test_every_reason_has_words() -> None:
    assert tuple(REASON_WORDS) == REASONS


def test_means_are_over_the_orders_of_all_jobs() -> None:
    table = UnmatchedTable()
    table.add(partial(no_contra=[4, 400, 0, 4, 2, 60, 3], filled=[1, 10, 50, 0, 0, 0, 1]))
    table.add(partial(no_contra=[4, 100, 80, 2, 2, 20, 2]))
    head, first, second = table.tables()["unmatched.csv"].decode().splitlines()
    assert head.startswith("reason,meaning,orders,order_quantity,contra_depth")
    assert first == "filled,fills something,1,10,50.0,0.0,0.0,0.0,1.0,all"
    assert second.split(",")[2:] == ["8", "500", "10.0", "0.75", "0.5", "10.0", "0.625", ""]


def test_without_subjects_there_is_no_file() -> None:
    table = UnmatchedTable()
    table.add(partial())
    assert table.tables() == {}
