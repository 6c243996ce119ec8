"""The defaults resemble the real day: the figures that io/marketgen/README.md puts side by side."""

from pathlib import Path

import numba
import pytest

from tests.marketgen.calibration import figures, generated_figures

CONFIG: object = numba.config


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="13,500 orders take compiled code")
def test_a_generated_day_resembles_the_real_one(real_day: Path, tmp_path: Path) -> None:
    real, made = figures(real_day, 0), generated_figures(tmp_path)
    assert real.keys() == made.keys()
    assert made["events per order"] == pytest.approx(real["events per order"], rel=0.08)
    for key, value in real.items():
        if "%" in key and not key.startswith("life"):
            assert abs(made[key] - value) < max(5.0, 0.25 * value), key  # points of per cent
            assert (made[key] > 0) >= (value > 0), key
        if key.startswith("life"):
            assert 0.5 < made[key] / value < 2, key
    named = Path(__file__).parents[2] / "io" / "marketgen" / "README.md"
    table = [line for line in named.read_text().splitlines() if line.startswith("| ") and "real day" not in line]
    shown = {
        cells[0].strip(): [cell.strip() for cell in cells[1:3]] for cells in (line.split("|")[1:] for line in table)
    }
    for key, value in real.items():
        assert shown[key] == [f"{value:.1f}", f"{made[key]:.1f}"], key
