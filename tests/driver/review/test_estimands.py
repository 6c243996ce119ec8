"""Where a saving by value and the one per order disagree on the sign, a sentence says so, and for which scenarios."""

from pathlib import Path
from typing import Any

from driver.config.loading import load_config
from driver.review.estimands import unlike_signs
from driver.run.quality_notes import said_of
from driver.tables.csv_text import Value, csv_bytes


def row(scenario: str, by_value: float | None, per_order: float | None) -> dict[str, Any]:
    return {"scenario": scenario, "saving_bps": by_value, "saving_mean_bps": per_order}


REAL = row("real", 0.0, 0.0)


def test_unlike_signs_are_said_with_both_figures() -> None:
    rows = [REAL, row("A", 0.5, 0.2), row("C", 0.58, -0.48), row("R", -0.13, 1.54)]
    (said,) = unlike_signs(rows)
    assert "C +0.58 bps by value and \N{MINUS SIGN}0.48 per order" in said
    assert "R \N{MINUS SIGN}0.13 bps by value and +1.54 per order" in said
    assert " A " not in said


def test_nothing_is_said_where_they_agree_or_are_not_known() -> None:
    assert unlike_signs([REAL, row("A", 0.5, 0.2), row("B", None, None), row("C", 0.0, -0.1)]) == []


def test_the_placebo_and_bounds_are_not_asserted() -> None:
    assert unlike_signs([REAL, row("P", 0.1, -0.1), row("R_conservative", 0.02, -0.07)]) == []


def test_a_run_says_so_at_its_end(tmp_path: Path) -> None:
    shown = ("scenario", "saving_bps", "saving_mean_bps", "benchmark_notional", "shortfall_cost")
    cells: list[list[Value]] = [["real", 0.0, 0.0, 1, 1], ["C", 0.58, -0.48, 1, 1]]
    (tmp_path / "global_summary.csv").write_bytes(csv_bytes(shown, cells))
    (tmp_path / "data_quality.csv").write_bytes(csv_bytes(("security_code", "date", "kind", "count"), []))
    said = said_of(tmp_path, load_config({}).config)
    assert any("signs of savings by value and per order differ: C" in note for note in said)
