"""Other packages called driver, kernels, ... are named, by the import and by the console script."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.whole_runs import ENVIRONMENT, ROOT


def python(first: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(first), str(ROOT), str(ROOT / "io")])
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT / "docs",
        env=ENVIRONMENT | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["driver", "kernels", "tickstore"])
def test_a_foreign_package_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").touch()
    done = python(tmp_path, "-c", "from darkreplay import read_results")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"{tmp_path / name}.py is another package called {name}, and is found first: " in last
    done = python(tmp_path, "-c", "import sys; from darkreplay.command import main; sys.exit(main())")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path / name}.py is another package called {name}, and is found first: " in line


def test_the_module_is_the_command_line(tmp_path: Path) -> None:
    done = python(tmp_path, "-m", "darkreplay", "plan", "--nonsense=1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("darkreplay: unknown flag --nonsense of `plan`")
