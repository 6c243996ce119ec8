"""Whether an error comes from a file that only has the name of a module: of the standard library, or of a package.

`driver.command_line`, `kernel_cache` and the run ask when something went wrong. It imports what Python itself has
loaded, no more: any other module, `pathlib` too, may be the foreign one.
"""

# ruff: noqa: PTH100, PTH109, PTH110, PTH118, PTH119, PTH120, PTH208
import os
import sys
from typing import Final, NamedTuple

NEEDED: Final = ("numpy", "numba", "llvmlite", "h5py", "pyarrow", "fire", "termcolor", "tzdata")
INSTALLED: Final = ("site-packages", "dist-packages")


class ForeignFile(NamedTuple):
    """A file that hides a module."""

    module: str
    path: str
    folder: str  # the entry of the path that has it


def foreign_cause(error: BaseException) -> str:
    """Return a line that names the foreign file that ``error`` came from or speaks of; "" if there is none."""
    told: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        told += [str(seen), str(getattr(seen, "filename", ""))]
        trace = seen.__traceback__
        while trace is not None:
            told.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        seen = seen.__cause__ or seen.__context__
    return foreign_in("\n".join(told))


def foreign_in(words: str) -> str:
    """Return the same of what another process said when it failed."""
    unnamed = "cannot import name" in words and "' from '" not in words  # how compiled modules say it
    for module, path, folder in foreign_files():
        if unnamed or path in words or f"'{module}'" in words:
            return _line(module, path, folder)
    return ""


def foreign_needed() -> str:
    """Return the same of a package that is needed: a process that ends without saying why has met it."""
    return next((_line(*found) for found in foreign_files() if found.module in NEEDED), "")


def _line(module: str, path: str, folder: str) -> str:
    here = folder == os.getcwd()
    remedy = "rename it, or start from another folder" if here else f"take {folder} out of PYTHONPATH"
    return f"{path} is another module called {module}, and is found first: {remedy}"


def foreign_files() -> list[ForeignFile]:
    """Return what hides a module of the standard library or a package that is needed."""
    library = os.path.dirname(os.__file__)
    found: list[ForeignFile] = []
    for entry in sys.path:
        if entry == library:
            break
        if os.path.basename(entry) in INSTALLED:
            continue
        folder = os.path.abspath(entry)
        for module in (*sys.stdlib_module_names, *NEEDED):
            base = os.path.join(folder, module)
            paths = [path for path in (base + ".py", os.path.join(base, "__init__.py")) if os.path.exists(path)]
            if paths and not _is_installed(folder, module):
                found.append(ForeignFile(module, paths[0], folder))
    return found


def _is_installed(folder: str, module: str) -> bool:
    """Return whether a package was installed into a folder: its papers are beside it."""
    return any(name.startswith(f"{module}-") for name in os.listdir(folder))
