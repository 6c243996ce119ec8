"""Rows that repeat: copies of a message go, messages that only look alike stay, by the three policies."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickstore.naive_day import naive_needed
from tickstore import ConvertReport, ConvertRequest, DayFile, InputError, convert, open_day, read_catalog, verify
from tickstore.building.repetitions import proven_fills, repeated_rows

pytestmark = pytest.mark.reduced
T = 1_725_494_536_000_000_000  # 2024-09-05 in Sydney
ORDERS = "order_id,timestamp,security,price,side,quantity,leaves,matched,participant,sequence"
TRADES = "order_id,timestamp,security,price,side,quantity,sequence"
QUOTES = "sequence,bid,offer,security,timestamp"


def life(number: int, *matched: int, side: str = "S") -> list[str]:
    """Return the rows of an order of 100 shares, by its counters."""
    return [
        f"{number},{T + number + k},101,3350,{side},100,{100 - m},{m},69,{number * 100 + k}"
        for k, m in enumerate(matched)
    ]


def fill(number: int, quantity: int, sequence: int, side: str = "S") -> str:
    return f"{number},{T + 5000},101,3350,{side},{quantity},{sequence}"


def load(folder: Path, *, orders: list[str], duplicates: str = "auto", **tables: list[str]) -> ConvertReport:
    """Convert rows of each table."""
    folder.mkdir(exist_ok=True)
    paths = {}
    for (name, rows), header in zip(
        ({"orders": orders, "trades": [], "nbbo": []} | tables).items(), (ORDERS, TRADES, QUOTES), strict=True
    ):
        paths[name] = folder / f"{name}.csv"
        paths[name].write_text("\n".join([header, *rows]) + "\n")
    given = ((paths["orders"],), folder / "store", (paths["trades"],), (paths["nbbo"],))
    return convert(ConvertRequest(*given, max_rejects=100, duplicates=duplicates))


def day_of(folder: Path) -> DayFile:
    (partition,) = read_catalog(folder / "store").partitions
    return open_day(partition.path)


def quantities(folder: Path) -> list[int]:
    return [int(quantity) for quantity in day_of(folder).fills["quantity"]]


def test_fills_of_one_packet_are_all_kept(tmp_path: Path) -> None:
    """The sequence is a packet's: it stands on fills that differ, so it cannot tell the equal ones apart."""
    trades = [fill(21, 1, 800), *(fill(21, quantity, 801) for quantity in (1, 1, 4, 1))]
    report = load(tmp_path, orders=life(21, 0, 1, 2, 3, 7, 8), trades=trades)
    assert (report.reject_reasons, report.tables["trades"].stored) == ({}, 5)
    assert sorted(quantities(tmp_path)) == [1, 1, 1, 1, 4]
    assert verify(tmp_path / "store").problems == ()


def test_two_sides_of_a_match_under_one_number_show_that_it_is_no_identity(tmp_path: Path) -> None:
    """Without any order that could tell: both sides of two equal matches share a message number."""
    trades = [fill(31, 2, 7), fill(32, 2, 7, "B")] * 2
    assert load(tmp_path, orders=life(1, 0), trades=trades).reject_reasons == {}
    assert quantities(tmp_path) == [2, 2, 2, 2]


@pytest.mark.parametrize(("matched", "kept"), [(3, [1, 1, 1]), (1, [1])])
def test_the_counter_of_the_order_tells_equal_fills_from_copies(matched: int, kept: list[int], tmp_path: Path) -> None:
    report = load(tmp_path, orders=life(21, 0, matched), trades=[fill(21, 1, 801)] * 3)
    assert quantities(tmp_path) == kept
    assert report.reject_reasons == ({} if matched == 3 else {"duplicate": 2})


@pytest.mark.parametrize("first", [40, 2])
def test_a_counter_that_begins_above_zero_tells_too(first: int, tmp_path: Path) -> None:
    """Matched on earlier days, or by the first row itself: the counter's rise, or all of it, is what was filled."""
    orders = life(21, first, 42 if first == 40 else 2)
    load(tmp_path, orders=[*orders, *life(22, 0)], trades=[fill(21, 1, 801)] * 2)
    assert quantities(tmp_path) == [1, 1]


