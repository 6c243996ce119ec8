"""Charts: marks where the numbers are, the numbers in words, R's band behind it, nothing of what is missing."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from driver.report import charts, replay_charts
from driver.report.palette import COLOURS, GIVEN_BACK, INVENTED, MISSED, SHAPES, colour, shape
from driver.review.numbers import Row
from driver.tables.csv_text import Value
from kernels.conventions import BOUNDS, SCENARIO_TABLE

SVG = dict[str, list[dict[str, str]]]
SAVINGS = {"real": 0.0, "A": 2.0, "R": -1.0, "R_optimistic": 0.5, "R_conservative": -2.0}


def elements(text: str) -> SVG:
    """Return the attributes of the elements of an SVG, by tag; every coordinate is inside it."""
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    found: SVG = {}
    for one in root:
        found.setdefault(one.tag, []).append(one.attrib | {"text": one.text or ""})
        for name, limit in (("x", width), ("x1", width), ("cx", width), ("y", height), ("y1", height), ("cy", height)):
            assert 0 <= float(one.attrib.get(name, 0)) <= limit, one.attrib
    assert root.attrib["role"] == "img"
    assert found["title"][0]["text"]
    assert found["desc"][0]["text"]
    return found


def group(savings: dict[str, float | None] | dict[str, float]) -> list[Row]:
    return [
        {"scenario": name, "saving_bps": value, "orders": 10, "priced_orders": 10} for name, value in savings.items()
    ]


def test_every_scenario_has_a_colour_and_a_mark_of_its_own() -> None:
    names = [scenario.name for scenario in SCENARIO_TABLE if scenario.name not in BOUNDS]
    assert set(COLOURS) == set(SHAPES) == set(names)
    assert len(set(COLOURS.values())) == len(names)
    assert [colour(name) for name in BOUNDS] == [colour("R")] * 2
    assert [shape(name) for name in BOUNDS] == [shape("R")] * 2


@pytest.mark.parametrize("hue", COLOURS.values())
def test_colours_stand_out_from_white(hue: str) -> None:
    parts = [int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 3.0  # WCAG 2, 1.4.11


def bands(found: SVG) -> list[dict[str, str]]:
    return [box for box in found["rect"] if "fill-opacity" in box]


def test_intervals_span_their_ends_and_rs_band_its_runs() -> None:
    rows: Sequence[dict[str, Value]] = [
        {"scenario": "A", "weighting": "equal", "saving_bps": 1.0, "ci_low": -10.0, "ci_high": 10.0},
        {"scenario": "R", "weighting": "notional", "saving_bps": -1.0, "ci_low": -4.0, "ci_high": 2.0},
    ]
    found = elements(charts.saving_intervals(rows, {"notional": (-2.0, 0.0), "equal": (0.0, 1.0)}))
    whiskers = [line for line in found["line"] if line["stroke-width"] == "2" and line["y1"] == line["y2"]]
    spans = [float(line["x2"]) - float(line["x1"]) for line in whiskers]
    assert spans[0] / spans[1] == pytest.approx(20 / 6, rel=0.01)
    (band,) = bands(found)
    assert float(band["width"]) == pytest.approx(spans[0] / 10, abs=0.2)
    assert "A, per order: +1.00 (\N{MINUS SIGN}10.00 to +10.00)" in found["desc"][0]["text"]


def test_groups_have_a_mark_for_each_scenario_that_is_known() -> None:
    found = elements(charts.grouped_savings([("101", group(SAVINGS)), ("B<&>", group(SAVINGS | {"A": None}))]))
    assert len(found["circle"]) == 2  # A: of the legend and of one group
    assert len(found["polygon"]) == 3  # R: of the legend and of both
    assert len(bands(found)) == 2
    assert "B<&>: A not known, R \N{MINUS SIGN}1.00" in found["desc"][0]["text"]


def test_outcomes_fill_the_whole_width() -> None:
    counts = {"orders": 8, "fully_filled": 4, "partially_filled": 1, "not_executed": 3}
    names = ("fully_filled", "partially_filled", "not_executed")
    unknown: dict[str, Value] = {"scenario": "A", "orders": 8, **dict.fromkeys(names)}
    found = elements(charts.outcome_bars([counts | {"scenario": "real"}, unknown]))
    widths = [float(box["width"]) for box in found["rect"] if box["height"] == "18"]
    assert [width / sum(widths) for width in widths] == pytest.approx([0.5, 0.125, 0.375], abs=0.01)
    assert "A: not known" in found["desc"][0]["text"]


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    values = (1.0, 2.0, None, 3.0, 4.0, None, 5.0)
    groups = [(str(hour), group(SAVINGS | {"A": value})) for hour, value in enumerate(values)]
    found = elements(charts.series(groups, "saving_bps", "saving, bps", "hour"))
    lines = [line for line in found["polyline"] if line["stroke"] == colour("A")]
    assert [len(line["points"].split()) for line in lines] == [2, 2]
    assert len(found["circle"]) == 1 + 5
    assert len(bands(found)) == len(values)
    assert [text["text"] for text in found["text"]].count("orders") == 1


def test_no_band_where_a_run_of_r_is_missing() -> None:
    assert charts.band({"R": {"saving_bps": 1.0}}, "saving_bps") is None
    rows = charts.by_scenario(group(SAVINGS))
    assert charts.band(rows, "saving_bps") == (-2.0, 0.5)
    assert charts.band(rows | {"R": {"saving_bps": None}}, "saving_bps") is None


def fidelity_row(security: str, date: str, *counts: int) -> dict[str, Value]:
    return {"security_code": security, "date": date, **dict(zip(replay_charts.COUNTS, counts, strict=True))}


def test_fidelity_is_summed_by_security() -> None:
    jobs = [("1", 100, 10, 5, 4, 3), ("1", 100, 0, 15, 6, 5), ("2", 0, 0, 7, 0, 0)]
    rows = [fidelity_row(code, f"2024-01-0{n + 1}", *counts) for n, (code, *counts) in enumerate(jobs)]
    rows.append(fidelity_row("all", "all", 200, 10, 27, 10, 8))
    found = elements(replay_charts.fidelity(rows, 8))
    assert "1: 80.00, 5.00, 10.00; 2: none, none, none" in found["desc"][0]["text"]
    assert "all: 80.00, 5.00, 13.50" in found["desc"][0]["text"]
    widths = {fill: [float(box["width"]) for box in found["rect"] if box["fill"] == fill and box["height"] == "16"]
              for fill in (GIVEN_BACK, MISSED, INVENTED)}  # fmt: skip
    assert widths[GIVEN_BACK][1] / widths[MISSED][1] == pytest.approx(95 / 5, rel=0.02)
    assert widths[INVENTED][1] / widths[MISSED][1] == pytest.approx(2, rel=0.02)
    lone = elements(replay_charts.fidelity([rows[0], fidelity_row("all", "all", *jobs[0][1:])], 8))
    assert "1:" not in lone["desc"][0]["text"]


def test_bounds_have_a_row_for_each_charge() -> None:
    ends: dict[str, Value] = {"security_code": "all", "date": "all"}
    for charge, values in (("saving_bps", (1.0, 2.0, -1.0)), ("saving_touch_bps", (None, None, None))):
        ends |= {f"{run}_{charge}": value for run, value in zip(("R", *BOUNDS), values, strict=True)}
        low, high = (-1.0, 2.0) if values[0] else (None, None)
        ends |= {f"low_{charge}": low, f"high_{charge}": high}
    found = elements(replay_charts.bounds([ends]))
    told = "all, mid: +1.00 (\N{MINUS SIGN}1.00 to +2.00); all, touch: not known (not known to not known)."
    assert found["desc"][0]["text"] == told
    assert len(bands(found)) == 1


def test_time_limits_ring_the_best_and_shorten_times() -> None:
    limits = [(30.0, 0.5), (120.0, 0.75), (5400.0, None), (7200.0, 0.25)]
    rows: list[dict[str, Value]] = [
        {"dark_seconds": seconds, "saving_bps": value, "saving_touch_bps": value, "fill_ratio": 0.5,
         "best": "chosen_after_the_fact" if value == 0.75 else None}
        for seconds, value in limits
    ]  # fmt: skip
    text = replay_charts.time_limits(rows)
    found = elements(text)
    assert len([ring for ring in found["circle"] if ring["fill"] == "none"]) == 1
    assert re.findall(r">(30 s|2 min|90 min|2 h)</text>", text) == ["30 s", "2 min", "90 min", "2 h"]
    assert "2 min: +0.75, +0.75, filled 50.0 %" in found["desc"][0]["text"]
