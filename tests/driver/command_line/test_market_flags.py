"""The dials of the synthetic exchange are flags: named, typed and explained by its own spec."""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

from driver.command_line.commands import synth
from driver.command_line.help_text import command_help
from driver.command_line.market_flags import dial_comments, with_dials, write_market
from driver.run.monitor import Monitor
from marketgen import MarketSpec
from tickstore.errors import UserError


def test_every_dial_is_a_flag_with_an_explanation() -> None:
    names = [field.name for field in fields(MarketSpec)]
    command = with_dials(synth)
    assert set(names) <= set(inspect.signature(command).parameters)
    comments = dial_comments()
    assert [name for name in names if comments[name].startswith("[")] == []
    text = command_help("synth", command)
    assert all(f"--{name}" in text for name in names)


def test_dials_are_read_by_the_type_of_their_default(tmp_path: Path) -> None:
    dials = {"securities": "7", "date_start": "2024-01-02", "date_end": "2024-01-02", "orders": "20", "seed": "3"}
    written = write_market(tmp_path / "raw", dials, "1", Monitor())
    again = write_market(tmp_path / "again", dials, "1", Monitor())
    assert written.order_rows > 20
    assert written.orders.read_bytes() == again.orders.read_bytes()
    other = write_market(tmp_path / "other", dials | {"seed": "4"}, "1", Monitor())
    assert written.orders.read_bytes() != other.orders.read_bytes()


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"orders": "many"}, "--orders needs a whole number, 0 or more, not 'many'"),
        ({"securities": "a,b"}, "--securities needs a list, each a whole number"),
        ({"date_start": "2024-13-01"}, "synth: date_start"),
        ({"orders": "0"}, "synth: orders"),
    ],
)
def test_wrong_dials_are_named(dials: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        write_market(tmp_path, dials, "1", Monitor())
