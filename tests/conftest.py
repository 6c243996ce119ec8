"""Shared test set-up: hypothesis profiles, where the real data is."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("nightly", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background: programs under test would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_day() -> Path:
    """Return the folder with the real day's orders.csv, trades.csv and nbbo.csv, or skip."""
    base = Path(os.environ.get("DARKREPLAY_REAL_DATA", ROOT.parent / "shared" / "data"))
    folder = base / "drr_2024-09-05"
    if not (folder / "orders.csv").exists():
        message = f"real data not found at {folder}: set DARKREPLAY_REAL_DATA"
        if os.environ.get("DARKREPLAY_REQUIRE_REAL_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder
