"""Every file in the table of other venues: with the settings shown there it is stored, or refused with what is shown.

Settings and preparation are taken from `io/tickstore/README.md`.
"""

import gzip
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from driver.config.loading import load_config
from driver.run.input_files import convert_request
from tests.tickstore.input.venue_excerpts import EXCERPTS, MY_ORDERS, Excerpt
from tickstore import ConvertRequest, InputError, convert, open_day, read_catalog
from tickstore.inspect.inspection import inspect_file
from tickstore.parse.text_ids import words_text
from tickstore.request import ConvertReport

README: Final = Path(__file__).parents[3] / "io/tickstore/README.md"
TEXT: Final = README.read_text(encoding="utf-8").partition("## Files of other venues\n")[2]
ROWS: Final = {
    cells[0]: cells[2]
    for line in TEXT.splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] != "file"
}
LOADED: Final = sorted(name for name, settings in ROWS.items() if "`" not in settings)
REFUSED: Final = sorted(set(ROWS) - set(LOADED))


def block(name: str, kind: str) -> str:
    """Return what stands in the block of a kind under a heading, "" where there is none."""
    section = re.search(rf"^### {re.escape(name)}\n(.*?)(?=^### |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section is not None, f"no settings are shown under {name}"
    found = re.search(rf"```{kind}\n(.*?)```", section[1], re.DOTALL)
    return found[1] if found else ""


def write_files(excerpt: Excerpt, folder: Path) -> None:
    for name, text in excerpt.files.items():
        (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())


def load(settings: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ConvertReport:
    """Prepare and convert the files of a folder as a user does, with no row lost."""
    monkeypatch.chdir(folder)
    commands = block(settings, "sh")
    if commands:
        subprocess.run(["/bin/sh", "-euc", commands], check=True, cwd=folder)
    (folder / "venue.toml").write_text(block(settings, "toml"))
    config = load_config({"store": "store", "max_rejects": "0"}, "venue.toml").config
    return convert(convert_request(config, 1))


def test_the_table_and_the_excerpts_are_of_the_same_files() -> None:
    assert set(ROWS) == set(EXCERPTS)
    assert {name for name, excerpt in EXCERPTS.items() if excerpt.refused_as} == set(REFUSED)
    shown = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
    assert sorted(shown) == sorted({ROWS[name] for name in LOADED})


@pytest.mark.parametrize("name", LOADED)
def test_files_are_stored_with_the_settings_shown(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    excerpt = EXCERPTS[name]
    write_files(excerpt, tmp_path)
    report = load(ROWS[name], tmp_path, monkeypatch)
    assert report.partitions == (excerpt.key,)
    assert not [warning for warning in report.warnings if "slowly" in warning or "left out" in warning]
    (partition,) = read_catalog(tmp_path / "store").partitions
    day = open_day(partition.path)
    for path, values in excerpt.stored.items():
        group, column = path.split("/")
        expected = values
        if column == "timestamp":
            expected = [excerpt.zero * 10**9 + int(Decimal(str(value)) * 10**9) for value in values]
        assert day.group(group)[column].tolist() == expected, path
    if excerpt.texts:
        words = np.array([day.group("orders")[f"order_text_{k}"] for k in range(8)])
        assert tuple(words_text(words.T)) == excerpt.texts


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_cannot_carry_the_question_are_refused_as_shown(name: str, tmp_path: Path) -> None:
    excerpt = EXCERPTS[name]
    write_files(excerpt, tmp_path)
    (path,) = (tmp_path / file for file in excerpt.files)
    own = tmp_path / "own.csv"
    own.write_text(MY_ORDERS + "7,1725494400,101,3350,B,5,5,0,me\n")
    tables: dict[str, Any] = {"orders": (own,), excerpt.refused_as: (path,)}
    with pytest.raises(InputError) as refusal:
        convert(ConvertRequest(**tables | {"store": tmp_path / "store"}))
    assert ROWS[name].strip("`") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def inspected(path: Path) -> str:
    """Return the mapping that inspection proposes, or why there is none."""
    try:
        return inspect_file(path).mapping
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("name", sorted(EXCERPTS))
def test_every_file_can_be_inspected(name: str, tmp_path: Path) -> None:
    write_files(EXCERPTS[name], tmp_path)
    assert all(inspected(tmp_path / file) for file in EXCERPTS[name].files)
