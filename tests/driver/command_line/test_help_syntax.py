"""Every syntax that the help shows is one that the flags take."""

import re
import tomllib
from typing import Any

import pytest

from driver.command_line.arguments import check_arguments
from driver.command_line.commands import COMMANDS
from driver.command_line.help_text import command_help, documented_keys
from driver.command_line.judged import report
from driver.config.examples import EXAMPLES
from driver.config.keys import KINDS, PATHS

DEFAULTS = {PATHS[path]: shown for path, shown, _ in documented_keys()}
PLAIN = ("one of", "a whole number", "a number", "true or false", "a folder", "a zone")


def whole_help() -> str:
    """Return the help of `run`, its lines put together again."""
    return " ".join(command_help("run", COMMANDS["run"]).split())


def passed(name: str, text: str) -> Any:
    """Return the value of --name=text, by the way of the command line."""
    (word,) = check_arguments(["run", f"--{name}={text}"], COMMANDS)[1:]
    return KINDS[name].of_flag(name, word.partition("=")[2])


@pytest.mark.parametrize("name", KINDS)
def test_a_flag_whose_type_is_not_plain_has_an_example(name: str) -> None:
    if not KINDS[name].expects.startswith(PLAIN):
        assert re.search(rf"--{name}=\S", whole_help())


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_accepted(name: str) -> None:
    value = passed(name, EXAMPLES[name])
    assert value
    if KINDS[name].expects.startswith("a list"):
        assert len(value) == EXAMPLES[name].count(",") + 1


@pytest.mark.parametrize(("name", "text"), re.findall(r"--(\w+)=([^\s)']+)", whole_help().partition("flags:")[2]))
def test_what_the_help_shows_is_accepted(name: str, text: str) -> None:
    if " " not in EXAMPLES.get(name, ""):  # the one in quotes, which the test above passes whole
        passed(name, text)


@pytest.mark.parametrize("name", KINDS)
def test_a_default_is_accepted_as_the_help_shows_it(name: str) -> None:
    value = tomllib.loads(f"value = {DEFAULTS[name]}")["value"]
    if value not in ("", [], {}):
        assert passed(name, DEFAULTS[name]) == KINDS[name].read(value)


@pytest.mark.parametrize(
    ("name", "text", "same"),
    [
        ("security_codes", '["101", "102"]', "101,102"),
        ("security_codes", "[101, 102]", "101,102"),
        ("columns", '{price = "px", order_status = ""}', "price:px,order_status:"),
        ("where", '{type = ["add", "modify"], "trades.type" = "match"}', "type=add,modify,trades.type=match"),
        ("ticks", "[[0, 1], [100, 5]]", "0:1,100:5"),
    ],
)
def test_toml_on_the_command_line_is_the_same_value(name: str, text: str, same: str) -> None:
    assert passed(name, text) == passed(name, same)


def test_text_that_only_looks_like_toml_stays_text() -> None:
    assert passed("header", '"a","b') == ('"a"', '"b')
    assert passed("security_codes", "[007,1_0]") == ("007", "1_0")


def test_a_flag_of_the_name_of_a_setting_has_its_own_values() -> None:
    """The form of the report is none of the formats of order files."""
    shown = " ".join(command_help("report", report).split())
    assert "md prints it as Markdown --json" in shown
    assert "parquet" not in shown
