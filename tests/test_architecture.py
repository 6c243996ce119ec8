"""The structure holds: who imports whom, where compile flags live, how large things get."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "kernels": ROOT / "kernels",
    "tickstore": ROOT / "io" / "tickstore",
    "marketgen": ROOT / "io" / "marketgen",
    "driver": ROOT / "driver",
    "darkreplay": ROOT / "darkreplay",
}
# What a package may import of the project. tickstore takes constants and the compile decorator, nothing that computes.
MAY_IMPORT = {
    "kernels": {"kernels"},
    "tickstore": {"tickstore", "kernels.conventions", "kernels.base"},
    "marketgen": {"marketgen", "kernels"},
    "driver": {"driver", "kernels", "tickstore", "marketgen"},
    "darkreplay": {"darkreplay", "driver", "kernels", "tickstore"},
}
# The steps of each package from the bottom up, folders and modules beside them: each imports only those before it.
STEPS = {
    "kernels": (
        "conventions",
        "base",
        "market",
        "measure",
        "dark",
        "replay",
        "sums",
        "pages",
        "bps",
        "research",
        "warming",
    ),
    "tickstore": (
        "errors",
        "rules",
        "request",
        "durable",
        "engines",
        "times",
        "input",
        "day",
        "spill",
        "store",
        "parse",
        "building",
        "conversion",
        "inspect",
    ),
    "driver": (
        "config",
        "plan",
        "sums",
        "inference",
        "tables",
        "job",
        "engines",
        "review",
        "report",
        "run",
        "command_line",
        "entry",
        "__main__",
    ),
    "darkreplay": ("own_packages", "html", "rows", "stores", "results", "command", "__main__"),
}
FILES_CEILING = 20
STANDARD_LIBRARY_IO = {"csv", "json", "logging", "h5py", "pyarrow", "sqlite3", "subprocess"}
MODULE_CEILING = 260
FUNCTION_CEILING = 55

MODULES = sorted((name, path) for name, folder in PACKAGES.items() for path in folder.rglob("*.py"))
module_cases = pytest.mark.parametrize(
    ("package", "path"), MODULES, ids=[str(path.relative_to(ROOT)) for _, path in MODULES]
)


def imported_names(tree: ast.AST) -> set[str]:
    """Return every dotted module name that ``tree`` imports, ``from a import b`` as both ``a`` and ``a.b``."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            assert node.module is not None
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_within(name: str, allowed: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in allowed)


@module_cases
def test_imports_follow_the_layers(package: str, path: Path) -> None:
    names = imported_names(ast.parse(path.read_text(encoding="utf-8")))
    ours = {name for name in names if name.split(".")[0] in {*PACKAGES, "tests", "perf"}}
    wrong = {name for name in ours if not is_within(name, MAY_IMPORT[package])}
    assert not wrong, f"{package} may not import {sorted(wrong)}"


@module_cases
def test_steps_import_only_steps_below(package: str, path: Path) -> None:
    steps = STEPS.get(package, ())
    step = path.relative_to(PACKAGES[package]).with_suffix("").parts[0]
    if step == "__init__" or not steps:
        return  # the public names are taken from everywhere
    for name in imported_names(ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] == package and len(parts) > 1 and parts[1] in steps:
            assert steps.index(parts[1]) <= steps.index(step), f"{path} is below {name}"


@pytest.mark.parametrize("package", STEPS)
def test_every_step_has_its_place(package: str) -> None:
    folder = PACKAGES[package]
    found = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__"} == set(STEPS[package])


def test_folders_can_be_seen_at_once() -> None:
    for folder in {path.parent for _, path in MODULES}:
        sources = [path for path in folder.iterdir() if path.suffix in {".py", ".toml", ".html"}]
        assert len(sources) <= FILES_CEILING, folder


def test_kernels_do_no_input_or_output() -> None:
    for package, path in MODULES:
        if package == "kernels":
            roots = {name.split(".")[0] for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))}
            assert not roots & STANDARD_LIBRARY_IO, path


@module_cases
def test_compile_flags_live_in_one_place(package: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name != "compiling.py":
        assert "njit(" not in text, "decorate with kernels.base.compiling.kernel"
        assert "@njit" not in text, "decorate with kernels.base.compiling.kernel"
    assert "fastmath=" not in text


@module_cases
def test_sizes_stay_readable(package: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MODULE_CEILING
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = node.end_lineno - body[0].lineno + 1 if body else 0
            assert size <= FUNCTION_CEILING, f"{node.name} has {size} lines"


def test_command_lines_are_made_by_fire() -> None:
    for path in [*(path for _, path in MODULES), *sorted((ROOT / "perf").glob("*.py"))]:
        assert "argparse" not in imported_names(ast.parse(path.read_text(encoding="utf-8"))), path


def test_io_is_a_plain_folder() -> None:
    """A package called io would hide the standard library's."""
    assert not (ROOT / "io" / "__init__.py").exists()


def test_oracles_share_no_code_with_what_they_judge() -> None:
    for path in sorted((ROOT / "tests" / "oracles").glob("*.py")):
        roots = {name.split(".")[0] for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))}
        assert not roots & set(PACKAGES), path
