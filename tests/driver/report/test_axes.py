"""Axes: round ticks around all values, legends and labels that fit, whatever is drawn."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from driver.report.axes import (
    WIDTH,
    Entry,
    legend_rows,
    number_text,
    percent_scale,
    places_chart,
    round_scale,
    rows_chart,
)
from driver.report.svg import FONT, SMALL, Drawing, shortened, text_width

VALUES = st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), max_size=8)


@given(VALUES, st.integers(2, 8))
def test_a_scale_has_few_round_ticks_from_below_all_values_to_above_them(values: list[float], wanted: int) -> None:
    scale = round_scale(values, 0, 100, wanted)
    ticks = scale.ticks()
    known = [value for value in values if not math.isnan(value)]
    slack = 1e-6 * scale.step
    assert 2 <= len(ticks) <= wanted + 3
    assert scale.low - slack <= min(known, default=0)
    assert max(known, default=0) <= scale.high + slack
    assert any(abs(tick) <= slack for tick in ticks)
    assert f"{scale.step:.3e}"[:5] in ("1.000", "2.000", "5.000")
    assert abs(scale(ticks[0])) < 1e-6
    assert abs(scale(ticks[-1]) - 100) < 1e-6
    assert len({scale.label(tick) for tick in ticks}) == len(ticks)


def test_text_of_charts_can_be_read_on_a_phone() -> None:
    """390 pixels wide less the page's margins; the text of the page around it has 13.5 pixels at least."""
    assert (390 - 2 * 14) / WIDTH * SMALL > 10.5
    assert (390 - 2 * 14) / WIDTH * FONT > 11.5


def test_scales_by_hand() -> None:
    assert round_scale([], 0, 1).ticks() == [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
    assert round_scale([-13.0, 16.0], 0, 1).ticks() == [-20, -10, 0, 10, 20]
    assert round_scale([3.0], 0, 1, 2, whole=True).ticks() == [0, 2, 4]
    assert round_scale([1.0], 0, 1, 2, whole=True).ticks() == [0, 1]
    assert percent_scale([], 0, 1).ticks() == [0, 20, 40, 60, 80, 100]
    near = percent_scale([100.5, math.nan], 0, 201)
    assert near.ticks()[-1] == 100
    assert near(100.5) == 201
    assert percent_scale([480.0], 0, 1).ticks()[-1] >= 480


def test_numbers_have_a_real_minus_and_no_sign_at_zero() -> None:
    assert number_text(-1234.5, 1) == "\N{MINUS SIGN}1,234.5"
    assert number_text(-0.001, 2) == "0.00"
    assert round_scale([1e-9], 0, 1).label(1e-9) == "1e-09"


def test_long_texts_are_cut_and_legends_go_on_in_the_next_row() -> None:
    assert shortened("BHP", 150) == "BHP"
    cut = shortened("W" * 40 + "-7", 150)
    assert cut.startswith("WW")
    assert cut.endswith("-7")
    assert "\N{HORIZONTAL ELLIPSIS}" in cut
    assert text_width(cut) <= 150
    assert shortened("WW", 1) == "\N{HORIZONTAL ELLIPSIS}"
    assert shortened("", 1) == ""
    rows = legend_rows([Entry(f"scenario {n}", "#000000") for n in range(20)])
    assert len(rows) > 1
    assert [entry.text for row in rows for _, entry in row] == [f"scenario {n}" for n in range(20)]
    assert all(x + 18 + text_width(entry.text) <= WIDTH for row in rows for x, entry in row)


def test_charts_without_rows_or_places_are_frames() -> None:
    assert "<svg" in rows_chart([], [], "nothing", 20).drawing.svg("", "")
    assert "<svg" in places_chart([], [], ("a", "b", "c"), [], []).drawing.svg("", "")


def test_many_places_have_labels_that_do_not_meet() -> None:
    names = [f"2024-{n // 28 + 1:02d}-{n % 28 + 1:02d}" for n in range(300)]
    chart = places_chart(names, [1.0], ("a", "b", "c"), [1.0] * 300, [])
    shown = [n for n, name in enumerate(names) if f">{name}<" in chart.drawing.svg("", "")]
    assert shown[0] == 0
    assert all((b - a) * chart.slot >= text_width(names[0]) for a, b in pairwise(shown))


def test_coordinates_are_written_short() -> None:
    drawing = Drawing(10, 20.04)
    drawing.line((-0.01, 0.04), (1.25, 7), "#000000")
    drawing.box(0, 0, -3, 2, "#000000")
    drawing.text(0, 0, "a<b & $x$")
    text = drawing.svg("<t>", "d&")
    assert 'x1="0" y1="0" x2="1.2" y2="7"' in text
    assert 'width="0"' in text
    assert "a&lt;b &amp; $x$" in text
    assert "<title>&lt;t&gt;</title>" in text
