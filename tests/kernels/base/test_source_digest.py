"""An edit of any source below a package is noticed: compiled kernels and finished work of other code are not used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kernels.base.sources import package_root, source_digest

ROOT = Path(__file__).resolve().parents[3]
# What compiling imports.
BASE = (
    "cache_folder", "checked_cache", "compiling", "lean_compiler", "quick_types", "ready_code", "sealed_files",
    "sources",
)  # fmt: skip
CALLEE = (
    "from kernels.base.compiling import inlined\n\n\n@inlined\ndef scale(x: int) -> int:\n    return {factor} * x\n"
)
CALLER = (
    "from kernels.base.compiling import kernel\nfrom kernels.base.callee import scale\n\n\n"
    "@kernel\ndef scaled(x: int) -> int:\n    return scale(x)\n"
)


def make_package(folder: Path, factor: int) -> Path:
    """Make a package called kernels, with ours to compile: a kernel in a sub-folder calls a kernel of another one."""
    for name in ("base", "measure"):
        (folder / "kernels" / name).mkdir(exist_ok=True, parents=True)
        (folder / "kernels" / name / "__init__.py").write_text('"""Test."""\n')
    for name in BASE:
        (folder / "kernels" / "base" / f"{name}.py").write_text((ROOT / "kernels" / "base" / f"{name}.py").read_text())
    (folder / "kernels" / "base" / "callee.py").write_text(CALLEE.format(factor=factor))
    (folder / "kernels" / "__init__.py").write_text('"""Test."""\n')
    (folder / "kernels" / "measure" / "caller.py").write_text(CALLER)
    return folder / "kernels"


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_a_stale_kernel_does_not_answer(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", "from kernels.measure.caller import scaled; print(scaled(3))"]
    for factor in (2, 1):
        make_package(tmp_path, factor)
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (0, str(3 * factor)), done.stderr


def test_the_digest_sees_every_source_below_a_package(tmp_path: Path) -> None:
    (tmp_path / "package" / "inner").mkdir(parents=True)
    deep = tmp_path / "package" / "inner" / "callee.py"
    seen = set()
    for text in ("a = 1", "a = 2"):
        deep.write_text(text)
        source_digest.cache_clear()
        seen.add(source_digest(tmp_path / "package"))
    deep.rename(deep.with_name("renamed.py"))
    source_digest.cache_clear()
    seen.add(source_digest(tmp_path / "package"))
    (tmp_path / "package" / "notes.txt").write_text("no source")
    source_digest.cache_clear()
    seen.add(source_digest(tmp_path / "package"))
    source_digest.cache_clear()
    assert len(seen) == 3


def test_the_root_of_a_module_is_its_outermost_package(tmp_path: Path) -> None:
    inner = tmp_path / "kernels" / "measure"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").touch()
    assert package_root(inner / "costs.py") == package_root(inner) == tmp_path / "kernels"
