"""What is made of measured times: exponents, the projection, charts that are SVG, and the README's block."""

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from perf import scale
from perf.scaling import charts
from perf.scaling.fits import ORDER_ROWS, PARTITION_ROWS, TRADE_ROWS, Basis, efficiency, exponent, projected

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("power", [0.0, 1.0, 1.05])
def test_exponent_of_a_power_law(power: float) -> None:
    sizes = [100.0, 1_000.0, 30_000.0]
    assert exponent(sizes, [7 * size**power for size in sizes]) == pytest.approx(power)


def test_exponent_leaves_small_sizes_out() -> None:
    sizes = [1.0, 10_000.0, 100_000.0, 1_000_000.0]
    assert exponent(sizes, [1e9, 1e4, 1e5, 1e6]) == pytest.approx(1.0)
    assert math.isnan(exponent([5.0], [1.0]))


def test_efficiency_is_of_the_most_workers() -> None:
    assert efficiency({1: 16.0, 2: 9.0, 8: 2.5}) == pytest.approx(0.8)
    assert efficiency({1: 16.0, 2: 7.0}) == 1.0
    assert efficiency({2: 8.0, 4: 4.0}) == 1.0


def test_projection_of_a_market_of_a_thousandth() -> None:
    rows = Basis(
        ORDER_ROWS // 1_000, TRADE_ROWS // 1_000, 400_000_000, 40, {1: 4.5, 2: 2.75}, {1: 3.0, 2: 2.0},
        {"convert": {1: 0.5, 2: 0.25}, "jobs": {1: 1.0, 2: 1.0}}, (0.5, 0.01),
    )  # fmt: skip
    found = projected(rows, 8)
    assert found["convert"] == pytest.approx(0.25 + 1_000 * 4.0 / (8 * 0.8))
    assert found["jobs"] == pytest.approx(1.0 + 1_000 * 2.0 / 8)
    assert found["tables"] == pytest.approx(0.5 + 0.01 * ORDER_ROWS / PARTITION_ROWS)
    assert found["cold"] == pytest.approx(found["warm"] + found["convert"])
    assert found["read_gb_s"] == pytest.approx(400 / found["convert"])
    assert projected(rows, 64)["jobs"] == pytest.approx(1.0 + (found["jobs"] - 1.0) / 8)


def test_tables_cost_what_partitions_showed() -> None:
    found = measured()
    found["partitions"]["points"] = [{"size": n, "seconds": {"tables": 0.5 + 0.002 * n}} for n in (10, 1_000, 50_000)]
    assert charts.basis_of(found).tables == pytest.approx((0.5, 0.002))
    del found["partitions"]
    assert charts.basis_of(found).tables == (0.0, 2.5 / 80)


def measured() -> dict[str, Any]:
    memory = {"worker": 10**8, "driver": 10**8, "together": 3 * 10**8}
    points = [
        {"size": n, "seconds": {"convert": n / 1e6, "jobs": n / 2e6, "tables": 0.3}, **memory}
        for n in (100_000, 1_000_000, 10_000_000)
    ]
    seconds = {name: {"1": 4.0, "2": 2.5} for name in ("convert", *scale.RUNS, "tables and report")}
    seconds |= {name: {"1": 0.5, "2": 0.5} for name in scale.STARTS}
    facts = {"order_rows": 10**7, "trade_rows": 10**6, "csv_bytes": 10**9, "partitions": 80, "cores": 2}
    growth = {"workers": 2, "points": points}
    return {"table": facts | {"seconds": seconds, "private": {"1": 10**8}}, "rows": growth, "partitions": growth}


def test_charts_are_svg_with_a_mark_for_every_value() -> None:
    for name, text in charts.charts(measured()).items():
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg", name
        lines = root.findall(f"{SVG}polyline")
        marks = sum(len(line.attrib["points"].split()) for line in lines)
        shapes = [element for kind in ("circle", "polygon") for element in root.findall(SVG + kind)]
        assert len(shapes) == marks + len(lines), name  # those of the legend too
        width, height = (float(value) for value in root.attrib["viewBox"].split()[2:])
        for line in lines:
            for point in line.attrib["points"].split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_figures_are_written_between_the_marks(tmp_path: Path) -> None:
    found, readme = tmp_path / "scale.json", tmp_path / "README.md"
    found.write_text(json.dumps(measured()))
    readme.write_text(f"before\n{charts.BEGIN}\nof before\n{charts.END}\nafter\n")
    scale.figures(found, readme, tmp_path / "figures")
    text = readme.read_text()
    assert text.startswith(f"before\n{charts.BEGIN}\n")
    assert text.endswith(f"{charts.END}\nafter\n")
    assert "of before" not in text
    assert "convert 1.00, jobs 1.00, tables 0.00" in text
    for path in (tmp_path / "figures").iterdir():
        assert f"(figures/{path.name})" in text
    scale.figures(found, readme, tmp_path / "figures")
    assert readme.read_text() == text


def test_what_there_was_no_time_for_is_left_out() -> None:
    found = measured()["table"]
    del found["seconds"]["run: jobs, plain CSV"]["1"]
    assert "| run: jobs, plain CSV | - | 2.50 |" in charts.table_text(found)


def test_readme_has_the_marks() -> None:
    text = scale.README.read_text()
    assert text.count(charts.BEGIN) == text.count(charts.END) == 1


def test_parts_are_kept_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "scale.json"
    scale.keep("rows", {"points": [{"size": 9, "private": 1}, {"size": 30, "private": 2}]}, path)
    scale.keep("table", {"cores": 2}, path)
    scale.keep("rows", {"points": [{"size": 9, "private": 3}, {"size": 20, "private": 4}]}, path)
    rows = {"points": [{"size": size, "private": private} for size, private in ((9, 3), (20, 4), (30, 2))]}
    assert json.loads(path.read_text()) == {"rows": rows, "table": {"cores": 2}}


@pytest.mark.parametrize(
    ("partitions", "dates"), [(1, 1), (10, 2), (80, 16), (100, 20), (1_000, 200), (10_000, 250), (50_000, 250)]
)
def test_many_partitions_are_of_a_year(partitions: int, dates: int) -> None:
    assert scale.dates_of(partitions) == dates


@pytest.mark.parametrize(("partitions", "dates"), [(1, 1), (4, 2), (12, 12)])
def test_markets_have_as_many_partitions(tmp_path: Path, partitions: int, dates: int) -> None:
    files = scale.market(tmp_path, 40 * partitions, partitions, dates)
    assert 20 * partitions < files.order_rows < 80 * partitions


@pytest.mark.slow
def test_everything_is_measured_at_a_small_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scale.main("all", quick=True, workers=1, found=str(tmp_path / "scale.json"))
    said = capsys.readouterr().out
    assert "Exponents of growth with partitions" in said
    assert not list(tmp_path.iterdir())