def test_orders_that_are_not_in_the_file_go_by_those_that_are(tmp_path: Path) -> None:
    """Two equal matches, each side numbered by itself; only the seller is known, and needs both of its fills."""
    trades = [fill(21, 1, 801), fill(99, 1, 802, "B")] * 2
    load(tmp_path / "equal", orders=life(21, 0, 2), trades=trades)
    assert quantities(tmp_path / "equal") == [1, 1, 1, 1]
    load(tmp_path / "copies", orders=life(21, 0, 1), trades=trades)
    assert quantities(tmp_path / "copies") == [1, 1]
    divided = [*life(21, 0, 2), *life(22, 0, 1)]
    load(tmp_path / "divided", orders=divided, trades=[*trades, *[fill(22, 1, 803)] * 2])
    day = day_of(tmp_path / "divided")
    assert Counter(day.fills["order_id"].tolist()) == {21: 2, 22: 1, 99: 1}


def test_rows_of_orders_that_repeat_go_unless_the_sequence_is_shared(tmp_path: Path) -> None:
    rows = life(21, 0, 1)
    assert load(tmp_path / "own", orders=[*rows, rows[1]]).reject_reasons == {"duplicate": 1}
    packet = [row.rsplit(",", 1)[0].replace(str(T + 22), str(T + 21)) + ",5" for row in rows]
    assert load(tmp_path / "packet", orders=[*packet, packet[1]]).reject_reasons == {}
    assert len(day_of(tmp_path / "packet").events["timestamp"]) == 3


def test_one_table_or_day_does_not_speak_for_another(tmp_path: Path) -> None:
    rows, sound = life(21, 0, 1), life(22, 0)
    shared = [fill(21, 1, 801), fill(21, 2, 801), fill(21, 1, 801)]
    report = load(tmp_path, orders=[*rows, rows[1], *sound], trades=shared)
    assert (report.tables["orders"].rejected, report.tables["trades"].rejected) == (1, 0)
    other = [row.replace("101,3350", "102,3350") for row in rows]
    report = load(tmp_path / "other", orders=[*rows, *other, other[0]], trades=shared)
    assert (report.tables["orders"].rejected, report.tables["trades"].rejected) == (1, 0)


def test_a_quote_that_repeats_never_refuses_a_file(tmp_path: Path) -> None:
    quotes = [f"{n // 2},3340,3350,101,{T + n // 2}" for n in range(2, 60)]
    report = load(tmp_path / "auto", orders=life(21, 0), nbbo=quotes)
    assert (report.reject_reasons, report.tables["nbbo"].stored) == ({}, 58)
    report = load(tmp_path / "reject", orders=life(21, 0), nbbo=quotes, duplicates="reject")
    assert report.reject_reasons == {"duplicate": 29}


def test_the_policy_can_be_stated(tmp_path: Path) -> None:
    rows: dict[str, Any] = {"orders": life(21, 0, 2), "trades": [fill(21, 1, 801)] * 2}
    rows["orders"].append(rows["orders"][1])
    found = {}
    for duplicates in ("auto", "reject", "keep"):
        load(tmp_path / duplicates, duplicates=duplicates, **rows)
        day = day_of(tmp_path / duplicates)
        found[duplicates] = (len(day.events["timestamp"]), len(day.fills["timestamp"]))
    assert found == {"auto": (2, 2), "reject": (2, 1), "keep": (3, 2)}
    with pytest.raises(InputError, match="duplicates: one of auto, reject, keep, not 'Keep'"):
        load(tmp_path / "none", duplicates="Keep", **rows)


def test_what_was_stored_stays_when_files_are_added(tmp_path: Path) -> None:
    """Repeated fills that were kept are not looked at again, and neither are those of a table that does not change."""
    load(tmp_path, orders=life(21, 0, 2), trades=[fill(21, 1, 801)] * 2, duplicates="keep")
    store = tmp_path / "store"
    (tmp_path / "q.csv").write_text(f"{QUOTES}\n1,3340,3350,101,{T}\n")
    (tmp_path / "t.csv").write_text(f"{TRADES}\n" + fill(77, 3, 901).replace(str(T + 5000), str(T + 5001)) + "\n")
    for policy in ("reject", "auto"):
        convert(ConvertRequest((), store, nbbo=(tmp_path / "q.csv",), duplicates=policy))
        convert(ConvertRequest((), store, trades=(tmp_path / "t.csv",), duplicates=policy))
        assert quantities(tmp_path) == [1, 1, 3]
    assert verify(store).problems == ()


