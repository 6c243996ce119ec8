"""The examples of kernels/README.md run, and print what they say."""

import re
import subprocess
import sys
from inspect import isfunction
from pathlib import Path

import pytest

import kernels
import tickstore
from kernels.measure.measure import measure
from tests.builders import NULL, build_day
from tests.random_day import random_day

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "kernels" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small day file."""
    path = tmp_path_factory.mktemp("readme")
    rows = ([{k: NULL if v is None else v for k, v in row.items()} for row in table] for table in random_day(7))
    day = build_day(*rows)
    groups = {"events": day.events, "orders": day.orders, "fills": day.fills, "quotes": day.quotes}
    tickstore.write_day(path / "day.h5", "1", "2024-09-05", groups)
    return path


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_prints_what_it_says(number: int, folder: Path) -> None:
    code = EXAMPLES[number]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"# -> (.*)", code)


def test_every_public_name_is_documented() -> None:
    functions = README.split("## Functions")[1].split("## Columns")[0]
    assert set(kernels.__all__) == set(re.findall(r"`(\w+)`", functions))
    for name in kernels.__all__:
        value = getattr(kernels, name)
        if callable(value):
            assert value.__doc__, name


def test_every_public_function_says_what_it_gives_and_refuses() -> None:
    functions = {name: getattr(kernels, name) for name in kernels.__all__ if name not in ("measure", "seek", "warm")}
    functions["measure"] = measure
    for name, value in functions.items():
        if isfunction(value):
            assert {"Parameters", "Returns", "Raises"} <= {line.strip() for line in str(value.__doc__).splitlines()}, (
                name
            )


def test_measure_can_be_called_whatever_was_imported_first() -> None:
    for first in ("kernels.measure.choices", "kernels.measure.measure", "kernels"):
        lines = f"import {first}, kernels", "assert callable(kernels.measure)", "import kernels.measure.shortfall as m"
        code = "\n".join([*lines, "print(m)"])
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'shortfal'"):
        _ = kernels.shortfal  # type: ignore[attr-defined]
