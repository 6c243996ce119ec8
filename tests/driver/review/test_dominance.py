"""One participant that stands for most of the value is named, with what is saved without it."""

from pathlib import Path
from typing import Any

import pytest

from driver.config.loading import load_config
from driver.review.dominance import dominance, dominance_notes, largest_participant
from driver.run.quality_notes import said_of
from driver.tables.csv_text import csv_bytes

Rows = list[dict[str, Any]]


def rows(base: int, real: float, under: float, fill: float, **key: str) -> Rows:
    """Return rows of reality and of A; costs in bps of the base."""
    cost = [round(bps * base * 65_536 / 10_000) for bps in (real, under)]
    return [
        key | {"scenario": name, "benchmark_notional": base, "shortfall_cost": paid, "fill_ratio": fill,
               "saving_bps": real - bps if name != "real" else 0.0}
        for name, paid, bps in zip(("real", "A"), cost, (real, under), strict=True)
    ]  # fmt: skip


def test_who_stands_for_most_of_the_value_is_named() -> None:
    summary = rows(10_000_000, 2.0, 1.0, 0.1)
    large = rows(7_700_000, 1.0, 1.0, 0.004, participant_id="12", participant_name="Alpha")
    small = rows(2_300_000, 5.348, 1.0, 0.4, participant_id="3", participant_name="Beta")
    (sentence,) = dominance(summary, small + large)
    assert "Participant 12 Alpha stands for 77 % of the value at arrival, 0.4 % of its shares filled" in sentence
    assert "sent again" in sentence
    assert sentence.endswith("scenarios save: A +4.35 bps instead of +1.00.")


def test_nobody_is_named_where_nobody_dominates() -> None:
    summary = rows(10_000_000, 2.0, 1.0, 0.1)
    halves = rows(5_000_000, 1.0, 1.0, 0.1, participant_id="1") + rows(5_000_000, 3.0, 1.0, 0.1, participant_id="2")
    assert dominance(summary, halves) == []
    assert dominance(summary, halves[:2]) == []
    assert dominance(summary, []) == []
    assert dominance(rows(0, 0.0, 0.0, 0.0), halves) == []


def test_who_fills_most_is_not_said_to_take_back() -> None:
    summary = rows(10_000_000, 2.0, 1.0, 0.9)
    large = rows(9_000_000, 1.0, 1.0, 0.9, participant_id="12")
    (sentence,) = dominance(summary, large + rows(1_000_000, 1.0, 1.0, 0.9, participant_id="3"))
    assert "sent again" not in sentence


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_the_same_is_said_of_a_folder_at_the_end_of_a_run(share: float, tmp_path: Path) -> None:
    """Of exactly half nothing is said: who has more dominates."""
    of_all, held = rows(4_000_000, 2.0, 1.0, 0.1), round(4_000_000 * share)
    parts = rows(held, 1.0, 1.0, 0.1, participant_id="7") + rows(4_000_000 - held, 5.0, 1.0, 0.1, participant_id="3")
    for name, table in (("global_summary", of_all), ("by_participant", parts)):
        (tmp_path / f"{name}.csv").write_bytes(csv_bytes([*table[0]], ([*row.values()] for row in table)))
    (tmp_path / "data_quality.csv").write_text("security_code,date,kind,count\n")
    notes = dominance_notes(tmp_path)
    found = largest_participant(parts)
    assert found is not None
    assert (found.label, found.share) == ("7", share)
    assert bool(notes) == found.dominates == (share > 0.5)
    assert [note.split(" of the value")[0] for note in notes] == ["Participant 7 stands for 75 %"] * len(notes)
    assert said_of(tmp_path, load_config({}).config)[: len(notes)] == notes
    (tmp_path / "by_participant.csv").unlink()  # aggregate_by may leave it out
    assert dominance_notes(tmp_path) == ()
