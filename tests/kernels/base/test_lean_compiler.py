"""Kernels give the same with the lean compiler as when Numba compiles in its own way, and are kept apart."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from kernels.base.compiling import lean_compiler

ROOT = Path(__file__).resolve().parents[3]
WORK = """
import hashlib

import numpy as np

import kernels
from kernels.base.compiling import cache_directory, lean_compiler
from kernels.sums.cell_keys import KeyColumns, KeyRules, order_keys

def whole(low, high, size):
    return random.integers(low, high, size)

random, n = np.random.default_rng(8), 4_000
index, times = whole(0, 500, n), np.sort(whole(0, 10**12, n))
found = [*kernels.order_states(index, times, whole(0, 900, n), whole(0, 900, n))]
found += kernels.fill_totals(index, 500, whole(1, 9_000, n), whole(1, 900, n), whole(0, 5, n))
bids = np.where(random.random(n) < 0.1, kernels.NULL, whole(900, 1_000, n))
starts = whole(0, 10**12, n)
found.append(kernels.window_mid2(times, bids, bids + whole(-1, 4, n), starts, starts + whole(0, 10**10, n)))
types = {"participant": np.int32, "group": np.int8, "benchmark": np.int8, "side": np.int8}
columns = KeyColumns(*(whole(1, 4, n).astype(types.get(name, np.int64)) for name in KeyColumns._fields))
rules = KeyRules(0, 3, np.arange(9), 0, np.ones((2, 1), np.int64), np.arange(4.0), np.arange(5), 6)
keys = np.zeros((3, n), np.int64)
order_keys(columns, rules, *keys)
print(hashlib.sha256(b"".join(np.ascontiguousarray(column).tobytes() for column in [*found, keys])).hexdigest())
print(cache_directory())
print("lean" if lean_compiler() else "plain")
"""
compiles = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")


def run(code: str, folder: Path, plain: str = "0") -> list[str]:
    """Return what ``code`` prints in a process of its own, with its own cache."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder), "DARKREPLAY_PLAIN_JIT": plain}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.split()


@compiles
@pytest.mark.skipif(lean_compiler() is None, reason="Numba compiles in its own way")
def test_both_ways_give_the_same_bits_and_are_kept_apart(tmp_path: Path) -> None:
    lean, plain = (run(WORK, tmp_path, switch) for switch in ("0", "1"))
    assert (lean[0], lean[2], plain[2]) == (plain[0], "lean", "plain")
    assert lean[1] != plain[1]
    assert all(list(Path(way[1]).rglob("*.nbc")) for way in (lean, plain))


@pytest.mark.parametrize("missing", ["codegen:CPUCodeLibrary._optimize_functions", "typed_passes:PreLowerStripPhis"])
def test_a_version_that_lacks_something_compiles_in_its_own_way(missing: str, tmp_path: Path) -> None:
    module, _, name = missing.partition(":")
    take = f"from numba.core import {module}\ndel {module}.{name}"
    check = "from kernels.base.compiling import lean_compiler\nprint(lean_compiler())"
    assert run(f"{take}\n{check}", tmp_path) == ["None"]


@pytest.mark.parametrize("version", [(0, 59), (9, 0)])
def test_an_untried_version_compiles_in_its_own_way(version: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    class Version:
        short = version

    monkeypatch.setattr(numba, "version_info", Version)
    assert lean_compiler.__wrapped__() is None
