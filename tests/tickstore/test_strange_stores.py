"""Stores that something else has been at: a clear line for each, and nothing committed that cannot be finished."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tickstore.conftest import tree
from tests.tickstore.interrupted import request
from tickstore import StoreError, convert, verify

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


def test_a_torn_last_line_of_the_manifest_is_no_problem(market: Path) -> None:
    convert(request(market))
    manifest = market / "store" / "manifest.jsonl"
    manifest.write_text(manifest.read_text() + '{"kind": "partit')
    assert verify(market / "store").problems == ()


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
        (a_file_for_the_folder, r"store/101: not a folder, where day files of security 101 go; remove it", {"missing"}),
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


def test_a_damaged_decision_is_one_clear_line(market: Path) -> None:
    convert(request(market))
    folder = market / "store" / ".convert"
    folder.mkdir()
    (folder / "decision.json").write_text('{"moves"')
    with pytest.raises(StoreError, match=r"decision.json: damaged; remove .*\.convert, see what `verify` says"):
        convert(request(market))
    (problem,) = verify(market / "store").problems
    assert (problem.kind, "decision.json: damaged" in problem.message) == ("unfinished", True)
