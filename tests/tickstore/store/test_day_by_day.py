"""Files converted one after the other make the same partitions as all of them together."""

from pathlib import Path

import pytest

from tests.tickstore.conftest import DAY_NS, OPEN, ORDER_HEADER, TRADE_HEADER
from tickstore import ConvertReport, ConvertRequest, StoreError, convert, open_day, read_catalog, verify

EVENING = 11 * 3600 * 10**9  # 21:00: the next business day's


def order(number: int, time: int, quantity: int = 100) -> str:
    """Return an order of which 5 shares traded as it came."""
    return f"{number},{time},101,3340,1,{quantity},{quantity - 5},5,69,{number}"


def trade(number: int, time: int) -> str:
    return f"{number},{time},101,{number},1,{number},3340,5,1,7"


def write(path: Path, header: str, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def load(store: Path, *orders: Path, trades: tuple[Path, ...] = (), replace: bool = False) -> ConvertReport:
    return convert(ConvertRequest(orders=orders, trades=trades, store=store, replace=replace, max_rejects=0))


def days(folder: Path, same_name: bool = False) -> list[tuple[Path, Path]]:
    """Return orders and trades of three days, each with an evening of the next day's rows."""
    files = []
    for day in range(3):
        start, base = OPEN + day * DAY_NS, 10 * day
        times = [(base + 1, start), (base + 2, start + 5), (base + 3, start + EVENING)]
        where = folder / (f"d{day}" if same_name else "all")
        name = "" if same_name else f"{day}"
        files.append(
            (
                write(where / f"orders{name}.csv", ORDER_HEADER, *(order(n, t) for n, t in times)),
                write(where / f"trades{name}.csv", TRADE_HEADER, *(trade(n, t) for n, t in times)),
            )
        )
    return files


@pytest.mark.parametrize("same_name", [False, True])
@pytest.mark.parametrize("turn", [1, -1])
def test_day_by_day_equals_all_together(same_name: bool, turn: int, tmp_path: Path) -> None:
    files = days(tmp_path, same_name)
    load(tmp_path / "whole", *(o for o, _ in files), trades=tuple(t for _, t in files))
    for orders, trades in files[::turn]:
        report = load(tmp_path / "store", orders, trades=(trades,))
        assert report.tables["orders"].stored == 3
    whole, store = (read_catalog(tmp_path / name) for name in ("whole", "store"))
    assert [(p.security, p.date, p.digest) for p in store.partitions] == [
        (p.security, p.date, p.digest) for p in whole.partitions
    ]
    assert [p.path.read_bytes() for p in store.partitions] == [p.path.read_bytes() for p in whole.partitions]
    assert verify(tmp_path / "store").problems == ()


def test_a_day_given_again_changes_nothing(tmp_path: Path) -> None:
    files = days(tmp_path)
    for replace in (False, False, True):
        for orders, trades in files:
            report = load(tmp_path / "store", orders, trades=(trades,), replace=replace)
    assert report.written == ()
    assert open_day(tmp_path / "store/101/2024-09-06.h5").rows["events"] == 3


def test_a_day_with_other_content_needs_replace_and_what_goes_is_named(tmp_path: Path) -> None:
    (first, _), (second, _), _ = days(tmp_path)
    store = tmp_path / "store"
    load(store, first)
    load(store, second)
    write(second, ORDER_HEADER, order(11, OPEN + DAY_NS, 200), order(12, OPEN + DAY_NS + 5))
    with pytest.raises(StoreError, match="already holds other orders for security 101 on 2024-09-06; use --replace"):
        load(store, second)
    report = load(store, second, replace=True)
    assert report.warnings == (
        "security 101 on 2024-09-06: 2 stored rows of orders were removed by --replace; "
        "files no longer in it: orders0.csv; convert these again",
    )
    load(store, first)
    assert open_day(store / "101/2024-09-06.h5").events["sequence"].tolist() == [3, 11, 12]


def test_a_grown_file_of_another_name_takes_the_place_of_its_beginning(tmp_path: Path) -> None:
    rows = [order(n, OPEN + n) for n in range(1, 9)]
    load(tmp_path / "store", write(tmp_path / "noon.csv", ORDER_HEADER, *rows[:5]))
    load(tmp_path / "store", write(tmp_path / "evening.csv", ORDER_HEADER, *rows))
    day = open_day(tmp_path / "store/101/2024-09-05.h5")
    assert day.events["sequence"].tolist() == list(range(1, 9))


def test_rows_that_overlap_a_little_are_duplicates(tmp_path: Path) -> None:
    rows = [order(n, OPEN + n) for n in range(1, 9)]
    load(tmp_path / "store", write(tmp_path / "a.csv", ORDER_HEADER, *rows[:5]))
    other = write(tmp_path / "b.csv", ORDER_HEADER, *rows[4:])
    report = convert(ConvertRequest(orders=(other,), store=tmp_path / "store", max_rejects=1))
    assert (report.reject_reasons, report.tables["orders"].stored) == ({"duplicate": 1}, 3)
    assert f"{other},2," in (report.rejects_path or Path()).read_text()
