"""The report's answer as plain text of 80 columns, and as Markdown: who, what, how sure, and what to beware of."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from driver.report.paid import in_bps
from driver.review.checks import FAIL, Check
from driver.review.estimands import unlike_signs
from driver.review.numbers import Row, number, signed, three_figures
from driver.tables.table_style import few

WIDTH: Final = 80
MILLION: Final = 1_000_000
Column = tuple[str, str, Callable[[Row], str]]


def _bps(name: str) -> Callable[[Row], str]:
    def shown(row: Row) -> str:
        if row.get(name) is None or (name.startswith("saving") and row["scenario"] == "real"):
            return ""
        return signed(number(row[name])) + "*" * few(row.get("priced_orders"))

    return shown


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: "" if row.get(name) is None else _short(number(row[name]))


def _short(held: float) -> str:
    """Return a count in at most seven letters up to a billion."""
    return f"{held:,.0f}" if held < MILLION else f"{held / MILLION:.1f}M"


# Savings by value and per order stand side by side: a few large orders and the many small ones often differ.
COLUMNS: Final[tuple[Column, ...]] = (
    ("scenario", "", lambda row: str(row["scenario"])),
    ("fully", "filled", _count("fully_filled")),
    ("partly", "filled", _count("partially_filled")),
    ("not", "filled", _count("not_executed")),
    ("filled", "%", lambda row: "" if row.get("fill_ratio") is None else f"{100 * number(row['fill_ratio']):.1f}"),
    ("shortfall", "bps", _bps("shortfall_bps")),
    ("saving bps", "by value", _bps("saving_bps")),
    ("saving bps", "per order", _bps("saving_mean_bps")),
)


def scenario_lines(rows: Sequence[Row]) -> list[str]:
    """Return the scenarios as aligned lines of at most WIDTH columns."""
    cells = [[first for first, _, _ in COLUMNS], [second for _, second, _ in COLUMNS]]
    cells += [[shown(row) for _, _, shown in COLUMNS] for row in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(COLUMNS))]
    gap = " " * (2 if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else 1)
    lines = [
        gap.join([row[0].ljust(widths[0]), *(text.rjust(w) for text, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
    marked = any("*" in text for row in cells for text in row)
    return [*(line.rstrip() for line in lines), *(["* of fewer than 5 orders"] if marked else [])]


def _content(results: Path) -> dict[str, Any]:
    from driver.report.page import report_content  # the end of a run shows scenarios alone

    return report_content(results)


def summary_text(results: Path) -> str:
    """Return what the report says first, for a terminal."""
    content = _content(results)
    lines = [content["title"], ""]
    lines += [f"{what + ':':<14}{text}" for what, text in content["about"]]
    if content["missing"]:
        lines.append(f"{'INCOMPLETE:':<14}{content['missing']}")
    of_savings = *content["dominance"], *unlike_signs(content["summary"])
    lines += ["", *content["answer"], *of_savings, "", *scenario_lines(content["summary"]), ""]
    lines += [f"{_word(one)}: {one.name}: {one.figure} (checked: {one.meaning})" for one in content["alerts"]]
    wrapped = [text for line in lines for text in _wrapped(line)]
    return "\n".join(wrapped).rstrip().replace("\N{NO-BREAK SPACE}", " ")


def _wrapped(line: str) -> Iterable[str]:
    if len(line) <= WIDTH:
        return [line]
    return textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _word(alert: Check) -> str:
    return "DO NOT RELY ON IT" if alert.status == FAIL else "careful"


def report_markdown(results: Path) -> str:
    """Return the report's first screen, findings, scenarios and checks as Markdown."""
    content = _content(results)
    lines = [f"# {_safe(content['title'])}", ""]
    lines += [f"**{_safe(content['missing'])}.** Every figure is of the rest alone.", ""] if content["missing"] else []
    lines += _table(["", ""], content["about"])
    lines += ["", "## The answer", "", *(f"{_safe(sentence)}\n" for sentence in content["answer"])]
    if content["alerts"]:
        lines += ["## What to beware of", ""]
        lines += [
            f"- **{_word(one)}**: {_safe(f'{one.name}: {one.figure} ({one.meaning})')}" for one in content["alerts"]
        ]
        lines.append("")
    lines += ["## Findings", "", *(f"- {_safe(sentence)}" for sentence in content["findings"]), "", "## Scenarios", ""]
    heads = [" ".join(filter(None, (first, second))) for first, second, _ in COLUMNS]
    lines += _table(heads, [[shown(row) for _, _, shown in COLUMNS] for row in content["summary"]])
    lines += ["", "## What was paid", ""]
    lines += _table(["measure", "orders", *content["paid"]["columns"]], _paid(content["paid"]))
    lines += ["", "## Can this be relied on?", ""]
    checks = [(one.name, one.status, one.figure, one.meaning) for one in content["checks"]]
    lines += _table(["check", "outcome", "figure", "what is checked"], checks)
    return "\n".join(lines) + "\n"


def _paid(paid: dict[str, Any]) -> list[list[str]]:
    """Return the lines of what was paid, a star where few orders stand behind a figure."""
    return [
        [
            label,
            "" if orders is None else f"{orders:,}",
            *("" if c.value is None else _figure(label, c.value) + "*" * c.few for c in cells),
        ]
        for _, lines in paid["groups"]
        for label, orders, cells in lines
    ]


def _figure(label: str, value: float) -> str:
    return signed(value).removeprefix("+") if in_bps(label) else three_figures(value)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(_safe(text) for text in line)} |" for line in lines]


def _safe(text: str) -> str:
    """Return text from the data so that Markdown takes none of it for its own."""
    for mark in "\\|*_<>`[]":
        text = text.replace(mark, "\\" + mark)
    return text.replace("\n", " ")
