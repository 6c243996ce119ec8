"""Whatever a file holds, `inspect` says what it is or refuses it in one line, and what it proposes is TOML."""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from driver.command_line.inspected import folder_text
from driver.command_line.printed import inspection_text
from driver.config.loading import load_config
from tickstore import InputError, Inspection, inspect_file, inspect_folder

NAMES = (
    "order_id", "timestamp", "security", "price", "side", "quantity", "leaves", "matched", "participant", "date",
    "time", "id", "bid", "ask", "status", "Zeit", "px", "", "7", 'x"y', "sequence", "cum", "exchangeordertype",
    "dealsource",
)  # fmt: skip
CELLS = (
    "", "0", "1", "2", "B", "S", "x", "3.40", "3400", "2024-09-05T00:30:00Z", "20240905", "10:30:00", "34200.5",
    "NaN", "1725494536001032398", "-9223372036854775808", "99999999999999999999", "ccc3c1fa-212c", "\u20ac", '"',
    '"a,b"', "1e5", "-1", "2024-13-45", "05/09/2024 10:00:00", "inf", "1" * 50, " 7 ", "\x00", "1409963400",
    "778811400000000000",
)  # fmt: skip
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])


@st.composite
def tables(draw: Callable[..., Any]) -> bytes:
    """Draw the text of a table, more or less."""
    width = draw(st.integers(1, 11))
    names = draw(st.one_of(st.none(), st.lists(st.sampled_from(NAMES), min_size=width, max_size=width, unique=True)))
    rows = draw(st.lists(st.lists(st.sampled_from(CELLS), min_size=width, max_size=width + 1), max_size=6))
    delimiter = draw(DELIMITERS)
    lines = [delimiter.join(row) for row in ([names] if names else []) + rows]
    text: bytes = draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode()
    tail: bytes = draw(st.sampled_from([b"", b"\n", b"\xff\xfe\n", b",,,\n"]))
    return text + tail


@given(st.one_of(tables(), st.binary(max_size=60)), st.sampled_from(["orders.csv", "t.csv", "nbbo_2024-09-05.csv"]))
def test_any_file_is_described_or_refused(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(InputError):
            check(inspect_file(path), Path(folder) / "c.toml")


def check(found: Inspection, config: Path) -> None:
    """What is said can be printed, and what is proposed can be pasted."""
    assert inspection_text(found)
    json.dumps(asdict(found), default=str)
    config.write_text(found.mapping, encoding="utf-8")
    load_config({}, str(config))


@given(st.dictionaries(st.sampled_from(["orders.csv", "trades.csv", "nbbo.csv", "session.csv", "par.csv"]),
                       st.one_of(tables(), st.binary(max_size=60)), max_size=4))  # fmt: skip
def test_any_folder_is_described(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        found = inspect_folder(folder)
        assert folder_text(found)
        json.dumps(asdict(found))
        assert all(0 <= share <= 1 for share in (found.sampled, found.quotes.valid if found.quotes else 0))
