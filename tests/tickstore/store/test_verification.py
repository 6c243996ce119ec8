"""Whatever happens to a stored file is found."""

import json
import random
import re
import shutil
from pathlib import Path

import pytest

from tests.tickstore.conftest import as_catalog
from tests.tickstore.interrupted import request
from tickstore import StoreError, accept, convert, open_day, read_catalog, verify
from tickstore.day.check import check_day


@pytest.fixture
def store(market: Path) -> Path:
    convert(request(market))
    return market / "store"


def kinds(store: Path) -> list[tuple[str, str]]:
    return [(problem.kind, problem.path.name) for problem in verify(store).problems]


def test_a_sound_store_has_no_problems(store: Path) -> None:
    report = verify(store)
    assert (report.files, report.problems) == (6, ())


@pytest.mark.parametrize("part", ["head", "anywhere"])
def test_every_flipped_bit_is_found(store: Path, part: str) -> None:
    path = store / "101" / "2024-09-05.h5"
    content = path.read_bytes()
    rng = random.Random(0)
    end = len(content) if part == "anywhere" else open_day(path).index["metadata"][0] + 20_000
    for _ in range(200):
        bit = rng.randrange(8 * min(end, len(content)))
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert check_day(path), f"bit {bit} of byte {bit // 8}"
    path.write_bytes(content)
    assert check_day(path) == ""


def test_a_flipped_bit_names_the_column(store: Path) -> None:
    path = store / "101" / "2024-09-05.h5"
    content = bytearray(path.read_bytes())
    content[open_day(path).index["columns"]["events/price"][2] + 5] ^= 4
    path.write_bytes(content)
    (problem,) = verify(store).problems
    assert (problem.kind, problem.message) == ("damaged", "column events/price is damaged")


def test_a_truncated_file_is_found_and_cannot_be_opened(store: Path) -> None:
    path = store / "101" / "2024-09-05.h5"
    path.write_bytes(path.read_bytes()[:-1])
    assert kinds(store) == [("damaged", "2024-09-05.h5")]
    with pytest.raises(StoreError, match="expected: truncated or damaged"):
        open_day(path)


def test_a_missing_partition_is_found(store: Path) -> None:
    (store / "101" / "2024-09-05.h5").unlink()
    assert ("missing", "2024-09-05.h5") in kinds(store)


def test_a_foreign_file_is_found_until_accepted(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "other")
    (tmp_path / "other" / "manifest.jsonl").unlink()
    assert {kind for kind, _ in kinds(tmp_path / "other")} == {"foreign"}
    assert len(accept(tmp_path / "other")) == 6
    assert kinds(tmp_path / "other") == []


@pytest.mark.parametrize(("field", "wrong"), [("last_continuous", 16), ("events", 9), ("first_time", 5)])
def test_a_wrong_number_in_the_catalog_is_found(store: Path, field: str, wrong: int) -> None:
    path = store / "catalog.json"
    text = re.sub(rf'"{field}": (\d+|null)', f'"{field}": {wrong}', path.read_text(), count=1)
    assert text != path.read_text()
    path.write_text(text)
    assert kinds(store) == [("catalog", "catalog.json")]


@pytest.mark.parametrize("harm", ["twice", "of nothing", "in another order"])
def test_entries_too_many_or_out_of_order_in_the_catalog_are_found(store: Path, harm: str) -> None:
    path = store / "catalog.json"
    head, *entries = json.loads(path.read_text())
    made_up = entries[-1] | {"security": "999", "path": "999/2024-09-05.h5"}
    wrong = {"twice": [*entries, entries[-1]], "of nothing": [*entries, made_up], "in another order": entries[::-1]}
    path.write_text(as_catalog([head, *wrong[harm]]))
    assert kinds(store) == [("catalog", "catalog.json")]


def test_wrong_participants_in_the_catalog_are_found(store: Path) -> None:
    path = store / "catalog.json"
    path.write_text(path.read_text().replace('"participants": null', '"participants": {"M": 0}'))
    assert kinds(store) == [("catalog", "catalog.json")]


def test_files_being_built_are_not_of_the_store(store: Path) -> None:
    (store / ".convert").mkdir()
    (store / ".convert" / "000000.h5").write_bytes(b"not finished")
    assert kinds(store) == [("unfinished", ".convert")]
    assert accept(store) == ()


def test_a_file_of_another_conversion_in_its_place_is_found(store: Path) -> None:
    shutil.copy(store / "102" / "2024-09-05.h5", store / "101" / "2024-09-05.h5")
    assert kinds(store)[0] == ("damaged", "2024-09-05.h5")


def test_a_catalog_of_an_earlier_version_learns_who_ordered_from_the_day_files(store: Path) -> None:
    """A day file that cannot be read stays as it was known: its job says what is wrong with it."""
    path, before = store / "catalog.json", read_catalog(store)
    content = path.read_bytes()
    head, *entries = json.loads(content)
    for entry in entries:
        del entry["participants"], entry["order_types"]
    earlier = as_catalog([head | {"version": 1}, *entries])
    path.write_text(earlier)
    assert read_catalog(store) == before
    assert path.read_bytes() == content
    path.write_text(earlier)
    before.partitions[0].path.write_bytes(b"")
    found = read_catalog(store).partitions
    assert (found[0].participants, found[0].order_types) == (None, None)
    assert found[1:] == before.partitions[1:]


def test_the_catalog_is_made_again_from_the_files(store: Path) -> None:
    before = read_catalog(store)
    (store / "catalog.json").unlink()
    assert read_catalog(store) == before
    (store / "catalog.json").write_text("[")
    with pytest.raises(StoreError, match="damaged; delete it"):
        read_catalog(store)
    assert kinds(store) == [("catalog", "catalog.json")]


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_catalog_that_lacks_its_end_is_damaged(store: Path, lines: int) -> None:
    path = store / "catalog.json"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))
    with pytest.raises(StoreError, match="damaged; delete it"):
        read_catalog(store)


def test_partitions_share_what_is_equal(store: Path) -> None:
    first, *_, last = [one for one in read_catalog(store).partitions if one.security == "101"]
    assert first.security is last.security


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 4096, b"darkreplay day\r\n" + b"\xff" * 4096])
def test_what_is_not_a_day_file_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"not a day file|schema version"):
        open_day(path)
