"""Driven by the plain dark book, the market writes the same bytes as with the compiled one: the rules are the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketgen import MarketSpec, generate

DIALS: dict[int, dict[str, float]] = {  # by seed: price and spread regimes, many orders that meet in the dark
    0: {"price": 3_390, "spread": 1},
    1: {"price": 24_500, "spread": 4},
    2: {"price": 1_250, "spread": 2},
    3: {"price": 60, "spread": 3},
    4: {"price": 88, "spread": 1},
    5: {"price": 61_000, "spread": 5},
    6: {"price": 30, "spread": 5},
    7: {"price": 1_990, "spread": 1},
    8: {"price": 5_000, "spread": 3},
    9: {"price": 150, "spread": 6},
}


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def compare(folder: Path, seed: int, orders: int) -> None:
    dials = DIALS[seed] | {"seed": seed, "orders": orders, "dark_share": 0.45, "sweep_share": 0.35, "dual_share": 0.25}
    command = [sys.executable, "-m", "tests.marketgen.naive_market", str(folder / "naive")]
    root = Path(__file__).parents[2]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join((str(root), str(root / "io")))}
    subprocess.run([*command, *(f"{k}={v}" for k, v in dials.items())], check=True, env=environment, cwd=root)
    spec = MarketSpec((101,), date_end="2024-01-01", truth="full", **dials)  # type: ignore[arg-type]
    generate(spec, folder / "own")
    naive, own = files_of(folder / "naive"), files_of(folder / "own")
    assert naive.keys() == own.keys()
    assert len(own) == 5
    for name, text in own.items():
        assert text == naive[name], name
    deals = [line.split(b",")[6] for line in own["trades.csv"].splitlines()]
    assert sum(deal in (b"46", b"47", b"48") for deal in deals) >= orders / 50


@pytest.mark.parametrize("seed", [3, 8])
def test_the_plain_book_drives_the_market_to_the_same_files(tmp_path: Path, seed: int) -> None:
    compare(tmp_path, seed, 300)


@pytest.mark.slow
@pytest.mark.parametrize("seed", DIALS)
def test_the_plain_book_drives_larger_markets_to_the_same_files(tmp_path: Path, seed: int) -> None:
    compare(tmp_path, seed, 2_000)