def test_too_many_copies_still_stop_a_conversion(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("\n".join([ORDERS, *life(21, *range(20)) * 2]) + "\n")
    with pytest.raises(InputError, match=r"20 of 40 rows are bad.*duplicate"):
        convert(ConvertRequest((path,), tmp_path / "store"))


class Rows:
    """A table of plain lists."""

    def __init__(self, rows: list[dict[str, int]]) -> None:
        self.rows = len(rows)
        self._rows = rows

    def read(self, name: str, out: Any) -> None:
        out[:] = [row[name] for row in self._rows]


small = st.integers(0, 3)
trade_rows = st.fixed_dictionaries(
    {
        "order_id": st.integers(1, 3), "timestamp": st.just(1), "sequence": st.integers(1, 9), "quantity": small,
        "deal_source": st.sampled_from([1, 5]),
    }
)  # fmt: skip


@given(
    trades=st.lists(trade_rows, min_size=1, max_size=4),
    again=st.lists(st.integers(0, 3), max_size=4),
    counters=st.lists(st.tuples(st.integers(1, 2), small), max_size=5),
)
def test_fills_are_proven_as_the_slow_reading_says(
    trades: list[dict[str, int]], again: list[int], counters: list[tuple[int, int]]
) -> None:
    trades = sorted([*trades, *(trades[n] for n in again if n < len(trades))], key=lambda t: t["sequence"])
    copies = [n for n, row in enumerate(trades) if row in trades[:n]]
    orders = [{"order_id": number, "matched_quantity": matched} for number, matched in counters]
    found = proven_fills(Rows(orders), Rows(trades), np.array(copies, np.int64))
    assert {n for n, kept in zip(copies, found.tolist(), strict=True) if kept} == naive_needed(trades, copies, orders)


@given(rows=st.lists(st.tuples(small, small, small), max_size=30))
def test_repeated_rows_and_shared_numbers_are_found(rows: list[tuple[int, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[:2])
    time, sequence, value = (np.array([row[k] for row in rows], np.int64) for k in range(3))
    found = repeated_rows(time, sequence, lambda: [lambda chosen: value[chosen]])
    assert found.rows.tolist() == [n for n, row in enumerate(rows) if row[1] != 0 and row in rows[:n]]
    assert found.shared == any(a[:2] == b[:2] and a[1] != 0 and a != b for a in rows for b in rows)


def test_no_share_of_the_real_day_is_lost_where_packets_are_numbered(real_day: Path, tmp_path: Path) -> None:
    """One number for all messages of a nanosecond, and fills cut into single lots of ten, many of them equal."""
    with (real_day / "trades.csv").open(newline="") as file:
        names, *rows = csv.reader(file)
    number, time, quantity, order = (names.index(name) for name in ("sequence", "tradetime", "quantity", "orderid"))
    out, traded = [], Counter[int]()
    for row in rows:
        left = int(row[quantity])
        traded[int(row[order])] += left
        while left:
            part = min(left, max(10, int(row[quantity]) // 5))
            left -= part
            cells = [*row]
            cells[number], cells[quantity] = str(int(row[time]) % 10**9), str(part)
            out.append(cells)
    with (tmp_path / "trades.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *out])
    assert len({tuple(cells[:-1]) for cells in out}) < len(out)
    report = convert(
        ConvertRequest((real_day / "orders.csv",), tmp_path / "store", (tmp_path / "trades.csv",), max_rejects=0)
    )
    assert report.reject_reasons == {}
    fills = day_of(tmp_path).fills
    stored = Counter[int]()
    for key, shares in zip(fills["order_id"].tolist(), fills["quantity"].tolist(), strict=True):
        stored[key] += shares
    assert stored == traded
    assert len(fills["quantity"]) == len(out)
