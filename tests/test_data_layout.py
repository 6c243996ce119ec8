"""data_layout.md says what the store does: its tables, its hex example and its reader are checked here."""

import hashlib
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import tickstore
from tickstore import ConvertRequest
from tickstore.conversion.rejects import HEADER
from tickstore.day.reader import HEAD, MAGIC
from tickstore.day.schema import GROUPS, SCHEMA_VERSION
from tickstore.input.fields import FIELDS

pytestmark = pytest.mark.reduced
TEXT = (Path(__file__).resolve().parents[1] / "data_layout.md").read_text()
T = 1725494536001032398


def tiny_day() -> dict[str, dict[str, NDArray[Any]]]:
    """Return the day of the example: one dark order of 100 shares, of which 60 trade at once."""
    events = {
        "timestamp": [T, T], "sequence": [1, 2], "order_index": [0, 0], "next_row": [1, -1], "price": [3340, 3340],
        "quantity": [100, 100], "leaves_quantity": [100, 40], "matched_quantity": [0, 60], "minimum_quantity": [0, 0],
        "change_reason": [6, 3], "order_status": [2, 1], "mid_tick": [0, 0], "single_fill": [0, 0],
        "preference_only": [0, 0],
    }  # fmt: skip
    orders = {
        "order_id": [7904794000124046634], "participant": [69], "side": [1], "order_type": [64],
        "time_validity": [256], "crossing_key": [0], "first_row": [0], "last_row": [1], "arrival_time": [T],
        "end_time": [T], "limit_price": [3340], "mid_tick": [0], "parent_quantity": [100], "leaves_quantity": [40],
        "matched_quantity": [60], "carried_quantity": [0], "fault": [0], "arrival_quote": [-1], "end_quote": [-1],
        "first_fill": [0], "fill_count": [0], "fills_before_arrival": [0], "fills_before_end": [0],
    }  # fmt: skip
    groups = {"events": events, "orders": orders}
    return {group: {name: np.array(v) for name, v in columns.items()} for group, columns in groups.items()}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.h5"
    tickstore.write_day(path, "101", "2024-09-05", tiny_day())
    return path


def section(title: str) -> str:
    """Return the text below a heading, up to the next of the same or a higher level."""
    start = re.search(rf"^(#+) {re.escape(title)}$", TEXT, re.M)
    assert start, title
    rest = TEXT[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.M)
    return rest[: end.start()] if end else rest


