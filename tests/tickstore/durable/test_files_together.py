"""Files that are written together replace those that are there, or leave all as they were."""

from pathlib import Path

import pytest

from tickstore.durable import files
from tickstore.durable.files import atomic_writes


@pytest.mark.parametrize("count", [0, 1, 40])  # synced one by one, and all at once
def test_each_file_has_its_content_and_nothing_else_is_left(tmp_path: Path, count: int) -> None:
    (tmp_path / "0.csv").write_bytes(b"old")
    contents = {f"{number}.csv": [b"%d" % number, b"", b"\n"] for number in range(count)}
    atomic_writes(tmp_path, contents)
    expected = {"0.csv": b"old"} | {name: b"".join(parts) for name, parts in contents.items()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == expected


def test_what_cannot_be_made_durable_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(paths: list[Path]) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(files, "sync_files", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_writes(tmp_path, {"a": [b"new"], "b": [b"new"]})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}
