"""Charts of fill curves: corners where the shares are, R's band, faint where few wait, nothing of nothing."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from driver.report.axes import percent_scale
from driver.report.fill_curves.charts import fill_curve_figures
from driver.report.fill_curves.time_axis import Panel
from driver.report.palette import OUTCOMES, colour
from driver.report.svg import SMALL, Drawing, text_width
from driver.review.numbers import Row
from driver.tables.csv_text import Value

TIMES = 0.0, 1e-3, 1.0, 60.0, 3_600.0


def rows_of(scenario: str, filled: list[float], at_risk: list[int]) -> list[Row]:
    """Return the rows of a scenario: what is not filled is cancelled in the end."""
    rows: list[Row] = []
    for n, (seconds, share, orders) in enumerate(zip(TIMES, filled, at_risk, strict=True)):
        row: dict[str, Value] = {"scenario": scenario, "until": "first_fill", "seconds": seconds, "at_risk": orders}
        row |= {"incidence_filled": share, "km_filled": min(1.5 * share, 1.0), "incidence_amended_away": 0.0}
        row |= {"incidence_cancelled": (1 - filled[-1]) * n / 4, "incidence_ended": 0.0}
        rows.append(row)
    return rows


WAITING = [100, 90, 50, 20, 3]
ROWS = [
    *rows_of("real", [0.1, 0.1, 0.2, 0.3, 0.4], WAITING),
    *rows_of("R", [0.0, 0.1, 0.1, 0.2, 0.25], WAITING),
    *rows_of("R_optimistic", [0.1, 0.1, 0.2, 0.3, 0.3], WAITING),
    *rows_of("R_conservative", [0.0, 0.0, 0.1, 0.1, 0.2], WAITING),
]


def elements(text: str) -> list[ElementTree.Element]:
    """Return the elements of an SVG that has a title and its data in words, all of them inside it."""
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert root.attrib["role"] == "img"
    assert [one.tag for one in root][:2] == ["title", "desc"]
    for one in root:
        for corner in one.attrib.get("points", "").split():
            x, y = map(float, corner.split(","))
            assert -1 <= x <= width
            assert -1 <= y <= height
    return list(root)


def curves_of(found: list[ElementTree.Element], name: str, **wanted: str) -> list[list[tuple[float, float]]]:
    """Return the corners of the lines in a scenario's colour that have these attributes."""
    lines = [one for one in found if one.tag == "polyline" and one.attrib["stroke"] == colour(name)]
    kept = [one for one in lines if all(one.attrib.get(key, "") == value for key, value in wanted.items())]
    return [[(float(x), float(y)) for x, y in (c.split(",") for c in one.attrib["points"].split())] for one in kept]


def test_a_wait_has_its_place_on_a_logarithmic_axis() -> None:
    panel = Panel(100.0, 400.0, 1_000.0, percent_scale((), 200.0, 0.0))
    assert [panel.x(seconds) for seconds in (0.0, 1e-6, 1e-3, 1.0, 1_000.0)] == pytest.approx([100, 100, 100, 250, 400])
    assert panel.steps([(1e-3, 50.0)]) == [(100, 200), (100, 200), (100, 100), (400, 100)]
    assert panel.steps([(1e-3, 50.0)], goes_on=False)[-1] == (100, 100)


@pytest.mark.parametrize("width", [120.0, 180.0, 420.0])
@pytest.mark.parametrize("last", [1.0, 400.0, 30_000.0])
def test_no_two_times_on_the_axis_run_into_each_other(width: float, last: float) -> None:
    drawing = Drawing(600, 300)
    Panel(40.0, 40.0 + width, last, percent_scale((), 200.0, 0.0)).draw(drawing, labelled=False)
    found = [one for one in elements(drawing.svg("times", "of the axis")) if one.tag == "text"]
    spans = sorted((float(x := one.attrib["x"]), float(x) + text_width(str(one.text), SMALL)) for one in found)
    assert len(spans) >= 2
    assert spans[0][0] >= 40.0
    assert spans[-1][1] <= 40.0 + width + 0.1
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_curves_step_to_their_shares_and_are_faint_where_few_wait() -> None:
    found = elements(fill_curve_figures(ROWS)["fill_curves"])
    (solid,) = curves_of(found, "real", **{"stroke-dasharray": "", "opacity": ""})
    (faint,) = curves_of(found, "real", **{"stroke-dasharray": "", "opacity": "0.4"})
    heights = [y for _, y in solid[::2]]  # after each row
    per_cent = (heights[0] - heights[1]) / 10
    assert [(heights[0] - y) / per_cent for y in heights] == pytest.approx([0, 10, 10, 20, 30], abs=0.2)
    assert faint[0] == solid[-1]
    assert (heights[0] - faint[-1][1]) / per_cent == pytest.approx(40, abs=0.2)
    (dashed,) = curves_of(found, "real", **{"stroke-dasharray": "4 3", "opacity": ""})
    assert (heights[0] - dashed[-1][1]) / per_cent == pytest.approx(45, abs=0.2)


def test_r_has_a_band_and_the_data_are_told() -> None:
    drawn = fill_curve_figures(ROWS)["fill_curves"]
    areas = [one for one in elements(drawn) if one.tag == "polygon" and "fill-opacity" in one.attrib]
    assert [area.attrib["fill"] for area in areas] == [colour("R")]
    assert "real: 20.0 after 1 s, 30.0 after 1 min, 30.0 after 5 min, 40.0 after all; Kaplan-Meier 60.0" in drawn
    without = [row for row in ROWS if row["scenario"] != "R_optimistic"]
    assert "fill-opacity" not in fill_curve_figures(without)["fill_curves"]


def test_what_became_of_the_orders_is_stacked() -> None:
    found = elements(fill_curve_figures(ROWS)["fates"])
    filled = [one for one in found if one.tag == "polygon" and one.attrib["fill"] == OUTCOMES[0]]
    assert len(filled) == 2  # real, R
    ys = [float(corner.split(",")[1]) for corner in filled[0].attrib["points"].split()]
    grid = [float(one.attrib["y1"]) for one in found if one.tag == "line" and one.attrib["y1"] == one.attrib["y2"]]
    assert max(ys) == max(grid)
    assert (max(ys) - min(ys)) / (max(grid) - min(grid)) == pytest.approx(0.4, abs=0.005)
    assert len([one for one in found if one.tag == "polygon"]) == 4  # nothing was amended away, nothing ended


def test_reality_may_stand_alone_and_nothing_is_drawn_of_nothing() -> None:
    real = [row for row in ROWS if row["scenario"] == "real"]
    drawn = fill_curve_figures(real)
    assert sorted(drawn) == ["fates", "fill_curves"]
    assert curves_of(elements(drawn["fill_curves"]), "R") == []
    assert fill_curve_figures([]) == {}
    assert fill_curve_figures([{**row, "until": "full_fill"} for row in real]) == {}