def table(title: str) -> list[list[str]]:
    """Return the rows of the first table of a section."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("group", list(GROUPS))
def test_the_column_tables_are_the_schema(group: str) -> None:
    assert table(group) == [
        [column.name + "?" * column.optional, column.dtype, column.unit, column.meaning] for column in GROUPS[group]
    ]


@pytest.mark.parametrize("name", list(FIELDS))
def test_the_input_tables_are_the_fields(name: str) -> None:
    rows = table(f"Columns of {name} files")
    assert [row[0] for row in rows] == [field.name for field in FIELDS[name]]
    assert [row[1].split(", ") for row in rows] == [[*field.aliases, *field.weak] or ["-"] for field in FIELDS[name]]
    defaults = ["needed" if f.required else "null" if f.default == -(2**63) else str(f.default) for f in FIELDS[name]]
    assert [row[2] for row in rows] == defaults


def test_the_head_of_the_user_block_is_as_described() -> None:
    rows = table("The user block")
    assert [row[0] for row in rows] == ["0", "16", "20", "24", "28", "32"]
    assert HEAD.size == 32
    assert repr(MAGIC)[2:-1] in rows[0][2]
    assert f"now {SCHEMA_VERSION}" in rows[1][2]


def test_the_rejects_table_is_as_described() -> None:
    assert [row[0] for row in table("rejects.csv")] == list(HEADER)


@pytest.mark.skipif(h5py.version.hdf5_version_tuple[:2] != (2, 0), reason="other bytes with another HDF5 library")
def test_the_hex_example_is_the_file(tiny: Path) -> None:
    content = tiny.read_bytes()
    dumped = re.findall(r"^([0-9a-f]{8})  ((?:[0-9a-f]{2} ?)+)", section("A tiny file, byte by byte"), re.M)
    assert len(dumped) >= 8
    for offset, line in dumped:
        expected = bytes.fromhex(line)
        at = int(offset, 16)
        assert content[at : at + len(expected)] == expected, offset
    length, crc = struct.unpack_from("<II", content, 20)
    assert zlib.crc32(content[32 : 32 + length]) == crc
    assert f"{len(content):,} bytes" in section("A tiny file, byte by byte")


def test_the_digest_is_what_the_page_says(tiny: Path) -> None:
    content = tiny.read_bytes()
    index = json.loads(content[32 : 32 + int.from_bytes(content[20:24], "little")])
    columns = {path: [kind, rows, crc] for path, (kind, rows, _, crc) in index["columns"].items()}
    text = json.dumps([index["rows"], columns], sort_keys=True, separators=(",", ":"))
    assert index["attributes"]["digest"] == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert {kind for kind, _, _ in columns.values()} == {"<i1", "<i2", "<i4", "<i8"}
    assert all(offset == 0 for _, rows, offset, _ in index["columns"].values() if not rows)
    assert index["metadata"][0] == h5py.File(tiny).userblock_size


def test_the_ten_line_reader_reads_a_day(tiny: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", section("A reader in ten lines"), re.S)
    assert len(code) == 1
    assert len([line for line in code[0].splitlines() if line.strip()]) <= 10
    scope: dict[str, Any] = {}
    exec(code[0], scope)
    columns = scope["read_day"](tiny)
    for group, members in tiny_day().items():
        for name, values in members.items():
            np.testing.assert_array_equal(columns[f"{group}/{name}"], values)


def test_plain_hdf5_reads_the_same_columns(tiny: Path) -> None:
    day = tickstore.open_day(tiny)
    with h5py.File(tiny) as file:
        assert list(file) == sorted(GROUPS)
        assert (file.attrs["schema"], file.attrs["security"], file.attrs["date"]) == (1, b"101", b"2024-09-05")
        copy = file.attrs["index"].decode().rstrip()
        for group, schema in GROUPS.items():
            for column in schema:
                if column.optional:
                    continue
                dataset = file[column.path]
                assert dataset.dtype == np.dtype("<" + column.dtype)
                assert dataset.attrs.get("unit", b"").decode() == column.unit
                np.testing.assert_array_equal(dataset[:], day.group(group)[column.name])
                if len(dataset):
                    assert dataset.id.get_offset() == day.index["columns"][column.path][2]
    assert copy.startswith('{"attributes":{"digest":')


def test_columns_are_aligned_and_cover_the_file_in_order(tiny: Path) -> None:
    day = tickstore.open_day(tiny)
    places = [place for place in day.index["columns"].values() if place[1]]
    assert all(offset % 64 == 0 for _, _, offset, _ in places)
    assert max(offset + count * int(dtype[-1]) for dtype, count, offset, _ in places) == tiny.stat().st_size


def test_the_store_holds_the_files_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,time,security,price,side,quantity,leaves,matched,participant\n7,1725494536,A/B,1,1,1,1,0,3\n"
    )
    tickstore.convert(ConvertRequest(orders=(path,), store=tmp_path / "store"))
    named = {
        row[0].replace("<security>", "A%2FB").replace("<date>", "2024-09-05") for row in table("The store's folder")
    }
    present = {p.relative_to(tmp_path / "store").as_posix() for p in (tmp_path / "store").rglob("*") if p.is_file()}
    assert present <= named
    assert {"A%2FB/2024-09-05.h5", "catalog.json", "manifest.jsonl", "rejects.csv"} <= present
