"""One participant that stands for most of the value is named, with what is saved without it."""

from typing import Any

from driver.report.dominance import dominance

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
