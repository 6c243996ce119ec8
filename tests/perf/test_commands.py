"""The commands of perf/README.md can be begun: what their modules name is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(set(re.findall(r"python -m (perf\.\w+)", (ROOT / "perf" / "README.md").read_text(encoding="utf-8"))))
BY_THEMSELVES = {"perf.peers"}  # has tests of its own, where its libraries are


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in BY_THEMSELVES])
def test_a_benchmark_can_be_imported(name: str) -> None:
    """In a process of its own: benchmarks replace functions of what they time when they run."""
    module = f"{name}.__main__" if (ROOT / name.replace(".", "/")).is_dir() else name
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
