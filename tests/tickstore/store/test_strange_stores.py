"""Stores that something else has been at: a clear line for each, and nothing committed that cannot be finished."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tickstore.conftest import tree
from tests.tickstore.interrupted import request
from tickstore import StoreError, accept, convert, verify

NAME = "101/2024-09-05.h5"


@pytest.mark.parametrize(
    "line", ["[1, 2]", "null", '{"kind": "partition"}', "{", '{"kind": "conversion"}', "7", "\x00"]
)
def test_a_bad_line_in_the_manifest_is_found_and_passed_over(market: Path, line: str) -> None:
    convert(request(market))
    manifest = market / "store" / "manifest.jsonl"
    manifest.write_text(manifest.read_text() + line + "\n")
    (problem,) = verify(market / "store").problems
    assert (problem.kind, problem.path) == ("manifest", manifest)
    assert problem.message.startswith("1 lines cannot be read, line 8 first")
    assert convert(request(market)).nothing_to_do


@pytest.mark.parametrize("cut", [1, 40, 700])
def test_a_manifest_cut_short_is_found_and_mended_by_converting_again(market: Path, cut: int) -> None:
    convert(request(market))
    before = tree(market / "store")
    manifest = market / "store" / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-cut])
    (problem,) = verify(market / "store").problems
    assert (problem.kind, problem.path) == ("manifest", manifest)
    assert problem.message.startswith("its last line is cut short")
    convert(request(market))
    assert tree(market / "store") == before


@pytest.mark.parametrize(("key", "wrong"), [("digest", '"0"'), ("size", "5")])
def test_a_line_of_the_manifest_that_says_something_else_is_found_and_mended(
    market: Path, key: str, wrong: str
) -> None:
    convert(request(market))
    manifest = market / "store" / "manifest.jsonl"
    manifest.write_text(re.sub(rf'"{key}":("\w+"|\d+)', f'"{key}":{wrong}', manifest.read_text(), count=1))
    (problem,) = verify(market / "store").problems
    assert (problem.kind, "states another size or digest" in problem.message) == ("manifest", True)
    assert [path.name for path in accept(market / "store")] == ["2024-09-05.h5"]
    assert verify(market / "store").problems == ()


def test_a_table_of_rejects_that_is_gone_is_found_and_made_again(market: Path) -> None:
    with (market / "orders.csv").open("a") as file:
        file.write("x\n")
    convert(replace(request(market), max_rejects=1))
    before = tree(market / "store")
    (market / "store" / "rejects.csv").unlink()
    (problem,) = verify(market / "store").problems
    assert (problem.kind, problem.path.name) == ("missing", "rejects.csv")
    convert(replace(request(market), max_rejects=1))
    assert tree(market / "store")["rejects.csv"] == before["rejects.csv"]


@pytest.mark.parametrize(
    "name", ["notes.txt", "2024-09-05.h5", "101/notes.txt", "101/2024-09-05.h5.tmp", "101/sub/2024-09-05.h5", "x/y"]
)
def test_a_file_that_is_not_of_the_store_is_found(market: Path, name: str) -> None:
    convert(request(market))
    path = market / "store" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    (problem,) = verify(market / "store").problems
    assert problem.kind == "foreign"
    assert path.is_relative_to(problem.path)


def test_a_copy_of_a_day_file_in_another_place_is_not_to_be_accepted(market: Path) -> None:
    convert(request(market))
    shutil.copy(market / "store" / NAME, market / "store" / "101" / "2024-09-30.h5")
    (problem,) = verify(market / "store").problems
    assert "nor where security 101 on 2024-09-05 would be: remove it" in problem.message
    assert accept(market / "store") == ()


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_that_is_no_store_is_not_a_sound_one(tmp_path: Path, made: bool) -> None:
    store = tmp_path / "store"
    if made:
        store.mkdir()
    for look in (verify, accept):
        with pytest.raises(StoreError, match="no store here; `convert` makes one"):
            look(store)
    assert store.exists() == made
    assert not list(tmp_path.glob("store/*"))


def test_a_pipe_in_a_store_is_not_waited_for(market: Path) -> None:
    convert(request(market))
    os.mkfifo(market / "store" / "101" / "2024-09-30.h5")
    assert [problem.kind for problem in verify(market / "store").problems] == ["damaged"]


def test_a_damaged_report_of_an_earlier_conversion_is_not_trusted(market: Path) -> None:
    convert(request(market))
    manifest = market / "store" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"reject_reasons"', '"reject_seasons"'))
    report = convert(request(market))
    assert (report.nothing_to_do, len(report.unchanged)) == (False, 6)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_file_for_the_folder(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("harm", "message", "kinds"),
    [
        (a_folder, r"101/2024-09-05.h5: not a file; remove it", {"damaged"}),
        (
            a_file_for_the_folder,
            r"store/101: not a folder, where day files of security 101 go; remove it",
            {"missing", "foreign"},
        ),
    ],
)
def test_what_stands_in_the_way_is_named_before_anything_is_decided(
    market: Path, harm: Callable[[Path], None], message: str, kinds: set[str]
) -> None:
    convert(request(market))
    harm(market / "store" / NAME)
    before = tree(market / "store")
    assert {problem.kind for problem in verify(market / "store").problems} == kinds
    with pytest.raises(StoreError, match=message):
        convert(request(market))
    assert tree(market / "store") == before


@pytest.mark.parametrize("content", ['{"moves"', "{}", "[]", '{"boot": 1, "moves": [], "lines": []}'])
def test_a_damaged_decision_is_one_clear_line(market: Path, content: str) -> None:
    convert(request(market))
    folder = market / "store" / ".convert"
    folder.mkdir()
    (folder / "decision.json").write_text(content)
    with pytest.raises(StoreError, match=r"decision.json: damaged; remove .*\.convert, see what `verify` says"):
        convert(request(market))
    (problem,) = verify(market / "store").problems
    assert (problem.kind, "decision.json: damaged" in problem.message) == ("unfinished", True)
