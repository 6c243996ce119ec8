"""The rows of what really happened are the same figures in every table, whatever is simulated and charged beside it."""

import csv
import re
from pathlib import Path
from random import Random

import numba
import pytest

from kernels.conventions import MID_KINDS
from marketgen import MarketSpec, generate
from tests.command import darkreplay_here as darkreplay

CONFIG: object = numba.config
SETTINGS_TRIED = 4
AHEAD = "markout_", "realised_spread_", "impact_", "adverse_selection_"  # a column for each horizon that is asked for
# The spreads of market.csv are of trades with a mid at all horizons.
OF_HORIZONS = re.compile("(lit|dark)_(signed_trades|effective_spread|realised_spread|impact)")
Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the store of a small market: sub-cent prices, spreads of several ticks."""
    path = tmp_path_factory.mktemp("market")
    spec = MarketSpec((201, 202), "2024-04-04", "2024-04-05", 400, spread=5, price=90, seed=3)
    files = generate(spec, path / "raw")
    flags = [f"--{table}={getattr(files, table)}" for table in ("orders", "trades", "nbbo")]
    done = darkreplay("convert", *flags, "--store=store", folder=path)
    assert done.returncode == 0, done.stderr
    return path


def asked_for(rng: Random) -> list[str]:
    """Return flags of some scenarios at some mid, with any share, impact, clean-up and fees."""
    scenarios = [name for name in "ABC" if rng.random() < 0.6] or ["B"]
    return [
        f"--dark_pool_scenarios={','.join(scenarios)}",
        f"--mid={rng.choice(MID_KINDS)}",
        f"--dark_share={rng.choice([0, 0.25, 0.5, 0.999999, 1])}",
        f"--price_impact_percent={rng.choice([0, 0.05, 3])}",
        f"--cleanup_s={rng.choice([0, 300, 20_000])}",
        *(f"--{venue}_bps={rng.choice([0, 0.3, -0.2])}" for venue in ("lit", "dark", "auction", "booking")),
    ]


def horizons_asked_for(rng: Random) -> str:
    """Return a flag of some horizons, beyond the day's last quote among them."""
    return f"--markout_seconds={rng.choice(['1,60', '5', '0.5,30,300', '1,86400'])}"


def real_rows(results: Path) -> dict[str, list[Row]]:
    """Return the rows of ``real``, or of no scenario, of every table, without what a setting itself is about."""
    found = {}
    for path in sorted(results.rglob("*.csv")):
        if path.name in ("statistics.csv", "jobs.csv"):
            continue
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get("scenario", "real") == "real"]
        for row in rows:  # names of metrics, those of horizons among them
            if "few_orders" in row:
                words = row["few_orders"].split()
                row["few_orders"] = " ".join(word for word in words if not word.startswith(AHEAD))
        names = [name for name in rows[0] if "cleanup" not in name and not name.startswith("net_")] if rows else []
        names = [name for name in names if not name.startswith(AHEAD) and not OF_HORIZONS.match(name)]
        found[str(path.relative_to(results))] = [
            {name: row[name] for name in names if name[1:2] != "_"} for row in rows
        ]
    return found


@pytest.mark.skipif(getattr(CONFIG, "DISABLE_JIT", False), reason="runs are compiled")
def test_reality_does_not_depend_on_what_is_asked_for(folder: Path) -> None:
    """Scenario columns of outliers are named A_, B_, C_."""
    known: dict[str, list[Row]] = {}
    for seed in range(SETTINGS_TRIED):
        flags = [*asked_for(Random(seed)), horizons_asked_for(Random(seed))]
        common = ["--store=store", f"--results=r{seed}", "--mode=sequential", "--order_level=false"]
        done = darkreplay("run", *common, *flags, folder=folder)
        assert done.returncode == 0, done.stderr
        found = real_rows(folder / f"r{seed}")
        known = known or found
        assert list(found) == list(known)
        for name, rows in found.items():
            assert rows == known[name], (name, flags)
    assert len(known) > 10
    assert all(float(row["shortfall_bps"]) for row in known["global_summary.csv"])
