"""What the README shows is run: its Python examples here, its commands by CI and by the packaging test."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_python_example_prints_what_it_says(number: int, tmp_path: Path) -> None:
    """Each example is a whole program; a comment ``# -> text`` states what the line before prints."""
    code = EXAMPLES[number]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"# -> (.*)", code)


def test_there_is_an_example_and_both_commands() -> None:
    assert EXAMPLES
    for name in ("run", "test"):
        assert f"<!-- command: {name} -->" in README


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
