"""Other packages of the same names, first on the path, are named before anything of them is used."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.driver.conftest import Market
from tests.driver.whole_runs import ENVIRONMENT, ROOT, command


def started(first: Path | None, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in ``folder`` with ``first`` before all else on the path."""
    paths = [*([str(first)] if first else []), str(ROOT), str(ROOT / "io")]
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(paths), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(command(*words), cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["kernels", "tickstore", "marketgen"])
@pytest.mark.parametrize("form", ["{}/__init__.py", "{}.py"])
def test_a_foreign_package_is_named_and_no_cache_is_touched(name: str, form: str, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign" / form.format(name)
    foreign.parent.mkdir(parents=True)
    foreign.write_text("answer = 42\n")
    done = started(tmp_path / "foreign", tmp_path, "run", "--store=store")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"darkreplay: {foreign} is another package called {name}, and is found first: take ")
    assert f"take {tmp_path / 'foreign'} out of PYTHONPATH" in line
    assert not (tmp_path / "cache").exists()


def test_a_foreign_package_in_the_folder_one_works_in(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "__init__.py").touch()
    done = started(None, tmp_path, "plan", "--store=store")
    assert done.returncode == 2
    assert "is another package called kernels, and is found first: start from another folder" in done.stderr


def test_a_folder_that_is_no_package_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    assert started(None, tmp_path, "config").returncode == 0


def test_a_foreign_library_is_named_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "numpy.py").write_text("answer = 42\n")
    done = started(tmp_path / "foreign", tmp_path, "plan", "--store=store")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "numpy" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("numba", "raise SystemExit('numba here')\n", "run"),
        ("numba", "raise SystemExit\n", "run"),
        ("pyarrow", "1 / 0\n", "run"),
        ("queue", "", "run"),
        ("inspect", "", "config"),
        ("pyarrow", "def broken(:\n", "run"),
    ],
)
def test_a_file_with_the_name_of_any_module_is_named(
    name: str, text: str, command: str, market: Market, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign" / f"{name}.py"
    foreign.parent.mkdir()
    foreign.write_text(text)
    words = [command, *([f"--store={market.store}", "--results=out"] if command == "run" else [])]
    done = started(foreign.parent, tmp_path, *words)
    said = f"darkreplay: {foreign} is another module called {name}, and is found first: take {foreign.parent} out of "
    assert done.returncode == 2
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", f"{said}PYTHONPATH")
    assert "Traceback" not in done.stderr
