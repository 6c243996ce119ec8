"""docs/method.md says of each measure its formula, source, rule, columns, functions and tests: all of it exists."""

import configparser
import re
from pathlib import Path

import pytest

from driver.inference.contrasts import CONTRAST_COLUMNS
from driver.inference.rows import COLUMNS as STATISTICS
from driver.tables.column_guide import COLUMNS
from driver.tables.distributions.spread_words import DISTRIBUTIONS, HISTOGRAMS
from driver.tables.fill_curves.curve_guide import COLUMNS as CURVES
from driver.tables.kinds.size_intervals import TESTS
from driver.tables.kinds.unmatched_table import UNMATCHED
from driver.tables.market_tables import MARKET
from driver.tables.replay_guide import BOUNDS, FIDELITY
from kernels.conventions import SCENARIO_TABLE
from tests.driver.readme_tables import ORDER_COLUMNS
from tests.test_rules_doc import names_in

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
LINES = ("Formula", "Source", "Rule", "Columns", "Functions", "Tests")
ENTRIES = dict(re.findall(r"^### (M\d+)\. (.*?)(?=^###? |\Z)", TEXT, re.MULTILINE | re.DOTALL))
entries = pytest.mark.parametrize("entry", ENTRIES)
OWN = CURVES, DISTRIBUTIONS, HISTOGRAMS, TESTS, UNMATCHED
COLUMN_NAMES = {
    *(column.name for columns in (COLUMNS, ORDER_COLUMNS, BOUNDS, FIDELITY, MARKET, *OWN) for column in columns),
    *STATISTICS, *CONTRAST_COLUMNS, *(scenario.name for scenario in SCENARIO_TABLE), "shortfall_z",
}  # fmt: skip


def line_of(entry: str, name: str) -> str:
    """Return what an entry says under one of its lines."""
    found = re.search(rf"^- \*\*{name}\*\*: (.*?)(?=^- \*\*|\Z)", ENTRIES[entry], re.MULTILINE | re.DOTALL)
    assert found, (entry, name)
    return found[1]


def test_entries_are_numbered_in_order_and_the_page_says_how_many() -> None:
    assert list(ENTRIES) == [f"M{n}" for n in range(1, len(ENTRIES) + 1)]
    assert f"(M1 to M{len(ENTRIES)})" in TEXT


@entries
def test_an_entry_has_all_its_lines(entry: str) -> None:
    assert re.findall(r"^- \*\*([^*]+)\*\*: ", ENTRIES[entry], re.MULTILINE) == list(LINES)
    assert all(line_of(entry, name).strip() for name in LINES)


@entries
def test_every_function_exists(entry: str) -> None:
    named = re.findall(r"`((?:kernels|driver)\.[\w.]+)`", line_of(entry, "Functions"))
    assert len(named) == line_of(entry, "Functions").count("`") // 2 > 0
    for name in named:
        *parts, function = name.split(".")
        assert function in names_in(ROOT.joinpath(*parts).with_suffix(".py")), name


@entries
def test_every_test_exists(entry: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", line_of(entry, "Tests"))
    assert len(named) == line_of(entry, "Tests").count("`") // 2 > 0
    for path, name in named:
        assert name in names_in(ROOT / path), name


@entries
def test_every_column_exists(entry: str) -> None:
    named = set(re.findall(r"`([^`]+)`", line_of(entry, "Columns"))) - {"compare"}
    assert named <= COLUMN_NAMES, named - COLUMN_NAMES


def test_the_citation_is_of_this_version() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^([\w-]+): *(.*)$", citation, re.MULTILINE))
    assert keys["version"] == config["metadata"]["version"]
    assert keys["license"] == config["metadata"]["license"]
    assert {"cff-version", "message", "title", "authors"} <= keys.keys()
    assert "darkreplay" in keys["title"]


@entries
def test_every_source_has_its_reference(entry: str) -> None:
    """By the first author and the year: each is in the list at the end, and the list has no other."""
    years = re.findall(r"([A-Z][\w']+)(?:,? (?:[A-Z][\w']+|and|et|al\.),?)* (\d{4})", line_of(entry, "Source"))
    for author, year in years:
        listed = rf"^- {author}\b[^.]*? {year}\. |^- {author} et al\. {year}\. "
        assert re.search(listed, TEXT, re.MULTILINE), (author, year)


def test_every_reference_is_a_source() -> None:
    sources = " ".join(" ".join(line_of(entry, "Source").split()) for entry in ENTRIES)
    found = re.findall(r"^- ([A-Z][\w']+).*? (\d{4})\. ", TEXT.partition("## References")[2], re.MULTILINE)
    assert len(found) > 15
    for author, year in found:
        assert re.search(rf"{author}[^;]*? {year}", sources), (author, year)
