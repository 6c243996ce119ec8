"""docs/rules.md says of each rule where it is from, what speaks for it, what implements and tests it: all exists."""

import ast
import json
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from kernels.measure.choices import ReplayChoices, Simulation
from kernels.replay.rulebook import SWITCHES
from tests.kernels.replay.example_days import NAMES

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
RULES = [*(f"R{number}" for number in range(1, 18)), "R17b", *(f"R{number}" for number in range(18, 29))]
LINES = ("Source", "Switch", "Real day", "Functions", "Tests")
RULE_BOOKS = json.loads((ROOT / "tests/kernels/replay/rule_books.json").read_text(encoding="utf-8"))
ENTRIES = dict(re.findall(r"^### (R\d+b?)\. (.*?)(?=^###? |\Z)", TEXT, re.MULTILINE | re.DOTALL))
rules = pytest.mark.parametrize("rule", RULES)


def line_of(rule: str, name: str) -> str:
    """Return what an entry says under one of its lines."""
    found = re.search(rf"^- \*\*{name}\*\*: (.*?)(?=^- \*\*|\Z)", ENTRIES[rule], re.MULTILINE | re.DOTALL)
    assert found, (rule, name)
    return found[1]


@cache
def names_in(path: Path) -> set[str]:
    """Return the functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def books_of(rule: str) -> list[str]:
    return re.findall(r'"([^"]+)"', " ".join(line_of(rule, "Tests").split()))


def test_every_rule_has_one_entry_in_its_order() -> None:
    assert re.findall(r"^### (R\d+b?)\. ", TEXT, re.MULTILINE) == RULES


@rules
def test_an_entry_has_all_its_lines(rule: str) -> None:
    assert re.findall(r"^- \*\*([^*]+)\*\*: ", ENTRIES[rule], re.MULTILINE) == list(LINES)
    assert all(line_of(rule, name).strip() for name in LINES)


@rules
def test_every_function_exists(rule: str) -> None:
    named = re.findall(r"`((?:kernels|marketgen)\.[\w.]+)`", line_of(rule, "Functions"))
    assert named
    for name in named:
        *parts, function = name.split(".")
        base = ROOT / "io" if parts[0] == "marketgen" else ROOT
        assert function in names_in(base.joinpath(*parts).with_suffix(".py")), name


@rules
def test_every_test_and_book_exists(rule: str) -> None:
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line_of(rule, "Tests"))
    books = books_of(rule)
    assert tests or books
    for path, name in tests:
        assert name in names_in(ROOT / path), name
    assert set(books) <= {*NAMES, *(book["name"] for book in RULE_BOOKS)}


def test_every_book_of_a_rule_is_named_there() -> None:
    for book in RULE_BOOKS:
        assert book["name"] in books_of(book["rule"]), book["name"]
    named = {name for rule in RULES for name in books_of(rule)}
    assert set(NAMES) <= named


def test_every_switch_is_named_and_no_other() -> None:
    said = {name for rule in RULES for name in re.findall(r"`(\w+)`", line_of(rule, "Switch"))}
    options = {field.name for kind in (ReplayChoices, Simulation) for field in fields(kind)}
    assert said >= SWITCHES.keys()
    assert said - options - SWITCHES.keys() <= {"inferred", "all", "none"}  # values of preferencing


def test_files_in_the_text_exist() -> None:
    for path in re.findall(r"`((?:tests|kernels)/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path
