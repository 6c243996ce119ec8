"""Day files as HDF5: the library finds every column where the index says, whichever columns and rows there are."""

import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from tickstore import StoreError, open_day, write_day
from tickstore.day import hdf5 as hdf5_layout
from tickstore.day.check import check_day
from tickstore.day.reader import HEAD, MAGIC, dump_json, map_file
from tickstore.day.schema import GROUPS, SCHEMA_VERSION, Column

pytestmark = pytest.mark.reduced
OPTIONAL = [column.path for group in GROUPS.values() for column in group if column.optional]


def columns_of(group: tuple[Column, ...], rows: int, optional: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Return columns that differ, with the extreme values of their types where there are rows."""
    found = {}
    for number, column in enumerate(group):
        if not column.optional or column.path in optional:
            kind = np.iinfo(column.dtype)
            values = np.resize(np.array([kind.min, number, kind.max], column.dtype), rows)
            found[column.name] = values
    return found


@pytest.mark.parametrize("optional", [(), tuple(OPTIONAL[:1]), tuple(OPTIONAL[1:]), tuple(OPTIONAL)])
@pytest.mark.parametrize("rows", [(0, 0, 0, 0), (1, 1, 0, 0), (0, 0, 3, 0), (2, 1, 0, 70), (1000, 130, 64, 2001)])
def test_the_library_reads_every_column_where_the_index_says(
    tmp_path: Path, rows: tuple[int, ...], optional: tuple[str, ...]
) -> None:
    groups = {name: columns_of(schema, n, optional) for (name, schema), n in zip(GROUPS.items(), rows, strict=True)}
    path = tmp_path / "day.h5"
    write_day(path, "101", "2024-09-05", groups, {"timezone": "UTC"})
    places = open_day(path).index["columns"]
    assert check_day(path) == ""
    with h5py.File(path) as file:
        assert set(places) == {f"{group}/{name}" for group in file for name in file[group]}
        for place, (dtype, count, offset, _) in places.items():
            group, _, name = place.partition("/")
            assert (file[place].dtype, file[place].shape, file[place].maxshape) == (dtype, (count,), (count,))
            assert file[place].chunks is file[place].compression is None
            assert offset == (file[place].id.get_offset() if count else 0)
            assert offset % 64 == 0
            np.testing.assert_array_equal(file[place][:], groups[group][name])
        units = {column.path: column.unit for schema in GROUPS.values() for column in schema}
        assert {place: file[place].attrs.get("unit", b"").decode() for place in places} == {p: units[p] for p in places}


def test_structures_made_anew_are_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in "ab":
        hdf5_layout._template.cache_clear()
        write_day(tmp_path / name, "101", "2024-09-05", {"quotes": columns_of(GROUPS["quotes"], 5, ())})
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("security", ["A", "BRK.B", "Ω" * 64, "😀" * 64])
def test_the_security_is_an_attribute_of_any_length(tmp_path: Path, security: str) -> None:
    write_day(tmp_path / "day.h5", security, "2024-09-05", {})
    with h5py.File(tmp_path / "day.h5") as file:
        assert file.attrs["security"].decode() == security
    assert open_day(tmp_path / "day.h5").security == security


def test_a_security_that_has_no_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the name is too long"):
        write_day(tmp_path / "day.h5", "A" * 257, "2024-09-05", {})


def test_a_file_with_other_structures_is_read(tmp_path: Path) -> None:
    """Structures made by another version of the library are found, skipped and checked by the index alone."""
    path, groups = tmp_path / "day.h5", {"quotes": columns_of(GROUPS["quotes"], 5, ())}
    write_day(path, "101", "2024-09-05", groups)
    data, index = map_file(str(path))
    start, length, _ = index["metadata"]
    others = bytes(range(1, 201))
    index["metadata"] = [start, len(others), zlib.crc32(others)]
    text = dump_json(index)
    front = HEAD.pack(MAGIC, SCHEMA_VERSION, len(text), zlib.crc32(text), 0) + text
    path.write_bytes(front.ljust(start, b"\0") + others.ljust(length, b"\0") + data[start + length :])
    assert check_day(path) == ""
    for name, values in groups["quotes"].items():
        np.testing.assert_array_equal(open_day(path).quotes[name], values)
