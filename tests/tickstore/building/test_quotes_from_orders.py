"""Quotes made of the snapshots on order rows: whatever comes later, they are those of all order rows together."""

import itertools
import random
from pathlib import Path

import pytest

from tests.tickstore.conftest import OPEN, QUOTE_HEADER, TRADE_HEADER
from tickstore import ConvertReport, ConvertRequest, StoreError, convert, open_day, read_catalog, verify

HEADER = (
    "order_id,timestamp,security_code,price,side,quantity,leavesquantity,totalmatchedquantity,participantid,sequence"
)
NAME = "5/2024-09-05.h5"


def order(number: int, bid: object, offer: object) -> str:
    return f"{number % 7},{OPEN + number},5,3340,1,100,100,0,69,{number},{bid},{offer}"


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def load(store: Path, *orders: Path, wanted: bool = True, replace: bool = False, **tables: Path) -> ConvertReport:
    others = {name: (path,) for name, path in tables.items()}
    return convert(
        ConvertRequest(orders=orders, store=store, quotes_from_orders=wanted, replace=replace, max_rejects=0, **others)  # type: ignore[arg-type]
    )


def naive_quotes(rows: list[str]) -> list[tuple[int, int, int]]:
    """Return (time, bid, offer) where the snapshot differs from that of the row before that has one."""
    quotes: list[tuple[int, int, int]] = []
    for row in sorted(rows, key=lambda row: int(row.split(",")[1])):
        cells = row.split(",")
        if cells[10] or cells[11]:
            bid, offer = (int(cell) if cell else -(2**63) for cell in cells[10:])
            if not quotes or quotes[-1][1:] != (bid, offer):
                quotes.append((int(cells[1]), bid, offer))
    return quotes


def quotes(store: Path) -> list[tuple[int, int, int]]:
    day = open_day(store / NAME)
    return list(zip(*(day.quotes[name].tolist() for name in ("timestamp", "bid", "offer")), strict=True))


@pytest.fixture
def parts(tmp_path: Path) -> tuple[list[Path], list[str]]:
    """Return three order files whose rows interleave, and all their rows."""
    rng = random.Random(1)
    rows = [order(n, rng.choice(["", 10, 11]), rng.choice(["", 20, 21])) for n in range(1, 200)]
    mixed = rows[:]
    rng.shuffle(mixed)
    files = [
        write(tmp_path / f"o{n}.csv", f"{HEADER},national_bid,national_offer", sorted(mixed[n::3], key=rows.index))
        for n in range(3)
    ]
    return files, rows


def test_order_files_one_after_the_other_give_the_quotes_of_all(
    parts: tuple[list[Path], list[str]], tmp_path: Path
) -> None:
    files, rows = parts
    load(tmp_path / "whole", *files)
    assert quotes(tmp_path / "whole") == naive_quotes(rows)
    whole = (tmp_path / "whole" / NAME).read_bytes()
    for number, turn in enumerate(itertools.permutations(files)):
        store = tmp_path / f"s{number}"
        for file in turn:
            load(store, file)
        assert (store / NAME).read_bytes() == whole
        assert verify(store).problems == ()


def test_trades_that_come_later_find_the_quotes(parts: tuple[list[Path], list[str]], tmp_path: Path) -> None:
    files, rows = parts
    trades = write(tmp_path / "t.csv", TRADE_HEADER, [f"900,{OPEN + 50},5,3,1,1,3340,5,1,7"])
    load(tmp_path / "whole", *files, trades=trades)
    for wanted in (True, False):  # what adds no orders need not say it again
        store = tmp_path / str(wanted)
        load(store, *files[:2])
        load(store, wanted=wanted, trades=trades)
        load(store, files[2])
        assert (store / NAME).read_bytes() == (tmp_path / "whole" / NAME).read_bytes()
    assert quotes(store) == naive_quotes(rows)
    assert open_day(store / NAME).fills["quote"].tolist() != [-1]
    assert load(store, *files, wanted=False).written == ()


def test_a_quote_file_that_comes_later_takes_their_place_for_good(
    parts: tuple[list[Path], list[str]], tmp_path: Path
) -> None:
    files, _ = parts
    nbbo = write(tmp_path / "q.csv", QUOTE_HEADER, [f"1,30,40,5,{OPEN + 9}", f"2,31,41,5,{OPEN + 10}"])
    load(tmp_path / "whole", *files, nbbo=nbbo)
    store = tmp_path / "store"
    load(store, *files[:2])
    assert open_day(store / NAME).attributes["quotes_from_orders"] is True
    load(store, nbbo=nbbo)
    assert quotes(store) == [(OPEN + 9, 30, 40), (OPEN + 10, 31, 41)]
    assert open_day(store / NAME).attributes["quotes_from_orders"] is False
    load(store, files[2])
    assert (store / NAME).read_bytes() == (tmp_path / "whole" / NAME).read_bytes()


def test_orders_of_the_other_way_are_refused_until_all_are_given(
    parts: tuple[list[Path], list[str]], tmp_path: Path
) -> None:
    files, rows = parts
    for wanted, word in ((True, "with"), (False, "without")):
        store = tmp_path / word
        load(store, files[0], wanted=wanted)
        with pytest.raises(
            StoreError, match=f"stored {word} --quotes_from_orders: convert the files that add to it in"
        ):
            load(store, files[1], wanted=not wanted)
    load(store, files[0])
    assert quotes(store) == naive_quotes(files[0].read_text().splitlines()[1:])
    load(store, *files[1:])
    assert quotes(store) == naive_quotes(rows)
    without = load(store, *files, wanted=False)
    assert (without.written, quotes(store)) == ((), naive_quotes(rows))


def test_other_snapshots_need_replace(parts: tuple[list[Path], list[str]], tmp_path: Path) -> None:
    files, _ = parts
    store = tmp_path / "store"
    load(store, files[0])
    rows = [order(n, 1, 2) for n in sorted(int(row.split(",")[9]) for row in files[0].read_text().splitlines()[1:])]
    write(files[0], f"{HEADER},national_bid,national_offer", rows)
    with pytest.raises(StoreError, match="already holds other orders for security 5 on 2024-09-05; use --replace"):
        load(store, files[0])
    load(store, files[0], replace=True)
    assert quotes(store) == naive_quotes(rows)


def test_a_damaged_file_with_such_quotes_is_mended_without_a_quote_file(
    parts: tuple[list[Path], list[str]], tmp_path: Path
) -> None:
    load(tmp_path / "store", *parts[0])
    path = tmp_path / "store" / NAME
    sound = path.read_bytes()
    path.write_bytes(sound[:-1])
    load(tmp_path / "store", *parts[0])
    assert path.read_bytes() == sound
    assert [p.rows["quotes"] for p in read_catalog(tmp_path / "store").partitions] == [len(naive_quotes(parts[1]))]
