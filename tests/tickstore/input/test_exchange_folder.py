"""A folder's files are told by the names of folders, else by their own; what is unknown is named, never fatal."""

import os
from pathlib import Path

import pytest

from tickstore import InputError
from tickstore.input.exchange_folder import KINDS, read_folder


def found(folder: Path, *names: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return what is found of files by these names, kinds without any left out."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    read = read_folder(folder)
    assert tuple(read.files) == KINDS
    kinds = {kind: [str(p.relative_to(folder)) for p in paths] for kind, paths in read.files.items() if paths}
    return kinds, [str(path.relative_to(folder)) for path in read.unknown]


def test_the_exchange_layout_is_taken_whole(tmp_path: Path) -> None:
    kinds, unknown = found(
        tmp_path, "orders/101_2024-09-05.csv", "ORDERS/2024/09/102.parquet", "Trades/101.csv.gz", "trade/x.CSV.ZST",
        "NBBO/trades.csv", "session/s.csv", "sessions/t.csv.bz2", "reference/r.csv", "OrderBooks/ob.pq",
        "participants/p.csv.lz4",
    )  # fmt: skip
    assert kinds == {
        "orders": ["ORDERS/2024/09/102.parquet", "orders/101_2024-09-05.csv"],
        "trades": ["Trades/101.csv.gz", "trade/x.CSV.ZST"],
        "nbbo": ["NBBO/trades.csv"],
        "sessions": ["session/s.csv", "sessions/t.csv.bz2"],
        "reference": ["OrderBooks/ob.pq", "reference/r.csv"],
        "participants": ["participants/p.csv.lz4"],
    }
    assert unknown == []


def test_names_of_files_tell_where_no_folder_does(tmp_path: Path) -> None:
    kinds, unknown = found(
        tmp_path, "orders.csv", "AllTrades_2024.csv", "drr_trades_segment_1.csv", "nbbo8.csv", "session.csv",
        "par.csv", "order-book.csv", "SESSION CHANGE.csv", "best quotes.csv", "README.md", "border.csv",
        "orders and trades.csv", "spares.csv", "orders.xlsx",
    )  # fmt: skip
    assert kinds == {
        "orders": ["orders.csv"],
        "trades": ["AllTrades_2024.csv", "drr_trades_segment_1.csv"],
        "nbbo": ["best quotes.csv", "nbbo8.csv"],
        "sessions": ["SESSION CHANGE.csv", "session.csv"],
        "reference": ["order-book.csv"],
        "participants": ["par.csv"],
    }
    assert unknown == ["README.md", "border.csv", "orders and trades.csv", "orders.xlsx", "spares.csv"]


def test_the_innermost_folder_counts_and_a_reference_folder_may_hold_participants(tmp_path: Path) -> None:
    kinds, unknown = found(
        tmp_path, "orders/trades/x.csv", "trades/2024/orders.csv", "reference/participants.csv", "reference/trades.csv"
    )
    assert kinds == {
        "trades": ["orders/trades/x.csv", "trades/2024/orders.csv"],
        "reference": ["reference/trades.csv"],
        "participants": ["reference/participants.csv"],
    }
    assert unknown == []


def test_deeper_files_are_no_input_where_others_are_told_further_out(tmp_path: Path) -> None:
    """A generator's truth, an older copy, what was unpacked to look at it."""
    kinds, unknown = found(tmp_path, "orders.csv", "truth/101/orders.csv", "2023/trades.csv", "2024/trades.csv")
    assert kinds == {"orders": ["orders.csv"], "trades": ["2023/trades.csv", "2024/trades.csv"]}
    assert unknown == ["truth/101/orders.csv"]
    kinds, unknown = found(tmp_path, "orders/5.csv")
    assert (kinds["orders"], unknown) == (["orders/5.csv"], ["orders.csv", "truth/101/orders.csv"])


def test_stores_results_and_hidden_files_are_no_input(tmp_path: Path) -> None:
    kinds, unknown = found(
        tmp_path, "orders.csv", ".orders.csv", ".git/orders.csv", "store/manifest.jsonl", "store/orders.csv",
        "results/manifest.jsonl", "results/sec101/2024-09-05/orders.csv",
    )  # fmt: skip
    assert (kinds, unknown) == ({"orders": ["orders.csv"]}, [])


def test_links_are_followed_once_and_pipes_are_not_opened(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "input"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep" / "1.csv").write_text("x\n")
    (elsewhere / "back").symlink_to(elsewhere)
    folder.mkdir()
    (folder / "orders").symlink_to(elsewhere)
    os.mkfifo(folder / "trades.csv")
    assert found(folder) == ({"orders": ["orders/deep/1.csv"]}, ["trades.csv"])


@pytest.mark.parametrize(("name", "message"), [("x.csv", "is a file; give a folder"), ("none", "does not exist")])
def test_what_is_no_folder_is_refused(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x\n")
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path / name)
